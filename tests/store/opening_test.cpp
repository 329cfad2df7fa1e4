// Whatever lies in the state directory: one daemon at a time, and a start that never deletes and never stops
// at damage.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "store/world.hpp"

namespace commune_watch {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void overwrite(const std::string& file, std::streamoff at, const std::string& bytes) {
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary)
      .seekp(at)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}
std::vector<fs::path> put_aside(const World& world) {
  std::vector<fs::path> all;
  if (fs::exists(world.file("put-aside"))) {
    for (const auto& entry : fs::directory_iterator(world.file("put-aside"))) all.push_back(entry.path());
  }
  std::sort(all.begin(), all.end());
  return all;
}

// A closed database with some history.
void fill(World& world, int records) {
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto cam = world.camera("cam", at);
  for (int i = 0; i < records; ++i) {
    world.store->append(
        {1, i * 10 + 10}, cam,
        change("cam", {1, i * 10}, i % 2 == 0 ? down() : up(), {1, i * 10 + 10}, i % 2 == 0 ? up() : down()));
  }
  world.store->tick({1, records * 10 + 10}, {});
  world.commit();
  world.store->stop({1, records * 10 + 20}, "test");
  world.store.reset();
}

// Changes the log behind the back of its triggers and leaves the schema as it was.
void tamper(const World& world, const std::string& change) {
  Raw raw(world.file());
  std::vector<std::string> triggers;
  raw.run("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'log'", &triggers);
  ASSERT_EQ(triggers.size(), 3u);
  ASSERT_EQ(raw.run("DROP TRIGGER log_no_update; DROP TRIGGER log_no_delete; DROP TRIGGER log_no_gap"), "");
  ASSERT_EQ(raw.run(change), "");
  for (const auto& trigger : triggers) ASSERT_EQ(raw.run(trigger), "");
}

