// When the gateway itself cannot see.
#include "domain/sentinel.hpp"

#include <gtest/gtest.h>

namespace commune_watch {
namespace {

Moment at(Millis bt) { return {1, bt}; }

Surroundings well(Millis now) {
  Surroundings around;
  around.at = at(now);
  around.segment_hosts = 2;
  return around;
}
Surroundings silent(Millis now, Millis since) {
  Surroundings around = well(now);
  around.segment_silent = 2;
  around.segment_silent_since = at(since);
  return around;
}

TEST(Sentinel, SaysNothingWhileAllIsWell) {
  Sentinel sentinel;
  EXPECT_FALSE(sentinel.observe(well(1)));
  EXPECT_FALSE(sentinel.blind());
}

TEST(Sentinel, IsBlindAtOnceWithoutCarrierAndSaysSoOnce) {
  Sentinel sentinel;
  Surroundings around = well(100);
  around.carrier = false;
  const auto word = sentinel.observe(around);
  ASSERT_TRUE(word);
  EXPECT_TRUE(word->blind);
  EXPECT_EQ(word->since, at(100));
  EXPECT_EQ(word->reason, reason_id("gateway-no-carrier"));
  EXPECT_FALSE(sentinel.observe(around));
  EXPECT_TRUE(sentinel.blind());
}

TEST(Sentinel, IsBlindSinceTheSegmentFellSilent) {
  Sentinel sentinel;
  Surroundings around = silent(160, 100);
  around.device_answered = at(99);
  const auto word = sentinel.observe(around);
  ASSERT_TRUE(word);
  EXPECT_EQ(word->since, at(100));
  EXPECT_EQ(word->reason, reason_id("gateway-no-segment"));
}

TEST(Sentinel, OneHostThatAnswersIsEnoughToSee) {
  Sentinel sentinel;
  Surroundings around = silent(160, 100);
  around.segment_silent = 1;
  EXPECT_FALSE(sentinel.observe(around));
}

TEST(Sentinel, ASilentSegmentIsNoBlindnessWhileADeviceAnswers) {
  Sentinel sentinel;
  Surroundings around = silent(160, 100);
  around.device_answered = at(100);
  EXPECT_FALSE(sentinel.observe(around));
}

TEST(Sentinel, NoSegmentHostsCannotFallSilent) {
  Sentinel sentinel;
  Surroundings around;
  around.at = at(100);
  EXPECT_FALSE(sentinel.observe(around));
}

TEST(Sentinel, SeesAgainWithAnyAnswer) {
  for (const bool by_device : {true, false}) {
    Sentinel sentinel;
    ASSERT_TRUE(sentinel.observe(silent(160, 100)));
    EXPECT_FALSE(sentinel.observe(silent(170, 100)));
    Surroundings around = silent(180, 100);
    if (by_device)
      around.device_answered = at(175);
    else
      around.segment_silent = 1;
    const auto word = sentinel.observe(around);
    ASSERT_TRUE(word) << by_device;
    EXPECT_FALSE(word->blind);
    EXPECT_EQ(word->since, at(180));
    EXPECT_FALSE(sentinel.blind());
  }
}

TEST(Sentinel, CarrierAloneIsNoSightWhileTheSegmentIsSilent) {
  Sentinel sentinel;
  Surroundings around = silent(100, 90);
  around.carrier = false;
  ASSERT_TRUE(sentinel.observe(around));
  EXPECT_FALSE(sentinel.observe(silent(120, 90)));
  EXPECT_TRUE(sentinel.observe(well(130)));
}

TEST(Sentinel, TheCableWithoutSegmentHostsIsSightEnough) {
  Sentinel sentinel;
  Surroundings around;
  around.at = at(100);
  around.carrier = false;
  ASSERT_TRUE(sentinel.observe(around));
  around.at = at(110);
  around.carrier = true;
  const auto word = sentinel.observe(around);
  ASSERT_TRUE(word);
  EXPECT_FALSE(word->blind);
}

}  // namespace
}  // namespace commune_watch
