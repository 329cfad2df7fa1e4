// Settings turned into what the parts need: subjects for the ledger, targets for the prober, terms for the
// log.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "domain/ledger.hpp"
#include "poll/watch.hpp"
#include "settings/settings.hpp"

namespace commune_watch {

// One watched thing under the settings in force.
struct Row {
  const DeviceSettings* settings = nullptr;  // into the Settings that the roster was made from
  const Driver* driver = nullptr;            // null: only its monitoring point can see it
  Subject subject;
  Terms terms;
};

struct Roster {
  std::map<DeviceId, Row> rows;
  std::map<std::string, DeviceId, std::less<>> ids;
  [[nodiscard]] const Row* find(std::string_view id) const;
};

// `entity` gives the number of a configuration id. `settings` must outlive the roster.
Roster make_roster(const Settings& settings, std::span<const Driver* const> drivers,
                   const std::function<DeviceId(Kind, const std::string&)>& entity);

std::vector<Subject> subjects(const Roster& roster);
std::vector<Watched> watched(const Roster& roster, const Settings& settings);
GateLimits gate_limits(const Settings& settings);

// Why a row without a driver cannot be asked, and what can.
std::string seen_by_its_point_only(const Row& row);

// The host that a target dials: of `url`, else `host`.
std::string host_of(const Options& options);

}  // namespace commune_watch
