// DESIGN §4 on single devices, literally: confirmation, back-dating, blips, recovery, unknown, expiry,
// warnings.
#include "domain/ledger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/ledger_diary.hpp"

namespace commune_watch::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Diary pinged() { return Diary({subject(1)}); }

TEST(Ledger, StartsUnknownAndOneGoodProbeGivesUpFromThatProbeOn) {
  Diary diary = pinged();
  EXPECT_EQ(diary.ledger.live(id(1)).standing.reason, why("starting"));
  diary.probe(1, 7, {good()});
  EXPECT_THAT(diary.story(1), ElementsAre("7 up"));
  EXPECT_EQ(diary.changes(1)[0].since, second(0));
}

TEST(Ledger, ThreeFailingProbesConfirmAndTheOutageBeganWithTheFirst) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.probes(1, {60, 80}, {bad("no-answer")});
  EXPECT_THAT(diary.story(1), ElementsAre("0 up"));
  EXPECT_EQ(diary.ledger.live(id(1)).failing, 2);
  diary.probe(1, 100, {bad("no-answer", "im lặng")});
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "60 down(device: no-answer)"));
  EXPECT_EQ(diary.changes(1)[1].words, "im lặng");
  EXPECT_EQ(diary.changes(1)[1].probes, 1u);
}

TEST(Ledger, TwoGoodProbesRecoverAndTheOutageEndedWithTheFirst) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.probes(1, {60, 80, 100}, {bad()});
  diary.probe(1, 160, {good()});
  EXPECT_EQ(diary.story(1).size(), 2u);
  diary.probe(1, 180, {good()});
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "60 down(device: host-unreachable)", "160 up"));
  EXPECT_EQ(diary.changes(1)[2].since, second(60));
  EXPECT_EQ(diary.changes(1)[2].probes, 3u);
}

TEST(Ledger, OneGoodProbeAmongFailingOnesRecoversNothing) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.probes(1, {60, 80, 100}, {bad()});
  diary.probe(1, 160, {good()});
  diary.probe(1, 180, {bad()});
  diary.probe(1, 240, {good()});
  diary.probe(1, 260, {good()});
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "60 down(device: host-unreachable)", "240 up"));
}

TEST(Ledger, AFailureThatRecoversUnconfirmedIsABlipAndTheDeviceStaysUp) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.probes(1, {60, 80}, {bad("no-answer")});
  diary.probe(1, 100, {good()});
  EXPECT_THAT(diary.story(1), ElementsAre("0 up"));
  ASSERT_EQ(diary.blips(1).size(), 1u);
  EXPECT_EQ(diary.blips(1)[0].from, second(60));
  EXPECT_EQ(diary.blips(1)[0].to, second(100));
  EXPECT_EQ(diary.blips(1)[0].reason, why("no-answer"));
  EXPECT_EQ(diary.blips(1)[0].probes, 2u);
}

TEST(Ledger, AFailureOutOfTheUnknownThatRecoversIsNoBlip) {
  Diary diary = pinged();
  diary.probe(1, 5, {bad()});
  diary.probe(1, 25, {good()});
  EXPECT_THAT(diary.story(1), ElementsAre("25 up"));
  EXPECT_THAT(diary.blips(1), IsEmpty());
}

TEST(Ledger, AfterTheStartFailuresNeedConfirmationAsEver) {
  Diary diary = pinged();
  diary.probes(1, {10, 30}, {bad()});
  EXPECT_THAT(diary.story(1), IsEmpty());
  diary.probe(1, 50, {bad()});
  EXPECT_THAT(diary.story(1), ElementsAre("10 down(device: host-unreachable)"));
}

TEST(Ledger, AReasonThatChangesDuringAnOutageOpensANewPieceAndTheOutageGoesOn) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.probes(1, {60, 80, 100}, {bad("no-answer")});
  diary.probe(1, 160, {bad("connection-refused")});
  diary.advance(200);
  EXPECT_THAT(diary.story(1),
              ElementsAre("0 up", "60 down(device: no-answer)", "160 down(device: connection-refused)"));
  EXPECT_EQ(diary.incidents().size(), 1u);
}

TEST(Ledger, ReasonsThatDifferConfirmTogetherEachFromItsOwnProbe) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.probe(1, 60, {bad("no-answer")});
  diary.probe(1, 80, {bad("connection-refused")});
  diary.probe(1, 100, {bad("connection-refused")});
  EXPECT_THAT(diary.story(1),
              ElementsAre("0 up", "60 down(device: no-answer)", "80 down(device: connection-refused)"));
}

