// Which of a recorder's channels still want a camera, and what is known already.
#include "cli/found.hpp"

#include <gmock/gmock.h>

namespace commune_watch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<ShownChannel> kChannels{
    {.key = "1", .address = "192.0.2.1", .state = "ok", .words = {}},
    {.key = "2", .address = "192.0.2.2", .state = "ok", .words = {}},
    {.key = "DS20250101", .address = "192.0.2.2", .state = "ok", .words = {}}};

Known bound(const std::string& key) {
  Known known;
  known.channels["nvr"].insert(key);
  return known;
}

TEST(Channels, ThatAreBoundByKeyAddressOrSerialWantNoCamera) {
  EXPECT_THAT(channels_toml("nvr", kChannels, bound("1")), Not(HasSubstr("\"nvr-kenh-1\"")));
  EXPECT_THAT(channels_toml("nvr", kChannels, bound("192.0.2.1")), Not(HasSubstr("\"nvr-kenh-1\"")));
  EXPECT_THAT(channels_toml("nvr", kChannels, bound("ds20250101")), Not(HasSubstr("\"nvr-kenh-2\"")));
  EXPECT_THAT(channels_toml("nvr", kChannels, bound("ds20250101")), HasSubstr("\"nvr-kenh-1\""));
}

TEST(Channels, OfAnotherRecorderBindNothingHere) {
  Known known;
  known.channels["nvr-2"].insert("1");
  EXPECT_THAT(channels_toml("nvr", kChannels, known), HasSubstr("\"nvr-kenh-1\""));
}

TEST(Channels, WithAnAddressThatIsNoneAreSeenByTheRecorderAlone) {
  for (const char* address : {"", "0.0.0.0", "::", "a b", "192.0.2.1/x", "192.0.2.1:80", "u:p@192.0.2.1"})
    EXPECT_THAT(
        channels_toml("nvr", {{.key = "7", .address = address, .state = "failed", .words = {}}}, Known()),
        HasSubstr("driver = \"none\""))
        << address;
}

TEST(Found, TheSameMacOrAddressIsTheConfiguredDevice) {
  Known known;
  known.devices = {{"44:19:b6:01:02:03", "cam-mac"}, {"192.0.2.9", "cam-address"}};
  Found found;
  found.address = "192.0.2.5";
  EXPECT_EQ(configured_as(found, known), "");
  found.mac = "44:19:B6:01:02:03";
  EXPECT_EQ(configured_as(found, known), "cam-mac");
  found.address = "192.0.2.9";
  EXPECT_EQ(configured_as(found, known), "cam-address");
}

TEST(Found, IdsThatAreTakenGetANumber) {
  Known known;
  known.ids = {"cam-192-0-2-5"};
  Found found;
  found.address = "192.0.2.5";
  found.ports = {554};
  EXPECT_THAT(found_toml({found, found}, known),
              testing::AllOf(HasSubstr("id = \"cam-192-0-2-5-2\""), HasSubstr("id = \"cam-192-0-2-5-3\"")));
}

}  // namespace
}  // namespace commune_watch
