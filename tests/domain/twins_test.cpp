// Two cameras are one only after several pictures of both, and one difference parts them.
#include "domain/twins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace commune_watch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr DeviceId kA{3}, kB{5}, kC{9};
constexpr std::uint64_t kHere = 0x0123456789ABCDEF, kThere = ~kHere;

Scene look(std::uint64_t hash, Millis minute, bool infrared = false) {
  return {.at = minute * 60'000, .hash = hash, .print = 1, .infrared = infrared};
}

TEST(Twins, ThreePicturesOfBothMakeThemOne) {
  Twins twins;
  for (Millis minute = 0; minute < 9; minute += 3) {
    EXPECT_THAT(twins.found(), IsEmpty()) << minute;
    twins.saw(kC, look(kThere, minute));
    twins.saw(kB, look(kHere, minute + 1));
    twins.saw(kA, look(kHere ^ 0xFFF, minute + 2));
  }
  EXPECT_THAT(twins.found(), ElementsAre(Pair(kA, kB)));
}

TEST(Twins, ManyPicturesOfOneAreOneComparison) {
  Twins twins;
  twins.saw(kA, look(kHere, 0));
  for (Millis minute = 1; minute < 9; ++minute) twins.saw(kB, look(kHere, minute));
  EXPECT_THAT(twins.found(), IsEmpty());
}

TEST(Twins, PicturesFarApartOrOfDayAndNightOrInDoubtSayNothing) {
  Twins twins;
  for (Millis hour = 0; hour < 9; ++hour) {
    twins.saw(kA, look(kHere, hour * 60));
    twins.saw(kB, look(kHere, hour * 60 + 16));
    twins.saw(kC, look(kHere, hour * 60 + 1, true));
  }
  EXPECT_THAT(twins.found(), IsEmpty());
  for (Millis minute = 1'000; minute < 1'009; ++minute) {
    twins.saw(kA, look(kHere, minute));
    twins.saw(kB, look(kHere ^ 0x1FFF, minute));
  }
  EXPECT_THAT(twins.found(), IsEmpty());
}

TEST(Twins, OneDifferencePartsThemAndSoDoesLeaving) {
  Twins twins;
  const auto together = [&](Millis from) {
    for (Millis minute = from; minute < from + 3; ++minute) {
      twins.saw(kA, look(kHere, minute));
      twins.saw(kB, look(kHere, minute));
    }
  };
  together(0);
  ASSERT_THAT(twins.found(), ElementsAre(Pair(kA, kB)));
  twins.saw(kB, look(kThere, 4));
  EXPECT_THAT(twins.found(), IsEmpty());
  together(5);
  ASSERT_THAT(twins.found(), ElementsAre(Pair(kA, kB)));
  twins.keep({kA, kC});
  EXPECT_THAT(twins.found(), IsEmpty());
  twins.saw(kA, look(kHere, 9));
  EXPECT_THAT(twins.found(), IsEmpty());
}

}  // namespace
}  // namespace commune_watch
