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
  Ask next(DeviceId device) override { return {due.erase(device) > 0 ? now() : now() + 3'600'000, depth}; }
  std::optional<Note> note(DeviceId, const std::string& driver) override {
    return driver == "rtsp" ? std::optional(Note{1, {std::byte{7}}}) : std::nullopt;
  }
  void record(Reading reading, const std::string& driver) override {
    if (broken) throw std::runtime_error("the disk is gone");
    told.push_back("reading of " + driver);
    readings.push_back(std::move(reading));
  }
  void login_tried(const LoginKey& key) override { told.push_back("trying " + key.username); }
  void login_settled(const LoginKey& key) override { told.push_back("settled " + key.username); }
  LoginTag login_tag(const LoginKey&, DeviceId) override { return secret; }
  bool login_refused(const LoginKey& key, DeviceId, const LoginTag& tag, const std::string& words) override {
    if (tag != secret) return false;
    told.push_back("refused " + key.username + ": " + words);
    return true;
  }
  void left_alone(DeviceId, Millis until, const std::string& why) override {
    told.push_back("left alone for " + std::to_string(until - now()) + ": " + why);
  }
  void say(std::uint8_t, const std::string&) override {}

  std::set<DeviceId> due;
  Rung depth = Rung::answering;
  std::vector<std::string> told;
  std::vector<Reading> readings;
  LoginTag secret{std::byte{1}};
  bool broken = false;

 private:
  Clock& clock_;
};

class WatchTest : public testing::Test {
 public:
  ~WatchTest() override {
    watch->stop();
    watch->abandon();
    turn();
    for (const auto& prober : probers) prober.kill();
  }

 protected:
  WatchTest() {
    watch.emplace(
        loop, [this] { return spawn(); }, notebook, law);
  }

