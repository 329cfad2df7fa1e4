// Small pictures on the shelf: which stay, for how long, and that none is there unless it is wanted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "gateway/house.hpp"
#include "gateway_pictures.hpp"

namespace commune_watch {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Millis kHour = 3'600'000, kDay = 24 * kHour, kNow = 1'790'000'000'000;  // 2026-09-21T14:13:20Z

std::vector<std::string> names(const std::vector<KeptPicture>& pictures) {
  std::vector<std::string> names;
  for (const auto& each : pictures) names.push_back(each.file);
  return names;
}

TEST(OutdatedPictures, AreThoseOverTheirTimeThoseOfTheFutureAndTheOldestThatDoNotFit) {
  const std::vector<KeptPicture> all{{"old", kNow - 8 * kDay, 10},   {"week", kNow - 7 * kDay + 1, 10},
                                     {"yesterday", kNow - kDay, 10}, {"now", kNow, 10},
                                     {"tomorrow", kNow + kHour, 10}, {"next-year", kNow + 365 * kDay, 10}};
  EXPECT_THAT(names(outdated(all, kNow, 7 * kDay, 1'000)), ElementsAre("next-year", "old"));
  EXPECT_THAT(names(outdated(all, kNow, 7 * kDay, 30)), ElementsAre("next-year", "week", "old"));
  EXPECT_EQ(outdated(all, kNow, 0, 0).size(), all.size());
  EXPECT_THAT(outdated({}, kNow, kDay, 0), IsEmpty());
}

class PictureShelfTest : public testing::Test {
 protected:
  static std::string kept(const char* gateway) {
    return std::string(kCommune).append("[gateway]\n").append(gateway);
  }
  [[nodiscard]] std::vector<std::string> there() const {
    std::vector<std::string> all;
    if (fs::exists(folder_))
      for (const auto& each : fs::recursive_directory_iterator(folder_))
        if (each.is_regular_file()) all.push_back(fs::relative(each.path(), folder_));
    std::ranges::sort(all);
    return all;
  }
  static DeviceId device(const TestHouse& test) { return test.house.roster.ids.at("cam-1"); }

  TestHouse on_{camera("cam-1"), kept("keep_pictures = \"2h\"\npictures_mb = 1\n")};
  TestHouse off_{camera("cam-1")};
  std::string folder_ = on_.files.path("pictures");
};

TEST_F(PictureShelfTest, KeepsEachUnderItsTimeForItsTime) {
  PictureShelf shelf(on_.house, folder_);
  shelf.keep(device(on_), kNow, "one");
  shelf.keep(device(on_), kNow + kHour, "two");
  EXPECT_THAT(there(), ElementsAre("cam-1/20260921T141320Z.jpg", "cam-1/20260921T151320Z.jpg"));
  EXPECT_EQ(fs::status(folder_ + "/cam-1/20260921T141320Z.jpg").permissions(), fs::perms(0640));
  EXPECT_EQ(fs::status(folder_).permissions(), fs::perms(0750));
  std::ofstream(folder_ + "/cam-1/note.txt") << "not ours";
  shelf.keep(device(on_), kNow + 3 * kHour, "three");
  EXPECT_THAT(there(), ElementsAre("cam-1/20260921T171320Z.jpg", "cam-1/note.txt"));
}

TEST_F(PictureShelfTest, KeepsWhatFits) {
  PictureShelf shelf(on_.house, folder_);
  for (int i = 0; i < 3; ++i) shelf.keep(device(on_), kNow + i * 1'000, std::string(400'000, 'x'));
  shelf.tidy(kNow + 4'000);
  EXPECT_THAT(there(), ElementsAre("cam-1/20260921T141321Z.jpg", "cam-1/20260921T141322Z.jpg"));
}

TEST_F(PictureShelfTest, WhereNoneIsWantedNoneIsWrittenAndWhatWasThereGoes) {
  PictureShelf(on_.house, folder_).keep(device(on_), kNow, "one");
  PictureShelf shelf(off_.house, folder_);
  shelf.keep(device(off_), kNow, "two");
  EXPECT_THAT(there(), ElementsAre("cam-1/20260921T141320Z.jpg"));
  PictureShelf(on_.house, folder_).tidy(std::nullopt);
  EXPECT_EQ(there().size(), 1U) << "what is old is not known without the time";
  shelf.tidy(std::nullopt);
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(PictureShelfTest, WhatWasLeftHalfWrittenGoesToo) {
  PictureShelf shelf(on_.house, folder_);
  shelf.keep(device(on_), kNow, "one");
  std::ofstream(folder_ + "/cam-1/20260921T141321Z.jpg.new") << "half";
  PictureShelf(off_.house, folder_).tidy(std::nullopt);
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(PictureShelfTest, NothingIsTouchedBehindALink) {
  const std::string elsewhere = on_.files.path("elsewhere");
  fs::create_directories(elsewhere + "/cam-1");
  std::ofstream(elsewhere + "/cam-1/20000101T000000Z.jpg") << "somebody's";
  fs::create_directory_symlink(elsewhere, folder_);
  PictureShelf shelf(on_.house, folder_);
  shelf.keep(device(on_), kNow, "one");
  EXPECT_TRUE(on_.house.alarms.contains("pictures"));
  PictureShelf(off_.house, folder_).tidy(std::nullopt);
  EXPECT_EQ(std::distance(fs::directory_iterator(elsewhere + "/cam-1"), {}), 1);
}

TEST_F(PictureShelfTest, WhatCannotBeWrittenIsAnAlarmUntilItCan) {
  std::ofstream(folder_) << "a file where the folder should be";
  PictureShelf shelf(on_.house, folder_);
  shelf.keep(device(on_), kNow, "one");
  EXPECT_TRUE(on_.house.alarms.contains("pictures"));
  fs::remove(folder_);
  shelf.keep(device(on_), kNow + 1'000, "two");
  EXPECT_FALSE(on_.house.alarms.contains("pictures"));
  EXPECT_EQ(there().size(), 1U);
}

}  // namespace
}  // namespace commune_watch
