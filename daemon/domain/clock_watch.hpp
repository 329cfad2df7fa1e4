// Which looks at the clocks become anchors, and when a battery clock is believed. Pure.
//
// The log needs few anchors: one with each run, one an hour, one when a better source speaks, and, when the
// wall clock was set, what it would have said beside what it says.
#pragma once
#include <optional>
#include <vector>

#include "domain/clock.hpp"

namespace commune_watch {

class ClockWatch {
 public:
  static constexpr Millis kEvery = 3'600'000;
  static constexpr Millis kStep = 1'000;       // what moved more against boot time was set, whoever says so
  static constexpr Millis kSmallStep = 50;     // so was what moved more when the kernel says so,
  static constexpr Millis kPatience = 60'000;  // but of these not more than one a minute is worth a record

  // The first look of a run: the store records it with the run.
  void begin(const Anchor& first);

  struct Noticed {
    std::vector<Anchor> anchors;  // to be recorded, in this order
    bool stepped = false;
  };
  // About once a second. `set`: Clock::was_set().
  Noticed look(const Anchor& now, bool set);
  [[nodiscard]] const Anchor& last() const { return seen_; }

 private:
  Anchor recorded_, seen_;
};

// The battery clock says whole seconds, so two clocks that agree may look this far apart.
inline constexpr Millis kBatterySlack = 2'000;
// A quartz between 0 and 55 °C; beyond kBatteryWorst (a tick) it is no longer worth believing: two weeks.
inline constexpr Millis kBatteryDriftPerMillion = 50;
inline constexpr Millis kBatteryWorst = 60'000;
// 2026-11-01: this program did not exist before.
inline constexpr Millis kProgramBorn = 1'793'491'200'000;

struct BatteryWord {
  Moment at;
  Millis utc = 0;                // what it says
  std::optional<Millis> agreed;  // when it was last seen to agree with a trusted clock; UTC
  Millis newest = 0;             // the newest instant of the log's trusted boots
};
// An anchor with an honest error, or nothing: one that nobody saw to be right may be in local time, reset, or
// years old.
std::optional<Anchor> believe(const BatteryWord& word);

}  // namespace commune_watch
