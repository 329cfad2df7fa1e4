// The verdict of one rung by itself.
#include "domain/tracker.hpp"

#include <gtest/gtest.h>

#include "domain/ledger_diary.hpp"

namespace commune_watch::testing {
namespace {

using ledger::Heard;
using ledger::kEver;
using ledger::Tracker;

constexpr Millis kHold = 130;

Heard feed(Tracker& tracker, Millis at, Outcome outcome, const char* reason = "none") {
  return tracker.feed({at, outcome, why(reason), {}, {}}, kHold);
}
Tracker fresh() { return Tracker(0, why("starting")); }
Tracker failed_since_60() {
  Tracker tracker = fresh();
  feed(tracker, 10, Outcome::ok);
  for (const Millis at : {60, 80, 100}) feed(tracker, at, Outcome::failed, "no-answer");
  return tracker;
}

TEST(Tracker, RemembersWhenTheFailureBeganAndTheLastProbeBeforeThatDidNotFail) {
  const Tracker tracker = failed_since_60();
  EXPECT_EQ(tracker.now().outcome, Outcome::failed);
  EXPECT_EQ(tracker.now().run, 60);
  EXPECT_EQ(tracker.now().clear, 10);
  EXPECT_EQ(tracker.at(59).outcome, Outcome::ok);
  EXPECT_EQ(tracker.at(60).outcome, Outcome::failed);
}

TEST(Tracker, ARunGoesOnThroughItsReasonsButNotThroughTheUnknown) {
  Tracker tracker = failed_since_60();
  feed(tracker, 120, Outcome::failed, "timed-out");
  EXPECT_EQ(tracker.now().run, 60);
  feed(tracker, 140, Outcome::unknown, "gateway-dns");
  for (const Millis at : {160, 180, 200}) feed(tracker, at, Outcome::failed, "no-answer");
  EXPECT_EQ(tracker.now().run, 160);
  EXPECT_EQ(tracker.now().clear, 140);
}

TEST(Tracker, SaysWhatEachWordDid) {
  Tracker tracker = fresh();
  EXPECT_TRUE(feed(tracker, 10, Outcome::ok).changed);
  EXPECT_FALSE(feed(tracker, 20, Outcome::ok).changed);
  EXPECT_FALSE(feed(tracker, 20, Outcome::failed).spoke);
  EXPECT_FALSE(feed(tracker, 30, Outcome::not_tested).spoke);
  EXPECT_TRUE(feed(tracker, 60, Outcome::failed).doubted);
  EXPECT_FALSE(feed(tracker, 80, Outcome::failed).doubted);
  const Heard confirmed = feed(tracker, 100, Outcome::failed);
  EXPECT_TRUE(confirmed.confirmed);
  EXPECT_EQ(confirmed.since, 60);
  feed(tracker, 120, Outcome::ok);
  const Heard recovered = feed(tracker, 140, Outcome::ok);
  EXPECT_TRUE(recovered.recovered);
  EXPECT_EQ(recovered.since, 120);
}

TEST(Tracker, IsFinalBeforeAnOpenStreak) {
  Tracker tracker = fresh();
  EXPECT_EQ(tracker.settled(5), 5);
  feed(tracker, 10, Outcome::ok);
  EXPECT_EQ(tracker.settled(5), 11);
  EXPECT_EQ(tracker.settled(50), 50);
  feed(tracker, 60, Outcome::failed);
  EXPECT_EQ(tracker.settled(500), 60);
  feed(tracker, 80, Outcome::ok);
  EXPECT_EQ(tracker.settled(5), 81);
  for (const Millis at : {100, 110, 120}) feed(tracker, at, Outcome::failed);
  EXPECT_EQ(tracker.settled(5), 121);
  feed(tracker, 140, Outcome::ok);
  EXPECT_EQ(tracker.settled(500), 140);
}

TEST(Tracker, AProbeThatBeginsWhenTheVerdictHasRunOutDoesNotExtendIt) {
  Tracker tracker = fresh();
  feed(tracker, 10, Outcome::ok);
  feed(tracker, 140, Outcome::failed);
  EXPECT_EQ(tracker.now().outcome, Outcome::unknown);
  EXPECT_EQ(tracker.now().reason, why("overrun"));
  EXPECT_EQ(tracker.now().from, 140);
  Tracker other = fresh();
  feed(other, 10, Outcome::ok);
  feed(other, 139, Outcome::ok);
  EXPECT_EQ(other.pieces().size(), 2u);
}

TEST(Tracker, AnUnknownVerdictRunsOutToo) {
  Tracker tracker = fresh();
  feed(tracker, 10, Outcome::unknown, "bad-password");
  EXPECT_FALSE(tracker.expire(139, kHold));
  EXPECT_TRUE(tracker.expire(140, kHold));
  EXPECT_EQ(tracker.now().reason, why("overrun"));
  EXPECT_FALSE(tracker.expire(10'000, kHold));
}

TEST(Tracker, AWrongPasswordStaysTheReasonWhileTheLoginIsBlocked) {
  Tracker tracker = fresh();
  feed(tracker, 10, Outcome::unknown, "bad-password");
  EXPECT_FALSE(feed(tracker, 70, Outcome::unknown, "login-blocked").changed);
  EXPECT_EQ(tracker.now().reason, why("bad-password"));
  EXPECT_EQ(tracker.last(), 70);
  feed(tracker, 130, Outcome::unknown, "not-permitted");
  feed(tracker, 190, Outcome::unknown, "login-blocked");
  EXPECT_EQ(tracker.now().reason, why("login-blocked"));
}

TEST(Tracker, FindsTheFirstFailingProbeFromAnInstantOn) {
  Tracker tracker = failed_since_60();
  feed(tracker, 160, Outcome::failed, "no-answer");
  EXPECT_EQ(tracker.failing_probe_from(0), 60);
  EXPECT_EQ(tracker.failing_probe_from(101), 160);
  EXPECT_EQ(tracker.failing_probe_from(161), kEver);
}

TEST(Tracker, ForgetsOnlyWhatEnded) {
  Tracker tracker = failed_since_60();
  for (const Millis at : {160, 180}) feed(tracker, at, Outcome::ok);
  EXPECT_EQ(tracker.pieces().size(), 4u);
  tracker.prune(100, 50);
  EXPECT_EQ(tracker.pieces().size(), 3u);
  tracker.prune(100, 70);
  EXPECT_EQ(tracker.pieces().size(), 2u);
  EXPECT_EQ(tracker.failing_probe_from(0), 80);
  tracker.prune(1000, 1000);
  EXPECT_EQ(tracker.pieces().size(), 1u);
  EXPECT_EQ(tracker.now().outcome, Outcome::ok);
}

TEST(Tracker, IsSmallWhileAllIsWell) { EXPECT_LE(sizeof(Tracker), 64u); }

}  // namespace
}  // namespace commune_watch::testing
