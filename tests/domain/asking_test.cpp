// When and how deep: ticks, quick rechecks, the first ask, and those who hurry for others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/ledger_diary.hpp"
#include "domain/schedule.hpp"

namespace commune_watch::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr Millis kMinute = 60'000;

Subject camera() { return subject(1, Kind::camera, Rung::useful); }
Ask next(const Diary& diary, std::uint32_t device, Millis now) {
  return diary.ledger.next(id(device), now * kSecond);
}
// A second just after the device's first picture tick after `after`: the first tick of the minute beat not
// before it.
Millis picture_tick(Millis after) {
  return ticks(id(1), kMinute).after(ticks(id(1), 5 * kMinute).after(after * kSecond) - 1) / kSecond + 1;
}

TEST(Asking, TheFirstAskIsAtFullDepthWithinOneInterval) {
  Diary diary({camera()}, 1000);
  const Ask ask = next(diary, 1, 1000);
  EXPECT_EQ(ask.due, first_ask(id(1), 1000 * kSecond, kMinute));
  EXPECT_EQ(ask.depth, Rung::useful);
  EXPECT_EQ(next(diary, 1, 5000), ask) << "until it was answered";
}

TEST(Asking, EachRungHasItsOwnTicksAndTheDeepestThatIsDueIsAsked) {
  Diary diary({camera()});
  const Millis start = picture_tick(1000);
  diary.probe(1, start, {good(), good(), good(), good()});
  Millis now = start;
  for (int minute = 1; minute <= 10; ++minute) {
    const Ask ask = next(diary, 1, now);
    EXPECT_EQ(ask.due, ticks(id(1), kMinute).after(now * kSecond));
    EXPECT_EQ(ask.depth, minute % 5 == 0 ? Rung::useful : Rung::answering) << minute;
    now = ask.due / kSecond + 1;
    if (ask.depth == Rung::useful)
      diary.probe(1, now, {good(), good(), good(), good()});
    else
      diary.probe(1, now, {good(), good()});
  }
}

TEST(Asking, ADueInstantDoesNotMoveUntilItsQuestionIsAnswered) {
  Diary diary({subject(1)});
  diary.probe(1, 10, {good()});
  const Ask ask = next(diary, 1, 10);
  EXPECT_EQ(next(diary, 1, ask.due / kSecond + 1), ask);
}

TEST(Asking, AProvisionalFailureIsAskedAgainSoonAtItsOwnDepth) {
  Diary diary({camera()});
  const Millis start = picture_tick(1000);
  diary.probe(1, start, {good(), good(), good(), good()});
  diary.probe(1, start + 1, {good(), good(), good(), bad("no-key-frame")});
  EXPECT_EQ(next(diary, 1, start + 2), (Ask{(start + 21) * kSecond, Rung::useful}));
  diary.probe(1, start + 21, {good(), good(), good(), bad("no-key-frame")});
  EXPECT_EQ(next(diary, 1, start + 22), (Ask{(start + 41) * kSecond, Rung::useful}));
  diary.probe(1, start + 41, {good(), good(), good(), bad("no-key-frame")});
  EXPECT_GE(next(diary, 1, start + 42).due, (start + 59) * kSecond);  // confirmed: its ticks again
}

TEST(Asking, AProvisionalRecoveryIsAskedAgainSoonToo) {
  Diary diary({subject(1)});
  const Millis start = ticks(id(1), kMinute).after(0) / kSecond + 1;
  diary.probes(1, {start, start + 1, start + 2}, {bad()});
  diary.probe(1, start + 3, {good()});
  EXPECT_EQ(next(diary, 1, start + 4), (Ask{(start + 23) * kSecond, Rung::reachable}));
}

TEST(Asking, ANeededRungThatRanOutIsAskedAtTheNextTick) {
  Diary diary({camera()});
  const Millis start = picture_tick(1000);
  diary.probe(1, start, {good(), good(), good(), good()});
  for (Millis at = start + 10; at <= start + 650; at += 60) diary.probe(1, at, {good(), good()});
  const Millis now = start + 650;
  diary.probe(1, now, {good(), good()});
  EXPECT_EQ(diary.ledger.live(id(1)).device_path, Outcome::unknown);
  EXPECT_EQ(next(diary, 1, now).depth, Rung::useful);
}