TEST(Ledger, AnUnknownAnswerIsUnknownFromItsProbeOn) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.probe(1, 60, {unsure("gateway-dns")});
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "60 unknown(gateway: gateway-dns)"));
  diary.probe(1, 120, {good()});
  EXPECT_EQ(diary.story(1).back(), "120 up");
}

TEST(Ledger, AProvisionalFailureThatRunsIntoUnknownIsUnconfirmedFromItsFirstFailingProbe) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.probes(1, {60, 80}, {bad()});
  diary.probe(1, 100, {unsure("internal-error")});
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "60 unknown(gateway: unconfirmed)",
                                          "100 unknown(gateway: internal-error)"));
}

TEST(Ledger, AFailureIsNeverBackDatedAcrossTheUnknown) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.probes(1, {60, 80}, {bad()});
  diary.probe(1, 100, {unsure("internal-error")});
  diary.probes(1, {120, 140, 160}, {bad()});
  EXPECT_EQ(diary.story(1).back(), "120 down(device: host-unreachable)");
}

TEST(Ledger, UnknownEndsAnOutageWithoutClearingIt) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.probes(1, {60, 80, 100}, {bad()});
  diary.probe(1, 160, {good()});  // provisional: the unknown forgets it
  diary.probe(1, 180, {unsure("internal-error")});
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "60 down(device: host-unreachable)",
                                          "180 unknown(gateway: internal-error)"));
  diary.probe(1, 200, {good()});
  EXPECT_EQ(diary.story(1).back(), "200 up");
}

TEST(Ledger, AVerdictHoldsForTwoIntervalsAndTheLimitThenTheRungIsUnknown) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.advance(130 + 12);  // an answer that began at 129.9 may take so long
  EXPECT_THAT(diary.story(1), ElementsAre("0 up"));
  diary.advance(130 + 13);
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "130 unknown(gateway: overrun)"));
}

TEST(Ledger, AnAnswerThatBeganInTimeKeepsTheVerdictAlthoughItComesAfterwards) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.advance(135);
  Reading late = Diary::reading_of(1, 129, {good()});
  late.ended = second(138);
  diary.keep(diary.ledger.observe(late));
  diary.advance(200);
  EXPECT_THAT(diary.story(1), ElementsAre("0 up"));
}

TEST(Ledger, AProvisionalFailureThatExpiresIsUnconfirmedAndThenOverrun) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.probe(1, 60, {bad()});
  diary.advance(400);
  EXPECT_THAT(diary.story(1),
              ElementsAre("0 up", "60 unknown(gateway: unconfirmed)", "190 unknown(gateway: overrun)"));
}

TEST(Ledger, AnOutageThatIsNotAskedAboutAnyMoreBecomesUnknown) {
  Diary diary = pinged();
  diary.probes(1, {0, 20, 40}, {bad()});
  diary.advance(1000);
  EXPECT_THAT(diary.story(1),
              ElementsAre("0 down(device: host-unreachable)", "170 unknown(gateway: overrun)"));
  ASSERT_EQ(diary.incidents().size(), 2u);
  EXPECT_FALSE(diary.incidents()[1].opened);
}

TEST(Ledger, AReadingOlderThanTheLastOneIsIgnored) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.probe(1, 65, {good()});
  for (const Millis at : {60, 61, 62}) diary.probe(1, at, {bad()});
  diary.advance(100);
  EXPECT_THAT(diary.story(1), ElementsAre("0 up"));
  EXPECT_EQ(diary.ledger.live(id(1)).failing, 0);
}

TEST(Ledger, AReadingThatComesLaterThanItsLimitAllowsSaysNothing) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.advance(72);
  diary.probe(1, 59, {unsure("internal-error")});  // nobody waits more than 12 s for an answer
  EXPECT_THAT(diary.story(1), ElementsAre("0 up"));
  diary.probe(1, 60, {unsure("internal-error")});
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "60 unknown(gateway: internal-error)"));
}

TEST(Ledger, NotTestedSaysNothing) {
  Diary diary({subject(1, Kind::access_point, Rung::useful)});
  diary.probe(1, 0, {good(), good(), good(), good()});
  diary.probes(1, {60, 80}, {bad(), untold(), untold(), untold()});
  diary.probe(1, 100, {good(), untold(), untold(), untold()});
  diary.advance(120);
  EXPECT_THAT(diary.story(1), ElementsAre("0 up"));
}

