// The hikvision-nvr driver: ISAPI answers as literals, and visits on written dialogues.
#include "drivers/monitoring_point/hikvision.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/visit.hpp"

namespace commune_watch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Millis kMinute = 60'000, kHour = 60 * kMinute;

std::string status_list(const std::string& rows) {
  return "<?xml version=\"1.0\"?><InputProxyChannelStatusList "
         "xmlns=\"http://www.hikvision.com/ver20/XMLSchema\">" +
         rows + "</InputProxyChannelStatusList>";
}

std::string row(const std::string& id, const std::string& more) {
  return "<InputProxyChannelStatus><id>" + id + "</id>" + more + "</InputProxyChannelStatus>";
}

// ---- reading

TEST(HikvisionRead, AChannelIsOnlineOfflineOrNotSaid) {
  const auto channels = hikvision::read_status(
      status_list(row("1", "<online>true</online><chanDetectResult>connect</chanDetectResult>") +
                  row("2", "<online>false</online><chanDetectResult>netUnreachable</chanDetectResult>") +
                  row("3", "") + row("4", "<online>maybe</online>")));
  ASSERT_TRUE(channels && channels->size() == 4);
  EXPECT_EQ((*channels)[0].online, std::optional(true));
  EXPECT_EQ((*channels)[1].online, std::optional(false));
  EXPECT_EQ((*channels)[1].words, "netUnreachable");
  EXPECT_EQ((*channels)[2].online, std::nullopt) << "a missing field is no opinion";
  EXPECT_EQ((*channels)[3].online, std::nullopt);
}

TEST(HikvisionRead, EveryNamespaceAndPrefixMeansTheSame) {
  for (const char* body :
       {"<InputProxyChannelStatusList xmlns=\"urn:psialliance-org\"><InputProxyChannelStatus><id>7</id>"
        "<online>true</online></InputProxyChannelStatus></InputProxyChannelStatusList>",
        "<h:InputProxyChannelStatusList "
        "xmlns:h=\"http://www.isapi.org/ver20/XMLSchema\"><h:InputProxyChannelStatus>"
        "<h:id> 7 "
        "</h:id><h:online>TRUE</h:online></h:InputProxyChannelStatus></h:InputProxyChannelStatusList>"}) {
    const auto channels = hikvision::read_status(body);
    ASSERT_TRUE(channels && channels->size() == 1) << body;
    EXPECT_EQ(channels->front().key, "7");
    EXPECT_EQ(channels->front().online, std::optional(true));
  }
}

TEST(HikvisionRead, TheRecordersOwnTroubleWithACameraIsNamed) {
  const auto why = [](const std::string& result) {
    const auto channels = hikvision::read_status(
        status_list(row("1", "<online>false</online><chanDetectResult>" + result + "</chanDetectResult>")));
    return channels->front().why == ReasonId::none ? std::string_view("none")
                                                   : reason(channels->front().why).code;
  };
  EXPECT_EQ(why("errorUserNameOrPasswd"), "recorder-login");
  EXPECT_EQ(why("userLocked"), "recorder-login");
  EXPECT_EQ(why("ipAddrConflicWithIpc"), "address-conflict");
  EXPECT_EQ(why("overSysBandwidth"), "recorder-cannot-show");
  EXPECT_EQ(why("somethingOfNextYear"), "none") << "an unknown word has no opinion of its own";
}

TEST(HikvisionRead, WhatIsNotAChannelListIsNotRead) {
  std::string many;
  for (std::size_t i = 0; i <= kMaxSightings; ++i) many += row(std::to_string(i), "<online>true</online>");
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<a>";
  for (const std::string& body :
       {std::string(), std::string("x"), std::string("<html/>"), std::string("{}"), status_list(many),
        "<!DOCTYPE x [<!ENTITY e \"e\">]>" + status_list(row("1", "<online>true</online>")), deep,
        std::string("<InputProxyChannelStatusList><InputProxyChannelStatus>")})
    EXPECT_FALSE(hikvision::read_status(body)) << body.substr(0, 60);
}

