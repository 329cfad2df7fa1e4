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
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kTwoCameras = camera("cam-a") + camera("cam-b", {}, "127.0.0.8");

class KeeperTest : public testing::Test {
 protected:
  explicit KeeperTest(const std::string& devices = kTwoCameras) : small_(devices) { begin(); }

  void begin() {
    later_.clear();
    Keeper::Hooks hooks;
    hooks.durable = [this](const std::set<DeviceId>& changed) {
      told_.push_back(changed);
      EXPECT_EQ(house().store->uncommitted(), 0U) << "told before it was durable";
    };
    hooks.hurry = [](const std::vector<DeviceId>&) {};
    hooks.later = [this](Millis after, std::function<void()> task) {
      later_.emplace_back(small_.clock.boot_now() + after, std::move(task));
    };
    keeper_.emplace(house(), std::move(hooks));
    keeper_->observe_clock(true);
    keeper_->roster_changed();
    ASSERT_TRUE(keeper_->commit());
    told_.clear();
  }
  House& house() { return small_.house; }

  // Time passes second by second, as the gateway's loop would let it.
  void pass(Millis time) {
    for (Millis left = time; left > 0; left -= 1'000) {
      small_.clock.advance(std::min<Millis>(left, 1'000));
      run_due();
      keeper_->tick();
    }
  }
  void run_due() {
    auto tasks = std::exchange(later_, {});
    for (auto& [at, task] : tasks) {
      if (at <= small_.clock.boot_now())
        task();
      else
        later_.emplace_back(at, std::move(task));
    }
  }
  Reading reading(const std::string& name, Outcome outcome, const std::string& why = {}) {
    Reading reading;
    reading.device = small_.id(name);
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
    keeper_->record(reading(name, outcome, why), "rtsp");
  }
  void go_down(const std::string& name) {
    for (int i = 0; i < 3; ++i) {
      small_.clock.advance(20'000);
      see(name, Outcome::failed, "connection-refused");
    }
  }
  std::vector<Span> spans(const std::string& name) {
    const auto now = house().utc_now();
    return house().store->spans(small_.id(name), {now - 40 * 86'400'000LL, now}, house().now());
  }

  FaultyDisk disk_;
  TestHouse small_;
  std::vector<std::set<DeviceId>> told_;
  std::vector<std::pair<Millis, std::function<void()>>> later_;
  std::optional<Keeper> keeper_;
};

// --- durable before told ---

TEST_F(KeeperTest, AnUpIsToldWithinTheGroupsTimeOnceItIsDurable) {
  see("cam-a", Outcome::ok);
  pass(13'000);
  EXPECT_EQ(small_.standing("cam-a").state, State::up);
  ASSERT_FALSE(told_.empty());
  EXPECT_THAT(told_.back(), ElementsAre(small_.id("cam-a")));
}

TEST_F(KeeperTest, ADownIsDurableAndToldAtOnce) {
  see("cam-a", Outcome::ok);
  pass(13'000);
  told_.clear();
  go_down("cam-a");
  pass(13'000);
  EXPECT_EQ(small_.standing("cam-a").state, State::down);
  ASSERT_FALSE(told_.empty());
  EXPECT_THAT(spans("cam-a").back().state, State::down);
}

TEST_F(KeeperTest, OnAFullDiskNothingIsToldAndEverythingLaterInOrder) {
  see("cam-a", Outcome::ok);
  pass(13'000);
  told_.clear();
  const auto durable = house().store->next();
  disk_.fail_writes(SQLITE_FULL);
  go_down("cam-a");
  pass(30'000);
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_EQ(house().store->next(), durable);
  EXPECT_TRUE(house().alarms.contains("store"));
  EXPECT_TRUE(small_.journal.holds("the log cannot be written"));
  disk_.fail_writes(SQLITE_OK);
  pass(6'000);
  EXPECT_FALSE(house().alarms.contains("store"));
  ASSERT_THAT(told_, SizeIs(testing::Ge(1)));
  EXPECT_TRUE(told_.front().contains(small_.id("cam-a")));
  EXPECT_EQ(spans("cam-a").back().state, State::down);
}

TEST_F(KeeperTest, HoweverOftenACommitFailsOneRetryIsUnderWay) {
  disk_.fail_writes(SQLITE_FULL);
  house().store->append(house().now(), small_.id("cam-a"), BlipEntry{"cam-a", {}, {}, ReasonId::none, 1});
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(keeper_->commit());
  EXPECT_THAT(later_, SizeIs(1));
  pass(60'000);
  EXPECT_THAT(later_, SizeIs(1));
  disk_.fail_writes(SQLITE_OK);
  pass(10'000);
  EXPECT_THAT(later_, IsEmpty());
}

TEST_F(KeeperTest, AFailingSyncIsAFailedCommit) {
  house().store->append(house().now(), small_.id("cam-a"), BlipEntry{"cam-a", {}, {}, ReasonId::none, 1});
  disk_.fail_syncs(1);
  EXPECT_FALSE(keeper_->commit());
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_TRUE(keeper_->commit());
  EXPECT_THAT(told_, SizeIs(1));
}

TEST_F(KeeperTest, TheManagerHearsNoProgressWhileTheLogTakesNothing) {
  EXPECT_TRUE(keeper_->progressing());
  disk_.fail_writes(SQLITE_FULL);
  for (int i = 0; i < 16; ++i) {
    pass(10'000);
    see("cam-a", Outcome::ok);
  }
  EXPECT_FALSE(keeper_->progressing());
}

TEST_F(KeeperTest, TheManagerHearsNoProgressWhileNobodyIsAsked) {
  pass(4 * 60'000 - 1'000);
  EXPECT_TRUE(keeper_->progressing()) << "twice the interval and two ticks";
  pass(60'000);
  EXPECT_FALSE(keeper_->progressing());
}

// --- silence, cuts, clocks ---

TEST_F(KeeperTest, AfterAnIntervalOfSilenceADeviceIsUnknownFromWhereItsVerdictRanOut) {
  see("cam-a", Outcome::ok);
  const auto seen = house().utc_now();
  pass(20 * 60'000);
  const auto now = small_.standing("cam-a");
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
  const auto last_tick = small_.house.utc_now() - 5'000;
  small_.clock.advance(40'000);
  small_.open();
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
  small_.clock.step_wall(-3'600'000);
  pass(5'000);
  EXPECT_TRUE(small_.journal.holds("the wall clock was set"));
  EXPECT_LE(house().store->clock_map().anchors().size(), before + 1);
  EXPECT_EQ(std::ranges::count_if(small_.journal.said,
                                  [](const auto& text) { return text.starts_with("the wall clock"); }),
            1);
  Millis length = 0;
  for (const auto& span : spans("cam-a")) length += span.period.length();
  EXPECT_LE(length, 20'000);
  EXPECT_EQ(small_.standing("cam-a").state, State::up);
}

TEST_F(KeeperTest, AnUntrustedClockIsToldToNoDriver) {
  EXPECT_TRUE(keeper_->trusted_utc());
  small_.clock.source = AnchorSource::system;
  keeper_->tick();
  EXPECT_FALSE(keeper_->trusted_utc());
}

// --- notes ---

TEST_F(KeeperTest, ANoteIsRememberedAtOnceAndWrittenWithTheTickWhateverAProberMakesOfIt) {
  const auto syncs = disk_.syncs();
  for (int i = 0; i < 100; ++i) {
    auto told = reading("cam-a", Outcome::unknown, "overrun");
    told.finding.note = Note{1, {static_cast<std::byte>(i)}};
    keeper_->record(told, "rtsp");
    small_.clock.advance(100);
    run_due();
  }
  EXPECT_EQ(keeper_->note(small_.id("cam-a"), "rtsp"), (Note{1, {std::byte{99}}}));
  EXPECT_LE(disk_.syncs() - syncs, 2);
  pass(60'000);
  small_.open();
  begin();
  EXPECT_EQ(keeper_->note(small_.id("cam-a"), "rtsp"), (Note{1, {std::byte{99}}}));
  EXPECT_EQ(keeper_->note(small_.id("cam-b"), "rtsp"), std::nullopt);
}

TEST_F(KeeperTest, AfterAReloadNoDriverGetsAnotherDriversNote) {
  auto told = reading("cam-a", Outcome::ok);
  told.finding.note = Note{1, {std::byte{7}}};
  keeper_->record(told, "rtsp");
  keeper_->roster_changed();
  EXPECT_EQ(keeper_->note(small_.id("cam-a"), "other"), std::nullopt);
  keeper_->roster_changed();
  EXPECT_EQ(keeper_->note(small_.id("cam-a"), "rtsp"), (Note{1, {std::byte{7}}}));
}

// --- the gateway's own eyes ---

TEST_F(KeeperTest, WhenTheWholeSegmentIsSilentTheGatewayIsBlindAndNoDeviceIsDown) {
  see("cam-a", Outcome::ok);
  const auto targets = keeper_->segment_targets({"127.0.0.7"});
  ASSERT_THAT(targets, SizeIs(1));
  EXPECT_EQ(targets.front().target.name, "@segment-127.0.0.7");
  const auto neighbour = targets.front().target.device;
  const auto silent = [&] {
    Reading told;
    told.device = neighbour;
    told.started = told.ended = house().now();
    told.finding.checks = {{Rung::reachable, Outcome::failed, reason_id("no-answer"), "", 0}};
    keeper_->record(told, "ping");
  };
  for (int i = 0; i < 2; ++i) {
    pass(20'000);
    EXPECT_LE(keeper_->next(neighbour).due, keeper_->now());
    silent();
  }
  EXPECT_FALSE(house().blind);
  keeper_->segment_targets({"127.0.0.7"});  // a reload in between forgets nothing
  pass(20'000);
  EXPECT_LE(keeper_->next(neighbour).due, keeper_->now());
  silent();
  pass(1'000);
  EXPECT_TRUE(house().blind);
  EXPECT_TRUE(house().alarms.contains("blind"));
  EXPECT_EQ(small_.standing("cam-a").reason, reason_id("gateway-no-segment"));
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
  const LoginKey key_{"127.0.0.9", "monitor"};

  ReasonId told_reason(const std::string& name) {
    see(name, Outcome::unknown, "login-blocked");
    pass(13'000);
    return small_.standing(name).reason;
  }
};

TEST_F(KeeperOfLoginsTest, ARefusalIsDurableWhenItReturnsWithoutTheSecret) {
  house().law.refused(key_, 1);
  keeper_->login_refused(key_, small_.id("cam-a"), "401 Unauthorized");
  EXPECT_EQ(house().store->uncommitted(), 0U);
  const auto blocks = house().store->login_blocks();
  ASSERT_THAT(blocks, SizeIs(1));
  EXPECT_EQ(blocks.front().host, "127.0.0.9");
  EXPECT_EQ(blocks.front().device, "cam-a");
  EXPECT_EQ(blocks.front().left, LoginLaw::kBlockFor);
  EXPECT_EQ(blocks.front().tag, house().store->secret_tag("monitor", "wrong"));
  EXPECT_FALSE(small_.journal.holds("wrong"));
}

TEST_F(KeeperOfLoginsTest, WhileALoginIsBlockedItsDeviceReadsAsItsRefusalDid) {
  keeper_->login_refused(key_, small_.id("cam-a"), "401");
  EXPECT_EQ(told_reason("cam-a"), reason_id("bad-password"));
  small_.clock.advance(60'000);
  small_.open();
  begin();
  EXPECT_EQ(told_reason("cam-a"), reason_id("bad-password")) << "after a restart";
  pass(5 * 60'000);
  EXPECT_EQ(small_.standing("cam-a").reason, reason_id("overrun"));
  EXPECT_EQ(told_reason("cam-a"), reason_id("bad-password")) << "after a prober's silence";
}

TEST_F(KeeperOfLoginsTest, ALoginThatProbersDiedOfIsOnlyBlocked) {
  keeper_->login_refused(key_, small_.id("cam-a"), std::string(kDiedTwice));
  EXPECT_EQ(told_reason("cam-a"), reason_id("login-blocked"));
}

TEST_F(KeeperOfLoginsTest, AnotherDevicesBlockSaysNothingOfThisOne) {
  keeper_->login_refused(key_, small_.id("cam-a"), "401");
  EXPECT_EQ(told_reason("cam-b"), reason_id("login-blocked"));
}

TEST_F(KeeperOfLoginsTest, ABlockLastsSixHoursOfRunningTimeOverRestarts) {
  house().law.block(key_);
  keeper_->login_refused(key_, small_.id("cam-a"), "401");
  pass(3'600'000);
  small_.clock.advance(86'400'000);  // nobody runs
  small_.open();
  begin();
  restore_blocks(house());
  const auto left = house().law.left(key_);
  EXPECT_LE(left, LoginLaw::kBlockFor - 3'600'000 + 61'000);
  EXPECT_GE(left, LoginLaw::kBlockFor - 3'600'000);
  pass(left - 1'000);
  EXPECT_TRUE(house().law.blocked(key_));
  pass(1'000);
  EXPECT_FALSE(house().law.blocked(key_));
  keeper_->commit();
  EXPECT_THAT(house().store->login_blocks(), IsEmpty());
}

TEST_F(KeeperOfLoginsTest, OnAFullDiskABlockHoldsInMemoryAndIsWrittenLater) {
  disk_.fail_writes(SQLITE_FULL);
  house().law.block(key_);
  keeper_->login_refused(key_, small_.id("cam-a"), "401");
  EXPECT_TRUE(house().law.blocked(key_));
  disk_.fail_writes(SQLITE_OK);
  pass(6'000);
  small_.open();
  EXPECT_THAT(house().store->login_blocks(), SizeIs(1));
}

// --- changed secrets ---

TEST_F(KeeperOfLoginsTest, AChangedSecretLiftsItsBlockAndTheSameOneDoesNot) {
  house().law.block(key_);
  keeper_->login_refused(key_, small_.id("cam-a"), "401");
  lift_changed_secrets(house());
  EXPECT_TRUE(house().law.blocked(key_));
  small_.configure(login("cam", "right") + camera("cam-a", "login = \"cam\"\n"));
  lift_changed_secrets(house());
  EXPECT_FALSE(house().law.blocked(key_));
  keeper_->commit();
  EXPECT_THAT(house().store->login_blocks(), IsEmpty());
}

TEST_F(KeeperOfLoginsTest, AnotherSecretOfTheSameLoginDoesNotLiftTheBlockOfTheRefusedOne) {
  const auto both = login("good", "right") + login("cam", "wrong") + camera("cam-a", "login = \"cam\"\n") +
                    camera("cam-c", "login = \"good\"\n");
  small_.configure(both);
  house().law.block(key_);
  keeper_->login_refused(key_, small_.id("cam-a"), "401");
  lift_changed_secrets(house());
  EXPECT_TRUE(house().law.blocked(key_)) << "each reload would send the wrong one again";
}

TEST_F(KeeperOfLoginsTest, ABlockThatNobodyUsesStays) {
  house().law.block(key_);
  keeper_->login_refused(key_, small_.id("cam-a"), "401");
  small_.configure(camera("cam-a"));
  lift_changed_secrets(house());
  EXPECT_TRUE(house().law.blocked(key_));
}

}  // namespace
}  // namespace commune_watch