TEST(Ledger, TheLowestFailedRungIsTheReason) {
  Diary diary({subject(1, Kind::camera, Rung::useful)});
  diary.probe(1, 0, {good(), good(), good(), good()});
  for (const Millis at : {300, 320, 340}) diary.probe(1, at, {good(), good(), good(), bad("no-key-frame")});
  EXPECT_EQ(diary.story(1).back(), "300 down(media: no-key-frame)");
  for (const Millis at : {360, 380, 400})
    diary.probe(1, at, {bad("no-answer"), untold(), untold(), untold()});
  EXPECT_EQ(diary.story(1).back(), "360 down(device: no-answer)");
}

TEST(Ledger, AGoodPingNeitherClearsNorRefreshesAFailedPicture) {
  Diary diary({subject(1, Kind::camera, Rung::useful)});
  diary.probe(1, 0, {good(), good(), good(), good()});
  for (const Millis at : {300, 320, 340}) diary.probe(1, at, {good(), good(), good(), bad("no-key-frame")});
  for (Millis at = 360; at <= 1000; at += 20) {
    diary.probe(1, at, {good(), good(), good()});
    diary.advance(at + 15);
  }
  // 340 + 2 x 300 + 10: the picture's verdict ran out although everything below it is good.
  EXPECT_THAT(diary.story(1),
              ElementsAre("0 up", "300 down(media: no-key-frame)", "950 unknown(gateway: overrun)"));
}

TEST(Ledger, AGoodPingDoesNotKeepAPictureAlive) {
  Diary diary({subject(1, Kind::camera, Rung::useful)});
  diary.probe(1, 0, {good(), good(), good(), good()});
  for (Millis at = 60; at <= 660; at += 60) {
    diary.probe(1, at, {good(), good()});
    diary.advance(at + 15);
  }
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "610 unknown(gateway: overrun)"));
}

TEST(Ledger, AWrongPasswordIsUnknownWhileTheCameraAnswers) {
  Diary diary({subject(1, Kind::camera, Rung::useful)});
  diary.probe(1, 0, {good(), good(), unsure("bad-password"), untold()});
  EXPECT_EQ(diary.ledger.live(id(1)).standing.reason, why("starting"));
  diary.advance(15);
  EXPECT_THAT(diary.story(1), ElementsAre("0 unknown(gateway: bad-password)"));
}

TEST(Ledger, AStreakBehindARungThatFailsIsUnconfirmed) {
  Diary diary({subject(1, Kind::camera, Rung::useful)});
  diary.probe(1, 0, {good(), good(), good(), good()});
  diary.probe(1, 300, {good(), good(), good(), bad("no-key-frame")});
  for (const Millis at : {320, 340, 360})
    diary.probe(1, at, {bad("no-answer"), untold(), untold(), untold()});
  EXPECT_THAT(diary.story(1),
              ElementsAre("0 up", "300 unknown(gateway: unconfirmed)", "320 down(device: no-answer)"));
}

TEST(Ledger, ACameraNeedsItsStreamAlsoWherePicturesAreProbed) {
  Diary diary({subject(1, Kind::camera, Rung::useful)});
  diary.probe(1, 0, {good(), good(), good(), good()});
  diary.probe(1, 300, {good(), good(), unsure("login-blocked"), untold()});
  diary.advance(313);
  EXPECT_EQ(diary.story(1).back(), "300 unknown(gateway: login-blocked)");
}

TEST(Ledger, WhatADriverCannotTestDoesNotCount) {
  EXPECT_EQ(needed_rung(Kind::camera, Rung::useful), Rung::useful);
  EXPECT_EQ(needed_rung(Kind::camera, Rung::witnessed), Rung::useful);
  EXPECT_EQ(needed_rung(Kind::camera, Rung::active), Rung::active);
  EXPECT_EQ(needed_rung(Kind::camera, Rung::reachable), Rung::reachable);
  EXPECT_EQ(needed_rung(Kind::access_point, Rung::useful), Rung::useful);
  EXPECT_EQ(needed_rung(Kind::access_point, Rung::answering), Rung::answering);
  EXPECT_EQ(needed_rung(Kind::website, Rung::connected), Rung::useful);
  EXPECT_EQ(needed_rung(Kind::speaker_cluster, Rung::useful), Rung::answering);
  EXPECT_EQ(needed_rung(Kind::speaker_cluster, Rung::reachable), Rung::reachable);
  EXPECT_EQ(needed_rung(Kind::network_switch, Rung::useful), Rung::reachable);
  EXPECT_EQ(needed_rung(Kind::uplink, Rung::answering), Rung::reachable);
  EXPECT_EQ(needed_rung(Kind::monitoring_point, Rung::connected), Rung::answering);
}