// The old file was put aside whole, and the log that goes on says so in its next record, after those that the
// old file still gave; without any, in its second.
void expect_restored(World& world, const std::string& old_bytes, const std::string& why, Seq salvaged = 0) {
  ASSERT_TRUE(world.store);
  const auto aside = put_aside(world);
  ASSERT_EQ(aside.size(), 1u);
  EXPECT_TRUE(content(aside[0] / "commune-watch.db") == old_bytes);
  ASSERT_FALSE(world.said.empty());
  EXPECT_THAT(world.said.back(), HasSubstr("put aside"));
  EXPECT_THAT(world.said.back(), HasSubstr(why));
  EXPECT_EQ(world.store->next(), salvaged);
  world.begin(kBootB, 0, kStartUtc + 900'000);
  const Seq at = salvaged > 0 ? salvaged : 1;
  const auto records = world.store->read(0, 10'000);
  ASSERT_EQ(records.size(), at + 3);
  EXPECT_EQ(records[0].kind, LogKind::genesis);
  ASSERT_EQ(records[at].kind, LogKind::restore);
  EXPECT_EQ(records[at + 1].kind, LogKind::run);
  const auto entry = decode(LogKind::restore, records[at].body);
  ASSERT_TRUE(entry) << entry.error().why;
  const auto& restore = std::get<RestoreEntry>(*entry);
  EXPECT_EQ(world.file(restore.put_aside), aside[0].string());
  EXPECT_THAT(restore.why, HasSubstr(why));
  EXPECT_EQ(restore.salvaged, salvaged);
  EXPECT_EQ(restore.by, "start");
  EXPECT_EQ(restore.sha256.size(), 64u);
  ASSERT_TRUE(world.store->restored());
  EXPECT_EQ(world.store->restored()->put_aside, restore.put_aside);
  ASSERT_EQ(world.store->epochs().size(), 1u);
  EXPECT_EQ(world.store->epochs()[0].from, at);
  EXPECT_EQ(world.store->epochs()[0].name.size(), 8u);
  world.said.clear();
  world.open();
  world.begin(kBootB, 10'000, kStartUtc + 910'000);
  EXPECT_EQ(world.store->next(), at + 5) << "said once";
  EXPECT_FALSE(world.store->restored());
  EXPECT_EQ(world.store->epochs().size(), 1u);
  EXPECT_TRUE(world.said.empty());
}

TEST(Opening, ASecondDaemonIsRefusedByPidAndDirectory) {
  World world;
  world.open();
  const auto second = Store::open(world.options, [](const std::string&) {});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().why, HasSubstr("pid " + std::to_string(::getpid()) + ")"));
  EXPECT_THAT(second.error().why, HasSubstr(world.options.directory));
  world.store.reset();
  EXPECT_TRUE(Store::open(world.options, [](const std::string&) {}));
}

// As root (a person's probe) everything becomes the service's; without that right it is one's own anyway.
TEST(Opening, WhateverRootMakesBelongsToTheDirectorysOwner) {
  const bool root = ::geteuid() == 0;
  const uid_t service = root ? 65'534 : ::geteuid();
  const gid_t group = root ? 65'534 : ::getegid();
  World world;
  fs::create_directories(world.options.directory);
  if (root) {
    ASSERT_EQ(::chmod(fs::path(world.options.directory).parent_path().c_str(), 0755), 0);
    ASSERT_EQ(::chown(world.options.directory.c_str(), service, service), 0);
  }
  const auto expect_owned = [&](const std::vector<std::string>& there) {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(world.options.directory)) {
      struct stat info {};
      ASSERT_EQ(::lstat(entry.path().c_str(), &info), 0);
      EXPECT_EQ(info.st_uid, service) << entry.path();
      EXPECT_EQ(info.st_gid, group) << entry.path();
      EXPECT_EQ(info.st_mode & 0077U, 0U) << entry.path();
      names.push_back(entry.path().filename());
    }
    for (const auto& name : there) EXPECT_THAT(names, ::testing::Contains(name));
  };
  fill(world, 20);
  world.open();
  expect_owned({"lock", "commune-watch.db", "commune-watch.db-wal"});
  world.store.reset();
  overwrite(world.file(), 0, std::string(100, 'x'));
  world.open();
  expect_owned({"lock", "commune-watch.db", "put-aside"});
  world.store.reset();

  // The service, which is not root, starts after that.
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (root && (::setgid(service) != 0 || ::setuid(service) != 0)) ::_exit(2);
    const auto opened = Store::open(world.options, [](const std::string&) {});
    ::_exit(opened ? 0 : 1);
  }
  int ended = 0;
  ASSERT_EQ(::waitpid(child, &ended, 0), child);
  EXPECT_EQ(ended, 0);
}

TEST(Opening, RootGivesAwayNoFileThatHasAnotherNameElsewhere) {
  World world;
  fs::create_directories(world.options.directory);
  const auto elsewhere = world.options.directory + "-somebody-elses";
  std::ofstream(elsewhere) << "";
  fs::create_hard_link(elsewhere, world.file("lock"));
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(world.options.directory.c_str(), 65'534, 65'534), 0);
  }
  world.open();
  struct stat info {};
  ASSERT_EQ(::stat(elsewhere.c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, ::geteuid());
}

TEST(Opening, ADirectoryThatCannotBeMadeIsAFailure) {
  World world;
  world.options.directory = "/proc/commune-watch/state";
  EXPECT_FALSE(Store::open(world.options, [](const std::string&) {}));
}

TEST(Opening, ADirectoryReachedOverASymbolicLinkIsFine) {
  World world;  // systemd's StateDirectory= of a dynamic user is one
  fs::create_directory(world.options.directory + "-real");
  fs::create_symlink(world.options.directory + "-real", world.options.directory);
  world.open();
  EXPECT_TRUE(fs::exists(world.options.directory + "-real/commune-watch.db"));
}

TEST(Opening, ADamagedHeaderIsPutAside) {
  World world;
  fill(world, 20);
  overwrite(world.file(), 0, std::string(100, 'x'));
  const auto bytes = content(world.file());
  world.open();
  expect_restored(world, bytes, "not a database");
}

TEST(Opening, AnEmptyFileIsPutAside) {
  World world;
  fill(world, 20);
  fs::resize_file(world.file(), 0);
  world.open();
  expect_restored(world, "", "not a database of commune-watch");
}

