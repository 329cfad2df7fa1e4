// The gateway's end of the seam against a prober that a test plays: its deaths, its silence, its lies.
#include "poll/prober_link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>

#include <array>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <cerrno>
#include <csignal>
#include <deque>

#include "poll/played_prober.hpp"
#include "support/manual_clock.hpp"

namespace commune_watch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ProberLinkTest : public testing::Test {
 public:
  ~ProberLinkTest() override {
    for (const auto& prober : probers) prober.kill();  // the link would wait for their goodbyes
  }

 protected:
  struct Asked {
    bool ended = false;
    std::optional<Reading> reading;
  };

  ProberLinkTest() { link.emplace(loop, spawn(), hooks()); }

  Spawn spawn() {
    return [this]() -> Spawned {
      ++tries;
      if (refuse_to_start) throw std::runtime_error("no more processes");
      probers.emplace_back();
      return {probers.back().pid, probers.back().gateways_end};
    };
  }
  ProberLink::Hooks hooks() {
    return {.now = [this] { return clock.boot_now(); },
            .refused = [this](const seam::Refusal& refusal) { refusals.push_back(refusal.question); },
            .died =
                [this](const auto& asked, const auto& of) {
                  deaths.push_back(asked);
                  deaths_with.push_back(of);
                },
            .say = [this](std::uint8_t, const std::string& text) { said.push_back(text); }};
  }

  void turn() {
    loop.restart();
    loop.poll();
  }
  void pass(Millis time) {
    clock.advance(time);
    link->tick();
    turn();
  }
  PlayedProber& prober(std::size_t which = 0) { return probers.at(which); }

  static Target target(std::uint32_t device, std::string host = "192.0.2.1") {
    Target target;
    target.device = DeviceId{device};
    target.name = "ap-" + std::to_string(device);
    target.driver = "ping";
    target.options = Options({{"host", std::move(host)}});
    return target;
  }
  static Question question(std::uint64_t id, std::uint32_t device = 1, Millis limit = 10'000) {
    Question question;
    question.id = id;
    question.device = DeviceId{device};
    question.depth = Rung::answering;
    question.limit = limit;
    return question;
  }
  Reading reading(std::uint64_t id, std::uint32_t device = 1) {
    Reading reading;
    reading.question = id;
    reading.device = DeviceId{device};
    reading.started.bt = reading.ended.bt = clock.boot_now();
    reading.depth = Rung::answering;
    return reading;
  }
  Asked& ask(Question question) {
    auto& asked = questions.emplace_back();
    const auto wait = [this](Question what, Asked& result) -> asio::awaitable<void> {
      result.reading = co_await link->ask(std::move(what));
      result.ended = true;
    };
    asio::co_spawn(loop, wait(std::move(question), asked), asio::detached);
    turn();
    return asked;
  }
  void answer(const seam::Frame& frame, std::size_t which = 0) {
    prober(which).seam->write(frame);
    turn();
  }
  void answer(const Reading& reading, std::size_t which = 0) {
    const seam::Frame frame{seam::Answer{reading}};
    answer(frame, which);
  }
  void die(std::size_t which = 0) {
    prober(which).seam->close();
    turn();
  }

  ManualClock clock;
  asio::io_context loop;
  std::deque<PlayedProber> probers;
  std::deque<Asked> questions;
  std::vector<std::uint64_t> refusals;
  std::vector<std::vector<std::uint64_t>> deaths;
  std::vector<std::vector<DeviceId>> deaths_with;
  std::vector<std::string> said;
  int tries = 0;
  bool refuse_to_start = false;
  std::optional<ProberLink> link;
};

