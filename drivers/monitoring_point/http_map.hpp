// The judgement of the http-map driver, apart from its coroutine: from any platform's list to channels, by a
// map that is data.
//
// Pure, on foreign bytes. What the map does not find is absent, so unknown; it is never "offline".
#pragma once
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/monitoring_point/recorder.hpp"

namespace commune_watch {

// Where things stand. json: pointers (RFC 6901), `list` from the root, the rest from one item; "@name" is the
// item's own name in an object of objects. xml: paths of names, "a/b" or "a/@attribute", the same way. text:
// `list` is a regular expression that matches one item, the rest are numbers of its groups.
struct HttpMap {
  enum class Format : std::uint8_t { json, xml, text } format = Format::json;
  std::string list, key, state, seen, recording;
  std::optional<std::regex> row;             // of format text
  std::vector<std::string> online, offline;  // words of `state`; the rest says nothing
  std::optional<std::int64_t> online_from;   // a number of at least that is online, less is offline
  Millis seen_within = 0;                    // older is offline, whatever `state` says; 0: not looked at
  std::vector<std::string> recording_on, recording_off;
};

HttpMap map_of(const Options& options);  // that check_http_map() found good
std::string check_http_map(const Options& options);

// Absent: the list is not there, or is more than kMaxSightings.
std::optional<std::vector<RecorderChannel>> read_map(std::string_view body, const HttpMap& map,
                                                     std::optional<Millis> utc_now);

// The text at a JSON pointer, for a token.
std::optional<std::string> json_text(std::string_view body, const std::string& pointer);

}  // namespace commune_watch
