// Instants, periods and the mapping of a boot's own clock to UTC (DESIGN §4 "Time").
//
// Durations run on CLOCK_BOOTTIME of one boot; wall time is assigned afterwards through anchors, so that a
// step of the wall clock never makes or loses time. All values are integer milliseconds; all periods are
// half-open [from, to).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace commune_watch {

using Millis = std::int64_t;

// An instant of one boot. `boot` counts the boots that this gateway's store has seen, from 1; 0 is "never".
struct Moment {
  std::uint32_t boot = 0;
  Millis bt = 0;  // CLOCK_BOOTTIME
  friend auto operator<=>(const Moment&, const Moment&) = default;
};

struct Period {
  Millis from = 0, to = 0;  // UTC
  [[nodiscard]] Millis length() const { return to > from ? to - from : 0; }
  friend bool operator==(const Period&, const Period&) = default;
};

// Where an anchor's UTC comes from. New ones at the end: stores keep the number, logs the code.
enum class AnchorSource : std::uint8_t {
  system,         // the system clock, of which nobody says that it is right
  rtc,            // the battery clock, seen before to agree with a trusted one (domain/clock_watch.hpp)
  ntp,            // the kernel says that its clock is disciplined
  operator_word,  // a person said what time it is
  host,           // the system clock of a machine whose host keeps it, as the configuration says
};
std::string_view code(AnchorSource source);
// Of one boot's anchors only those of the highest rank count: ntp 4, operator 3, host 2, rtc 1, system 0. It
// is trusted from rank 1 on.
int rank(AnchorSource source);
inline bool is_trusted(AnchorSource source) { return rank(source) > 0; }
std::optional<AnchorSource> anchor_source_of(std::string_view code);

// "At this moment of the boot it was this UTC instant, give or take error."
struct Anchor {
  Moment at;
  Millis utc = 0;
  Millis error = 0;
  AnchorSource source = AnchorSource::system;
  friend bool operator==(const Anchor&, const Anchor&) = default;
};

// One run of the gateway: from its start to its last durable tick. Between two runs nobody watched.
struct Run {
  std::uint32_t id = 0;
  Moment from, alive;
  bool clean = false;  // ended by a stop, not by a cut
  friend bool operator==(const Run&, const Run&) = default;
};

// Maps moments to UTC. Of a boot's anchors those of the best source count, the others are put aside. Of those
// left the newest rule: an older anchor that disagrees with a kept newer one by more than slewing explains
// (500 ppm of the distance + both errors + 2 s), or lies after it in UTC, is put aside, so a corrected clock
// corrects the whole boot; between kept anchors the mapping is a straight line, outside them it has slope 1.
// Pure; cheap to copy for one boot.
class ClockMap {
 public:
  ClockMap() = default;
  explicit ClockMap(std::vector<Anchor> anchors);

  // UTC of a moment; absent if its boot has no anchor. Never decreases within a boot.
  [[nodiscard]] std::optional<Millis> utc(Moment at) const;
  // The first moment of that boot that maps to `utc` or later; absent if the boot has no anchor.
  [[nodiscard]] std::optional<Millis> boot_time(std::uint32_t boot, Millis utc) const;
  [[nodiscard]] std::optional<AnchorSource> source(std::uint32_t boot) const;  // of the anchors that count
  [[nodiscard]] bool trusted(std::uint32_t boot) const;                        // that is a trusted one
  [[nodiscard]] const std::vector<Anchor>& anchors() const { return kept_; }

 private:
  std::vector<Anchor> kept_;  // by (boot, bt)
};

// Where a civil date starts in UTC: the commune's zone as plain offsets, so that the domain needs no time
// zone library.
class Zone {
 public:
  struct Change {
    Millis from_utc;
    Millis offset;  // local = utc + offset
    friend bool operator==(const Change&, const Change&) = default;
  };
  // Asia/Ho_Chi_Minh has been UTC+7 without summer time since 1975.
  Zone() : changes_{{INT64_MIN, 7 * 3'600'000}} {}
  // Ascending; the first one rules everything before it; none: UTC.
  explicit Zone(std::vector<Change> changes);
  [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }

  [[nodiscard]] Millis offset(Millis utc) const;
  // The first instant after `utc` from which another offset rules; INT64_MAX if there is none.
  [[nodiscard]] Millis next_change(Millis utc) const;
  // UTC of the local midnight that begins the date (proleptic Gregorian, months 1..12, days may over- or
  // underflow). Where summer time skips midnight: the instant of the change; where it repeats midnight: the
  // first of the two.
  [[nodiscard]] Millis midnight(int year, int month, int day) const;

 private:
  std::vector<Change> changes_;
};

struct Date {
  int year = 1970, month = 1, day = 1;
  friend auto operator<=>(const Date&, const Date&) = default;
  [[nodiscard]] std::int32_t yyyymmdd() const { return year * 10000 + month * 100 + day; }
};
Date local_date(const Zone& zone, Millis utc);
Date date_of_day(std::int64_t days);  // days since 1970-01-01
Date next_day(Date date);
int weekday(Date date);  // 0 = Monday … 6 = Sunday
// The period cut at local midnights: gap-free, in order, none empty.
std::vector<Period> local_days(const Zone& zone, Period period);

// The only source of time that anybody is handed; the real one is wire/real_clock, tests have a manual one.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Millis boot_now() = 0;  // CLOCK_BOOTTIME
  // What the wall clock says now and how far it is to be believed; `at.boot` is 0.
  [[nodiscard]] virtual Anchor anchor() = 0;
  [[nodiscard]] virtual std::string boot_uuid() = 0;  // of this boot of the machine
  // UTC by the battery clock, read as if it kept UTC; absent where there is none. May take milliseconds.
  [[nodiscard]] virtual std::optional<Millis> battery() { return std::nullopt; }
  // Whether somebody set the wall clock since the last call.
  [[nodiscard]] virtual bool was_set() { return false; }
};

}  // namespace commune_watch
