// The last good configuration: the bytes that were taken, private, whole or not at all.
#include "settings/last_good.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "settings/trial.hpp"

namespace commune_watch {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const std::string kMain{kCommune};
const std::string kRest = "[[place]]\nid = \"cong\"\nname = \"Cổng\"\nkind = \"entry-point\"\n";
const std::string kSwitch =
    "[[switch]]\nid = \"sw-1\"\nname = \"Một\"\ndriver = \"ping\"\nhost = \"192.0.2.2\"\n";

class LastGoodTest : public testing::Test {
 protected:
  LastGoodTest() {
    trial.write("gateway.toml",
                kMain + kRest + "[login.a]\nusername = \"u\"\npassword_file = \"a.password\"\n");
    trial.write("conf.d/10-a.toml", kSwitch);
    trial.write("a.password", "bí-mật-1");
    std::filesystem::create_directory(trial.path("state"));
  }
  [[nodiscard]] std::vector<std::string> kept_names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(last_good.directory()))
      names.push_back(entry.path().filename().string());
    return names;
  }
  [[nodiscard]] std::string file_of(const std::string& ending) const {
    for (const auto& name : kept_names())
      if (name.ends_with(ending)) return last_good.directory() + "/" + name;
    return {};
  }

  Trial trial;
  LastGood last_good{trial.path("state")};
};