TEST_F(ProberLinkTest, AProberGetsItsTableThenQuestionsAndItsReadingIsHandedOver) {
  EXPECT_FALSE(link->ready());
  link->load({target(1), target(2)});
  EXPECT_TRUE(link->ready());
  EXPECT_EQ(link->pid(), prober().pid);
  const auto& asked = ask(question(5, 2));
  EXPECT_EQ(prober().seam->next<seam::AddTarget>().target.name, "ap-1");
  EXPECT_EQ(prober().seam->next<seam::AddTarget>().target.name, "ap-2");
  EXPECT_EQ(prober().seam->next<seam::TableEnd>().targets, 2U);
  EXPECT_EQ(prober().seam->next<seam::Ask>().question, question(5, 2));
  EXPECT_FALSE(asked.ended);
  answer(seam::Hello{1, "ping: datagram socket"});
  answer(reading(5, 2));
  ASSERT_TRUE(asked.reading);
  EXPECT_EQ(asked.reading->question, 5U);
  EXPECT_EQ(link->echo_mode(), "ping: datagram socket");
}

TEST_F(ProberLinkTest, WithoutAProberNothingIsAskedAndNobodyAnswers) {
  EXPECT_TRUE(ask(question(1)).ended);
  refuse_to_start = true;
  link->load({target(1)});
  const auto& asked = ask(question(2));
  EXPECT_TRUE(asked.ended);
  EXPECT_FALSE(asked.reading);
}

// --- what it says is believed only where it is possible ---

TEST_F(ProberLinkTest, TimesBeforeTheQuestionAndInTheFutureAreMadePossible) {
  link->load({target(1)});
  const auto asked_at = clock.boot_now();
  const auto& early = ask(question(1));
  const auto& late = ask(question(2));
  clock.advance(400);
  Reading first = reading(1), second = reading(2);
  first.started.bt = -5;
  first.ended.bt = asked_at - 1;
  second.started.bt = asked_at + 1'000'000;
  second.ended.bt = INT64_MAX;
  second.depth = Rung::witnessed;
  answer(seam::Answer{first});
  answer(seam::Answer{second});
  ASSERT_TRUE(early.reading && late.reading);
  EXPECT_EQ(early.reading->started.bt, asked_at);
  EXPECT_EQ(early.reading->ended.bt, asked_at);
  EXPECT_EQ(late.reading->started.bt, asked_at + 400);
  EXPECT_EQ(late.reading->ended.bt, asked_at + 400);
  EXPECT_EQ(late.reading->depth, Rung::answering) << "as asked";
}

