// The machine's clocks, judged and read.
#include "wire/real_clock.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace commune_watch {
namespace {

TEST(RealClock, DisciplinedKernelUnderASecondIsNtp) {
  const Anchor anchor = judge({.bt = 5, .utc = 7, .synchronised = true, .max_error_us = 12'345});
  EXPECT_EQ(anchor.source, AnchorSource::ntp);
  EXPECT_EQ(anchor.error, 13) << "an error is never rounded down";
  EXPECT_EQ(anchor.at, (Moment{0, 5}));
  EXPECT_EQ(anchor.utc, 7);
}

TEST(RealClock, UnsynchronisedKernelIsSystemHoweverSmallItsError) {
  EXPECT_EQ(judge({.synchronised = false, .max_error_us = 1}).source, AnchorSource::system);
}

TEST(RealClock, ErrorOfASecondIsNoLongerNtp) {
  EXPECT_EQ(judge({.synchronised = true, .max_error_us = 999'999}).source, AnchorSource::ntp);
  const Anchor anchor = judge({.synchronised = true, .max_error_us = 1'000'000});
  EXPECT_EQ(anchor.source, AnchorSource::system);
  EXPECT_EQ(anchor.error, 1'000);
}

TEST(RealClock, BootTimeNeverGoesBack) {
  RealClock clock;
  Millis before = clock.boot_now();
  EXPECT_GT(before, 0);
  for (int i = 0; i < 1'000; ++i) {
    const Millis now = clock.boot_now();
    ASSERT_GE(now, before);
    before = now;
  }
}

TEST(RealClock, AnchorTiesThisMomentToThisYear) {
  RealClock clock;
  const Millis before = clock.boot_now();
  const Anchor anchor = clock.anchor();
  EXPECT_GE(anchor.at.bt, before);
  EXPECT_LE(anchor.at.bt, clock.boot_now());
  EXPECT_EQ(anchor.at.boot, 0U) << "which boot it was is the store's to say";
  EXPECT_GT(anchor.utc, 1'600'000'000'000);
  EXPECT_GE(anchor.error, 0);
}

TEST(RealClock, BootHasOneUuid) {
  RealClock clock;
  EXPECT_EQ(clock.boot_uuid().size(), 36U);
  EXPECT_EQ(clock.boot_uuid(), RealClock().boot_uuid());
}

TEST(RealClock, BatteryClockIsReadInTheMiddleOfItsSecond) {
  std::string directory = testing::TempDir() + "rtc-XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  EXPECT_EQ(RealClock(directory).battery(), std::nullopt);
  std::ofstream(directory + "/since_epoch") << "1795300000\n";
  EXPECT_EQ(RealClock(directory).battery(), 1'795'300'000'500);
  std::ofstream(directory + "/since_epoch") << "Invalid argument\n";
  EXPECT_EQ(RealClock(directory).battery(), std::nullopt);
  EXPECT_EQ(RealClock("").battery(), std::nullopt);
  std::filesystem::remove_all(directory);
}

// No test sets a clock: what the kernel says when somebody does is judged by its words (timerfd_create(2)).
TEST(RealClock, TimerThatTheKernelCancelledSaysThatTheWallClockWasSet) {
  EXPECT_TRUE(says_set(-1, ECANCELED));
  EXPECT_FALSE(says_set(-1, EAGAIN)) << "nothing happened";
  EXPECT_FALSE(says_set(-1, EINTR));
  EXPECT_TRUE(says_set(8, 0)) << "it expired: the clock was set thousands of years ahead";
}

TEST(RealClock, ClockThatNobodySetsSaysSo) {
  RealClock clock;
  EXPECT_FALSE(clock.was_set()) << "from the first question on";
  EXPECT_FALSE(clock.was_set());
}

TEST(Stopwatch, CountsForward) {
  const Stopwatch watch;
  const std::int64_t first = watch.us();
  EXPECT_GE(first, 0);
  EXPECT_GE(watch.us(), first);
}

}  // namespace
}  // namespace commune_watch
