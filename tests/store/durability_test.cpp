// What commit() acknowledged is there after kills, power cuts and disks that refuse; what it did not
// acknowledge is there whole or not at all, and once.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "store/faulty_disk.hpp"
#include "store/world.hpp"

namespace commune_watch {
namespace {

using ::testing::HasSubstr;

// Three records, a cursor and a note per commit, so that a torn transaction would show.
void one_batch(Store& store, Moment at, int number) {
  for (int i = 0; i < 3; ++i)
    store.append(at, {}, ConfigEntry{std::to_string(number) + "." + std::to_string(i), "file", {}});
  store.put_cursor("mqtt", store.next());
  store.put_meta("batch", std::to_string(number));
  store.tick(at, {});
}

// The log holds whole batches in order and the rest agrees; returns how many, or -1 with words.
int whole_batches(Store& store, std::string& trouble) {
  int batches = 0, part = 0;
  Seq expected = 0;
  for (const auto& record : store.read(0, 1'000'000)) {
    if (record.seq != expected++) return trouble = "a gap before " + std::to_string(record.seq), -1;
    if (record.kind != LogKind::config) continue;
    const auto entry = decode(record.kind, record.body);
    if (!entry) return trouble = entry.error().why, -1;
    if (std::get<ConfigEntry>(*entry).sha256 != std::to_string(batches) + "." + std::to_string(part)) {
      return trouble = "record " + std::to_string(record.seq) + " is " + std::get<ConfigEntry>(*entry).sha256,
             -1;
    }
    part = (part + 1) % 3;
    if (part == 0) ++batches;
  }
  if (part != 0) return trouble = "a torn batch", -1;
  if (expected != store.next()) return trouble = "next() disagrees", -1;
  if (batches > 0 && store.meta("batch") != std::to_string(batches - 1))
    return trouble = "the note of another batch", -1;
  if (store.cursor("mqtt") > store.next()) return trouble = "the cursor is beyond the log", -1;
  return batches;
}

// One life of a gateway in a process of its own, to be killed: checks what it finds, then commits a batch for
// each byte that it is handed. Reports how many batches are durable: after opening, and after each commit.
[[noreturn]] void live_and_report(const StoreOptions& options, int acknowledged, int hand, int report) {
  const auto say = [&](int number) {
    if (::write(report, &number, sizeof number) != sizeof number) ::_exit(3);
  };
  auto store = Store::open(options, [](const std::string&) { ::_exit(4); });  // nothing may be put aside
  if (!store) ::_exit(5);
  std::string trouble;
  int batch = whole_batches(**store, trouble);
  if (batch < acknowledged) ::_exit(6);
  say(batch);
  const Anchor anchor{.at = {}, .utc = kStartUtc + batch * 10, .source = AnchorSource::ntp};
  if (!(*store)->begin_run(kBootA, batch * 10 + 10, anchor)) ::_exit(7);
  for (char byte = 0;; ++batch) {
    if (::read(hand, &byte, 1) != 1) ::_exit(8);
    one_batch(**store, {1, batch * 10 + 20}, batch);
    if (!(*store)->commit()) ::_exit(9);
    say(batch + 1);
  }
}

TEST(Durability, AHundredKillsLoseNothingThatWasAcknowledged) {
  World world;
  std::mt19937 random(20261114);
  int acknowledged = 0;
  for (int life = 0; life < 100; ++life) {
    int hand[2], report[2];
    ASSERT_EQ(::pipe(hand), 0);
    ASSERT_EQ(::pipe(report), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(report[0]);
      ::close(hand[1]);
      live_and_report(world.options, acknowledged, hand[0], report[1]);
    }
    ::close(hand[0]);
    ::close(report[1]);
    const std::string work(8, 'x');
    ASSERT_EQ(::write(hand[1], work.data(), work.size()), static_cast<ssize_t>(work.size()));
    int number = 0;
    for (auto wanted = random() % 7; ::read(report[0], &number, sizeof number) == sizeof number;) {
      EXPECT_GE(number, acknowledged);
      acknowledged = number;
      if (wanted-- == 0) ::kill(child, SIGKILL);  // in the middle of whatever comes next
    }
    ::close(report[0]);
    ::close(hand[1]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "life " << life << " ended by itself with " << WEXITSTATUS(status);
  }
  std::string trouble;
  EXPECT_GE(whole_batches(world.open(), trouble), acknowledged) << trouble;
  EXPECT_GE(acknowledged, 100);
  EXPECT_TRUE(world.said.empty());
}

TEST(Durability, PowerCutsLoseNothingThatWasAcknowledged) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    FaultyDisk disk;
    World world;
    world.open();
    world.begin(kBootA, 0, kStartUtc);
    int acknowledged = 0;
    disk.cut_power_after(static_cast<int>(random() % 60) + 1);
    for (int batch = 0; !disk.powerless() && batch < 100; ++batch) {
      one_batch(*world.store, {1, batch * 10 + 10}, batch);
      if (!world.store->commit()) break;
      acknowledged = batch + 1;
      if (random() % 8 == 0)
        world.store->stop({1, batch * 10 + 15}, "checkpoint");  // power may go in there too
    }
    world.store.reset();
    world.said.clear();
    disk.come_back(seed);
    world.open();
    EXPECT_TRUE(world.said.empty()) << world.said[0];
    std::string trouble;
    EXPECT_GE(whole_batches(*world.store, trouble), acknowledged) << trouble;
    world.begin(kBootB, 0, kStartUtc + 1'000'000);
    while (true) {
      const auto checked = world.store->idle_check();
      ASSERT_TRUE(checked) << checked.error().why;
      if (*checked) break;
    }
  }
}

TEST(Durability, ACommitIsOneSync) {
  FaultyDisk disk;
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  const int before = disk.syncs();
  for (int batch = 0; batch < 20; ++batch) {
    one_batch(*world.store, {1, batch * 10 + 10}, batch);
    world.commit();
  }
  EXPECT_EQ(disk.syncs() - before, 20);
}

TEST(Durability, AFailedSyncKeepsTheBatchAndTheNextCommitWritesItOnce) {
  FaultyDisk disk;
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto cam = world.camera("cam", at);
  world.store->append(at, cam, change("cam", at, starting(), {1, 10}, up()));
  world.commit();
  constexpr Millis kHour = 3'600'000, kFirst = kStartUtc / kHour * kHour;
  world.store->add_hourly({kFirst, cam, "probes", 1, 1, 1, 1});
  world.store->add_hourly({kFirst + kHour, cam, "probes", 1, 1, 1, 1});
  world.store->append({1, 50}, cam, change("cam", {1, 10}, up(), {1, 40}, down()));
  world.store->put_cursor("mqtt", 4);
  const Seq durable = world.store->next();

  disk.fail_syncs(1);
  const auto failed = world.store->commit();
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().why, HasSubstr("1 records wait"));
  EXPECT_EQ(world.store->uncommitted(), 1u);
  EXPECT_EQ(world.store->next(), durable);
  EXPECT_EQ(world.store->read(durable, 9).size(), 0u);
  EXPECT_EQ(text(world.store->spans(cam, {kStartUtc, kStartUtc + 100}, {1, 60})),
            "unknown(starting) 0-10 | up 10-60")
      << "reading goes on as of the last commit";
  world.store->append({1, 60}, cam, BlipEntry{"cam", {1, 20}, {1, 30}, reason_id("no-answer"), 1});

