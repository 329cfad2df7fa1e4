// Verdicts on pictures, by numbers that were chosen for the purpose; painted scenes and a real encoder:
// scripts/faults picture-table.
#include "drivers/camera/picture.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace commune_watch {
namespace {

constexpr Millis kMinute = 60'000, kHalfHour = 30 * kMinute, kDay = 48 * kHalfHour;
constexpr Millis kNoon = 1'790'000'000'000 / kDay * kDay + 5 * 2 * kHalfHour;  // 5 h UTC

// A scene by its number: large shapes, edges and texture as a sunny street has them.
PictureStatistics street(unsigned scene = 1, int grain = 0) {
  PictureStatistics picture;
  picture.width = 640;
  picture.height = 360;
  picture.mean_milli = 110'000;
  picture.deviation_milli = 30'000;
  picture.sharpness_milli = 70'000;
  picture.entropy_milli = 6'500;
  picture.colour_milli = 8'000;
  picture.dark_share = 200;
  picture.one_tone_share = 800;
  picture.textured_share = 5'000;
  std::uint32_t dice = scene * 2'654'435'761U;
  const auto roll = [&] { return (dice = dice * 1'664'525U + 1'013'904'223U) >> 24U; };
  for (auto& cell : picture.grid) cell = static_cast<std::uint8_t>(40 + roll() / 2);
  for (int i = 0; i < 8; ++i) picture.gradient_hash = picture.gradient_hash << 8U | roll();
  for (auto& cell : picture.cells) cell = static_cast<std::uint8_t>(100 + grain);
  return picture;
}
PictureStatistics night(unsigned scene = 1) {
  PictureStatistics picture = street(scene);
  picture.mean_milli = 60'000;
  picture.colour_milli = 0;
  return picture;
}
PictureStatistics black() {
  PictureStatistics picture;
  picture.mean_milli = 16'500;
  picture.deviation_milli = 800;
  picture.dark_share = 10'000;
  picture.one_tone_share = 9'900;
  picture.entropy_milli = 900;
  return picture;
}
PictureStatistics covered() {
  PictureStatistics picture = street(77);
  picture.mean_milli = 60'000;
  picture.deviation_milli = 5'000;
  picture.textured_share = 20;
  picture.colour_milli = 500;
  return picture;
}

// One camera's pictures, half an hour apart unless told otherwise.
struct Camera {
  PictureMemory memory;
  std::optional<Millis> now = kNoon;
  std::uint64_t print = 0;
  PictureVerdict see(const PictureStatistics& picture, Millis later = kHalfHour) {
    const auto verdict = judge(memory, picture, ++print, now, kHalfHour);
    if (now) *now += later;
    return verdict;
  }
  Camera& know(const PictureStatistics& picture, int times = 6) {
    for (int i = 0; i < times; ++i) EXPECT_EQ(see(picture).fault, PictureFault::none) << i;
    return *this;
  }
};

TEST(Picture, OfAStrangerIsOnlyWarnedAbout) {
  Camera camera;
  for (int i = 0; i < 5; ++i) {
    const auto verdict = camera.see(black());
    EXPECT_EQ(verdict.fault, PictureFault::black);
    EXPECT_FALSE(verdict.down) << "it may always be dark there at this hour";
  }
}

TEST(Picture, BlackIsDownAfterItsPatienceWhereItIsBrightAtTheseHours) {
  Camera camera;
  camera.know(street());
  EXPECT_FALSE(camera.see(black(), 29 * kMinute).down);
  EXPECT_FALSE(camera.see(black(), kMinute).down);
  const auto verdict = camera.see(black());
  EXPECT_EQ(verdict.fault, PictureFault::black);
  EXPECT_TRUE(verdict.down);
  EXPECT_NE(verdict.words.find("luma 16.5 ± 0.8"), std::string::npos) << verdict.words;
  camera.know(street(), 1);
  EXPECT_FALSE(camera.see(black()).down) << "the time begins anew";
}

TEST(Picture, DarkAtHoursThatAreAlwaysDarkIsNoFault) {
  Camera camera;
  PictureStatistics dark = night();
  dark.mean_milli = 30'000;
  dark.dark_share = 9'000;
  camera.know(dark);
  EXPECT_EQ(camera.see(black()).fault, PictureFault::none);
}

TEST(Picture, NothingIsJudgedByTimeWhileTheClockIsNotKnown) {
  Camera camera;
  camera.know(street());
  camera.now.reset();
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(camera.see(black()).down);
}

TEST(Picture, CoveredHasLostTheTextureAndTheLargeShapes) {
  Camera camera;
  camera.know(street());
  camera.see(covered());
  const auto verdict = camera.see(covered());
  EXPECT_EQ(verdict.fault, PictureFault::covered);
  EXPECT_TRUE(verdict.down);
}

TEST(Picture, FogHasLostTheTextureButNotTheLargeShapes) {
  Camera camera;
  camera.know(street());
  PictureStatistics fog = street();
  fog.textured_share = 0;
  fog.deviation_milli = 8'000;
  fog.sharpness_milli = 17'000;
  camera.know(fog, 5);
}

TEST(Picture, ASlateIsOneToneWithoutDetail) {
  Camera camera;
  PictureStatistics slate;
  slate.mean_milli = 41'000;
  slate.deviation_milli = 6'000;
  slate.one_tone_share = 9'800;
  slate.entropy_milli = 200;
  const auto verdict = camera.see(slate);
  EXPECT_EQ(verdict.fault, PictureFault::slate);
  EXPECT_TRUE(verdict.down) << "the gateway confirms it";
}

TEST(Picture, AWashedOutPictureIsAWarningAfterThree) {
  Camera camera;
  camera.know(street());
  PictureStatistics bright = street();
  bright.bright_share = 6'000;
  EXPECT_EQ(camera.see(bright).fault, PictureFault::none);
  EXPECT_EQ(camera.see(bright).fault, PictureFault::none);
  const auto verdict = camera.see(bright);
  EXPECT_EQ(verdict.fault, PictureFault::washed_out);
  EXPECT_FALSE(verdict.down);
}

TEST(Picture, SoftEdgesAtFullContrastAreAWarningAfterThree) {
  Camera camera;
  camera.know(street());
  PictureStatistics soft = street();
  soft.sharpness_milli = 25'000;
  camera.see(soft);
  camera.see(soft);
  EXPECT_EQ(camera.see(soft).fault, PictureFault::defocused);
  Camera hazy;
  hazy.know(street());
  soft.deviation_milli = 12'000;
  hazy.know(soft, 5);
}

TEST(Picture, ATurnedCameraIsAWarningAndIsBelievedAfterDays) {
  Camera camera;
  camera.know(street(1));
  camera.see(street(2));
  camera.see(street(2));
  EXPECT_EQ(camera.see(street(2)).fault, PictureFault::moved);
  int warned = 0;
  while (camera.see(street(2)).fault == PictureFault::moved && warned < 1'000) ++warned;
  EXPECT_GT(warned, 150);
  EXPECT_LT(warned, 250);
  camera.know(street(2), 5);
}

TEST(Picture, ANightViewOfTheSameSceneIsNoMove) {
  Camera camera;
  camera.know(street(1)).know(night(1)).know(street(1));
}

TEST(Picture, SlowIsHalfOfWhatIsUsualInItsMode) {
  Camera camera;
  camera.know(street(), 1);
  for (int i = 0; i < 9; ++i)
    EXPECT_FALSE(slow(camera.memory, i < 4 ? 3'000 : 15'000)) << "not yet known, or usual";
  EXPECT_FALSE(slow(camera.memory, 8'000)) << "more than half";
  EXPECT_FALSE(slow(camera.memory, 4'000));
  EXPECT_FALSE(slow(camera.memory, 4'000));
  EXPECT_TRUE(slow(camera.memory, 4'000));
  EXPECT_FALSE(slow(camera.memory, 15'000));
  EXPECT_FALSE(slow(camera.memory, 4'000)) << "the row begins anew";
  camera.know(night(), 1);
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(slow(camera.memory, 4'000)) << "at night it may be slow";
  EXPECT_FALSE(slow(camera.memory, 0)) << "no rate was measured";
}

// A text at the edge that changes, and nothing else.
PictureStatistics ticking(int tick) {
  PictureStatistics picture = night();
  picture.cells[3] = static_cast<std::uint8_t>(100 + tick % 2 * 80);
  return picture;
}

TEST(Picture, FrozenIsAClockThatStandsStill) {
  Camera camera;
  for (int i = 0; i < 8; ++i) EXPECT_EQ(camera.see(ticking(i)).fault, PictureFault::none);
  EXPECT_EQ(camera.see(ticking(7), kMinute / 2).fault, PictureFault::frozen);
  const auto recheck = camera.see(ticking(7), kMinute / 2);
  EXPECT_EQ(recheck.fault, PictureFault::frozen) << "rechecks half a minute later say the same";
  EXPECT_TRUE(recheck.down);
  EXPECT_EQ(camera.see(ticking(8)).fault, PictureFault::none);
}

TEST(Picture, WithoutAClockAStillNightIsNotFrozen) {
  Camera camera;
  for (int i = 0; i < 40; ++i)
    EXPECT_EQ(camera.see(street(1, i % 2 * 80)).fault, PictureFault::none) << "light that comes and goes";
  for (int i = 0; i < 40; ++i) EXPECT_EQ(camera.see(night()).fault, PictureFault::none);
}

TEST(Picture, TheSameBitsAgainAreFrozenAndWithinAMinuteTheyAreNot) {
  Camera camera;
  camera.know(street());
  camera.print = 41;
  EXPECT_EQ(camera.see(street()).fault, PictureFault::none);
  camera.print = 41;
  EXPECT_EQ(camera.see(street()).fault, PictureFault::frozen);
  EXPECT_EQ(camera.see(street()).fault, PictureFault::none);
  camera.now = *camera.now + kMinute;
  camera.print = 99;
  camera.see(street(), kMinute / 3);
  camera.print = 99;
  EXPECT_EQ(camera.see(street(), kMinute / 3).fault, PictureFault::none) << "one picture asked for twice";
}

TEST(Picture, FingerprintsAreOfTheBitsAndNotOfTheirNumbers) {
  const auto packet = [](char sequence, std::string_view payload) {
    std::string out(1, '\0');
    out += static_cast<char>(12 + payload.size());
    out += "\x80\x60";
    out.append(10, sequence);
    out += payload;
    return out;
  };
  EXPECT_EQ(fingerprint(packet('a', "slice")), fingerprint(packet('b', "slice")));
  EXPECT_NE(fingerprint(packet('a', "slice")), fingerprint(packet('a', "slide")));
  EXPECT_NE(fingerprint(packet('a', "slice")), 0U);
  fingerprint(std::string("\xFF\xFFshort"));
}

RC_GTEST_PROP(Picture, ThePastComesBackFromItsBytes, ()) {
  PicturePast past;
  for (auto& mode : past.modes) {
    for (auto& samples : mode.samples) {
      samples.resize(*rc::gen::inRange<std::size_t>(0, PicturePast::kSamples + 1));
      for (auto& sample : samples)
        sample = {.sharpness = *rc::gen::arbitrary<std::uint16_t>(),
                  .textured = *rc::gen::arbitrary<std::uint8_t>(),
                  .mean = *rc::gen::arbitrary<std::uint8_t>(),
                  .deviation = *rc::gen::arbitrary<std::uint8_t>()};
    }
    mode.references.resize(*rc::gen::inRange<std::size_t>(0, PicturePast::kReferences + 1));
    for (auto& reference : mode.references) {
      reference.hash = *rc::gen::arbitrary<std::uint64_t>();
      for (auto& cell : reference.grid) cell = *rc::gen::arbitrary<std::uint8_t>();
    }
  }
  past.modes[0].frame_rates.resize(*rc::gen::inRange<std::size_t>(0, PicturePast::kRates + 1));
  for (auto& rate : past.modes[0].frame_rates) rate = *rc::gen::arbitrary<std::uint16_t>();
  past.clock_ticks = *rc::gen::arbitrary<std::uint16_t>();
  past.decoded = *rc::gen::arbitrary<std::uint16_t>();
  auto bytes = bytes_of(past);
  RC_ASSERT(bytes.size() <= 2'500U);
  RC_ASSERT(past_of(bytes) == past);
  bytes.push_back(std::byte{});
  RC_ASSERT(!past_of(bytes));
  bytes.pop_back();
  bytes.pop_back();
  RC_ASSERT(!past_of(bytes));
}

}  // namespace
}  // namespace commune_watch
