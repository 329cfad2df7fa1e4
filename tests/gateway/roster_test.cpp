// Settings as the parts need them: subjects, targets, logins; and what a reload leaves alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/house.hpp"
#include "gateway_roster.hpp"

namespace commune_watch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string point(const std::string& id, const std::string& role, const std::string& host = "127.0.0.5") {
  return "[[monitoring_point]]\nid = \"" + id +
         "\"\nname = \"Đầu ghi\"\nplace = \"cho\"\ndriver = \"recorder\"\n" + "url = \"http://" + host +
         "/\"\nrole = \"" + role + "\"\n";
}
std::string bound(const std::string& to, const std::string& channel) {
  return "monitor = [ { point = \"" + to + "\", channel = \"" + channel + "\" } ]\n";
}

Reading good(const TestHouse& small, const std::string& name) {
  Reading reading;
  reading.device = small.id(name);
  reading.started = reading.ended = small.house.now();
  reading.depth = Rung::useful;
  for (int i = 0; i <= static_cast<int>(Rung::useful); ++i)
    reading.finding.checks.push_back({static_cast<Rung>(i), Outcome::ok, ReasonId::none, "", 100});
  return reading;
}

std::map<std::string, Watched> by_name(const TestHouse& small) {
  std::map<std::string, Watched> all;
  for (auto& each : watched(small.house.roster, *small.house.settings)) all[each.target.name] = each;
  return all;
}

TEST(Roster, HostIsThatOfTheAddressOrTheHostItself) {
  EXPECT_EQ(host_of(Options({{"url", "rtsp://192.0.2.21:8554/live"}, {"host", "other"}})), "192.0.2.21");
  EXPECT_EQ(host_of(Options({{"host", "192.0.2.9"}, {"port", "80"}})), "192.0.2.9");
  EXPECT_EQ(host_of(Options()), "");
}

TEST(Roster, ALoginIsKeptUnderTheHostThatIsDialled) {
  const TestHouse small(login("cam", "secret") + camera("cam-a", "login = \"cam\"\n") + camera("cam-b"));
  const auto all = by_name(small);
  EXPECT_EQ(all.at("cam-a").login, (LoginKey{"127.0.0.9", "monitor"}));
  EXPECT_EQ(all.at("cam-a").host, "127.0.0.9");
  EXPECT_EQ(all.at("cam-a").target.login->password, "secret");
  EXPECT_FALSE(all.at("cam-b").login || all.at("cam-b").target.login);
}

TEST(Roster, OnlyThePointOfTheCommuneFeedsADevicesMonitorPath) {
  const TestHouse small(point("nvr", "commune") + point("nvr-nha", "other", "127.0.0.6") +
                        camera("cam-a", bound("nvr", "3")) +
                        camera("cam-b", bound("nvr-nha", "4"), "127.0.0.8"));
  const auto& rows = small.house.roster.rows;
  ASSERT_TRUE(rows.at(small.id("cam-a")).subject.monitor);
  EXPECT_EQ(rows.at(small.id("cam-a")).subject.monitor->point, small.id("nvr"));
  EXPECT_FALSE(rows.at(small.id("cam-b")).subject.monitor);
  EXPECT_THAT(by_name(small).at("nvr").target.bound_keys, ElementsAre("3"));
}

TEST(Roster, AMonitoringPointIsToldWhoseOwnPictureIsLookedAt) {
  const TestHouse small(
      point("nvr", "commune") + camera("cam-a", bound("nvr", "3")) +
      camera("cam-b", bound("nvr", "4") + "picture = false\n", "127.0.0.8") +
      "[[camera]]\nid = \"cam-c\"\nname = \"Camera\"\nplace = \"cho\"\ndriver = \"none\"\n" +
      bound("nvr", "5"));
  const Target target = by_name(small).at("nvr").target;
  EXPECT_THAT(target.bound_keys, ElementsAre("3", "4", "5"));
  EXPECT_THAT(target.pictured_keys, ElementsAre("3"));
}

TEST(Roster, WhatOnlyItsPointSeesIsNotAsked) {
  const TestHouse small(
      point("nvr", "commune") +
      "[[camera]]\nid = \"cam-a\"\nname = \"Camera\"\nplace = \"cho\"\ndriver = \"none\"\n" +
      bound("nvr", "3"));
  EXPECT_EQ(small.house.roster.find("cam-a")->driver, nullptr);
  EXPECT_FALSE(by_name(small).contains("cam-a"));
  EXPECT_TRUE(by_name(small).contains("nvr"));
}

TEST(Roster, NumbersStayTheSameOverReloadsAndRestarts) {
  TestHouse small(camera("cam-a") + camera("cam-b"));
  const auto number = small.id("cam-b");
  small.configure(camera("cam-b") + camera("cam-c"));
  EXPECT_EQ(small.id("cam-b"), number);
  EXPECT_EQ(small.house.roster.find("cam-a"), nullptr);
  ASSERT_TRUE(small.house.store->commit());
  small.open();
  EXPECT_EQ(small.id("cam-b"), number);
}

class ReloadTest : public testing::Test {
 protected:
  std::vector<std::string> told(const std::vector<Event>& events) {
    std::vector<std::string> names;
    for (const auto& event : events)
      if (const auto* change = std::get_if<Change>(&event))
        names.push_back(small.house.id_of(change->device) + " " + std::string(code(change->to.state)));
    return names;
  }
  void all_up() {
    small.house.ledger.observe(good(small, "cam-a"));
    small.house.ledger.observe(good(small, "cam-b"));
    small.clock.advance(15'000);
    small.house.ledger.advance(small.house.now());
    ASSERT_EQ(small.standing("cam-a").state, State::up);
    ASSERT_EQ(small.standing("cam-b").state, State::up);
  }
  TestHouse small{camera("cam-a") + camera("cam-b")};
};

TEST_F(ReloadTest, UnchangedDevicesKeepTheirStateWhateverElseChanges) {
  all_up();
  const auto since = small.house.ledger.live(small.id("cam-a")).since;
  const auto events = small.configure(camera("cam-a") + camera("cam-c"));
  EXPECT_THAT(told(events), ElementsAre("cam-b unknown"));
  EXPECT_EQ(small.standing("cam-a").state, State::up);
  EXPECT_EQ(small.house.ledger.live(small.id("cam-a")).since, since);
  EXPECT_EQ(small.standing("cam-c").reason, reason_id("starting"));
}

TEST_F(ReloadTest, ANewNameOrAddressKeepsTheStateToo) {
  all_up();
  auto renamed = camera("cam-a", {}, "127.0.0.77");
  renamed.replace(renamed.find("Camera cam-a"), 12, "Camera cong ");
  EXPECT_THAT(told(small.configure(renamed + camera("cam-b"))), IsEmpty());
  EXPECT_EQ(small.standing("cam-a").state, State::up);
}

TEST_F(ReloadTest, ABadFileGivesNoSettingsAndTheOldOnesStay) {
  all_up();
  small.write(camera("cam-a") + "intervall = 3\n");
  EXPECT_FALSE(small.files.load().settings);
  EXPECT_EQ(small.house.settings->devices.size(), 2U);
  EXPECT_EQ(small.standing("cam-b").state, State::up);
}

}  // namespace
}  // namespace commune_watch
