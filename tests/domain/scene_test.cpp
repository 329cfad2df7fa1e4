// When two pictures are one scene, on literals: what is believed, after how much, and what takes it back.
#include "domain/scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace commune_watch {
namespace {

using ::testing::IsEmpty;

constexpr Millis kMinute = 60'000;
constexpr std::uint64_t kHere = 0x0123456789ABCDEF, kThere = ~kHere, kElsewhere = kHere ^ 0xFFFF0000FFFF0000;
constexpr std::uint64_t kAlmost = kHere ^ 0xFFF;                               // 12 of 64
constexpr std::uint64_t kPerhaps = kHere ^ 0x1FFF, kHardly = kHere ^ 0x1FFFF;  // 13, 17

Scene look(std::uint64_t hash, Millis minute, bool infrared = false) {
  static std::uint64_t print = 0;
  return {.at = minute * kMinute, .hash = hash, .print = ++print, .infrared = infrared};
}

PictureStatistics street() {
  PictureStatistics picture;
  picture.mean_milli = 90'000;
  picture.deviation_milli = 30'000;
  picture.colour_milli = 10'000;
  picture.textured_share = 4'000;
  picture.one_tone_share = 1'500;
  picture.gradient_hash = 0xF123456789ABCDEF;
  picture.cells.fill(90);
  return picture;
}

TEST(Scene, APictureIsLeftBehindAsFactsAndReadBack) {
  const auto scene = scene_of(facts_of(street()), 7);
  ASSERT_TRUE(scene);
  EXPECT_EQ(scene->at, 7);
  EXPECT_EQ(scene->hash, 0xF123456789ABCDEF);
  EXPECT_FALSE(scene->infrared);
  PictureStatistics later = street();
  later.cells[5'000] = 91;
  EXPECT_NE(scene_of(facts_of(later), 7)->print, scene->print);
  PictureStatistics night = street();
  night.colour_milli = 0;
  EXPECT_TRUE(scene_of(facts_of(night), 7)->infrared);
}

TEST(Scene, BlankPicturesLeaveNothing) {
  PictureStatistics fog = street(), slate = street(), black = street();
  fog.textured_share = 900;
  slate.one_tone_share = 9'000;
  black.dark_share = 9'500;
  for (const auto& blank : {fog, slate, black, PictureStatistics{}}) EXPECT_THAT(facts_of(blank), IsEmpty());
  EXPECT_FALSE(scene_of({}, 7));
  EXPECT_FALSE(scene_of({{FactId::picture_hash, 1}, {FactId::picture_infrared, 0}}, 7));
}

// An own picture at 0; then the channel's each ten minutes, with the camera asked again after the first.
TEST(Scene, AnotherSceneIsBelievedAfterThreeComparisonsOfTwoPicturesEach) {
  ScenePair pair;
  pair.saw_own(look(kHere, 0));
  EXPECT_TRUE(pair.saw_shown(look(kThere, 5))) << "the camera is asked again";
  EXPECT_FALSE(pair.another(5 * kMinute));
  pair.saw_own(look(kHere, 6));
  EXPECT_FALSE(pair.another(6 * kMinute));
  EXPECT_FALSE(pair.saw_shown(look(kThere, 15))) << "once is enough";
  EXPECT_TRUE(pair.another(15 * kMinute));
  EXPECT_EQ(pair.last_distance(), 64);
}

TEST(Scene, OnePictureOfTheCamerasIsNotEnoughHoweverOftenTheChannelDiffers) {
  ScenePair pair;
  pair.saw_own(look(kHere, 0));
  for (Millis minute = 1; minute < 15; ++minute)
    EXPECT_EQ(pair.saw_shown(look(kThere, minute)), minute == 1) << "asked again once only";
  EXPECT_FALSE(pair.another(15 * kMinute));
  pair.saw_own(look(kHere, 15));
  EXPECT_TRUE(pair.another(15 * kMinute));
}

TEST(Scene, TwoThatAgreeTakeItBack) {
  ScenePair pair;
  pair.saw_own(look(kHere, 0));
  pair.saw_shown(look(kThere, 1));
  pair.saw_own(look(kHere, 2));
  pair.saw_shown(look(kThere, 11));
  ASSERT_TRUE(pair.another(11 * kMinute));
  EXPECT_TRUE(pair.saw_shown(look(kAlmost, 16))) << "the camera is asked again, so that it ends soon";
  EXPECT_TRUE(pair.another(16 * kMinute));
  pair.saw_own(look(kHere, 17));
  EXPECT_FALSE(pair.another(17 * kMinute));
}

TEST(Scene, OneThatAgreesBreaksTheRow) {
  ScenePair pair;
  pair.saw_own(look(kHere, 0));
  pair.saw_shown(look(kThere, 1));
  pair.saw_own(look(kHere, 2));
  pair.saw_shown(look(kHere, 3));
  pair.saw_shown(look(kThere, 4));
  pair.saw_shown(look(kThere, 5));
  EXPECT_FALSE(pair.another(5 * kMinute));
}

TEST(Scene, AChannelThatShowsOneAfterTheOtherBeginsAnewWithEach) {
  ScenePair pair;
  pair.saw_own(look(kHere, 0));
  pair.saw_shown(look(kThere, 1));
  pair.saw_own(look(kHere, 2));
  pair.saw_shown(look(kElsewhere, 18));  // too late to be compared
  pair.saw_shown(look(kElsewhere, 19));
  pair.saw_own(look(kHere, 20));
  EXPECT_FALSE(pair.another(20 * kMinute)) << "that was the first of this one";
  pair.saw_own(look(kHere, 21));
  pair.saw_own(look(kHere, 22));
  EXPECT_TRUE(pair.another(22 * kMinute));
}

TEST(Scene, BetweenTheSameAndAnotherNothingIsSaid) {
  for (const std::uint64_t doubtful : {kPerhaps, kHardly}) {
    ScenePair pair;
    for (Millis minute = 0; minute < 10; ++minute) {
      pair.saw_own(look(kHere, minute));
      EXPECT_FALSE(pair.saw_shown(look(doubtful, minute)));
    }
    EXPECT_FALSE(pair.another(10 * kMinute));
  }
}

TEST(Scene, PicturesFarApartOrOfDayAndNightAreNotCompared) {
  ScenePair apart, light;
  for (Millis hour = 0; hour < 12; ++hour) {
    apart.saw_own(look(kHere, hour * 60));
    EXPECT_FALSE(apart.saw_shown(look(kThere, hour * 60 + 16)));
    light.saw_own(look(kHere, hour, true));
    EXPECT_FALSE(light.saw_shown(look(kThere, hour, false)));
  }
  EXPECT_FALSE(apart.another(12 * 60 * kMinute));
  EXPECT_FALSE(light.another(12 * kMinute));
}

TEST(Scene, ACameraOnPatrolIsNeverAnother) {
  ScenePair pair;
  const std::array<std::uint64_t, 3> stops{kHere, kThere, kElsewhere};
  for (std::size_t i = 0; i < 60; ++i) {
    pair.saw_own(look(stops[i % 3], static_cast<Millis>(2 * i)));
    pair.saw_shown(look(stops[(i + 1) % 3], static_cast<Millis>(2 * i + 1)));
    EXPECT_FALSE(pair.another(static_cast<Millis>(2 * i + 1) * kMinute)) << i;
  }
}

TEST(Scene, ACameraThatIsTurnedIsFollowedByItsChannel) {
  ScenePair pair;
  pair.saw_own(look(kHere, 0));
  pair.saw_shown(look(kHere, 1));
  pair.saw_own(look(kThere, 2));
  pair.saw_shown(look(kThere, 3));
  pair.saw_own(look(kThere, 4));
  pair.saw_shown(look(kThere, 5));
  EXPECT_FALSE(pair.another(5 * kMinute));
}

TEST(Scene, WhatNothingHasConfirmedForHoursIsToldNoMore) {
  ScenePair pair;
  pair.saw_own(look(kHere, 0));
  pair.saw_shown(look(kThere, 1));
  pair.saw_own(look(kHere, 2));
  pair.saw_shown(look(kThere, 3));
  EXPECT_TRUE(pair.another(3 * kMinute + ScenePair::kHeldFor));
  EXPECT_FALSE(pair.another(3 * kMinute + ScenePair::kHeldFor + 1));
}

TEST(Scene, TheVerySamePictureThriceWhileTheCameraMovedOnIsOld) {
  ScenePair pair;
  Scene still = look(kHere, 1);
  pair.saw_own(look(kHere, 0));
  pair.saw_shown(still);
  pair.saw_own(look(kAlmost, 2));
  still.at = 11 * kMinute;
  pair.saw_shown(still);
  EXPECT_FALSE(pair.old(11 * kMinute));
  still.at = 21 * kMinute;
  pair.saw_shown(still);
  EXPECT_TRUE(pair.old(21 * kMinute));
  EXPECT_EQ(pair.repeats(), 3);
  EXPECT_FALSE(pair.another(21 * kMinute)) << "it is the right camera";
  EXPECT_FALSE(pair.old(21 * kMinute + ScenePair::kHeldFor + 1));
  pair.saw_shown(look(kHere, 31));
  EXPECT_FALSE(pair.old(31 * kMinute)) << "one new picture is proof";
}

TEST(Scene, APictureThatRepeatsIsNotOldWhileTheCamerasOwnRepeatsToo) {
  ScenePair pair;
  Scene own = look(kHere, 0), still = look(kHere, 1);
  pair.saw_own(look(kHere, 0));
  for (Millis minute = 0; minute < 40; minute += 10) {
    own.at = still.at = minute * kMinute;
    pair.saw_own(own);
    pair.saw_shown(still);
  }
  EXPECT_FALSE(pair.old(40 * kMinute));
}

}  // namespace
}  // namespace commune_watch
