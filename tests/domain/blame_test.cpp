// DESIGN §4 on several things at once: parents and chains, mains, monitoring points, incidents.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/ledger_diary.hpp"

namespace commune_watch::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Subject network_switch(std::uint32_t number) { return subject(number, Kind::network_switch); }

// A camera 1 behind switch 5, both good at 0.
Diary behind_a_switch() {
  Diary diary({behind(subject(1), 5), network_switch(5)});
  diary.probe(1, 0, {good()});
  diary.probe(5, 0, {good()});
  return diary;
}

// --- parents

TEST(Blame, AChildsFailureWaitsForItsParentsVerdict) {
  Diary diary = behind_a_switch();
  diary.probes(1, {60, 80, 100}, {bad()});
  EXPECT_EQ(diary.story(1).size(), 1u);
  EXPECT_THAT(diary.ledger.hurried(), ElementsAre(id(5)));
  diary.probe(5, 101, {good()});
  EXPECT_EQ(diary.story(1).back(), "60 down(device: host-unreachable)");
}

TEST(Blame, ItWaitsNoLongerThanAVerdictOfTheParentHolds) {
  Diary diary = behind_a_switch();
  for (const Millis at : {60, 80, 100, 160}) diary.probe(1, at, {bad()});
  diary.advance(60 + 130 + 11);
  EXPECT_EQ(diary.story(1).size(), 1u);
  diary.advance(60 + 130 + 12);
  EXPECT_EQ(diary.story(1).back(), "60 down(device: host-unreachable)");
}

TEST(Blame, WhileTheParentIsDownTheChildsDowntimeIsUpstreamAndKeepsItsOwnReason) {
  Diary diary = behind_a_switch();
  for (const Millis at : {60, 80, 100}) {
    diary.probe(5, at, {bad("no-answer")});
    diary.probe(1, at, {bad("host-unreachable")});
  }
  EXPECT_EQ(diary.story(1).back(), "60 down(upstream: parent-down/host-unreachable)@5");
  EXPECT_EQ(diary.story(5).back(), "60 down(device: no-answer)");
  ASSERT_EQ(diary.incidents().size(), 1u);
  EXPECT_EQ(diary.incidents()[0].root, id(5));
  EXPECT_EQ(diary.incidents()[0].cause, Cause::device);
  EXPECT_EQ(diary.incidents()[0].reason, why("no-answer"));
}

TEST(Blame, TheChildWaitsUntilTheParentsFailureIsConfirmed) {
  Diary diary = behind_a_switch();
  diary.probes(1, {60, 80, 100}, {bad()});
  diary.probes(5, {101, 121}, {bad()});
  EXPECT_EQ(diary.story(1).size(), 1u);
  diary.probe(5, 141, {bad()});
  EXPECT_EQ(diary.story(1).back(), "60 down(upstream: parent-down/host-unreachable)@5");
}

TEST(Blame, AParentNotSeenWellAfterTheChildFailedExplainsItFromItsFirstFailingProbe) {
  Diary diary = behind_a_switch();
  diary.probe(1, 35, {good()});
  diary.probe(5, 40, {good()});
  for (const Millis at : {60, 80, 100}) {
    diary.probe(1, at, {bad()});
    diary.probe(5, at + 15, {bad()});
  }
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "60 down(upstream: parent-down/host-unreachable)@5"));
  EXPECT_EQ(diary.story(5).back(), "75 down(device: host-unreachable)");
}

TEST(Blame, AParentThatAnsweredAfterTheChildFailedExplainsOnlyWhatFollows) {
  Diary diary = behind_a_switch();
  diary.probe(1, 60, {bad()});
  diary.probe(5, 70, {good()});
  diary.probes(1, {80, 100}, {bad()});
  diary.probes(5, {130, 150}, {bad()});
  diary.probe(1, 160, {bad()});
  diary.probe(5, 170, {bad()});
  diary.probe(1, 220, {bad()});
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "60 down(device: host-unreachable)",
                                          "130 down(upstream: parent-down/host-unreachable)@5"));
  EXPECT_THAT(diary.incidents().size(), 3u);  // its own opened and closed, its parent's opened
}

