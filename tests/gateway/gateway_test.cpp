// How a gateway refuses to start: in words, and before it asks anybody anything.
#include "gateway.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/house.hpp"
#include "store/faulty_disk.hpp"

namespace commune_watch {
namespace {

using testing::HasSubstr;

class GatewayStartTest : public testing::Test {
 protected:
  Result<void> start() {
    GatewayOptions options;
    options.places = files.places();
    options.state = files.path("state");
    options.socket = files.path("api.sock");
    options.version = "test";
    options.spawn = [this]() -> Spawned {
      ++spawned;
      throw std::runtime_error("no prober in this test");
    };
    Gateway gateway(std::move(options), fake::kDrivers, clock, journal);
    return gateway.run();
  }
  void configure(const std::string& more) {
    files.write("gateway.toml", std::string(kCommune) + std::string(kPlace) + more);
  }

  Trial files;
  ManualClock clock;
  Journal journal;
  int spawned = 0;
};

TEST_F(GatewayStartTest, AFullDiskIsSaidAndNothingIsAsked) {
  FaultyDisk disk;
  configure(camera("cam-a"));
  disk.fail_writes(SQLITE_FULL);
  const auto done = start();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().why, HasSubstr("state"));
  EXPECT_EQ(spawned, 0);
}

TEST_F(GatewayStartTest, ABadFileIsSaidWithItsPlace) {
  configure(camera("cam-a") + "intervall = 3\n");
  const auto done = start();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().why, HasSubstr("gateway.toml:"));
  EXPECT_THAT(done.error().why, HasSubstr("intervall"));
}

TEST_F(GatewayStartTest, ABadFileBesideADamagedCopyOfTheLastGoodOneSaysBoth) {
  files.write("state/last-good/manifest", "?");
  configure(camera("cam-a") + "intervall = 3\n");
  const auto done = start();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().why, HasSubstr("intervall"));
  EXPECT_THAT(done.error().why, HasSubstr("last-good/manifest: is damaged"));
  EXPECT_EQ(spawned, 0);
}

TEST_F(GatewayStartTest, ALogOfAnotherGatewayIsNotContinued) {
  {
    StoreOptions options{
        .directory = files.path("state"), .version = "test", .commune = "another", .gateway = "gw1"};
    auto opened = Store::open(options, [](const std::string&) {});
    ASSERT_TRUE(opened);
    ASSERT_TRUE((*opened)->begin_run(clock.boot_uuid(), clock.boot_now(), clock.anchor()));
    ASSERT_TRUE((*opened)->commit());
  }
  configure(camera("cam-a"));
  const auto done = start();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().why, HasSubstr("another/gw1"));
  EXPECT_EQ(spawned, 0);
}

}  // namespace
}  // namespace commune_watch
