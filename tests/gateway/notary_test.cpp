// What the notary writes is what a verifier computes: day records, openings, keys and checkpoints over days
// of a small house, and bundles of them that hold.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <asio/io_context.hpp>
#include <fstream>
#include <ostream>
#include <set>

#include "domain/period.hpp"
#include "evidence/figures.hpp"
#include "evidence/leaf.hpp"
#include "evidence/verify.hpp"
#include "gateway/house.hpp"
#include "gateway_notary.hpp"

namespace commune_watch {
namespace {

constexpr Millis kMinute = 60'000, kHour = 3'600'000;

class NotaryTest : public testing::Test {
 protected:
  NotaryTest() : NotaryTest("Asia/Ho_Chi_Minh") {}
  explicit NotaryTest(const std::string& zone)
      : small_(camera("cam-a") + camera("cam-b"), std::string(kCommune) + "timezone = \"" + zone + "\"\n") {
    begin();
  }

  // A run of the gateway, as far as the notary sees it.
  void begin() {
    small_.house.run = static_cast<std::uint32_t>(small_.house.store->runs().size());
    Keeper::Hooks hooks;
    hooks.durable = [](const std::set<DeviceId>&) {};
    hooks.hurry = [](const std::vector<DeviceId>&) {};
    hooks.later = [](Millis, const std::function<void()>&) {};
    keeper_.emplace(small_.house, std::move(hooks));
    watch_.emplace(loop_, Spawn{}, *keeper_, small_.house.law);
    notary_.emplace(small_.house, *keeper_, *watch_, KeyFiles(small_.files.path("state"), ""),
                    Notary::Hooks{[this](const StoredCheckpoint& made) { told_.push_back(made); },
                                  [](const StoredCheckpoint&) {}, [] { return std::vector<std::string>(); }});
    const auto begun = notary_->begin();
    ASSERT_TRUE(begun) << begun.error().why;
  }
  void after(Millis time) {
    small_.clock.advance(time);
    notary_->tick();
    keeper_->commit();
  }
  // The camera's state from now on.
  void change(const std::string& id, State state) {
    const auto device = small_.house.roster.ids.at(id);
    const auto now = small_.house.now();
    const Standing up{State::up, Cause::none},
        down{State::down, Cause::device, reason_id("host-unreachable")};
    small_.house.store->append(now, device,
                               ChangeEntry{.device = id,
                                           .at = now,
                                           .since = now,
                                           .from = state == State::up ? down : up,
                                           .to = state == State::up ? up : down});
  }
  std::vector<Entry> entries(LogKind kind) {
    std::vector<Entry> all;
    for (const auto& record : small_.house.store->read(0, small_.house.store->next())) {
      if (record.kind == kind) all.push_back(*decode(record.kind, record.body));
    }
    return all;
  }
  // A bundle as the command line puts it together.
  evidence::Files bundle(const std::string& period) {
    const auto made = notary_->make_export(period, "test");
    if (!made) {
      ADD_FAILURE() << made.error().why;
      return {};
    }
    evidence::Files files;
    Replay replay;
    for (const auto& record : small_.house.store->read(made->proof.first, made->size - made->proof.first)) {
      files["entries.jsonl"] += evidence::leaf(record) + '\n';
      EXPECT_TRUE(replay.feed(record, *decode(record.kind, record.body)));
    }
    files["checkpoint"] = made->checkpoint;
    files["proof.json"] = evidence::write(made->proof);
    files["checkpoints.jsonl"] = evidence::write_lines(made->checkpoints);
    for (const auto& key : made->keys) files["keys.jsonl"] += key + '\n';
    files["public-key"] = made->vkey + '\n';
    files["witnesses"] = files["HUONG_DAN.txt"] = files["ma-qr.svg"] = "";
    files["so-lieu.csv"] = evidence::figures_csv(replay, {made->proof.from, made->proof.to}, period);
    files["SHA256SUMS"] = evidence::write_checksums(files);
    return files;
  }
  static std::string findings(const evidence::Files& files, const evidence::VerifyOptions& options = {}) {
    std::string all;
    for (const auto& finding : evidence::verify(files, options).findings)
      all += finding.code + " " + finding.where + ": " + finding.en + "\n";
    return all;
  }