TEST_F(LastGoodTest, WhatWasTakenLoadsAgainWhenItsFilesAreGone) {
  const LoadResult taken = trial.load();
  ASSERT_THAT(taken.errors, IsEmpty());
  ASSERT_TRUE(last_good.keep(taken.files, {3, 4'000}));
  trial.write("gateway.toml", "\xff\xff");
  std::filesystem::remove(trial.path("conf.d/10-a.toml"));
  ASSERT_FALSE(trial.load().settings);

  const auto kept = last_good.read();
  ASSERT_TRUE(kept && *kept);
  EXPECT_EQ((*kept)->taken, (Moment{3, 4'000}));
  const LoadResult again = load_kept(trial.places(), (*kept)->files, fake::kDrivers);
  ASSERT_THAT(again.errors, IsEmpty());
  EXPECT_EQ(again.settings->sha256, taken.settings->sha256);
  EXPECT_EQ(again.settings->lines, taken.settings->lines);
}

TEST_F(LastGoodTest, ModelsAndHolidaysBelongToIt) {
  trial.write("models/m-1.toml",
              "[model]\nid = \"m-1\"\nmaker = \"M\"\ntitle = \"T\"\ndriver = \"ping\"\n[options]\n");
  trial.write("holidays/vn-2026.toml",
              "year = 2026\n[[holiday]]\nname = \"Tết Dương lịch\"\ndate = 2026-01-01\n");
  trial.write("gateway.toml", kMain + "holidays = [\"vn-2026\"]\n" + kRest);
  trial.write("conf.d/10-a.toml",
              "[[switch]]\nid = \"sw-1\"\nname = \"Một\"\nmodel = \"m-1\"\nhost = \"192.0.2.2\"\n");
  const LoadResult taken = trial.load();
  ASSERT_THAT(taken.errors, IsEmpty());
  std::filesystem::remove_all(trial.path("models"));
  std::filesystem::remove_all(trial.path("holidays"));
  const LoadResult again = load_kept(trial.places(), taken.files, fake::kDrivers);
  ASSERT_THAT(again.errors, IsEmpty());
  EXPECT_EQ(again.settings->sha256, taken.settings->sha256);
}

TEST_F(LastGoodTest, PasswordsAreReadFromWhereTheyAreAndNeverKept) {
  const LoadResult taken = trial.load();
  ASSERT_TRUE(last_good.keep(taken.files, {}));
  for (const auto& [path, text] : taken.files) EXPECT_THAT(text, testing::Not(HasSubstr("bí-mật"))) << path;
  trial.write("a.password", "bí-mật-2");
  const LoadResult again = load_kept(trial.places(), taken.files, fake::kDrivers);
  ASSERT_TRUE(again.settings);
  EXPECT_EQ(again.settings->logins.at("a").password.reveal(), "bí-mật-2");
  std::filesystem::remove(trial.path("a.password"));
  EXPECT_THAT(load_kept(trial.places(), taken.files, fake::kDrivers).errors,
              testing::ElementsAre(HasSubstr("a.password is not here")));
}

TEST_F(LastGoodTest, NobodyElseMayReadIt) {
  std::filesystem::create_directory(last_good.directory());
  std::filesystem::permissions(last_good.directory(), std::filesystem::perms(0755));
  ASSERT_TRUE(last_good.keep(trial.load().files, {}));
  struct stat about {};
  ::stat(last_good.directory().c_str(), &about);
  EXPECT_EQ(about.st_mode & 0777U, 0700U);
  for (const auto& name : kept_names()) {
    ::stat((last_good.directory() + "/" + name).c_str(), &about);
    EXPECT_EQ(about.st_mode & 0777U, 0600U) << name;
  }
}

TEST_F(LastGoodTest, OnlyAChangeIsWrittenAndWhatWasBeforeIsGone) {
  ASSERT_TRUE(last_good.keep(trial.load().files, {1, 10}));
  struct stat first {};
  ::stat(last_good.manifest().c_str(), &first);
  const auto same = last_good.keep(trial.load().files, {2, 20});
  ASSERT_TRUE(same);
  EXPECT_EQ(*same, (Moment{1, 10})) << "in force since then";
  struct stat second {};
  ::stat(last_good.manifest().c_str(), &second);
  EXPECT_EQ(first.st_ino, second.st_ino);

  trial.write("conf.d/10-a.toml", kSwitch + "# khác\n");
  const auto other = last_good.keep(trial.load().files, {2, 30});
  ASSERT_TRUE(other);
  EXPECT_EQ(*other, (Moment{2, 30}));
  EXPECT_EQ(kept_names().size(), 3U) << "manifest, gateway.toml, 10-a.toml";
}

TEST_F(LastGoodTest, ACopyThatWasDamagedIsRefusedByItsNameAndMadeAnew) {
  const auto files = trial.load().files;
  for (const std::string which : {"manifest", "-gateway.toml", "-10-a.toml"}) {
    ASSERT_TRUE(last_good.keep(files, {}));
    const auto file = file_of(which);
    ASSERT_FALSE(file.empty()) << which;
    {
      std::fstream damaged(file, std::ios::in | std::ios::out | std::ios::binary);
      damaged.seekp(40);
      damaged << '\x01';
    }
    const auto kept = last_good.read();
    ASSERT_FALSE(kept) << which;
    EXPECT_THAT(kept.error().why, HasSubstr(file));
    ASSERT_TRUE(last_good.keep(files, {}));
    EXPECT_TRUE(last_good.read());
  }
}

TEST_F(LastGoodTest, NothingKeptIsNoFailure) {
  const auto kept = last_good.read();
  ASSERT_TRUE(kept);
  EXPECT_FALSE(*kept);
}

TEST_F(LastGoodTest, ADiskThatRefusesIsSaid) {
  trial.write("state/last-good", "not a folder");
  const auto kept = last_good.keep(trial.load().files, {});
  ASSERT_FALSE(kept);
  EXPECT_THAT(kept.error().why, HasSubstr("last-good"));
}

TEST_F(LastGoodTest, AnotherFileThanTheKeptOneHasNoLastGood) {
  const auto files = trial.load().files;
  auto places = trial.places();
  places.file = trial.path("gatewey.toml");
  EXPECT_THAT(load_kept(places, files, fake::kDrivers).errors,
              testing::ElementsAre(HasSubstr("gatewey.toml:1:1: file: ")));
}

}  // namespace
}  // namespace commune_watch
