// What a subscriber of a real broker is told: how long a state holds, the closed day, and what is gone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "gateway/house.hpp"
#include "gateway_surroundings.hpp"
#include "gateway_teller.hpp"
#include "publish/mosquitto.hpp"

namespace commune_watch {
namespace {

using publish::Mosquitto;
using publish::Subscriber;
using Json = nlohmann::json;

constexpr Millis kDay = 86'400'000;
const std::string kBelow = "commune-watch/v1/tan-phu-28765/gw1/";

class TellerTest : public testing::Test {
 public:
  ~TellerTest() override { end(); }

 protected:
  TellerTest() : small_(devices("cam-a")) {
    broker_.start();
    subscriber_.emplace(broker_.port());
  }
  [[nodiscard]] std::string devices(const std::string& id) const {
    return "[mqtt]\nurl = \"mqtt://127.0.0.1:" + std::to_string(broker_.port()) + "\"\n" + camera(id);
  }

  // A run of the gateway, connected and through with its first words.
  void begin() {
    Keeper::Hooks hooks;
    hooks.durable = [this](const std::set<DeviceId>& changed) {
      if (teller_) teller_->changed(changed);
    };
    hooks.hurry = [](const std::vector<DeviceId>&) {};
    hooks.later = [](Millis, const std::function<void()>&) {};
    keeper_.emplace(small_.house, std::move(hooks));
    keeper_->observe_clock(true);
    keeper_->roster_changed();
    ASSERT_TRUE(keeper_->commit());
    watch_.emplace(
        loop_, []() -> Spawned { throw std::runtime_error("no prober in this test"); }, *keeper_,
        small_.house.law);
    teller_.emplace(loop_, small_.house, *keeper_);
    teller_->start(*watch_);
    ASSERT_TRUE(until([&] { return seen("summary") > 0; }));
  }
  void end() {
    if (!teller_) return;
    bool stopped = false;
    teller_->stop([&] { stopped = true; });
    EXPECT_TRUE(until([&] { return stopped; }));
    teller_.reset();
    watch_.reset();
    keeper_.reset();
  }
  // The next run, after the configuration was changed.
  void again(const std::string& settings) {
    ASSERT_TRUE(small_.house.store->commit());
    end();
    small_.house.store.reset();
    small_.configure(settings);
    small_.open();
    before_ = subscriber_->count();
    begin();
  }