TEST(Blame, AnUnknownParentExplainsNothing) {
  Diary diary = behind_a_switch();
  diary.probe(5, 58, {unsure("internal-error")});
  diary.probes(1, {60, 80, 100}, {bad()});
  diary.probe(5, 101, {unsure("internal-error")});
  EXPECT_EQ(diary.story(1).back(), "60 down(device: host-unreachable)");
}

TEST(Blame, AfterTheParentsReturnTheFailureIsTheDevicesFromItsNextFailingProbeOn) {
  Diary diary = behind_a_switch();
  for (const Millis at : {60, 80, 100, 160, 220}) {
    diary.probe(5, at, {bad()});
    diary.probe(1, at, {bad()});
  }
  diary.probes(5, {250, 270}, {good()});
  diary.probe(1, 280, {bad()});
  diary.probe(5, 310, {good()});
  diary.probe(1, 340, {good()});
  diary.probe(1, 360, {good()});
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "60 down(upstream: parent-down/host-unreachable)@5",
                                          "280 down(device: host-unreachable)", "340 up"));
}

TEST(Blame, AChildThatIsSeenWellFirstAfterItsParentsReturnWasNeverDownByItself) {
  Diary diary = behind_a_switch();
  for (const Millis at : {60, 80, 100, 160, 220}) {
    diary.probe(5, at, {bad()});
    diary.probe(1, at, {bad()});
  }
  diary.probes(5, {250, 270}, {good()});
  diary.probes(1, {280, 300}, {good()});
  diary.probe(5, 310, {good()});
  diary.advance(330);
  EXPECT_THAT(diary.story(1),
              ElementsAre("0 up", "60 down(upstream: parent-down/host-unreachable)@5", "280 up"));
  ASSERT_EQ(diary.incidents().size(), 2u);
  EXPECT_EQ(diary.incidents()[1].at, second(280));  // nothing is down by the switch any more
}

TEST(Blame, ARecoveryWaitsWhileItsParentMayYetHaveBeenDownBefore) {
  Diary diary = behind_a_switch();
  for (const Millis at : {60, 80, 100, 160}) {
    diary.probe(5, at, {good()});
    diary.probe(1, at, {bad()});
  }
  for (const Millis at : {200, 220}) {
    diary.probe(5, at, {bad()});
    diary.probe(1, at + 5, {good()});
  }
  EXPECT_EQ(diary.story(1).back(), "60 down(device: host-unreachable)");
  diary.probe(5, 240, {bad()});
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "60 down(device: host-unreachable)",
                                          "200 down(upstream: parent-down/host-unreachable)@5", "205 up"));
}

TEST(Blame, TheHighestFailedAncestorIsBlamedInAChain) {
  Diary diary({behind(subject(1), 5), behind(network_switch(5), 6), behind(subject(6, Kind::uplink), 7),
               network_switch(7)});
  for (const std::uint32_t device : {1u, 5u, 6u, 7u}) diary.probe(device, 0, {good()});
  for (const Millis at : {60, 80, 100}) {
    for (const std::uint32_t device : {1u, 5u, 6u}) diary.probe(device, at, {bad()});
    diary.probe(7, at, {good()});
  }
  EXPECT_EQ(diary.story(1).back(), "60 down(upstream: parent-down/host-unreachable)@6");
  EXPECT_EQ(diary.story(5).back(), "60 down(upstream: parent-down/host-unreachable)@6");
  EXPECT_EQ(diary.story(6).back(), "60 down(device: host-unreachable)");
  EXPECT_EQ(diary.incidents().size(), 1u);
}

TEST(Blame, AMonitoringPointThatStillShowsTheChildWins) {
  Diary diary({bound(behind(subject(1), 5), 9, "a"), network_switch(5), point(9)});
  diary.probe(1, 0, {good()});
  diary.probe(5, 0, {good()});
  diary.list(9, 0, {{"a", good()}});
  for (const Millis at : {60, 80, 100}) {
    diary.probe(5, at, {bad()});
    diary.probe(1, at, {bad()});
    diary.list(9, at, {{"a", good()}});
  }
  EXPECT_EQ(diary.story(1).back(), "60 up+gateway-path");
}

