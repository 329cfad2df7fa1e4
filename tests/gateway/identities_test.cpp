// A device's identity is recorded when it is new or changed, never because it was asked again; two devices
// that are one are told of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/house.hpp"
#include "gateway_identities.hpp"

namespace commune_watch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class IdentitiesTest : public testing::Test {
 protected:
  IdentitiesTest() { begin(); }
  void begin() {
    ASSERT_TRUE(small.house.store->commit());
    identities.emplace(small.house);
    identities->roster_changed();
  }
  bool say(const std::string& name, const Identity& identity) {
    const bool recorded = identities->heard(small.id(name), identity);
    EXPECT_TRUE(small.house.store->commit());
    return recorded;
  }
  std::vector<Kept<IdentityEntry>> of(const std::string& name) {
    return small.house.store->identities(small.id(name), 100);
  }
  TestHouse small{camera("cam-a") + camera("cam-b", {}, "127.0.0.8")};
  std::optional<Identities> identities;
};

TEST_F(IdentitiesTest, TheSameAgainIsNothing) {
  const Identity hik{.maker = "Hikvision", .model = "DS", .serial = "S1", .mac = "00:11:22:33:44:55"};
  EXPECT_TRUE(say("cam-a", hik));
  EXPECT_FALSE(say("cam-a", hik));
  EXPECT_FALSE(say("cam-a", {.serial = "S1"})) << "saying less is no change";
  EXPECT_FALSE(say("cam-a", {}));
  ASSERT_THAT(of("cam-a"), SizeIs(1));
  EXPECT_EQ(of("cam-a")[0].entry.identity, hik);
  small.open();
  begin();
  EXPECT_FALSE(say("cam-a", hik)) << "nor after a restart";
}

TEST_F(IdentitiesTest, AChangeIsRecordedWhole) {
  say("cam-a", {.model = "DS", .serial = "S1", .firmware = "v1"});
  EXPECT_TRUE(say("cam-a", {.serial = "S2"}));
  EXPECT_EQ(of("cam-a")[0].entry.identity, (Identity{.model = "DS", .serial = "S2", .firmware = "v1"}));
}

TEST_F(IdentitiesTest, TwoDevicesWithOneMacAreAnAlarmUntilOneLeaves) {
  say("cam-a", {.mac = "00:1A:2B:33:44:55"});
  EXPECT_THAT(small.house.alarms, IsEmpty());
  say("cam-b", {.mac = "001a-2b33-4455"});
  EXPECT_THAT(of("cam-b")[0].entry.same_as, ElementsAre("cam-a"));
  ASSERT_THAT(small.house.alarms, SizeIs(1));
  EXPECT_THAT(small.house.alarms.begin()->second, HasSubstr("cam-a và cam-b báo cùng MAC"));
  small.open();
  small.house.alarms.clear();
  begin();
  EXPECT_THAT(small.house.alarms, SizeIs(1)) << "also after a restart";
  small.configure(camera("cam-b", {}, "127.0.0.8"));
  identities->roster_changed();
  EXPECT_THAT(small.house.alarms, IsEmpty());
}

TEST_F(IdentitiesTest, WhatIsEnrolledTwiceCountsAsTheFirst) {
  EXPECT_THAT(small.house.twins, IsEmpty());
  say("cam-b", {.serial = "S1", .spki_sha256 = "ab"});
  say("cam-a", {.spki_sha256 = "ab"});
  EXPECT_THAT(small.house.twins, IsEmpty()) << "one key in two devices is how makers ship them";
  say("cam-a", {.serial = "S1"});
  EXPECT_EQ(small.house.twin_of(small.id("cam-b")), "cam-a");
  EXPECT_EQ(small.house.twin_of(small.id("cam-a")), "");
  say("cam-b", {.serial = "S2"});
  EXPECT_THAT(small.house.twins, IsEmpty());
}

TEST_F(IdentitiesTest, CamerasWithOneStreamAreOneAsFarAsTheyGo) {
  small.configure(camera("cam-a") + camera("cam-b", {}, "127.0.0.9:554") + camera("cam-c") +
                  camera("cam-d", {}, "127.0.0.10"));
  identities->roster_changed();
  EXPECT_EQ(small.house.twin_of(small.id("cam-b")), "cam-a");
  EXPECT_EQ(small.house.twin_of(small.id("cam-c")), "cam-a") << "not of cam-b, which does not count";
  EXPECT_EQ(small.house.twin_of(small.id("cam-d")), "");
  say("cam-b", {.serial = "S1"});
  say("cam-d", {.serial = "S1"});
  EXPECT_EQ(small.house.twin_of(small.id("cam-d")), "cam-a") << "by way of cam-b";
}

TEST_F(IdentitiesTest, AChangeThatTellsThemApartEndsTheAlarm) {
  say("cam-a", {.serial = "S1"});
  say("cam-b", {.serial = "S1"});
  ASSERT_THAT(small.house.alarms, SizeIs(1));
  say("cam-b", {.serial = "S2"});
  EXPECT_THAT(small.house.alarms, IsEmpty());
}

TEST_F(IdentitiesTest, NothingInCommonIsNotShared) {
  EXPECT_EQ(shared({.model = "DS", .firmware = "v1"}, {.model = "DS", .firmware = "v1"}), "");
  EXPECT_EQ(shared({.mac = "00:00:00:00:00:00"}, {.mac = "00:00:00:00:00:00"}), "");
  EXPECT_EQ(shared({.maker = "A", .serial = "1"}, {.maker = "B", .serial = "1"}), "");
  EXPECT_THAT(shared({.serial = "1", .spki_sha256 = "ab"}, {.serial = "1", .spki_sha256 = "ab"}),
              HasSubstr("key"));
}

TEST_F(IdentitiesTest, OneThatChangesAllTheTimeIsLeftAtThatForTheDay) {
  for (int i = 0; i < 40; ++i) say("cam-a", {.serial = "S" + std::to_string(i)});
  const auto records = of("cam-a");
  ASSERT_THAT(records, SizeIs(Identities::kMostADay + 1));
  EXPECT_TRUE(records[0].entry.limited);
  EXPECT_FALSE(records[1].entry.limited);
  EXPECT_TRUE(small.journal.holds("25th"));
  small.open();
  begin();
  EXPECT_FALSE(say("cam-a", {.serial = "x"})) << "a restart is no new day";
  small.clock.advance(24 * 3'600'000);
  EXPECT_TRUE(say("cam-a", {.serial = "x"}));
}

}  // namespace
}  // namespace commune_watch
