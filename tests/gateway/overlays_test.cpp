// What people declare is checked, durable and shown; what is absurd is refused in words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/period.hpp"
#include "domain/replay.hpp"
#include "gateway/house.hpp"
#include "gateway_overlays.hpp"
#include "store/faulty_disk.hpp"

namespace commune_watch {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Millis kHour = 3'600'000, kDay = 24 * kHour;
constexpr std::string_view kMorePlaces =
    "[[place]]\nid = \"nvh\"\nname = \"Nhà văn hóa\"\nkind = \"culture-house\"\nhamlet = \"ap-1\"\n";

constexpr std::string_view kAnotherHamlet =
    "[[hamlet]]\nid = \"ap-2\"\nname = \"Ấp 2\"\n[[hamlet]]\nid = \"ap-3\"\nname = \"Ấp 3\"\n"
    "[[place]]\nid = \"dinh\"\nname = \"Đình\"\nkind = \"culture-house\"\nhamlet = \"ap-2\"\n";

class GatewayOverlaysTest : public testing::Test {
 protected:
  GatewayOverlaysTest() : GatewayOverlaysTest("Asia/Ho_Chi_Minh") {}
  explicit GatewayOverlaysTest(const std::string& zone)
      : small(std::string(kMorePlaces) + std::string(kAnotherHamlet) + camera("cam-a") +
                  camera("cam-b", {}, "127.0.0.8"),
              std::string(kCommune) + "timezone = \"" + zone + "\"\n") {
    begin();
  }
  void begin() {
    Keeper::Hooks hooks;
    hooks.durable = [](const std::set<DeviceId>&) {};
    hooks.hurry = [](const std::vector<DeviceId>&) {};
    hooks.later = [](Millis, const std::function<void()>&) {};
    keeper.emplace(small.house, std::move(hooks));
    keeper->observe_clock(true);
    keeper->roster_changed();
    overlays.emplace(small.house, *keeper);
    ASSERT_TRUE(keeper->commit());
  }
  [[nodiscard]] Millis now() const { return small.house.utc_now(); }
  MaintenanceAsk ask(const std::string& scope, Millis from, Millis to) const {
    return {.scope = scope,
            .period = {now() + from, now() + to},
            .reason = "thay nguồn",
            .notice = {},
            .by = "an",
            .count = {},
            .until = {}};
  }
  std::string refused(const MaintenanceAsk& one) {
    const auto length = small.house.store->next();
    const auto answer = overlays->add_maintenance(one);
    EXPECT_FALSE(answer);
    EXPECT_EQ(small.house.store->next(), length) << "nothing is written";
    return answer ? std::string() : answer.error().why;
  }
  CorrectionEntry correction(Millis from, Millis to, Class value = Class::up) const {
    return {"cam-a", {{now() + from, now() + to}, value, 0, "an", "xem lại đầu ghi"}};
  }
  FaultyDisk disk;
  TestHouse small;
  std::optional<Keeper> keeper;
  std::optional<GatewayOverlays> overlays;
};

TEST_F(GatewayOverlaysTest, AWindowDeclaredBeforeItBeginsCountsForItsDeviceAlone) {
  const auto added = overlays->add_maintenance(ask("cam-a", kHour, 2 * kHour));
  ASSERT_TRUE(added);
  ASSERT_THAT(*added, SizeIs(1));
  EXPECT_FALSE((*added)[0].late);
  EXPECT_EQ((*added)[0].name, "Camera cam-a");
  EXPECT_EQ((*added)[0].maintenance.author, "an");
  EXPECT_EQ((*added)[0].maintenance.declared, now());
  const Period period = (*added)[0].maintenance.period;
  small.open();
  begin();
  EXPECT_THAT(small.house.store->maintenance(small.id("cam-a"), period), SizeIs(1));
  EXPECT_THAT(small.house.store->maintenance(small.id("cam-b"), period), IsEmpty());
  EXPECT_THAT(overlays->maintenance({}), SizeIs(1));
}

TEST_F(GatewayOverlaysTest, AHamletIsItsPlacesAndAllIsAll) {
  const auto hamlet = overlays->add_maintenance(ask("hamlet/ap-1", kHour, 2 * kHour));
  ASSERT_TRUE(hamlet);
  ASSERT_THAT(*hamlet, SizeIs(2));
  EXPECT_EQ((*hamlet)[0].scope, "place/cho");
  EXPECT_EQ((*hamlet)[1].scope, "place/nvh");
  const auto all = overlays->add_maintenance(ask("all", kHour, 2 * kHour));
  ASSERT_TRUE(all);
  EXPECT_EQ((*all)[0].scope, "*");
  EXPECT_THAT(small.house.store->maintenance(small.id("cam-b"), (*all)[0].maintenance.period), SizeIs(2));
}

TEST_F(GatewayOverlaysTest, ALateWordIsTakenAndStandsBesideTheFigures) {
  const auto added = overlays->add_maintenance(ask("cam-a", -2 * kHour, -kHour));
  ASSERT_TRUE(added);
  EXPECT_TRUE((*added)[0].late);
  const Period period{now() - 3 * kHour, now()};
  EXPECT_TRUE(overlaid(small.house.figures(small.id("cam-a"), period), period));
  EXPECT_FALSE(overlaid(small.house.figures(small.id("cam-b"), period), period));
}

TEST_F(GatewayOverlaysTest, APowerCompanysNoticeIsInTheReason) {
  auto cut = ask("place/cho", kHour, 2 * kHour);
  cut.notice = "số 123/TB-ĐL";
  EXPECT_EQ(overlays->add_maintenance(cut)->at(0).maintenance.reason, "thay nguồn; thông báo số 123/TB-ĐL");
  cut.reason.clear();
  EXPECT_EQ(overlays->add_maintenance(cut)->at(0).maintenance.reason, "thông báo số 123/TB-ĐL");
}

TEST_F(GatewayOverlaysTest, ARepeatedWindowIsWrittenAsSingleOnes) {
  auto weekly = ask("cam-a", kHour, 2 * kHour);
  weekly.every_days = 7;
  weekly.count = 3;
  auto added = overlays->add_maintenance(weekly);
  ASSERT_TRUE(added);
  ASSERT_THAT(*added, SizeIs(3));
  EXPECT_EQ((*added)[2].maintenance.period.from, weekly.period.from + 14 * kDay);
  weekly.count.reset();
  weekly.until = weekly.period.from + 7 * kDay;  // not then any more
  added = overlays->add_maintenance(weekly);
  ASSERT_TRUE(added);
  EXPECT_THAT(*added, SizeIs(1));
}

TEST_F(GatewayOverlaysTest, TheSameWordTwiceIsTwoWindows) {
  const auto first = overlays->add_maintenance(ask("cam-a", kHour, 2 * kHour));
  const auto second = overlays->add_maintenance(ask("cam-a", kHour, 3 * kHour));
  ASSERT_TRUE(first && second);
  ASSERT_THAT(*second, SizeIs(1));
  EXPECT_NE((*first)[0].id, (*second)[0].id);
  EXPECT_EQ((*second)[0].maintenance.period.length(), 2 * kHour);
}

TEST_F(GatewayOverlaysTest, TheAbsurdIsRefusedInWords) {
  EXPECT_THAT(refused(ask("cam-a", 2 * kHour, kHour)), HasSubstr("after the beginning"));
  EXPECT_THAT(refused(ask("cam-a", kHour, kHour)), HasSubstr("after the beginning"));
  EXPECT_THAT(refused(ask("cam-a", kHour, kHour + 367 * kDay)), HasSubstr("366"));
  EXPECT_THAT(refused(ask("cam-a", 1'900 * kDay, 1'901 * kDay)), HasSubstr("5 years"));
  EXPECT_THAT(refused(ask("cam-a", -1'900 * kDay, -1'899 * kDay)), HasSubstr("5 years"));
  EXPECT_THAT(refused(ask("cam-x", kHour, 2 * kHour)), HasSubstr("'cam-x'"));
  EXPECT_THAT(refused(ask("@segment-127.0.0.1", kHour, 2 * kHour)), HasSubstr("no device"));
  EXPECT_THAT(refused(ask("cho", kHour, 2 * kHour)), HasSubstr("place/cho?"));
  EXPECT_THAT(refused(ask("ap-1", kHour, 2 * kHour)), HasSubstr("hamlet/ap-1?"));
  auto one = ask("cam-a", kHour, 2 * kHour);
  one.reason = "  ";
  EXPECT_THAT(refused(one), HasSubstr("reason"));
  one.reason = "a\nb";
  EXPECT_THAT(refused(one), HasSubstr("reason"));
  one.reason = std::string("\xC3\x28", 2);
  EXPECT_THAT(refused(one), HasSubstr("reason"));
  one = ask("cam-a", kHour, 2 * kHour);
  one.by.clear();
  EXPECT_THAT(refused(one), HasSubstr("author"));
  one = ask("hamlet/ap-1", kHour, 2 * kHour);
  one.every_days = 1;
  EXPECT_THAT(refused(one), HasSubstr("--until"));
  one.count = 201;  // of two places each
  EXPECT_THAT(refused(one), HasSubstr("400"));
  one.count = 200;
  EXPECT_THAT(*overlays->add_maintenance(one), SizeIs(400));
}

TEST_F(GatewayOverlaysTest, AllHasTwoNamesAndAHamletIsItsOwnPlacesOnly) {
  EXPECT_EQ(overlays->add_maintenance(ask("*", kHour, 2 * kHour))->at(0).scope, "*");
  EXPECT_EQ(overlays->add_maintenance(ask("hamlet/ap-2", kHour, 2 * kHour))->at(0).scope, "place/dinh");
  EXPECT_THAT(refused(ask("hamlet/ap-3", kHour, 2 * kHour)), HasSubstr("hamlet/ID with places"));
  EXPECT_THAT(refused(ask("hamlet/ap-9", kHour, 2 * kHour)), HasSubstr("hamlet/ID with places"));
  EXPECT_THAT(refused(ask("place/ap-1", kHour, 2 * kHour)), HasSubstr("place/ID"));
}

TEST_F(GatewayOverlaysTest, WordsAreKeptWithoutBlanksAroundThemAndWithinTheirLength) {
  auto one = ask("cam-a", kHour, 2 * kHour);
  one.reason = "  thay nguồn ";
  one.by = " an ";
  EXPECT_EQ(overlays->add_maintenance(one)->at(0).maintenance.reason, "thay nguồn");
  EXPECT_EQ(overlays->maintenance({})[0].maintenance.author, "an");
  one.reason = std::string(500, 'x');
  one.by = std::string(64, 'x');
  EXPECT_TRUE(overlays->add_maintenance(one));
  one.reason += 'x';
  EXPECT_THAT(refused(one), HasSubstr("501 > 500"));
  one.reason = "Thay nguồn – “lần 2”, 100%";
  EXPECT_TRUE(overlays->add_maintenance(one));
  for (const std::string bad :
       {"a\x7F", "a\nb", "a\tb", "\x1b[2J", "a\u009bb", "a\u0085b", "a\u2028b", "\u202enguồn", "a\u2066b",
        "a\u200bb", "a\u00adb", "\ufeffa", "a\xF3\xA0\x81\x81", "a\xff"}) {
    for (auto* field : {&one.reason, &one.notice, &one.by}) {
      const auto before = std::exchange(*field, bad);
      EXPECT_THAT(refused(one), HasSubstr("cannot be printed")) << bad;
      *field = before;
    }
  }
  one.reason = "x";
  one.by += 'x';
  EXPECT_THAT(refused(one), HasSubstr("65 > 64"));
}

TEST_F(GatewayOverlaysTest, ARepetitionNeedsItsRhythmItsEndAndAtLeastOneWindow) {
  auto one = ask("cam-a", kHour, 2 * kHour);
  one.count = 2;
  EXPECT_THAT(refused(one), HasSubstr("--every"));
  one.count.reset();
  one.until = now() + 9 * kDay;
  EXPECT_THAT(refused(one), HasSubstr("--every"));
  one.every_days = 7;
  one.until = now();
  EXPECT_THAT(refused(one), HasSubstr("before --until"));
}

// What the disk does not take is not said to be written; it is, once, when the disk takes it again.
TEST_F(GatewayOverlaysTest, WhatIsNotDurableIsNotAnsweredAsIfItWere) {
  disk.fail_writes(SQLITE_FULL);
  const auto added = overlays->add_maintenance(ask("cam-a", kHour, 2 * kHour));
  const auto corrected = overlays->correct(correction(-2 * kHour, -kHour));
  disk.fail_writes(SQLITE_OK);
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().why, HasSubstr("do not repeat it"));
  ASSERT_FALSE(corrected);
  EXPECT_THAT(corrected.error().why, HasSubstr("do not repeat it"));
  ASSERT_TRUE(keeper->commit());
  EXPECT_THAT(overlays->maintenance({}), SizeIs(1));
  EXPECT_THAT(overlays->corrections(), SizeIs(1));
}