TEST(Blame, AServiceThatFailsBehindADeadUplinkIsUpstream) {
  Diary diary({behind(subject(1, Kind::access_point, Rung::useful), 5), subject(5, Kind::uplink)});
  diary.probe(1, 0, {good(), good(), good(), good()});
  diary.probe(5, 0, {good()});
  for (const Millis at : {60, 80, 100}) {
    diary.probe(1, at, {good(), good(), good(), bad("no-internet")});
    diary.probe(5, at, {bad()});
  }
  EXPECT_EQ(diary.story(1).back(), "60 down(upstream: parent-down/no-internet)@5");
}

TEST(Blame, BlipsOfAChildAreCountedWhateverTheParentDoes) {
  Diary diary = behind_a_switch();
  diary.probe(1, 60, {bad()});
  diary.probe(1, 80, {good()});
  EXPECT_EQ(diary.blips(1).size(), 1u);
}

TEST(Blame, AFailureThatStillWaitsAtAStopIsUnconfirmed) {
  Diary diary = behind_a_switch();
  diary.probes(1, {60, 80, 100}, {bad()});
  EXPECT_THAT(diary.ledger.provisional(), ElementsAre(std::pair(id(1), second(60))));
  diary.finish(105);
  EXPECT_EQ(diary.story(1).back(), "60 unknown(gateway: unconfirmed)");
}

// --- mains

std::vector<Subject> four_at_the_market() {
  return {at_place(subject(1), "cho"), at_place(subject(2), "cho"), at_place(subject(3), "cho"),
          at_place(subject(4), "cho")};
}
Diary market() {
  Diary diary(four_at_the_market());
  for (const std::uint32_t device : {1u, 2u, 3u, 4u}) diary.probe(device, device, {good()});
  return diary;
}

TEST(Mains, MoreThanHalfOfAPlaceLostWithinOneIntervalIsTheMains) {
  Diary diary = market();
  for (const Millis at : {60, 80, 100}) {
    diary.probe(1, at + 1, {bad("no-answer")});
    diary.probe(2, at + 10, {bad()});
    diary.probe(3, at + 15, {bad()});
    diary.probe(4, at + 16, {good()});
  }
  EXPECT_EQ(diary.story(1).back(), "61 down(mains: mains-lost/no-answer)");
  EXPECT_EQ(diary.story(2).back(), "70 down(mains: mains-lost/host-unreachable)");
  EXPECT_EQ(diary.story(3).back(), "75 down(mains: mains-lost/host-unreachable)");
  ASSERT_EQ(diary.incidents().size(), 1u);
  EXPECT_EQ(diary.incidents()[0].place, "cho");
  EXPECT_EQ(diary.incidents()[0].cause, Cause::mains);
  EXPECT_EQ(diary.incidents()[0].root, id(1));
}

TEST(Mains, TwoOfFourIsNobodysMains) {
  Diary diary = market();
  for (const Millis at : {60, 80, 100}) {
    diary.probe(1, at, {bad()});
    diary.probe(2, at, {bad()});
    diary.probe(3, at, {good()});
    diary.probe(4, at, {good()});
  }
  EXPECT_EQ(diary.story(1).back(), "60 down(device: host-unreachable)");
  EXPECT_EQ(diary.incidents().size(), 2u);
}

TEST(Mains, TwoOfTwoAreTooFew) {
  Diary diary({at_place(subject(1), "cho"), at_place(subject(2), "cho")});
  for (const std::uint32_t device : {1u, 2u}) {
    diary.probe(device, 0, {good()});
    diary.probes(device, {60, 80, 100}, {bad()});
  }
  EXPECT_EQ(diary.story(1).back(), "60 down(device: host-unreachable)");
}

