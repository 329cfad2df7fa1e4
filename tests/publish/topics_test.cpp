// Topics and payloads against tests/golden/mqtt-topics.txt, and docs/mqtt-topics.md against the same file.
// Make the golden text anew with CW_WRITE_GOLDEN=1, and read the difference.
#include "publish/topics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "domain/entry.hpp"
#include "domain/period.hpp"

namespace commune_watch::publish {
namespace {

using Json = nlohmann::ordered_json;
using testing::AllOf, testing::HasSubstr, testing::Not;

constexpr Millis kNow = 1'794'666'600'000;  // 2026-11-14T14:30:00Z
const Names kNames{"tan-phu-28xxx", "gw1", "0a1b2c3d", false};
const Running kRunning{"6f1c2a3e-0000-4000-8000-000000000001", 12, "0.1.0"};
const std::string kGolden = std::string{CW_SOURCE_DIR} + "/tests/golden/mqtt-topics.txt";
const std::string kDocument = std::string{CW_SOURCE_DIR} + "/docs/mqtt-topics.md";

// Boot 3 began at bt 0 on 2026-11-14T00:00:00Z; of boot 9 nothing is known.
std::optional<Millis> utc(Moment at) {
  if (at.boot != 3) return std::nullopt;
  return 1'794'614'400'000 + at.bt;
}
Moment at(Millis utc_ms) { return {3, utc_ms - 1'794'614'400'000}; }

Standing down_by(std::string_view why) {
  Standing standing;
  standing.state = State::down;
  standing.reason = reason_id(why);
  standing.cause = reason(standing.reason).cause;
  return standing;
}
Standing up() {
  Standing standing;
  standing.state = State::up;
  standing.cause = Cause::none;
  return standing;
}

DeviceFacts camera_down() {
  DeviceFacts facts;
  facts.id = "cam-cong-ap-1";
  facts.live.standing = down_by("no-video");
  facts.live.device_path = Outcome::failed;
  facts.live.monitor_path = Outcome::unknown;
  facts.live.checks = {
      {Rung::reachable, Outcome::ok, ReasonId::none, {}, 1'830},
      {Rung::answering, Outcome::ok, ReasonId::none, {}, 12'400},
      {Rung::active, Outcome::failed, reason_id("no-video"), "RTP/AVP: 0 packets", 5'000'120},
      {Rung::useful, Outcome::not_tested, ReasonId::none, {}, 0}};
  facts.words = "RTP/AVP: 0 packets";
  facts.since = kNow - 754'321;
  facts.checked = kNow - 12'000;
  facts.valid_until = kNow + 118'000;
  facts.seq = 812;
  return facts;
}

Record record(Seq seq, const Entry& entry) {
  return {seq, at(kNow), kind_of(entry), DeviceId{7}, encode(entry)};
}

Message event_of(const Entry& entry, bool historical = false) {
  const Result<std::optional<Message>> made = event(kNames, record(812, entry), utc, historical);
  if (!made || !*made) throw std::runtime_error(made ? "no event" : made.error().why);
  return **made;
}

ChangeEntry change() {
  ChangeEntry entry;
  entry.device = "cam-cong-ap-1";
  entry.at = at(kNow - 754'321);
  entry.since = at(kNow - 36'000'000);
  entry.from = up();
  entry.to = down_by("no-video");
  entry.probes = 600;
  entry.words = "RTP/AVP: 0 packets";
  return entry;
}

Availability figure() {
  Availability made;
  made.period = {kNow - 30 * 86'400'000LL, kNow};
  made.totals.up = 2'516'400'000;
  made.totals.down = 18'000'000;
  made.totals.down_upstream = 10'800'000;
  made.totals.maintenance = 14'400'000;
  made.totals.unknown = 43'200'000;
  made.totals.outages = 3;
  made.totals.longest = 10'800'000;
  made.totals.blip_count = 5;
  made.totals.blips = 200'000;
  made.connected = Figure{9928};
  made.device = Figure{9971};
  made.coverage = Figure{9832};
  made.low = Figure{9763};
  made.high = Figure{9930};
  made.printable = true;
  return made;
}

// Every kind of message once, in the order of the document.
std::vector<std::pair<std::string, Message>> all() {
  std::vector<std::pair<std::string, Message>> out;
  const auto add = [&](std::string title, Message message) {
    out.emplace_back(std::move(title), std::move(message));
  };
  add("status, online", status(kNames, kRunning, Presence::start, kNow));
  add("status, the last will", status(kNames, kRunning, Presence::lost, std::nullopt));
  add("status, a clean stop", status(kNames, kRunning, Presence::shutdown, kNow));

  DeviceMeta meta_facts;
  meta_facts.id = "cam-cong-ap-1";
  meta_facts.name = "Camera cổng ấp 1";
  meta_facts.kind = Kind::camera;
  meta_facts.place = "cong-ap-1";
  meta_facts.place_name = "Cổng ấp 1";
  meta_facts.hamlet = "ap-1";
  meta_facts.hamlet_name = "Ấp 1";
  meta_facts.parent = "sw-ap-1";
  meta_facts.contractor = "vnpt";
  meta_facts.driver = "rtsp";
  meta_facts.point = "nvr-ca-xa";
  meta_facts.key = "3";
  add("meta", meta(kNames, meta_facts));

  add("state, down", state(kNames, camera_down()));
  DeviceFacts warned = camera_down();
  warned.live.standing = up();
  warned.live.standing.warnings = {reason_id("certificate-expiring")};
  warned.live.device_path = warned.live.monitor_path = Outcome::ok;
  warned.live.checks = {{Rung::reachable, Outcome::ok, ReasonId::none, {}, 1'830}};
  warned.live.failing = 1;
  warned.live.provisional = reason_id("no-video");
  warned.words.clear();
  warned.maintenance =
      Maintenance{{kNow - 600'000, kNow + 600'000}, kNow - 86'400'000, 0, "cán bộ kỹ thuật xã", "thay nguồn"};
  add("state, under maintenance", state(kNames, warned));

  add("availability of the month", availability(kNames, "cam-cong-ap-1", Window::month, figure(), true));
  Availability thin = figure();
  thin.printable = false;
  thin.coverage = Figure{4210};
  thin.low = Figure{4100};
  thin.high = Figure{9890};
  add("availability of a day that was hardly observed",
      availability(kNames, "cam-cong-ap-1", Window::day, thin, false));

  add("event, a change", event_of(change()));
  add("event, a blip, sent after the connection came back",
      event_of(BlipEntry{"cam-cong-ap-1", at(kNow - 40'000), at(kNow), reason_id("no-video"), 2}, true));
  add("event, an incident", event_of(IncidentEntry{812, true, "sw-ap-1", "", Cause::device,
                                                   reason_id("host-unreachable"), at(kNow)}));

  Summary facts;
  facts.at = kNow;
  facts.kinds = {{Kind::access_point, 8, 8, 1, 0, 0, 0}, {Kind::camera, 12, 9, 0, 2, 1, 0}};
  facts.open_incidents = 2;
  facts.alarms = {{"store", "KHÔNG GHI ĐƯỢC SỔ THEO DÕI / the log cannot be written"}};
  add("summary", summary(kNames, facts));
  add("checkpoint",
      checkpoint(
          kNames, 812,
          "commune-watch/tan-phu-28xxx/gw1\n812\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— "
          "commune-watch/tan-phu-28xxx/gw1 "
          "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"));

  Health health;
  health.uptime = 86'400'000;
  health.version = "0.1.0";
  health.devices = 27;
  health.readings = 38'880;
  health.questions = 38'881;
  health.records = 813;
  health.mqtt_connected = true;
  add("metrics", metrics(kNames, health, kNow));

  Names simulated = kNames;
  simulated.simulated = true;
  add("status of a simulation", status(simulated, kRunning, Presence::start, kNow));
  return out;
}

std::string golden_text() {
  std::string out;
  for (const auto& [title, message] : all()) {
    out += "# " + title + "\n" + message.topic + (message.retained ? " retained" : "") + " QoS " +
           std::to_string(message.qos) + "\n" + message.payload + "\n\n";
  }
  return out;
}

std::string read(const std::string& path) {
  std::ifstream file{path};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Topics, AnEventIdBearsTheEpochOfItsRecord) {
  auto names = kNames;
  names.epochs = {{40, "11111111"}, {90, "22222222"}};
  EXPECT_EQ(event_id(names, 39), "gw1-0a1b2c3d-39");
  EXPECT_EQ(event_id(names, 40), "gw1-11111111-40");
  EXPECT_EQ(event_id(names, 1'000), "gw1-22222222-1000");
}

TEST(Topics, EveryMessageIsWhatTheGoldenFileSays) {
  if (std::getenv("CW_WRITE_GOLDEN") != nullptr) std::ofstream{kGolden} << golden_text();
  EXPECT_EQ(golden_text(), read(kGolden));
}

TEST(Topics, TheDocumentShowsTheGoldenMessagesAndNoOthers) {
  std::map<std::string, std::string> shown;  // title -> topic line and payload
  std::istringstream document{read(kDocument)};
  std::string line, title, topic;
  while (std::getline(document, line)) {
    if (line.starts_with("#### ")) title = line.substr(5);
    if (line.starts_with("`commune-watch/v1/"))
      topic = line.substr(1, line.rfind('`') - 1) + line.substr(line.rfind('`') + 1);
    if (line != "```json") continue;
    std::string block;
    while (std::getline(document, line) && line != "```") block += line + "\n";
    shown[title] = topic + "\n" + Json::parse(block).dump();
  }
  std::map<std::string, std::string> golden;
  std::istringstream file{read(kGolden)};
  while (std::getline(file, line)) {
    if (!line.starts_with("# ")) continue;
    std::string payload;
    std::getline(file, topic);
    std::getline(file, payload);
    golden[line.substr(2)] = topic + "\n" + Json::parse(payload).dump();
  }
  ASSERT_GE(golden.size(), 14U);
  EXPECT_EQ(shown, golden);
}

TEST(Topics, EveryPayloadIsOneLineOfJsonWithAVersion) {
  for (const auto& [title, message] : all()) {
    const Json json = Json::parse(message.payload, nullptr, false);
    ASSERT_TRUE(json.is_object()) << title;
    EXPECT_EQ(json.value("v", 0), 1) << title;
    EXPECT_EQ(message.payload.find('\n'), std::string::npos) << title;
  }
}

TEST(Topics, InstantsStandTwiceAndAgree) {
  const Json json = Json::parse(state(kNames, camera_down()).payload);
  EXPECT_EQ(json["since"], utc_text(json["since_ms"].get<Millis>()));
}

TEST(Topics, AnIdOfAnOldRecordCannotReachOtherTopics) {
  ChangeEntry entry = change();
  entry.device = "cam/+/#\xC3\xA1";
  const Message message = event_of(entry);
  EXPECT_EQ(message.topic, "commune-watch/v1/tan-phu-28xxx/gw1/dev/cam______/event");
  for (const char c : message.topic) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
}

TEST(Topics, WordsOfADeviceStayValidJsonWhateverTheyAre) {
  DeviceFacts facts = camera_down();
  facts.words = "a\"b\\c\x01\x7F\xC3\x28\xED\xA0\x80 \xF0\x9F\x93\xB7 ấp";
  const Json json = Json::parse(state(kNames, facts).payload);
  EXPECT_EQ(json["words"],
            "a\"b\\c\x01\x7F\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD \xF0\x9F\x93\xB7 ấp");
}

TEST(Topics, WhetherACameraIsRecordedIsToldWhereItIsKnown) {
  ChangeEntry change{"cam-cong-ap-1", at(kNow), at(kNow - 60'000), up(), up(), "", 3, ""};
  change.to.recorded = Recorded::yes;
  EXPECT_THAT(event_of(change).payload,
              AllOf(HasSubstr(R"("root":null,"recorded":"yes")"), Not(HasSubstr(R"("recorded":"unknown")"))));
  std::swap(change.from, change.to);
  EXPECT_THAT(event_of(change).payload, HasSubstr(R"("reason":null,"recorded":"yes","since")"));
  DeviceFacts facts = camera_down();
  EXPECT_THAT(state(kNames, facts).payload, Not(HasSubstr("recorded")));
  facts.live.standing.recorded = Recorded::no;
  EXPECT_THAT(state(kNames, facts).payload, HasSubstr(R"("recorded":"no")"));
}

TEST(Topics, MaintenanceIsWhatPeopleReadAndTheObservationStaysBesideIt) {
  DeviceFacts facts = camera_down();
  facts.maintenance = Maintenance{{0, 1}, 0, 0, "a", "b"};
  const Json json = Json::parse(state(kNames, facts).payload);
  EXPECT_EQ(json["state"], "maintenance");
  EXPECT_EQ(json["observed"], "down");
  EXPECT_EQ(json["reason"], "no-video");
}

TEST(Topics, AThinlyObservedPeriodHasBoundsAndNoFigure) {
  Availability thin = figure();
  thin.printable = false;
  const Json json = Json::parse(availability(kNames, "x", Window::day, thin, true).payload);
  EXPECT_FALSE(json.contains("corrected"));
  EXPECT_TRUE(json["a_conn"].is_null());
  EXPECT_TRUE(json["a_dev"].is_null());
  EXPECT_EQ(json["low"], "97.63");
}

TEST(Topics, ACorrectedFigureStandsBesideTheOtherAndNeverInItsPlace) {
  Availability other = figure();
  other.connected = Figure{9'999};
  other.totals.down = 7;
  const Json json = Json::parse(availability(kNames, "x", Window::day, figure(), true, other).payload);
  EXPECT_EQ(json["a_conn"], "99.28");
  EXPECT_EQ(json["D"], 18'000'000);
  EXPECT_EQ(json["corrected"]["a_conn"], "99.99");
  EXPECT_EQ(json["corrected"]["D"], 7);
  EXPECT_EQ(json["corrected"]["printable"], true);
}

TEST(Topics, FiguresKeepTwoPlaces) {
  Availability exact = figure();
  exact.connected = Figure{10'000};
  exact.device = Figure{7};
  const Json json = Json::parse(availability(kNames, "x", Window::day, exact, true).payload);
  EXPECT_EQ(json["a_conn"], "100.00");
  EXPECT_EQ(json["a_dev"], "0.07");
}

TEST(Topics, SimulationsSaySoInEveryPayload) {
  Names names = kNames;
  names.simulated = true;
  const std::vector<Message> messages{status(names, kRunning, Presence::lost, std::nullopt),
                                      meta(names, {}),
                                      state(names, camera_down()),
                                      availability(names, "x", Window::day, figure(), false),
                                      summary(names, {}),
                                      metrics(names, {}, 0),
                                      checkpoint(names, 1, "x"),
                                      **event(names, record(1, change()), utc, false)};
  for (const Message& message : messages) {
    const Json json = Json::parse(message.payload);
    EXPECT_EQ(json["simulated"], true) << message.topic;
    EXPECT_EQ(json["note"], "DỮ LIỆU MÔ PHỎNG – KHÔNG CÓ GIÁ TRỊ") << message.topic;
  }
  EXPECT_EQ(Json::parse(state(kNames, camera_down()).payload).count("simulated"), 0U);
}

TEST(Topics, AnInstantOfABootWithoutClockIsAbsentNotWrong) {
  ChangeEntry entry = change();
  entry.at = {9, 5};
  const Json json = Json::parse(event_of(entry).payload);
  EXPECT_TRUE(json["at"].is_null());
  EXPECT_TRUE(json["at_ms"].is_null());
}

TEST(Topics, TheDarkPlaceIsNamedWhereNoDeviceIsToBlame) {
  const Message message =
      event_of(IncidentEntry{812, true, "", "nvh-ap-1", Cause::mains, reason_id("mains-lost"), at(kNow)});
  EXPECT_EQ(message.topic, "commune-watch/v1/tan-phu-28xxx/gw1/place/nvh-ap-1/event");
}

TEST(Topics, RecordsThatAreNobodysEventMakeNoMessage) {
  const Result<std::optional<Message>> made = event(kNames, record(0, StopEntry{"stop"}), utc, false);
  ASSERT_TRUE(made.has_value());
  EXPECT_FALSE(made->has_value());
}

TEST(Topics, ARecordThatCannotBeReadIsAFailure) {
  const Record damaged{812, at(kNow), LogKind::change, DeviceId{7}, "{\"device\":"};
  const Result<std::optional<Message>> made = event(kNames, damaged, utc, false);
  ASSERT_FALSE(made.has_value());
  EXPECT_THAT(made.error().why, testing::HasSubstr("812"));
}

}  // namespace
}  // namespace commune_watch::publish
