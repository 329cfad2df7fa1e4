// A device that kills probers is asked alone, then left alone.
#include "poll/poison.hpp"

#include <gtest/gtest.h>

namespace commune_watch {
namespace {

constexpr DeviceId kBad{1}, kBystander{2};

TEST(Poison, OneDeathChangesNothing) {
  Poison poison;
  EXPECT_TRUE(poison.died({kBad, kBystander}, 0).empty());
  EXPECT_EQ(poison.manner(kBad, 1), Manner::together);
}

TEST(Poison, TwoDeathsWithinTenMinutesAskItAlone) {
  Poison poison;
  poison.died({kBad, kBystander}, 0);
  poison.died({kBad}, Poison::kWindow - 1);
  EXPECT_EQ(poison.manner(kBad, Poison::kWindow - 1), Manner::alone);
  EXPECT_EQ(poison.manner(kBystander, Poison::kWindow - 1), Manner::together);
}

TEST(Poison, TwoDeathsFurtherApartDoNot) {
  Poison poison;
  poison.died({kBad}, 0);
  poison.died({kBad}, Poison::kWindow);
  EXPECT_EQ(poison.manner(kBad, Poison::kWindow), Manner::together);
}

TEST(Poison, AThirdDeathShunsItForAnHourAndSaysSo) {
  Poison poison;
  poison.died({kBad}, 0);
  poison.died({kBad}, 1'000);
  EXPECT_EQ(poison.died({kBad}, 2'000), std::vector{kBad});
  EXPECT_EQ(poison.manner(kBad, 2'000 + Poison::kShunFor - 1), Manner::shunned);
  EXPECT_EQ(poison.manner(kBad, 2'000 + Poison::kShunFor), Manner::together);
}

}  // namespace
}  // namespace commune_watch
