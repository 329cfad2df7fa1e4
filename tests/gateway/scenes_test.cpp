// Pictures of both sides find each other by the binding, and what is wrong is written beside the channel.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/house.hpp"
#include "gateway_scenes.hpp"

namespace commune_watch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Millis kMinute = 60'000;
constexpr std::uint64_t kMarket = 0x0F0F0F0F0F0F0F0F, kGate = ~kMarket;

std::string bound(const std::string& channel, const std::string& more = {}) {
  return "monitor = [ { point = \"nvr\", channel = \"" + channel + "\" } ]\n" + more;
}
std::string recorder(const std::string& host = "127.0.0.5") {
  return "[[monitoring_point]]\nid = \"nvr\"\nname = \"Đầu ghi\"\nplace = \"cho\"\ndriver = "
         "\"recorder\"\nurl "
         "= \"http://" +
         host + "/\"\nrole = \"commune\"\n";
}

class ScenesTest : public testing::Test {
 protected:
  void own(const std::string& camera, std::uint64_t hash) {
    Reading reading = reading_of(camera);
    reading.finding.facts = facts(hash);
    scenes.heard(reading);
  }
  // One visit to the recorder that fetched the picture of `key`, of hash 0 none; what stands beside it then.
  std::vector<std::string> shown(const std::string& key, std::uint64_t hash) {
    Reading reading = reading_of("nvr");
    for (const char* each : {"3", "4", "9"})
      reading.finding.sightings.push_back(
          {each, {{Rung::connected, Outcome::ok, ReasonId::none, "", 0}}, {}});
    auto& sighting = *std::ranges::find(reading.finding.sightings, key, &Sighting::key);
    if (hash != 0) sighting.facts = facts(hash);
    scenes.heard(reading);
    words = sighting.checks[0].words;
    std::vector<std::string> all;
    for (const ReasonId id : sighting.warnings) all.emplace_back(reason(id).code);
    small.clock.advance(kMinute);
    return all;
  }
  void swap_channels() {  // as far as cam-a is concerned
    own("cam-a", kMarket);
    shown("3", kGate);
    own("cam-a", kMarket);
    ASSERT_THAT(shown("3", kGate), ElementsAre("wrong-channel"));
  }

  TestHouse small{recorder() + camera("cam-a", bound("3")) + camera("cam-b", bound("4"), "127.0.0.8")};
  std::vector<DeviceId> again;
  Scenes scenes{small.house, [this](DeviceId device) { again.push_back(device); }};
  std::string words;

 private:
  Reading reading_of(const std::string& name) {
    Reading reading;
    reading.device = small.id(name);
    reading.started = reading.ended = small.house.now();
    reading.depth = Rung::useful;
    return reading;
  }
  std::vector<Fact> facts(std::uint64_t hash) {
    return {{FactId::picture_hash, static_cast<std::int64_t>(hash)},
            {FactId::picture_print, ++print_},
            {FactId::picture_infrared, 0}};
  }
  std::int64_t print_ = 0;
};

TEST_F(ScenesTest, AChannelThatShowsAnotherCameraIsToldInEachVisitFromThenOn) {
  swap_channels();
  EXPECT_THAT(again, ElementsAre(small.id("cam-a")));
  EXPECT_THAT(words, HasSubstr("hình khác hình của camera"));
  EXPECT_THAT(words, HasSubstr("64/64"));
  EXPECT_THAT(shown("3", 0), ElementsAre("wrong-channel"));
  EXPECT_THAT(shown("4", 0), IsEmpty());
  own("cam-a", kMarket);
  shown("3", kMarket);
  EXPECT_THAT(shown("3", kMarket), IsEmpty());
  EXPECT_EQ(words, "");
}

TEST_F(ScenesTest, TheRecordersOwnWordIsNotWrittenOver) {
  swap_channels();
  Reading reading;
  reading.device = small.id("nvr");
  reading.ended = small.house.now();
  reading.finding.sightings = {{"3", {{Rung::connected, Outcome::ok, reason_id("not-recording"), "", 0}}, {}},
                               {"4", {{Rung::connected, Outcome::ok, ReasonId::none, "12 / 30", 0}}, {}}};
  scenes.heard(reading);
  EXPECT_EQ(reading.finding.sightings[0].checks[0].words, "");
  EXPECT_EQ(reading.finding.sightings[0].checks[0].reason, reason_id("not-recording"));
  EXPECT_THAT(reading.finding.sightings[0].warnings, ElementsAre(reason_id("wrong-channel")));
  EXPECT_EQ(reading.finding.sightings[1].checks[0].words, "12 / 30");
}

TEST_F(ScenesTest, ReloadsForgetOnlyPairsThatAreBoundOrAskedOtherwise) {
  swap_channels();
  const std::string other = camera("cam-c", {}, "127.0.0.7");
  small.configure(recorder() + camera("cam-a", bound("3")) + other);
  scenes.roster_changed();
  EXPECT_THAT(shown("3", 0), ElementsAre("wrong-channel"));
  small.configure(recorder() + camera("cam-a", bound("4")) + other);
  scenes.roster_changed();
  EXPECT_THAT(shown("4", 0), IsEmpty());
  small.configure(recorder() + camera("cam-a", bound("3")) + other);
  scenes.roster_changed();
  EXPECT_THAT(shown("3", 0), IsEmpty());
  swap_channels();
  small.configure(recorder() + camera("cam-a", bound("3", "picture = false\n")) + other);
  scenes.roster_changed();
  EXPECT_THAT(shown("3", 0), IsEmpty());
}

TEST_F(ScenesTest, TwoCamerasThatShowOneSceneAreAnAlarmUntilOneLeavesOrTurnsAway) {
  const auto look = [&](std::uint64_t of_b) {
    own("cam-a", kMarket);
    own("cam-b", of_b);
    small.clock.advance(kMinute);
  };
  look(kMarket), look(kMarket);
  EXPECT_THAT(small.house.alarms, IsEmpty());
  look(kMarket);
  ASSERT_THAT(small.house.alarms, testing::SizeIs(1));
  EXPECT_THAT(small.house.alarms.begin()->second, HasSubstr("cam-a và cam-b nhiều lần cho cùng một hình"));
  look(kGate);
  EXPECT_THAT(small.house.alarms, IsEmpty());
  look(kMarket), look(kMarket), look(kMarket);
  ASSERT_THAT(small.house.alarms, testing::SizeIs(1));
  small.configure(recorder() + camera("cam-a", bound("3")));
  scenes.roster_changed();
  EXPECT_THAT(small.house.alarms, IsEmpty());
}

TEST_F(ScenesTest, PicturesOfNobodysChannelAndOfUnboundCamerasAreNothing) {
  small.configure(recorder() + camera("cam-a") + camera("cam-b", bound("4"), "127.0.0.8"));
  scenes.roster_changed();
  for (int i = 0; i < 5; ++i) {
    own("cam-a", kMarket);
    EXPECT_THAT(shown("9", kGate), IsEmpty());
    EXPECT_THAT(shown("4", kGate), IsEmpty()) << "its camera's own picture was never seen";
  }
  EXPECT_THAT(again, IsEmpty());
}

}  // namespace
}  // namespace commune_watch
