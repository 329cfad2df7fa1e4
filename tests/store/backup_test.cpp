// Backups: made while the gateway works, whole and sound or not there; and what a log goes on from when its
// file is lost.
#include "store/backup.hpp"

#include <gmock/gmock.h>

#include "store/opening.hpp"
#include "store/world.hpp"

namespace commune_watch {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int32_t kSaturday = 20261121, kSunday = 20261122;

void write(World& world, const std::string& what, int records) {
  for (int i = 0; i < records; ++i)
    world.store->append({1, 10}, {}, ConfigEntry{what + "." + std::to_string(i), "file", {}});
  world.commit();
}

std::string make_backup(World& world, std::int32_t day) {
  if (auto begun = world.store->begin_backup(day); !begun) throw std::runtime_error(begun.error().why);
  while (true) {
    auto stepped = world.store->step_backup();
    if (!stepped) throw std::runtime_error(stepped.error().why);
    if (*stepped) return **stepped;
  }
}

// Ruins the log from a record on, as a bad card would: pages of the file, not the words of SQLite.
void ruin(const World& world) {
  std::fstream file(world.file(), std::ios::in | std::ios::out | std::ios::binary);
  file.write("garbage", 7);
}

std::vector<std::string> bodies(Store& store, Seq from, std::size_t most) {
  std::vector<std::string> all;
  for (auto& record : store.read(from, most)) all.push_back(std::move(record.body));
  return all;
}

RestoreEntry restore_record(Store& store, Seq seq) {
  const auto records = store.read(seq, 1);
  if (records.empty() || records[0].kind != LogKind::restore)
    throw std::runtime_error("no restore record there");
  return std::get<RestoreEntry>(*decode(LogKind::restore, records[0].body));
}

TEST(Backup, SevenDaysAndTheLastOfEightWeeksAreKept) {
  std::vector<std::string> kept;
  const Zone utc(std::vector<Zone::Change>{});
  std::int64_t first = utc.midnight(2026, 1, 1) / 86'400'000;
  for (std::int64_t day = first; day < first + 300; ++day) {
    kept.push_back(store::backup_name(date_of_day(day).yyyymmdd()));
    for (const auto& name : store::superfluous_backups(kept)) std::erase(kept, name);
    EXPECT_LE(kept.size(), 15u);
  }
  std::sort(kept.begin(), kept.end(), std::greater<>());
  ASSERT_EQ(kept.size(), 15u);
  EXPECT_EQ(kept[0], "commune-watch-20261027.db");
  EXPECT_EQ(kept[6], "commune-watch-20261021.db");
  EXPECT_EQ(kept[7], "commune-watch-20261020.db") << "of its week the last that is no day's own";
  EXPECT_EQ(kept[8], "commune-watch-20261018.db") << "a Sunday";
  EXPECT_EQ(kept[14], "commune-watch-20260906.db") << "a Sunday seven weeks before";
}

TEST(Backup, OnlyBackupsAreListedAndTheNewestDayComesFirst) {
  World world;
  fs::create_directories(world.file("backup"));
  for (const char* name : {"commune-watch-20261121.db", "commune-watch-20261122.db",
                           "commune-watch-20261122.db.tmp", "notes.txt", "commune-watch-2026112x.db"})
    std::ofstream(world.file("backup/") + name) << "x";
  EXPECT_THAT(store::backups_in(world.file("backup")),
              ElementsAre("commune-watch-20261122.db", "commune-watch-20261121.db"));
}

TEST(Backup, ACopyHoldsWhatWasCommittedWhileItWasMade) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, "before", 20'000);
  ASSERT_TRUE(world.store->begin_backup(kSunday));
  int slices = 0;
  std::optional<std::string> file;
  for (; !file; ++slices) {
    if (slices % 2 == 0) write(world, "during" + std::to_string(slices), 1);
    auto stepped = world.store->step_backup();
    ASSERT_TRUE(stepped) << stepped.error().why;
    file = *stepped;
  }
  EXPECT_GT(slices, 10);
  EXPECT_EQ(*file, world.file("backup/commune-watch-20261122.db"));
  EXPECT_FALSE(fs::exists(*file + ".tmp"));
  Raw copy(*file);
  EXPECT_EQ(copy.one("PRAGMA integrity_check"), "ok");
  EXPECT_GT(std::stoll(copy.one("SELECT count(*) FROM log")), 20'003);
  EXPECT_EQ(copy.one("SELECT count(*) - max(seq) FROM log"), "1");
  write(world, "after", 1);
  EXPECT_EQ(world.open().next(), world.store->read(0, 1'000'000).size())
      << "the log itself is none the worse";
}

TEST(Backup, OneThatIsCutShortLeavesNothing) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, "x", 5'000);
  ASSERT_TRUE(world.store->begin_backup(kSunday));
  ASSERT_TRUE(world.store->step_backup());
  EXPECT_TRUE(fs::exists(world.file("backup/commune-watch-20261122.db.tmp")));
  world.open();
  EXPECT_TRUE(fs::is_empty(world.file("backup")));
  world.begin(kBootA, 10, kStartUtc);
  EXPECT_EQ(make_backup(world, kSunday), world.file("backup/commune-watch-20261122.db"));
}

