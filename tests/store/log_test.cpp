// The log: gapless, append-only, visible once durable, the same after any end of the process.
#include <gmock/gmock.h>

#include "store/world.hpp"

namespace commune_watch {
namespace {

using ::testing::HasSubstr;

std::vector<LogKind> kinds(Store& store) {
  std::vector<LogKind> all;
  for (const auto& record : store.read(0, 1000)) all.push_back(record.kind);
  return all;
}

TEST(Log, BeginsWithGenesisRunAndAnchorAndCountsFromZero) {
  World world;
  auto& store = world.open();
  EXPECT_EQ(store.next(), 0u);
  EXPECT_EQ(store.epoch(), "");
  const auto begun = world.begin(kBootA, 5'000, kStartUtc);
  EXPECT_EQ(begun.boot, 1u);
  EXPECT_EQ(begun.at, (Moment{1, 5'000}));
  EXPECT_FALSE(begun.previous);
  EXPECT_EQ(kinds(store), (std::vector{LogKind::genesis, LogKind::run, LogKind::anchor}));
  EXPECT_EQ(store.next(), 3u);
  EXPECT_EQ(store.epoch().size(), 8u);
  EXPECT_EQ(store.epoch().find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(Log, BeginsWithGenesisWhoeverWritesFirst) {
  World world;  // a probe from the command line, before the gateway ever ran
  world.open();
  EXPECT_EQ(world.store->append({}, {}, LoginBlockEntry{.host = "192.0.2.1", .username = "u"}), 1u);
  world.commit();
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  EXPECT_EQ(kinds(*world.store),
            (std::vector{LogKind::genesis, LogKind::login_block, LogKind::run, LogKind::anchor}));
  EXPECT_TRUE(world.said.empty());
}

TEST(Log, TwoGatewaysOfOneNameHaveDifferentEpochs) {
  World a, b;
  a.open();
  b.open();
  a.begin(kBootA, 0, kStartUtc);
  b.begin(kBootA, 0, kStartUtc);
  EXPECT_NE(a.store->epoch(), b.store->epoch());
}

TEST(Log, ReadersSeeARecordOnlyOnceItIsDurable) {
  World world;
  auto& store = world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto cam = world.camera("cam", at);
  EXPECT_EQ(store.append(at, cam, change("cam", at, starting(), {1, 10}, up())), 4u);
  EXPECT_EQ(store.uncommitted(), 2u);
  EXPECT_EQ(store.next(), 3u);
  EXPECT_TRUE(store.read(3, 10).empty());
  EXPECT_TRUE(store.spans(cam, {kStartUtc, kStartUtc + 100}, {1, 100}).empty());
  EXPECT_TRUE(store.terms(cam).empty());
  world.commit();
  EXPECT_EQ(store.uncommitted(), 0u);
  EXPECT_EQ(store.next(), 5u);
  ASSERT_EQ(store.read(3, 10).size(), 2u);
  EXPECT_EQ(store.read(3, 10)[1].seq, 4u);
  EXPECT_EQ(text(store.spans(cam, {kStartUtc, kStartUtc + 100}, {1, 100})),
            "unknown(starting) 0-10 | up 10-100");
}

TEST(Log, IsTheSameAfterReopening) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  world.camera("cam", at);
  world.commit();
  const auto before = world.store->read(0, 100);
  const auto epoch = world.store->epoch();
  auto& store = world.open();
  const auto after = store.read(0, 100);
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(after[i].seq, i);
    EXPECT_EQ(after[i].at, before[i].at);
    EXPECT_EQ(after[i].kind, before[i].kind);
    EXPECT_EQ(after[i].device, before[i].device);
    EXPECT_EQ(after[i].body, before[i].body);
  }
  EXPECT_EQ(store.epoch(), epoch);
  EXPECT_TRUE(world.said.empty()) << world.said[0];
}

TEST(Log, WhatWasNotCommittedIsGoneAfterReopening) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  world.store->append(at, {}, StopEntry{"not yet"});
  EXPECT_EQ(world.open().next(), 3u);
}

TEST(Log, NothingToWriteCostsNoTransaction) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  const auto before = world.store->size().wal_bytes;
  EXPECT_TRUE(world.store->commit());
  EXPECT_EQ(world.store->size().wal_bytes, before);
}

TEST(Log, RefusesUpdatesDeletionsReplacementsAndGaps) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  world.store.reset();
  Raw raw(world.file());
  EXPECT_THAT(raw.run("UPDATE log SET body = x'00' WHERE seq = 1"), HasSubstr("append-only"));
  EXPECT_THAT(raw.run("DELETE FROM log WHERE seq = 2"), HasSubstr("append-only"));
  EXPECT_THAT(raw.run("INSERT OR REPLACE INTO log(seq, boot, bt, kind, body) VALUES(1, 1, 1, 1, x'00')"),
              HasSubstr("gapless"));
  EXPECT_THAT(raw.run("INSERT INTO log(seq, boot, bt, kind, body) VALUES(5, 1, 1, 1, x'00')"),
              HasSubstr("gapless"));
  EXPECT_THAT(raw.run("INSERT INTO log(seq, boot, bt, kind, body) VALUES(-1, 1, 1, 1, x'00')"),
              HasSubstr("gapless"));
  EXPECT_EQ(raw.one("SELECT count(*), min(seq), max(seq) FROM log"), "3|0|2");
}

TEST(Log, IsStoredWithTheSettingsThatSurvivePowerCuts) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  EXPECT_FALSE(std::filesystem::exists(world.file("commune-watch.db-shm")))
      << "EXCLUSIVE keeps the index on the heap";
  EXPECT_TRUE(std::filesystem::exists(world.file("commune-watch.db-wal")));
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(world.options.directory).permissions(), perms::owner_all);
  EXPECT_EQ(std::filesystem::status(world.file()).permissions(), perms::owner_read | perms::owner_write);
  EXPECT_EQ(std::filesystem::status(world.file("commune-watch.db-wal")).permissions(),
            perms::owner_read | perms::owner_write);
  world.store->stop({1, 10}, "test");
  EXPECT_EQ(world.store->size().wal_bytes, 0) << "a clean stop leaves nothing to recover";
}

TEST(Log, ASimulatedLogAndARealOneNeverMix) {
  World world;
  world.options.simulated = true;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  world.store.reset();
  world.options.simulated = false;
  const auto real = Store::open(world.options, [](const std::string&) {});
  ASSERT_FALSE(real);
  EXPECT_THAT(real.error().why, HasSubstr("is simulated"));
  world.options.simulated = true;
  EXPECT_EQ(world.open().next(), 3u);
}

TEST(Log, ANewerProgramsDatabaseIsLeftAlone) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  world.store.reset();
  Raw(world.file()).run("PRAGMA user_version = 99");
  const auto opened = Store::open(world.options, [](const std::string&) {});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().why, HasSubstr("newer commune-watch"));
  EXPECT_FALSE(std::filesystem::exists(world.file("put-aside")));
}

}  // namespace
}  // namespace commune_watch