TEST(Asking, WhileALowerRungFailsTheQuestionGoesThroughSoThatRecoveryIsSeenWhole) {
  Diary diary({camera()});
  const Millis start = picture_tick(1000);
  diary.probe(1, start, {good(), good(), good(), good()});
  for (Millis at = start + 5; at <= start + 800; at += 60)
    diary.probe(1, at, {bad(), untold(), untold(), untold()});
  const Ask ask = next(diary, 1, start + 800);
  EXPECT_EQ(ask.depth, Rung::useful);
  diary.probe(1, start + 820, {good(), good(), good(), good()});
  diary.probe(1, start + 840, {good()});
  diary.advance(start + 860);
  EXPECT_EQ(diary.story(1).back(), Diary::seconds((start + 820) * kSecond) + " up");
}

TEST(Asking, AfterALowerRungRecoveredTheNeededOneIsDueAtOnce) {
  Diary diary({camera()});
  const Millis start = picture_tick(1000);
  diary.probe(1, start, {good(), good(), good(), good()});
  for (const Millis at : {start + 5, start + 25, start + 45}) diary.probe(1, at, {bad()});
  diary.probe(1, start + 50, {good()});
  diary.probe(1, start + 70, {good()});
  const Ask ask = next(diary, 1, start + 71);
  EXPECT_LE(ask.due, (start + 71) * kSecond);
  EXPECT_EQ(ask.depth, Rung::useful);
  diary.probe(1, start + 72, {good(), good(), unsure("login-blocked"), untold()});
  EXPECT_GT(next(diary, 1, start + 73).due, (start + 73) * kSecond) << "once is enough, whatever it said";
}

TEST(Asking, AWrongPasswordIsNotAskedMoreOften) {
  Diary diary({camera()});
  const Millis start = picture_tick(1000);
  diary.probe(1, start, {good(), good(), unsure("bad-password"), untold()});
  EXPECT_EQ(next(diary, 1, start).depth, Rung::answering);
}

TEST(Asking, APointIsAskedForItsListAndSoonAgainWhenAChannelStumbles) {
  Diary diary({bound(subject(1), 9, "ch1"), point(9)});
  diary.list(9, 5, {{"ch1", good()}});
  EXPECT_EQ(next(diary, 9, 5).depth, Rung::connected);
  EXPECT_EQ(next(diary, 9, 5).due, ticks(id(9), kMinute).after(5 * kSecond));
  const Millis tick = ticks(id(9), kMinute).after(5 * kSecond) / kSecond + 1;
  diary.list(9, tick, {});
  EXPECT_EQ(next(diary, 9, tick + 1), (Ask{(tick + 20) * kSecond, Rung::connected}));
}

TEST(Asking, ThoseOnWhomTheBlameMayFallHurry) {
  Diary diary({bound(behind(subject(1), 5), 9, "ch1"), behind(subject(5, Kind::network_switch), 6),
               subject(6, Kind::network_switch), point(9)});
  for (const std::uint32_t device : {1u, 5u, 6u}) diary.probe(device, 10, {good()});
  diary.list(9, 10, {{"ch1", good()}});
  EXPECT_THAT(diary.ledger.hurried(), IsEmpty());
  diary.probe(1, 40, {bad()});
  EXPECT_THAT(diary.ledger.hurried(), UnorderedElementsAre(id(5), id(6), id(9)));
  EXPECT_THAT(diary.ledger.hurried(), IsEmpty());
  EXPECT_LE(next(diary, 5, 41).due, 40 * kSecond);
  EXPECT_LE(next(diary, 9, 41).due, 40 * kSecond);
  EXPECT_EQ(next(diary, 9, 41).depth, Rung::connected);
  diary.probe(5, 41, {good()});
  EXPECT_GT(next(diary, 5, 42).due, 42 * kSecond);
}

TEST(Asking, HurryingNeverMeansMoreOftenThanARecheck) {
  Diary diary({behind(subject(1), 5), subject(5, Kind::network_switch)});
  diary.probe(1, 30, {good()});
  diary.probe(5, 38, {good()});
  diary.probe(1, 40, {bad()});
  EXPECT_THAT(diary.ledger.hurried(), ElementsAre(id(5)));
  EXPECT_GE(next(diary, 5, 41).due, 58 * kSecond);
}

TEST(Asking, AfterBlindnessTheNeededRungIsAskedAtTheNextTick) {
  Diary diary({camera()});
  const Millis start = picture_tick(1000);
  diary.probe(1, start, {good(), good(), good(), good()});
  diary.keep(diary.ledger.blind(second(start + 10), why("gateway-no-carrier")));
  diary.keep(diary.ledger.sighted(second(start + 20)));
  EXPECT_EQ(next(diary, 1, start + 20).depth, Rung::useful);
}

}  // namespace
}  // namespace commune_watch::testing