TEST(HikvisionRead, AnAnalogueInputWithoutVideoIsOffline) {
  const auto channels = hikvision::read_inputs(
      "<VideoInputChannelList><VideoInputChannel><id>1</id><resDesc>1080P25</resDesc></VideoInputChannel>"
      "<VideoInputChannel><id>2</id><resDesc>NO VIDEO</resDesc></VideoInputChannel>"
      "<VideoInputChannel><id>3</id></VideoInputChannel></VideoInputChannelList>");
  ASSERT_TRUE(channels && channels->size() == 3);
  EXPECT_EQ((*channels)[0].online, std::optional(true));
  EXPECT_EQ((*channels)[1].online, std::optional(false));
  EXPECT_EQ(reason((*channels)[1].why).code, "no-signal");
  EXPECT_EQ((*channels)[2].online, std::nullopt);
}

TEST(HikvisionRead, AClocksZoneStandsInItsTimeOrBesideIt) {
  const auto utc = [](const std::string& local, const std::string& zone) {
    return hikvision::read_clock("<Time><localTime>" + local + "</localTime><timeZone>" + zone +
                                 "</timeZone></Time>")
        ->utc;
  };
  constexpr Millis kSeven = 1'795'330'800'000;  // 2026-11-22T07:00:00Z
  EXPECT_EQ(utc("2026-11-22T14:00:00+07:00", "CST-7:00:00"), kSeven);
  EXPECT_EQ(utc("2026-11-22T14:00:00", "CST-7:00:00"), kSeven);
  EXPECT_EQ(utc("2026-11-22T14:00:00Z", "CST-7:00:00"), kSeven) << "its Z is its wall clock";
  EXPECT_EQ(utc("2026-11-22T03:30:00", "NST3:30:00"), std::nullopt) << "no sign, no opinion";
  EXPECT_EQ(hikvision::read_clock("<Time><localTime>2026-13-22T14:00:00</localTime></Time>").has_value(),
            false);
  EXPECT_EQ(hikvision::read_clock("<Time/>").has_value(), false);
}

TEST(HikvisionRead, DisksThatDoNotExistAreGhostsAndFullOnesAreHealthy) {
  const auto disks = hikvision::read_disks(
      "<storage><hddList><hdd><hddName>hdd1</hddName><status>ok</status><freeSpace>0</freeSpace></hdd>"
      "<hdd><hddName>hdd2</hddName><status>notexist</status></hdd>"
      "<hdd><hddName>hdd3</hddName><status>error</status></hdd></hddList>"
      "<nasList><nas><status>sleep</status></nas></nasList></storage>");
  ASSERT_TRUE(disks);
  EXPECT_EQ(disks->good, 2);
  EXPECT_EQ(disks->bad, 1);
  EXPECT_EQ(disks->words, "hdd3: error");
  EXPECT_FALSE(hikvision::read_disks("<storage/>")) << "no list is no news";
}

TEST(HikvisionRead, ASearchTellsTheNewestEnd) {
  const auto matches = hikvision::read_matches(
      "<CMSearchResult><responseStatus>true</responseStatus><responseStatusStrg>OK</responseStatusStrg>"
      "<numOfMatches>2</numOfMatches><matchList>"
      "<searchMatchItem><timeSpan><startTime>2026-11-22T13:00:00Z</startTime><endTime>2026-11-22T13:58:00Z</"
      "endTime>"
      "</timeSpan></searchMatchItem>"
      "<searchMatchItem><timeSpan><endTime>2026-11-22T13:20:00Z</endTime></timeSpan></searchMatchItem>"
      "</matchList></CMSearchResult>");
  ASSERT_TRUE(matches);
  EXPECT_EQ(matches->newest, std::optional<Millis>(1'795'330'800'000 + 7 * kHour - 2 * kMinute));
  const auto none = hikvision::read_matches(
      "<CMSearchResult><responseStatus>false</responseStatus><responseStatusStrg>NO "
      "MATCHES</responseStatusStrg>"
      "</CMSearchResult>");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->newest, std::nullopt);
  EXPECT_FALSE(hikvision::read_matches("<CMSearchResult><numOfMatches>3</numOfMatches></CMSearchResult>"))
      << "it found some and does not say when";
  EXPECT_FALSE(hikvision::read_matches("<ResponseStatus><statusCode>4</statusCode></ResponseStatus>"));
}

TEST(HikvisionRead, ASearchAsksInTheRecordersOwnDays) {
  const std::string body =
      hikvision::search_for("3", 1'795'330'800'000 - 90 * kMinute, 1'795'330'800'000, false);
  EXPECT_NE(body.find("<trackID>301</trackID>"), std::string::npos);
  EXPECT_NE(body.find("<startTime>2026-11-22T05:30:00Z</startTime><endTime>2026-11-22T07:00:00Z</endTime>"),
            std::string::npos);
  EXPECT_NE(body.find("<searchResultPosition>"), std::string::npos);
  EXPECT_NE(hikvision::search_for("3", 0, 0, true).find("<searchResultPostion>"), std::string::npos);
}

