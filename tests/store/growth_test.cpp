// Backups that grow with the log: what is new is in them, they are never worse than before, and what goes on
// from them is the same log with the same figures.
#include "store/growth.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "evidence/leaf.hpp"
#include "evidence/note.hpp"
#include "store/backups.hpp"
#include "store/faulty_disk.hpp"
#include "store/world.hpp"

namespace commune_watch {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int32_t kEven = 20261123, kOdd = 20261122;  // a, b
constexpr Period kAll{kStartUtc, kStartUtc + 86'400'000};

void write(World& world, const std::string& what, int records) {
  for (int i = 0; i < records; ++i)
    world.store->append({1, 10}, {}, ConfigEntry{what + "." + std::to_string(i), "file", {}});
  world.commit();
}

// Nobody checks who signed: the store only keeps it.
void put_checkpoint(Store& store) {
  const evidence::Checkpoint checkpoint{"commune-watch/tan-phu/gw1", store.next(), store.root()};
  const auto key = evidence::SigningKey::make();
  evidence::Note note{checkpoint.text(), {}};
  note.signatures.push_back(
      evidence::sign(key, key.public_key(checkpoint.origin, evidence::KeyUse::log), note.text));
  ASSERT_TRUE(store.put_checkpoint({checkpoint.size, {1, 100}, note.whole()}));
}

Result<std::string> night(Store& store, std::int32_t day) {
  if (auto begun = store.begin_nightly_backup(day); !begun) return std::unexpected(begun.error());
  while (true) {
    auto stepped = store.step_backup();
    if (!stepped) return std::unexpected(stepped.error());
    if (*stepped) return **stepped;
  }
}

std::string backup(World& world, std::int32_t day) {
  auto file = night(*world.store, day);
  if (!file) throw std::runtime_error(file.error().why);
  return *file;
}

// One day of a camera: outages, blips, aggregates, a note, a login block, a checkpoint.
void live(World& world, DeviceId camera, Millis bt) {
  Millis since = bt;
  Standing standing = bt == 0 ? starting() : up();
  for (int i = 0; i < 40; ++i, since += 1'000) {
    const auto to = i % 2 == 0 ? up() : down();
    world.store->append({1, since + 900}, camera,
                        change("cam", {1, since}, standing, {1, since + 1'000}, to));
    standing = to;
  }
  world.store->append({1, since}, camera,
                      BlipEntry{"cam", {1, since - 500}, {1, since - 300}, reason_id("host-unreachable"), 2});
  world.store->add_hourly({kStartUtc + bt * 3'600, camera, "probes", 60, 1, 60, 1});
  world.store->add_hourly({kStartUtc + (bt + 1'000) * 3'600, camera, "probes", 60, 1, 60, 1});
  world.store->put_note(camera, "rtsp", {1, std::vector<std::byte>(100, std::byte(bt / 1'000))});
  world.store->put_login_block(
      {"192.0.2." + std::to_string(bt / 100'000), "monitor", {std::byte{1}}, kStartUtc, 1'000, "cam", "401"});
  world.store->tick({1, since}, {});
  world.commit();
  put_checkpoint(*world.store);
}

// All that a reader can learn of it, as text.
std::vector<std::string> everything(Store& store, DeviceId camera) {
  std::vector<std::string> all;
  for (const auto& record : store.read(0, 1'000'000)) all.push_back(record.body);
  all.push_back(text(store.spans(camera, kAll, {1, 1'000'000})));
  for (const auto& blip : store.blips(camera, kAll))
    all.push_back("blip " + std::to_string(blip.period.from));
  for (const auto& hour : store.hourly(camera, {0, 1LL << 50}))
    all.push_back("hour " + std::to_string(hour.hour_utc) + " " + std::to_string(hour.count));
  for (const auto& block : store.login_blocks()) all.push_back("block " + block.host);
  for (const auto& checkpoint : store.checkpoints(0, UINT64_MAX)) all.push_back(checkpoint.note);
  const auto note = store.note(camera, "rtsp");
  all.push_back("note " + std::to_string(note ? static_cast<int>(note->body.at(0)) : -1));
  const auto root = store.root();
  all.emplace_back(reinterpret_cast<const char*>(root.data()), root.size());
  const auto tag = store.secret_tag("u", "s");
  all.emplace_back(reinterpret_cast<const char*>(tag.data()), tag.size());
  return all;
}

void ruin(const World& world) {
  std::fstream file(world.file(), std::ios::in | std::ios::out | std::ios::binary);
  file.write("garbage", 7);
}

void keep_only(const World& world, const std::string& name) {
  for (const auto& entry : fs::directory_iterator(world.file("backup")))
    if (entry.path().filename() != name) fs::remove(entry.path());
}

std::string said_by(const World& world) {
  std::string all;
  for (const auto& word : world.said) all += word + "\n";
  return all;
}

TEST(Growth, TwoFilesTakeTurnsAndEachTakesInWhatIsNew) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, "a", 100);
  const auto a = backup(world, kEven), b = backup(world, kOdd);
  EXPECT_EQ(a, world.file("backup/commune-watch-a.db"));
  EXPECT_EQ(b, world.file("backup/commune-watch-b.db"));
  struct stat before {};
  struct stat after {};
  ASSERT_EQ(::stat(a.c_str(), &before), 0);
  write(world, "b", 50);
  EXPECT_EQ(backup(world, kEven), a);
  ASSERT_EQ(::stat(a.c_str(), &after), 0);
  EXPECT_EQ(after.st_ino, before.st_ino) << "the same file has grown";
  EXPECT_EQ(Raw(a).one("SELECT count(*) FROM log"), std::to_string(world.store->next()));
  EXPECT_EQ(Raw(b).one("SELECT count(*) FROM log"), std::to_string(world.store->next() - 50));
  EXPECT_EQ(Raw(a).one("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(Raw(a).one("SELECT value FROM meta WHERE key = '.projection'"), "0");
  EXPECT_THAT(world.said, IsEmpty());
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(world.file("backup")))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  EXPECT_THAT(names, ElementsAre("commune-watch-a.db", "commune-watch-b.db"));
}

TEST(Growth, OfALongLogANightWritesOnlyItsOwnDay) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, std::string(200, 'x'), 20'000);
  put_checkpoint(*world.store);
  const auto file = backup(world, kEven);
  const auto size = fs::file_size(file);
  write(world, "y", 100);
  put_checkpoint(*world.store);
  FaultyDisk disk;
  world.open();
  const auto opened = disk.bytes_written();
  backup(world, kEven);
  EXPECT_GT(disk.bytes_written() - opened, 10'000);
  EXPECT_LT(disk.bytes_written() - opened, 150'000) << "of " << size;
  world.store.reset();
}

TEST(Growth, WhatWasCommittedWhileItGrewIsInItWholeOrNotAtAll) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, "before", 5'000);
  put_checkpoint(*world.store);
  for (const auto day : {kEven, kOdd, kEven}) {
    ASSERT_TRUE(world.store->begin_nightly_backup(day));
    std::optional<std::string> file;
    for (int slices = 0; !file; ++slices) {
      write(world, "during" + std::to_string(slices), 2);
      world.store->put_cursor("mqtt", world.store->next());
      world.store->tick({1, 10}, {});
      world.commit();
      put_checkpoint(*world.store);
      auto stepped = world.store->step_backup();
      ASSERT_TRUE(stepped) << stepped.error().why;
      file = *stepped;
    }
    Raw copy(*file);
    EXPECT_EQ(copy.one("SELECT max(seq) + 1 FROM log"), std::to_string(world.store->next()));
    EXPECT_EQ(copy.one("SELECT seq <= (SELECT max(seq) + 1 FROM log) FROM cursor"), "1");
    // Of a tree of n leaves all nodes are there: n, n/2, n/4 …
    EXPECT_EQ(
        copy.one("WITH RECURSIVE size(n) AS (SELECT value FROM meta WHERE key = '.tree' UNION ALL"
                 " SELECT n / 2 FROM size WHERE n > 1) SELECT sum(n) > 9000 AND sum(n) <= (SELECT count(*)"
                 " FROM node) FROM size"),
        "1");
    EXPECT_EQ(copy.one("PRAGMA integrity_check"), "ok");
  }
}

TEST(Growth, WhatGoesOnFromItIsTheSameLogWithTheSameFigures) {
  World world;
  world.open();
  const auto cam = world.camera("cam", world.begin(kBootA, 0, kStartUtc).at);
  for (int day = 0; day < 5; ++day) {
    live(world, cam, day * 50'000);
    backup(world, day % 2 == 0 ? kEven : kOdd);
  }
  world.store->drop_login_block("192.0.2.0", "monitor");
  world.store->stop({1, 900'000}, "test");  // with the hour that was still in memory
  backup(world, kOdd);
  const auto before = everything(*world.store, cam);
  EXPECT_GT(before.size(), 210u);
  world.store.reset();
  keep_only(world, "commune-watch-b.db");
  ruin(world);
  world.open();
  EXPECT_THAT(world.said.back(), HasSubstr("commune-watch-b.db"));
  EXPECT_EQ(everything(*world.store, cam), before);
  ASSERT_TRUE(world.store->rebuild());
  EXPECT_EQ(everything(*world.store, cam), before);
  world.begin(kBootB, 0, kStartUtc + 80'000'000);
  const auto file = backup(world, kOdd);
  EXPECT_EQ(Raw(file).one("SELECT max(seq) + 1 FROM log"), std::to_string(world.store->next()))
      << "and grows on";
  EXPECT_THAT(said_by(world), Not(HasSubstr("made anew; "))) << "nothing was wrong with it";
}

TEST(Growth, TheLongerOfTheTwoIsTakenAndTheOtherWhereItIsDamaged) {
  for (const bool damaged : {false, true}) {
    World world;
    world.open();
    world.begin(kBootA, 0, kStartUtc);
    write(world, "a", 500);
    backup(world, kEven);
    const Seq shorter = world.store->next();
    write(world, "b", 5);
    const auto b = backup(world, kOdd);
    const Seq longer = world.store->next();
    world.store.reset();
    ruin(world);
    if (damaged) fs::resize_file(b, fs::file_size(b) / 2);
    world.open();
    EXPECT_EQ(world.store->next(), damaged ? shorter : longer);
  }
}

TEST(Growth, AFileOfAnotherLogIsMadeAnewAndTheOldOneKept) {
  World stranger;
  stranger.open();
  stranger.begin(kBootA, 0, kStartUtc);
  write(stranger, "strange", 100);
  const auto strange = backup(stranger, kEven);
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, "a", 200);
  fs::create_directories(world.file("backup"));
  fs::copy_file(strange, world.file("backup/commune-watch-a.db"));
  const auto file = backup(world, kEven);
  EXPECT_THAT(said_by(world), HasSubstr("record 0 is another); it is made anew"));
  EXPECT_EQ(Raw(file).one("SELECT count(*) FROM log"), std::to_string(world.store->next()));
  EXPECT_EQ(Raw(file + ".other-1").one("SELECT count(*) FROM log"), std::to_string(stranger.store->next()));
  world.said.clear();
  write(world, "b", 1);
  backup(world, kEven);
  EXPECT_THAT(world.said, IsEmpty());
}

TEST(Growth, AFileThatHoldsMoreThanTheLogIsKeptBesideTheNewOne) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, "a", 10);
  world.store.reset();
  fs::copy_file(world.file(), world.file("kept"));
  world.open();
  write(world, "b", 10);
  const auto file = backup(world, kEven);
  const Seq held = world.store->next();
  world.store.reset();
  fs::remove(world.file("length"));
  fs::rename(world.file("kept"), world.file());
  world.open();
  backup(world, kEven);
  EXPECT_THAT(said_by(world), HasSubstr("it holds " + std::to_string(held) + " records, the log "));
  EXPECT_EQ(Raw(file + ".other-1").one("SELECT max(seq) + 1 FROM log"), std::to_string(held));
}

TEST(Growth, AFileThatWasTamperedWithOrDamagedIsMadeAnew) {
  const std::vector<std::string> edits{
      "DROP TRIGGER log_no_update",
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'garbage' WHERE name = 'hourly'",
      "PRAGMA user_version = 99", "PRAGMA application_id = 7", "CREATE TABLE more(x)"};
  for (const auto& edit : edits) {
    World world;
    world.open();
    world.begin(kBootA, 0, kStartUtc);
    write(world, "a", 100);
    const auto file = backup(world, kEven);
    ASSERT_EQ(Raw(file).run(edit), "");
    backup(world, kEven);
    EXPECT_THAT(said_by(world), HasSubstr("it is made anew")) << edit;
    EXPECT_EQ(Raw(file).one("PRAGMA integrity_check"), "ok");
    EXPECT_EQ(Raw(file).one("SELECT count(*) FROM log"), std::to_string(world.store->next()));
  }
}

// Its triggers forbid what a bad card does, so they are taken out and put back.
void edit_log(const std::string& file, const std::string& edit) {
  Raw raw(file);
  std::vector<std::string> triggers;
  raw.run("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'log'", &triggers);
  raw.run("DROP TRIGGER log_no_update; DROP TRIGGER log_no_delete; DROP TRIGGER log_no_gap");
  ASSERT_EQ(raw.run(edit), "");
  for (const auto& trigger : triggers) ASSERT_EQ(raw.run(trigger), "");
}

TEST(Growth, ARecordThatIsNoLongerWhatItWasIsFoundInTheBackup) {
  for (const std::string edit :
       {"UPDATE log SET body = x'7b7d' WHERE seq = 40", "DELETE FROM log WHERE seq = 40",
        "UPDATE log SET bt = bt + 1 WHERE seq = 40"}) {
    World world;
    world.open();
    world.begin(kBootA, 0, kStartUtc);
    write(world, "a", 100);
    const auto file = backup(world, kEven);
    edit_log(file, edit);
    write(world, "b", 1);
    backup(world, kEven);
    EXPECT_THAT(said_by(world), HasSubstr("record 40 is another); it is made anew")) << edit;
    EXPECT_FALSE(fs::exists(file + ".other-1")) << "it was the same log, and damaged";
    EXPECT_FALSE(world.store->damaged());
  }
}

TEST(Growth, ARecordThatIsNoLongerWhatItWasIsFoundInTheLogAndTheBackupStays) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, "a", 400);
  put_checkpoint(*world.store);
  const auto file = backup(world, kEven);
  const auto before = Raw(file).one("SELECT hex(body) FROM log WHERE seq = 40");
  world.store->stop({1, 20}, "test");
  world.store.reset();
  edit_log(world.file(), "UPDATE log SET body = CAST(replace(body, 'a.', 'b.') AS BLOB) WHERE seq = 40");
  world.open();
  ASSERT_THAT(world.said, IsEmpty()) << "it reads well, and no start compares it with anything";
  const auto done = night(*world.store, kEven);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().why, HasSubstr("record 40 is not what the tree says"));
  EXPECT_TRUE(world.store->damaged());
  EXPECT_THAT(world.said, IsEmpty()) << "nothing is made anew of it";
  EXPECT_EQ(Raw(file).one("SELECT hex(body) FROM log WHERE seq = 40"), before);
  EXPECT_FALSE(night(*world.store, kOdd)) << "no other is made of it";
  world.open();
  EXPECT_THAT(said_by(world), HasSubstr("goes on from the backup commune-watch-a.db"));
  EXPECT_THAT(world.store->read(40, 1).at(0).body, HasSubstr("a."));
}

TEST(Growth, WhatIsNewAndCannotBeReadIsNotTakenIn) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, "a", 3'000);
  world.store->stop({1, 20}, "test");
  world.store.reset();
  edit_log(world.file(), "UPDATE log SET body = x'7b' WHERE seq = 700");
  world.open();
  const auto done = night(*world.store, kEven);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().why, HasSubstr("record 700"));
  EXPECT_TRUE(fs::is_empty(world.file("backup")));
}

TEST(Growth, WhatIsNewAndIsNotWhatTheTreeSaysIsNotTakenIn) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, "a", 400);
  put_checkpoint(*world.store);
  world.store->stop({1, 20}, "test");
  world.store.reset();
  edit_log(world.file(), "UPDATE log SET body = CAST(replace(body, 'a.', 'b.') AS BLOB) WHERE seq = 40");
  world.open();
  const auto done = night(*world.store, kEven);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().why, HasSubstr("record 40 is not what the tree says"));
  EXPECT_TRUE(world.store->damaged());
}

TEST(Growth, AnIndexThatIsNotOfItsLogIsFound) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  world.store->append({1, 10}, {}, OpeningEntry{});
  world.commit();
  const auto file = backup(world, kEven);
  {
    Raw raw(file);
    const auto index = raw.one("SELECT sql FROM sqlite_schema WHERE name = 'log_landmark'");
    ASSERT_EQ(
        raw.run("DROP INDEX log_landmark; CREATE INDEX log_landmark ON log(kind, seq) WHERE kind IN (99);"
                "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = '" +
                index + "' WHERE name = 'log_landmark'"),
        "");
  }
  backup(world, kEven);
  EXPECT_THAT(said_by(world), HasSubstr("its index is not that of its log"));
  EXPECT_EQ(Raw(file).one("PRAGMA integrity_check"), "ok");
}

TEST(Growth, ACheckpointThatOnlyTheBackupHasStays) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  put_checkpoint(*world.store);
  const auto file = backup(world, kEven);
  ASSERT_EQ(Raw(file).run("INSERT INTO checkpoint VALUES(2, 1, 1, 'of before a restore')"), "");
  write(world, "a", 1);
  backup(world, kEven);
  EXPECT_THAT(world.said, IsEmpty());
  EXPECT_EQ(Raw(file).one("SELECT count(*) FROM checkpoint"), "2");
  EXPECT_EQ(Raw(file).one("SELECT count(*) FROM log"), std::to_string(world.store->next()));
}

TEST(Growth, AFileThatIsWrittenToWhileItIsReadIsNoSource) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  const auto file = backup(world, kEven);
  fs::create_directories(world.file("usb"));
  const auto written_to = [&] {
    EXPECT_EQ(Raw(file).run("UPDATE meta SET value = 7 WHERE key = '.tree'"), "");
    return false;
  };
  const auto grown = grow_backup(file, world.file("usb"), kEven, written_to, [](auto) {});
  ASSERT_FALSE(grown);
  EXPECT_THAT(grown.error().why, HasSubstr("written to meanwhile"));
  EXPECT_TRUE(fs::is_empty(world.file("usb")));
}

