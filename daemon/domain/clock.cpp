// Anchored boot clocks and civil days.
#include "domain/clock.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace commune_watch {
namespace {

__extension__ using Wide = __int128;

constexpr Millis kSlack = 2'000;         // a step below this is slewing for all we can tell
constexpr Millis kSlewPerMillion = 500;  // adjtimex(2): the kernel slews by at most 500 ppm
constexpr Millis kDay = 86'400'000;
constexpr Millis kMaxError = 1LL << 40;  // 35 years: keeps the sums below in range whatever an anchor claims

struct SourceRow {
  std::string_view code;
  int rank;
};
constexpr std::array<SourceRow, 5> kSources{
    {{"system", 0}, {"rtc", 1}, {"ntp", 4}, {"operator", 3}, {"host", 2}}};

bool ranks_below(const Anchor& a, const Anchor& b) { return rank(a.source) < rank(b.source); }
bool earlier(const Anchor& a, const Anchor& b) { return a.at < b.at; }

// The anchors of one boot, ascending -> those that stand, ascending. Each kept pair agrees, so no stretch of
// that boot is longer or shorter in UTC than on the boot clock by more than the tolerance of the anchors
// around it.
std::vector<Anchor> stand(std::vector<Anchor> boot) {
  const Anchor best = *std::max_element(boot.begin(), boot.end(), ranks_below);
  std::erase_if(boot, [&](const Anchor& a) { return ranks_below(a, best); });
  std::vector<Anchor> kept;
  // Agreement of i and j: |oi - oj| <= slew * |bi - bj| + ei + ej + slack, with o = utc - bt. Going from the
  // newest to the oldest it is enough to remember the extremes, in millionths of a millisecond.
  Wide highest = 0, lowest = 0;
  for (auto anchor = boot.rbegin(); anchor != boot.rend(); ++anchor) {
    const Wide offset = (static_cast<Wide>(anchor->utc) - anchor->at.bt) * 1'000'000;
    const Wide slewed = static_cast<Wide>(anchor->at.bt) * kSlewPerMillion;
    const Wide error = static_cast<Wide>(std::clamp<Millis>(anchor->error, 0, kMaxError)) * 1'000'000;
    const Wide slack = static_cast<Wide>(kSlack) * 1'000'000;
    if (!kept.empty()) {
      const bool agrees =
          highest <= offset - slewed + error + slack && lowest >= offset + slewed - error - slack;
      const Anchor& next = kept.back();
      if (!agrees || anchor->at.bt == next.at.bt || anchor->utc > next.utc) continue;
      highest = std::max(highest, offset - slewed - error);
      lowest = std::min(lowest, offset + slewed + error);
    } else {
      highest = offset - slewed - error;
      lowest = offset + slewed + error;
    }
    kept.push_back(*anchor);
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

// [first, last) of a boot's anchors.
auto of_boot(const std::vector<Anchor>& anchors, std::uint32_t boot) {
  return std::equal_range(anchors.begin(), anchors.end(), Anchor{Moment{boot, 0}, 0, 0, {}},
                          [](const Anchor& a, const Anchor& b) { return a.at.boot < b.at.boot; });
}

Millis floor_div(Millis value, Millis by) { return value / by - (value % by < 0 ? 1 : 0); }

// Days since 1970-01-01 of a proleptic Gregorian date and back (Howard Hinnant, "chrono-compatible low-level
// date algorithms").
Millis days_from_civil(int year, int month, int day) {
  const Millis y = year - (month <= 2 ? 1 : 0);
  const Millis era = floor_div(y, 400);
  const Millis year_of_era = y - era * 400;
  const Millis day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468 +
         day - 1;
}

}  // namespace

Date date_of_day(std::int64_t days) {
  const Millis z = days + 719'468;
  const Millis era = floor_div(z, 146'097);
  const Millis day_of_era = z - era * 146'097;
  const Millis year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const Millis day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const Millis mp = (5 * day_of_year + 2) / 153;
  const Millis month = mp < 10 ? mp + 3 : mp - 9;
  return Date{static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0)), static_cast<int>(month),
              static_cast<int>(day_of_year - (153 * mp + 2) / 5 + 1)};
}

std::string_view code(AnchorSource source) { return kSources.at(static_cast<std::size_t>(source)).code; }

int rank(AnchorSource source) { return kSources.at(static_cast<std::size_t>(source)).rank; }

std::optional<AnchorSource> anchor_source_of(std::string_view code) {
  const auto* const found = std::find_if(kSources.begin(), kSources.end(),
                                         [code](const SourceRow& row) { return row.code == code; });
  if (found == kSources.end()) return std::nullopt;
  return static_cast<AnchorSource>(found - kSources.begin());
}

ClockMap::ClockMap(std::vector<Anchor> anchors) {
  std::stable_sort(anchors.begin(), anchors.end(), earlier);
  for (auto first = anchors.begin(); first != anchors.end();) {
    const auto boot = first->at.boot;
    const auto last =
        std::find_if(first, anchors.end(), [boot](const Anchor& a) { return a.at.boot != boot; });
    const auto kept = stand({first, last});
    kept_.insert(kept_.end(), kept.begin(), kept.end());
    first = last;
  }
}

std::optional<Millis> ClockMap::utc(Moment at) const {
  const auto [first, last] = of_boot(kept_, at.boot);
  if (first == last) return std::nullopt;
  const auto next = std::upper_bound(first, last, Anchor{at, 0, 0, {}}, earlier);
  if (next == first) return first->utc + (at.bt - first->at.bt);
  const Anchor& before = *(next - 1);
  const Millis passed = at.bt - before.at.bt;
  if (next == last) return before.utc + passed;
  return before.utc + static_cast<Millis>(static_cast<Wide>(passed) * (next->utc - before.utc) /
                                          (next->at.bt - before.at.bt));
}

std::optional<AnchorSource> ClockMap::source(std::uint32_t boot) const {
  const auto [first, last] = of_boot(kept_, boot);
  return first == last ? std::nullopt : std::optional(first->source);
}

bool ClockMap::trusted(std::uint32_t boot) const {
  const auto [first, last] = of_boot(kept_, boot);
  return first != last && is_trusted(first->source);  // where one is, the others are put aside
}

std::optional<Millis> ClockMap::boot_time(std::uint32_t boot, Millis utc) const {
  const auto [first, last] = of_boot(kept_, boot);
  if (first == last) return std::nullopt;
  const auto next = std::lower_bound(first, last, utc,
                                     [](const Anchor& anchor, Millis value) { return anchor.utc < value; });
  if (next == first) return first->at.bt + (utc - first->utc);
  const Anchor& before = *(next - 1);
  if (next == last) return before.at.bt + (utc - before.utc);
  const Wide span = next->utc - before.utc;  // > 0: before.utc < utc <= next.utc
  const Wide scaled = static_cast<Wide>(utc - before.utc) * (next->at.bt - before.at.bt);
  return before.at.bt + static_cast<Millis>((scaled + span - 1) / span);
}

Zone::Zone(std::vector<Change> changes) : changes_(std::move(changes)) {
  if (changes_.empty()) changes_.push_back({0, 0});
  changes_.front().from_utc = std::numeric_limits<Millis>::min();
}

Millis Zone::offset(Millis utc) const {
  const auto next =
      std::upper_bound(changes_.begin(), changes_.end(), utc,
                       [](Millis value, const Change& change) { return value < change.from_utc; });
  return (next == changes_.begin() ? next : next - 1)->offset;
}

Millis Zone::next_change(Millis utc) const {
  const auto next =
      std::upper_bound(changes_.begin(), changes_.end(), utc,
                       [](Millis value, const Change& change) { return value < change.from_utc; });
  return next == changes_.end() ? std::numeric_limits<Millis>::max() : next->from_utc;
}

Millis Zone::midnight(int year, int month, int day) const {
  const Millis local = days_from_civil(year, month, day) * kDay;
  // The first instant whose local time has reached the date's 00:00. Where summer time skips midnight that is
  // the change itself; where it repeats midnight, the first of the two.
  auto change = std::upper_bound(changes_.begin(), changes_.end(), local - 2 * kDay,
                                 [](Millis value, const Change& c) { return value < c.from_utc; });
  if (change != changes_.begin()) --change;
  for (;; ++change) {
    const auto next = change + 1;
    const Millis utc = std::max(local - change->offset, change->from_utc);
    if (next == changes_.end() || utc < next->from_utc) return utc;
  }
}

Date local_date(const Zone& zone, Millis utc) { return date_of_day(floor_div(utc + zone.offset(utc), kDay)); }

Date next_day(Date date) { return date_of_day(days_from_civil(date.year, date.month, date.day) + 1); }

int weekday(Date date) {
  const Millis days = days_from_civil(date.year, date.month, date.day) + 3;  // 1970-01-01 was a Thursday
  return static_cast<int>(days - floor_div(days, 7) * 7);
}

std::vector<Period> local_days(const Zone& zone, Period period) {
  std::vector<Period> days;
  Millis from = period.from;
  for (Date date = local_date(zone, from); from < period.to;) {
    date = next_day(date);
    const Millis to = std::min(zone.midnight(date.year, date.month, date.day), period.to);
    if (to > from) days.push_back({from, to});
    from = std::max(from, to);
  }
  return days;
}

}  // namespace commune_watch
