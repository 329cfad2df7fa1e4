// What people said afterwards, beside the figures that decide: each rule of corrected() and concerning() as
// one small fact.
#include <gtest/gtest.h>

#include "domain/availability.hpp"

namespace commune_watch {
namespace {

constexpr Millis kMinute = 60'000;
constexpr Millis kHour = 60 * kMinute;
constexpr Millis kDay = 24 * kHour;
const Zone kZone;
const Millis kStart = kZone.midnight(2026, 11, 2);  // a Monday
const Period kMonday{kStart, kStart + kDay};

Period hours(Millis from, Millis to) { return {kStart + from * kHour, kStart + to * kHour}; }

Correction correction(Period period, Class value) { return {period, value, kStart + 9 * kDay, "an", "x"}; }

AvailabilityInput seen(State state, Cause cause = Cause::device) {
  AvailabilityInput input;
  Span span;
  span.period = kMonday;
  span.state = state;
  span.cause = state == State::up ? Cause::none : cause;
  input.spans = {span};
  input.terms = {{kStart - kDay, {}}};
  return input;
}

Totals beside(const AvailabilityInput& input) { return corrected(input, kMonday, kMonday.to, kZone).totals; }
Totals deciding(const AvailabilityInput& input) {
  return availability(input, kMonday, kMonday.to, kZone).totals;
}

TEST(Corrected, WithoutAnythingSaidIsTheFigureItself) {
  for (const auto state : {State::up, State::down, State::unknown}) {
    const auto theirs = beside(seen(state)), ours = deciding(seen(state));
    EXPECT_EQ(theirs.up, ours.up);
    EXPECT_EQ(theirs.down, ours.down);
    EXPECT_EQ(theirs.unknown, ours.unknown);
  }
}

TEST(Corrected, EachClassTakesThePlaceOfWhatWasSeenAndNeverInTheDecidingFigure) {
  auto input = seen(State::down);
  input.corrections = {correction(hours(1, 2), Class::up), correction(hours(3, 5), Class::unknown),
                       correction(hours(6, 9), Class::maintenance)};
  const auto totals = beside(input);
  EXPECT_EQ(totals.up, 1 * kHour);
  EXPECT_EQ(totals.unknown, 2 * kHour);
  EXPECT_EQ(totals.maintenance, 3 * kHour);
  EXPECT_EQ(totals.down, 18 * kHour);
  EXPECT_EQ(deciding(input).down, 24 * kHour);
}

TEST(Corrected, OfTwoThatOverlapTheLaterRules) {
  auto input = seen(State::unknown);
  const auto down = correction(hours(1, 5), Class::down), up = correction(hours(2, 3), Class::up);
  input.corrections = {down, up};
  EXPECT_EQ(beside(input).up, 1 * kHour);
  EXPECT_EQ(beside(input).down, 3 * kHour);
  EXPECT_EQ(beside(input).unknown, 20 * kHour);
  input.corrections = {up, down};
  EXPECT_EQ(beside(input).up, 0);
  EXPECT_EQ(beside(input).down, 4 * kHour);
}

TEST(Corrected, ATimeThatIsCorrectedToDownIsTheDevicesOwn) {
  auto input = seen(State::down, Cause::upstream);
  EXPECT_EQ(beside(input).down_upstream, 24 * kHour);
  input.corrections = {correction(hours(0, 6), Class::down)};
  EXPECT_EQ(beside(input).down, 24 * kHour);
  EXPECT_EQ(beside(input).down_others(), 18 * kHour);
}

TEST(Corrected, GoesBeforeMaintenance) {
  auto input = seen(State::up);
  input.maintenance = {{hours(0, 4), kStart, 0, "an", "x"}};
  input.corrections = {correction(hours(1, 2), Class::down)};
  EXPECT_EQ(beside(input).maintenance, 3 * kHour);
  EXPECT_EQ(beside(input).down, 1 * kHour);
}

TEST(Corrected, CountsMaintenanceThatWasDeclaredLate) {
  auto input = seen(State::down);
  input.maintenance = {{hours(1, 4), kStart + 9 * kDay, 0, "an", "x"}};
  EXPECT_EQ(deciding(input).maintenance, 0);
  EXPECT_EQ(beside(input).maintenance, 3 * kHour);
  input.maintenance.front().ended = kStart + 2 * kHour;
  EXPECT_EQ(beside(input).maintenance, 1 * kHour);
}

TEST(Corrected, LeavesOutOfHoursAndNotEnrolledAsTheyAre) {
  auto input = seen(State::down);
  input.terms = {{kStart + 2 * kHour, {}}};
  input.terms.front().terms.hours.weekly = {{0, 10 * 60}};  // until ten on Monday
  input.corrections = {correction({kStart - kDay, kStart + 2 * kDay}, Class::up)};
  EXPECT_EQ(beside(input).up, 8 * kHour);
  EXPECT_EQ(beside(input).time(), 8 * kHour);
}

TEST(Corrected, CountsNoBlipInCorrectedTime) {
  auto input = seen(State::up);
  input.blips = {{hours(1, 2), ReasonId::none}, {hours(10, 11), ReasonId::none}};
  EXPECT_EQ(beside(input).blips, 2 * kHour);
  input.corrections = {correction(hours(0, 9), Class::up)};
  EXPECT_EQ(beside(input).blips, 1 * kHour);
}

TEST(Corrected, IsCutAtNowAndAtThePeriod) {
  auto input = seen(State::down);
  input.corrections = {correction({kStart - kDay, kStart + 3 * kDay}, Class::up)};
  EXPECT_EQ(corrected(input, kMonday, kStart + kHour, kZone).totals.up, kHour);
  EXPECT_EQ(corrected(input, kMonday, kStart + 9 * kDay, kZone).totals.up, kDay);
}

// ---- which windows concern a device

DatedTerms stands(Millis from_hour, const std::string& place, const std::string& key = "k") {
  DatedTerms dated{kStart + from_hour * kHour, {}};
  dated.terms.place = place;
  dated.terms.key = key;
  return dated;
}
std::vector<Period> told(const std::string& scope, const std::vector<DatedTerms>& terms) {
  std::vector<Period> all;
  for (const auto& one : concerning({{scope, {hours(4, 8), kStart, 0, "an", "x"}}}, "cam-1", terms))
    all.push_back(one.period);
  return all;
}
using Periods = std::vector<Period>;

TEST(Concerning, ADevicesOwnAndThoseOfAll) {
  const std::vector<DatedTerms> terms{stands(0, "cho")};
  EXPECT_EQ(told("cam-1", terms), Periods{hours(4, 8)});
  EXPECT_EQ(told("*", terms), Periods{hours(4, 8)});
  EXPECT_EQ(told("*", {}), Periods{hours(4, 8)});
  EXPECT_EQ(told("cam-2", terms), Periods{});
  EXPECT_EQ(told("hamlet/cho", terms), Periods{});
  EXPECT_EQ(told("xlace/cho", terms), Periods{});
}

TEST(Concerning, APlacesWhileTheDeviceStandsThere) {
  EXPECT_EQ(told("place/cho", {stands(0, "cho")}), Periods{hours(4, 8)});
  EXPECT_EQ(told("place/cho", {stands(0, "kho")}), Periods{});
  EXPECT_EQ(told("place/cho", {stands(0, "cho"), stands(6, "kho")}), Periods{hours(4, 6)});
  EXPECT_EQ(told("place/cho", {stands(0, "kho"), stands(6, "cho")}), Periods{hours(6, 8)});
  EXPECT_EQ(told("place/cho", {stands(0, "cho"), stands(5, "kho"), stands(7, "cho")}),
            (Periods{hours(4, 5), hours(7, 8)}));
  EXPECT_EQ(told("place/cho", {stands(0, "cho"), stands(4, "kho")}), Periods{});
  EXPECT_EQ(told("place/cho", {stands(8, "cho")}), Periods{});
}

TEST(Concerning, TermsThatChangeSomethingElseDoNotCut) {
  EXPECT_EQ(told("place/cho", {stands(0, "cho"), stands(6, "cho", "other")}), Periods{hours(4, 8)});
  auto gone = stands(6, "cho");
  gone.terms.enrolled = false;
  EXPECT_EQ(told("place/cho", {stands(0, "cho"), gone}), Periods{hours(4, 8)});
}

}  // namespace
}  // namespace commune_watch