TEST(HikvisionRead, MonthsGoBackOverTheYearAndLeapDays) {
  constexpr Millis kDay = 24 * kHour;
  const Millis january = 1'798'848'000'000;  // 2027-01-02
  EXPECT_EQ(hikvision::month_of(january),
            "<trackDailyParam><year>2027</year><monthOfYear>1</monthOfYear></trackDailyParam>");
  EXPECT_EQ(hikvision::month_of(hikvision::month_before(january)),
            "<trackDailyParam><year>2026</year><monthOfYear>12</monthOfYear></trackDailyParam>");
  const Millis leap = 1'835'308'800'000;  // 2028-02-28
  EXPECT_EQ(hikvision::month_of(leap + kDay),
            "<trackDailyParam><year>2028</year><monthOfYear>2</monthOfYear></trackDailyParam>");
  EXPECT_EQ(hikvision::month_of(leap + 2 * kDay),
            "<trackDailyParam><year>2028</year><monthOfYear>3</monthOfYear></trackDailyParam>");
}

TEST(HikvisionRead, RecordedDaysAndModes) {
  const auto days = hikvision::read_days(
      "<trackDailyDistribution><dayList><day><dayOfMonth>2</dayOfMonth><record>true</record></day>"
      "<day><dayOfMonth>1</dayOfMonth><record>true</record></day><day><dayOfMonth>3</"
      "dayOfMonth><record>false</record></day>"
      "<day><dayOfMonth>99</dayOfMonth><record>true</record></day></dayList></trackDailyDistribution>");
  ASSERT_TRUE(days);
  EXPECT_THAT(*days, ElementsAre(1, 2));
  using hikvision::Mode;
  EXPECT_THAT(
      hikvision::read_tracks("<TrackList><Track><id>101</id><Enable>false</Enable><ActionRecordingMode>CMR</"
                             "ActionRecordingMode></Track>"
                             "<Track><id>201</id><ActionRecordingMode>MOTION</ActionRecordingMode></Track>"
                             "<Track><id>301</id><ActionRecordingMode>CMR</"
                             "ActionRecordingMode><enableSchedule>false</enableSchedule></Track>"
                             "<Track><id>102</id></Track></TrackList>"),
      ElementsAre(std::pair<std::string, Mode>("1", Mode::always),
                  std::pair<std::string, Mode>("2", Mode::on_event),
                  std::pair<std::string, Mode>("3", Mode::off)));
}

// ---- what a recorder's channels are to its cameras

TEST(Recorder, AKeyIsAChannelsNumberElseAnAddressElseASerial) {
  const std::vector<RecorderChannel> channels{
      {.key = "1", .address = "192.0.2.21", .serial = "A1", .online = true},
      {.key = "2", .address = "192.0.2.22", .serial = "B2", .online = false}};
  const auto seen = sightings(channels, {"1", "192.0.2.22", "B2", "9"}, 0);
  std::vector<std::string> keys;
  for (const Sighting& each : seen) keys.push_back(each.key);
  EXPECT_THAT(keys, ElementsAre("1", "2", "192.0.2.22", "B2"));
  EXPECT_EQ(seen[2].checks.at(0).outcome, Outcome::failed);
}

TEST(Recorder, ShownButNotRecordedIsUpWithAWarning) {
  const auto seen = sightings({{.key = "1", .online = true, .recording = false},
                               {.key = "2", .online = true, .recording = true, .recorded_days = 12},
                               {.key = "3", .online = false, .recording = false},
                               {.key = "4"}},
                              {}, 30);
  EXPECT_EQ(reason(seen[0].checks.at(0).reason).code, "not-recording");
  EXPECT_EQ(seen[0].checks.at(0).outcome, Outcome::ok);
  EXPECT_EQ(reason(seen[1].checks.at(0).reason).code, "short-retention");
  EXPECT_EQ(fact(seen[1].facts, FactId::recorded_days), 12);
  EXPECT_EQ(reason(seen[2].checks.at(0).reason).code, "offline-on-monitor");
  EXPECT_EQ(seen[3].checks.at(0).outcome, Outcome::unknown);
}

