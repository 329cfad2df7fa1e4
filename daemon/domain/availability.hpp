// Availability: the one pure function behind every figure (DESIGN §4, rule A1 "Figures").
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/clock.hpp"
#include "domain/device.hpp"
#include "domain/ledger.hpp"

namespace commune_watch {

inline constexpr int kRule = 1;                     // "A1"
inline constexpr std::int32_t kMinCoverage = 9000;  // below, no bare figure
inline constexpr std::int32_t kMaxBlipShare = 100;  // 1 % of T: above, B counts as down(unstable)
// Bars to Đạt: maintenance over 10 % of T, less than a quarter of the period's service time observed, service
// hours under 20 a week.
inline constexpr std::int32_t kMaxMaintenance = 1000;
inline constexpr std::int32_t kMinObserved = 2500;
inline constexpr int kMinWeeklyMinutes = 20 * 60;

// What it counts as: State under the overlays, first that applies wins.
enum class Class : std::uint8_t { not_enrolled, out_of_hours, maintenance, unknown, down, up };
std::string_view code(Class value);
std::optional<Class> class_of(std::string_view code);
std::string_view name(Class value, Language language);

// A piece of observed state in mapped UTC. Where no span lies, nobody watched: unknown(gateway-off).
struct Span {
  Period period;
  State state = State::unknown;
  Cause cause = Cause::gateway;
  ReasonId reason = ReasonId::none;
  std::vector<ReasonId> warnings;
  std::optional<DeviceId> root;
  Recorded recorded = Recorded::unknown;
};

// Weekly service hours as minutes of the local week [0, 10080) from Monday 00:00; empty = 24/7. A slot over
// the end of the week is two slots. An instant is in hours by its local time alone, so a change to summer
// time moves no slot.
struct Hours {
  struct Slot {
    int from_minute = 0, to_minute = 0;
    friend bool operator==(const Slot&, const Slot&) = default;
  };
  std::vector<Slot> weekly;
  // Local dates yyyymmdd that are outside: public holidays, declared closures.
  std::vector<std::int32_t> closed;
  friend bool operator==(const Hours&, const Hours&) = default;
  [[nodiscard]] int weekly_minutes() const;  // of the slots' union; 10080 for 24/7
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
  Millis from = 0;  // UTC; of two with the same instant the later in the list rules
  Terms terms;
};

struct Maintenance {
  Period period;
  Millis declared = 0;  // leaves the denominator only if declared <= period.from
  Millis ended = 0;     // cut short at; 0 = as planned
  std::string author, reason;
  friend bool operator==(const Maintenance&, const Maintenance&) = default;
};

// A later overlay by hand: the uncorrected figure decides, the corrected one stands beside it.
struct Correction {
  Period period;
  Class value = Class::unknown;  // up, down, unknown or maintenance
  Millis declared = 0;
  std::string author, reason;
  friend bool operator==(const Correction&, const Correction&) = default;
};

struct BlipSpan {
  Period period;
  ReasonId reason = ReasonId::none;
};

struct Totals {
  Millis up = 0, down = 0, maintenance = 0, unknown = 0;
  // Parts of `down` that are not the contractor's.
  Millis down_upstream = 0, down_mains = 0, down_monitoring_point = 0;
  Millis blips = 0;  // part of `up`, unless `unstable` moved it to `down`
  bool unstable = false;
  std::int32_t outages = 0;     // confirmed down intervals touching T
  std::int32_t blip_count = 0;  // blips touching up time of T; adjoining ones are one
  Millis longest = 0;           // outage, as counted within T
  Millis service = 0;          // service time of the whole period as asked: enrolled or not, past and to come
  int weekly_minutes = 10080;  // the fewest service hours a week that were in force while enrolled
  [[nodiscard]] Millis time() const { return up + down + maintenance + unknown; }  // T
  [[nodiscard]] Millis down_others() const { return down_upstream + down_mains + down_monitoring_point; }
  // Adds another period of the same device, or another device. `unstable` is undone, for summarise() to
  // decide anew: a day may be unstable in a steady month. An outage over the cut counts in both.
  Totals& operator+=(const Totals& other);
  friend bool operator==(const Totals&, const Totals&) = default;
};

// A share in 1/100 of a percent, floored: 9971 = 99.71 %.
struct Figure {
  std::int32_t floor_1e4 = 0;
  friend auto operator<=>(const Figure&, const Figure&) = default;
};

std::optional<Figure> share(Millis part, Millis whole);  // absent where there is no whole

// "100 %" is a promise: `connected`, `device` and `low` are 99.99 % at most while time is unknown or a blip
// was seen (decided here, in summarise(), so that nobody who prints has to know). Of `device` only the
// contractor's own downtime matters, and `high` assumes that unknown time was up: both may be 100 % beside
// downtime of others and unknown time.
struct Availability {
  Period period;  // cut at now
  Totals totals;
  std::optional<Figure> connected, device;    // A_conn, A_dev; absent where the denominator is zero
  std::optional<Figure> coverage, low, high;  // K and the bounds; absent where T - M is zero
  bool printable = false;  // K >= 90 %: a bare figure may be shown; otherwise only the bounds
  int rule = kRule;
};

struct AvailabilityInput {
  std::vector<Span> spans;  // ascending, disjoint
  std::vector<BlipSpan> blips;
  std::vector<DatedTerms> terms;         // ascending; before the first: not enrolled
  std::vector<Maintenance> maintenance;  // may overlap, in any order; so may blips
  std::vector<Correction> corrections;   // in the order of the log; count in corrected() only
};

// A window as it was declared: of a device id, of "place/ID", or of all ("*").
struct ScopedMaintenance {
  std::string scope;
  Maintenance maintenance;
};
// Those that concern the device; of a place's windows the part while the device's terms say that place.
std::vector<Maintenance> concerning(const std::vector<ScopedMaintenance>& windows, std::string_view device,
                                    const std::vector<DatedTerms>& terms);

// `period` is cut at `now`. Asserts U + D + M + N = T. Out-of-hours and not-enrolled time is outside T.
// Priority: not-enrolled > out-of-hours > maintenance (declared before it began) > unknown > down > up.
Availability availability(const AvailabilityInput& input, Period period, Millis now, const Zone& zone);

// The same with corrections and with maintenance that was declared late: stands beside the other, never in
// its place. Where corrections overlap, the later in the list rules. No blip is counted in corrected time.
Availability corrected(const AvailabilityInput& input, Period period, Millis now, const Zone& zone);

// The figures of totals that were added up (days into a month, devices into a group): integers only, so it is
// exact.
Availability summarise(Period period, const Totals& totals);

// A_conn had the time lost by that cause not been asked for ("không tính mất điện khu vực"): information
// beside A_conn, never in its place. Of upstream, mains and monitoring_point; absent where the denominator is
// zero.
std::optional<Figure> connected_without(Cause cause, const Totals& totals);

// Classes over the period, gap-free, in order, equal neighbours joined: what the totals are the sums of.
// Where B is over its share, blips are down(unstable).
struct ClassSpan {
  Period period;
  Class value;
  Cause cause;
  ReasonId reason;
};
std::vector<ClassSpan> classes(const AvailabilityInput& input, Period period, Millis now, const Zone& zone);

// The record of a place from those of its devices of one kind: up when any is (all: when all are), unknown if
// none is up and one is unknown, else down (all: down when any is). Devices under maintenance, out of hours
// or not enrolled have no say while another has; if none has, it is maintenance before out-of-hours. Its time
// starts at its first enrolment and never ends: later time without a device is down(not-installed), in the
// hours of the device that left last.
enum class Cover : std::uint8_t { any, all };
std::vector<ClassSpan> place_classes(const std::vector<AvailabilityInput>& devices, Cover cover,
                                     Period period, Millis now, const Zone& zone);
Availability place_availability(const std::vector<AvailabilityInput>& devices, Cover cover, Period period,
                                Millis now, const Zone& zone);

// Đạt, Không đạt, Chưa đủ căn cứ, Không áp dụng.
enum class Verdict : std::uint8_t { met, not_met, insufficient, not_applicable };
std::string_view code(Verdict verdict);
std::string_view name(Verdict verdict, Language language);

// What keeps good figures from being Đạt.
enum class Bar : std::uint8_t { maintenance, observed, hours };
std::string_view name(Bar bar, Language language);
std::optional<Bar> barred(const Availability& availability);

// Verdict by bounds against a threshold in 1/100 percent, "≥" inclusive, on the figures as printed: met if it
// holds even if all unknown time was down, not met if it fails even if all of it was up, else insufficient;
// so too where a bar stands.
Verdict judge(const Availability& availability, std::int32_t threshold_1e4);
// The same for a place that has to have a device: never enrolled until then is not covered, hence not met.
Verdict judge_place(const std::vector<AvailabilityInput>& devices, Cover cover, Period period, Millis now,
                    const Zone& zone, std::int32_t threshold_1e4);
// numerator/denominator of `total` places needed: `met` counted, `open` insufficient. Nothing to cover is
// never met.
Verdict judge_count(int met, int open, int total, int numerator, int denominator);

}  // namespace commune_watch