TEST(Backup, OfADamagedDatabaseNoneGetsItsName) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, "x", 3'000);
  world.store->stop({1, 20}, "test");
  world.store.reset();
  {
    Raw raw(world.file());
    std::vector<std::string> triggers;
    raw.run("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'log'", &triggers);
    raw.run("DROP TRIGGER log_no_update; DROP TRIGGER log_no_delete; DROP TRIGGER log_no_gap");
    ASSERT_EQ(raw.run("UPDATE log SET body = x'7b' WHERE seq = 700"), "");
    for (const auto& trigger : triggers) ASSERT_EQ(raw.run(trigger), "");
  }
  world.open();
  ASSERT_TRUE(world.store->begin_backup(kSunday));
  Result<std::optional<std::string>> stepped;
  while (stepped && !*stepped) stepped = world.store->step_backup();
  ASSERT_FALSE(stepped);
  EXPECT_THAT(stepped.error().why, HasSubstr("record 700"));
  EXPECT_TRUE(fs::is_empty(world.file("backup")));
}

TEST(Restoring, GoesOnFromTheNewestBackupWhereTheFileGivesNothing) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, "a", 5);
  make_backup(world, kSaturday);
  write(world, "b", 5);
  make_backup(world, kSunday);
  const Seq backed_up = world.store->next();
  const auto known = bodies(*world.store, 0, backed_up);
  const auto epoch = world.store->epoch();
  write(world, "lost", 3);
  world.store->put_cursor("mqtt", backed_up + 2);
  world.commit();
  world.store.reset();
  ruin(world);
  world.open();
  EXPECT_THAT(world.said.back(), HasSubstr("commune-watch-20261122.db"));
  EXPECT_EQ(world.store->next(), backed_up);
  EXPECT_EQ(bodies(*world.store, 0, backed_up), known);
  EXPECT_EQ(world.store->epoch(), epoch) << "the same log";
  EXPECT_EQ(world.store->cursor("mqtt"), 0u) << "what the backup knew: rather told twice than never";
  world.begin(kBootA, 100, kStartUtc + 100);
  const auto restore = restore_record(*world.store, backed_up);
  EXPECT_EQ(restore.backup, "commune-watch-20261122.db");
  EXPECT_EQ(restore.kept, backed_up);
  EXPECT_EQ(restore.salvaged, 0u);
  EXPECT_EQ(restore.sha256.size(), 64u);
  ASSERT_EQ(world.store->epochs().size(), 1u);
  EXPECT_EQ(world.store->epochs()[0].from, backed_up) << "the ids of the lost records are never given again";
  EXPECT_NE(world.store->epochs()[0].name, epoch);
}

TEST(Restoring, PassesOverBackupsThatAreDamagedOrOfAnotherLog) {
  World stranger;
  stranger.open();
  stranger.begin(kBootA, 0, kStartUtc);
  write(stranger, "strange", 100);
  const auto strange = make_backup(stranger, kSunday);
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, "a", 40);
  make_backup(world, kSaturday);
  const Seq backed_up = world.store->next();
  write(world, "b", 3);
  const Seq all = world.store->next();
  world.store->stop({1, 20}, "test");
  world.store.reset();
  fs::copy_file(strange, world.file("backup/commune-watch-20261122.db"));
  const auto torn = world.file("backup/commune-watch-20261123.db");
  fs::copy_file(strange, torn);  // as long as the stranger's, and ruined further on
  std::fstream(torn, std::ios::in | std::ios::out | std::ios::binary)
      .seekp(9'000)
      .write(std::string(4'000, 'x').data(), 4'000);
  ASSERT_EQ(Raw(world.file()).run("DROP TRIGGER log_no_delete"), "");
  world.open();
  std::string said;
  for (const auto& word : world.said) said += word + "\n";
  EXPECT_THAT(said, HasSubstr("commune-watch-20261122.db cannot be used: it is of another log"));
  world.begin(kBootA, 100, kStartUtc + 100);
  const auto restore = restore_record(*world.store, all + 1);
  EXPECT_EQ(restore.backup, "commune-watch-20261121.db");
  EXPECT_EQ(restore.kept, backed_up);
  EXPECT_EQ(restore.salvaged, all + 1 - backed_up) << "with the stop";
}

TEST(Restoring, PrefersTheBackupWhoseLogIsLongestWhateverItsDateSays) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  make_backup(world, 20831014);  // the clock had gone mad that day
  write(world, "a", 5);
  for (std::int32_t day = 20831001; day < 20831014; ++day) make_backup(world, day);
  write(world, "b", 5);
  EXPECT_TRUE(fs::exists(make_backup(world, kSunday))) << "not rotated away at once";
  const Seq backed_up = world.store->next();
  world.store.reset();
  ruin(world);
  world.open();
  EXPECT_EQ(world.store->next(), backed_up);
}