TEST(Ledger, WarningsRideOnTheStandingWhileTheirRungIsGood) {
  Diary diary({subject(1, Kind::website, Rung::answering)});
  diary.probe(1, 0, {good(), good("certificate-expiring")});
  diary.probe(1, 60, {good(), good("certificate-expiring")});
  diary.probe(1, 120, {good(), good()});
  EXPECT_THAT(diary.story(1), ElementsAre("0 up+certificate-expiring", "120 up"));
}

TEST(Ledger, WarningsOfTheFindingRideOnItsHighestGoodRungAndShallowProbesLeaveThem) {
  Diary diary({subject(1, Kind::website, Rung::useful)});
  Reading deep = Diary::reading_of(1, 0, {good(), good(), good(), good()});
  deep.finding.warnings = {why("certificate-expiring"), why("clock-wrong")};
  diary.keep(diary.ledger.observe(deep));
  diary.probe(1, 60, {good(), good()});
  diary.advance(100);
  ASSERT_EQ(diary.story(1).size(), 1u);
  EXPECT_EQ(diary.at(1, 90).warnings.size(), 2u);
}

TEST(Ledger, AFullCameraIsUpWithTheWarningWhereThePointShowsIt) {
  Diary diary({bound(subject(1, Kind::camera, Rung::active), 9, "3"), point(9)});
  diary.probe(1, 0, {good(), good(), unsure("session-limit")});
  diary.list(9, 2, {{"3", good()}});
  diary.probe(1, 3, {good(), good()});  // a shallow one says nothing of it
  diary.list(9, 62, {{"3", good()}});
  diary.advance(62);
  EXPECT_THAT(diary.story(1), ElementsAre("0 unknown(gateway: session-limit)", "2 up+session-limit"));
}

TEST(Ledger, TheCatalogueDecidesTheEffect) {
  Diary diary({subject(1)});
  diary.probe(1, 0, {good()});
  for (const Millis at : {60, 80, 100}) diary.probe(1, at, {bad("certificate-expiring")});
  EXPECT_EQ(diary.story(1).back(), "60 up+certificate-expiring");
  diary.probe(1, 120, {bad("bad-password")});
  EXPECT_EQ(diary.story(1).back(), "120 unknown(gateway: bad-password)");
}

TEST(Ledger, ACleanStopLeavesWhatIsProvisionalUnconfirmed) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.probes(1, {60, 80}, {bad()});
  diary.finish(90);
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "60 unknown(gateway: unconfirmed)"));
}

TEST(Ledger, ProvisionalFailuresAreNamedForTheTick) {
  Diary diary({subject(1), bound(subject(2), 9, "a"), subject(3), point(9)});
  for (const std::uint32_t device : {1u, 2u, 3u}) diary.probe(device, 0, {good()});
  diary.list(9, 0, {{"a", good()}});
  diary.probe(1, 60, {bad()});
  diary.probe(1, 80, {bad()});
  diary.probe(2, 60, {bad()});  // its monitoring point shows it: nothing would be unknown
  auto provisional = diary.ledger.provisional();
  ASSERT_EQ(provisional.size(), 1u);
  EXPECT_EQ(provisional[0], std::pair(id(1), second(60)));
}

TEST(Ledger, BlindnessIsNobodysDowntimeAndBackDated) {
  Diary diary({subject(1), subject(2)});
  diary.probe(1, 0, {good()});
  diary.probe(2, 0, {good()});
  diary.probe(1, 55, {bad()});
  diary.probe(1, 75, {bad()});
  diary.probe(2, 70, {bad()});
  diary.keep(diary.ledger.blind(second(60), why("gateway-no-segment")));
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "55 unknown(gateway: unconfirmed)",
                                          "60 unknown(gateway: gateway-no-segment)"));
  EXPECT_THAT(diary.story(2), ElementsAre("0 up", "60 unknown(gateway: gateway-no-segment)"));
  diary.probes(2, {95, 115, 135}, {bad()});
  diary.keep(diary.ledger.sighted(second(140)));
  diary.probe(1, 139, {good()});  // began while blind
  diary.probe(2, 141, {good()});
  diary.advance(160);
  EXPECT_EQ(diary.story(1).size(), 3u);
  EXPECT_EQ(diary.story(2).back(), "141 up");
}

