// What a scrape says, line by line.
#include "publish/prometheus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace commune_watch::publish {
namespace {

using testing::HasSubstr;
using testing::Not;

DeviceSample camera(State state) {
  DeviceSample sample;
  sample.meta.id = sample.facts.id = "cam-1";
  sample.meta.name = "Camera \"cổng\"";
  sample.meta.kind = Kind::camera;
  sample.facts.live.standing.state = state;
  sample.facts.live.standing.cause = state == State::up ? Cause::none : Cause::device;
  sample.facts.live.standing.reason = state == State::up ? ReasonId::none : reason_id("no-video");
  sample.facts.live.checks = {{Rung::reachable, Outcome::ok, ReasonId::none, {}, 2'500},
                              {Rung::active, Outcome::failed, reason_id("no-video"), {}, 5'000'000},
                              {Rung::useful, Outcome::not_tested, ReasonId::none, {}, 0}};
  sample.totals.up = 2'516'400'000;
  sample.totals.unknown = 43'200'000;
  return sample;
}

std::string scrape(State state, bool simulated = false) {
  return exposition({"tan-phu", "gw1", "0a1b2c3d", simulated}, {camera(state)}, Health{});
}

TEST(Prometheus, UpIsOneDownIsZeroUnknownIsAbsent) {
  constexpr auto kWho = "{commune=\"tan-phu\",gateway=\"gw1\",device=\"cam-1\",kind=\"camera\"}";
  EXPECT_THAT(scrape(State::up), HasSubstr(std::string{"commune_watch_device_up"} + kWho + " 1\n"));
  EXPECT_THAT(scrape(State::down), HasSubstr(std::string{"commune_watch_device_up"} + kWho + " 0\n"));
  EXPECT_THAT(scrape(State::unknown), Not(HasSubstr("commune_watch_device_up")));
}

TEST(Prometheus, ExactlyOneStateIsOne) {
  const std::string text = scrape(State::unknown);
  EXPECT_THAT(text, HasSubstr("state=\"unknown\"} 1\n"));
  for (const auto* other : {"up", "down", "maintenance"})
    EXPECT_THAT(text, HasSubstr("state=\"" + std::string{other} + "\"} 0\n"));
}

TEST(Prometheus, TheReasonIsALabel) {
  EXPECT_THAT(scrape(State::down), HasSubstr("reason=\"no-video\",cause=\"device\"} 1\n"));
  EXPECT_THAT(scrape(State::up), Not(HasSubstr("commune_watch_device_reason_info")));
}

TEST(Prometheus, RungsThatWereNotTestedHaveNoDuration) {
  const std::string text = scrape(State::down);
  EXPECT_THAT(text, HasSubstr("rung=\"reachable\"} 0.0025\n"));
  EXPECT_THAT(text, HasSubstr("rung=\"active\"} 5\n"));
  EXPECT_THAT(text, Not(HasSubstr("rung=\"useful\"")));
}

TEST(Prometheus, AMonthOfMillisecondsLosesNone) {
  const std::string text = scrape(State::up);
  EXPECT_THAT(text, HasSubstr("# TYPE commune_watch_availability_milliseconds_total counter\n"));
  EXPECT_THAT(text, HasSubstr("class=\"up\"} 2516400000\n"));
  EXPECT_THAT(text, HasSubstr("class=\"unknown\"} 43200000\n"));
  EXPECT_THAT(text, HasSubstr("class=\"down\"} 0\n"));
}

TEST(Prometheus, NamesAreEscaped) {
  EXPECT_THAT(scrape(State::up), HasSubstr("name=\"Camera \\\"cổng\\\"\""));
}

TEST(Prometheus, SimulationsAreLabelled) {
  EXPECT_THAT(scrape(State::up), Not(HasSubstr("simulated")));
  const std::string text = scrape(State::up, true);
  EXPECT_THAT(text, HasSubstr("simulated=\"true\",device=\"cam-1\""));
  EXPECT_THAT(
      text,
      HasSubstr("commune_watch_outbox_depth{commune=\"tan-phu\",gateway=\"gw1\",simulated=\"true\"} 0\n"));
}

TEST(Prometheus, EveryFigureOfTheGatewayIsThereOnce) {
  const std::string text = scrape(State::up);
  for (const HealthRow& row : health_rows()) {
    const std::string head =
        "# TYPE commune_watch_" + std::string{row.name} + (row.counter ? " counter\n" : " gauge\n");
    EXPECT_THAT(text, HasSubstr(head));
    EXPECT_EQ(text.find(head), text.rfind(head)) << row.name;
  }
}

}  // namespace
}  // namespace commune_watch::publish
