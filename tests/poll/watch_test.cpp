// The asking side against a prober that a test plays: what is asked, with which permission, and what is kept.
#include "poll/watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <deque>
#include <set>

#include "poll/played_prober.hpp"
#include "support/manual_clock.hpp"

namespace commune_watch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr DeviceId kOne{1}, kTwo{2};
const LoginKey kKey{"192.0.2.10", "monitor"};

// Notes what it is told; a device is due when the test says so.
class Notebook final : public Recorder {
 public:
  explicit Notebook(Clock& clock) : clock_(clock) {}
  Millis now() override { return clock_.boot_now(); }
  std::uint32_t boot() override { return 3; }
  std::optional<Millis> trusted_utc() override { return 1'790'000'000'000; }
  Ask next(DeviceId device) override {
    return {due.erase(device) > 0 ? now() : now() + 3'600'000, Rung::answering};
  }
  std::optional<Note> note(DeviceId, const std::string& driver) override {
    return driver == "rtsp" ? std::optional(Note{1, {std::byte{7}}}) : std::nullopt;
  }
  void record(Reading reading, const std::string& driver) override {
    if (broken) throw std::runtime_error("the disk is gone");
    told.push_back("reading of " + driver);
    readings.push_back(std::move(reading));
  }
  void login_refused(const LoginKey& key, DeviceId, const std::string& words) override {
    told.push_back("refused " + key.username + ": " + words);
  }
  void alarm(const std::string& text) override { told.push_back("alarm " + text); }
  void say(std::uint8_t, const std::string&) override {}

  std::set<DeviceId> due;
  std::vector<std::string> told;
  std::vector<Reading> readings;
  bool broken = false;

 private:
  Clock& clock_;
};

class WatchTest : public testing::Test {
 protected:
  WatchTest() {
    watch_.emplace(
        loop_, [this] { return spawn(); }, notebook_, law_);
  }
  ~WatchTest() override {
    watch_->stop();
    turn();
    for (const auto& prober : probers_) prober.kill();
  }