  TestHouse small_;
  asio::io_context loop_;
  std::optional<Keeper> keeper_;
  std::optional<Watch> watch_;
  std::optional<Notary> notary_;
  std::vector<StoredCheckpoint> told_;
};

TEST_F(NotaryTest, SignsAtTheLatestAQuarterOfAnHourAfterTheLogGrew) {
  change("cam-a", State::up);
  after(14 * kMinute);
  EXPECT_TRUE(told_.empty());
  after(1 * kMinute);
  ASSERT_EQ(told_.size(), 1u);
  const auto note = evidence::read_note(told_[0].note);
  ASSERT_TRUE(note);
  EXPECT_TRUE(evidence::holds(*note, *evidence::PublicKey::of(notary_->vkey())));
  EXPECT_EQ(evidence::read_checkpoint(note->text)->size, small_.house.store->next());
}

TEST_F(NotaryTest, TheKeyIsItsOwnersAloneAndTheLogSaysWhichItIs) {
  struct stat about {};
  ASSERT_EQ(::stat(small_.files.path("state/evidence.key").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  const auto keys = entries(LogKind::key);
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(std::get<KeyEntry>(keys[0]).vkey, notary_->vkey());
  const auto before = notary_->vkey();
  begin();
  EXPECT_EQ(notary_->vkey(), before);
  EXPECT_EQ(entries(LogKind::key).size(), 1u);
}

TEST_F(NotaryTest, AKeyThatOthersCanReadIsNotSignedWith) {
  ASSERT_EQ(::chmod(small_.files.path("state/evidence.key").c_str(), 0644), 0);
  const auto taken = KeyFiles(small_.files.path("state"), "").take();
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().why.find("chmod 600"), std::string::npos) << taken.error().why;
}

TEST_F(NotaryTest, DaysAreRecordedOnceEachAfterMidnightAlsoThoseWithoutAGateway) {
  change("cam-a", State::up);
  for (int hour = 0; hour < 30; ++hour) after(kHour);
  const auto first = entries(LogKind::day).size();
  EXPECT_EQ(first, 4u) << "two cameras, two midnights";
  small_.house.store->tick(small_.house.now(), {});
  keeper_->commit();
  small_.clock.advance(50 * kHour);
  small_.open();
  begin();
  for (int minute = 0; minute < 30; ++minute) after(kMinute);
  EXPECT_GE(entries(LogKind::day).size(), first + 4) << "the days without a gateway are days too";
  EXPECT_EQ(findings(bundle(utc_text(small_.house.utc_now()).substr(0, 7))), "");
}

TEST_F(NotaryTest, ABundleHoldsOverWeeksOpeningsRotationsAndRuns) {
  for (int day = 0; day < 20; ++day) {
    change("cam-a", day % 3 == 0 ? State::down : State::up);
    for (int hour = 0; hour < 24; ++hour) after(kHour);
    if (day == 9) {
      const auto rotated = notary_->rotate();
      ASSERT_TRUE(rotated) << rotated.error().why;
    }
    if (day == 13) {
      small_.house.store->tick(small_.house.now(), {});
      keeper_->commit();
      small_.clock.advance(2 * kHour);
      small_.open();
      begin();
    }
  }
  EXPECT_GE(entries(LogKind::opening).size(), 2u);
  EXPECT_EQ(entries(LogKind::key).size(), 2u);
  EXPECT_GT(entries(LogKind::heartbeat).size(), 400u);
  const auto zone = small_.house.settings->commune.zone;
  const auto date = [&](Millis utc) {
    const Date local = local_date(zone, utc);
    return local_text(zone.midnight(local.year, local.month, local.day), zone).substr(0, 10);
  };
  const auto yesterday = date(small_.house.utc_now() - 24 * kHour);
  const auto short_one = bundle(yesterday);
  EXPECT_GT(evidence::read_proof(short_one.at("proof.json"))->first, 0u) << "begins at an opening";
  EXPECT_EQ(findings(short_one), "");
  const auto long_one = bundle(date(small_.house.utc_now() - 19 * 24 * kHour) + ".." + yesterday);
  EXPECT_EQ(evidence::read_proof(long_one.at("proof.json"))->first, 0u);
  EXPECT_EQ(findings(long_one), "");
  EXPECT_EQ(findings(short_one, {std::get<KeyEntry>(entries(LogKind::key)[0]).vkey, {}, {}}), "")
      << "the label's key leads to the one in force";
  EXPECT_EQ(findings(short_one, {"", {}, {long_one.at("checkpoint")}}).substr(0, 5), "older");

  auto forged = short_one;
  auto& csv = forged["so-lieu.csv"];
  csv[csv.find(",2") + 2] ^= 1;
  forged["SHA256SUMS"] = evidence::write_checksums(forged);
  EXPECT_NE(findings(forged).find("bad-figure"), std::string::npos);
}

// Midnights that lie between two heartbeats: the last record before the day's own is from before its end.
struct ZoneCase {
  const char *name, *period;
  int days;             // from 2026-09-21 on
  Millis shortest_day;  // of those
};
void PrintTo(const ZoneCase& one, std::ostream* out) { *out << one.name; }
class NotaryInZones : public NotaryTest, public testing::WithParamInterface<ZoneCase> {
 protected:
  NotaryInZones() : NotaryTest(GetParam().name) {
    const auto& commune = small_.house.settings->commune;
    small_.house.store->append(small_.house.now(), {},
                               ConfigEntry{"aa", "start", {}, commune.timezone, commune.zone.changes(), {}});
  }
};

TEST_P(NotaryInZones, ADayIsWholeThoughNoRecordSaysThatItEnded) {
  const auto& zone = small_.house.settings->commune.zone;
  change("cam-a", State::up);
  change("cam-b", State::up);
  for (int third = 0; third < GetParam().days * 24 * 3; ++third) after(20 * kMinute);
  Millis shortest = 30 * kHour;
  auto days = entries(LogKind::day);
  ASSERT_GE(days.size(), 2u * static_cast<std::size_t>(GetParam().days));
  days.erase(days.begin(), days.begin() + 2);  // began before the run
  for (const auto& entry : days) {
    const auto& day = std::get<DayEntry>(entry);
    const Millis from = zone.midnight(day.date / 10'000, day.date / 100 % 100, day.date % 100);
    const Date next = next_day(local_date(zone, from));
    const Millis length = zone.midnight(next.year, next.month, next.day) - from;
    EXPECT_EQ(day.totals.up, length) << day.device << " " << day.date;
    shortest = std::min(shortest, length);
  }
  EXPECT_EQ(shortest, GetParam().shortest_day);
  EXPECT_EQ(findings(bundle(GetParam().period)), "");
}

INSTANTIATE_TEST_SUITE_P(Zones, NotaryInZones,
                         testing::Values(ZoneCase{"Asia/Kathmandu", "2026-09-22..2026-09-24", 4, 24 * kHour},
                                         // Summer time begins on 4 October, by half an hour.
                                         ZoneCase{"Australia/Lord_Howe", "2026-10-03..2026-10-05", 15,
                                                  23 * kHour + 30 * kMinute}));

// A window that ends while nothing is recorded is over for an opening, as it is for whoever reads that.
TEST_F(NotaryTest, AnOpeningIsOfItsOwnMoment) {
  change("cam-a", State::up);
  const auto& zone = small_.house.settings->commune.zone;
  for (int hour = 0; hour < 6 * 24; ++hour) after(kHour);
  while (weekday(local_date(zone, small_.house.utc_now())) != 0) after(kMinute);
  const auto days = entries(LogKind::day).size();  // the opening waits for those of the week before
  while (entries(LogKind::day).size() == days) after(kMinute);
  ASSERT_EQ(entries(LogKind::opening).size(), 0u);
  const auto now = small_.house.utc_now();
  small_.house.store->append(small_.house.now(), {},
                             MaintenanceEntry{"cam-a", {{now + 20'000, now + 40'000}, now, 0, "an", "x"}});
  after(kMinute);
  ASSERT_EQ(entries(LogKind::opening).size(), 1u);
  EXPECT_EQ(findings(bundle("2026-09")), "");
}

TEST_F(NotaryTest, AnExportThatMakesNoSenseIsRefusedAndLeavesNoRecord) {
  const auto before = small_.house.store->next();
  for (const auto* period : {"", "7d", "today", "2026-13", "2999", "2026-11-14 21:30"})
    EXPECT_FALSE(notary_->make_export(period, "test")) << period;
  EXPECT_EQ(small_.house.store->next(), before);
}

TEST_F(NotaryTest, ACosignatureIsKeptUnderItsCheckpointOnce) {
  after(15 * kMinute);
  ASSERT_EQ(told_.size(), 1u);
  const std::string line = "— witness.example AAAAAAAA\n";
  notary_->cosigned(told_[0].size, line);
  notary_->cosigned(told_[0].size, line);
  EXPECT_EQ(notary_->newest()->note, told_[0].note + line);
  EXPECT_EQ(told_.size(), 2u) << "told again, once";
}

}  // namespace
}  // namespace commune_watch