TEST(Mains, ThreeOfSixAreNotMoreThanHalf) {
  std::vector<Subject> six;
  for (std::uint32_t i = 1; i <= 6; ++i) six.push_back(at_place(subject(i), "cho"));
  Diary diary(six);
  for (std::uint32_t i = 1; i <= 6; ++i) diary.probe(i, 0, {good()});
  for (const Millis at : {60, 80, 100})
    for (std::uint32_t i = 1; i <= 6; ++i) diary.probe(i, at, {i <= 3 ? bad() : good()});
  EXPECT_EQ(diary.story(1).back(), "60 down(device: host-unreachable)");
}

TEST(Mains, LossesFurtherApartThanAnIntervalHaveEachTheirOwnCause) {
  Diary diary = market();
  for (const Millis at : {60, 80, 100}) diary.probe(1, at, {bad()});
  for (const Millis at : {90, 110, 130}) diary.probe(2, at, {bad()});
  for (const Millis at : {125, 145, 165}) diary.probe(3, at, {bad()});
  diary.probe(4, 126, {good()});
  diary.advance(220);
  for (const std::uint32_t device : {1u, 2u, 3u})
    EXPECT_EQ(diary.changes(device).at(1).to.cause, Cause::device) << device;
}

TEST(Mains, ANeighbourThatAnsweredSinceWasNotLostWithIt) {
  Diary diary = market();
  for (const Millis at : {60, 80, 100}) {
    diary.probe(1, at, {bad()});
    diary.probe(2, at, {bad()});
    diary.probe(3, at + 5, {at == 60 ? good() : bad()});
    diary.probe(4, at + 6, {good()});
  }
  diary.probe(3, 125, {bad()});
  diary.advance(200);
  EXPECT_EQ(diary.changes(1).at(1).to.cause, Cause::device);
  EXPECT_EQ(diary.changes(3).at(1).to.cause, Cause::device);
}

TEST(Mains, NobodyWhoWasSeenWellAfterTheFirstLossWasLostWithIt) {
  Diary diary = market();
  for (const Millis at : {60, 80, 100}) {
    diary.probe(1, at, {bad()});
    if (at == 60) diary.probe(3, 65, {good()});
    diary.probe(2, at + 15, {bad()});
    diary.probe(4, at + 16, {good()});
    diary.probe(3, at + 19, {bad()});
  }
  diary.advance(200);
  for (const std::uint32_t device : {1U, 2U, 3U})
    EXPECT_EQ(diary.changes(device).at(1).to.cause, Cause::device) << device;
}

TEST(Mains, AFailureWaitsForItsNeighboursAsLongAsTheyCouldMakeItTheMains) {
  Diary diary = market();
  diary.probes(1, {60, 80, 100}, {bad()});
  EXPECT_EQ(diary.story(1).size(), 1u);
  EXPECT_THAT(diary.ledger.hurried(), UnorderedElementsAre(id(2), id(3), id(4)));
  diary.probe(2, 101, {good()});
  EXPECT_EQ(diary.story(1).size(), 1u);
  diary.probe(3, 102, {good()});  // two of four: whatever the last one says
  EXPECT_EQ(diary.story(1).back(), "60 down(device: host-unreachable)");
}

TEST(Mains, AFailureDoesNotWaitForNeighboursLongerThanAnInterval) {
  Diary diary = market();
  for (const Millis at : {60, 80, 100}) diary.probe(1, at, {bad()});
  diary.advance(131);
  EXPECT_EQ(diary.story(1).size(), 1u);
  diary.advance(133);
  EXPECT_EQ(diary.story(1).back(), "60 down(device: host-unreachable)");
}

TEST(Mains, ADeadSwitchIsNoMains) {
  Diary diary({behind(at_place(subject(1), "cho"), 5), behind(at_place(subject(2), "cho"), 5),
               behind(at_place(subject(3), "cho"), 5), at_place(network_switch(5), "cho")});
  for (const std::uint32_t device : {1u, 2u, 3u, 5u}) diary.probe(device, 0, {good()});
  for (const Millis at : {60, 80, 100})
    for (const std::uint32_t device : {1u, 2u, 3u, 5u}) diary.probe(device, at, {bad()});
  EXPECT_EQ(diary.story(5).back(), "60 down(device: host-unreachable)");
  EXPECT_EQ(diary.story(1).back(), "60 down(upstream: parent-down/host-unreachable)@5");
  EXPECT_EQ(diary.incidents().size(), 1u);
}