TEST(Opening, ATruncatedFileIsPutAside) {
  World world;
  fill(world, 400);
  fs::resize_file(world.file(), fs::file_size(world.file()) / 2);
  const auto bytes = content(world.file());
  world.open();
  expect_restored(world, bytes, "malformed");
}

TEST(Opening, AnUnreadableLastRecordIsPutAside) {
  World world;
  fill(world, 20);
  tamper(world, "UPDATE log SET body = CAST('{\"device\"' AS BLOB) WHERE seq = 20");
  const auto bytes = content(world.file());
  world.open();
  expect_restored(world, bytes, "record 20 cannot be read", 20);
}

TEST(Opening, AMissingRecordInTheTailIsPutAside) {
  World world;
  fill(world, 20);
  tamper(world, "DELETE FROM log WHERE seq = 15");
  const auto bytes = content(world.file());
  world.open();
  expect_restored(world, bytes, "record 16 stands where 15 should", 15);
}

TEST(Opening, ALogShorterThanWhatWasReadFromItIsPutAside) {
  World world;
  fill(world, 20);
  tamper(world, "INSERT INTO cursor(reader, seq) VALUES('mqtt', 999)");
  const auto bytes = content(world.file());
  world.open();
  expect_restored(world, bytes, "shorter", 25);
}

