// The dahua-nvr driver: CGI answers as literals, and visits on written dialogues.
#include "drivers/monitoring_point/dahua.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/visit.hpp"

namespace commune_watch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// "1:on 2:off(channel-off) 3:?"
std::string seen(const std::optional<std::vector<RecorderChannel>>& channels) {
  if (!channels) return "no list";
  std::string text;
  for (const RecorderChannel& each : *channels) {
    text.append(text.empty() ? "" : " ").append(each.key).append(":");
    text.append(!each.online ? "?" : *each.online ? "on" : "off");
    if (each.why != ReasonId::none) text.append("(").append(reason(each.why).code).append(")");
  }
  return text;
}

TEST(DahuaRead, StatesAreJsonOrLinesAndCountFromNought) {
  EXPECT_EQ(
      seen(dahua::read_states(
          R"({"states":[{"channel":1,"connectionState":"Unconnect"},{"channel":0,"connectionState":"Connected"},)"
          R"({"channel":2,"connectionState":"Dreaming"},{"channel":3},{"channel":4,"connectionState":"Empty"}]})")),
      "1:on 2:off 3:? 4:? 5:off(channel-off)");
  EXPECT_EQ(seen(dahua::read_states("states[0].channel=0\r\nstates[0].connectionState=Connected\r\n"
                                    "states[1].channel=7\r\nstates[1].connectionState=ConnectFailed\r\n")),
            "1:on 8:off");
  for (const char* other : {"", "Error\r\nBad Request!", "{}", "[]", R"({"states":3})", "<html>", "a=b"})
    EXPECT_EQ(seen(dahua::read_states(other)), "no list") << other;
  EXPECT_EQ(
      seen(dahua::read_states(
          R"({"states":[{"channel":-1,"connectionState":"Connected"},{"channel":99999,"connectionState":"Connected"},7]})")),
      "");
}

TEST(DahuaRead, ChannelsWithoutPictureWhereStatesAreNotKnown) {
  const std::string titles = "table.ChannelTitle[0].Name=Cong\r\ntable.ChannelTitle[1].Name=Cho\r\n";
  EXPECT_EQ(seen(dahua::read_titles(titles, "channels[0]=1\r\n")), "1:on 2:off(no-signal)");
  EXPECT_EQ(seen(dahua::read_titles(titles, "Error: No Events\r\n")), "1:on 2:on");
  EXPECT_EQ(seen(dahua::read_titles(titles, "")), "no list") << "silence is not 'none lost'";
  EXPECT_EQ(seen(dahua::read_titles("Error\r\n", "Error: No Events")), "no list");
}

