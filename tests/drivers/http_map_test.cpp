// The http-map driver: maps of the shipped kinds over answers written from the platforms' own documents.
#include "drivers/monitoring_point/http_map.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/visit.hpp"

namespace commune_watch {
namespace {

using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr Millis kNow = 1'790'000'000'000;

HttpMap map(OptionTexts texts) {
  const Options options(std::move(texts));
  return map_of(options, options.text("format", "json"));
}

// "a:on b:off c:?", recorded ones with an R or r behind.
std::string seen(const std::optional<std::vector<RecorderChannel>>& channels) {
  if (!channels) return "no list";
  std::string text;
  for (const RecorderChannel& each : *channels) {
    text.append(text.empty() ? "" : " ").append(each.key).append(":");
    text.append(!each.online ? "?" : *each.online ? "on" : "off");
    if (each.recording) text.append(*each.recording ? "R" : "r");
  }
  return text;
}

TEST(HttpMapRead, AJsonListOfItems) {
  const auto paths = map(
      {{"list", "/items"}, {"key", "/name"}, {"state", "/ready"}, {"online", "true"}, {"offline", "false"}});
  EXPECT_EQ(
      seen(read_map(
          R"({"itemCount":3,"items":[{"name":"cong","ready":true},{"name":"cho","ready":false},{"name":"san"}]})",
          paths, kNow)),
      "cong:on cho:off san:?");
  for (const char* other : {"", "x", "[]", "{}", R"({"items":7})", R"({"items":[)"})
    EXPECT_EQ(seen(read_map(other, paths, kNow)), "no list") << other;
  EXPECT_EQ(seen(read_map(R"({"items":[]})", paths, kNow)), "") << "an empty list is a list";
  EXPECT_EQ(seen(read_map(R"({"items":[{"name":{}},{"ready":true},{"name":"a","ready":[1]}]})", paths, kNow)),
            "a:?");
}

TEST(HttpMapRead, AnObjectsMembersUnderTheirNamesAndANumberThatDecides) {
  const auto frigate =
      map({{"list", "/cameras"}, {"key", "@name"}, {"state", "/camera_fps"}, {"online_from", "1"}});
  EXPECT_EQ(
      seen(read_map(
          R"({"cameras":{"cong":{"camera_fps":5.1},"cho":{"camera_fps":0.0},"san":{"camera_fps":0.9},"x":{}}})",
          frigate, kNow)),
      "cho:off cong:on san:off x:?");
}

TEST(HttpMapRead, AWordThatTheMapDoesNotKnowSaysNothing) {
  const auto zoneminder = map({{"list", "/monitors"},
                               {"key", "/Monitor/Id"},
                               {"state", "/Monitor_Status/Status"},
                               {"online", "Connected"},
                               {"offline", "NotRunning\nSignal"}});
  EXPECT_EQ(seen(read_map(R"({"monitors":[{"Monitor":{"Id":"1"},"Monitor_Status":{"Status":"Connected"}},)"
                          R"({"Monitor":{"Id":"2"},"Monitor_Status":{"Status":"NotRunning"}},)"
                          R"({"Monitor":{"Id":"3"},"Monitor_Status":{"Status":null}},)"
                          R"({"Monitor":{"Id":"4"},"Monitor_Status":{"Status":"Dreaming"}}]})",
                          zoneminder, kNow)),
            "1:on 2:off 3:? 4:?");
}

TEST(HttpMapRead, LastSeenTooLongAgoIsOffline) {
  const auto platform = map({{"list", ""}, {"key", "/id"}, {"seen", "/at"}, {"seen_within", "300000"}});
  EXPECT_EQ(
      seen(read_map(
          R"([{"id":"a","at":"2026-09-21T14:10:00Z"},{"id":"b","at":1789999000},{"id":"c","at":"soon"},{"id":"d"},)"
          R"({"id":"e","at":1789999999000},{"id":"f","at":"2026-09-21T21:13:00+07:00"}])",
          platform, kNow)),
      "a:on b:off c:? d:? e:on f:on");
  EXPECT_EQ(seen(read_map(R"([{"id":"b","at":1}])", platform, std::nullopt)), "b:?") << "no clock, no age";
}

TEST(HttpMapRead, RecordingIsReadWhereTheMapSaysWhere) {
  const auto platform = map({{"list", ""},
                             {"key", "/id"},
                             {"state", "/s"},
                             {"online", "1"},
                             {"recording", "/r"},
                             {"recording_on", "yes"},
                             {"recording_off", "no"}});
  EXPECT_EQ(seen(read_map(R"([{"id":1,"s":1,"r":"yes"},{"id":2,"s":1,"r":"no"},{"id":3,"s":1,"r":"?"}])",
                          platform, kNow)),
            "1:onR 2:onr 3:on");
}

TEST(HttpMapRead, XmlRowsByPathsAndAttributes) {
  const auto platform = map({{"format", "xml"},
                             {"list", "Cameras/Camera"},
                             {"key", "@id"},
                             {"state", "Link/@up"},
                             {"online", "yes"},
                             {"offline", "no"}});
  EXPECT_EQ(seen(read_map("<A xmlns='x'><Cameras><Camera id='1'><Link up='yes'/></Camera><Camera "
                          "id='2'><Link up='no'/></Camera>"
                          "<Camera><Link up='no'/></Camera><Camera id='3'/></Cameras></A>",
                          platform, kNow)),
            "1:on 2:off 3:?");
  EXPECT_EQ(seen(read_map("<A/>", platform, kNow)), "no list");
  EXPECT_EQ(seen(read_map("<!DOCTYPE A><A><Cameras/></A>", platform, kNow)), "no list");
}

TEST(HttpMapRead, LinesOfTextByARegularExpression) {
  const auto motion = map({{"format", "text"},
                           {"list", "Camera (\\d+) (?:Connection )?(OK|Lost connection|NOT RUNNING)"},
                           {"key", "1"},
                           {"state", "2"},
                           {"online", "OK"},
                           {"offline", "Lost connection\nNOT RUNNING"}});
  EXPECT_EQ(seen(read_map("Camera 1 Connection OK\nCamera 2 Lost connection\r\nx\nCamera 3 NOT RUNNING",
                          motion, kNow)),
            "1:on 2:off 3:off");
  EXPECT_EQ(seen(read_map("<html>404</html>", motion, kNow)), "no list")
      << "a page of another kind is no empty list";
}

TEST(HttpMapRead, WhatIsTooDeepOrTooManyIsNoList) {
  const auto any = map({{"list", ""}, {"key", "/a"}, {"state", "/s"}, {"online", "1"}});
  EXPECT_EQ(seen(read_map(std::string(100'000, '['), any, kNow)), "no list");
  EXPECT_EQ(seen(read_map(std::string(100, '[') + std::string(100, ']'), any, kNow)), "no list");
  std::string many = "[";
  for (std::size_t i = 0; i <= kMaxSightings; ++i) many += R"({"a":1},)";
  EXPECT_EQ(seen(read_map(many + "{}]", any, kNow)), "no list");
}

TEST(HttpMapOptions, AMapThatCannotWorkIsRefusedByKey) {
  const OptionTexts good{{"url", "http://192.0.2.30:9997/v3/paths/list"},
                         {"list", "/items"},
                         {"key", "/name"},
                         {"state", "/ready"},
                         {"online", "true"},
                         {"token", "/access_token"}};
  EXPECT_EQ(refusal("http-map", good), "");
  const auto with = [&](const std::string& key, const std::string& value) {
    OptionTexts options = good;
    options[key] = value;
    return refusal("http-map", options);
  };
  EXPECT_THAT(with("list", "items"), StartsWith("list: "));
  EXPECT_THAT(with("format", "yaml"), StartsWith("format: "));
  EXPECT_THAT(with("online", ""), StartsWith("online: "));
  EXPECT_THAT(with("state", ""), StartsWith("state: "));
  EXPECT_THAT(with("seen", "/at"), StartsWith("seen_within: "));
  EXPECT_THAT(with("recording", "/r"), StartsWith("recording_on: "));
  EXPECT_THAT(with("login_path", "login"), StartsWith("login_path: "));
  OptionTexts text = good;
  text["format"] = "text";
  text["list"] = "(a)(b";
  text["key"] = "1";
  text["state"] = "2";
  EXPECT_THAT(refusal("http-map", text), StartsWith("list: "));
  text["list"] = "(a)";
  EXPECT_EQ(refusal("http-map", text), "state: `list` has 1 groups");
}

// ---- visits

Target zoneminder(bool readable = true) {
  Target target = target_of("http-map",
                            {{"url", "http://192.0.2.30/zm/api/monitors.json"},
                             {"list", "/monitors"},
                             {"key", "/Monitor/Id"},
                             {"state", "/Monitor_Status/Status"},
                             {"online", "Connected"},
                             {"login_path", "/zm/api/host/login.json"},
                             {"login_form", "user={username}&pass={password}"},
                             {"token", "/access_token"},
                             {"token_query", "token"}},
                            Login{.username = "xem", .password = "a&b=c", .allow_basic = readable},
                            Kind::monitoring_point);
  target.bound_keys = {"1"};
  return target;
}

TEST(HttpMapVisit, AFormIsSentOnceAndItsTokenIsKept) {
  const auto probe = probe_of(zoneminder());
  ScriptedWire wire = ScriptedWire::from_file("http-map/form-login");
  Finding finding = visit(*probe, wire, question_of(Rung::connected));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok connected:ok");
  EXPECT_EQ(finding.login, LoginUse::accepted);
  EXPECT_EQ(wire.http_requests.at(0).body, "user=xem&pass=a%26b%3Dc");
  finding = visit(*probe, wire, question_of(Rung::connected));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok connected:unknown(monitoring-point-silent)")
      << "the token ran out";
  finding = visit(*probe, wire, question_of(Rung::connected));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok connected:ok");
  EXPECT_THAT(wire.left(), IsEmpty());
}

TEST(HttpMapVisit, ARefusedFormIsReportedAndNotRepeated) {
  ScriptedWire wire = ScriptedWire::from_file("http-map/form-refused");
  const Finding finding = visit(zoneminder(), wire, question_of(Rung::connected));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok connected:unknown(bad-password)");
  EXPECT_EQ(finding.login, LoginUse::refused);
  EXPECT_THAT(wire.left(), IsEmpty());
}

TEST(HttpMapVisit, NoFormIsSentReadableUnlessTheLoginSaysSoNorWithoutPermission) {
  for (const bool readable : {false, true}) {
    ScriptedWire wire = ScriptedWire::from_file("http-map/no-form");
    const Finding finding = visit(zoneminder(readable), wire, question_of(Rung::connected, !readable));
    EXPECT_EQ(ladder(finding), std::string("reachable:ok answering:ok connected:unknown(") +
                                   (readable ? "login-blocked)" : "basic-refused)"));
    for (const HttpRequest& request : wire.http_requests) {
      EXPECT_EQ(request.body, "");
      EXPECT_FALSE(request.login);
    }
  }
}

}  // namespace
}  // namespace commune_watch