  // Lets the loop and the broker work until `done` holds.
  bool until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop_.run_for(std::chrono::milliseconds(5));
      small_.clock.advance(5);
    }
    return true;
  }
  // Whatever was told so far has reached the subscriber.
  void heard() {
    const auto word = "barrier " + std::to_string(++barriers_);
    small_.house.alarm("barrier", word);
    teller_->tick();
    ASSERT_TRUE(until([&] { return payloads("summary").back().find(word) != std::string::npos; }));
  }
  // Time passes in seconds, each with what the gateway's loop does in one; checked well every minute. Never
  // so fast that the publisher would have to think its broker stalled.
  void pass(Millis time, bool checked = true) {
    for (Millis left = time; left > 0; left -= 1'000) {
      if (checked && left % 60'000 == 0) see();
      small_.clock.advance(1'000);
      keeper_->tick();
      keeper_->settle();
      teller_->tick();
      loop_.poll();
      if (left % 20'000 == 0) heard();
    }
  }
  void see() {
    Reading reading;
    reading.device = small_.id("cam-a");
    reading.started = reading.ended = small_.house.now();
    reading.depth = Rung::useful;
    for (int i = 0; i <= static_cast<int>(Rung::useful); ++i)
      reading.finding.checks.push_back({static_cast<Rung>(i), Outcome::ok, ReasonId::none, "", 100});
    keeper_->record(reading, "rtsp");
  }
  // Far ahead: the gateway sleeps meanwhile.
  void jump(Millis time) {
    heard();
    small_.clock.advance(time);
  }

  std::vector<std::string> payloads(const std::string& rest) {
    std::vector<std::string> out;
    const auto all = subscriber_->seen();
    for (std::size_t i = before_; i < all.size(); ++i)
      if (all[i].topic == kBelow + rest) out.push_back(all[i].payload);
    return out;
  }
  bool kept(const std::string& topic) {
    const auto topics = small_.house.store->retained_topics();
    return std::ranges::find(topics, topic) != topics.end();
  }
  std::size_t seen(const std::string& rest) { return payloads(rest).size(); }
  Json last(const std::string& rest) { return Json::parse(payloads(rest).back()); }

  Mosquitto broker_;
  std::optional<Subscriber> subscriber_;
  std::size_t before_ = 0;
  int barriers_ = 0;
  asio::io_context loop_;
  asio::executor_work_guard<asio::io_context::executor_type> waits_ = asio::make_work_guard(loop_);
  TestHouse small_;
  std::optional<Keeper> keeper_;
  std::optional<Watch> watch_;
  std::optional<Teller> teller_;
};

TEST_F(TellerTest, AStateSaysUntilWhenItHoldsAndIsToldAgainInTime) {
  begin();
  pass(15 * 60'000);
  const auto state = "dev/cam-a/state";
  ASSERT_TRUE(until([&] { return seen(state) > 5; }));
  Millis held = 0;
  for (const auto& payload : payloads(state)) {
    const auto told = Json::parse(payload);
    if (told["state"] != "up") continue;
    EXPECT_EQ(told["valid_until_ms"].get<Millis>(),
              told["checked_at_ms"].get<Millis>() + 2 * 60'000 + 10'000);
    EXPECT_TRUE(held == 0 || told["checked_at_ms"].get<Millis>() < held) << "renewed before it ran out";
    held = told["valid_until_ms"].get<Millis>();
  }
  EXPECT_GT(held, small_.house.utc_now());
  EXPECT_LT(seen(state), 13U) << "told again when needed, not at every check";
}

TEST_F(TellerTest, WhatIsNotCheckedAnyMoreIsNotRenewed) {
  begin();
  pass(5 * 60'000);
  pass(10 * 60'000, false);
  ASSERT_TRUE(until([&] { return last("dev/cam-a/state")["state"] == "unknown"; }));
  EXPECT_LT(last("dev/cam-a/state")["valid_until_ms"].get<Millis>(), small_.house.utc_now());
}

// The window of the figures that are told ends now: what is asked for is the local midnight (UTC+7) after it.
Millis midnight_after(Millis utc) { return (utc + 7 * 3'600'000) / kDay * kDay + kDay - 7 * 3'600'000; }

TEST_F(TellerTest, AClosedDayIsToldOnceAsFinalAndThenTheNewOne) {
  begin();
  const auto day = "dev/cam-a/availability/day";
  ASSERT_TRUE(until([&] { return seen(day) > 0; }));
  const auto first = last(day);
  EXPECT_EQ(first["final"], false);
  const auto end = midnight_after(small_.house.utc_now());
  jump(end - small_.house.utc_now() - 5 * 60'000);
  pass(50 * 60'000);
  int final = 0;
  for (const auto& payload : payloads(day)) {
    const auto told = Json::parse(payload);
    if (told["final"] == false) continue;
    ++final;
    EXPECT_EQ(told["from_ms"], first["from_ms"]);
    EXPECT_EQ(told["to_ms"], end);
  }
  EXPECT_EQ(final, 1);
  EXPECT_EQ(last(day)["from_ms"], end);
  EXPECT_EQ(last(day)["final"], false);
  EXPECT_EQ(last("dev/cam-a/availability/month")["final"], false);
}

TEST_F(TellerTest, ADayThatEndedWhileNobodyToldItIsStillClosed) {
  begin();
  const auto day = "dev/cam-a/availability/day";
  ASSERT_TRUE(until([&] { return seen(day) > 0; }));
  const auto end = midnight_after(small_.house.utc_now());
  pass(60'000);
  jump(kDay);
  again(devices("cam-a"));
  ASSERT_TRUE(until([&] { return seen(day) > 0; }));
  EXPECT_EQ(last(day)["final"], true);
  EXPECT_EQ(last(day)["to_ms"], end);
  pass(30 * 60'000);
  EXPECT_EQ(last(day)["from_ms"], end);
}

TEST_F(TellerTest, AMonthIsClosedWithItsLastDay) {
  small_.clock.advance(9 * kDay);  // 30 September
  again(devices("cam-a"));
  const auto month = "dev/cam-a/availability/month";
  ASSERT_TRUE(until([&] { return seen(month) > 0; }));
  const auto end = midnight_after(small_.house.utc_now());
  jump(end - small_.house.utc_now() - 60'000);
  pass(40 * 60'000);
  int final = 0;
  for (const auto& payload : payloads(month)) final += Json::parse(payload)["final"] == true ? 1 : 0;
  EXPECT_EQ(final, 1);
  EXPECT_EQ(last(month)["from_ms"], end);
}

TEST_F(TellerTest, WhatIsEnrolledTwiceCountsOnce) {
  again(devices("cam-a") + camera("cam-b", {}, "127.0.0.8"));
  heard();
  EXPECT_EQ(last("summary")["kinds"]["camera"]["total"], 2);
  small_.house.twins[small_.id("cam-b")] = small_.id("cam-a");
  heard();
  EXPECT_EQ(last("summary")["kinds"]["camera"]["total"], 1);
}

TEST_F(TellerTest, ADeviceTakenOutWhileTheGatewayWasStoppedIsForgotten) {
  begin();
  again(devices("cam-b"));
  for (const auto* rest : {"meta", "state", "availability/day", "availability/month"}) {
    const auto topic = "dev/cam-a/" + std::string(rest);
    ASSERT_TRUE(until([&] { return seen(topic) > 0; })) << topic;
    EXPECT_EQ(payloads(topic).back(), "");
    EXPECT_TRUE(until([&] { return !kept(kBelow + topic); }));
  }
  EXPECT_NE(payloads("dev/cam-b/state").back(), "");
  EXPECT_NE(payloads("summary").back(), "");
}

TEST_F(TellerTest, ALogThatWasPutAsideIsAnAlarmUntilTheNextStart) {
  small_.house.store->stop(small_.house.now(), "test");
  small_.house.store.reset();
  small_.files.write("state/commune-watch.db", "no database any more");
  small_.open();
  begin();
  ASSERT_TRUE(small_.house.alarms.contains("put-aside"));
  EXPECT_THAT(small_.house.alarms["put-aside"], testing::StartsWith("SỔ THEO DÕI CŨ BỊ HỎNG"));
  EXPECT_THAT(small_.house.alarms["put-aside"], testing::HasSubstr("put-aside/"));
  EXPECT_EQ(last("summary")["alarms"][0]["about"], "put-aside");
  small_.house.alarms.clear();  // they are a run's
  small_.clock.advance(60'000);
  again(devices("cam-a"));
  EXPECT_TRUE(small_.house.alarms.empty());
  EXPECT_TRUE(last("summary")["alarms"].empty());
}

TEST_F(TellerTest, AnAlarmIsToldWithinASecondAndSoIsItsEnd) {
  begin();
  EXPECT_TRUE(last("summary")["alarms"].empty());
  small_.house.alarm("damage", "SỔ THEO DÕI BỊ HỎNG / the log is damaged");
  pass(1'000, false);
  ASSERT_TRUE(until([&] { return !last("summary")["alarms"].empty(); }));
  EXPECT_EQ(last("summary")["alarms"][0]["text"], "SỔ THEO DÕI BỊ HỎNG / the log is damaged");
  small_.house.alarm("damage", "");
  pass(1'000, false);
  ASSERT_TRUE(until([&] { return last("summary")["alarms"].empty(); }));
}

TEST_F(TellerTest, ADeviceThatCameWithAReloadIsForgottenTooWhenItGoesWhileStopped) {
  begin();
  const Roster before = small_.house.roster;
  keeper_->keep(small_.configure(devices("cam-a") + camera("cam-b", {}, "127.0.0.8")));
  keeper_->roster_changed();
  teller_->roster_changed(before);
  ASSERT_TRUE(until([&] { return seen("dev/cam-b/state") > 0; }));
  again(devices("cam-a"));
  ASSERT_TRUE(until([&] { return seen("dev/cam-b/state") > 0; }));
  EXPECT_EQ(payloads("dev/cam-b/state").back(), "");
}

}  // namespace
}  // namespace commune_watch
