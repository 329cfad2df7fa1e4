// What the numbers of a picture say of pictures that can be worked out by hand.
#include "inspect/statistics.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <vector>

namespace commune_watch {
namespace {

struct Canvas {
  int width, height;
  std::vector<std::uint8_t> luma;
  Canvas(int w, int h, std::uint8_t value)
      : width(w), height(h), luma(static_cast<std::size_t>(w) * static_cast<std::size_t>(h), value) {}
  template <class Paint>
  Canvas& paint(Paint paint) {
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        luma[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)] =
            static_cast<std::uint8_t>(paint(x, y));
    return *this;
  }
  [[nodiscard]] Plane plane() const {
    return {.samples = luma, .width = width, .height = height, .stride = static_cast<std::size_t>(width)};
  }
  [[nodiscard]] PictureStatistics measured() const { return measure(plane(), {}, {}); }
};

TEST(Statistics, ABlackPictureIsDarkFlatAndOfOneTone) {
  const auto black = Canvas(640, 360, 16).measured();
  EXPECT_EQ(black.width, 640);
  EXPECT_EQ(black.height, 360);
  EXPECT_EQ(black.mean_milli, 16'000);
  EXPECT_EQ(black.deviation_milli, 0);
  EXPECT_EQ(black.sharpness_milli, 0);
  EXPECT_EQ(black.entropy_milli, 0);
  EXPECT_EQ(black.dark_share, 10'000);
  EXPECT_EQ(black.bright_share, 0);
  EXPECT_EQ(black.one_tone_share, 10'000);
  EXPECT_EQ(black.textured_share, 0);
  EXPECT_EQ(black.gradient_hash, 0U);
  EXPECT_EQ(black.colour_milli, 0);
}

TEST(Statistics, TwoHalvesHaveOneBitAndTheirMean) {
  const auto halves = Canvas(640, 360, 0).paint([](int x, int) { return x < 320 ? 20 : 240; }).measured();
  EXPECT_EQ(halves.mean_milli, 130'000);
  EXPECT_EQ(halves.deviation_milli, 110'000);
  EXPECT_EQ(halves.entropy_milli, 1'000);
  EXPECT_EQ(halves.dark_share, 5'000);
  EXPECT_EQ(halves.bright_share, 5'000);
  EXPECT_EQ(halves.one_tone_share, 5'000);
  EXPECT_EQ(halves.grid.front(), 20);
  EXPECT_EQ(halves.grid.back(), 240);
  EXPECT_EQ(halves.cells.front(), 20);
  EXPECT_EQ(halves.cells.back(), 240);
}

TEST(Statistics, TextureIsCountedByBlocksBetweenTheEdges) {
  const auto stripes = Canvas(640, 360, 0)
                           .paint([](int x, int y) { return y < 48 + 16 * 4 && x / 4 % 2 == 0 ? 120 : 100; })
                           .measured();
  EXPECT_EQ(stripes.textured_share, 4 * 10'000 / 16) << "the upper three rows of blocks are not counted";
  EXPECT_EQ(Canvas(640, 360, 0)
                .paint([](int x, int y) { return y >= 304 && x / 4 % 2 == 0 ? 120 : 100; })
                .measured()
                .textured_share,
            0);
}

TEST(Statistics, SharpnessIsTheSlopeOfEdgesAndNotOfGrain) {
  const auto ramp = Canvas(640, 360, 0).paint([](int x, int) { return x / 4; }).measured();
  const auto edges = Canvas(640, 360, 0).paint([](int x, int) { return x / 16 % 2 * 80; }).measured();
  const auto grain =
      Canvas(640, 360, 0).paint([](int x, int y) { return 100 + (x + y) % 2 * 20; }).measured();
  EXPECT_EQ(ramp.sharpness_milli, 1'000) << "half a level a pixel, at half size";
  EXPECT_EQ(edges.sharpness_milli, 80'000);
  EXPECT_EQ(grain.sharpness_milli, 0);
}

TEST(Statistics, LargerPicturesAreAveragedAndSmallerOnesKept) {
  const auto checker = [](int size) {
    return [size](int x, int y) { return (x / size + y / size) % 2 * 100; };
  };
  const auto large = Canvas(1'920, 1'080, 0).paint(checker(120)).measured();
  const auto same = Canvas(640, 360, 0).paint(checker(40)).measured();
  const auto small = Canvas(320, 180, 0).paint(checker(20)).measured();
  for (const auto& other : {large, small}) {
    EXPECT_EQ(other.mean_milli, same.mean_milli);
    EXPECT_EQ(other.grid, same.grid);
    EXPECT_EQ(other.cells, same.cells);
    EXPECT_EQ(other.gradient_hash, same.gradient_hash);
  }
  EXPECT_EQ(large.width, 1'920);
  // One fine line of a large picture is thinned, not lost and not doubled.
  const auto line = Canvas(1'280, 720, 100).paint([](int x, int) { return x == 640 ? 200 : 100; }).measured();
  EXPECT_NEAR(line.mean_milli, 100'000 + 78, 50) << "a 1,280th of the picture is 100 levels brighter";
}

TEST(Statistics, TheHashFollowsTheSceneAndNotItsLight) {
  const auto scene = [](int x, int y) { return (x * 7 / 640 * 31 + y * 5 / 360 * 57) % 97; };
  const auto day = Canvas(640, 360, 0).paint([&](int x, int y) { return 60 + scene(x, y); }).measured();
  const auto dusk = Canvas(640, 360, 0).paint([&](int x, int y) { return 30 + scene(x, y) / 2; }).measured();
  const auto turned =
      Canvas(640, 360, 0).paint([&](int x, int y) { return 60 + scene(639 - x, y); }).measured();
  EXPECT_LE(std::popcount(day.gradient_hash ^ dusk.gradient_hash), 4);
  EXPECT_GE(std::popcount(day.gradient_hash ^ turned.gradient_hash), 20);
}

TEST(Statistics, ColourIsTheDistanceFromGrey) {
  const Canvas luma(640, 360, 100), blue(320, 180, 148), red(320, 180, 118);
  EXPECT_EQ(measure(luma.plane(), blue.plane(), red.plane()).colour_milli, 15'000);
}

TEST(Statistics, AStrideIsNotPartOfThePicture) {
  Canvas wide(700, 360, 0);
  wide.paint([](int x, int) { return x < 640 ? 90 : 255; });
  Plane plane = wide.plane();
  plane.width = 640;
  EXPECT_EQ(measure(plane, {}, {}).mean_milli, 90'000);
}

TEST(Statistics, OnePixelIsAPicture) { EXPECT_EQ(Canvas(1, 1, 77).measured().mean_milli, 77'000); }

}  // namespace
}  // namespace commune_watch
