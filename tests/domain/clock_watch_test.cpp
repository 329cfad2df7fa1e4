// What of a second-by-second look at the clocks is worth a record, and which battery clock is believed.
#include "domain/clock_watch.hpp"

#include <gtest/gtest.h>

namespace commune_watch {
namespace {

constexpr Millis kThen = 1'793'500'000'000;
constexpr Millis kHour = 3'600'000;
constexpr Millis kDay = 24 * kHour;

class Watched : public testing::Test {
 protected:
  Watched() { watch.begin(clock()); }
  [[nodiscard]] Anchor clock() const { return {{1, bt}, kThen + bt + off, 10, source}; }
  ClockWatch::Noticed after(Millis time, bool set = false) {
    bt += time;
    return watch.look(clock(), set);
  }

  ClockWatch watch;
  Millis bt = 5'000, off = 0;
  AnchorSource source = AnchorSource::ntp;
};

TEST_F(Watched, AnHourIsWorthOneRecord) {
  std::size_t records = 0;
  for (int second = 0; second < 3 * 3'600; ++second) records += after(1'000).anchors.size();
  EXPECT_EQ(records, 3U);
}

TEST_F(Watched, AStepTellsBothClocksAtAMomentEach) {
  after(1'000);
  off += kHour;
  const auto noticed = after(1'000);
  EXPECT_TRUE(noticed.stepped);
  ASSERT_EQ(noticed.anchors.size(), 2U);
  EXPECT_EQ(noticed.anchors[0], (Anchor{{1, 7'000}, kThen + 7'000, 10, AnchorSource::ntp}));
  EXPECT_EQ(noticed.anchors[1], (Anchor{{1, 7'001}, kThen + 7'001 + kHour, 10, AnchorSource::ntp}));
  EXPECT_TRUE(after(1'000).anchors.empty()) << "once";
}

TEST_F(Watched, StepsThatAddUpToASecondAreOne) {
  std::size_t records = 0;
  for (int i = 0; i < 11; ++i) {
    off -= 100;
    records += after(1'000).anchors.size();
  }
  EXPECT_EQ(records, 2U);
}

TEST_F(Watched, ASmallStepCountsWhenTheKernelSaysSoButNotMoreThanOnceAMinute) {
  after(ClockWatch::kPatience);
  off += 200;
  EXPECT_EQ(after(1'000, true).anchors.size(), 2U);
  off += 200;
  EXPECT_TRUE(after(1'000, true).anchors.empty());
  after(ClockWatch::kPatience);
  EXPECT_TRUE(after(1'000, true).anchors.empty()) << "set to what it was";
  off += 200;
  EXPECT_TRUE(after(1'000, false).anchors.empty()) << "a slow look, for all we know";
}

TEST_F(Watched, ABetterSourceSpeaksAtOnceAndAWorseOneIsJustSeen) {
  source = AnchorSource::system;
  EXPECT_TRUE(after(1'000).anchors.empty());
  EXPECT_EQ(watch.last().source, AnchorSource::system);
  source = AnchorSource::host;
  EXPECT_EQ(after(1'000).anchors.size(), 1U);
  source = AnchorSource::ntp;
  EXPECT_EQ(after(1'000).anchors.size(), 1U);
  source = AnchorSource::host;  // of which the number is greater, but not the rank
  EXPECT_TRUE(after(1'000).anchors.empty());
}

BatteryWord word() {
  return {.at = {2, 9'000}, .utc = kThen + 10 * kDay, .agreed = kThen, .newest = kThen + kHour};
}

TEST(Battery, ThatWasSeenToAgreeIsBelievedWithItsDrift) {
  const auto anchor = believe(word());
  ASSERT_TRUE(anchor);
  EXPECT_EQ(anchor->source, AnchorSource::rtc);
  EXPECT_EQ(anchor->at, (Moment{2, 9'000}));
  EXPECT_EQ(anchor->utc, kThen + 10 * kDay);
  EXPECT_EQ(anchor->error, 1'000 + 43'200) << "50 ppm of ten days";
}

TEST(Battery, ThatNobodySawToAgreeIsNot) {
  auto never = word();
  never.agreed.reset();
  EXPECT_FALSE(believe(never));
}

TEST(Battery, ThatLiesBeforeWhatTheLogHasSeenIsNot) {
  auto reset = word();
  reset.newest = reset.utc + kBatterySlack + 1;
  EXPECT_FALSE(believe(reset));
  reset.newest = reset.utc + kBatterySlack;
  EXPECT_TRUE(believe(reset)) << "whole seconds";
}

TEST(Battery, ThatLiesBeforeThisProgramIsNot) {
  EXPECT_FALSE(believe({.at = {1, 1}, .utc = kProgramBorn - 1, .agreed = 0}));
  EXPECT_TRUE(believe({.at = {1, 1}, .utc = kProgramBorn, .agreed = kProgramBorn - kDay}));
}

TEST(Battery, ThatCanBeOffByMoreThanATickIsNot) {
  auto old = word();
  old.utc = kThen + 13 * kDay;
  EXPECT_TRUE(believe(old));
  old.utc = kThen + 14 * kDay;
  EXPECT_FALSE(believe(old));
}

}  // namespace
}  // namespace commune_watch
