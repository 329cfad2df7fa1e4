// The rule's edges, each as one small fact.
#include "domain/availability.hpp"

#include <gtest/gtest.h>

namespace commune_watch {
namespace {

constexpr Millis kMinute = 60'000;
constexpr Millis kHour = 60 * kMinute;
constexpr Millis kDay = 24 * kHour;
const Zone kZone;
const Millis kStart = kZone.midnight(2026, 11, 2);  // a Monday
const Period kWeek{kStart, kStart + 7 * kDay};

Span span(Millis from, Millis to, State state, Cause cause = Cause::none) {
  Span span;
  span.period = {kStart + from, kStart + to};
  span.state = state;
  span.cause = cause;
  if (state == State::down) span.reason = reason_id("no-answer");
  return span;
}

AvailabilityInput device(std::vector<Span> spans) {
  AvailabilityInput input;
  input.spans = std::move(spans);
  input.terms = {{kStart - kDay, {}}};
  return input;
}

AvailabilityInput up() { return device({span(0, 7 * kDay, State::up)}); }

AvailabilityInput down_from(Millis from) {
  return device({span(0, from, State::up), span(from, 7 * kDay, State::down, Cause::device)});
}

Availability week(const AvailabilityInput& input) { return availability(input, kWeek, kWeek.to, kZone); }

Maintenance planned(Millis from, Millis to) {
  Maintenance m;
  m.period = {kStart + from, kStart + to};
  m.declared = kStart + from;
  return m;
}

// ---- time

TEST(Availability, WhereNoSpanLiesNobodyWatched) {
  const auto spans = classes(device({span(kDay, 2 * kDay, State::up)}), kWeek, kWeek.to, kZone);
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(spans[0].value, Class::unknown);
  EXPECT_EQ(spans[0].cause, Cause::gateway);
  EXPECT_EQ(spans[0].reason, reason_id("gateway-off"));
  EXPECT_EQ(spans[1].value, Class::up);
  EXPECT_EQ(spans[2].period, (Period{kStart + 2 * kDay, kWeek.to}));
}

TEST(Availability, IsCutAtNow) {
  const auto a = availability(up(), kWeek, kStart + kDay, kZone);
  EXPECT_EQ(a.period, (Period{kStart, kStart + kDay}));
  EXPECT_EQ(a.totals.time(), kDay);
  EXPECT_EQ(a.totals.service, 7 * kDay);  // what is still to come belongs to the period
}

TEST(Availability, APeriodThatHasNotBegunHasNoFigures) {
  const auto a = availability(up(), kWeek, kStart - 1, kZone);
  EXPECT_EQ(a.totals.time(), 0);
  EXPECT_FALSE(a.connected || a.device || a.coverage || a.low || a.high);
  EXPECT_FALSE(a.printable);
  EXPECT_EQ(judge(a, 9500), Verdict::insufficient);
  EXPECT_TRUE(classes(up(), kWeek, kStart - 1, kZone).empty());
}

TEST(Availability, BeforeTheFirstTermsThereIsNoTime) {
  AvailabilityInput input = up();
  input.terms.front().from = kStart + 3 * kDay;
  EXPECT_EQ(week(input).totals.time(), 4 * kDay);
  input.terms.clear();
  EXPECT_EQ(week(input).totals.time(), 0);
}

TEST(Availability, ARetiredDeviceHasNoTimeButItsPastStays) {
  AvailabilityInput input = down_from(kDay);
  Terms gone;
  gone.enrolled = false;
  input.terms.push_back({kStart + 2 * kDay, gone});
  EXPECT_EQ(week(input).totals.up, kDay);
  EXPECT_EQ(week(input).totals.down, kDay);
  EXPECT_EQ(week(input).totals.time(), 2 * kDay);
}

TEST(Availability, MaintenanceDeclaredLateIsOnlyListed) {
  AvailabilityInput input = down_from(kDay);
  input.maintenance = {planned(kDay, 2 * kDay)};
  EXPECT_EQ(week(input).totals.maintenance, kDay);
  input.maintenance.front().declared += 1;
  EXPECT_EQ(week(input).totals.maintenance, 0);
  EXPECT_EQ(week(input).totals.down, 6 * kDay);
}

TEST(Availability, MaintenanceCutShortEndsThere) {
  AvailabilityInput input = up();
  input.maintenance = {planned(kDay, 2 * kDay)};
  input.maintenance.front().ended = kStart + kDay + kHour;
  EXPECT_EQ(week(input).totals.maintenance, kHour);
  input.maintenance.front().ended = kStart;  // before it began: it never was
  EXPECT_EQ(week(input).totals.maintenance, 0);
}

TEST(Availability, OverlappingMaintenanceCountsOnceAndGoesBeforeUnknown) {
  AvailabilityInput input = device({});
  input.maintenance = {planned(kHour, 3 * kHour), planned(0, 2 * kHour), planned(kHour, kHour)};
  EXPECT_EQ(week(input).totals.maintenance, 3 * kHour);
  EXPECT_EQ(week(input).totals.unknown, 7 * kDay - 3 * kHour);
}

// ---- service hours

AvailabilityInput office(AvailabilityInput input) {
  for (int day = 0; day < 5; ++day)
    input.terms.front().terms.hours.weekly.push_back({day * 1440 + 8 * 60, day * 1440 + 17 * 60});
  return input;
}

TEST(ServiceHours, OutsideThemNothingCounts) {
  const auto a = week(office(down_from(17 * kHour)));
  EXPECT_EQ(a.totals.time(), 5 * 9 * kHour);
  EXPECT_EQ(a.totals.up, 9 * kHour);
  EXPECT_EQ(a.totals.service, 45 * kHour);
  EXPECT_EQ(a.totals.weekly_minutes, 45 * 60);
}

TEST(ServiceHours, HolidaysAreOutside) {
  AvailabilityInput input = office(up());
  input.terms.front().terms.hours.closed = {20261103,
                                            20261108};  // a Tuesday, and a Sunday that was closed anyway
  EXPECT_EQ(week(input).totals.time(), 36 * kHour);
  EXPECT_EQ(week(input).totals.weekly_minutes, 45 * 60);
  input.terms.front().terms.hours.weekly.clear();  // 24/7 with holidays
  EXPECT_EQ(week(input).totals.time(), 5 * kDay);
}

TEST(ServiceHours, AreInclusiveAtOpeningAndExclusiveAtClosing) {
  const auto spans = classes(office(up()), {kStart, kStart + kDay}, kWeek.to, kZone);
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(spans[1].period, (Period{kStart + 8 * kHour, kStart + 17 * kHour}));
}

TEST(ServiceHours, AChangeActsForwardOnly) {
  AvailabilityInput input = down_from(kDay);
  Terms shorter;
  shorter.hours.weekly = {{0, 60}};
  input.terms.push_back({kStart + 2 * kDay, shorter});
  const auto a = week(input);
  EXPECT_EQ(a.totals.down, kDay);
  EXPECT_EQ(a.totals.weekly_minutes, 60);
}

TEST(ServiceHours, FollowTheLocalClockThroughSummerTime) {
  const Millis change = 1'774'746'000'000;  // Berlin, 29 March 2026, 01:00Z: 02:00 becomes 03:00
  const Zone berlin({{0, kHour}, {change, 2 * kHour}});
  AvailabilityInput input;
  input.terms = {{0, {}}};
  input.terms.front().terms.hours.weekly = {{6 * 1440 + 60, 6 * 1440 + 240}};  // Sunday 01:00-04:00
  const Period sunday{berlin.midnight(2026, 3, 29), berlin.midnight(2026, 3, 30)};
  EXPECT_EQ(availability(input, sunday, sunday.to, berlin).totals.time(), 2 * kHour);
  const Period next{sunday.from + 6 * kDay, sunday.to + 7 * kDay};
  EXPECT_EQ(availability(input, next, next.to, berlin).totals.time(), 3 * kHour);
}

TEST(ServiceHours, TwentyFourSevenIsAWholeWeek) {
  EXPECT_EQ(Hours{}.weekly_minutes(), 10'080);
  Hours hours;
  hours.weekly = {{0, 60}, {30, 90}, {500, 500}, {10'000, 10'080}};
  EXPECT_EQ(hours.weekly_minutes(), 90 + 80);
}

TEST(ServiceHours, AnOutageThatOutlastsTheNightIsOne) {
  const auto a = week(office(
      device({span(0, 16 * kHour, State::up), span(16 * kHour, kDay + 9 * kHour, State::down, Cause::device),
              span(kDay + 9 * kHour, 7 * kDay, State::up)})));
  EXPECT_EQ(a.totals.outages, 1);
  EXPECT_EQ(a.totals.longest, 2 * kHour);
  EXPECT_EQ(a.totals.down, 2 * kHour);
}

TEST(ServiceHours, ARecoveryInTheNightMakesTwoOutages) {
  const auto a = week(
      office(device({span(0, 16 * kHour, State::up), span(16 * kHour, 20 * kHour, State::down, Cause::device),
                     span(20 * kHour, 22 * kHour, State::up),
                     span(22 * kHour, kDay + 9 * kHour, State::down, Cause::device),
                     span(kDay + 9 * kHour, 7 * kDay, State::up)})));
  EXPECT_EQ(a.totals.outages, 2);
  EXPECT_EQ(a.totals.longest, kHour);
}

TEST(Availability, AnOutageWhoseCauseChangesIsOne) {
  const auto a = week(
      device({span(0, kDay, State::up), span(kDay, 2 * kDay, State::down, Cause::device),
              span(2 * kDay, 3 * kDay, State::down, Cause::upstream), span(3 * kDay, 7 * kDay, State::up)}));
  EXPECT_EQ(a.totals.outages, 1);
  EXPECT_EQ(a.totals.longest, 2 * kDay);
  EXPECT_EQ(a.totals.down_upstream, kDay);
}

// ---- blips

TEST(Blips, OnePercentIsStillUpAndMoreIsNot) {
  AvailabilityInput input = up();
  const Millis one_percent = 7 * kDay / 100;
  input.blips = {{{kStart, kStart + one_percent}, ReasonId::none}};
  EXPECT_FALSE(week(input).totals.unstable);
  EXPECT_EQ(week(input).totals.up, 7 * kDay);
  EXPECT_EQ(week(input).totals.blips, one_percent);
  input.blips.front().period.to += 1;
  const auto a = week(input);
  EXPECT_TRUE(a.totals.unstable);
  EXPECT_EQ(a.totals.down, one_percent + 1);
  EXPECT_EQ(a.totals.down_others(), 0);  // the contractor's
  const auto spans = classes(input, kWeek, kWeek.to, kZone);
  EXPECT_EQ(spans.front().value, Class::down);
  EXPECT_EQ(spans.front().reason, reason_id("unstable"));
  EXPECT_EQ(spans.front().cause, Cause::device);
}

TEST(Blips, CountOnlyWhereTheDeviceIsUpAndOnceWhereTheyOverlap) {
  AvailabilityInput input = device({span(0, kDay, State::up), span(kDay, 7 * kDay, State::unknown)});
  const auto blip = [](Millis from, Millis to) {
    return BlipSpan{{kStart + from, kStart + to}, ReasonId::none};
  };
  input.blips = {blip(kDay - 20'000, kDay + 20'000), blip(3'000, 5'000), blip(4'000, 9'000),
                 blip(2 * kDay, 3 * kDay)};
  EXPECT_EQ(week(input).totals.blips, 26'000);
  EXPECT_EQ(week(input).totals.blip_count, 2);
}

TEST(Blips, AnUnstableDayInASteadyWeekIsUndoneByTheSum) {
  AvailabilityInput input = up();
  input.blips = {{{kStart, kStart + kHour}, ReasonId::none}};
  Totals sum;
  bool unstable_day = false;
  for (const Period& day : local_days(kZone, kWeek)) {
    const auto totals = availability(input, day, kWeek.to, kZone).totals;
    unstable_day = unstable_day || totals.unstable;
    sum += totals;
  }
  EXPECT_TRUE(unstable_day);
  EXPECT_EQ(summarise(kWeek, sum).totals, week(input).totals);
  EXPECT_FALSE(week(input).totals.unstable);
}

// ---- figures

Totals totals(Millis up, Millis down, Millis unknown = 0, Millis maintenance = 0) {
  Totals t;
  t.up = up;
  t.down = down;
  t.unknown = unknown;
  t.maintenance = maintenance;
  return t;
}

TEST(Figures, AreFlooredNeverRoundedUp) {
  EXPECT_EQ(summarise({}, totals(99'999, 1)).connected, Figure{9'999});
  EXPECT_EQ(summarise({}, totals(2, 1)).connected, Figure{6'666});
  EXPECT_EQ(summarise({}, totals(1'000'000'000'000'000, 1)).connected, Figure{9'999});
}

TEST(Figures, AHundredPercentNeedsPerfection) {
  EXPECT_EQ(summarise({}, totals(100, 0)).connected, Figure{10'000});
  EXPECT_EQ(summarise({}, totals(100, 0, 1)).connected, Figure{9'999});
  EXPECT_EQ(summarise({}, totals(100, 0, 1)).device, Figure{9'999});
  Totals blip = totals(1'000, 0);
  blip.blips = 1;
  EXPECT_EQ(summarise({}, blip).connected, Figure{9'999});
  EXPECT_EQ(summarise({}, blip).low, Figure{9'999});
  EXPECT_EQ(summarise({}, blip).high, Figure{10'000});
  EXPECT_EQ(connected_without(Cause::mains, blip), Figure{9'999});
  Totals cut = totals(100, 7);
  cut.down_mains = 7;
  EXPECT_EQ(summarise({}, cut).device, Figure{10'000});  // not the contractor's
}

TEST(Figures, NoneHasAZeroDenominator) {
  const auto unknown = summarise({}, totals(0, 0, 5));
  EXPECT_FALSE(unknown.connected || unknown.device);
  EXPECT_EQ(unknown.coverage, Figure{0});
  EXPECT_EQ(unknown.high, Figure{10'000});
  const auto maintained = summarise({}, totals(0, 0, 0, 5));
  EXPECT_FALSE(maintained.coverage || maintained.low || maintained.high);
  Totals upstream = totals(0, 5);
  upstream.down_upstream = 5;
  EXPECT_EQ(summarise({}, upstream).connected, Figure{0});
  EXPECT_FALSE(summarise({}, upstream).device);
}

TEST(Figures, AreBareOnlyFromNinetyPercentCoverage) {
  EXPECT_TRUE(summarise({}, totals(900, 0, 100)).printable);
  EXPECT_FALSE(summarise({}, totals(8'999, 0, 1'001)).printable);
  EXPECT_TRUE(summarise({}, totals(9, 0, 1, 1'000)).printable);  // maintenance is nobody's gap
}

// ---- places

std::vector<ClassSpan> place(const std::vector<AvailabilityInput>& devices, Cover cover = Cover::any) {
  return place_classes(devices, cover, kWeek, kWeek.to, kZone);
}

TEST(Places, AreUpWhenAnyDeviceIs) {
  EXPECT_EQ(place({up(), down_from(kDay)}).size(), 1U);
  EXPECT_EQ(place({up(), down_from(kDay)}).front().value, Class::up);
}

TEST(Places, ThatNeedAllAreDownWhenOneIs) {
  const auto spans = place({up(), down_from(kDay)}, Cover::all);
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[1].value, Class::down);
  EXPECT_EQ(spans[1].reason, reason_id("no-answer"));
}

TEST(Places, AreUnknownIfNoneIsUpAndOneIsUnknown) {
  EXPECT_EQ(place({device({}), down_from(0)}).front().value, Class::unknown);
  EXPECT_EQ(place({device({}), down_from(0)}, Cover::all).front().value, Class::down);
  EXPECT_EQ(place({device({}), up()}, Cover::all).front().value, Class::unknown);
}

TEST(Places, ADeviceUnderMaintenanceHasNoSay) {
  AvailabilityInput away = up();
  away.maintenance = {planned(0, 7 * kDay)};
  EXPECT_EQ(place({away, down_from(0)}).front().value, Class::down);
  EXPECT_EQ(place({away, up()}, Cover::all).front().value, Class::up);
  EXPECT_EQ(place({away, away}).front().value, Class::maintenance);
}

TEST(Places, RunOnWithoutTheirDeviceInItsHours) {
  AvailabilityInput library = office(up());
  Terms gone;
  gone.enrolled = false;
  library.terms.push_back({kStart + 2 * kDay, gone});
  const auto a = place_availability({library}, Cover::any, kWeek, kWeek.to, kZone);
  EXPECT_EQ(a.totals.up, 2 * 9 * kHour);
  EXPECT_EQ(a.totals.down, 3 * 9 * kHour);
  const auto spans = place({library});
  EXPECT_EQ(spans.back().value, Class::out_of_hours);
  EXPECT_EQ(spans[spans.size() - 2].reason, reason_id("not-installed"));
  EXPECT_EQ(spans[spans.size() - 2].cause, Cause::device);
}

TEST(Places, BeginWithTheirFirstDevice) {
  AvailabilityInput late = up();
  late.terms.front().from = kStart + kDay;
  EXPECT_EQ(place({late}).front().value, Class::not_enrolled);
  EXPECT_EQ(place_availability({late}, Cover::any, kWeek, kWeek.to, kZone).totals.time(), 6 * kDay);
}

TEST(Places, ThatNeverHadADeviceAreNotCovered) {
  EXPECT_EQ(judge_place({}, Cover::any, kWeek, kWeek.to, kZone, 8000), Verdict::not_met);
  AvailabilityInput never = up();
  never.terms.front().terms.enrolled = false;
  EXPECT_EQ(judge_place({never}, Cover::any, kWeek, kWeek.to, kZone, 8000), Verdict::not_met);
  EXPECT_EQ(judge_place({up()}, Cover::any, kWeek, kWeek.to, kZone, 8000), Verdict::met);
  EXPECT_EQ(place_availability({}, Cover::any, kWeek, kWeek.to, kZone).totals.time(), 0);
}

TEST(Places, AnUnstableDeviceMakesItsPlaceUnstable) {
  AvailabilityInput input = up();
  input.blips = {{{kStart, kStart + 3 * kHour}, ReasonId::none}};
  EXPECT_EQ(place({input}).front().reason, reason_id("unstable"));
  EXPECT_EQ(place({input, up()}).front().value, Class::up);
  EXPECT_EQ(place({input, up()}, Cover::all).front().reason, reason_id("unstable"));
}

// ---- verdicts

Availability judged(Millis up, Millis down, Millis unknown = 0) {
  Totals t = totals(up, down, unknown);
  t.service = t.time();
  return summarise({}, t);
}

TEST(Judge, ReachesTheThresholdInclusively) {
  EXPECT_EQ(judge(judged(9'500, 500), 9'500), Verdict::met);
  EXPECT_EQ(judge(judged(9'499, 501), 9'500), Verdict::not_met);
}

TEST(Judge, IsInsufficientWhereUnknownTimeDecides) {
  EXPECT_EQ(judge(judged(9'499, 0, 501), 9'500), Verdict::insufficient);
  EXPECT_EQ(judge(judged(9'500, 0, 500), 9'500), Verdict::met);
  EXPECT_EQ(judge(judged(9'000, 501, 499), 9'500), Verdict::not_met);
  EXPECT_EQ(judge(judged(9'000, 500, 500), 9'500), Verdict::insufficient);
}

TEST(Judge, NeverContradictsThePrintedFigure) {
  Totals t = totals(1'000, 0);
  t.blips = 1;
  t.service = 1'000;
  EXPECT_EQ(judge(summarise({}, t), 10'000), Verdict::insufficient);  // 99.99 is printed
}

TEST(Bars, MaintenanceOverATenthOfTheTime) {
  Totals t = totals(900, 0, 0, 100);
  t.service = 1'000;
  EXPECT_EQ(barred(summarise({}, t)), std::nullopt);
  t.maintenance = 101;
  EXPECT_EQ(barred(summarise({}, t)), Bar::maintenance);
  EXPECT_EQ(judge(summarise({}, t), 9'500), Verdict::insufficient);
  t.down = 500;
  EXPECT_EQ(judge(summarise({}, t), 9'500), Verdict::not_met);  // a bar bars Đạt only
}

TEST(Bars, LessThanAQuarterOfThePeriodObserved) {
  Totals t = totals(250, 0);
  t.service = 1'000;
  EXPECT_EQ(barred(summarise({}, t)), std::nullopt);
  t.service = 1'001;
  EXPECT_EQ(barred(summarise({}, t)), Bar::observed);
  EXPECT_EQ(barred(availability(up(), kWeek, kStart + kDay, kZone)),
            Bar::observed);  // the first day of the week
}

TEST(Bars, ServiceHoursUnderTwentyAWeek) {
  AvailabilityInput input = up();
  input.terms.front().terms.hours.weekly = {{0, 1'200}};
  EXPECT_EQ(judge(week(input), 9'500), Verdict::met);
  input.terms.front().terms.hours.weekly = {{0, 1'199}};
  EXPECT_EQ(barred(week(input)), Bar::hours);
  AvailabilityInput all_day = up();
  EXPECT_EQ(barred(place_availability({input, all_day}, Cover::any, kWeek, kWeek.to, kZone)), std::nullopt);
}

TEST(JudgeCount, ReachesTheShareInclusivelyAndByBounds) {
  EXPECT_EQ(judge_count(4, 0, 6, 2, 3), Verdict::met);
  EXPECT_EQ(judge_count(3, 0, 6, 2, 3), Verdict::not_met);
  EXPECT_EQ(judge_count(3, 1, 6, 2, 3), Verdict::insufficient);
  EXPECT_EQ(judge_count(2, 1, 6, 2, 3), Verdict::not_met);
  EXPECT_EQ(judge_count(1, 0, 1, 1, 1), Verdict::met);
}

TEST(JudgeCount, NothingToCoverIsNeverMet) { EXPECT_EQ(judge_count(0, 0, 0, 1, 1), Verdict::insufficient); }

TEST(Codes, OfClassesAndVerdicts) {
  EXPECT_EQ(code(Class::not_enrolled), "not-enrolled");
  EXPECT_EQ(code(Class::up), "up");
  EXPECT_EQ(name(Class::unknown, Language::vi), "chưa xác định");
  EXPECT_EQ(code(Verdict::insufficient), "insufficient");
  EXPECT_EQ(name(Verdict::met, Language::vi), "Đạt");
  EXPECT_EQ(name(Verdict::not_met, Language::vi), "Không đạt");
  EXPECT_EQ(name(Verdict::insufficient, Language::vi), "Chưa đủ căn cứ");
  EXPECT_EQ(name(Verdict::not_applicable, Language::vi), "Không áp dụng");
}

}  // namespace
}  // namespace commune_watch