  EXPECT_TRUE(world.store->commit());
  EXPECT_EQ(world.store->next(), durable + 2);
  EXPECT_EQ(world.store->uncommitted(), 0u);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(text(world.store->spans(cam, {kStartUtc, kStartUtc + 100}, {1, 60})),
              "unknown(starting) 0-10 | up 10-40 | down(host-unreachable) 40-60");
    EXPECT_EQ(world.store->read(0, 99).size(), durable + 2);
    EXPECT_EQ(world.store->cursor("mqtt"), 4u);
    ASSERT_EQ(world.store->hourly(cam, {kFirst, kFirst + kHour}).size(), 1u);
    EXPECT_EQ(world.store->hourly(cam, {kFirst, kFirst + kHour})[0].count, 1) << "merged once";
    world.open();
  }
  EXPECT_TRUE(world.said.empty());
}

TEST(Durability, ADiskThatGoesOnRefusingLosesNothingOnceItRelents) {
  FaultyDisk disk;
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  for (const int error : {SQLITE_FULL, SQLITE_IOERR_WRITE}) {
    const Seq durable = world.store->next();
    disk.fail_writes(error);
    for (int i = 0; i < 5; ++i) {
      world.store->append({1, 100 + i}, {}, ConfigEntry{std::to_string(i), "file", {}});
      ASSERT_FALSE(world.store->commit());
      EXPECT_EQ(world.store->next(), durable);
      EXPECT_EQ(world.store->read(0, 99).size(), durable) << "reading goes on";
    }
    EXPECT_EQ(world.store->uncommitted(), 5u);
    disk.fail_writes(SQLITE_OK);
    world.commit();
    EXPECT_EQ(world.store->next(), durable + 5);
  }
  EXPECT_FALSE(world.store->damaged());
  EXPECT_EQ(world.open().next(), 13u);
}