TEST(Growth, WhatIsPrunedFromTheLogIsPrunedFromTheBackup) {
  World world;
  world.open();
  const auto cam = world.camera("cam", world.begin(kBootA, 0, kStartUtc).at);
  constexpr Millis kHour = 3'600'000, kYear = 366 * 24 * kHour;
  world.store->add_hourly({kHour * 490'000, cam, "probes", 60, 1, 60, 1});
  world.store->add_hourly({kHour * 490'001, cam, "probes", 60, 1, 60, 1});
  world.commit();
  const auto file = backup(world, kEven);
  EXPECT_EQ(Raw(file).one("SELECT count(*) FROM hourly"), "1");
  world.store->add_hourly({kHour * 490'000 + 3 * kYear, cam, "probes", 60, 1, 60, 1});
  world.store->add_hourly({kHour * 490'001 + 3 * kYear, cam, "probes", 60, 1, 60, 1});
  world.commit();
  backup(world, kEven);
  EXPECT_EQ(Raw(file).one("SELECT group_concat(hour / 3600000) FROM hourly"),
            std::to_string(490'000 + 3 * kYear / kHour));
}

TEST(Growth, ChangedAndVanishedRowsOfEveryTableFollow) {
  World world;
  world.open();
  const auto cam = world.camera("cam", world.begin(kBootA, 0, kStartUtc).at);
  write(world, "a", 300);
  live(world, cam, 0);
  world.store->put_retained_topic("a/b", true);
  world.store->put_retained_topic("c", true);
  world.store->put_cursor("mqtt", 3);
  world.store->put_meta("k", "1");
  world.commit();
  const auto file = backup(world, kEven);
  world.store->put_retained_topic("a/b", false);
  world.store->put_retained_topic("", true);
  world.store->put_cursor("mqtt", 4);
  world.store->put_meta("k", "2");
  world.store->put_login_block({"192.0.2.9", "monitor", {std::byte{2}}, kStartUtc, 5, "cam", "401"});
  world.store->drop_login_block("192.0.2.0", "monitor");
  world.store->put_note(cam, "rtsp", {2, {}});
  world.store->put_note(cam, "ping", {1, std::vector<std::byte>(3)});
  world.store->stop({1, 99'999}, "test");
  put_checkpoint(*world.store);
  const auto last = *world.store->last_checkpoint(UINT64_MAX);
  ASSERT_TRUE(world.store->put_note(last.size, last.note + "x"));
  backup(world, kEven);
  world.store.reset();
  Raw ours(world.file()), theirs(file);
  for (const std::string table : {"entity", "fact", "note", "login_block", "cursor", "retained", "checkpoint",
                                  "hourly", "node", "meta WHERE key NOT IN ('.projection', '.tree')"}) {
    std::vector<std::string> want, have;
    ASSERT_EQ(ours.run("SELECT * FROM " + table, &want), "");
    ASSERT_EQ(theirs.run("SELECT * FROM " + table, &have), "");
    EXPECT_EQ(have, want) << table;
    EXPECT_FALSE(have.empty()) << table;
  }
}

// In the backup: nothing, or every record up to where the log was at one of the nights.
TEST(Growth, APowerCutAnywhereLeavesTheNightBeforeOrTheNewOne) {
  int whole = 0, as_before = 0;
  for (int cut = 1; cut < 160; cut += 3) {
    FaultyDisk disk;
    World world;
    world.open();
    const auto cam = world.camera("cam", world.begin(kBootA, 0, kStartUtc).at);
    live(world, cam, 0);
    backup(world, kEven);
    const Seq first = world.store->next();
    live(world, cam, 50'000);
    world.store->stop({1, 900'000}, "test");
    const auto now = everything(*world.store, cam);
    const Seq second = world.store->next();
    disk.settle();
    disk.cut_power_after(cut);
    const auto done = night(*world.store, kEven);
    world.store.reset();
    disk.come_back(static_cast<unsigned>(cut));
    ruin(world);
    fs::remove(world.file("commune-watch.db-wal"));
    world.open();
    const auto found = world.store->next();
    ASSERT_TRUE(found == second || (!done && found == first))
        << cut << ": " << found << " " << said_by(world);
    if (found == second) {
      EXPECT_EQ(everything(*world.store, cam), now) << cut;
    }
    (found == second ? whole : as_before) += 1;
    EXPECT_EQ(world.store->read(0, 1'000).size(), found);
  }
  EXPECT_GT(whole, 3);
  EXPECT_GT(as_before, 3);
}

TEST(Growth, AFullDiskLeavesTheBackupAsItWas) {
  FaultyDisk disk;
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, "a", 100);
  const auto file = backup(world, kEven);
  const auto held = world.store->next();
  write(world, "b", 100);
  disk.fail_writes(SQLITE_FULL);
  const auto done = night(*world.store, kEven);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().why, HasSubstr("ĐĨA ĐẦY"));
  disk.fail_writes(SQLITE_OK);
  EXPECT_EQ(Raw(file).one("SELECT count(*) FROM log"), std::to_string(held));
  backup(world, kEven);
  EXPECT_EQ(Raw(file).one("SELECT count(*) FROM log"), std::to_string(world.store->next()));
  EXPECT_THAT(world.said, IsEmpty());
  world.store.reset();
}

TEST(Growth, OldDatedBackupsGoAsTheyWouldHaveAndAreFoundMeanwhile) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  for (const std::int32_t day : {20261101, 20261102, 20261114, 20261117, 20261120}) {
    ASSERT_TRUE(world.store->begin_backup(day));
    while (!world.store->step_backup().value()) {
    }
  }
  const Seq held = world.store->next();
  backup(world, kEven);
  EXPECT_THAT(store::backups_in(world.file("backup")),
              ElementsAre("commune-watch-20261120.db", "commune-watch-20261117.db",
                          "commune-watch-20261101.db", "commune-watch-a.db"))
      << "the 1st is a Sunday and the last of its week";
  keep_only(world, "commune-watch-20261101.db");
  world.store.reset();
  ruin(world);
  world.open();
  EXPECT_EQ(world.store->next(), held);
  world.begin(kBootB, 0, kStartUtc + 60'000);
  backup(world, 20270131);
  EXPECT_THAT(store::backups_in(world.file("backup")), ElementsAre("commune-watch-b.db"));
}

TEST(Growth, TheSecondMediumHasOneOfItsOwnThatGrowsWheneverItIsThere) {
  World world;
  world.open();
  const auto cam = world.camera("cam", world.begin(kBootA, 0, kStartUtc).at);
  live(world, cam, 0);
  std::vector<std::string> said;
  const auto carry = [&](const std::string& file) {
    return grow_backup(
        file, world.file("usb"), kEven, [] { return false; },
        [&](std::string word) { said.push_back(std::move(word)); });
  };
  const auto absent = carry(backup(world, kEven));
  ASSERT_FALSE(absent);
  EXPECT_THAT(absent.error().why, HasSubstr("usb"));
  fs::create_directories(world.file("usb"));
  ASSERT_TRUE(carry(world.file("backup/commune-watch-a.db")));
  live(world, cam, 50'000);
  backup(world, kOdd);  // the medium is away that night
  live(world, cam, 100'000);
  world.store->stop({1, 900'000}, "test");
  const auto before = everything(*world.store, cam);
  struct stat then {};
  struct stat now {};
  ASSERT_EQ(::stat(world.file("usb/commune-watch-c.db").c_str(), &then), 0);
  ASSERT_TRUE(carry(backup(world, kEven)));
  ASSERT_EQ(::stat(world.file("usb/commune-watch-c.db").c_str(), &now), 0);
  EXPECT_EQ(now.st_ino, then.st_ino);
  EXPECT_THAT(said, IsEmpty());
  EXPECT_FALSE(grow_backup(
      world.file("backup/commune-watch-a.db"), world.file("usb"), kEven, [] { return true; }, [](auto) {}));
  EXPECT_THAT(store::backups_in(world.file("usb")), ElementsAre("commune-watch-c.db"));
  world.store.reset();
  fs::remove_all(world.file("backup"));
  ruin(world);
  const auto restored =
      restore_backup(world.options, world.file("usb/commune-watch-c.db"), "test", [](auto) {});
  ASSERT_TRUE(restored) << restored.error().why;
  EXPECT_EQ(restored->backup, "commune-watch-c.db");
  world.open();
  EXPECT_EQ(everything(*world.store, cam), before);
}

TEST(Growth, AnotherGatewaysMediumIsNotOverwritten) {
  World stranger;
  stranger.options.gateway = "gw2";
  stranger.open();
  stranger.begin(kBootA, 0, kStartUtc);
  const auto strange = backup(stranger, kEven);
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, "a", 20);
  fs::create_directories(world.file("usb"));
  fs::copy_file(strange, world.file("usb/commune-watch-c.db"));
  ASSERT_TRUE(grow_backup(
      backup(world, kEven), world.file("usb"), kEven, [] { return false; }, [](auto) {}));
  EXPECT_EQ(Raw(world.file("usb/commune-watch-c.db")).one("SELECT count(*) FROM log"), "23");
  EXPECT_EQ(Raw(world.file("usb/commune-watch-c.db.other-1")).one("SELECT count(*) FROM log"), "3");
}

TEST(Growth, AJournalWhoseFileIsGoneIsNotPlayedIntoItsSuccessor) {
  int with_journal = 0;
  for (int cut = 10; cut < 50; cut += 4) {
    FaultyDisk disk;
    World world;
    world.open();
    world.begin(kBootA, 0, kStartUtc);
    write(world, "a", 300);
    const auto file = backup(world, kEven);
    write(world, "b", 300);
    disk.settle();
    disk.cut_power_after(cut);
    static_cast<void>(night(*world.store, kEven));
    world.store.reset();
    disk.come_back(static_cast<unsigned>(cut));
    fs::remove(file);
    with_journal += fs::exists(file + "-journal") && fs::file_size(file + "-journal") > 0 ? 1 : 0;
    world.open();
    write(world, "c", 1);
    EXPECT_EQ(backup(world, kEven), file);
    EXPECT_EQ(Raw(file).one("SELECT count(*) FROM log"), std::to_string(world.store->next())) << cut;
    EXPECT_EQ(Raw(file).one("PRAGMA integrity_check"), "ok") << cut;
  }
  EXPECT_GT(with_journal, 3);
}

// A cut in the middle of the commit leaves a journal beside the file; a copy of both is as good as the file.
TEST(Growth, ABackupIsRestoredWithTheJournalThatACutLeftBesideIt) {
  int with_journal = 0;
  for (int cut = 5; cut < 40; ++cut) {
    FaultyDisk disk;
    World world;
    world.open();
    world.begin(kBootA, 0, kStartUtc);
    write(world, "a", 300);
    backup(world, kEven);
    const Seq first = world.store->next();
    write(world, "b", 300);
    const Seq second = world.store->next();
    disk.settle();
    disk.cut_power_after(cut);
    static_cast<void>(night(*world.store, kEven));
    world.store.reset();
    disk.come_back(static_cast<unsigned>(cut));
    fs::create_directories(world.file("usb"));
    for (const auto& entry : fs::directory_iterator(world.file("backup")))
      fs::copy_file(entry.path(), fs::path(world.file("usb")) / entry.path().filename());
    fs::remove_all(world.file("backup"));
    with_journal += fs::exists(world.file("usb/commune-watch-a.db-journal")) ? 1 : 0;
    for (const char* name : {"commune-watch.db", "commune-watch.db-wal", "length"})
      fs::remove(world.file(name));
    fs::create_directories(world.options.directory);
    const auto restored =
        restore_backup(world.options, world.file("usb/commune-watch-a.db"), "test", [](auto) {});
    ASSERT_TRUE(restored) << cut << ": " << restored.error().why;
    EXPECT_TRUE(restored->kept == first || restored->kept == second) << cut << ": " << restored->kept;
  }
  EXPECT_GT(with_journal, 3);
}

}  // namespace
}  // namespace commune_watch
