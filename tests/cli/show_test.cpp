// The API's answers as a policeman reads them: state, since when, why; the refusal to print a bare figure.
#include "cli/show.hpp"

#include <gmock/gmock.h>

#include "console/json.hpp"

namespace commune_watch {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr Millis kNow = 1'795'320'000'000;  // 2026-11-22 04:00 UTC, 11:00 in the commune

StatusView one_device(State state, ReasonId reason) {
  StatusView status;
  status.commune_name = "Xã Tân Phú";
  status.now = kNow;
  DeviceView device;
  device.id = "cam-1";
  device.hamlet_name = "Ấp 1";
  device.since = kNow - 60'000;
  device.live.standing.state = state;
  device.live.standing.reason = reason;
  status.devices.push_back(device);
  return status;
}

TEST(Show, ADownDeviceIsShownWithItsReasonInTheReadersLanguage) {
  const auto json = status_json(one_device(State::down, reason_id("no-media")));
  Wording vi;
  EXPECT_THAT(show_status(json, vi), HasSubstr("mất kết nối"));
  EXPECT_THAT(show_status(json, vi), HasSubstr(std::string(reason(reason_id("no-media")).vi)));
  Wording en;
  en.language = Language::en;
  EXPECT_THAT(show_status(json, en), HasSubstr(std::string(reason(reason_id("no-media")).en)));
  EXPECT_FALSE(all_well(json));
}

TEST(Show, AClockThatNobodyVouchesForSaysWhatToDo) {
  const auto json = clock_json({.now = kNow, .wall = kNow - 7'200'000});
  EXPECT_FALSE(time_is_known(json));
  const auto text = show_clock(json, {});
  EXPECT_THAT(text, HasSubstr("CHƯA ĐƯỢC TÍNH"));
  EXPECT_THAT(text, HasSubstr("commune-watch clock confirm"));
  EXPECT_THAT(text, HasSubstr("2026-11-22 09:00:00 (-2 giờ"));
  Wording en;
  en.language = Language::en;
  EXPECT_THAT(show_clock(json, en), HasSubstr("COUNTS FOR NOTHING"));
}

TEST(Show, AClockThatIsTrustedSaysByWhom) {
  ClockView clock{.now = kNow, .wall = kNow, .wall_source = AnchorSource::host, .source = AnchorSource::ntp};
  clock.battery = kNow + 500;
  EXPECT_TRUE(time_is_known(clock_json(clock)));
  const auto text = show_clock(clock_json(clock), {});
  EXPECT_THAT(text, HasSubstr("NTP"));
  EXPECT_THAT(text, HasSubstr("máy chủ giữ giờ"));
  EXPECT_THAT(text, Not(HasSubstr("confirm")));
}

TEST(Show, SinceIsLocalTime) {
  EXPECT_THAT(show_status(status_json(one_device(State::up, ReasonId::none)), {}),
              HasSubstr("2026-11-22 10:59:00"));
}

TEST(Show, AParentsOutageNamesTheParentAndTheDevicesOwnReason) {
  auto status = one_device(State::down, reason_id("parent-down"));
  status.devices[0].root = "sw-1";
  status.devices[0].live.standing.own_reason = reason_id("no-answer");
  const auto text = show_status(status_json(status), {});
  EXPECT_THAT(text, HasSubstr("[sw-1]"));
  EXPECT_THAT(text, HasSubstr(std::string(reason(reason_id("no-answer")).vi)));
}

TEST(Show, AProvisionalFailureIsShownAsBeingRechecked) {
  auto status = one_device(State::up, ReasonId::none);
  status.devices[0].live.failing = 2;
  EXPECT_THAT(show_status(status_json(status), {}), HasSubstr("đang kiểm tra lại 2/3"));
  EXPECT_TRUE(all_well(status_json(status)));
}

TEST(Show, MaintenanceHidesTheOutageAndIsNoBadNews) {
  auto status = one_device(State::down, reason_id("no-media"));
  status.devices[0].maintenance = true;
  EXPECT_THAT(show_status(status_json(status), {}), HasSubstr("bảo trì"));
  EXPECT_TRUE(all_well(status_json(status)));
}

TEST(Show, AnAlarmOfTheGatewayIsBadNews) {
  auto status = one_device(State::up, ReasonId::none);
  status.alarms = {"KHÔNG GHI ĐƯỢC"};
  EXPECT_FALSE(all_well(status_json(status)));
  EXPECT_THAT(show_status(status_json(status), {}), HasSubstr("! KHÔNG GHI ĐƯỢC"));
}

TEST(Show, WhateverASimulationMadeSaysSoFirst) {
  const auto json = outages_json({}, {0, kNow});
  EXPECT_EQ(show(json, {}, show_outages), show_outages(json, {}));
  EXPECT_EQ(show(simulated_json(json), {}, show_outages),
            "DỮ LIỆU MÔ PHỎNG – KHÔNG CÓ GIÁ TRỊ\n" + show_outages(json, {}));
}

AvailabilityView figure(Millis up, Millis down, Millis unknown) {
  Totals totals;
  totals.up = up;
  totals.down = down;
  totals.unknown = unknown;
  return {"cam-1", "Camera", Kind::camera, summarise({kNow - totals.time(), kNow}, totals)};
}

TEST(Show, AFigureUsesTheDecimalComma) {
  const auto json = availability_json({figure(9'971, 29, 0)}, {0, kNow});
  EXPECT_THAT(show_availability(json, {}), HasSubstr("99,71 %"));
}

TEST(Show, ThinEvidenceGetsNoBareFigureButItsBounds) {
  const auto json = availability_json({figure(800, 0, 200)}, {0, kNow});
  const auto text = show_availability(json, {});
  EXPECT_THAT(text, HasSubstr("chưa đủ căn cứ"));
  EXPECT_THAT(text, HasSubstr("[80,00 %; 100,00 %]"));
}

TEST(Show, ATwinIsShownAndCountsOnce) {
  auto status = one_device(State::up, ReasonId::none);
  status.devices.push_back(status.devices[0]);
  status.devices[1].id = "cam-2";
  EXPECT_THAT(show_status(status_json(status), {}), HasSubstr("2 hoạt động"));
  status.devices[1].twin_of = "cam-1";
  EXPECT_THAT(show_status(status_json(status), {}),
              AllOf(HasSubstr("1 hoạt động"), HasSubstr("cam-2 và cam-1 là một thiết bị khai báo hai lần")));
  auto view = figure(1'000, 0, 0);
  view.id = "cam-2";
  view.twin_of = "cam-1";
  EXPECT_THAT(show_availability(availability_json({view}, {0, kNow}), {}), HasSubstr("chỉ tính một lần"));
}

TEST(Show, WhetherACameraIsRecordedStandsInAColumnOfItsOwnWhereSomethingCanTell) {
  auto status = one_device(State::up, ReasonId::none);
  EXPECT_THAT(status_json(status), HasSubstr(R"("recorded":null)"));
  EXPECT_THAT(show_status(status_json(status), {}), Not(HasSubstr("Ghi hình")));
  status.devices[0].point = "nvr";
  EXPECT_THAT(status_json(status), HasSubstr(R"("recorded":"unknown")"));
  EXPECT_THAT(show_status(status_json(status), {}), AllOf(HasSubstr("Ghi hình"), HasSubstr("chưa rõ")));
  status.devices[0].live.standing.recorded = Recorded::no;
  EXPECT_THAT(show_status(status_json(status), {}), HasSubstr("không ghi hình"));
  Wording en;
  en.language = Language::en;
  status.devices[0].live.standing.recorded = Recorded::yes;
  EXPECT_THAT(show_status(status_json(status), en), HasSubstr("recorded"));
  EXPECT_TRUE(all_well(status_json(status)));
}

TEST(Show, TheShareThatWasRecordedComesWithItsCoverageOrAsBoundsOrNotAtAll) {
  auto view = figure(1'000, 0, 0);
  const auto shown = [&](Millis recorded, Millis not_recorded, Millis unknown) {
    AvailabilityInput input;
    input.terms = {{0, {.point = "nvr"}}};
    const auto tell = [&](Millis length, Recorded told) {
      const Millis from = input.spans.empty() ? 0 : input.spans.back().period.to;
      input.spans.push_back({{from, from + length}, State::up});
      input.spans.back().recorded = told;
    };
    tell(recorded, Recorded::yes);
    tell(not_recorded, Recorded::no);
    tell(unknown, Recorded::unknown);
    view.recording = recording(input, {0, recorded + not_recorded + unknown}, kNow, Zone());
    return show_availability(availability_json({view}, {0, kNow}), {});
  };
  EXPECT_THAT(shown(9'722, 278, 0), HasSubstr("97,22 % (biết rõ 100,00 %)"));
  EXPECT_THAT(shown(5'000, 1'000, 4'000), HasSubstr("[50,00 %; 90,00 %] (biết rõ 60,00 %)"));
  EXPECT_THAT(shown(0, 0, 1'000), HasSubstr("không có căn cứ"));
  view.recording.reset();
  EXPECT_THAT(show_availability(availability_json({view}, {0, kNow}), {}), HasSubstr("không có căn cứ"));
  view.kind = Kind::access_point;
  EXPECT_THAT(show_availability(availability_json({view}, {0, kNow}), {}), Not(HasSubstr("ghi hình")));
}

TEST(Show, AHistoryTellsWhereTheRecordingBeganAndEnded) {
  HistoryView history{"cam-1", "Camera", {0, kNow}, {}, {}};
  history.spans.resize(2);
  history.spans[0].span = {{kNow - 60'000, kNow - 30'000}, State::up, Cause::none};
  history.spans[1].span = {{kNow - 30'000, kNow}, State::up, Cause::none};
  history.spans[1].span.recorded = Recorded::yes;
  EXPECT_THAT(show_history(history_json(history), {}), HasSubstr("có ghi hình"));
}

TEST(Show, AProbeShowsTheLadderTheWordsAndWhatToDo) {
  ProbeView probe;
  probe.id = "cam-1";
  Check good, bad;
  good.outcome = Outcome::ok;
  bad.rung = Rung::answering;
  bad.outcome = Outcome::unknown;
  bad.reason = reason_id("bad-password");
  bad.words = "401 Unauthorized";
  probe.finding.checks = {good, bad};
  const auto json = probe_json(probe);
  const auto text = show_probe(json, {});
  EXPECT_THAT(text, HasSubstr("✓"));
  EXPECT_THAT(text, HasSubstr("“401 Unauthorized”"));
  EXPECT_THAT(text, HasSubstr(std::string(reason(bad.reason).remedy_vi)));
  EXPECT_FALSE(probe_passed(json));
}

TEST(Show, AProbeWithoutAnyCheckHasNotPassed) { EXPECT_FALSE(probe_passed(probe_json(ProbeView{}))); }

TEST(Show, NoBlockedLoginIsSaidInWords) {
  EXPECT_THAT(show_logins(logins_json({}), {}), HasSubstr("Không có đăng nhập nào bị chặn"));
  const auto text = show_logins(logins_json({{"192.0.2.10", "monitor", "nvr", "401", kNow, 3'600'000}}), {});
  EXPECT_THAT(text, HasSubstr("192.0.2.10"));
  EXPECT_THAT(text, Not(HasSubstr("Không có")));
}

}  // namespace
}  // namespace commune_watch