// The file as it was some records ago, sound and short: what a write-ahead log that was cut off leaves.
void set_back(World& world, int records, bool power_cut = false) {
  for (int i = 0; i < records; ++i) {
    world.store->append({1, 5'000 + i}, {}, ConfigEntry{"x", "reload", {}});
    world.commit();
  }
  world.store.reset();
  fs::remove(world.file("commune-watch.db-wal"));
  fs::copy_file(world.file("before.db"), world.file(), fs::copy_options::overwrite_existing);
  if (power_cut) fs::remove(world.options.memory + "/length");
  world.said.clear();
  world.open();
}

World& with_a_copy(World& world) {
  world.options.memory = fs::path(world.options.directory).parent_path().string();
  fill(world, 20);
  fs::copy_file(world.file(), world.file("before.db"));
  world.open();
  return world;
}

TEST(Opening, ARecordThatIsGoneIsMissedWhileTheMachineStaysOn) {
  World world;
  set_back(with_a_copy(world), 1);
  ASSERT_EQ(put_aside(world).size(), 1u);
  EXPECT_THAT(world.said.back(), HasSubstr("records long and was"));
}

TEST(Opening, AFirstTransactionThatIsGoneIsMissed) {
  World world;
  world.options.memory = fs::path(world.options.directory).parent_path().string();
  world.open();
  fs::copy_file(world.file(), world.file("before.db"));
  world.begin(kBootA, 0, kStartUtc);
  world.store.reset();
  fs::copy_file(world.file("before.db"), world.file(), fs::copy_options::overwrite_existing);
  world.open();
  ASSERT_FALSE(world.said.empty());
  EXPECT_THAT(world.said.back(), HasSubstr("put aside"));
}

TEST(Opening, AfterAPowerCutAFewAreNotMissedAndManyAre) {
  for (const int gone : {1, 16}) {
    World world;
    set_back(with_a_copy(world), gone, true);
    EXPECT_EQ(put_aside(world).size(), gone == 16 ? 1u : 0u) << gone;
  }
}

TEST(Opening, TheLengthOfAnotherLogInMemoryIsNoDamage) {
  World world;
  set_back(with_a_copy(world), 3);
  world.store.reset();
  fs::remove_all(world.options.directory);
  world.said.clear();
  world.open();
  EXPECT_TRUE(world.said.empty());
  EXPECT_EQ(world.store->next(), 0u);
}

TEST(Opening, AnAlteredSchemaIsPutAside) {
  World world;
  fill(world, 5);
  ASSERT_EQ(Raw(world.file()).run("DROP TRIGGER log_no_delete"), "");
  const auto bytes = content(world.file());
  world.open();
  expect_restored(world, bytes, "trigger log_no_delete is missing", 10);
}

TEST(Opening, SomebodyElsesDatabaseIsPutAside) {
  World world;
  fs::create_directories(world.options.directory);
  {
    std::ofstream(world.file()).flush();
    Raw raw(world.file());
    ASSERT_EQ(raw.run("CREATE TABLE notes(text)"), "");
  }
  const auto bytes = content(world.file());
  world.open();
  expect_restored(world, bytes, "not a database of commune-watch");
}

TEST(Opening, TheWriteAheadLogGoesAsideWithItsDatabase) {
  World world;
  fill(world, 20);
  world.open();
  world.begin(kBootB, 0, kStartUtc + 50'000);
  const auto wal = content(world.file("commune-watch.db-wal")), db = content(world.file());
  world.store.reset();  // takes the log in; put back what a cut would have left
  std::ofstream(world.file(), std::ios::binary) << db;
  std::ofstream(world.file("commune-watch.db-wal"), std::ios::binary) << wal;
  overwrite(world.file(), 0, "garbage!");
  ASSERT_FALSE(wal.empty());
  // Page 1 may be whole in the write-ahead log: damage that as well.
  overwrite(world.file("commune-watch.db-wal"), 0, std::string(32, 'x'));
  const auto damaged_db = content(world.file()), damaged_wal = content(world.file("commune-watch.db-wal"));
  world.open();
  const auto aside = put_aside(world);
  ASSERT_EQ(aside.size(), 1u);
  EXPECT_TRUE(content(aside[0] / "commune-watch.db") == damaged_db);
  EXPECT_TRUE(content(aside[0] / "commune-watch.db-wal") == damaged_wal);
  EXPECT_EQ(world.store->next(), 0u);
}

TEST(Opening, AWriteAheadLogInWhichTheDamageLiesStaysByteForByte) {
  World world;
  fill(world, 20);
  tamper(world, "UPDATE log SET body = CAST('{\"device\"' AS BLOB) WHERE seq = 20");
  const auto db = content(world.file());
  std::string wal;
  {
    Raw raw(world.file());  // the last commit before a cut lies in the write-ahead log only
    ASSERT_EQ(raw.run("INSERT INTO meta(key, value) VALUES('k', 1)"), "");
    wal = content(world.file("commune-watch.db-wal"));
  }
  std::ofstream(world.file(), std::ios::binary) << db;
  std::ofstream(world.file("commune-watch.db-wal"), std::ios::binary) << wal;
  ASSERT_FALSE(wal.empty());
  world.open();
  const auto aside = put_aside(world);
  ASSERT_EQ(aside.size(), 1u);
  EXPECT_TRUE(content(aside[0] / "commune-watch.db") == db);
  EXPECT_TRUE(content(aside[0] / "commune-watch.db-wal") == wal);
}

TEST(Opening, AWriteAheadLogWithoutItsDatabaseIsNeverReadIntoANewOne) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  const auto wal = content(world.file("commune-watch.db-wal"));
  world.store.reset();
  fs::remove(world.file());
  std::ofstream(world.file("commune-watch.db-wal"), std::ios::binary) << wal;
  world.open();
  ASSERT_EQ(put_aside(world).size(), 1u);
  EXPECT_TRUE(content(put_aside(world)[0] / "commune-watch.db-wal") == wal);
  EXPECT_EQ(world.store->next(), 0u);
}

TEST(Opening, TwoDamagedDatabasesLieSideBySide) {
  World world;
  for (int i = 0; i < 2; ++i) {
    world.open();
    world.begin(kBootA, i, kStartUtc);
    world.store.reset();
    overwrite(world.file(), 0, "damaged");
    fs::last_write_time(world.file(), fs::file_time_type::clock::time_point{});
  }
  world.open();
  EXPECT_EQ(put_aside(world).size(), 2u);
}

TEST(Opening, ACutBetweenPuttingAsideAndBeginningAnewLosesNothing) {
  World world;
  fill(world, 3);
  overwrite(world.file(), 0, "damaged");
  world.open();
  world.store.reset();
  fs::rename(world.file(),
             world.file("commune-watch.db.new"));  // the very moment before the new file got its name
  world.said.clear();
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  EXPECT_EQ(world.store->read(1, 1).at(0).kind, LogKind::restore);
}

TEST(Opening, AHalfMadeDatabaseIsMadeAgain) {
  World world;
  fs::create_directories(world.options.directory);
  std::ofstream(world.file("commune-watch.db.new")) << "SQLite format 3";
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  EXPECT_EQ(world.store->next(), 3u);
  EXPECT_TRUE(world.said.empty());
}

TEST(Opening, AnyDamageEndsInAStoreThatWorks) {
  World model;
  fill(model, 300);
  const auto sound = content(model.file());
  int restored = 0;
  for (unsigned seed = 0; seed < 80; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    auto bytes = sound;
    const auto page = random() % (bytes.size() / 1024) * 1024;
    switch (seed % 4) {
      case 0:
        bytes.replace(page, 1024, 1024, '\0');
        break;
      case 1:
        bytes.resize(random() % bytes.size());
        break;
      case 2:
        for (int i = 0; i < 30; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
        break;
      default:
        for (int i = 0; i < 64; ++i) bytes[page + random() % 100] = static_cast<char>(random());
    }
    World world;
    fs::create_directories(world.options.directory);
    std::ofstream(world.file(), std::ios::binary) << bytes;
    world.open();
    const auto begun = world.store->begin_run(
        kBootB, 0, {.at = {}, .utc = kStartUtc + 900'000, .source = AnchorSource::ntp});
    bool sound_in_the_end = begun.has_value();
    for (int slice = 0; sound_in_the_end && slice < 1'000; ++slice) {
      const auto checked = world.store->idle_check();
      sound_in_the_end = checked.has_value();
      if (checked && *checked) break;
    }
    if (!sound_in_the_end) {  // found later than at the start: the next start puts it aside
      EXPECT_TRUE(world.store->damaged());
      world.open();
      world.begin(kBootB, 0, kStartUtc + 900'000);
    }
    const auto aside = put_aside(world);
    restored += aside.empty() ? 0 : 1;
    EXPECT_LE(aside.size(), 1u);
    world.store->append({1, 1}, {}, ConfigEntry{"x", "file", {}});
    world.commit();
    EXPECT_GE(world.open().next(), 4u);
  }
  EXPECT_GT(restored, 40) << "most of this damage is seen";
}

TEST(IdleCheck, ReadsEverythingInSlicesAndBeginsAnew) {
  World world;
  fill(world, 2'000);
  world.open();
  for (int pass = 0; pass < 2; ++pass) {
    int slices = 1;
    for (;; ++slices) {
      const auto checked = world.store->idle_check();
      ASSERT_TRUE(checked) << checked.error().why;
      if (*checked) break;
      ASSERT_LT(slices, 1'000);
    }
    EXPECT_GT(slices, 2'000 / 250);
  }
  EXPECT_FALSE(world.store->damaged());
}

TEST(IdleCheck, FindsWhatTheStartDidNotLookAtAndTheNextStartPutsItAside) {
  World world;
  fill(world, 2'000);
  tamper(world, "UPDATE log SET body = x'7b' WHERE seq = 700");
  const auto bytes = content(world.file());
  world.open();
  EXPECT_EQ(world.store->next(), 2'005u) << "the tail is sound";
  Result<bool> checked = false;
  for (int slice = 0; slice < 1'000 && checked && !*checked; ++slice) checked = world.store->idle_check();
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().why, HasSubstr("record 700 cannot be read"));
  ASSERT_TRUE(world.store->damaged());
  EXPECT_TRUE(world.said.empty());
  world.open();
  expect_restored(world, bytes, "record 700", 700);
  EXPECT_FALSE(fs::exists(world.file("damaged")));
}

TEST(IdleCheck, AFalseAlarmPutsNothingAside) {
  World world;
  fill(world, 50);
  std::ofstream(world.file("damaged")) << "a read that failed once\n";
  world.open();
  EXPECT_EQ(world.store->next(), 55u);
  EXPECT_TRUE(put_aside(world).empty());
  ASSERT_EQ(world.said.size(), 2u);
  EXPECT_THAT(world.said[1], HasSubstr("sound"));
  world.said.clear();
  world.open();
  EXPECT_TRUE(world.said.empty());
}

}  // namespace
}  // namespace commune_watch