TEST(Restoring, SalvagedRecordsKeepTheirBytesAndFiguresStay) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto cam = world.camera("cam", at);
  world.store->append(at, cam, change("cam", at, starting(), {1, 10}, up()));
  world.commit();
  make_backup(world, kSunday);
  world.store->append({1, 500}, cam, change("cam", {1, 10}, up(), {1, 400}, down()));
  world.store->put_login_block({"192.0.2.1", "monitor", {std::byte{1}}, kStartUtc, 1'000, "cam", "401"});
  const auto tag = world.store->secret_tag("monitor", "secret");
  world.store->tick({1, 900}, {});
  world.commit();
  const auto known = bodies(*world.store, 0, 100);
  const auto spans = text(world.store->spans(cam, {kStartUtc, kStartUtc + 900}, {1, 900}));
  world.store.reset();
  ASSERT_EQ(Raw(world.file()).run("DROP TRIGGER log_no_delete"), "");
  world.open();
  const auto found = bodies(*world.store, 0, 100);
  EXPECT_EQ(found, known);
  EXPECT_EQ(world.store->secret_tag("monitor", "secret"), tag);
  ASSERT_EQ(world.store->login_blocks().size(), 1u) << "a login that was refused is not tried again";
  const auto begun = world.begin(kBootB, 0, kStartUtc + 60'000);
  EXPECT_EQ(begun.previous->alive, (Moment{1, 900}));
  EXPECT_EQ(text(world.store->spans(cam, {kStartUtc, kStartUtc + 900}, {2, 0})), spans);
}

TEST(Restoring, WhatTheFileStillGivesIsEnoughWhereThereIsNoBackup) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, "x", 600);
  const auto tag = world.store->secret_tag("u", "s");
  const auto epoch = world.store->epoch();
  const Seq all = world.store->next();
  world.store.reset();
  ASSERT_EQ(Raw(world.file()).run("DROP TRIGGER log_no_delete"), "");
  world.open();
  EXPECT_EQ(world.store->next(), all);
  EXPECT_EQ(world.store->epoch(), epoch);
  EXPECT_EQ(world.store->secret_tag("u", "s"), tag);
}

TEST(Restoring, AWriteAheadLogThatIsCutOffOrDamagedIsSeenThoughTheRestIsSound) {
  for (const bool cut_off : {true, false}) {
    World world;
    world.open();
    world.begin(kBootA, 0, kStartUtc);
    write(world, "a", 20);
    make_backup(world, kSunday);
    const Seq backed_up = world.store->next();
    for (int i = 0; i < 10; ++i) write(world, "b" + std::to_string(i), 1);
    // What a kill leaves; the store itself would carry its write-ahead log into the file.
    const auto wal = world.file("commune-watch.db-wal");
    fs::copy(world.options.directory, world.options.directory + "-kept", fs::copy_options::recursive);
    world.store.reset();
    fs::remove_all(world.options.directory);
    fs::rename(world.options.directory + "-kept", world.options.directory);
    if (cut_off) {
      fs::resize_file(wal, 0);
    } else {
      std::fstream(wal, std::ios::in | std::ios::out | std::ios::binary).seekp(2'000).write("garbage", 7);
    }
    world.open();
    ASSERT_FALSE(world.said.empty());
    EXPECT_THAT(world.said.back(), HasSubstr("records long and was " + std::to_string(backed_up + 10)));
    EXPECT_EQ(world.store->next(), backed_up);
    world.begin(kBootA, 100, kStartUtc + 100);
    EXPECT_EQ(restore_record(*world.store, backed_up).backup, "commune-watch-20261122.db");
    world.said.clear();
    world.open();
    EXPECT_TRUE(world.said.empty());
  }
}

TEST(Restoring, ADatabaseThatVanishedComesBackFromItsBackup) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  make_backup(world, kSunday);
  world.store.reset();
  fs::remove(world.file());
  world.open();
  EXPECT_EQ(world.store->next(), 3u);
  world.begin(kBootA, 10, kStartUtc + 10);
  EXPECT_THAT(restore_record(*world.store, 3).why, HasSubstr("gone"));
}

TEST(Restoring, ASecondRestoreBeginsAnotherEpoch) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  make_backup(world, kSunday);
  for (int time = 0; time < 2; ++time) {
    write(world, "lost" + std::to_string(time), 3);
    world.store.reset();
    ruin(world);
    world.open();
    world.begin(kBootB, time * 100, kStartUtc + 60'000 + time * 100);
  }
  ASSERT_EQ(world.store->epochs().size(), 1u) << "the first restore was lost with what followed it";
  const auto second = world.store->epochs()[0];
  make_backup(world, kSunday + 1);
  write(world, "lost", 3);
  world.store.reset();
  ruin(world);
  world.open();
  world.begin(kBootB, 900, kStartUtc + 61'000);
  ASSERT_EQ(world.store->epochs().size(), 2u);
  EXPECT_EQ(world.store->epochs()[0].name, second.name);
  EXPECT_NE(world.store->epochs()[1].name, second.name);
}

}  // namespace
}  // namespace commune_watch