TEST(Ledger, BlindnessTakesBackWhatWasToldAfterItBegan) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.probes(1, {60, 80, 100}, {bad()});
  ASSERT_EQ(diary.story(1).size(), 2u);
  diary.keep(diary.ledger.blind(second(50), why("gateway-no-segment")));
  EXPECT_EQ(diary.story(1).back(), "60 unknown(gateway: gateway-no-segment)");
  EXPECT_EQ(diary.changes(1)[2].since, diary.changes(1)[2].at);
  ASSERT_EQ(diary.incidents().size(), 2u);
  EXPECT_FALSE(diary.incidents()[1].opened);
}

TEST(Ledger, AnIncidentOpensWithTheDownAndClosesWithIt) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.probes(1, {60, 80, 100}, {bad("no-answer")});
  diary.probes(1, {160, 180}, {good()});
  ASSERT_EQ(diary.incidents().size(), 2u);
  EXPECT_EQ(diary.incidents()[0].root, id(1));
  EXPECT_EQ(diary.incidents()[0].cause, Cause::device);
  EXPECT_EQ(diary.incidents()[0].reason, why("no-answer"));
  EXPECT_EQ(diary.incidents()[0].at, second(60));
  EXPECT_EQ(diary.incidents()[1].at, second(160));
  EXPECT_FALSE(diary.incidents()[1].opened);
}

TEST(Ledger, UnchangedSubjectsKeepTheirStreakWhenOthersComeAndGo) {
  Diary diary({subject(1), subject(2)});
  diary.probe(1, 0, {good()});
  diary.probe(2, 0, {good()});
  diary.probes(1, {60, 80}, {bad()});
  diary.assign({subject(1), subject(3)}, 90);
  EXPECT_EQ(diary.story(2).back(), "90 unknown(gateway: retired)");
  EXPECT_EQ(diary.ledger.live(id(3)).standing.reason, why("starting"));
  diary.probe(1, 100, {bad()});
  EXPECT_EQ(diary.story(1).back(), "60 down(device: host-unreachable)");
}

TEST(Ledger, AChangedSubjectIsNotBackDatedAcrossTheChange) {
  Diary diary({subject(1), subject(2, Kind::network_switch)});
  diary.probe(1, 0, {good()});
  diary.probe(2, 0, {good()});
  diary.probes(1, {60, 80}, {bad()});
  diary.assign({behind(subject(1), 2), subject(2, Kind::network_switch)}, 90);
  EXPECT_EQ(diary.story(1).back(), "60 unknown(gateway: unconfirmed)");
  diary.probe(2, 100, {good()});
  diary.probes(1, {100, 120}, {bad()});
  EXPECT_EQ(diary.story(1).size(), 2u);
  diary.probe(1, 140, {bad()});
  EXPECT_EQ(diary.story(1).back(), "100 down(device: host-unreachable)");
}

