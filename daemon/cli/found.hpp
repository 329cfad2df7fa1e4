// What `discover` found, as TOML to paste and as JSON; pure. Whatever a device said stands there as a quoted
// text or in a comment of one line, and can become nothing else.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "settings/settings.hpp"

namespace commune_watch {

struct Found {
  std::string address;  // IPv6 of a link has its zone ("fe80::1%eth0"), and no URL can be made of it
  std::string endpoint, maker, model, name, mac;  // cleaned words
  bool recorder = false;
  std::string onvif;                 // URL of its device service; empty: none is known
  bool answers = false;              // that service was asked without a login, and answered
  std::vector<std::uint16_t> ports;  // that take connections, of those tried
};

// What the configuration knows already.
struct Known {
  std::set<std::string> ids;
  std::vector<std::string> places;
  std::map<std::string, std::string> devices;             // address, MAC, serial (in lower case) → id
  std::map<std::string, std::set<std::string>> channels;  // that devices are bound to, of each point
  Language language = Language::vi;
};
Known known_of(const Settings& settings);
// Of the device that this is; empty: not configured.
std::string configured_as(const Found& found, const Known& known);

std::string found_toml(const std::vector<Found>& all, const Known& known);
std::string found_json(const std::vector<Found>& all, const Known& known);

// One channel of a recorder.
struct ShownChannel {
  std::string key, address, state, words;  // state: the outcome of `connected`: ok, failed, unknown
};
std::string channels_toml(const std::string& point, const std::vector<ShownChannel>& all, const Known& known);
std::string channels_json(const std::string& point, const std::vector<ShownChannel>& all, const Known& known);

}  // namespace commune_watch
