// What a recorder shows is fetched in turn, never more than it has to be, and is never a failure.
#include "drivers/monitoring_point/channel_picture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/scene.hpp"
#include "drivers/visit.hpp"

namespace commune_watch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const Login kMonitor{.username = "monitor", .password = "xem-thoi-9"};
constexpr Millis kMinute = 60'000;

PictureReply seen(std::uint64_t hash) {
  PictureReply reply{.look = Look::seen, .words = {}, .statistics = {}, .took_us = 9'000};
  reply.statistics.textured_share = 4'000;
  reply.statistics.colour_milli = 9'000;
  reply.statistics.gradient_hash = hash;
  return reply;
}

HttpReply jpeg() {
  HttpReply reply;
  reply.status = 200;
  reply.connected = true;
  reply.login = LoginAnswer::accepted;
  reply.body = "\xFF\xD8\xFF\xE0 a picture";
  return reply;
}

HttpReply turned_away(int status) {
  HttpReply reply = jpeg();
  reply.status = status;
  reply.body = "<ResponseStatus><subStatusCode>notSupport</subStatusCode></ResponseStatus>";
  return reply;
}

std::optional<std::int64_t> hash_of(const Finding& finding, const std::string& key) {
  const auto sighting = std::ranges::find(finding.sightings, key, &Sighting::key);
  return sighting == finding.sightings.end() ? std::nullopt : fact(sighting->facts, FactId::picture_hash);
}

// ---- turns

struct Turns {
  explicit Turns(std::vector<std::string> keys, OptionTexts options = {}, std::optional<Login> login = {})
      : pictures([&] {
          Target target =
              target_of("hikvision-nvr", std::move(options), std::move(login), Kind::monitoring_point);
          target.pictured_keys = std::move(keys);
          return target;
        }()) {}
  // The key whose turn it is `minute` minutes from the beginning; empty: nobody's.
  std::string at(Millis minute, bool may_log_in = true, Millis left = 8'000) {
    Question question = question_of(Rung::connected, may_log_in);
    *question.utc_now += minute * kMinute;
    const RecorderChannel* const channel = pictures.turn(question, channels, left);
    return channel == nullptr ? "" : channel->key;
  }
  bool answer(std::string_view key, HttpReply reply) {
    ScriptedWire wire;
    wire.pictures.push_back(seen(7));
    auto& channel = *std::ranges::find(channels, key, &RecorderChannel::key);
    return run(pictures.take(wire, std::move(reply), channel, 8'000, spent));
  }
  ChannelPictures pictures;
  std::int64_t spent = 0;
  std::vector<RecorderChannel> channels{{.key = "1", .online = true},
                                        {.key = "2", .address = "192.0.2.22", .online = true},
                                        {.key = "3", .serial = "SN3"},
                                        {.key = "4", .online = false}};
};

TEST(ChannelPicture, EachChannelHasItsTurnOnceInTenMinutes) {
  Turns turns({"1", "2", "3"});
  std::string order;
  for (Millis minute = 0; minute < 13; ++minute) order += turns.at(minute) + " ";
  EXPECT_EQ(order, "1 2 3        1 2 3 ");
  Turns often({"1"}, {{"picture_every", "120000"}});
  order.clear();
  for (Millis minute = 0; minute < 3; ++minute) order += often.at(minute) + " ";
  EXPECT_EQ(order, "1  1 ");
}

TEST(ChannelPicture, OnlyWhatWillBeComparedIsFetched) {
  EXPECT_EQ(Turns({}).at(0), "") << "no camera's own picture is looked at";
  EXPECT_EQ(Turns({"4"}).at(0), "") << "it is offline";
  EXPECT_EQ(Turns({"192.0.2.22"}).at(0), "2");
  EXPECT_EQ(Turns({"SN3"}).at(0), "3");
  EXPECT_EQ(Turns({"1"}, {{"picture", "false"}}).at(0), "");
}

TEST(ChannelPicture, NothingIsFetchedWithoutTimeOrPermission) {
  EXPECT_EQ(Turns({"1"}).at(0, true, 1'000), "") << "the visit has to end";
  EXPECT_EQ(Turns({"1"}, {}, kMonitor).at(0, false), "");
  EXPECT_EQ(Turns({"1"}).at(0, false), "1") << "a point without a login is asked without one";
  Turns no_clock({"1"});
  Question question = question_of(Rung::connected);
  question.utc_now.reset();
  EXPECT_EQ(no_clock.pictures.turn(question, no_clock.channels, 8'000), nullptr);
}

TEST(ChannelPicture, AClockThatWasSetBackStopsNoTurn) {
  Turns turns({"1"});
  EXPECT_EQ(turns.at(0), "1");
  EXPECT_EQ(turns.at(-3 * 24 * 60), "1");
}

TEST(ChannelPicture, WhoHasNoneIsAskedAgainAfterADay) {
  for (const int status : {400, 403, 404, 501}) {
    Turns turns({"1"});
    EXPECT_EQ(turns.at(0), "1");
    EXPECT_TRUE(turns.answer("1", turned_away(status))) << status;
    EXPECT_EQ(turns.at(23 * 60), "") << status;
    EXPECT_EQ(turns.at(24 * 60), "1") << status;
  }
}

TEST(ChannelPicture, OneThatCouldNotBeHadNowIsAskedForAtTheNextTurn) {
  HttpReply late;
  late.trouble = Trouble::timed_out;
  HttpReply page = jpeg();
  page.body = "<html>please log in</html>";
  for (const HttpReply& reply : {turned_away(503), turned_away(429), late, page}) {
    Turns turns({"1"});
    EXPECT_EQ(turns.at(0), "1");
    EXPECT_FALSE(turns.answer("1", reply));
    EXPECT_THAT(turns.channels[0].picture, IsEmpty());
    EXPECT_EQ(turns.at(10), "1");
  }
}

TEST(ChannelPicture, APictureIsHandedToTheInspectorAndLeavesFacts) {
  Turns turns({"1"});
  turns.at(0);
  EXPECT_FALSE(turns.answer("1", jpeg()));
  EXPECT_EQ(fact(turns.channels[0].picture, FactId::picture_hash), 7);
  EXPECT_EQ(turns.spent, 9'000);
  const auto all = sightings(turns.channels, {"192.0.2.22"}, 0);
  EXPECT_EQ(fact(all[0].facts, FactId::picture_hash), 7);
  EXPECT_FALSE(fact(all[1].facts, FactId::picture_hash));
}

TEST(ChannelPicture, OptionsAreChecked) {
  for (const char* driver : {"hikvision-nvr", "dahua-nvr", "onvif-nvr"}) {
    EXPECT_EQ(refusal(driver, {{"url", "http://192.0.2.10/"}, {"picture_every", "60000"}}), "");
    EXPECT_THAT(refusal(driver, {{"url", "http://192.0.2.10/"}, {"picture_every", "10"}}),
                StartsWith("picture_every: "));
  }
}

// ---- each maker's way; the dialogues end where the picture is asked for

Target recorder(const std::string& driver, const std::string& url, std::vector<std::string> keys) {
  Target target = target_of(driver, {{"url", url}}, kMonitor, Kind::monitoring_point);
  target.bound_keys = keys;
  target.pictured_keys = std::move(keys);
  return target;
}

std::vector<std::string> pictures_asked(const ScriptedWire& wire) {
  std::vector<std::string> all;
  for (const HttpRequest& each : wire.http_requests)
    if (each.max_body == ChannelPictures::kMaxBody) {
      all.push_back(each.url.text());
      EXPECT_TRUE(each.login);
      EXPECT_EQ(each.method, "GET");
    }
  return all;
}

TEST(ChannelPicture, HikvisionIsAskedThroughItsProxy) {
  constexpr const char* kProxy =
      "http GET https://192.0.2.10/ISAPI/ContentMgmt/StreamingProxy/channels/101/picture";
  ScriptedWire wire = ScriptedWire::from_file("hikvision/two-channels");
  wire.expect(kProxy, jpeg());
  wire.pictures.push_back(seen(-5));
  const Finding finding =
      visit(recorder("hikvision-nvr", "https://192.0.2.10/", {"1", "2"}), wire, question_of(Rung::connected));
  EXPECT_EQ(hash_of(finding, "1"), -5);
  EXPECT_FALSE(hash_of(finding, "2")) << "offline, and not its turn";
  EXPECT_THAT(wire.left(), IsEmpty());
}

TEST(ChannelPicture, HikvisionWithoutAProxyIsAskedForTheChannelItselfAndTheLadderStands) {
  ScriptedWire wire = ScriptedWire::from_file("hikvision/two-channels");
  wire.expect("http GET https://192.0.2.10/ISAPI/ContentMgmt/StreamingProxy/channels/101/picture",
              turned_away(403));
  wire.expect("http GET https://192.0.2.10/ISAPI/Streaming/channels/101/picture", turned_away(404));
  const Finding finding =
      visit(recorder("hikvision-nvr", "https://192.0.2.10/", {"1"}), wire, question_of(Rung::connected));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok connected:ok");
  EXPECT_EQ(finding.login, LoginUse::accepted);
  EXPECT_EQ(finding.sightings.at(0).checks.at(0).outcome, Outcome::ok);
  EXPECT_THAT(pictures_asked(wire).size(), 2);
  EXPECT_THAT(wire.left(), IsEmpty());
}

TEST(ChannelPicture, DahuaCountsItsChannelsFromOne) {
  ScriptedWire wire = ScriptedWire::from_file("dahua/two-channels");
  wire.expect("http GET http://192.0.2.11/cgi-bin/snapshot.cgi?channel=1", jpeg());
  wire.pictures.push_back(seen(11));
  const Finding finding =
      visit(recorder("dahua-nvr", "http://192.0.2.11/", {"1"}), wire, question_of(Rung::connected));
  EXPECT_EQ(hash_of(finding, "1"), 11);
  EXPECT_THAT(wire.left(), IsEmpty());
}

HttpReply snapshot_uri(const std::string& uri) {
  HttpReply reply = jpeg();
  reply.body =
      "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\" "
      "xmlns:t=\"http://www.onvif.org/ver10/media/wsdl\"><e:Body><t:GetSnapshotUriResponse>"
      "<t:MediaUri><t:Uri xmlns:t=\"http://www.onvif.org/ver10/schema\">" +
      uri + "</t:Uri></t:MediaUri></t:GetSnapshotUriResponse></e:Body></e:Envelope>";
  return reply;
}

TEST(ChannelPicture, OnvifTellsWhereAndItsHostIsNotBelieved) {
  Target target = recorder("onvif-nvr", "http://192.0.2.11", {"1"});
  ScriptedWire wire = ScriptedWire::from_file("onvif/nvr-without-recording");
  wire.expect("http POST http://192.0.2.11/onvif/device_service",
              snapshot_uri("http://admin:x@10.0.0.8:8080/snap?ch=1"));
  wire.expect("http GET http://192.0.2.11:8080/snap?ch=1", jpeg());
  wire.pictures.push_back(seen(3));
  const Finding finding = visit(target, wire, question_of(Rung::connected));
  EXPECT_EQ(hash_of(finding, "1"), 3);
  EXPECT_THAT(pictures_asked(wire), ElementsAre("http://192.0.2.11:8080/snap?ch=1"));
  EXPECT_FALSE(wire.http_requests.back().soap);
  EXPECT_THAT(wire.left(), IsEmpty());
}

TEST(ChannelPicture, OnvifWithoutASnapshotIsNoFailure) {
  ScriptedWire wire = ScriptedWire::from_file("onvif/nvr-without-recording");
  HttpReply fault = turned_away(500);
  fault.login = LoginAnswer::accepted;
  wire.expect("http POST http://192.0.2.11/onvif/device_service", fault);
  const Finding finding =
      visit(recorder("onvif-nvr", "http://192.0.2.11", {"1"}), wire, question_of(Rung::connected));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok connected:ok");
  EXPECT_THAT(wire.left(), IsEmpty());
}

TEST(ChannelPicture, AnyPlatformIsAskedByItsModelsPath) {
  const OptionTexts frigate{{"url", "http://192.0.2.30:5000/api/stats"},
                            {"list", "/cameras"},
                            {"key", "@name"},
                            {"state", "/camera_fps"},
                            {"online_from", "1"},
                            {"snapshot", "/api/{key}/latest.jpg?h=360"}};
  Target target = target_of("http-map", frigate, {}, Kind::monitoring_point);
  target.bound_keys = target.pictured_keys = {"cổng 1"};
  HttpReply list = jpeg();
  list.login = LoginAnswer::not_asked;
  list.body = R"({"cameras":{"cổng 1":{"camera_fps":5}}})";
  HttpReply picture = jpeg(), old = jpeg();
  old.headers.emplace_back("x-frigate-offline", "true");
  for (const bool offline : {false, true}) {
    ScriptedWire wire;
    wire.expect("http GET http://192.0.2.30:5000/api/stats", list);
    wire.expect("http GET http://192.0.2.30:5000/api/c%E1%BB%95ng%201/latest.jpg?h=360",
                offline ? old : picture);
    wire.pictures.push_back(seen(21));
    const Finding finding = visit(target, wire, question_of(Rung::connected, false));
    EXPECT_EQ(ladder(finding), "reachable:ok answering:ok connected:ok");
    EXPECT_EQ(hash_of(finding, "cổng 1"), offline ? std::nullopt : std::optional<std::int64_t>(21));
    EXPECT_THAT(wire.left(), IsEmpty());
  }
  OptionTexts wrong = frigate;
  wrong["snapshot"] = "/latest.jpg";
  EXPECT_THAT(refusal("http-map", wrong), StartsWith("snapshot: "));
}

}  // namespace
}  // namespace commune_watch
