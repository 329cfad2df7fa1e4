// What both paths of a member say at one instant, joined: a pure look at its confirmed timelines.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "domain/blame.hpp"
#include "domain/fleet.hpp"
#include "domain/join.hpp"

namespace commune_watch::ledger {

// "What if this tracker said …?"
struct Suppose {
  const Tracker* tracker = nullptr;
  Outcome outcome = Outcome::failed;
  ReasonId reason = ReasonId::none;
};

struct View {
  Outcome device = Outcome::not_tested;
  ReasonId device_reason = ReasonId::none;
  std::size_t rung = 0;  // that decided the device path
  Monitor monitor = Monitor::none;
  ReasonId monitor_reason = ReasonId::none;
  Joined joined;
  std::optional<Loss> loss;        // a failure that ancestors or the mains may explain
  std::vector<ReasonId> warnings;  // of good rungs and of the join; sorted, unique
  Recorded recorded = Recorded::unknown;
  std::string_view words;  // of the check that decided; lives as long as the piece
};

View look(const Fleet& fleet, Index of, Millis at, Suppose suppose = {});

}  // namespace commune_watch::ledger
