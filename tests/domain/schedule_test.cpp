// When devices are asked: absolute ticks and an even spread.
#include "domain/schedule.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace commune_watch {
namespace {

TEST(Ticks, AreAbsoluteSoThatLateWorkShiftsNothing) {
  const Ticks ticks{60'000, 7'000};
  EXPECT_EQ(ticks.after(0), 7'000);
  EXPECT_EQ(ticks.after(7'000), 67'000);
  EXPECT_EQ(ticks.after(7'001), 67'000);
  EXPECT_EQ(ticks.after(66'999), 67'000);
  EXPECT_EQ(ticks.after(600'123), 607'000);  // missed ticks are skipped, not made up
  EXPECT_EQ(ticks.after(-1'000'000), -953'000);
}

RC_GTEST_PROP(Ticks, TheNextIsAlwaysAheadByAtMostOneInterval, ()) {
  const auto interval = *rc::gen::inRange<Millis>(1, 1'000'000);
  const Ticks ticks{interval, *rc::gen::inRange<Millis>(0, interval)};
  const auto now = *rc::gen::inRange<Millis>(-1'000'000'000, 1'000'000'000);
  const Millis next = ticks.after(now);
  RC_ASSERT(next > now);
  RC_ASSERT(next <= now + interval);
  RC_ASSERT((next - ticks.phase) % interval == 0);
  RC_ASSERT(ticks.after(next) == next + interval);
}

TEST(Phases, SpreadAFleetEvenlyOverTheInterval) {
  constexpr int kDevices = 2'000;
  constexpr Millis kInterval = 60'000;
  std::vector<Millis> phases;
  for (int id = 1; id <= kDevices; ++id)
    phases.push_back(ticks(DeviceId(static_cast<std::uint32_t>(id)), kInterval).phase);
  std::sort(phases.begin(), phases.end());
  EXPECT_GE(phases.front(), 0);
  EXPECT_LT(phases.back(), kInterval);
  for (Millis second = 0; second < 60; ++second) {
    const auto in =
        std::count_if(phases.begin(), phases.end(), [&](Millis p) { return p / 1'000 == second; });
    EXPECT_GE(in, 30) << second;  // 33 on average
    EXPECT_LE(in, 37) << second;
  }
}

TEST(Phases, AreTheSameAfterEveryRestart) {
  EXPECT_EQ(ticks(DeviceId{17}, 60'000).phase, ticks(DeviceId{17}, 60'000).phase);
  EXPECT_EQ(ticks(DeviceId{1}, 60'000).phase, 37'082);  // 60 s x 0.618…
}

TEST(FirstAsk, ComesWithinOneIntervalAndOnTheDevicesOwnTick) {
  for (std::uint32_t id = 0; id < 500; ++id) {
    const Millis at = first_ask(DeviceId{id}, 1'234'567, 60'000);
    EXPECT_GT(at, 1'234'567);
    EXPECT_LE(at, 1'234'567 + 60'000);
    EXPECT_EQ(ticks(DeviceId{id}, 60'000).after(at - 1), at);
  }
}

TEST(Ticks, SurviveASenselessInterval) {
  EXPECT_GT((Ticks{0, 0}.after(5)), 5);
  EXPECT_EQ(ticks(DeviceId{3}, 0).interval, 1);
}

}  // namespace
}  // namespace commune_watch
