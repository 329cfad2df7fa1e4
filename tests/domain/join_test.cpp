// Every cell of DESIGN §4's table, and of the rules per kind below it.
#include "domain/join.hpp"

#include <gtest/gtest.h>

#include <string>

#include "domain/ledger_diary.hpp"

namespace commune_watch::testing {
namespace {

using ledger::Grounds;
using ledger::join;
using ledger::Joined;
using ledger::Monitor;

// The device's own reason is no-video, the monitoring point's word not-listed (failed) or unparsable (not
// telling).
std::string cell(Kind kind, Outcome device, Monitor monitor) {
  const Joined joined = join(kind, device, why(device == Outcome::unknown ? "internal-error" : "no-video"),
                             monitor, why(monitor == Monitor::silent ? "unparsable" : "not-listed"));
  Standing standing{joined.state, joined.cause, joined.reason, joined.own_reason, {}, {}};
  if (joined.warning != ReasonId::none) standing.warnings.push_back(joined.warning);
  return Diary::say(standing);
}

struct Row {
  Outcome device;
  const char *ok, *failed, *silent, *dead, *none;
};

void expect_rows(Kind kind, std::initializer_list<Row> rows) {
  for (const auto& row : rows) {
    EXPECT_EQ(cell(kind, row.device, Monitor::ok), row.ok);
    EXPECT_EQ(cell(kind, row.device, Monitor::failed), row.failed);
    EXPECT_EQ(cell(kind, row.device, Monitor::silent), row.silent);
    EXPECT_EQ(cell(kind, row.device, Monitor::dead), row.dead);
    if (row.none != nullptr) {
      EXPECT_EQ(cell(kind, row.device, Monitor::none), row.none);
    }
  }
}

TEST(Join, CamerasAndSpeakersAreJoinedByTheTable) {
  for (const Kind kind : {Kind::camera, Kind::speaker_cluster})
    expect_rows(
        kind,
        {
            {Outcome::ok, "up", "down(monitoring-point: not-on-monitor/not-listed)",
             "unknown(monitoring-point: unparsable)", "down(monitoring-point: monitoring-point-dead)", "up"},
            {Outcome::failed, "up+gateway-path", "down(media: no-video)", "down(media: no-video)",
             "down(media: no-video)", "down(media: no-video)"},
            {Outcome::unknown, "up", "down(device: not-listed)", "unknown(gateway: internal-error)",
             "down(monitoring-point: monitoring-point-dead)", "unknown(gateway: internal-error)"},
            {Outcome::not_tested, "up", "down(device: not-listed)", "unknown(monitoring-point: unparsable)",
             "down(monitoring-point: monitoring-point-dead)", nullptr},
        });
}

TEST(Join, AFaultOfThePictureItselfIsNotRefutedByAPointThatShowsTheCamera) {
  for (const char* code : {"black", "covered", "frozen", "slate"}) {
    const Joined joined = join(Kind::camera, Outcome::failed, why(code), Monitor::ok, ReasonId::none);
    EXPECT_EQ(joined.state, State::down) << code;
    EXPECT_EQ(joined.cause, Cause::media) << code;
    EXPECT_EQ(joined.reason, why(code));
    EXPECT_EQ(joined.warning, ReasonId::none);
  }
  EXPECT_EQ(join(Kind::camera, Outcome::failed, why("no-media"), Monitor::ok, ReasonId::none).warning,
            why("gateway-path"))
      << "media that we do not get may be our own way's fault";
}

TEST(Join, TheServiceDecidesForAccessPointsAndWhateverElseServes) {
  for (const Kind kind : {Kind::access_point, Kind::website, Kind::uplink, Kind::network_switch})
    expect_rows(
        kind,
        {
            {Outcome::ok, "up", "up+not-adopted", "up", "up+controller-down", "up"},
            {Outcome::failed, "up+gateway-path", "down(media: no-video)", "down(media: no-video)",
             "down(media: no-video)", "down(media: no-video)"},
            {Outcome::unknown, "up", "unknown(gateway: internal-error)", "unknown(gateway: internal-error)",
             "unknown(gateway: internal-error)", "unknown(gateway: internal-error)"},
            {Outcome::not_tested, "up", "down(device: not-listed)", "unknown(monitoring-point: unparsable)",
             "unknown(monitoring-point: monitoring-point-dead)", nullptr},
        });
}

TEST(Join, AMonitoringPointIsJudgedByItsDevicePathAndIsItsOwnCause) {
  EXPECT_EQ(cell(Kind::monitoring_point, Outcome::ok, Monitor::none), "up");
  EXPECT_EQ(cell(Kind::monitoring_point, Outcome::unknown, Monitor::none),
            "unknown(gateway: internal-error)");
  const Joined joined =
      join(Kind::monitoring_point, Outcome::failed, why("no-answer"), Monitor::none, ReasonId::none);
  EXPECT_EQ(joined.state, State::down);
  EXPECT_EQ(joined.cause, Cause::monitoring_point);
  EXPECT_EQ(joined.reason, why("no-answer"));
}

TEST(Join, WhatOnlyTheGatewayLacksIsTheGatewaysUnknown) {
  for (const char* code : {"starting", "overrun", "gateway-no-segment", "gateway-dns", "internal-error"}) {
    const Joined joined = join(Kind::camera, Outcome::ok, ReasonId::none, Monitor::silent, why(code));
    EXPECT_EQ(joined.cause, Cause::gateway) << code;
    EXPECT_EQ(joined.reason, why(code));
  }
  EXPECT_EQ(join(Kind::camera, Outcome::ok, ReasonId::none, Monitor::silent, why("bad-password")).cause,
            Cause::monitoring_point);
}

TEST(Join, OnlyAFailureOfItsOwnMayBeExplainedByAnAncestor) {
  const auto grounds = [](Outcome device, Monitor monitor) {
    return join(Kind::camera, device, why("no-answer"), monitor, why("not-listed")).grounds;
  };
  EXPECT_EQ(grounds(Outcome::failed, Monitor::failed), Grounds::device_path);
  EXPECT_EQ(grounds(Outcome::failed, Monitor::dead), Grounds::device_path);
  EXPECT_EQ(grounds(Outcome::unknown, Monitor::failed), Grounds::monitor_path);
  EXPECT_EQ(grounds(Outcome::not_tested, Monitor::failed), Grounds::monitor_path);
  EXPECT_EQ(grounds(Outcome::ok, Monitor::failed), Grounds::none);
  EXPECT_EQ(grounds(Outcome::ok, Monitor::dead), Grounds::monitoring_point);
  EXPECT_EQ(grounds(Outcome::failed, Monitor::ok), Grounds::none);
}

TEST(Join, ADownIsNeverTheGateways) {
  for (const auto& row : reasons()) {
    if (row.effect != Effect::down) continue;
    const Joined joined = join(Kind::camera, Outcome::failed, why(row.code), Monitor::none, ReasonId::none);
    EXPECT_EQ(joined.state, State::down) << row.code;
    EXPECT_NE(joined.cause, Cause::gateway) << row.code;
    EXPECT_NE(joined.cause, Cause::none) << row.code;
  }
}

}  // namespace
}  // namespace commune_watch::testing