TEST(Durability, AFullDiskIsGivenTheRoomThatWasKeptForIt) {
  FaultyDisk disk;  // outlives what is open on it
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  ASSERT_EQ(world.store->tend_ballast(), "");
  EXPECT_GE(std::filesystem::file_size(world.file("ballast")), 64U << 10U);
  EXPECT_LE(std::filesystem::file_size(world.file("ballast")), 64U << 20U);
  EXPECT_TRUE(std::filesystem::exists(world.file("ballast-start")));
  world.open();
  world.begin(kBootA, 10, kStartUtc + 10);
  disk.fail_writes(SQLITE_FULL);
  world.store->append({1, 100}, {}, ConfigEntry{"x", "file", {}});
  EXPECT_FALSE(world.store->commit()) << "this disk is full whatever is given up";
  EXPECT_FALSE(std::filesystem::exists(world.file("ballast")));
  EXPECT_TRUE(std::filesystem::exists(world.file("ballast-start"))) << "kept for the first commit of a run";
  EXPECT_THAT(world.said.back(), HasSubstr("given up"));
  for (int i = 0; i < 30; ++i) EXPECT_FALSE(world.store->commit());
  EXPECT_FALSE(world.store->hopeless()) << "it may have room again";
  disk.fail_writes(SQLITE_OK);
  world.commit();
  EXPECT_EQ(world.store->tend_ballast(), "");
  EXPECT_TRUE(std::filesystem::exists(world.file("ballast")));
}

TEST(Durability, AFileThatCannotBeOpenedAgainIsHopelessAfterAWhile) {
  FaultyDisk disk;
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  world.store->append({1, 100}, {}, ConfigEntry{"x", "file", {}});
  disk.cut_power_after(1);  // every operation fails from now on
  for (int i = 0; i < 12; ++i) {
    EXPECT_FALSE(world.store->hopeless());
    EXPECT_FALSE(world.store->commit());
  }
  EXPECT_FALSE(world.store->commit());
  ASSERT_TRUE(world.store->hopeless());
  EXPECT_THAT(*world.store->hopeless(), HasSubstr("times in a row"));
}

TEST(Durability, AFullDiskIsNamedWithWhatItNeeds) {
  FaultyDisk disk;
  World world;
  disk.fail_writes(SQLITE_FULL);
  const auto started = Store::open(world.options, [](const std::string&) {});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().why, HasSubstr(world.options.directory + " needs 64 MiB, "));
  disk.fail_writes(SQLITE_OK);
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  disk.fail_writes(SQLITE_FULL);
  world.store->append({1, 100}, {}, ConfigEntry{"x", "file", {}});
  const auto told = world.store->commit();
  ASSERT_FALSE(told);
  EXPECT_THAT(told.error().why, HasSubstr(world.options.directory + " needs 64 MiB, "));
  disk.fail_writes(SQLITE_IOERR_WRITE);
  const auto other = world.store->commit();
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().why.find("needs"), std::string::npos) << "another trouble is not room";
}

// Only the process' own limit is touched: no privilege, no mount.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit now{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    ::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

TEST(Durability, ARealFileThatCannotGrowIsAFailureAndNothingIsLost) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  const Seq durable = world.store->next();
  std::string why;
  {
    const FileSizeLimit limit(static_cast<rlim_t>(world.store->size().wal_bytes) + 10'000);
    for (int i = 0; i < 400; ++i)
      world.store->append({1, 10}, {}, ConfigEntry{std::string(64, 'x'), "file", {}});
    for (int attempt = 0; attempt < 3; ++attempt) {
      if (const auto failed = world.store->commit(); !failed) why = failed.error().why;
    }
  }
  EXPECT_THAT(why, HasSubstr("400 records wait"));
  EXPECT_EQ(world.store->next(), durable);
  world.commit();
  EXPECT_EQ(world.store->next(), durable + 400);
  EXPECT_EQ(world.open().next(), durable + 400);
  EXPECT_TRUE(world.said.empty());
}

TEST(Durability, WhatWaitsIsBoundedAndTheLossIsTold) {
  FaultyDisk disk;
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto cam = world.camera("cam", at);
  world.store->append(at, cam, change("cam", at, starting(), {1, 10}, up()));
  world.commit();
  disk.fail_writes(SQLITE_FULL);
  for (std::size_t i = 0; i < kMostUncommitted; ++i)
    world.store->append({1, 1'000}, {}, ConfigEntry{"", "file", {}});
  world.store->tick({1, 1'000}, {});
  world.store->append({1, 5'000}, {}, ConfigEntry{"lost", "file", {}});
  EXPECT_EQ(world.store->uncommitted(), kMostUncommitted);
  world.store->tick({1, 9'000}, {});
  disk.fail_writes(SQLITE_OK);
  const auto told = world.store->commit();
  ASSERT_FALSE(told);
  EXPECT_THAT(told.error().why, HasSubstr("1 records were lost"));
  EXPECT_FALSE(world.store->commit()) << "until the gateway starts anew";
  world.open();
  EXPECT_EQ(world.store->next(), 5 + kMostUncommitted);
  EXPECT_EQ(world.begin(kBootB, 0, kStartUtc + 60'000).previous->alive, (Moment{1, 1'000}))
      << "the time of the loss is nobody's";
}

}  // namespace
}  // namespace commune_watch