TEST_F(GatewayOverlaysTest, ADeviceThatHasLeftIsStillKnownAndASegmentIsNone) {
  small.configure(std::string(kMorePlaces) + camera("cam-a"));
  ASSERT_EQ(small.house.roster.find("cam-b"), nullptr);
  auto gone = correction(-2 * kHour, -kHour);
  gone.device = "cam-b";
  EXPECT_TRUE(overlays->correct(gone));
  EXPECT_TRUE(overlays->add_maintenance(ask("cam-b", kHour, 2 * kHour)));
  for (const auto* stand_in : {"ghost", "@segment-127.0.0.1"})
    small.house.store->entity(Kind::camera, stand_in);  // numbered, never agreed upon
  for (const auto* none : {"", "cam-x", "ghost", "@segment-127.0.0.1"}) {
    gone.device = none;
    EXPECT_FALSE(overlays->correct(gone)) << none;
  }
}

TEST_F(GatewayOverlaysTest, AWindowIsLateByItsRecordWhateverItSays) {
  small.house.store->append(
      small.house.now(), {},
      MaintenanceEntry{"cam-a", {{now() - kHour, now() + kHour}, now() - 2 * kHour, 0, "an", "x"}});
  ASSERT_TRUE(keeper->commit());
  const auto listed = overlays->maintenance({});
  ASSERT_THAT(listed, SizeIs(1));
  EXPECT_TRUE(listed[0].late);
}

