// Who may ask now: per host, in all, and alone; by coroutines that a test lets in and out one by one.
#include "poll/gates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

namespace commune_watch {
namespace {

using testing::ElementsAre;

class GatesTest : public testing::Test {
 public:
  ~GatesTest() override {  // whoever is let in by the last ones leaving has to leave too
    for (; !passes.empty(); turn()) passes.clear();
  }

 protected:
  // Comes to the gates; inside from the moment that it is let in.
  void come(std::string name, std::string host, bool alone = false, bool session = false) {
    asio::co_spawn(loop, visit(std::move(name), {std::move(host), alone, session}), asio::detached);
    turn();
  }
  void leave(const std::string& name) {
    passes.erase(name);
    turn();
  }
  void turn() {
    loop.restart();
    loop.poll();
  }
  std::vector<std::string> inside() const {
    std::vector<std::string> names;
    for (const auto& [name, pass] : passes) names.push_back(name);
    return names;
  }

  asio::io_context loop;
  Gates gates{{.per_host = 1, .total = 3, .sessions = 2}};
  std::map<std::string, Gates::Pass> passes;

 private:
  asio::awaitable<void> visit(std::string name, Comer comer) {
    Gates::Pass pass = co_await gates.enter(std::move(comer));
    passes.emplace(name, std::move(pass));
  }
};

TEST_F(GatesTest, OneHostIsAskedOneQuestionAtATimeInOrderOfArrival) {
  come("a", "nvr");
  come("b", "nvr");
  come("c", "nvr");
  EXPECT_THAT(inside(), ElementsAre("a"));
  leave("a");
  EXPECT_THAT(inside(), ElementsAre("b"));
  leave("b");
  EXPECT_THAT(inside(), ElementsAre("c"));
}

TEST_F(GatesTest, ABusyHostHoldsUpNobodyElse) {
  come("a", "nvr");
  come("b", "nvr");
  come("c", "cam");
  EXPECT_THAT(inside(), ElementsAre("a", "c"));
}

TEST_F(GatesTest, NoMoreThanTheTotalGoIn) {
  for (const auto* name : {"a", "b", "c", "d"}) come(name, name);
  EXPECT_THAT(inside(), ElementsAre("a", "b", "c"));
  leave("b");
  EXPECT_THAT(inside(), ElementsAre("a", "c", "d"));
}

TEST_F(GatesTest, NoMoreSessionsThanTheirNumberWhileOthersPassThemBy) {
  for (const auto* name : {"cam1", "cam2", "cam3"}) come(name, name, false, true);
  come("switch", "switch");
  EXPECT_THAT(inside(), ElementsAre("cam1", "cam2", "switch"));
  leave("switch");
  EXPECT_THAT(inside(), ElementsAre("cam1", "cam2"));
  leave("cam1");
  EXPECT_THAT(inside(), ElementsAre("cam2", "cam3"));
}

TEST_F(GatesTest, WhoMustBeAloneWaitsForAllAndHoldsBackWhoComesLater) {
  come("a", "a");
  come("b", "b");
  come("poison", "p", true);
  come("later", "l");
  EXPECT_THAT(inside(), ElementsAre("a", "b"));
  leave("a");
  EXPECT_THAT(inside(), ElementsAre("b"));
  leave("b");
  EXPECT_THAT(inside(), ElementsAre("poison"));
  leave("poison");
  EXPECT_THAT(inside(), ElementsAre("later"));
}

TEST_F(GatesTest, WhoCameBeforeTheLonelyOneGoesBeforeIt) {
  come("a", "nvr");
  come("b", "nvr");
  come("poison", "p", true);
  leave("a");
  EXPECT_THAT(inside(), ElementsAre("b"));
  leave("b");
  EXPECT_THAT(inside(), ElementsAre("poison"));
}

TEST_F(GatesTest, WiderGatesServeWhoeverWaitsAtTheNextLeaving) {
  come("a", "nvr");
  come("b", "nvr");
  come("c", "nvr");
  gates.resize({.per_host = 2, .total = 3});
  leave("a");
  EXPECT_THAT(inside(), ElementsAre("b", "c"));
}

TEST_F(GatesTest, NarrowerGatesTurnNobodyOut) {
  come("a", "a");
  come("b", "b");
  come("c", "c");
  gates.resize({.per_host = 1, .total = 1});
  EXPECT_THAT(inside(), ElementsAre("a", "b", "c"));
  come("d", "d");
  leave("a");
  leave("b");
  EXPECT_THAT(inside(), ElementsAre("c"));
  leave("c");
  EXPECT_THAT(inside(), ElementsAre("d"));
}

TEST_F(GatesTest, APassLeavesOnceHoweverOftenItIsSaid) {
  come("a", "nvr");
  Gates::Pass moved = std::move(passes.at("a"));
  passes.at("a").leave();  // NOLINT(bugprone-use-after-move): an empty pass is allowed to leave
  come("b", "nvr");
  EXPECT_THAT(inside(), ElementsAre("a"));
  moved.leave();
  moved.leave();
  turn();
  EXPECT_THAT(inside(), ElementsAre("a", "b"));
  come("c", "nvr");
  EXPECT_THAT(inside(), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace commune_watch
