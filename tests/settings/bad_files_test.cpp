// Each file of tests/settings/bad says in its first lines what must be refused, where, and in which words; so
// do those of bad_options, whose options only the fake drivers have. (tests/settings/check_test.py asks the
// program itself about the former.)
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "settings/fake_drivers.hpp"
#include "settings/settings.hpp"

namespace commune_watch {
namespace {

const std::string kRoot = std::string{CW_SOURCE_DIR} + "/";
const std::array<std::string, 2> kFolders{"tests/settings/bad/", "tests/settings/bad_options/"};

std::vector<std::string> bad_files() {
  std::vector<std::string> names;
  for (const auto& folder : kFolders) {
    for (const auto& entry : std::filesystem::directory_iterator{kRoot + folder})
      if (entry.path().extension() == ".toml") names.push_back(folder + entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> expectations(const std::string& path) {
  constexpr std::string_view kMark = "# expect: ";
  std::vector<std::string> all;
  std::ifstream file{path};
  for (std::string line; std::getline(file, line) && line.starts_with(kMark);)
    all.push_back(line.substr(kMark.size()));
  return all;
}

class BadFile : public testing::TestWithParam<std::string> {};

TEST_P(BadFile, IsRefusedAtThePlaceWithTheReason) {
  const std::string& file = GetParam();
  LoadPlaces places;
  places.file = kRoot + file;
  places.model_directories = {};
  places.holiday_directories = {};
  const LoadResult result = load(places, fake::kDrivers);
  EXPECT_FALSE(result.settings.has_value());
  const auto expected = expectations(places.file);
  ASSERT_FALSE(expected.empty()) << file << " does not say what is wrong with it";
  ASSERT_EQ(result.errors.size(), expected.size()) << testing::PrintToString(result.errors);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    std::string error = result.errors[i];
    for (auto at = error.find(kRoot); at != std::string::npos; at = error.find(kRoot))
      error.erase(at, kRoot.size());
    EXPECT_TRUE(error.starts_with(file + ":" + expected[i])) << error << "\nis not\n"
                                                             << file << ":" << expected[i];
    EXPECT_EQ(error.find("hunter2"), std::string::npos) << "a password in an error message";
    EXPECT_EQ(error.find(", saw "), std::string::npos) << "what the parser saw may be a password";
    EXPECT_EQ(error.find("trus"), std::string::npos) << "a piece of a password in an error message";
  }
}

INSTANTIATE_TEST_SUITE_P(Settings, BadFile, testing::ValuesIn(bad_files()), [](const auto& test) {
  std::string name = std::filesystem::path(test.param).stem().string();
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(BadFiles, AreAtLeastForty) { EXPECT_GE(bad_files().size(), 40U); }

TEST(BadFiles, AnAbsentConfigurationIsToldByName) {
  LoadPlaces places;
  places.file = kRoot + "tests/settings/nowhere.toml";
  const LoadResult result = load(places, fake::kDrivers);
  ASSERT_EQ(result.errors.size(), 1U);
  EXPECT_EQ(result.errors[0], places.file + ":1:1: file: cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace commune_watch