TEST_F(GatewayOverlaysTest, WhatIsLongOverIsListedOnlyWhenAskedFor) {
  ASSERT_TRUE(overlays->add_maintenance(ask("cam-a", kHour, 2 * kHour)));
  small.clock.advance(29 * kDay);
  EXPECT_THAT(overlays->maintenance({}), SizeIs(1));
  small.clock.advance(3 * kDay);
  EXPECT_THAT(overlays->maintenance({}), IsEmpty());
  EXPECT_THAT(overlays->maintenance(Period{now() - 40 * kDay, now()}), SizeIs(1));
}

TEST_F(GatewayOverlaysTest, TheRecordThatEndsAWindowSaysWhoEndedIt) {
  const auto added = overlays->add_maintenance(ask("cam-a", kHour, 3 * kHour));
  ASSERT_TRUE(overlays->end_maintenance((*added)[0].id, " binh "));
  const auto last = small.house.store->read(small.house.store->next() - 1, 1);
  const auto entry = std::get<MaintenanceEntry>(*decode(last.at(0).kind, last.at(0).body));
  EXPECT_EQ(entry.maintenance.author, "binh");
  EXPECT_EQ(entry.maintenance.ended, now());
  EXPECT_EQ(entry.maintenance.period, (*added)[0].maintenance.period);
}