TEST(Recorder, AClockAnHourOffIsAWarningAndAMinuteIsNone) {
  Finding finding;
  note_clock(finding, 1'790'000'060'000, 1'790'000'000'000);
  EXPECT_EQ(warnings(finding), "");
  note_clock(finding, 1'790'003'600'000, 1'790'000'000'000);
  EXPECT_EQ(warnings(finding), "clock-wrong");
  EXPECT_EQ(finding.facts.back(), (Fact{FactId::clock_off_ms, 3'600'000}));
}

// ---- visits

const Login kMonitor{.username = "monitor", .password = "xem-thoi-9"};

Target recorder(OptionTexts more = {}, std::optional<Login> login = kMonitor) {
  more.insert({"url", "https://192.0.2.10/"});
  Target target = target_of("hikvision-nvr", std::move(more), std::move(login), Kind::monitoring_point);
  target.bound_keys = {"1", "2"};
  return target;
}

Finding visited(const std::string& dialogue, const Target& target,
                const Question& question = question_of(Rung::connected)) {
  ScriptedWire wire = ScriptedWire::from_file("hikvision/" + dialogue);
  Finding finding = visit(target, wire, question);
  EXPECT_THAT(wire.left(), IsEmpty()) << dialogue;
  return finding;
}

TEST(Hikvision, TellsOfAllChannelsAndLooksAtRecordingsInTurn) {
  const Finding finding = visited("two-channels", recorder());
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok connected:ok");
  EXPECT_EQ(seen(finding), "1:ok 2:failed(offline-on-monitor)");
  EXPECT_TRUE(finding.complete);
  EXPECT_EQ(finding.login, LoginUse::accepted);
  EXPECT_EQ(fact(finding.facts, FactId::channels), 2);
  EXPECT_EQ(fact(finding.facts, FactId::disks), 1);
  EXPECT_EQ(fact(finding.sightings.at(0).facts, FactId::recording), 1);
  EXPECT_EQ(fact(finding.sightings.at(0).facts, FactId::recorded_ago_s), 120);
  ASSERT_TRUE(finding.identity);
  EXPECT_EQ(finding.identity->serial, "SN0001");
  EXPECT_EQ(warnings(finding), "");
}

TEST(Hikvision, ShowsButDoesNotRecordAndItsClockIsAnHourOff) {
  const Finding finding = visited("not-recording", recorder());
  EXPECT_EQ(seen(finding), "1:ok(not-recording)");
  EXPECT_EQ(warnings(finding), "storage clock-wrong");
}

TEST(Hikvision, AnHourWithoutRecordingSaysNothingUntilTheDayWasAskedFor) {
  const Finding finding = visited("slow-search", recorder());
  EXPECT_EQ(seen(finding), "1:ok");
  EXPECT_EQ(fact(finding.sightings.at(0).facts, FactId::recording), std::nullopt);
}

TEST(Hikvision, ARefusedLoginIsTriedOnceAndNothingIsBlamed) {
  const Finding finding = visited("wrong-password", recorder());
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok connected:unknown(bad-password)");
  EXPECT_EQ(finding.login, LoginUse::refused);
  EXPECT_THAT(finding.sightings, IsEmpty());
}

TEST(Hikvision, ALockedAccountIsNamed) {
  EXPECT_EQ(ladder(visited("locked", recorder())), "reachable:ok answering:ok connected:unknown(locked)");
}

TEST(Hikvision, AnAnalogueRecorderIsAskedForItsInputs) {
  const Finding finding = visited("analogue", recorder());
  EXPECT_EQ(seen(finding), "1:ok 2:failed(no-signal)");
}

TEST(Hikvision, NoLoginIsSentWhereNoneIsPermitted) {
  ScriptedWire wire = ScriptedWire::from_file("hikvision/blocked");
  const Finding finding = visit(recorder(), wire, question_of(Rung::connected, false));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok connected:unknown(login-blocked)");
  for (const HttpRequest& request : wire.http_requests) EXPECT_FALSE(request.login);
}

TEST(Hikvision, OptionsAreChecked) {
  EXPECT_EQ(refusal("hikvision-nvr", {{"url", "https://192.0.2.10/"}}), "");
  EXPECT_THAT(refusal("hikvision-nvr", {{"url", "https://192.0.2.10/ISAPI"}}),
              ::testing::StartsWith("url: "));
  EXPECT_THAT(refusal("hikvision-nvr", {{"url", "https://192.0.2.10/"}, {"min_retention_days", "400"}}),
              ::testing::StartsWith("min_retention_days: "));
}

}  // namespace
}  // namespace commune_watch
