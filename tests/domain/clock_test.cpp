// Anchored boot clocks: no step makes or loses time; civil days in zones with and without summer time.
#include "domain/clock.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace commune_watch {
namespace {

constexpr Millis kHour = 3'600'000;
constexpr Millis kDay = 24 * kHour;
constexpr Millis kThen = 1'793'500'000'000;

Anchor anchor(std::uint32_t boot, Millis bt, Millis utc, AnchorSource source = AnchorSource::ntp,
              Millis error = 10) {
  return {.at = {boot, bt}, .utc = utc, .error = error, .source = source};
}

TEST(ClockMap, HasNoTimeForABootWithoutAnchors) {
  const ClockMap map({anchor(1, 0, kThen)});
  EXPECT_EQ(map.utc({2, 5}), std::nullopt);
  EXPECT_EQ(map.boot_time(2, kThen), std::nullopt);
  EXPECT_EQ(ClockMap().utc({1, 0}), std::nullopt);
}

TEST(ClockMap, RunsWithSlopeOneOutsideItsAnchors) {
  const ClockMap map({anchor(1, 1'000, kThen), anchor(1, 2'000, kThen + 1'000)});
  EXPECT_EQ(map.utc({1, 0}), kThen - 1'000);
  EXPECT_EQ(map.utc({1, 5'000}), kThen + 4'000);
  EXPECT_EQ(map.boot_time(1, kThen + 4'000), 5'000);
}

TEST(ClockMap, DrawsStraightLinesBetweenAnchorsThatDrift) {
  const ClockMap map({anchor(1, 0, kThen), anchor(1, 10 * kHour, kThen + 10 * kHour + 3'600)});  // 100 ppm
  EXPECT_EQ(map.utc({1, 5 * kHour}), kThen + 5 * kHour + 1'800);
}

TEST(ClockMap, ACorrectedClockCorrectsTheWholeBoot) {
  // No battery: the box believed in 2020 until NTP answered after an hour.
  const ClockMap map({anchor(1, 0, 1'577'836'800'000, AnchorSource::system), anchor(1, kHour, kThen)});
  EXPECT_EQ(map.utc({1, 0}), kThen - kHour);
  EXPECT_EQ(map.anchors().size(), 1U);
}

TEST(ClockMap, AStepOfTheWallClockNeitherMakesNorLosesTime) {
  // Somebody sets the clock a day ahead by hand at 10 h; NTP had spoken before and speaks again after.
  const ClockMap map({anchor(1, 0, kThen),
                      anchor(1, 10 * kHour, kThen + 10 * kHour + kDay, AnchorSource::system),
                      anchor(1, 12 * kHour, kThen + 12 * kHour)});
  EXPECT_EQ(*map.utc({1, 11 * kHour}) - *map.utc({1, 9 * kHour}), 2 * kHour);
  EXPECT_EQ(map.utc({1, 12 * kHour}), kThen + 12 * kHour);
}

TEST(ClockMap, AStepAfterTheLastTrustedWordChangesNothing) {
  const ClockMap map({anchor(1, 0, kThen), anchor(1, kHour, kThen + kDay, AnchorSource::system),
                      anchor(1, 2 * kHour, kThen - kDay, AnchorSource::rtc)});
  EXPECT_EQ(map.utc({1, 2 * kHour}), kThen + 2 * kHour);
}

TEST(ClockMap, OfTwoTrustedWordsTheNewerRulesAlsoThePast) {
  const ClockMap map(
      {anchor(1, 0, kThen, AnchorSource::operator_word), anchor(1, kHour, kThen + kHour + 60'000)});
  EXPECT_EQ(map.utc({1, 0}), kThen + 60'000);
}

TEST(ClockMap, WithoutATrustedWordTheNewestUntrustedOneRules) {
  const ClockMap map({anchor(1, 0, 0, AnchorSource::system), anchor(1, kHour, kThen, AnchorSource::system)});
  EXPECT_EQ(map.utc({1, 0}), kThen - kHour);
  EXPECT_FALSE(map.trusted(1));
}

TEST(ClockMap, OfABootsSourcesTheBestAloneCounts) {
  const std::vector<AnchorSource> from_worst{AnchorSource::system, AnchorSource::rtc, AnchorSource::host,
                                             AnchorSource::operator_word, AnchorSource::ntp};
  std::vector<Anchor> anchors;
  for (std::size_t i = 0; i < from_worst.size(); ++i) {
    // The better ones are the older ones, and each disagrees with all others.
    const auto n = static_cast<Millis>(i);
    anchors.push_back(anchor(1, (9 - n) * kHour, kThen + n * kDay, from_worst[i]));
    const ClockMap map(anchors);
    EXPECT_EQ(map.anchors(), std::vector{anchors.back()}) << code(from_worst[i]);
    EXPECT_EQ(map.trusted(1), i > 0) << code(from_worst[i]);
  }
}

TEST(ClockMap, BootsDoNotMix) {
  const ClockMap map({anchor(2, 0, kThen + kDay), anchor(1, 0, kThen)});
  EXPECT_EQ(map.utc({1, kHour}), kThen + kHour);
  EXPECT_EQ(map.utc({2, kHour}), kThen + kDay + kHour);
}

TEST(ClockMap, AnAnchorThatRunsBackwardsIsPutAside) {
  const ClockMap map({anchor(1, 1'000, kThen + 1'500), anchor(1, 2'000, kThen + 1'000)});
  EXPECT_EQ(map.utc({1, 2'000}), kThen + 1'000);
  EXPECT_EQ(map.utc({1, 1'000}), kThen);
}

TEST(ClockMap, SurvivesAnchorsThatClaimNonsense) {
  const Millis far = 1LL << 50;
  const ClockMap map({anchor(1, 0, -far, AnchorSource::ntp, far),
                      anchor(1, far, far, AnchorSource::ntp, INT64_MAX),
                      anchor(1, far / 2, 5, AnchorSource::ntp, -7)});
  EXPECT_TRUE(map.utc({1, far / 3}).has_value());
}

// A boot as it happens: true time runs on, the box's crystal drifts, the wall clock is stepped, anchors come
// with an error.
struct Boot {
  std::vector<Anchor> anchors;
  Millis length = 0;
  Millis worst_error = 0;
};

Boot boot() {
  Boot boot;
  boot.length = *rc::gen::inRange<Millis>(1, 30 * kDay);
  const double drift = *rc::gen::inRange(-200, 201) / 1e6;
  Millis step = 0;
  for (int n = *rc::gen::inRange(1, 40); n > 0; --n) {
    const Millis bt = *rc::gen::inRange<Millis>(0, boot.length + 1);
    const Millis error = *rc::gen::inRange<Millis>(0, 500);
    const bool ntp = *rc::gen::inRange(0, 3) != 0;
    if (!ntp) step += *rc::gen::inRange<Millis>(-kDay, kDay);
    const Millis utc = kThen + bt + static_cast<Millis>(static_cast<double>(bt) * drift) +
                       *rc::gen::inRange<Millis>(-error, error + 1);
    boot.anchors.push_back(
        anchor(1, bt, utc + (ntp ? 0 : step), ntp ? AnchorSource::ntp : AnchorSource::system, error));
    boot.worst_error = std::max(boot.worst_error, error);
  }
  return boot;
}

RC_GTEST_PROP(ClockMapLaw, NeverRunsBackwardsWithinABoot, ()) {
  const Boot boot = commune_watch::boot();
  const ClockMap map(boot.anchors);
  Millis bt = -1'000;
  Millis last = *map.utc({1, bt});
  for (int n = 0; n < 200; ++n) {
    bt += *rc::gen::inRange<Millis>(0, boot.length / 100 + 2);
    const Millis now = *map.utc({1, bt});
    RC_ASSERT(now >= last);
    last = now;
  }
}

RC_GTEST_PROP(ClockMapLaw, NoStepMakesOrLosesTime, ()) {
  const Boot boot = commune_watch::boot();
  const ClockMap map(boot.anchors);
  const Millis a = *rc::gen::inRange<Millis>(0, boot.length + 1);
  const Millis b = *rc::gen::inRange<Millis>(0, boot.length + 1);
  const Millis gained = std::abs((*map.utc({1, b}) - *map.utc({1, a})) - (b - a));
  RC_ASSERT(gained <= boot.length / 2'000 + 2 * boot.worst_error + 2'000 + 2);
}

RC_GTEST_PROP(ClockMapLaw, BootTimeIsTheFirstMomentThatReachesAnInstant, ()) {
  const Boot boot = commune_watch::boot();
  const ClockMap map(boot.anchors);
  const Millis utc = kThen + *rc::gen::inRange<Millis>(-kHour, boot.length + kHour);
  const Millis bt = *map.boot_time(1, utc);
  RC_ASSERT(*map.utc({1, bt}) >= utc);
  RC_ASSERT(*map.utc({1, bt - 1}) < utc);
}

RC_GTEST_PROP(ClockMapLaw, TheOrderOfAnchorsDoesNotMatter, ()) {
  Boot boot = commune_watch::boot();
  std::sort(boot.anchors.begin(), boot.anchors.end(),
            [](const Anchor& a, const Anchor& b) { return a.at < b.at; });
  boot.anchors.erase(std::unique(boot.anchors.begin(), boot.anchors.end(),
                                 [](const Anchor& a, const Anchor& b) { return a.at == b.at; }),
                     boot.anchors.end());
  const ClockMap one(boot.anchors);
  std::reverse(boot.anchors.begin(), boot.anchors.end());
  RC_ASSERT(ClockMap(boot.anchors).anchors() == one.anchors());
}

// ---- civil time

TEST(Zone, IsTheCommunesUnlessSaid) {
  const Zone zone;
  EXPECT_EQ(zone.midnight(2026, 11, 22), 1'795'280'400'000);  // 2026-11-21T17:00:00Z
  EXPECT_EQ(local_date(zone, 1'795'280'400'000), (Date{2026, 11, 22}));
  EXPECT_EQ(local_date(zone, 1'795'280'399'999), (Date{2026, 11, 21}));
  EXPECT_EQ(zone.next_change(0), INT64_MAX);
}

TEST(Zone, DaysAndMonthsMayOverflow) {
  const Zone zone;
  EXPECT_EQ(zone.midnight(2026, 12, 32), zone.midnight(2027, 1, 1));
  EXPECT_EQ(zone.midnight(2027, 1, 0), zone.midnight(2026, 12, 31));
  EXPECT_EQ(zone.midnight(2028, 2, 30), zone.midnight(2028, 3, 1));
}

// Europe/Berlin 2026: +1, summer time from 29 March 01:00Z to 25 October 01:00Z.
Zone berlin() { return Zone({{0, kHour}, {1'774'746'000'000, 2 * kHour}, {1'792'890'000'000, kHour}}); }

TEST(Zone, DaysOfSummerTimeChangesAreShorterAndLonger) {
  const Zone zone = berlin();
  EXPECT_EQ(zone.midnight(2026, 3, 30) - zone.midnight(2026, 3, 29), 23 * kHour);
  EXPECT_EQ(zone.midnight(2026, 10, 26) - zone.midnight(2026, 10, 25), 25 * kHour);
  EXPECT_EQ(zone.midnight(2026, 7, 2) - zone.midnight(2026, 7, 1), kDay);
  EXPECT_EQ(zone.next_change(zone.midnight(2026, 7, 1)), 1'792'890'000'000);
}

TEST(Zone, AMidnightThatIsSkippedIsTheInstantOfTheChange) {
  // Beirut, 29 March 2026: clocks go from 00:00 to 01:00.
  const Millis change = 1'774'735'200'000;  // 2026-03-28T22:00Z
  const Zone zone({{0, 2 * kHour}, {change, 3 * kHour}});
  EXPECT_EQ(zone.midnight(2026, 3, 29), change);
  EXPECT_EQ(local_date(zone, change), (Date{2026, 3, 29}));
  EXPECT_EQ(local_date(zone, change - 1), (Date{2026, 3, 28}));
}

TEST(Zone, AMidnightThatIsRepeatedIsTheFirst) {
  // Clocks go back from 00:30 to 23:30 of the day before.
  const Millis midnight = 1'774'735'200'000;
  const Zone zone({{0, 2 * kHour}, {midnight + kHour / 2, kHour}});
  EXPECT_EQ(zone.midnight(2026, 3, 29), midnight);
}

TEST(Zone, WithoutChangesIsUtcAndTheFirstChangeRulesThePast) {
  EXPECT_EQ(Zone(std::vector<Zone::Change>{}).midnight(1970, 1, 1), 0);
  EXPECT_EQ(Zone({{kThen, kHour}}).offset(0), kHour);
}

TEST(Dates, AgreeWithTheCalendarOfTheLibrary) {
  using std::chrono::sys_days, std::chrono::year_month_day, std::chrono::days, std::chrono::milliseconds,
      std::chrono::year;
  const Zone utc(std::vector<Zone::Change>{});
  for (sys_days day = sys_days{year{1999} / 12 / 30}; day < sys_days{year{2105} / 3 / 2}; day += days{1}) {
    const year_month_day ymd{day};
    const Date date{static_cast<int>(ymd.year()), static_cast<int>(static_cast<unsigned>(ymd.month())),
                    static_cast<int>(static_cast<unsigned>(ymd.day()))};
    const Millis at = milliseconds{day.time_since_epoch()}.count();
    ASSERT_EQ(utc.midnight(date.year, date.month, date.day), at);
    ASSERT_EQ(local_date(utc, at), date);
    ASSERT_EQ(local_date(utc, at + kDay - 1), date);
    ASSERT_EQ(next_day(date), local_date(utc, at + kDay));
    ASSERT_EQ(static_cast<unsigned>(commune_watch::weekday(date)) + 1,
              std::chrono::weekday{day}.iso_encoding());
  }
  EXPECT_EQ((Date{2026, 11, 2}).yyyymmdd(), 20261102);
}

TEST(LocalDays, CutAPeriodAtMidnightsWithoutGaps) {
  const Zone zone;
  const Millis midnight = zone.midnight(2026, 11, 22);
  const auto days = local_days(zone, {midnight - kHour, midnight + kDay + kHour});
  ASSERT_EQ(days.size(), 3U);
  EXPECT_EQ(days[0], (Period{midnight - kHour, midnight}));
  EXPECT_EQ(days[1], (Period{midnight, midnight + kDay}));
  EXPECT_EQ(days[2], (Period{midnight + kDay, midnight + kDay + kHour}));
  EXPECT_TRUE(local_days(zone, {5, 5}).empty());
  EXPECT_TRUE(local_days(zone, {6, 5}).empty());
}

TEST(LocalDays, AreGapFreeOverSummerTime) {
  const Zone zone = berlin();
  const Period year{zone.midnight(2026, 1, 1), zone.midnight(2027, 1, 1)};
  const auto days = local_days(zone, year);
  EXPECT_EQ(days.size(), 365U);
  Millis at = year.from;
  for (const Period& day : days) {
    EXPECT_EQ(day.from, at);
    EXPECT_GT(day.to, day.from);
    at = day.to;
  }
  EXPECT_EQ(at, year.to);
}

TEST(AnchorSources, AreSpelledAsInTheLogAndReadBack) {
  for (const auto source : {AnchorSource::system, AnchorSource::rtc, AnchorSource::ntp,
                            AnchorSource::operator_word, AnchorSource::host})
    EXPECT_EQ(anchor_source_of(code(source)), source);
  EXPECT_EQ(code(AnchorSource::operator_word), "operator");
  EXPECT_EQ(code(AnchorSource::host), "host");
  EXPECT_EQ(static_cast<int>(AnchorSource::operator_word), 3) << "stores keep the number";
  EXPECT_EQ(anchor_source_of("oracle"), std::nullopt);
}

}  // namespace
}  // namespace commune_watch
