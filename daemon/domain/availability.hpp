// Availability: the one pure function behind every figure (DESIGN §4, rule A1 "Figures").
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/clock.hpp"
#include "domain/device.hpp"
#include "domain/ledger.hpp"

namespace commune_watch {

inline constexpr int kRule = 1;                       // "A1"
inline constexpr std::int32_t kMinCoverage = 9000;    // below, no bare figure
inline constexpr std::int32_t kMaxBlipShare = 100;    // 1 % of T: above, B counts as down(unstable)

// What it counts as: State under the overlays, first that applies wins.
enum class Class : std::uint8_t { not_enrolled, out_of_hours, maintenance, unknown, down, up };
std::string_view code(Class value);

// A piece of observed state in mapped UTC. Where no span lies, nobody watched: unknown(gateway-off).
struct Span {
  Period period;
  State state = State::unknown;
  Cause cause = Cause::gateway;
  ReasonId reason = ReasonId::none;
  std::vector<ReasonId> warnings;
  std::optional<DeviceId> root;
};

// Weekly service hours as minutes of the local week [0, 10080) from Monday 00:00; empty = 24/7.
struct Hours {
  struct Slot {
    int from_minute = 0, to_minute = 0;
    friend bool operator==(const Slot&, const Slot&) = default;
  };
  std::vector<Slot> weekly;
  std::vector<std::int32_t> closed;   // local dates yyyymmdd that are outside: public holidays, declared closures
  friend bool operator==(const Hours&, const Hours&) = default;
  [[nodiscard]] int weekly_minutes() const;  // 10080 for 24/7
};

// What was agreed about a device, in force from its log row on until the next one.
struct Terms {
  bool enrolled = true;
  Kind kind = Kind::camera;
  std::string place;
  std::optional<std::string> parent, point;  // configuration ids
  std::string key;
  std::string driver;
  Rung needs = Rung::reachable;
  Hours hours;
  friend bool operator==(const Terms&, const Terms&) = default;
};
struct DatedTerms {
  Millis from = 0;  // UTC
  Terms terms;
};

struct Maintenance {
  Period period;
  Millis declared = 0;  // leaves the denominator only if declared <= period.from
  Millis ended = 0;     // cut short at; 0 = as planned
  std::string author, reason;
};

struct BlipSpan {
  Period period;
  ReasonId reason = ReasonId::none;
};

struct Totals {
  Millis up = 0, down = 0, maintenance = 0, unknown = 0;
  Millis down_upstream = 0, down_mains = 0, down_monitoring_point = 0;  // parts of `down` that are not the contractor's
  Millis blips = 0;                                                     // part of `up`, unless `unstable` moved it to `down`
  bool unstable = false;
  std::int32_t outages = 0, blip_count = 0;                             // confirmed down intervals touching T
  Millis longest = 0;                                                   // outage, as counted within T
  [[nodiscard]] Millis time() const { return up + down + maintenance + unknown; }  // T
  [[nodiscard]] Millis down_others() const { return down_upstream + down_mains + down_monitoring_point; }
  friend bool operator==(const Totals&, const Totals&) = default;
};

// A share in 1/100 of a percent, floored: 9971 = 99.71 %.
struct Figure {
  std::int32_t floor_1e4 = 0;
  friend auto operator<=>(const Figure&, const Figure&) = default;
};

struct Availability {
  Period period;                               // cut at now
  Totals totals;
  std::optional<Figure> connected, device;     // A_conn, A_dev; absent where the denominator is zero
  std::optional<Figure> coverage, low, high;   // K and the bounds; absent where T - M is zero
  bool printable = false;                      // K >= 90 %: a bare figure may be shown; otherwise only the bounds
  int rule = kRule;
};

struct AvailabilityInput {
  std::vector<Span> spans;                 // ascending, disjoint
  std::vector<BlipSpan> blips;
  std::vector<DatedTerms> terms;           // ascending; before the first: not enrolled
  std::vector<Maintenance> maintenance;    // may overlap
};

// `period` is cut at `now`. Asserts U + D + M + N = T. Out-of-hours and not-enrolled time is outside T.
// On ties of class priority: not-enrolled > out-of-hours > maintenance (declared before it began) > unknown > down > up.
Availability availability(const AvailabilityInput& input, Period period, Millis now, const Zone& zone);

// The same totals from figures that were added up (days into a month): integers only, so it is exact.
Availability summarise(Period period, const Totals& totals);

// Classes over the period, gap-free and in order: what the totals are the sums of.
struct ClassSpan {
  Period period;
  Class value;
  Cause cause;
  ReasonId reason;
};
std::vector<ClassSpan> classes(const AvailabilityInput& input, Period period, Millis now, const Zone& zone);

// The record of a place from those of its devices of one kind: up when any is (all: when all are), unknown if none is up
// and one is unknown, else down. Its time starts at its first enrolment and never ends: later time without a device is down(not-installed).
enum class Cover : std::uint8_t { any, all };
std::vector<ClassSpan> place_classes(const std::vector<AvailabilityInput>& devices, Cover cover, Period period, Millis now, const Zone& zone);
Availability place_availability(const std::vector<AvailabilityInput>& devices, Cover cover, Period period, Millis now, const Zone& zone);

// Verdict by bounds against a threshold in 1/100 percent: met if it holds even if all unknown time was down, not met if it fails even if it was up.
enum class Verdict : std::uint8_t { met, not_met, insufficient, not_applicable };  // Đạt, Không đạt, Chưa đủ căn cứ, Không áp dụng
Verdict judge(const Availability& availability, std::int32_t threshold_1e4);
// k of n places needed: `met` counted, `open` insufficient.
Verdict judge_count(int met, int open, int total, int numerator, int denominator);

}  // namespace commune_watch