TEST(Mains, WhoeverStaysDarkLongAfterTheOthersReturnedIsDownByItself) {
  Diary diary = market();
  for (Millis at = 60; at <= 160; at += 20)
    for (const std::uint32_t device : {1u, 2u, 3u, 4u}) diary.probe(device, at, {bad()});
  for (Millis at = 180; at <= 600; at += 20) {
    diary.probe(1, at, {bad()});
    for (const std::uint32_t device : {2u, 3u, 4u}) diary.probe(device, at, {good()});
  }
  // 180 + 2 x 60 + 10: everybody had time to be asked again.
  EXPECT_THAT(diary.story(1), ElementsAre("1 up", "60 down(mains: mains-lost/host-unreachable)",
                                          "310 down(device: host-unreachable)"));
  EXPECT_EQ(diary.story(2).back(), "180 up");
}

TEST(Mains, AMonitoringPointIsNoNeighbour) {
  Diary diary({at_place(subject(1), "cho"), at_place(subject(2), "cho"), at_place(point(9), "cho")});
  for (const std::uint32_t device : {1u, 2u, 9u}) {
    diary.probe(device, 0, {good()});
    diary.probes(device, {60, 80, 100}, {bad()});
  }
  EXPECT_EQ(diary.story(1).back(), "60 down(device: host-unreachable)");
}

// --- monitoring points

Diary watched_wall() {
  Diary diary({bound(subject(1), 9, "ch1"), bound(subject(2), 9, "ch2"), point(9)});
  diary.probe(1, 0, {good()});
  diary.probe(2, 0, {good()});
  diary.list(9, 0, {{"ch1", good()}, {"ch2", good()}});
  return diary;
}

TEST(Point, BothPathsGoodIsUpFromTheLaterOne) {
  Diary diary({bound(subject(1), 9, "ch1"), point(9)});
  diary.probe(1, 3, {good()});
  diary.list(9, 5, {{"ch1", good()}});
  diary.probe(1, 6, {good()});
  EXPECT_THAT(diary.story(1), ElementsAre("5 up"));
}

TEST(Point, AKeyMissingFromACompleteListIsNotOnTheMonitor) {
  Diary diary = watched_wall();
  for (const Millis at : {60, 80, 100}) diary.list(9, at, {{"ch2", good()}});
  diary.probe(1, 110, {good()});
  EXPECT_EQ(diary.story(1).back(), "60 down(monitoring-point: not-on-monitor/not-listed)");
  EXPECT_THAT(diary.story(2), ElementsAre("0 up"));
  EXPECT_EQ(diary.incidents().at(0).root, id(1));
  EXPECT_EQ(diary.incidents().at(0).cause, Cause::monitoring_point);
}

TEST(Point, AKeyMissingFromAnIncompleteListIsUnknown) {
  Diary diary = watched_wall();
  diary.list(9, 60, {{"ch2", good()}}, false);
  diary.probe(1, 61, {good()});
  EXPECT_EQ(diary.story(1).back(), "60 unknown(monitoring-point: monitoring-point-silent)");
  EXPECT_THAT(diary.story(2), ElementsAre("0 up"));
}

TEST(Point, TheMonitoringPointsWordIsConfirmedLikeAnyOther) {
  Diary diary = watched_wall();
  diary.list(9, 60, {{"ch1", bad("offline-on-monitor")}, {"ch2", good()}});
  diary.list(9, 80, {{"ch1", good()}, {"ch2", good()}});
  diary.probe(1, 85, {good()});
  EXPECT_THAT(diary.story(1), ElementsAre("0 up"));
  ASSERT_EQ(diary.blips(1).size(), 1u);
  EXPECT_EQ(diary.blips(1)[0].reason, why("offline-on-monitor"));
}