class OverlaysInSummerTime : public GatewayOverlaysTest {
 protected:
  OverlaysInSummerTime() : GatewayOverlaysTest("Australia/Lord_Howe") {}
};

TEST_F(OverlaysInSummerTime, ARepeatedWindowKeepsItsLocalTime) {
  const auto& zone = small.house.settings->commune.zone;
  auto weekly = ask("cam-a", kHour, 2 * kHour);
  weekly.every_days = 7;
  weekly.count = 4;  // over 4 October, where it becomes half an hour later
  const auto added = overlays->add_maintenance(weekly);
  ASSERT_THAT(*added, SizeIs(4));
  for (const auto& one : *added) {
    const auto& period = one.maintenance.period;
    EXPECT_EQ(local_text(period.from, zone).substr(11), local_text(weekly.period.from, zone).substr(11));
    EXPECT_EQ(period.length(), kHour);
  }
  EXPECT_EQ((*added)[3].maintenance.period.from - weekly.period.from, 21 * kDay - kHour / 2);
}

TEST_F(GatewayOverlaysTest, AWindowEndsEarlyOrIsCancelledOnce) {
  const auto added = overlays->add_maintenance(ask("cam-a", kHour, 3 * kHour));
  ASSERT_TRUE(added);
  small.clock.advance(2 * kHour);
  const auto ended = overlays->end_maintenance((*added)[0].id, "binh");
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->end(), now());
  const auto listed = overlays->maintenance({});
  ASSERT_THAT(listed, SizeIs(1));
  EXPECT_EQ(listed[0].end(), now());
  EXPECT_EQ(listed[0].maintenance.author, "an");
  EXPECT_FALSE(overlays->end_maintenance((*added)[0].id, "binh"));
  EXPECT_FALSE(overlays->end_maintenance(123'456, "binh"));

  const auto planned = overlays->add_maintenance(ask("cam-a", kHour, 3 * kHour));
  ASSERT_TRUE(overlays->end_maintenance(planned->at(0).id, "binh"));
  small.clock.advance(2 * kHour);
  const Period then{now() - 1, now()};
  for (const auto& window : small.house.store->maintenance(small.id("cam-a"), then))
    EXPECT_LE(window.ended, window.period.from) << "cancelled before it began";
}

TEST_F(GatewayOverlaysTest, ACorrectionIsOfThePastAndStandsBeside) {
  auto first = correction(-2 * kHour, -kHour);
  first.correction.author = " an ";
  first.correction.reason = " xem lại đầu ghi ";
  ASSERT_TRUE(overlays->correct(first));
  EXPECT_FALSE(overlays->correct(correction(-kHour, kHour)));
  EXPECT_FALSE(overlays->correct(correction(-kHour, -2 * kHour)));
  EXPECT_FALSE(overlays->correct(correction(-400 * kDay, -kHour)));
  for (const auto field : {&Correction::author, &Correction::reason}) {
    auto bad = correction(-2 * kHour, -kHour);
    bad.correction.*field = " ";
    EXPECT_FALSE(overlays->correct(bad));
  }
  auto unknown = correction(-2 * kHour, -kHour);
  unknown.device = "cam-x";
  EXPECT_FALSE(overlays->correct(unknown));
  small.open();
  begin();
  const auto listed = overlays->corrections();
  ASSERT_THAT(listed, SizeIs(1));
  EXPECT_EQ(listed[0].name, "Camera cam-a");
  EXPECT_EQ(listed[0].entry.correction.reason, "xem lại đầu ghi");
  EXPECT_EQ(listed[0].entry.correction.author, "an");
  EXPECT_EQ(listed[0].entry.correction.declared, now());
  const Period period{now() - 3 * kHour, now()};
  EXPECT_THAT(small.house.figures(small.id("cam-a"), period).corrections, SizeIs(1));
  EXPECT_TRUE(overlaid(small.house.figures(small.id("cam-a"), period), period));
}

TEST_F(GatewayOverlaysTest, ADeclarationNeedsItsPlaceItsDateAndItsDocument) {
  DeclarationEntry fm{
      .what = "Loa FM", .place = "cho", .must = "speaker", .since = "2024", .document = "QĐ 1", .by = "an"};
  const auto first = overlays->declare(fm);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->entry.id, "kk-1");
  EXPECT_EQ(first->entry.declared, now());
  auto again = fm;
  again.what = " Loa FM ";
  again.ended = 7;
  EXPECT_EQ(overlays->declare(again)->entry.id, "kk-2");
  const auto without = [&](auto change) {
    auto bad = fm;
    change(bad);
    const auto answer = overlays->declare(bad);
    EXPECT_FALSE(answer);
    return answer ? std::string() : answer.error().why;
  };
  EXPECT_THAT(without([](auto& e) { e.by = ""; }), HasSubstr("author"));
  EXPECT_THAT(without([](auto& e) { e.what = " "; }), HasSubstr("--what"));
  EXPECT_THAT(without([](auto& e) { e.note = std::string(501, 'x'); }), HasSubstr("--note"));
  EXPECT_THAT(without([](auto& e) { e.place = "x"; }), HasSubstr("no place 'x'"));
  EXPECT_THAT(without([](auto& e) { e.must = "x"; }), HasSubstr("--must"));
  EXPECT_THAT(without([](auto& e) { e.since = "24h"; }), HasSubstr("--since"));
  EXPECT_THAT(without([](auto& e) { e.since = "2199"; }), HasSubstr("--since"));
  EXPECT_THAT(without([](auto& e) { e.since = ""; }), HasSubstr("--since"));
  EXPECT_THAT(without([](auto& e) { e.document = ""; }), HasSubstr("--document"));
  const auto ended = overlays->end_declaration("kk-1", "binh");
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->entry.ended, now());
  EXPECT_EQ(ended->ended_by, "binh");
  EXPECT_FALSE(overlays->end_declaration("kk-1", "binh"));
  EXPECT_FALSE(overlays->end_declaration("kk-9", "binh"));
  const auto listed = overlays->declarations();
  ASSERT_THAT(listed, SizeIs(2));
  EXPECT_EQ(listed[0].ended_by, "binh");
  EXPECT_EQ(listed[0].entry.by, "an");
  EXPECT_EQ(listed[1].entry.ended, 0);
  EXPECT_EQ(listed[1].entry.what, "Loa FM");
}