  Spawned spawn() {
    probers_.emplace_back();
    return {probers_.back().pid, probers_.back().gateways_end};
  }
  void turn() {
    loop_.restart();
    loop_.poll();
  }
  static Watched watched(DeviceId device, std::string host = "192.0.2.1", bool with_login = false) {
    Watched watched;
    watched.target.device = device;
    watched.target.name = "cam-" + std::to_string(static_cast<int>(device));
    watched.target.driver = "rtsp";
    watched.host = std::move(host);
    if (with_login) watched.login = kKey;
    return watched;
  }
  void assign(std::vector<Watched> table, int per_host = 1) {
    watch_->assign(std::move(table), per_host, 256);
    turn();
  }
  void due(std::initializer_list<DeviceId> devices) {
    notebook_.due.insert(devices);
    watch_->hurry(devices);
    turn();
  }
  Question asked() { return probers_.back().seam->next<seam::Ask>().question; }
  // All that was asked meanwhile.
  std::vector<DeviceId> asked_of() {
    clock_.advance(ProberLink::kBeatEvery);
    watch_->tick();
    turn();
    std::vector<DeviceId> devices;
    for (;;) {
      auto frame = probers_.back().seam->read();
      if (!frame) throw std::runtime_error("the prober was ended");
      if (const auto* ask = std::get_if<seam::Ask>(&*frame)) devices.push_back(ask->question.device);
      if (!std::holds_alternative<seam::Beat>(*frame)) continue;
      say(*frame);
      return devices;
    }
  }
  void say(const seam::Frame& frame) {
    probers_.back().seam->write(frame);
    turn();
  }
  void answer(const Question& question, LoginUse login = LoginUse::none) {
    Reading reading;
    reading.question = question.id;
    reading.device = question.device;
    reading.depth = question.depth;
    reading.finding.login = login;
    say(seam::Answer{reading});
  }
  // The prober dies and the next one is there.
  void die() {
    probers_.back().seam->close();
    turn();
    clock_.advance(60'000);
    watch_->tick();
    turn();
  }

  ManualClock clock_;
  Notebook notebook_{clock_};
  LoginLaw law_;
  asio::io_context loop_;
  std::deque<PlayedProber> probers_;
  std::optional<Watch> watch_;
};

TEST_F(WatchTest, ADueDeviceIsAskedWithItsNoteAndItsReadingIsKeptUnderThisBoot) {
  assign({watched(kOne), watched(kTwo, "192.0.2.2")});
  due({kTwo});
  const auto question = asked();
  EXPECT_EQ(question.device, kTwo);
  EXPECT_EQ(question.depth, Rung::answering);
  EXPECT_EQ(question.limit, 10'000);
  EXPECT_EQ(question.note, (Note{1, {std::byte{7}}}));
  EXPECT_EQ(question.utc_now, 1'790'000'000'000);
  EXPECT_FALSE(question.may_log_in);
  answer(question);
  ASSERT_EQ(notebook_.readings.size(), 1U);
  EXPECT_EQ(notebook_.readings.front().device, kTwo);
  EXPECT_EQ(notebook_.readings.front().started.boot, 3U);
  EXPECT_EQ(notebook_.readings.front().ended.boot, 3U);
  EXPECT_EQ(watch_->asked(), 1U);
}

TEST_F(WatchTest, ARefusalIsWrittenBeforeItsReadingIsKept) {
  assign({watched(kOne, "192.0.2.10", true)});
  due({kOne});
  const auto question = asked();
  EXPECT_TRUE(question.may_log_in);
  say(seam::Refusal{question.id, kOne, {}, {}, "401 Unauthorized"});
  answer(question, LoginUse::refused);
  EXPECT_THAT(notebook_.told, ElementsAre("refused monitor: 401 Unauthorized", "reading of rtsp"));
  due({kOne});
  EXPECT_FALSE(asked().may_log_in);
}

TEST_F(WatchTest, ARefusalThatComesAfterItsQuestionWasGivenUpStillBlocks) {
  assign({watched(kOne, "192.0.2.10", true)});
  due({kOne});
  const auto question = asked();
  clock_.advance(question.limit + ProberLink::kGrace);
  watch_->tick();
  turn();
  EXPECT_EQ(watch_->unanswered(), 1U);
  EXPECT_FALSE(law_.blocked(kKey));
  say(seam::Refusal{question.id, kOne, {}, {}, "401"});
  EXPECT_TRUE(law_.blocked(kKey));
  EXPECT_THAT(notebook_.told, ElementsAre("refused monitor: 401"));
}

TEST_F(WatchTest, AQuestionThatWasGivenUpFreesItsLogin) {
  assign({watched(kOne, "192.0.2.10", true)});
  due({kOne});
  const auto question = asked();
  EXPECT_TRUE(law_.being_tried(kKey));
  clock_.advance(question.limit + ProberLink::kGrace);
  watch_->tick();
  turn();
  EXPECT_FALSE(law_.being_tried(kKey));
  due({kOne});
  EXPECT_TRUE(asked().may_log_in);
}

TEST_F(WatchTest, ARefusalCountsHoweverManyOtherQuestionsWereGivenUpMeanwhile) {
  std::vector<Watched> table{watched(kOne, "192.0.2.10", true)};
  table.front().limit = 60'000;
  std::vector<DeviceId> others;
  for (std::uint32_t i = 2; i < 1'200; ++i) {
    others.push_back(DeviceId{i});
    table.push_back(watched(others.back(), "host-" + std::to_string(i)));
  }
  watch_->assign(table, 1, 4'096);
  turn();
  due({kOne});
  const auto question = asked();
  notebook_.due.insert(others.begin(), others.end());
  watch_->hurry(others);
  turn();
  clock_.advance(12'000);
  watch_->tick();
  turn();
  EXPECT_EQ(watch_->unanswered(), others.size());
  say(seam::Refusal{question.id, kOne, {}, {}, "401"});
  EXPECT_TRUE(law_.blocked(kKey));
}

TEST_F(WatchTest, ARefusalThatIsRepeatedIsWrittenOnce) {
  assign({watched(kOne, "192.0.2.10", true)});
  due({kOne});
  const auto question = asked();
  for (int i = 0; i < 1'000; ++i) say(seam::Refusal{question.id, kOne, {}, {}, "401"});
  EXPECT_THAT(notebook_.told, ElementsAre("refused monitor: 401"));
  EXPECT_TRUE(law_.blocked(kKey));
}

TEST_F(WatchTest, WhatCannotBeRecordedEndsTheProgramAndNotTheWatchOfOneDevice) {
  assign({watched(kOne)});
  due({kOne});
  notebook_.broken = true;
  Reading reading;
  reading.question = asked().id;
  reading.device = kOne;
  probers_.back().seam->write(seam::Answer{reading});
  loop_.restart();
  EXPECT_THROW(loop_.poll(), std::runtime_error);
}

TEST_F(WatchTest, WhoSharesALoginWaitsUntilItsFirstWordIsSaid) {
  assign({watched(kOne, "192.0.2.10", true), watched(kTwo, "192.0.2.10", true)}, 2);
  due({kOne, kTwo});
  const auto first = asked();
  EXPECT_TRUE(first.may_log_in);
  EXPECT_THAT(asked_of(), IsEmpty()) << "without it, it would read as refused";
  answer(first, LoginUse::accepted);
  const auto other = first.device == kOne ? kTwo : kOne;
  due({other});
  const auto second = asked();
  EXPECT_EQ(second.device, other);
  EXPECT_TRUE(second.may_log_in);
}

TEST_F(WatchTest, TwoDeathsInARowWithALoginBlockItForAReasonThatNoDeviceGave) {
  assign({watched(kOne, "192.0.2.10", true)});
  due({kOne});
  asked();
  die();
  EXPECT_THAT(notebook_.told, IsEmpty());
  due({kOne});
  EXPECT_TRUE(asked().may_log_in);
  die();
  EXPECT_THAT(notebook_.told, ElementsAre("refused monitor: " + std::string(kDiedTwice)));
  due({kOne});
  EXPECT_FALSE(asked().may_log_in);
}

TEST_F(WatchTest, ADeviceThatKillsThreeProbersIsLeftAloneWithAnAlarmAndUnknown) {
  assign({watched(kOne)});
  for (int deaths = 0; deaths < 3; ++deaths) {
    due({kOne});
    asked();
    die();
  }
  EXPECT_THAT(notebook_.told, ElementsAre(StartsWith("alarm cam-1: three probers died")));
  due({kOne});
  ASSERT_EQ(notebook_.readings.size(), 1U);
  const auto& check = notebook_.readings.front().finding.checks.at(0);
  EXPECT_EQ(check.outcome, Outcome::unknown);
  EXPECT_EQ(check.reason, reason_id("internal-error"));
  EXPECT_THAT(asked_of(), IsEmpty());
  clock_.advance(Poison::kShunFor);
  die();
  due({kOne});
  EXPECT_THAT(asked_of(), ElementsAre(kOne));
}

TEST_F(WatchTest, AfterTwoDeathsADeviceIsAskedAlone) {
  assign({watched(kOne), watched(kTwo, "192.0.2.2")});
  for (int deaths = 0; deaths < 2; ++deaths) {
    due({kOne});
    asked();
    die();
  }
  due({kTwo});
  const auto other = asked();
  due({kOne});
  EXPECT_THAT(asked_of(), IsEmpty());
  answer(other);
  EXPECT_THAT(asked_of(), ElementsAre(kOne));
}

TEST_F(WatchTest, WhatNoProberAnsweredIsNotRecorded) {
  assign({watched(kOne)});
  due({kOne});
  asked();
  die();
  EXPECT_THAT(notebook_.readings, IsEmpty());
  EXPECT_EQ(watch_->unanswered(), 1U);
}

TEST_F(WatchTest, ADeviceThatLeftTheTableIsNotAskedAgainAndTheOthersGoOn) {
  assign({watched(kOne), watched(kTwo, "192.0.2.2")});
  EXPECT_EQ(watch_->running(), 2U);
  assign({watched(kTwo, "192.0.2.2")});
  EXPECT_EQ(watch_->running(), 1U);
  due({kOne, kTwo});
  EXPECT_THAT(asked_of(), ElementsAre(kTwo));
}

TEST_F(WatchTest, AQuestionOpenDuringAReloadIsAnsweredByTheOldProberAndKept) {
  assign({watched(kOne)});
  due({kOne});
  const auto question = asked();
  assign({watched(kOne), watched(kTwo, "192.0.2.2")});
  ASSERT_EQ(probers_.size(), 2U);
  Reading reading;
  reading.question = question.id;
  reading.device = kOne;
  probers_.front().seam->write(seam::Answer{reading});
  turn();
  EXPECT_EQ(notebook_.readings.size(), 1U);
  due({kOne, kTwo});
  EXPECT_THAT(asked_of(), testing::UnorderedElementsAre(kOne, kTwo));
}

TEST_F(WatchTest, ManyReloadsWhileAProberDiesLeaveOneCoroutineADevice) {
  for (std::uint32_t round = 0; round < 20; ++round) {
    assign({watched(kOne), watched(kTwo, "192.0.2." + std::to_string(2 + round % 2))});
    due({kOne});
    if (round % 3 == 0) die();
  }
  EXPECT_EQ(watch_->running(), 2U);
  die();
  EXPECT_NE(watch_->prober().pid(), 0);
}

TEST_F(WatchTest, APersonsProbeIsAskedAtOnceAtTheDepthThatIsWanted) {
  assign({watched(kOne)});
  std::optional<Reading> got;
  const auto probe = [&]() -> asio::awaitable<void> { got = co_await watch_->probe(kOne, Rung::useful); };
  asio::co_spawn(loop_, probe(), asio::detached);
  turn();
  const auto question = asked();
  EXPECT_EQ(question.depth, Rung::useful);
  answer(question);
  EXPECT_TRUE(got);
  EXPECT_EQ(notebook_.readings.size(), 1U);
}

TEST_F(WatchTest, AtTheStopEveryCoroutineEnds) {
  assign({watched(kOne), watched(kTwo)});  // one is asked, one waits at the gate
  due({kOne, kTwo});
  EXPECT_EQ(watch_->running(), 2U);
  watch_->stop();
  turn();
  EXPECT_EQ(watch_->running(), 0U);
  EXPECT_THAT(notebook_.readings, IsEmpty());
}

}  // namespace
}  // namespace commune_watch