TEST(Point, ADevicePathThatStumblesWhileThePointShowsItIsNoBlip) {
  Diary diary = watched_wall();
  diary.probe(1, 60, {bad()});
  diary.probe(1, 80, {good()});
  diary.list(9, 90, {{"ch1", good()}, {"ch2", good()}});
  EXPECT_THAT(diary.blips(1), IsEmpty());
}

TEST(Point, BothPathsBadIsTheDevicesReason) {
  Diary diary = watched_wall();
  for (const Millis at : {60, 80, 100}) {
    diary.probe(1, at, {bad("no-answer")});
    diary.list(9, at, {{"ch1", bad("offline-on-monitor")}, {"ch2", good()}});
  }
  EXPECT_EQ(diary.story(1).back(), "60 down(device: no-answer)");
}

TEST(Point, TheJoinIsInstantByInstant) {
  Diary diary = watched_wall();
  for (const Millis at : {60, 80, 100}) diary.probe(1, at, {bad("no-answer")});
  for (const Millis at : {90, 110, 130}) diary.list(9, at, {{"ch2", good()}});
  diary.probe(1, 160, {bad("no-answer")});
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "60 up+gateway-path", "90 down(device: no-answer)"));
}

TEST(Point, ADeadPointTakesEverybodyDownWithOneIncident) {
  Diary diary = watched_wall();
  for (const Millis at : {60, 80, 100}) {
    diary.probe(1, at, {good()});
    diary.probe(2, at, {good()});
    diary.probe(9, at, {bad("no-answer"), untold()}, Rung::connected);
  }
  diary.advance(115);
  for (const std::uint32_t device : {1u, 2u})
    EXPECT_EQ(diary.story(device).back(), "60 down(monitoring-point: monitoring-point-dead)@9");
  EXPECT_EQ(diary.story(9).back(), "60 down(monitoring-point: no-answer)");
  ASSERT_EQ(diary.incidents().size(), 1u);
  EXPECT_EQ(diary.incidents()[0].root, id(9));
  EXPECT_EQ(diary.incidents()[0].reason, why("no-answer"));
  for (const Millis at : {160, 180}) {
    diary.list(9, at, {{"ch1", good()}, {"ch2", good()}});
    diary.probe(1, at, {good()});
    diary.probe(2, at, {good()});
  }
  for (const std::uint32_t device : {1u, 2u, 9u}) EXPECT_EQ(diary.story(device).back(), "160 up");
  ASSERT_EQ(diary.incidents().size(), 2u);
  EXPECT_FALSE(diary.incidents()[1].opened);
}

TEST(Point, RefusingIsDeadAsSilenceIs) {
  Diary diary = watched_wall();
  for (const Millis at : {60, 80, 100}) {
    diary.probe(1, at, {good()});
    diary.probe(9, at, {good(), bad("connection-refused")}, Rung::connected);
  }
  diary.advance(115);
  EXPECT_EQ(diary.story(1).back(), "60 down(monitoring-point: monitoring-point-dead)@9");
}

TEST(Point, AStumbleOfThePointIsNobodysDowntime) {
  Diary diary = watched_wall();
  diary.probe(9, 60, {bad("no-answer"), untold()}, Rung::connected);
  diary.list(9, 80, {{"ch1", good()}, {"ch2", good()}});
  diary.advance(100);
  EXPECT_THAT(diary.story(1), ElementsAre("0 up"));
  EXPECT_THAT(diary.blips(1), IsEmpty());
  EXPECT_EQ(diary.blips(9).size(), 1u);
}

TEST(Point, ADeviceThatFailsUnderADeadPointHasItsOwnReason) {
  Diary diary = watched_wall();
  for (const Millis at : {60, 80, 100}) {
    diary.probe(9, at, {bad(), untold()}, Rung::connected);
    diary.probe(1, at, {bad("no-answer")});
  }
  EXPECT_EQ(diary.story(1).back(), "60 down(device: no-answer)");
}