TEST_F(ProberLinkTest, AProbeTookNoLongerThanItsQuestionWasOpen) {
  link->load({target(1)});
  const auto& asked = ask(question(1));
  clock.advance(400);
  Reading bent = reading(1);
  bent.finding.checks = {{Rung::reachable, Outcome::ok, ReasonId::none, "", INT64_MAX},
                         {Rung::answering, Outcome::ok, ReasonId::none, "", INT64_MIN}};
  answer(seam::Answer{bent});
  ASSERT_TRUE(asked.reading);
  EXPECT_EQ(asked.reading->finding.checks[0].took_us, 401'000);
  EXPECT_EQ(asked.reading->finding.checks[1].took_us, 0);
}

TEST_F(ProberLinkTest, AnAnswerForAnotherDeviceEndsTheProber) {
  link->load({target(1), target(2)});
  const auto& asked = ask(question(1, 1));
  answer(reading(1, 2));
  EXPECT_TRUE(asked.ended);
  EXPECT_FALSE(asked.reading);
  EXPECT_FALSE(prober().alive());
}

TEST_F(ProberLinkTest, AnAnswerToAQuestionThatNobodyAskedEndsTheProber) {
  link->load({target(1)});
  const auto& asked = ask(question(1));
  answer(reading(99));
  EXPECT_FALSE(asked.reading);
  EXPECT_FALSE(prober().alive());
  EXPECT_EQ(link->restarts(), 1U);
}

TEST_F(ProberLinkTest, TheSameAnswerTwiceEndsTheProber) {
  link->load({target(1)});
  const auto& asked = ask(question(1));
  answer(reading(1));
  EXPECT_TRUE(asked.reading);
  answer(reading(1));
  EXPECT_FALSE(prober().alive());
}

TEST_F(ProberLinkTest, ARefusalCountsForAnOpenQuestionOfThatDeviceOnly) {
  link->load({target(1), target(2)});
  ask(question(7, 1));
  answer(seam::Refusal{7, DeviceId{1}, {}, {}, "401"});
  EXPECT_THAT(refusals, ElementsAre(7));
  answer(seam::Refusal{7, DeviceId{2}, {}, {}, "401"});
  EXPECT_THAT(refusals, ElementsAre(7));
  EXPECT_FALSE(prober().alive());
}

TEST_F(ProberLinkTest, ARefusalOfAQuestionThatNobodyAskedEndsTheProber) {
  link->load({target(1)});
  answer(seam::Refusal{7, DeviceId{1}, {}, {}, "401"});
  EXPECT_THAT(refusals, IsEmpty());
  EXPECT_FALSE(prober().alive());
}

TEST_F(ProberLinkTest, WhatOnlyTheGatewaySaysEndsTheProber) {
  link->load({target(1)});
  answer(seam::Ask{question(1)});
  EXPECT_FALSE(prober().alive());
}

TEST_F(ProberLinkTest, AFrameOverTheCapEndsTheProberBeforeItIsRead) {
  link->load({target(1)});
  prober().seam->write_bytes(std::string("\xff\xff\xff\x7f", 4));
  turn();
  EXPECT_FALSE(prober().alive());
  EXPECT_THAT(said.back(), HasSubstr("over the cap"));
}

TEST_F(ProberLinkTest, BytesThatAreNoFrameEndTheProber) {
  link->load({target(1)});
  prober().seam->write_bytes(std::string("\x02\x00\x00\x00\x01\x63", 6));
  turn();
  EXPECT_FALSE(prober().alive());
}

// --- late, silent, dead ---

TEST_F(ProberLinkTest, ALateAnswerIsDroppedButALateRefusalCounts) {
  link->load({target(1)});
  const auto& asked = ask(question(3));
  pass(10'000 + ProberLink::kGrace - 1);
  EXPECT_FALSE(asked.ended);
  pass(1);
  EXPECT_TRUE(asked.ended);
  EXPECT_FALSE(asked.reading);
  answer(seam::Refusal{3, DeviceId{1}, {}, {}, "401"});
  EXPECT_THAT(refusals, ElementsAre(3));
  answer(reading(3));
  EXPECT_FALSE(asked.reading);
  EXPECT_TRUE(prober().alive());
  EXPECT_EQ(link->restarts(), 0U);
}

TEST_F(ProberLinkTest, AProberThatOwesThousandsOfAnswersIsEnded) {
  link->load({target(1)});
  std::uint64_t id = 0;
  for (int round = 0; round < 5 && prober().alive(); ++round) {
    for (int i = 0; i < 1'000; ++i) ask(question(++id, 1, 1'000));
    pass(1'000 + ProberLink::kGrace);
    EXPECT_EQ(prober().alive(), round < 4) << round;
  }
  EXPECT_THAT(said.front(), HasSubstr("owes the answers"));
}

TEST_F(ProberLinkTest, WhatADeadProberDidNotAnswerIsToldAndNobodysAnswer) {
  link->load({target(1), target(2), target(3)});
  const auto& first = ask(question(1, 1));
  const auto& second = ask(question(2, 2));
  const auto& third = ask(question(3, 3));
  answer(reading(2, 2));
  die();
  EXPECT_TRUE(first.ended && third.ended);
  EXPECT_FALSE(first.reading || third.reading);
  EXPECT_TRUE(second.reading);
  EXPECT_THAT(deaths, ElementsAre(ElementsAre(1, 3)));
  EXPECT_THAT(deaths_with, ElementsAre(ElementsAre(DeviceId{1}, DeviceId{3})));
  EXPECT_EQ(link->pid(), 0);
  EXPECT_EQ(link->restarts(), 1U);
}

TEST_F(ProberLinkTest, EachDeathDoublesThePauseUpToHalfAMinute) {
  link->load({target(1)});
  for (const Millis pause : {500, 1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000}) {
    const auto died = probers.size();
    die(died - 1);
    pass(pause - 1);
    EXPECT_EQ(probers.size(), died) << pause;
    pass(1);
    EXPECT_EQ(probers.size(), died + 1) << pause << testing::PrintToString(said);
  }
}

TEST_F(ProberLinkTest, AfterAProberThatLivedAMinuteThePauseIsShortAgain) {
  link->load({target(1)});
  die(0);
  pass(500);
  die(1);
  pass(1'000);
  const auto beat = [&] {
    pass(ProberLink::kBeatEvery);
    answer(prober(2).seam->next<seam::Beat>(), 2);
  };
  for (int i = 0; i < 13; ++i) beat();
  die(2);
  pass(500);
  EXPECT_EQ(probers.size(), 4U);
}

TEST_F(ProberLinkTest, AProberThatCannotBeStartedIsTriedAgainWithPauses) {
  refuse_to_start = true;
  link->load({target(1)});
  EXPECT_THAT(said, ElementsAre(HasSubstr("no more processes")));
  pass(499);
  EXPECT_EQ(tries, 1);
  pass(1);
  EXPECT_EQ(tries, 2);
  pass(999);
  EXPECT_EQ(tries, 2);
  refuse_to_start = false;
  pass(1);
  EXPECT_TRUE(link->ready());
}

TEST_F(ProberLinkTest, AProberThatStallsIsKilledAndReplaced) {
  link->load({target(1)});
  const auto& asked = ask(question(1, 1, 60'000));
  for (Millis passed = 0; passed < ProberLink::kBeatLate; passed += 5'000) pass(5'000);
  EXPECT_TRUE(prober().alive());
  pass(1);
  EXPECT_FALSE(prober().alive());
  EXPECT_TRUE(asked.ended);
  EXPECT_THAT(deaths, ElementsAre(ElementsAre(1)));
  pass(500);
  EXPECT_TRUE(link->ready());
}

TEST_F(ProberLinkTest, ABeatThatWasNotSentIsNoSignOfLife) {
  link->load({target(1)});
  for (int i = 0; i < 3; ++i) {
    pass(5'000);
    answer(seam::Beat{1'000});
  }
  pass(1);
  EXPECT_FALSE(prober().alive());
}

// --- a new table ---

TEST_F(ProberLinkTest, ANewTableStartsANewProberWhileTheOldOneFinishes) {
  link->load({target(1)});
  const auto& old_question = ask(question(1));
  link->load({target(1), target(2)});
  ASSERT_EQ(probers.size(), 2U);
  EXPECT_EQ(link->pid(), prober(1).pid);
  const auto& new_question = ask(question(2, 2));
  EXPECT_EQ(prober(1).seam->next<seam::TableEnd>().targets, 2U);
  EXPECT_EQ(prober(1).seam->next<seam::Ask>().question.id, 2U);
  answer(reading(2, 2), 1);
  EXPECT_TRUE(new_question.reading);
  EXPECT_FALSE(old_question.ended);
  answer(reading(1), 0);
  EXPECT_TRUE(old_question.reading);
  pass(1'000);
  EXPECT_FALSE(prober(0).alive());
  EXPECT_TRUE(prober(1).alive());
  EXPECT_EQ(link->restarts(), 0U);
}

TEST_F(ProberLinkTest, AnIdleProberGoesAtOnceWhenItsTableIsOld) {
  link->load({target(1)});
  link->load({target(2)});
  turn();
  EXPECT_FALSE(prober(0).alive());
  EXPECT_TRUE(prober(1).alive());
}

TEST_F(ProberLinkTest, ARetiringProberThatDiesCostsItsQuestionsAndNoPause) {
  link->load({target(1)});
  const auto& asked = ask(question(1));
  link->load({target(2)});
  die(0);
  EXPECT_TRUE(asked.ended);
  EXPECT_FALSE(asked.reading);
  EXPECT_THAT(deaths, ElementsAre(ElementsAre(1)));
  EXPECT_EQ(link->restarts(), 0U);
  EXPECT_EQ(link->pid(), prober(1).pid);
}

TEST_F(ProberLinkTest, ARetiringProberIsAskedNothingAndKilledWhenItsLastQuestionIsLate) {
  link->load({target(1)});
  ask(question(1));
  link->load({target(2)});
  pass(10'000 + ProberLink::kGrace);
  pass(1);
  EXPECT_FALSE(prober(0).alive());
}

TEST_F(ProberLinkTest, ANewTableWhileTheProberIsDeadStartsOneWithIt) {
  link->load({target(1)});
  die(0);
  link->load({target(1), target(2)});
  turn();
  ASSERT_EQ(probers.size(), 2U);
  EXPECT_EQ(prober(1).seam->next<seam::TableEnd>().targets, 2U);
  pass(60'000);
  EXPECT_EQ(probers.size(), 2U) << "one is enough";
}

TEST_F(ProberLinkTest, TheSameTableAgainKeepsTheProber) {
  auto guarded = target(1);
  guarded.login = Login{"monitor", "one", false};
  link->load({guarded, target(2)});
  for (int i = 0; i < 100; ++i) link->load({guarded, target(2)});  // a storm of SIGHUPs
  EXPECT_EQ(probers.size(), 1U);
  guarded.login->password = "two";
  link->load({guarded, target(2)});
  EXPECT_EQ(probers.size(), 2U);
  link->load({guarded, target(2, "192.0.2.9")});
  EXPECT_EQ(probers.size(), 3U);
}

// --- the end ---

TEST_F(ProberLinkTest, AtTheStopOpenQuestionsEndAndAreNobodysDeath) {
  link->load({target(1)});
  const auto& asked = ask(question(1));
  link->stop();
  turn();
  EXPECT_TRUE(asked.ended);
  EXPECT_THAT(deaths, IsEmpty());
  link->tick();
  EXPECT_EQ(probers.size(), 1U);
  EXPECT_FALSE(prober().seam->next<seam::TableEnd>().targets == 0);
}

TEST(ProberLink, LeavesAProberTimeForItsGoodbyesAndKillsOneThatLingers) {
  for (const bool lingers : {false, true}) {
    int word[2];
    ASSERT_EQ(::pipe(word), 0);
    {
      asio::io_context loop;
      const Spawn spawn = [&]() -> Spawned {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) throw std::runtime_error("socketpair");
        const int pid = ::fork();
        if (pid == 0) {
          ::close(ends[0]);
          char byte = 0;
          while (::read(ends[1], &byte, 1) > 0) {
          }
          ::poll(nullptr, 0, lingers ? 60'000 : 50);  // what its goodbyes take
          ::_exit(::write(word[1], "bye", 3) == 3 ? 0 : 1);
        }
        ::close(ends[1]);
        return {pid, ends[0]};
      };
      ProberLink link(loop, spawn,
                      {.now = [] { return Millis{0}; },
                       .refused = [](const seam::Refusal&) {},
                       .died = [](const auto&, const auto&) {},
                       .say = [](std::uint8_t, const std::string&) {}});
      link.load({});
      loop.poll();
      link.stop();
      loop.restart();
      loop.poll();
    }
    ::close(word[1]);
    std::array<char, 4> heard{};
    EXPECT_EQ(::read(word[0], heard.data(), 3), lingers ? 0 : 3);
    ::close(word[0]);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "nobody is left behind";
    EXPECT_EQ(errno, ECHILD);
  }
}

}  // namespace
}  // namespace commune_watch