  Spawned spawn() {
    probers.emplace_back();
    return {probers.back().pid, probers.back().gateways_end};
  }
  void turn() {
    loop.restart();
    loop.poll();
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
    watch->assign(std::move(table), {.per_host = per_host});
    turn();
  }
  void due(std::initializer_list<DeviceId> devices) {
    notebook.due.insert(devices);
    watch->hurry(devices);
    turn();
  }
  Question asked() { return probers.back().seam->next<seam::Ask>().question; }
  // All that was asked meanwhile.
  std::vector<DeviceId> asked_of() {
    clock.advance(ProberLink::kBeatEvery);
    watch->tick();
    turn();
    std::vector<DeviceId> devices;
    for (;;) {
      auto frame = probers.back().seam->read();
      if (!frame) throw std::runtime_error("the prober was ended");
      if (const auto* ask = std::get_if<seam::Ask>(&*frame)) devices.push_back(ask->question.device);
      if (!std::holds_alternative<seam::Beat>(*frame)) continue;
      say(*frame);
      return devices;
    }
  }
  void say(const seam::Frame& frame) {
    probers.back().seam->write(frame);
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
    probers.back().seam->close();
    turn();
    clock.advance(60'000);
    watch->tick();
    turn();
  }

  ManualClock clock;
  Notebook notebook{clock};
  LoginLaw law;
  asio::io_context loop;
  std::deque<PlayedProber> probers;
  std::optional<Watch> watch;
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
  ASSERT_EQ(notebook.readings.size(), 1U);
  EXPECT_EQ(notebook.readings.front().device, kTwo);
  EXPECT_EQ(notebook.readings.front().started.boot, 3U);
  EXPECT_EQ(notebook.readings.front().ended.boot, 3U);
  EXPECT_EQ(watch->asked(), 1U);
}

TEST_F(WatchTest, ARefusalIsWrittenBeforeItsReadingIsKept) {
  assign({watched(kOne, "192.0.2.10", true)});
  due({kOne});
  const auto question = asked();
  EXPECT_TRUE(question.may_log_in);
  say(seam::Refusal{question.id, kOne, {}, {}, "401 Unauthorized"});
  answer(question, LoginUse::refused);
  EXPECT_THAT(notebook.told,
              ElementsAre("trying monitor", "refused monitor: 401 Unauthorized", "reading of rtsp"));
  due({kOne});
  EXPECT_FALSE(asked().may_log_in);
}

TEST_F(WatchTest, ARefusalThatComesAfterItsQuestionWasGivenUpStillBlocks) {
  assign({watched(kOne, "192.0.2.10", true)});
  due({kOne});
  const auto question = asked();
  clock.advance(question.limit + ProberLink::kGrace);
  watch->tick();
  turn();
  EXPECT_EQ(watch->unanswered(), 1U);
  EXPECT_FALSE(law.blocked(kKey));
  say(seam::Refusal{question.id, kOne, {}, {}, "401"});
  EXPECT_TRUE(law.blocked(kKey));
  EXPECT_THAT(notebook.told, ElementsAre("trying monitor", "refused monitor: 401"));
}

TEST_F(WatchTest, AQuestionThatWasGivenUpFreesItsLogin) {
  assign({watched(kOne, "192.0.2.10", true)});
  due({kOne});
  const auto question = asked();
  EXPECT_TRUE(law.being_tried(kKey));
  clock.advance(question.limit + ProberLink::kGrace);
  watch->tick();
  turn();
  EXPECT_FALSE(law.being_tried(kKey));
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
  watch->assign(table, {.total = 4'096});
  turn();
  due({kOne});
  const auto question = asked();
  notebook.due.insert(others.begin(), others.end());
  watch->hurry(others);
  turn();
  clock.advance(12'000);
  watch->tick();
  turn();
  EXPECT_EQ(watch->unanswered(), others.size());
  say(seam::Refusal{question.id, kOne, {}, {}, "401"});
  EXPECT_TRUE(law.blocked(kKey));
}

TEST_F(WatchTest, ARefusalThatIsRepeatedIsWrittenOnce) {
  assign({watched(kOne, "192.0.2.10", true)});
  due({kOne});
  const auto question = asked();
  for (int i = 0; i < 1'000; ++i) say(seam::Refusal{question.id, kOne, {}, {}, "401"});
  EXPECT_THAT(notebook.told, ElementsAre("trying monitor", "refused monitor: 401"));
  EXPECT_TRUE(law.blocked(kKey));
}

TEST_F(WatchTest, WhatCannotBeRecordedEndsTheProgramAndNotTheWatchOfOneDevice) {
  assign({watched(kOne)});
  due({kOne});
  notebook.broken = true;
  Reading reading;
  reading.question = asked().id;
  reading.device = kOne;
  probers.back().seam->write(seam::Answer{reading});
  loop.restart();
  EXPECT_THROW(loop.poll(), std::runtime_error);
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
  EXPECT_THAT(notebook.told, ElementsAre("trying monitor"));
  due({kOne});
  EXPECT_TRUE(asked().may_log_in);
  die();
  EXPECT_THAT(notebook.told, ElementsAre("trying monitor", "trying monitor",
                                         "refused monitor: " + std::string(kNeverSettled)));
  due({kOne});
  EXPECT_FALSE(asked().may_log_in);
}

TEST_F(WatchTest, TwoAnswersInARowThatSettleNothingBlockTheLogin) {
  assign({watched(kOne, "192.0.2.10", true)});
  for (int tries = 0; tries < 2; ++tries) {
    due({kOne});
    const auto question = asked();
    EXPECT_TRUE(question.may_log_in);
    answer(question, LoginUse::unsettled);
  }
  EXPECT_THAT(notebook.told,
              ElementsAre("trying monitor", "reading of rtsp", "trying monitor",
                          "refused monitor: " + std::string(kNeverSettled), "reading of rtsp"));
  due({kOne});
  EXPECT_FALSE(asked().may_log_in);
}

TEST_F(WatchTest, ALoginThatIsAcceptedIsSettledOnce) {
  assign({watched(kOne, "192.0.2.10", true)});
  for (int times = 0; times < 2; ++times) {
    due({kOne});
    answer(asked(), LoginUse::accepted);
  }
  EXPECT_THAT(notebook.told,
              ElementsAre("trying monitor", "settled monitor", "reading of rtsp", "reading of rtsp"));
}

TEST_F(WatchTest, ARefusalOfASecretThatHasChangedDoesNotBlockTheNewOne) {
  assign({watched(kOne, "192.0.2.10", true)});
  due({kOne});
  const auto question = asked();
  notebook.secret = {std::byte{2}};
  say(seam::Refusal{question.id, kOne, {}, {}, "401"});
  answer(question, LoginUse::refused);
  due({kOne});
  EXPECT_TRUE(asked().may_log_in);
}

TEST_F(WatchTest, WhoStopsWhileALoginIsTriedWaitsForTheDevicesWord) {
  assign({watched(kOne, "192.0.2.10", true)});
  due({kOne});
  const auto question = asked();
  watch->stop();
  turn();
  EXPECT_EQ(watch->running(), 1U);
  say(seam::Refusal{question.id, kOne, {}, {}, "401"});
  answer(question, LoginUse::refused);
  EXPECT_EQ(watch->running(), 0U);
  EXPECT_THAT(notebook.told, ElementsAre("trying monitor", "refused monitor: 401", "reading of rtsp"));
}

TEST_F(WatchTest, ADeviceThatKillsThreeProbersIsLeftAloneWithAnAlarmAndUnknown) {
  assign({watched(kOne)});
  for (int deaths = 0; deaths < 3; ++deaths) {
    due({kOne});
    asked();
    die();
  }
  EXPECT_THAT(notebook.told, ElementsAre(StartsWith("left alone for 3600000: cam-1: three probers died")));
  due({kOne});
  ASSERT_EQ(notebook.readings.size(), 1U);
  const auto& check = notebook.readings.front().finding.checks.at(0);
  EXPECT_EQ(check.outcome, Outcome::unknown);
  EXPECT_EQ(check.reason, reason_id("internal-error"));
  EXPECT_THAT(asked_of(), IsEmpty());
  clock.advance(Poison::kShunFor);
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
  EXPECT_THAT(notebook.readings, IsEmpty());
  EXPECT_EQ(watch->unanswered(), 1U);
}

TEST_F(WatchTest, ADeviceThatLeftTheTableIsNotAskedAgainAndTheOthersGoOn) {
  assign({watched(kOne), watched(kTwo, "192.0.2.2")});
  EXPECT_EQ(watch->running(), 2U);
  assign({watched(kTwo, "192.0.2.2")});
  EXPECT_EQ(watch->running(), 1U);
  due({kOne, kTwo});
  EXPECT_THAT(asked_of(), ElementsAre(kTwo));
}

TEST_F(WatchTest, AQuestionOpenDuringAReloadIsAnsweredByTheOldProberAndKept) {
  assign({watched(kOne)});
  due({kOne});
  const auto question = asked();
  assign({watched(kOne), watched(kTwo, "192.0.2.2")});
  ASSERT_EQ(probers.size(), 2U);
  Reading reading;
  reading.question = question.id;
  reading.device = kOne;
  probers.front().seam->write(seam::Answer{reading});
  turn();
  EXPECT_EQ(notebook.readings.size(), 1U);
  due({kOne, kTwo});
  EXPECT_THAT(asked_of(), testing::UnorderedElementsAre(kOne, kTwo));
}

TEST_F(WatchTest, ManyReloadsWhileAProberDiesLeaveOneCoroutineADevice) {
  for (std::uint32_t round = 0; round < 20; ++round) {
    assign({watched(kOne), watched(kTwo, "192.0.2." + std::to_string(2 + round % 2))});
    due({kOne});
    if (round % 3 == 0) die();
  }
  EXPECT_EQ(watch->running(), 2U);
  die();
  EXPECT_NE(watch->prober().pid(), 0);
}

TEST_F(WatchTest, APersonsProbeIsAskedAtOnceAtTheDepthThatIsWanted) {
  assign({watched(kOne)});
  std::optional<Reading> got;
  const auto probe = [&]() -> asio::awaitable<void> { got = co_await watch->probe(kOne, Rung::useful); };
  asio::co_spawn(loop, probe(), asio::detached);
  turn();
  const auto question = asked();
  EXPECT_EQ(question.depth, Rung::useful);
  answer(question);
  EXPECT_TRUE(got);
  EXPECT_EQ(notebook.readings.size(), 1U);
}

// Power returns to a place: all its cameras answer again at the same time.
TEST_F(WatchTest, HoweverManyCamerasAreDueFourStreamAtATimeAndLivenessPassesThemBy) {
  std::vector<Watched> table;
  std::vector<DeviceId> cameras;
  for (std::uint32_t i = 1; i <= 64; ++i) {
    cameras.push_back(DeviceId{i});
    table.push_back(watched(cameras.back(), "host-" + std::to_string(i)));
    table.back().target.kind = Kind::camera;
  }
  table.push_back(watched(DeviceId{99}, "switch"));
  table.back().target.kind = Kind::network_switch;
  const auto table_size = table.size();
  assign(std::move(table));
  notebook.depth = Rung::useful;
  notebook.due.insert(cameras.begin(), cameras.end());
  notebook.due.insert(DeviceId{99});
  watch->hurry(cameras);
  watch->hurry({DeviceId{99}});
  turn();
  std::deque<Question> open;
  for (int i = 0; i < 5; ++i) open.push_back(asked());
  EXPECT_EQ(open.back().device, DeviceId{99});
  answer(open.back());
  open.pop_back();
  EXPECT_EQ(watch->asked(), 5U);
  for (auto sofar = watch->asked(); sofar < table_size; ++sofar) {
    EXPECT_EQ(watch->asked(), sofar);
    answer(open.front());
    open.pop_front();
    open.push_back(asked());
  }
  EXPECT_EQ(notebook.readings.size(), table_size - 4);
}

TEST_F(WatchTest, AtTheStopEveryCoroutineEnds) {
  assign({watched(kOne), watched(kTwo)});  // one is asked, one waits at the gate
  due({kOne, kTwo});
  EXPECT_EQ(watch->running(), 2U);
  watch->stop();
  turn();
  EXPECT_EQ(watch->running(), 0U);
  EXPECT_THAT(notebook.readings, IsEmpty());
}

}  // namespace
}  // namespace commune_watch