TEST(Ledger, ANewPaceBreaksNothingOff) {
  Diary diary = pinged();
  diary.probe(1, 0, {good()});
  diary.probes(1, {60, 80}, {bad()});
  Subject faster = subject(1);
  faster.cadence.interval.fill(30'000);
  diary.assign({faster}, 90);
  diary.probe(1, 100, {bad()});
  EXPECT_EQ(diary.story(1).back(), "60 down(device: host-unreachable)");
}

TEST(Ledger, WhatIsNotWatchedIsNotHeard) {
  Diary diary = pinged();
  diary.probe(77, 5, {good()});
  EXPECT_TRUE(diary.events.empty());
  EXPECT_EQ(diary.ledger.next(id(77), 0).due, INT64_MAX);
}

TEST(Ledger, LiveShowsTheLadderAndTheStreak) {
  Diary diary({bound(subject(1, Kind::camera, Rung::answering), 9, "a"), point(9)});
  diary.probe(1, 0, {good(), good()});
  diary.list(9, 0, {{"a", good()}});
  diary.probe(1, 60, {good(), bad("timed-out", "…")});
  const Live live = diary.ledger.live(id(1));
  EXPECT_EQ(live.standing.state, State::up);
  EXPECT_EQ(live.device_path, Outcome::ok);
  EXPECT_EQ(live.monitor_path, Outcome::ok);
  EXPECT_EQ(live.failing, 1);
  EXPECT_EQ(live.provisional, why("timed-out"));
  EXPECT_EQ(live.checked, second(60));
  ASSERT_EQ(live.checks.size(), 3u);
  EXPECT_EQ(live.checks[1].words, "…");
  EXPECT_EQ(live.checks[2].rung, Rung::connected);
}

TEST(Ledger, AChannelThatShowsAnotherAddressIsUpWithAWarning) {
  Subject camera = bound(subject(1, Kind::camera, Rung::answering), 9, "3");
  camera.address = "192.0.2.21";
  Diary diary({camera, point(9)});
  diary.probe(1, 0, {good(), good()});
  const auto show = [&](const std::string& address, Millis at) {
    Reading reading = Diary::reading_of(9, at, {good(), good()});
    reading.depth = Rung::connected;
    reading.finding.complete = true;
    reading.finding.sightings = {{"3", {{Rung::connected, Outcome::ok, ReasonId::none, "", 0}}, {}, address}};
    diary.keep(diary.ledger.observe(reading));
    diary.probe(1, at, {good(), good()});
    diary.advance(at);
    return diary.ledger.live(id(1)).standing;
  };
  EXPECT_TRUE(show("192.0.2.21", 1).warnings.empty());
  EXPECT_TRUE(show("", 61).warnings.empty()) << "the recorder does not say";
  const Standing standing = show("192.0.2.22", 121);
  EXPECT_EQ(standing.state, State::up);
  EXPECT_EQ(standing.warnings, std::vector<ReasonId>{why("wrong-channel")});
}

// A camera that only its recorder can see, and the recorder's word once a minute.
struct Recorder {
  Diary diary;
  explicit Recorder(Kind kind = Kind::camera)
      : diary({bound(subject(1, kind, Rung::reachable), 9, "3", false), point(9)}) {}
  void says(Millis at, Check check, std::optional<bool> recording) {
    Reading reading = Diary::reading_of(9, at, {good(), good()});
    reading.depth = Rung::connected;
    reading.finding.complete = true;
    check.rung = Rung::connected;
    reading.finding.sightings = {{"3", {std::move(check)}, {}}};
    if (recording)
      reading.finding.sightings.front().facts = {{FactId::channels, 1},
                                                 {FactId::recording, *recording ? 1 : 0}};
    diary.keep(diary.ledger.observe(reading));
  }
  void shows(Millis at, std::optional<bool> recording) {
    says(at, {Rung::connected, Outcome::ok, ReasonId::none, "", 0}, recording);
  }
  void lacks(Millis at, std::optional<bool> recording) {
    says(at, {Rung::connected, Outcome::failed, why("offline-on-monitor"), "", 0}, recording);
  }
};

TEST(LedgerRecording, IsWhatTheRecorderSaysAndItsSilenceIsUnknown) {
  Recorder recorder;
  recorder.shows(0, std::nullopt);
  recorder.shows(60, true);
  recorder.shows(120, true);
  recorder.shows(180, false);
  recorder.shows(240, std::nullopt);
  EXPECT_THAT(recorder.diary.story(1),
              ElementsAre("0 up", "60 up, recorded", "180 up, not recorded", "240 up"));
}

TEST(LedgerRecording, APieceOfNewsAboutRecordingLeavesTheStateAsOldAsItIs) {
  Recorder recorder;
  recorder.shows(0, std::nullopt);
  recorder.shows(60, true);
  EXPECT_EQ(recorder.diary.ledger.live(id(1)).since, second(0));
  EXPECT_EQ(recorder.diary.ledger.live(id(1)).standing.recorded, Recorded::yes);
  recorder.says(120, {Rung::connected, Outcome::ok, why("not-recording"), "", 0}, false);
  EXPECT_EQ(recorder.diary.ledger.live(id(1)).since, second(120)) << "a warning is news";
}

TEST(LedgerRecording, ARecorderThatLostTheCameraIsBelievedOnlyThatItDoesNotRecordIt) {
  Recorder recorder;
  recorder.shows(0, true);
  for (const Millis at : {60, 80, 100}) recorder.lacks(at, true);
  for (const Millis at : {120, 140}) recorder.lacks(at, false);
  recorder.lacks(160, std::nullopt);
  EXPECT_THAT(recorder.diary.story(1), ElementsAre("0 up, recorded", "60 down(device: offline-on-monitor)",
                                                   "120 down(device: offline-on-monitor), not recorded",
                                                   "160 down(device: offline-on-monitor)"));
}

TEST(LedgerRecording, IsUnknownOnceTheWordHasRunOutOrTheRecorderIsDead) {
  Recorder silent;
  silent.shows(0, true);
  silent.diary.advance(200);
  EXPECT_THAT(silent.diary.story(1), ElementsAre("0 up, recorded", "130 unknown(gateway: overrun)"));
  Recorder dead;
  dead.shows(0, true);
  dead.diary.probes(9, {60, 80, 100}, {bad("no-answer")});
  dead.diary.advance(130);
  EXPECT_THAT(dead.diary.story(1),
              ElementsAre("0 up, recorded", "60 down(monitoring-point: monitoring-point-dead)@9"));
}

TEST(LedgerRecording, IsUnknownWhileTheGatewayIsBlind) {
  Recorder recorder;
  recorder.shows(0, true);
  recorder.diary.keep(recorder.diary.ledger.blind(second(30), why("gateway-no-carrier")));
  EXPECT_EQ(recorder.diary.ledger.live(id(1)).standing.recorded, Recorded::unknown);
}

TEST(LedgerRecording, StandsBesideAPictureThatIsDown) {
  Diary diary({bound(subject(1, Kind::camera, Rung::useful), 9, "3"), point(9)});
  Reading reading = Diary::reading_of(9, 0, {good(), good()});
  reading.depth = Rung::connected;
  reading.finding.sightings = {
      {"3", {{Rung::connected, Outcome::ok, ReasonId::none, "", 0}}, {{FactId::recording, 1}}}};
  diary.keep(diary.ledger.observe(reading));
  diary.probes(1, {1, 21, 41}, {good(), good(), good(), bad("black")});
  diary.advance(60);
  EXPECT_EQ(diary.story(1).back(), "1 down(media: black), recorded");
}

TEST(LedgerRecording, IsOfCamerasAlone) {
  Recorder speakers(Kind::speaker_cluster);
  speakers.shows(0, true);
  EXPECT_THAT(speakers.diary.story(1), ElementsAre("0 up"));
}

TEST(Ledger, WhatStandsBesideAChannelIsAWarningWhileItShows) {
  Diary diary({bound(subject(1, Kind::camera, Rung::answering), 9, "3"), point(9)});
  const auto show = [&](Outcome outcome, ReasonId because, Millis at) {
    Reading reading = Diary::reading_of(9, at, {good(), good()});
    reading.depth = Rung::connected;
    reading.finding.complete = true;
    reading.finding.sightings = {{"3", {{Rung::connected, outcome, because, "", 0}}, {}}};
    reading.finding.sightings[0].warnings = {why("wrong-channel"), why("old-picture"), why("black")};
    diary.keep(diary.ledger.observe(reading));
    diary.probe(1, at, {good(), good()});
    diary.advance(at);
    return diary.ledger.live(id(1)).standing.warnings;
  };
  diary.probe(1, 0, {good(), good()});
  EXPECT_THAT(
      show(Outcome::ok, why("not-recording"), 1),
      ::testing::UnorderedElementsAre(why("wrong-channel"), why("old-picture"), why("not-recording")));
  EXPECT_TRUE(show(Outcome::unknown, why("monitoring-point-silent"), 61).empty());
}

TEST(Ledger, AShallowProbeLeavesTheLaddersHigherRungsInSightUntilItMeetsTrouble) {
  Diary diary({subject(1, Kind::camera, Rung::useful)});
  diary.probe(1, 0, {good(), good(), good(), good("low-fps")});
  diary.probe(1, 60, {good(), good()});
  ASSERT_EQ(diary.ledger.live(id(1)).checks.size(), 4u);
  EXPECT_EQ(diary.ledger.live(id(1)).checks[3].reason, why("low-fps"));
  diary.probe(1, 120, {good(), bad("timed-out")});
  EXPECT_EQ(diary.ledger.live(id(1)).checks.size(), 2u);
}

}  // namespace
}  // namespace commune_watch::testing
