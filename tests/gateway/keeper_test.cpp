// What was seen is kept: durable before it is told, whatever the disk, the clock and the prober do meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "domain/entry.hpp"
#include "gateway/house.hpp"
#include "gateway_keeper.hpp"
#include "gateway_logins.hpp"
#include "store/faulty_disk.hpp"

namespace commune_watch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kTwoCameras = camera("cam-a") + camera("cam-b", {}, "127.0.0.8");

class KeeperTest : public testing::Test {
 protected:
  explicit KeeperTest(const std::string& devices = kTwoCameras) : small(devices) { begin(); }

  void begin() {
    later.clear();
    Keeper::Hooks hooks;
    hooks.durable = [this](const std::set<DeviceId>& changed) {
      announced.push_back(changed);
      EXPECT_EQ(house().store->uncommitted(), 0U) << "told before it was durable";
    };
    hooks.hurry = [](const std::vector<DeviceId>&) {};
    hooks.later = [this](Millis after, std::function<void()> task) {
      later.emplace_back(small.clock.boot_now() + after, std::move(task));
    };
    keeper.emplace(house(), std::move(hooks));
    keeper->observe_clock(true);
    keeper->roster_changed();
    ASSERT_TRUE(keeper->commit());
    announced.clear();
  }
  void live_after_the_program_was_born() {
    small.clock.restart("00000000-0000-4000-8000-00000000cafe", 5'000, kProgramBorn + 700'000'000);
    small.open();
    begin();
  }
  // The power fails; the machine comes up with a clock that is 34 days behind.
  void restart_without_ntp() {
    small.clock.source = AnchorSource::system;
    small.clock.restart("00000000-0000-4000-8000-00000000beef", 1'000,
                        small.clock.anchor().utc - 34LL * 86'400'000);
    small.open();
    begin();
  }
  House& house() { return small.house; }

  // Time passes second by second, as the gateway's loop would let it.
  void pass(Millis time) {
    for (Millis left = time; left > 0; left -= 1'000) {
      small.clock.advance(std::min<Millis>(left, 1'000));
      run_due();
      keeper->tick();
    }
  }
  void run_due() {
    auto tasks = std::exchange(later, {});
    for (auto& [at, task] : tasks) {
      if (at <= small.clock.boot_now())
        task();
      else
        later.emplace_back(at, std::move(task));
    }
  }
  Reading reading(const std::string& name, Outcome outcome, const std::string& why = {}) {
    Reading reading;
    reading.device = small.id(name);
    reading.started = reading.ended = house().now();
    reading.depth = Rung::useful;
    for (int i = 0; i <= static_cast<int>(Rung::useful); ++i)
      reading.finding.checks.push_back({static_cast<Rung>(i), Outcome::ok, ReasonId::none, "", 100});
    if (outcome == Outcome::ok) return reading;
    reading.finding.checks.resize(2);
    reading.finding.checks.back() = {Rung::answering, outcome, reason_id(why), "its own words", 100};
    return reading;
  }
  void see(const std::string& name, Outcome outcome, const std::string& why = {}) {
    keeper->record(reading(name, outcome, why), "rtsp");
  }
  void go_down(const std::string& name) {
    for (int i = 0; i < 3; ++i) {
      small.clock.advance(20'000);
      see(name, Outcome::failed, "connection-refused");
    }
  }
  std::vector<Span> spans(const std::string& name) {
    const auto now = house().utc_now();
    return house().store->spans(small.id(name), {now - 40 * 86'400'000LL, now}, house().now());
  }

  FaultyDisk disk;
  TestHouse small;
  std::vector<std::set<DeviceId>> announced;
  std::vector<std::pair<Millis, std::function<void()>>> later;
  std::optional<Keeper> keeper;
};

TEST_F(KeeperTest, ADeviceThatIsLeftAloneIsAnAlarmForThatHour) {
  const auto hour = 3'600'000;
  keeper->left_alone(small.id("cam-a"), small.clock.boot_now() + hour, "cam-a: three probers died");
  ASSERT_TRUE(house().alarms.contains("poison-cam-a"));
  EXPECT_THAT(house().alarms["poison-cam-a"], testing::StartsWith("TẠM NGỪNG HỎI MỘT THIẾT BỊ"));
  EXPECT_THAT(house().alarms["poison-cam-a"], testing::HasSubstr("three probers died"));
  pass(hour - 1'000);
  EXPECT_TRUE(house().alarms.contains("poison-cam-a"));
  pass(1'000);
  EXPECT_FALSE(house().alarms.contains("poison-cam-a"));
}

// --- durable before told ---

TEST_F(KeeperTest, AnUpIsToldWithinTheGroupsTimeOnceItIsDurable) {
  see("cam-a", Outcome::ok);
  pass(13'000);
  EXPECT_EQ(small.standing("cam-a").state, State::up);
  ASSERT_FALSE(announced.empty());
  EXPECT_THAT(announced.back(), ElementsAre(small.id("cam-a")));
}

TEST_F(KeeperTest, ADownIsDurableAndToldAtOnce) {
  see("cam-a", Outcome::ok);
  pass(13'000);
  announced.clear();
  go_down("cam-a");
  pass(13'000);
  EXPECT_EQ(small.standing("cam-a").state, State::down);
  ASSERT_FALSE(announced.empty());
  EXPECT_THAT(spans("cam-a").back().state, State::down);
}

TEST_F(KeeperTest, OnAFullDiskNothingIsToldAndEverythingLaterInOrder) {
  see("cam-a", Outcome::ok);
  pass(13'000);
  announced.clear();
  const auto durable = house().store->next();
  disk.fail_writes(SQLITE_FULL);
  go_down("cam-a");
  pass(30'000);
  EXPECT_THAT(announced, IsEmpty());
  EXPECT_EQ(house().store->next(), durable);
  EXPECT_TRUE(house().alarms.contains("store"));
  EXPECT_TRUE(small.journal.holds("the log cannot be written"));
  disk.fail_writes(SQLITE_OK);
  pass(6'000);
  EXPECT_FALSE(house().alarms.contains("store"));
  ASSERT_THAT(announced, SizeIs(testing::Ge(1)));
  EXPECT_TRUE(announced.front().contains(small.id("cam-a")));
  EXPECT_EQ(spans("cam-a").back().state, State::down);
}

TEST_F(KeeperTest, HoweverOftenACommitFailsOneRetryIsUnderWay) {
  disk.fail_writes(SQLITE_FULL);
  house().store->append(house().now(), small.id("cam-a"), BlipEntry{"cam-a", {}, {}, ReasonId::none, 1});
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(keeper->commit());
  EXPECT_THAT(later, SizeIs(1));
  pass(60'000);
  EXPECT_THAT(later, SizeIs(1));
  disk.fail_writes(SQLITE_OK);
  pass(10'000);
  EXPECT_THAT(later, IsEmpty());
}

TEST_F(KeeperTest, AFailingSyncIsAFailedCommit) {
  house().store->append(house().now(), small.id("cam-a"), BlipEntry{"cam-a", {}, {}, ReasonId::none, 1});
  disk.fail_syncs(1);
  EXPECT_FALSE(keeper->commit());
  EXPECT_THAT(announced, IsEmpty());
  EXPECT_TRUE(keeper->commit());
  EXPECT_THAT(announced, SizeIs(1));
}

TEST_F(KeeperTest, ADiskThatIsFullIsNoReasonToBeKilledForWhatWaitsWouldBeLost) {
  EXPECT_TRUE(keeper->progressing());
  disk.fail_writes(SQLITE_FULL);
  for (int i = 0; i < 16; ++i) {
    pass(10'000);
    see("cam-a", Outcome::ok);
  }
  EXPECT_TRUE(keeper->progressing());
  EXPECT_TRUE(house().alarms.contains("store")) << "people are told instead";
  EXPECT_FALSE(house().store->hopeless());
}

TEST_F(KeeperTest, TheManagerHearsNoProgressWhileNobodyIsAsked) {
  pass(4 * 60'000 - 1'000);
  EXPECT_TRUE(keeper->progressing()) << "twice the interval and two ticks";
  pass(60'000);
  EXPECT_FALSE(keeper->progressing());
}

// --- silence, cuts, clocks ---

TEST_F(KeeperTest, AfterAnIntervalOfSilenceADeviceIsUnknownFromWhereItsVerdictRanOut) {
  see("cam-a", Outcome::ok);
  const auto seen = house().utc_now();
  pass(20 * 60'000);
  const auto now = small.standing("cam-a");
  EXPECT_EQ(now.state, State::unknown);
  EXPECT_EQ(now.reason, reason_id("overrun"));
  const auto told = spans("cam-a");
  ASSERT_GE(told.size(), 2U);
  EXPECT_EQ(told.back().state, State::unknown);
  EXPECT_EQ(told.back().period.from, seen + 2 * 300'000 + 10'000) << "checked + 2 × media_interval + limit";
}

TEST_F(KeeperTest, ACutCostsAtMostTheTimeSinceTheLastTick) {
  see("cam-a", Outcome::ok);
  pass(65'000);
  const auto last_tick = small.house.utc_now() - 5'000;
  small.clock.advance(40'000);
  small.open();
  begin();
  for (const auto& span : spans("cam-a")) {
    if (span.state == State::up) {
      EXPECT_LE(span.period.to, last_tick);
    }
    EXPECT_NE(span.state, State::down);
  }
}

TEST_F(KeeperTest, AStepOfTheWallClockIsRecordedOnceAndMakesNoTime) {
  see("cam-a", Outcome::ok);
  pass(13'000);
  const auto before = house().store->clock_map().anchors().size();
  small.clock.step_wall(-3'600'000);
  pass(5'000);
  EXPECT_TRUE(small.journal.holds("the wall clock was set"));
  EXPECT_LE(house().store->clock_map().anchors().size(), before + 1);
  EXPECT_EQ(std::ranges::count_if(small.journal.said,
                                  [](const auto& text) { return text.starts_with("the wall clock"); }),
            1);
  Millis length = 0;
  for (const auto& span : spans("cam-a")) length += span.period.length();
  EXPECT_LE(length, 20'000);
  EXPECT_EQ(small.standing("cam-a").state, State::up);
}

TEST_F(KeeperTest, AnUntrustedClockIsToldToNoDriver) {
  EXPECT_TRUE(keeper->trusted_utc());
  small.clock.source = AnchorSource::system;
  keeper->tick();
  EXPECT_TRUE(keeper->trusted_utc()) << "the boot's own clock runs on from what NTP said";
  restart_without_ntp();
  EXPECT_FALSE(keeper->trusted_utc());
  small.clock.source = AnchorSource::ntp;
  keeper->tick();
  keeper->commit();
  EXPECT_EQ(keeper->trusted_utc(), small.clock.anchor().utc);
}

TEST_F(KeeperTest, AClockThatItsHostKeepsIsTrustedAsThat) {
  small.clock.source = AnchorSource::system;
  small.configure("[gateway]\nclock = \"host\"\n" + camera("cam-a") + camera("cam-b"));
  restart_without_ntp();
  EXPECT_TRUE(keeper->trusted_utc());
  EXPECT_EQ(house().store->clock_map().source(house().boot), AnchorSource::host);
}

TEST_F(KeeperTest, AStepIsRecordedWithWhatTheClockWouldHaveSaid) {
  pass(13'000);
  const auto from = house().store->next();
  const Moment at = house().now();
  const Millis utc = house().utc_now();
  small.clock.source = AnchorSource::system;
  small.clock.step_wall(-7'200'000);
  keeper->tick();
  keeper->commit();
  std::vector<Anchor> anchors;
  for (const auto& record : house().store->read(from, 10)) {
    const auto entry = decode(record.kind, record.body);
    if (const auto* one = std::get_if<AnchorEntry>(&*entry)) anchors.push_back(one->anchor);
  }
  ASSERT_EQ(anchors.size(), 2U);
  EXPECT_EQ(anchors[0], (Anchor{at, utc, 10, AnchorSource::ntp}));
  EXPECT_EQ(anchors[1], (Anchor{{at.boot, at.bt + 1}, utc - 7'200'000 + 1, 10, AnchorSource::system}));
  EXPECT_EQ(house().utc_now(), utc) << "NTP's word stands";
}

TEST_F(KeeperTest, ATimeThatNobodyKnowsIsAnAlarmUntilSomebodyDoes) {
  small.clock.source = AnchorSource::system;
  restart_without_ntp();
  pass(Keeper::kClockPatience - 1'000);
  EXPECT_FALSE(house().alarms.contains("clock")) << "NTP may take a while";
  pass(3'000);
  EXPECT_TRUE(house().alarms.contains("clock"));
  small.clock.source = AnchorSource::ntp;
  pass(2'000);
  EXPECT_FALSE(house().alarms.contains("clock"));
}

TEST_F(KeeperTest, APersonsWordDatesTheBootAndIsRecordedWithItsAuthor) {
  live_after_the_program_was_born();
  const Millis before = small.clock.anchor().utc;
  restart_without_ntp();
  pass(5'000);
  const Millis watch = before + 600'000;
  ASSERT_TRUE(keeper->say_time(watch, "an"));
  EXPECT_EQ(house().utc_now(), watch);
  EXPECT_TRUE(keeper->trusted_utc());
  const auto last = house().store->read(house().store->next() - 1, 1).at(0);
  EXPECT_NE(last.body.find(R"("error":5000,"source":"operator","by":"an")"), std::string::npos) << last.body;
  small.clock.advance(7'000);
  EXPECT_EQ(house().utc_now(), watch + 7'000);
}

TEST_F(KeeperTest, APersonsWordIsRefusedWhereItCannotBeTrue) {
  live_after_the_program_was_born();
  EXPECT_FALSE(keeper->say_time(std::nullopt, "an")) << "NTP has told the time";
  const Millis before = small.clock.anchor().utc;
  restart_without_ntp();
  EXPECT_FALSE(keeper->say_time(std::nullopt, "an"))
      << "the wall clock is 34 days behind what the log has seen";
  EXPECT_FALSE(keeper->say_time(kProgramBorn - 1, "an"));
  EXPECT_FALSE(keeper->say_time(before + 40LL * 366 * 86'400'000, "an"));
  EXPECT_FALSE(keeper->trusted_utc());
  small.clock.step_wall(before + 600'000 - small.clock.anchor().utc);
  EXPECT_TRUE(keeper->say_time(std::nullopt, "an")) << "now it is right";
  EXPECT_TRUE(keeper->say_time(before + 660'000, "an")) << "and may be said better";
  EXPECT_EQ(house().utc_now(), before + 660'000);
}

TEST_F(KeeperTest, ABatteryClockThatWasSeenToAgreeKnowsTheTimeAfterAPowerCut) {
  live_after_the_program_was_born();
  small.clock.battery_says = small.clock.anchor().utc + 700;
  begin();
  const Millis dark = 3 * 86'400'000;
  small.clock.battery_says = *small.clock.battery_says + dark;
  restart_without_ntp();
  keeper->commit();
  EXPECT_EQ(house().store->clock_map().source(house().boot), AnchorSource::rtc);
  EXPECT_EQ(house().utc_now(), *small.clock.battery_says);
}

TEST_F(KeeperTest, ABatteryClockThatDisagreedIsNotBelieved) {
  small.clock.battery_says = small.clock.anchor().utc + 700;
  begin();
  small.clock.battery_says = small.clock.anchor().utc + 7 * 3'600'000;  // somebody set it to local time
  pass(ClockWatch::kEvery + 2'000);
  restart_without_ntp();
  keeper->commit();
  EXPECT_FALSE(house().store->clock_map().trusted(house().boot));
}

// --- notes ---

TEST_F(KeeperTest, ANoteIsRememberedAtOnceAndWrittenWithTheTickWhateverAProberMakesOfIt) {
  const auto syncs = disk.syncs();
  for (int i = 0; i < 100; ++i) {
    auto told = reading("cam-a", Outcome::unknown, "overrun");
    told.finding.note = Note{1, {static_cast<std::byte>(i)}};
    keeper->record(told, "rtsp");
    small.clock.advance(100);
    run_due();
  }
  EXPECT_EQ(keeper->note(small.id("cam-a"), "rtsp"), (Note{1, {std::byte{99}}}));
  EXPECT_LE(disk.syncs() - syncs, 2);
  pass(60'000);
  small.open();
  begin();
  EXPECT_EQ(keeper->note(small.id("cam-a"), "rtsp"), (Note{1, {std::byte{99}}}));
  EXPECT_EQ(keeper->note(small.id("cam-b"), "rtsp"), std::nullopt);
}

TEST_F(KeeperTest, AfterAReloadNoDriverGetsAnotherDriversNote) {
  auto told = reading("cam-a", Outcome::ok);
  told.finding.note = Note{1, {std::byte{7}}};
  keeper->record(told, "rtsp");
  keeper->roster_changed();
  EXPECT_EQ(keeper->note(small.id("cam-a"), "other"), std::nullopt);
  keeper->roster_changed();
  EXPECT_EQ(keeper->note(small.id("cam-a"), "rtsp"), (Note{1, {std::byte{7}}}));
}

// --- the gateway's own eyes ---

TEST_F(KeeperTest, WhenTheWholeSegmentIsSilentTheGatewayIsBlindAndNoDeviceIsDown) {
  see("cam-a", Outcome::ok);
  const auto targets = keeper->segment_targets({"127.0.0.7"});
  ASSERT_THAT(targets, SizeIs(1));
  EXPECT_EQ(targets.front().target.name, "@segment-127.0.0.7");
  const auto neighbour = targets.front().target.device;
  const auto silent = [&] {
    Reading told;
    told.device = neighbour;
    told.started = told.ended = house().now();
    told.finding.checks = {{Rung::reachable, Outcome::failed, reason_id("no-answer"), "", 0}};
    keeper->record(told, "ping");
  };
  for (const Millis wait : {20'000, 5'000}) {  // sooner than a device's outage is confirmed
    pass(wait);
    EXPECT_LE(keeper->next(neighbour).due, keeper->now());
    silent();
  }
  EXPECT_FALSE(house().blind);
  keeper->segment_targets({"127.0.0.7"});  // a reload in between forgets nothing
  pass(5'000);
  EXPECT_LE(keeper->next(neighbour).due, keeper->now());
  silent();
  pass(1'000);
  EXPECT_TRUE(house().blind);
  EXPECT_TRUE(house().alarms.contains("blind"));
  EXPECT_EQ(small.standing("cam-a").reason, reason_id("gateway-no-segment"));
  see("cam-b", Outcome::ok);
  pass(1'000);
  EXPECT_FALSE(house().blind);
}

// --- logins ---

class KeeperOfLoginsTest : public KeeperTest {
 protected:
  KeeperOfLoginsTest()
      : KeeperTest(login("cam", "wrong") + camera("cam-a", "login = \"cam\"\n") +
                   camera("cam-b", {}, "127.0.0.8")) {}
  const LoginKey key{"127.0.0.9", "monitor"};

  bool refuse(const std::string& words) {
    const auto cam = small.id("cam-a");
    return keeper->login_refused(key, cam, keeper->login_tag(key, cam), words);
  }
  void restart() {
    small.clock.advance(60'000);
    small.open();
    begin();
    house().law = LoginLaw();
    restore_blocks(house());
    restore_tries(house());
  }

  ReasonId told_reason(const std::string& name) {
    see(name, Outcome::unknown, "login-blocked");
    pass(13'000);
    return small.standing(name).reason;
  }
};

TEST_F(KeeperOfLoginsTest, ARefusalIsDurableWhenItReturnsWithoutTheSecret) {
  house().law.refused(key, 1);
  refuse("401 Unauthorized");
  EXPECT_EQ(house().store->uncommitted(), 0U);
  const auto blocks = house().store->login_blocks();
  ASSERT_THAT(blocks, SizeIs(1));
  EXPECT_EQ(blocks.front().host, "127.0.0.9");
  EXPECT_EQ(blocks.front().device, "cam-a");
  EXPECT_EQ(blocks.front().left, LoginLaw::kBlockFor);
  EXPECT_EQ(blocks.front().tag, house().store->secret_tag("monitor", "wrong"));
  EXPECT_FALSE(small.journal.holds("wrong"));
}

TEST_F(KeeperOfLoginsTest, WhileALoginIsBlockedItsDeviceReadsAsItsRefusalDid) {
  refuse("401");
  EXPECT_EQ(told_reason("cam-a"), reason_id("bad-password"));
  small.clock.advance(60'000);
  small.open();
  begin();
  EXPECT_EQ(told_reason("cam-a"), reason_id("bad-password")) << "after a restart";
  pass(5 * 60'000);
  EXPECT_EQ(small.standing("cam-a").reason, reason_id("overrun"));
  EXPECT_EQ(told_reason("cam-a"), reason_id("bad-password")) << "after a prober's silence";
}

TEST_F(KeeperOfLoginsTest, ALoginThatProbersDiedOfIsOnlyBlocked) {
  refuse(std::string(kNeverSettled));
  EXPECT_EQ(told_reason("cam-a"), reason_id("login-blocked"));
}

TEST_F(KeeperOfLoginsTest, AnotherDevicesBlockSaysNothingOfThisOne) {
  refuse("401");
  EXPECT_EQ(told_reason("cam-b"), reason_id("login-blocked"));
}

TEST_F(KeeperOfLoginsTest, ABlockLastsSixHoursOfRunningTimeOverRestarts) {
  house().law.block(key);
  refuse("401");
  pass(3'600'000);
  small.clock.advance(86'400'000);  // nobody runs
  small.open();
  begin();
  restore_blocks(house());
  const auto left = house().law.left(key);
  EXPECT_LE(left, LoginLaw::kBlockFor - 3'600'000 + 61'000);
  EXPECT_GE(left, LoginLaw::kBlockFor - 3'600'000);
  pass(left - 1'000);
  EXPECT_TRUE(house().law.blocked(key));
  pass(1'000);
  EXPECT_FALSE(house().law.blocked(key));
  keeper->commit();
  EXPECT_THAT(house().store->login_blocks(), IsEmpty());
}

TEST_F(KeeperOfLoginsTest, OnAFullDiskABlockHoldsInMemoryAndIsWrittenLater) {
  disk.fail_writes(SQLITE_FULL);
  house().law.block(key);
  refuse("401");
  EXPECT_TRUE(house().law.blocked(key));
  disk.fail_writes(SQLITE_OK);
  pass(6'000);
  small.open();
  EXPECT_THAT(house().store->login_blocks(), SizeIs(1));
}

// --- what was never settled ---

TEST_F(KeeperOfLoginsTest, AGatewayThatDiesTwiceWhileALoginIsTriedDoesNotTryItAThirdTime) {
  keeper->login_tried(key);
  EXPECT_EQ(house().store->uncommitted(), 0U) << "known before it is sent";
  restart();
  EXPECT_EQ(house().law.unsettled(key), 1);
  EXPECT_FALSE(house().law.blocked(key));
  keeper->login_tried(key);
  restart();
  EXPECT_TRUE(house().law.blocked(key));
  EXPECT_EQ(house().store->login_blocks().at(0).words, kNeverSettled);
}

TEST_F(KeeperOfLoginsTest, ASettledLoginLeavesNothingBehind) {
  keeper->login_tried(key);
  keeper->login_settled(key);
  keeper->commit();
  restart();
  EXPECT_EQ(house().law.unsettled(key), 0);
}

TEST_F(KeeperOfLoginsTest, WhatWasTriedWithAnotherSecretDoesNotCount) {
  keeper->login_tried(key);
  small.configure(login("cam", "right") + camera("cam-a", "login = \"cam\"\n"));
  restart();
  EXPECT_EQ(house().law.unsettled(key), 0);
}

TEST_F(KeeperOfLoginsTest, ARefusalOfASecretThatNobodyUsesAnyMoreBlocksNothing) {
  const auto cam = small.id("cam-a");
  const auto tag = keeper->login_tag(key, cam);
  small.configure(login("cam", "right") + camera("cam-a", "login = \"cam\"\n"));
  EXPECT_FALSE(keeper->login_refused(key, cam, tag, "401"));
  EXPECT_THAT(house().store->login_blocks(), IsEmpty());
}

TEST_F(KeeperOfLoginsTest, RetriesOfTheLastHalfHourCountAfterARestart) {
  for (int retries = 0; retries < LoginLaw::kRetries; ++retries) {
    house().law.block(key);
    ASSERT_TRUE(house().law.retry(key, house().now().bt));
    LoginBlockEntry entry{key.host, key.username, "cam-a", "", false, "retry root"};
    house().store->append(house().now(), small.id("cam-a"), entry);
  }
  keeper->commit();
  restart();
  house().law.block(key);
  EXPECT_FALSE(house().law.retry(key, house().now().bt));
  EXPECT_TRUE(house().law.retry(key, house().now().bt + LoginLaw::kRetryWindow));
}

// --- changed secrets ---

TEST_F(KeeperOfLoginsTest, AChangedSecretLiftsItsBlockAndTheSameOneDoesNot) {
  house().law.block(key);
  refuse("401");
  lift_changed_secrets(house());
  EXPECT_TRUE(house().law.blocked(key));
  small.configure(login("cam", "right") + camera("cam-a", "login = \"cam\"\n"));
  lift_changed_secrets(house());
  EXPECT_FALSE(house().law.blocked(key));
  keeper->commit();
  EXPECT_THAT(house().store->login_blocks(), IsEmpty());
}

TEST_F(KeeperOfLoginsTest, AnotherSecretOfTheSameLoginDoesNotLiftTheBlockOfTheRefusedOne) {
  const auto both = login("good", "right") + login("cam", "wrong") + camera("cam-a", "login = \"cam\"\n") +
                    camera("cam-c", "login = \"good\"\n");
  small.configure(both);
  house().law.block(key);
  refuse("401");
  lift_changed_secrets(house());
  EXPECT_TRUE(house().law.blocked(key)) << "each reload would send the wrong one again";
}

TEST_F(KeeperOfLoginsTest, ABlockThatNobodyUsesStays) {
  house().law.block(key);
  refuse("401");
  small.configure(camera("cam-a"));
  lift_changed_secrets(house());
  EXPECT_TRUE(house().law.blocked(key));
}

}  // namespace
}  // namespace commune_watch