TEST(DahuaRead, LinesAreCappedAndErrorsAreNoLines) {
  EXPECT_FALSE(dahua::read_values("Error\r\nBad Request!\r\n"));
  EXPECT_FALSE(dahua::read_values("=x\n"));
  std::string many;
  for (int i = 0; i < 70'000; ++i) many.append("a").append(std::to_string(i)).append("=1\n");
  EXPECT_FALSE(dahua::read_values(many));
  const auto values = dahua::read_values("a=1\r\nb=" + std::string(1'000, 'x') + "\na=2\n");
  ASSERT_TRUE(values);
  EXPECT_EQ(values->at("a"), "1");
  EXPECT_EQ(values->at("b").size(), 256U);
}

TEST(DahuaRead, DisksClockFilesAndModes) {
  const auto values = dahua::read_values(
      "list.info[0].State=Success\r\nlist.info[0].Detail[0].IsError=false\r\nlist.info[0].Detail[1].IsError="
      "true\r\n"
      "list.info[1].State=Fail\r\nlist.info[1].Detail[0].IsError=false\r\n");
  EXPECT_EQ(dahua::read_disks(*values).good, 1);
  EXPECT_EQ(dahua::read_disks(*values).bad, 2);
  EXPECT_EQ(dahua::read_clock(*dahua::read_values("result=2026-1-2 3:04:05")),
            std::optional<Millis>(1'767'323'045'000));
  EXPECT_EQ(dahua::read_clock(*dahua::read_values("result=soon")), std::nullopt);
  const auto files = dahua::read_files(*dahua::read_values(
      "found=2\r\nitems[0].StartTime=2026-01-02 02:00:00\r\nitems[0].EndTime=2026-01-02 03:00:00\r\n"
      "items[1].StartTime=2026-01-02 01:00:00\r\nitems[1].EndTime=2026-01-02 02:00:00\r\n"));
  EXPECT_EQ(files.first, std::optional<Millis>(1'767'315'600'000));
  EXPECT_EQ(files.last, std::optional<Millis>(1'767'322'800'000));
  EXPECT_THAT(
      dahua::read_never(*dahua::read_values(
          "table.RecordMode[0].Mode=0\ntable.RecordMode[2].Mode=2\ntable.RecordMode[2].ModeExtra1=2\n")),
      ElementsAre("3"));
}

TEST(DahuaRead, CamerasBehindTheChannels) {
  std::vector<RecorderChannel> channels{{.key = "1"}, {.key = "2"}};
  dahua::read_cameras(
      *dahua::read_values("camera[0].UniqueChannel=1\r\ncamera[0].DeviceInfo.Address=192.0.2.22\r\n"
                          "camera[0].DeviceInfo.SerialNo=ABC\r\ncamera[1].UniqueChannel=99\r\n"
                          "camera[1].DeviceInfo.Address=192.0.2.99\r\n"),
      channels);
  EXPECT_EQ(channels[0].address, "");
  EXPECT_EQ(channels[1].address, "192.0.2.22");
  EXPECT_EQ(channels[1].serial, "ABC");
}

// ---- visits

Target recorder() {
  Target target = target_of("dahua-nvr", {{"url", "http://192.0.2.11/"}, {"utc_offset_minutes", "420"}},
                            Login{.username = "monitor", .password = "xem-thoi-9"}, Kind::monitoring_point);
  target.bound_keys = {"1", "2"};
  return target;
}

std::string told(const Finding& finding) {
  std::string text;
  for (const Sighting& each : finding.sightings) {
    const Check& check = each.checks.at(0);
    text.append(text.empty() ? "" : " ").append(each.key).append(":").append(code(check.outcome));
    if (check.reason != ReasonId::none) text.append("(").append(reason(check.reason).code).append(")");
  }
  return text;
}

TEST(Dahua, TellsOfAllChannelsAndDestroysItsSearch) {
  ScriptedWire wire = ScriptedWire::from_file("dahua/two-channels");
  const Finding finding = visit(recorder(), wire, question_of(Rung::connected));
  EXPECT_THAT(wire.left(), IsEmpty());
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok connected:ok");
  EXPECT_EQ(told(finding), "1:ok 2:failed(offline-on-monitor)");
  EXPECT_EQ(fact(finding.sightings.at(0).facts, FactId::recording), 1);
  EXPECT_EQ(warnings(finding), "");
  EXPECT_EQ(fact(finding.facts, FactId::clock_off_ms), 0);
}

TEST(Dahua, OlderFirmwareIsAskedItsOwnWayAndTheWayIsKept) {
  const auto probe = probe_of(recorder());
  ScriptedWire wire = ScriptedWire::from_file("dahua/old-firmware");
  EXPECT_EQ(told(visit(*probe, wire, question_of(Rung::connected))),
            "1:ok(not-recording) 2:failed(no-signal)");
  EXPECT_EQ(told(visit(*probe, wire, question_of(Rung::connected))),
            "1:ok(not-recording) 2:failed(no-signal)");
  EXPECT_THAT(wire.left(), IsEmpty());
}

TEST(Dahua, ARefusedLoginIsTriedOnceAndNothingIsBlamed) {
  ScriptedWire wire = ScriptedWire::from_file("dahua/wrong-password");
  const Finding finding = visit(recorder(), wire, question_of(Rung::connected));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok connected:unknown(bad-password)");
  EXPECT_EQ(finding.login, LoginUse::refused);
  EXPECT_THAT(wire.left(), IsEmpty());
}

TEST(Dahua, OptionsAreChecked) {
  EXPECT_EQ(refusal("dahua-nvr", {{"url", "http://192.0.2.11/"}}), "");
  EXPECT_THAT(refusal("dahua-nvr", {{"url", "http://192.0.2.11/cgi-bin"}}), StartsWith("url: "));
  EXPECT_THAT(refusal("dahua-nvr", {{"url", "http://192.0.2.11/"}, {"utc_offset_minutes", "2000"}}),
              StartsWith("utc_offset_minutes: "));
}

}  // namespace
}  // namespace commune_watch
