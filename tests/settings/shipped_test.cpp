// What is shipped in config/, against the real drivers: the example, every model, every holiday file.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "domain/clock.hpp"
#include "settings/loading.hpp"
#include "settings/trial.hpp"
#include "settings/words.hpp"

namespace commune_watch {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kConfig = std::string{CW_SOURCE_DIR} + "/config";

LoadPlaces shipped() {
  LoadPlaces places;
  places.file = kConfig + "/gateway.toml";
  places.model_directories = {};
  places.holiday_directories = {};
  places.allow_absent_secrets = true;  // as `check` does
  return places;
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  const auto files = RealDisk{}.toml_files(kConfig + folder);
  for (const std::string& file : files.value()) names.push_back(file.substr(0, file.size() - 5));
  return names;
}

TEST(ShippedExample, ChecksClean) {
  const LoadResult result = load(shipped(), drivers());
  ASSERT_THAT(result.errors, IsEmpty());
  // A fresh checkout has no password files: that is all that there is to say about it.
  EXPECT_EQ(result.warnings.size(), 3U);
  EXPECT_THAT(result.warnings, Each(HasSubstr("the secret file")));
}

TEST(ShippedExample, ShowsEachKindOfDeviceAndEachSection) {
  const LoadResult result = load(shipped(), drivers());
  ASSERT_THAT(result.errors, IsEmpty());
  std::set<Kind> kinds;
  for (const DeviceSettings& device : result.settings->devices) kinds.insert(device.kind);
  EXPECT_EQ(kinds.size(), kKinds);
  EXPECT_FALSE(result.settings->hamlets.empty());
  EXPECT_FALSE(result.settings->contractors.empty());
  EXPECT_FALSE(result.settings->broadcasts.empty());
  EXPECT_FALSE(result.settings->commune.public_holidays.empty());
  EXPECT_EQ(describe(*result.settings, Language::vi).find("Xã Tân Phú (28765), Vĩnh Long\n"), 0U);
}

TEST(ShippedExample, DoesNotRunWithoutItsPasswords) {
  LoadPlaces places = shipped();
  places.allow_absent_secrets = false;
  EXPECT_EQ(load(places, drivers()).errors.size(), 3U);
}

TEST(ShippedModels, EachMakesADevice) {
  const auto models = names_in("/models");
  ASSERT_FALSE(models.empty());
  for (const std::string& model : models) {
    const Trial trial;
    std::filesystem::copy(kConfig + "/models", trial.path("models"));
    LoadPlaces places = trial.places();
    std::vector<std::string> errors{"no kind tried"};
    for (const std::string kind :
         {"camera", "access_point", "speaker_cluster", "monitoring_point", "website", "uplink", "switch"}) {
      std::string text{kCommune};
      text.append("[[place]]\nid = \"p\"\nname = \"P\"\nkind = \"other\"\n[[").append(kind);
      text.append("]]\nid = \"d\"\nname = \"D\"\nplace = \"p\"\nmodel = \"").append(model);
      text.append("\"\nhost = \"192.0.2.9\"\n");
      trial.write("gateway.toml", text);
      errors = load(places, drivers()).errors;
      if (errors.empty()) break;
    }
    EXPECT_THAT(errors, IsEmpty()) << model;
  }
}

TEST(ShippedHolidays, AreReadAndOfTheirYear) {
  const auto years = names_in("/holidays");
  ASSERT_FALSE(years.empty());
  for (const std::string& year : years) {
    const Trial trial;
    std::filesystem::copy(kConfig + "/holidays", trial.path("holidays"));
    trial.write("gateway.toml", std::string{kCommune} + "holidays = [\"" + year + "\"]\n");
    const LoadResult result = trial.load();
    ASSERT_THAT(result.errors, IsEmpty()) << year;
    EXPECT_GE(result.settings->commune.public_holidays.size(), 11U)
        << "the labour code gives eleven days, article 112";
    for (const std::int32_t date : result.settings->commune.public_holidays)
      EXPECT_EQ("vn-" + std::to_string(date / 10000), year);
  }
}

// An option named like a key that every device has would never reach its driver; one without a readable
// default would mislead.
TEST(RealDrivers, NameNoOptionLikeACommonKey) {
  const std::set<std::string_view> common{"id",
                                          "name",
                                          "place",
                                          "parent",
                                          "contractor",
                                          "driver",
                                          "model",
                                          "login",
                                          "interval",
                                          "media_interval",
                                          "picture_interval",
                                          "limit",
                                          "recheck",
                                          "monitor",
                                          "service_hours",
                                          "role"};
  for (const Driver* driver : drivers()) {
    for (const Option& option : driver->options)
      EXPECT_FALSE(common.contains(option.key)) << driver->name << ": " << option.key;
  }
}

TEST(RealDrivers, HaveAtLeastOneKindAndUniqueNames) {
  std::set<std::string_view> names{"none"};
  for (const Driver* driver : drivers()) {
    EXPECT_TRUE(names.insert(driver->name).second) << driver->name;
    EXPECT_FALSE(driver->kinds.empty()) << driver->name;
  }
}

TEST(RealDrivers, DefaultDurationsAreWrittenAsAnOperatorWouldWriteThem) {
  for (const Driver* driver : drivers()) {
    for (const Option& option : driver->options) {
      const bool is_one = option.type == OptionType::duration && !option.fallback.empty();
      EXPECT_TRUE(!is_one || parse_duration(option.fallback)) << driver->name << "." << option.key;
    }
  }
}

}  // namespace
}  // namespace commune_watch