TEST(Point, AliveButNotTellingIsUnknownAtOnceWithItsReason) {
  Diary diary = watched_wall();
  diary.probe(9, 60, {good(), unsure("bad-password")}, Rung::connected);
  diary.probe(1, 61, {good()});
  EXPECT_EQ(diary.story(1).back(), "60 unknown(monitoring-point: bad-password)");
  diary.list(9, 120, {{"ch1", good()}, {"ch2", good()}});
  diary.probe(1, 121, {good()});
  EXPECT_EQ(diary.story(1).back(), "120 up");
}

TEST(Point, NotTellingNeitherConfirmsNorClearsWhatItSaidBefore) {
  Diary diary = watched_wall();
  diary.list(9, 60, {{"ch2", good()}});
  diary.probe(9, 80, {good(), unsure("http-server-error")}, Rung::connected);
  for (const Millis at : {100, 120, 140}) {
    diary.probe(1, at, {good()});
    diary.list(9, at, {{"ch2", good()}});
  }
  EXPECT_THAT(diary.story(1), ElementsAre("0 up", "60 unknown(gateway: unconfirmed)",
                                          "80 unknown(monitoring-point: http-server-error)",
                                          "100 down(monitoring-point: not-on-monitor/not-listed)"));
}

TEST(Point, APointBehindADeadSwitchIsUnknownToItsDevices) {
  Diary diary({bound(subject(1), 9, "ch1"), behind(point(9), 5), network_switch(5)});
  diary.probe(1, 0, {good()});
  diary.list(9, 0, {{"ch1", good()}});
  diary.probe(5, 0, {good()});
  for (const Millis at : {60, 80, 100}) {
    diary.probe(1, at, {good()});
    diary.probe(9, at, {bad(), untold()}, Rung::connected);
    diary.probe(5, at, {bad()});
  }
  diary.advance(120);
  EXPECT_EQ(diary.story(9).back(), "60 down(upstream: parent-down/host-unreachable)@5");
  EXPECT_EQ(diary.story(1).back(), "60 unknown(monitoring-point: monitoring-point-silent)");
  EXPECT_EQ(diary.incidents().size(), 1u);
}

TEST(Point, WhatOnlyThePointCanSeeIsJudgedByIt) {
  Diary diary({bound(subject(1, Kind::speaker_cluster), 9, "loa", false), point(9)});
  diary.list(9, 5, {{"loa", good()}});
  EXPECT_THAT(diary.story(1), ElementsAre("5 up"));
  for (const Millis at : {60, 80, 100}) diary.list(9, at, {});
  EXPECT_EQ(diary.story(1).back(), "60 down(device: not-listed)");
  EXPECT_EQ(diary.ledger.next(id(1), 0).due, INT64_MAX);
}

TEST(Point, AnAccessPointThatIsNoLongerAdoptedIsUpWithAWarning) {
  Diary diary({bound(subject(1, Kind::access_point), 9, "mac"), point(9)});
  diary.probe(1, 0, {good()});
  diary.list(9, 0, {{"mac", good()}});
  for (const Millis at : {60, 80, 100}) diary.list(9, at, {});
  diary.probe(1, 101, {good()});
  EXPECT_EQ(diary.story(1).back(), "60 up+not-adopted");
}

TEST(Point, ItsVerdictOfAChannelRunsOut) {
  Diary diary = watched_wall();
  for (Millis at = 30; at <= 180; at += 30) {
    diary.probe(1, at, {good()});
    diary.probe(9, at, {good(), good()});  // no list was asked for
  }
  EXPECT_EQ(diary.story(1).back(), "130 unknown(gateway: overrun)");
  EXPECT_THAT(diary.story(9), ElementsAre("0 up"));
}

TEST(Point, WarningsOfAChannelRideAlong) {
  Diary diary = watched_wall();
  diary.list(9, 60, {{"ch1", good("not-recording")}, {"ch2", good()}});
  diary.probe(1, 61, {good()});
  EXPECT_EQ(diary.story(1).back(), "60 up+not-recording");
}

}  // namespace
}  // namespace commune_watch::testing
