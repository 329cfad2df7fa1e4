// Spans across runs, boots and corrected clocks, mapped to UTC.
#include "store/world.hpp"

namespace commune_watch {
namespace {

constexpr Period kAll{kStartUtc - 1'000'000, kStartUtc + 100'000'000};

TEST(Timeline, TheOpenSpanEndsNow) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 1'000, kStartUtc).at;
  const auto cam = world.camera("cam", at);
  world.store->append({1, 1'300}, cam, change("cam", at, starting(), {1, 1'200}, up()));
  world.store->append({1, 5'000}, cam, change("cam", {1, 1'200}, up(), {1, 4'000}, down()));
  world.commit();
  EXPECT_EQ(text(world.store->spans(cam, kAll, {1, 7'000})),
            "unknown(starting) 0-200 | up 200-3000 | down(host-unreachable) 3000-6000");
  EXPECT_EQ(text(world.store->spans(cam, {kStartUtc + 1'000, kStartUtc + 2'000}, {1, 7'000})),
            "up 1000-2000");
  EXPECT_EQ(text(world.store->spans(cam, {kStartUtc + 3'500, kStartUtc + 99'000}, {1, 7'000})),
            "down(host-unreachable) 3500-6000");
}

TEST(Timeline, ASpanKeepsItsWarningsCauseAndRootAndWhetherItWasRecorded) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto cam = world.camera("cam", at);
  const auto parent = world.store->entity(Kind::network_switch, "sw-1");
  auto warned = up();
  warned.warnings = {reason_id("clock-wrong"), reason_id("storage")};
  auto entry = change("cam", at, warned, {1, 100}, down("parent-down"));
  entry.to.root = parent;
  entry.root = "sw-1";
  entry.from.recorded = Recorded::yes;
  entry.to.recorded = Recorded::no;
  world.store->append({1, 100}, cam, entry);
  world.commit();
  const auto spans = world.store->spans(cam, kAll, {1, 200});
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(spans[0].warnings, warned.warnings);
  EXPECT_EQ(spans[0].root, std::nullopt);
  EXPECT_EQ(spans[1].cause, Cause::upstream);
  EXPECT_EQ(spans[1].root, parent);
  EXPECT_TRUE(spans[1].warnings.empty());
  EXPECT_EQ(spans[0].recorded, Recorded::yes);
  EXPECT_EQ(spans[1].recorded, Recorded::no);
}

TEST(Timeline, ACutEndsEverySpanAtTheLastTickAndTheGapIsNobodys) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto a = world.camera("a", at), b = world.camera("b", at);
  world.store->append(at, a, change("a", at, starting(), {1, 10}, up()));
  world.store->append(at, b, change("b", at, starting(), {1, 20}, down()));
  world.store->tick({1, 60'000}, {});
  world.commit();

  world.open();
  EXPECT_EQ(text(world.store->spans(a, kAll, {1, 999'000})), "unknown(starting) 0-10 | up 10-60000")
      << "nobody runs yet";
  const auto begun = world.begin(kBootB, 500, kStartUtc + 90'000);
  EXPECT_EQ(begun.boot, 2u);
  ASSERT_TRUE(begun.previous);
  EXPECT_EQ(begun.previous->alive, (Moment{1, 60'000}));
  EXPECT_FALSE(begun.previous->clean);
  world.store->append({2, 700}, a, change("a", begun.at, starting(), {2, 600}, up()));
  world.commit();
  EXPECT_EQ(text(world.store->spans(a, kAll, {2, 1'500})),
            "unknown(starting) 0-10 | up 10-60000 | unknown(starting) 90000-90100 | up 90100-91000");
  EXPECT_EQ(text(world.store->spans(b, kAll, {2, 1'500})),
            "unknown(starting) 0-20 | down(host-unreachable) 20-60000");
  const auto runs = world.store->runs();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0], (commune_watch::Run{1, {1, 0}, {1, 60'000}, false}));
}

TEST(Timeline, ARecordIsASignOfLifeLikeATick) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto cam = world.camera("cam", at);
  world.store->append(at, cam, change("cam", at, starting(), {1, 10}, up()));
  world.store->tick({1, 60'000}, {});
  world.commit();
  world.store->append({1, 95'000}, cam, change("cam", {1, 10}, up(), {1, 80'000}, down()));
  world.commit();
  world.open();
  EXPECT_EQ(world.begin(kBootB, 0, kStartUtc + 200'000).previous->alive, (Moment{1, 95'000}));
  EXPECT_EQ(text(world.store->spans(cam, kAll, {2, 1})),
            "unknown(starting) 0-10 | up 10-80000 | down(host-unreachable) 80000-95000");
}

TEST(Timeline, ARestartInTheSameBootKeepsTheBootAndLeavesAGap) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto cam = world.camera("cam", at);
  world.store->append(at, cam, change("cam", at, starting(), {1, 10}, up()));
  world.commit();
  world.store->stop({1, 5'000}, "asked");
  world.open();
  const auto begun = world.begin(kBootA, 8'000, kStartUtc + 8'000);
  EXPECT_EQ(begun.boot, 1u);
  EXPECT_TRUE(begun.previous->clean);
  EXPECT_EQ(begun.previous->alive, (Moment{1, 5'000}));
  world.store->append({1, 8'100}, cam, change("cam", begun.at, starting(), {1, 8'100}, up()));
  world.commit();
  EXPECT_EQ(text(world.store->spans(cam, kAll, {1, 9'000})),
            "unknown(starting) 0-10 | up 10-5000 | unknown(starting) 8000-8100 | up 8100-9000");
}

TEST(Timeline, WhatWasProvisionalAtTheCutIsUnconfirmedFromItsFirstFailingProbe) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto a = world.camera("a", at), b = world.camera("b", at);
  world.store->append(at, a, change("a", at, starting(), {1, 10}, up()));
  world.store->append(at, b, change("b", at, starting(), {1, 10}, up()));
  world.store->tick({1, 60'000}, {{a, {1, 45'000}}});
  world.commit();
  world.open();
  world.begin(kBootB, 0, kStartUtc + 90'000);
  EXPECT_EQ(text(world.store->spans(a, kAll, {2, 1})),
            "unknown(starting) 0-10 | up 10-45000 | unknown(unconfirmed) 45000-60000");
  EXPECT_EQ(text(world.store->spans(b, kAll, {2, 1})), "unknown(starting) 0-10 | up 10-60000");
}

TEST(Timeline, AFailureConfirmedAfterTheTickStaysDownAfterTheCut) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto a = world.camera("a", at), b = world.camera("b", at);
  world.store->append(at, a, change("a", at, starting(), {1, 10}, up()));
  world.store->append(at, b, change("b", at, starting(), {1, 10}, up()));
  world.store->tick({1, 60'000}, {{a, {1, 45'000}}, {b, {1, 50'000}}});
  world.commit();
  world.store->append({1, 85'000}, a, change("a", {1, 10}, up(), {1, 45'000}, down()));
  world.store->append({1, 86'000}, b, BlipEntry{"b", {1, 50'000}, {1, 70'000}, reason_id("no-answer"), 1});
  world.commit();
  world.open();
  world.begin(kBootB, 0, kStartUtc + 200'000);
  EXPECT_EQ(text(world.store->spans(a, kAll, {2, 1})),
            "unknown(starting) 0-10 | up 10-45000 | down(host-unreachable) 45000-86000");
  EXPECT_EQ(text(world.store->spans(b, kAll, {2, 1})), "unknown(starting) 0-10 | up 10-86000");
}

TEST(Timeline, ALaterAnchorCorrectsTheWholeBoot) {
  World world;
  world.open();
  const Millis stale = kStartUtc - 34LL * 86'400'000;
  auto begun = world.store->begin_run(
      kBootA, 1'000, {.at = {0, 1'000}, .utc = stale, .error = 1'000, .source = AnchorSource::system});
  ASSERT_TRUE(begun);
  const auto cam = world.camera("cam", begun->at);
  world.store->append(begun->at, cam, change("cam", begun->at, starting(), {1, 1'500}, up()));
  world.commit();
  EXPECT_EQ(text(world.store->spans(cam, {stale, stale + 10'000}, {1, 2'000}), stale),
            "unknown(clock-unsure) 0-1000");

  world.store->anchor(
      {.at = {1, 61'000}, .utc = kStartUtc + 60'000, .error = 10, .source = AnchorSource::ntp});
  EXPECT_EQ(world.store->clock_map().utc({1, 1'000}), stale) << "an anchor counts once it is durable";
  world.commit();
  EXPECT_EQ(world.store->clock_map().utc({1, 1'000}), kStartUtc);
  EXPECT_EQ(text(world.store->spans(cam, kAll, {1, 61'000})), "unknown(starting) 0-500 | up 500-60000");
  EXPECT_TRUE(world.store->spans(cam, {stale, stale + 10'000}, {1, 61'000}).empty());
  ASSERT_EQ(world.store->terms(cam).size(), 1u);
  EXPECT_EQ(world.store->terms(cam)[0].from, kStartUtc);
  world.open();
  EXPECT_EQ(world.store->clock_map().utc({1, 1'000}), kStartUtc) << "and after a restart";
}

TEST(Timeline, ARecordToldAgainIsToldWithTheSameTime) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  const Moment at{1, 30'000}, recorded{1, 31'000};
  const auto told = world.store->told_utc(at, recorded);
  EXPECT_EQ(told, kStartUtc + 30'000);
  // The wall clock has gained 40 ms on the boot's clock: a straight line to this anchor moves what lies
  // before.
  world.store->anchor(
      {.at = {1, 61'000}, .utc = kStartUtc + 61'040, .error = 10, .source = AnchorSource::ntp});
  world.commit();
  EXPECT_EQ(world.store->clock_map().utc(at), kStartUtc + 30'019);
  EXPECT_EQ(world.store->told_utc(at, recorded), told);
  EXPECT_EQ(world.store->told_utc(at, {1, 61'000}), kStartUtc + 30'019) << "a later record says it better";
  world.open();
  EXPECT_EQ(world.store->told_utc(at, recorded), told) << "and after a restart";
}

TEST(Timeline, ARecordOfAClockThatNobodyTrustedIsToldAgainWithTheTrueTime) {
  World world;
  world.open();
  const Millis stale = kStartUtc - 34LL * 86'400'000;
  ASSERT_TRUE(world.store->begin_run(kBootA, 0, {.at = {}, .utc = stale, .source = AnchorSource::system}));
  EXPECT_EQ(world.store->told_utc({1, 30'000}, {1, 31'000}), stale + 30'000);
  world.store->anchor(
      {.at = {1, 61'000}, .utc = kStartUtc + 61'000, .error = 10, .source = AnchorSource::ntp});
  world.commit();
  EXPECT_EQ(world.store->told_utc({1, 30'000}, {1, 31'000}), kStartUtc + 30'000);
}

TEST(Timeline, WhatTwoRunsClaimIsUnknownForTheClock) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto cam = world.camera("cam", at);
  world.store->append(at, cam, change("cam", at, starting(), {1, 10}, up()));
  world.store->tick({1, 60'000}, {});
  world.commit();
  world.open();
  // No real-time clock: the boot believes that 20 s have passed since the first run began, and no anchor of
  // its own corrects it.
  const auto begun = world.begin(kBootB, 0, kStartUtc + 20'000);
  world.store->append(begun.at, cam, change("cam", begun.at, starting(), {2, 100}, down()));
  world.store->tick({2, 70'000}, {});
  world.commit();
  const auto spans = world.store->spans(cam, kAll, {2, 70'000});
  EXPECT_EQ(text(spans),
            "unknown(starting) 0-10 | up 10-20000 | unknown(clock-unsure) 20000-60000 | "
            "down(host-unreachable) 60000-90000");
  for (std::size_t i = 1; i < spans.size(); ++i) EXPECT_LE(spans[i - 1].period.to, spans[i].period.from);
}

// ---- boots whose clock nobody vouches for

constexpr const char* kBootC = "00000000-0000-4000-8000-00000000000c";
constexpr const char* kBootD = "00000000-0000-4000-8000-00000000000d";
constexpr Millis kStale = kStartUtc - 34LL * 86'400'000;

class UnsureBoot : public testing::Test {
 protected:
  UnsureBoot() { world.open(); }
  // A boot whose only anchor is a system clock that says `utc`; it lives until `last`, and the camera is up.
  void unsure(const char* uuid, Millis first, Millis last, Millis utc) {
    auto begun = world.store->begin_run(uuid, first, {.at = {0, first}, .utc = utc, .error = 16'000});
    ASSERT_TRUE(begun);
    boot = begun->boot;
    live(begun->at, last);
  }
  void sure(const char* uuid, Millis first, Millis last, Millis utc) {
    const auto begun = world.begin(uuid, first, utc);
    boot = begun.boot;
    live(begun.at, last);
  }
  void live(Moment at, Millis last) {
    if (at.boot == 1) cam = world.camera("cam", at);
    world.store->append(at, cam, change("cam", at, starting(), at, up()));
    world.store->tick({at.boot, last}, {});
    world.commit();
  }
  [[nodiscard]] std::string told(Moment now) { return text(world.store->spans(cam, kAll, now)); }

  World world;
  DeviceId cam{};
  std::uint32_t boot = 0;
};

TEST_F(UnsureBoot, IsUnknownBetweenTheSureOnesAroundIt) {
  sure(kBootA, 0, 60'000, kStartUtc);
  world.open();
  unsure(kBootB, 1'000, 31'000, kStale);
  world.store->append({2, 20'000}, cam,
                      BlipEntry{"cam", {2, 10'000}, {2, 12'000}, reason_id("no-answer"), 1});
  world.commit();
  world.open();
  sure(kBootC, 5'000, 65'000, kStartUtc + 200'000);
  EXPECT_EQ(told({3, 65'000}), "up 0-60000 | unknown(clock-unsure) 60000-200000 | up 200000-260000");
  EXPECT_TRUE(world.store->blips(cam, kAll).empty()) << "nobody can say on which day it was";
  EXPECT_EQ(world.store->utc({2, 31'000}), kStartUtc + 200'000) << "as late as it can have been";
  EXPECT_EQ(world.store->utc({2, 1'000}), kStartUtc + 170'000) << "and durations stay";
  EXPECT_EQ(world.store->utc({4, 0}), std::nullopt);
}

TEST_F(UnsureBoot, ThatLaterHearsTheTimeWasAlwaysSure) {
  sure(kBootA, 0, 60'000, kStartUtc);
  world.open();
  unsure(kBootB, 1'000, 31'000, kStale);
  EXPECT_EQ(told({2, 31'000}), "up 0-60000 | unknown(clock-unsure) 60000-90000");
  world.store->anchor(
      {.at = {2, 32'000}, .utc = kStartUtc + 132'000, .error = 9, .source = AnchorSource::ntp});
  world.commit();
  EXPECT_EQ(told({2, 41'000}), "up 0-60000 | up 101000-141000");
  EXPECT_EQ(world.store->utc({2, 1'000}), kStartUtc + 101'000);
}

TEST_F(UnsureBoot, RunningWithAStaleClockIsPutAfterWhatTheLogHasSeen) {
  sure(kBootA, 0, 60'000, kStartUtc);
  world.open();
  unsure(kBootB, 1'000, 31'000, kStale);
  EXPECT_EQ(world.store->utc({2, 1'000}), kStartUtc + 60'000);
  EXPECT_EQ(world.store->utc({2, 41'000}), kStartUtc + 100'000) << "and runs on";
  EXPECT_EQ(told({2, 41'000}), "up 0-60000 | unknown(clock-unsure) 60000-100000");
  EXPECT_EQ(world.store->told_utc({2, 1'000}, {2, 1'000}), kStale) << "what was told is told again";
}

TEST_F(UnsureBoot, RunningWithAClockThatCanBeRightIsPutWhereThatSays) {
  sure(kBootA, 0, 60'000, kStartUtc);
  world.open();
  unsure(kBootB, 1'000, 31'000, kStartUtc + 500'000);
  EXPECT_EQ(world.store->utc({2, 1'000}), kStartUtc + 500'000);
  EXPECT_EQ(told({2, 41'000}), "up 0-60000 | unknown(clock-unsure) 60000-540000");
}

TEST_F(UnsureBoot, SharesItsBracketWithItsNeighbours) {
  sure(kBootA, 0, 60'000, kStartUtc);
  world.open();
  unsure(kBootB, 1'000, 31'000, kStale);
  world.open();
  unsure(kBootC, 2'000, 12'000, 0);
  EXPECT_EQ(world.store->utc({3, 2'000}), kStartUtc + 90'000) << "after what was seen of the first";
  EXPECT_EQ(told({3, 12'000}), "up 0-60000 | unknown(clock-unsure) 60000-100000");
  world.open();
  sure(kBootD, 5'000, 65'000, kStartUtc + 300'000);
  EXPECT_EQ(told({4, 65'000}), "up 0-60000 | unknown(clock-unsure) 60000-300000 | up 300000-360000");
  EXPECT_EQ(world.store->utc({3, 12'000}), kStartUtc + 300'000);
  EXPECT_EQ(world.store->utc({2, 31'000}), kStartUtc + 290'000);
}

TEST_F(UnsureBoot, WithNoSureOneBeforeItBeginsAsLateAsItCan) {
  unsure(kBootA, 1'000, 31'000, kStale);
  EXPECT_EQ(text(world.store->spans(cam, {kStale - 5'000, kStale + 100'000}, {1, 31'000}), kStale),
            "unknown(clock-unsure) 0-30000");
  world.open();
  sure(kBootB, 0, 10'000, kStartUtc + 100'000);
  EXPECT_EQ(told({2, 10'000}), "unknown(clock-unsure) 70000-100000 | up 100000-110000");
  EXPECT_EQ(world.store->terms(cam).at(0).from, kStartUtc + 70'000);
}

TEST_F(UnsureBoot, TermsComeIntoForceInTheBracketAndNeverBeforeThoseBefore) {
  sure(kBootA, 0, 60'000, kStartUtc);
  world.open();
  unsure(kBootB, 1'000, 31'000, kStale);
  const auto moved = [&](Moment at, const std::string& place) {
    world.store->append(at, cam, TermsEntry{"cam", Terms{.kind = Kind::camera, .place = place}});
  };
  moved({2, 11'000}, "cho");
  world.commit();
  EXPECT_EQ(world.store->terms(cam).at(1).from, kStartUtc + 70'000);
  world.open();
  // The next sure boot begins so early that the unsure one has no room before it.
  sure(kBootC, 0, 10'000, kStartUtc + 65'000);
  auto terms = world.store->terms(cam);
  ASSERT_EQ(terms.size(), 2u);
  EXPECT_EQ(terms[1].from, kStartUtc + 60'000) << "not before the bracket";
  moved({3, 2'000}, "tram");
  world.commit();
  terms = world.store->terms(cam);
  EXPECT_EQ(terms.at(2).from, kStartUtc + 67'000);
  EXPECT_EQ(terms.at(2).terms.place, "tram");
}

TEST_F(UnsureBoot, SaysNothingOfADeviceThatCameLater) {
  unsure(kBootA, 1'000, 31'000, kStale);
  world.open();
  sure(kBootB, 0, 10'000, kStartUtc);
  const auto late = world.camera("late", {2, 1'000});
  world.commit();
  EXPECT_TRUE(world.store->spans(late, kAll, {2, 10'000}).empty());
}

TEST_F(UnsureBoot, OfTheLastRunEndsWhereThatEndedWhenNobodyRuns) {
  sure(kBootA, 0, 60'000, kStartUtc);
  world.open();
  unsure(kBootB, 1'000, 31'000, kStale);
  world.store->stop({2, 40'000}, "asked");
  world.open();
  EXPECT_EQ(told({2, 999'000}), "up 0-60000 | unknown(clock-unsure) 60000-99000");
}

TEST_F(UnsureBoot, HasItsIncidentsInTheBracket) {
  sure(kBootA, 0, 60'000, kStartUtc);
  world.open();
  unsure(kBootB, 1'000, 31'000, kStale);
  world.store->append({2, 5'000}, {},
                      IncidentEntry{.root = "sw-1", .cause = Cause::device, .at = {2, 4'000}});
  world.commit();
  const auto incidents = world.store->incidents(kAll, {2, 31'000});
  ASSERT_EQ(incidents.size(), 1u);
  EXPECT_EQ(incidents[0].period, (Period{kStartUtc + 63'000, kStartUtc + 90'000}));
}

TEST(Timeline, BlipsAreCutToThePeriod) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto cam = world.camera("cam", at);
  world.store->append(at, cam, BlipEntry{"cam", {1, 1'000}, {1, 2'000}, reason_id("no-answer"), 1});
  world.store->append(at, cam, BlipEntry{"cam", {1, 5'000}, {1, 6'000}, reason_id("timed-out"), 2});
  world.commit();
  const auto blips = world.store->blips(cam, {kStartUtc + 1'500, kStartUtc + 5'500});
  ASSERT_EQ(blips.size(), 2u);
  EXPECT_EQ(blips[0].period, (Period{kStartUtc + 1'500, kStartUtc + 2'000}));
  EXPECT_EQ(blips[1].period, (Period{kStartUtc + 5'000, kStartUtc + 5'500}));
  EXPECT_EQ(blips[1].reason, reason_id("timed-out"));
}

TEST(Timeline, TermsComeInTheOrderOfTheLog) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto cam = world.camera("cam", at, "cho");
  world.store->append({1, 7'000}, cam,
                      TermsEntry{"cam", Terms{.enrolled = false, .kind = Kind::camera, .place = "cho"}});
  world.commit();
  const auto terms = world.store->terms(cam);
  ASSERT_EQ(terms.size(), 2u);
  EXPECT_EQ(terms[0].from, kStartUtc);
  EXPECT_TRUE(terms[0].terms.enrolled);
  EXPECT_EQ(terms[1].from, kStartUtc + 7'000);
  EXPECT_FALSE(terms[1].terms.enrolled);
  EXPECT_EQ(terms[1].terms.place, "cho");
}

TEST(Timeline, MaintenanceIsOfADeviceAPlaceOrAll) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto a = world.camera("a", at, "cho"), b = world.camera("b", at, "tram");
  const auto during = [](Millis from, Millis to, Millis ended = 0) {
    return Maintenance{.period = {kStartUtc + from, kStartUtc + to},
                       .declared = kStartUtc,
                       .ended = ended,
                       .author = "an",
                       .reason = "bảo trì"};
  };
  world.store->append(at, {}, MaintenanceEntry{"a", during(10, 20)});
  world.store->append(at, {}, MaintenanceEntry{"place/tram", during(30, 40)});
  world.store->append(at, {}, MaintenanceEntry{"*", during(50, 60)});
  world.store->append(at, {}, MaintenanceEntry{"a", during(10, 20, kStartUtc + 15)});  // ended early
  world.commit();
  const auto of_a = world.store->maintenance(a, kAll), of_b = world.store->maintenance(b, kAll);
  ASSERT_EQ(of_a.size(), 2u);
  EXPECT_EQ(of_a[0].period, (Period{kStartUtc + 10, kStartUtc + 20}));
  EXPECT_EQ(of_a[0].ended, kStartUtc + 15);
  EXPECT_EQ(of_a[0].reason, "bảo trì");
  EXPECT_EQ(of_a[1].period.from, kStartUtc + 50);
  ASSERT_EQ(of_b.size(), 2u);
  EXPECT_EQ(of_b[0].period.from, kStartUtc + 30);
  EXPECT_EQ(world.store->maintenance(a, {kStartUtc, kStartUtc + 5}).size(), 0u);
}

class MaintenanceTest : public testing::Test {
 protected:
  MaintenanceTest() {
    world.open();
    at = world.begin(kBootA, 0, kStartUtc).at;
    cam = world.camera("cam", at, "cho");
  }
  void declare(const std::string& scope, Period period, Moment when, Millis declared, Millis ended = 0) {
    world.store->append(when, {},
                        MaintenanceEntry{scope,
                                         {.period = {kStartUtc + period.from, kStartUtc + period.to},
                                          .declared = kStartUtc + declared,
                                          .ended = ended == 0 ? 0 : kStartUtc + ended,
                                          .author = "an",
                                          .reason = "thay nguồn"}});
  }
  std::vector<Maintenance> all() {
    world.commit();
    return world.store->maintenance(cam, kAll);
  }
  World world;
  Moment at;
  DeviceId cam{};
};

TEST_F(MaintenanceTest, ALaterWordOfTheSameWindowOnlyEndsItEarlier) {
  declare("cam", {1'000, 9'000}, at, 0);
  declare("cam", {1'000, 90'000}, at, 0);        // not longer
  declare("cam", {1'000, 9'000}, at, 0, 5'000);  // ended early
  declare("cam", {1'000, 9'000}, at, 0, 7'000);  // not later again
  declare("cam", {1'000, 9'000}, at, 0);         // nor not at all
  ASSERT_EQ(all().size(), 1u);
  EXPECT_EQ(all()[0].period, (Period{kStartUtc + 1'000, kStartUtc + 9'000}));
  EXPECT_EQ(all()[0].ended, kStartUtc + 5'000);
  const auto windows = world.store->windows(kAll);
  ASSERT_EQ(windows.size(), 1u);
  const auto record = world.store->read(windows[0].id, 1).at(0);
  EXPECT_EQ(record.kind, LogKind::maintenance);
  EXPECT_NE(record.body.find(std::to_string(kStartUtc + 9'000)), std::string::npos);
}

TEST_F(MaintenanceTest, WhatWasRecordedLaterThanItSaysCountsFromItsRecord) {
  declare("cam", {1'000, 9'000}, {1, 5'001}, 0);
  declare("cam", {2'000, 9'000}, {1, 5'000}, 0);
  const auto windows = all();
  ASSERT_EQ(windows.size(), 2u);
  EXPECT_EQ(windows[0].declared, kStartUtc + 5'001);
  EXPECT_EQ(windows[1].declared, kStartUtc);
  EXPECT_EQ(world.store->windows(kAll).at(0).told, kStartUtc);
}

TEST_F(MaintenanceTest, APlacesWindowIsCutToWhereTheDeviceStands) {
  const auto move = [&](Millis bt, const std::string& place, const std::string& driver) {
    world.store->append({1, bt}, cam,
                        TermsEntry{"cam", Terms{.kind = Kind::camera, .place = place, .driver = driver}});
  };
  move(2'000, "cho", "rtsp");  // something else: no cut
  move(4'000, "tram", "rtsp");
  move(8'000, "cho", "rtsp");
  declare("place/cho", {1'000, 9'000}, at, 0);
  const auto windows = all();
  ASSERT_EQ(windows.size(), 2u);
  EXPECT_EQ(windows[0].period, (Period{kStartUtc + 1'000, kStartUtc + 4'000}));
  EXPECT_EQ(windows[1].period, (Period{kStartUtc + 8'000, kStartUtc + 9'000}));
  EXPECT_EQ(world.store->maintenance(cam, {kStartUtc + 5'000, kStartUtc + 7'000}).size(), 0u);
}

TEST(Timeline, AnIncidentEndsWithItsRunAtTheLatest) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  IncidentEntry entry{
      .root = "sw-1", .cause = Cause::device, .reason = reason_id("no-answer"), .at = {1, 1'000}};
  const auto first = world.store->append(at, {}, entry);
  entry.at = {1, 6'000};
  const auto second = world.store->append(at, {}, entry);
  entry = {.incident = first, .opened = false, .root = "sw-1", .at = {1, 4'000}};
  world.store->append(at, {}, entry);
  world.store->tick({1, 9'000}, {});
  world.commit();
  auto incidents = world.store->incidents(kAll, {1, 9'500});
  ASSERT_EQ(incidents.size(), 2u);
  EXPECT_EQ(incidents[0].id, first);
  EXPECT_EQ(incidents[1].id, second);
  EXPECT_EQ(incidents[0].period, (Period{kStartUtc + 1'000, kStartUtc + 4'000}));
  EXPECT_TRUE(incidents[1].open);
  EXPECT_EQ(incidents[1].period.to, kStartUtc + 9'500);
  world.open();
  world.begin(kBootB, 0, kStartUtc + 60'000);
  incidents = world.store->incidents(kAll, {2, 500});
  ASSERT_EQ(incidents.size(), 2u);
  EXPECT_FALSE(incidents[1].open);
  EXPECT_EQ(incidents[1].period, (Period{kStartUtc + 6'000, kStartUtc + 9'000}));
}

}  // namespace
}  // namespace commune_watch