// Whoever replays the log finds the same windows, and no word that claims to be older than its record.
TEST_F(GatewayOverlaysTest, AReplayOfTheLogSeesTheSameWindows) {
  const auto added = overlays->add_maintenance(ask("place/cho", kHour, 3 * kHour));
  ASSERT_TRUE(added);
  small.clock.advance(2 * kHour);
  ASSERT_TRUE(overlays->add_maintenance(ask("cam-a", -kHour, kHour)));
  ASSERT_TRUE(overlays->end_maintenance((*added)[0].id, "binh"));
  Replay replay;
  for (const auto& record : small.house.store->read(0, 10'000))
    ASSERT_TRUE(replay.feed(record, *decode(record.kind, record.body)));
  const Period period{now() - 9 * kHour, now() + 9 * kHour};
  for (const auto* name : {"cam-a", "cam-b"}) {
    auto theirs = replay.figures({name, Kind::camera}, period).maintenance;
    auto ours = small.house.store->maintenance(small.id(name), period);
    const auto by_start = [](const Maintenance& a, const Maintenance& b) {
      return a.period.from < b.period.from;
    };
    std::ranges::sort(theirs, by_start);
    std::ranges::sort(ours, by_start);
    EXPECT_EQ(ours, theirs) << name;
    EXPECT_THAT(ours, testing::Not(IsEmpty()));
  }
}

}  // namespace
}  // namespace commune_watch
