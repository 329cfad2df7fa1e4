// The tree that the store keeps is that of its log, after restarts, kills and rebuilds; a log that is not the
// one that was signed over is put aside.
#include "store/tree.hpp"

#include <gtest/gtest.h>

#include "evidence/leaf.hpp"
#include "evidence/note.hpp"
#include "store/world.hpp"

namespace commune_watch {
namespace {

using evidence::Frontier;
using evidence::Hash;

// The root over the store's durable records, from nothing.
Hash naive_root(Store& store) {
  Frontier frontier;
  for (const auto& record : store.read(0, store.next())) frontier.add(evidence::leaf_hash(record));
  return frontier.root();
}

void write(World& world, int records, Millis from) {
  for (int i = 0; i < records; ++i)
    world.store->append({1, from + i}, {}, ConfigEntry{std::to_string(i), "file", {}});
  world.commit();
}

constexpr const char* kOrigin = "commune-watch/tan-phu/gw1";

std::string signed_note(std::uint64_t size, const Hash& root, const evidence::SigningKey& key) {
  evidence::Note note{evidence::Checkpoint{kOrigin, size, root}.text(), {}};
  note.signatures.push_back(evidence::sign(key, key.public_key(kOrigin, evidence::KeyUse::log), note.text));
  return note.whole();
}

// Nobody checks who signed: the store only keeps it.
void put_checkpoint(Store& store, const evidence::SigningKey& key = evidence::SigningKey::make()) {
  const auto size = store.next();
  ASSERT_TRUE(store.put_checkpoint({size, {1, 100}, signed_note(size, store.root(), key)}));
}

std::vector<std::uint64_t> sizes(Store& store) {
  std::vector<std::uint64_t> all;
  for (const auto& one : store.checkpoints(0, UINT64_MAX)) all.push_back(one.size);
  return all;
}

void back_up(Store& store) {
  ASSERT_TRUE(store.begin_backup(20261122));
  for (auto step = store.step_backup(); step && !*step;) step = store.step_backup();
}

// The file cannot be believed, and each of its rows can be read.
void discredit(World& world, const std::string& more = {}) {
  world.store.reset();
  ASSERT_EQ(Raw(world.file()).run("DROP TRIGGER log_no_delete;" + more), "");
}

TEST(StoreTree, IsThatOfTheDurableRecords) {
  World world;
  world.open();
  EXPECT_EQ(world.store->root(), evidence::empty_root());
  world.begin(kBootA, 0, kStartUtc);
  write(world, 5, 10);
  EXPECT_EQ(world.store->root(), naive_root(*world.store));
  world.store->append({1, 99}, {}, StopEntry{"waits"});
  EXPECT_EQ(world.store->root(), naive_root(*world.store)) << "what waits is no leaf yet";
}

TEST(StoreTree, GoesOnAfterKillsWithAndWithoutACheckpoint) {
  World world;
  for (int round = 0; round < 6; ++round) {
    world.open();
    world.begin(kBootA, round * 1'000, kStartUtc + round * 1'000);
    write(world, 7 * round + 1, round * 1'000 + 10);
    EXPECT_EQ(world.store->root(), naive_root(*world.store));
    if (round % 2 == 1) put_checkpoint(*world.store);
    write(world, 3, round * 1'000 + 500);
  }
  world.open();
  EXPECT_EQ(world.store->root(), naive_root(*world.store));
}

TEST(StoreTree, ProvesThatEachCheckpointGrewOutOfTheOneBefore) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  for (int i = 1; i < 9; ++i) {
    write(world, i * 3, i * 100);
    put_checkpoint(*world.store);
  }
  world.open();
  const auto all = world.store->checkpoints(0, UINT64_MAX);
  ASSERT_EQ(all.size(), 8u);
  const auto read = [](const StoredCheckpoint& one) {
    return *evidence::read_checkpoint(evidence::read_note(one.note)->text);
  };
  const auto last = read(all.back());
  for (const auto& one : all) {
    const auto checkpoint = read(one);
    EXPECT_EQ(checkpoint.size, one.size);
    const auto proof = evidence::consistency_proof(checkpoint.size, last.size, [&](evidence::Node node) {
      return world.store->node(node).value_or(Hash{});
    });
    EXPECT_TRUE(evidence::consistent(checkpoint.size, checkpoint.root, last.size, last.root, proof))
        << one.size;
  }
  EXPECT_EQ(world.store->last_checkpoint(all[3].size + 1)->size, all[3].size);
  EXPECT_FALSE(world.store->last_checkpoint(all[0].size - 1));
}

TEST(StoreTree, KeepsTheCosignaturesThatComeLater) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  put_checkpoint(*world.store);
  const auto size = world.store->next();
  const auto note = world.store->last_checkpoint(size)->note + "— witness AAAAAAAA\n";
  ASSERT_TRUE(world.store->put_note(size, note));
  world.open();
  EXPECT_EQ(world.store->last_checkpoint(size)->note, note);
}

TEST(StoreTree, LostNodesAreMadeAnewFromTheLog) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, 50, 10);
  put_checkpoint(*world.store);
  write(world, 5, 100);
  const auto root = world.store->root();
  world.store.reset();
  {
    Raw raw(world.file());
    ASSERT_EQ(raw.run("UPDATE node SET hash = zeroblob(32) WHERE level > 2"), "");
  }
  world.open();
  EXPECT_TRUE(world.said.empty());
  EXPECT_EQ(world.store->root(), root);
}

TEST(StoreTree, ALogThatIsNotTheOneThatWasSignedOverIsPutAside) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, 50, 10);
  put_checkpoint(*world.store);
  world.store->stop({1, 200}, "test");
  world.store.reset();
  {
    Raw raw(world.file());
    std::vector<std::string> triggers;
    raw.run("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'log'", &triggers);
    raw.run("DROP TRIGGER log_no_update; DROP TRIGGER log_no_delete; DROP TRIGGER log_no_gap");
    ASSERT_EQ(raw.run("UPDATE log SET bt = bt + 1 WHERE seq = 20; DELETE FROM node; DELETE FROM meta WHERE "
                      "key = '.tree'"),
              "");
    for (const auto& trigger : triggers) ASSERT_EQ(raw.run(trigger), "");
  }
  world.open();
  ASSERT_FALSE(world.said.empty());
  EXPECT_NE(world.said.front().find("not the one that its last checkpoint was signed over"),
            std::string::npos)
      << world.said.front();
}

TEST(StoreTree, CheckpointsOfADamagedFileGoOnWithTheRecordsThatWereSalvaged) {
  for (const bool with_backup : {false, true}) {
    World world;
    world.open();
    world.begin(kBootA, 0, kStartUtc);
    write(world, 50, 10);
    put_checkpoint(*world.store);
    const auto first = world.store->next();
    if (with_backup) back_up(*world.store);
    const auto cosigned = world.store->last_checkpoint(first)->note + "— witness AAAAAAAA\n";
    ASSERT_TRUE(world.store->put_note(first, cosigned));
    write(world, 30, 100);
    put_checkpoint(*world.store);
    const auto second = world.store->next();
    write(world, 5, 200);
    discredit(world);
    world.open();
    ASSERT_EQ(world.said.size(), 2u);
    EXPECT_NE(world.said.back().find("salvaged"), std::string::npos) << world.said.back();
    ASSERT_EQ(sizes(*world.store), (std::vector<std::uint64_t>{first, second}));
    EXPECT_EQ(world.store->last_checkpoint(first)->note, cosigned) << "with what witnesses signed";
    EXPECT_EQ(world.store->root(), naive_root(*world.store));
    world.begin(kBootB, 0, kStartUtc + 60'000);
    put_checkpoint(*world.store);
    world.open();
    EXPECT_EQ(world.said.size(), 2u) << world.said.back();
    EXPECT_EQ(world.store->root(), naive_root(*world.store));
  }
}

TEST(StoreTree, CheckpointsOverRecordsThatAreLostAreNotCarriedOver) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  write(world, 50, 10);
  put_checkpoint(*world.store);
  const auto first = world.store->next();
  write(world, 50, 100);
  put_checkpoint(*world.store);
  write(world, 50, 200);
  discredit(world, "DROP TRIGGER log_no_update; UPDATE log SET body = x'00' WHERE seq = " +
                       std::to_string(first + 20));
  world.open();
  EXPECT_EQ(world.store->next(), first + 20);
  EXPECT_EQ(sizes(*world.store), std::vector<std::uint64_t>{first});
}

TEST(StoreTree, ADamagedPageCostsTheCheckpointsThatAreOnIt) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  for (int i = 1; i <= 100; ++i) {
    write(world, 1, i * 10);
    put_checkpoint(*world.store);
  }
  const auto all = sizes(*world.store);
  world.store->stop({1, 5'000}, "test");
  world.store.reset();
  const auto page = Raw(world.file())
                        .one(
                            "SELECT pageno FROM dbstat WHERE name = 'checkpoint' AND pagetype = 'leaf' ORDER "
                            "BY path LIMIT 1 OFFSET 9");
  std::fstream(world.file(), std::ios::in | std::ios::out | std::ios::binary)
      .seekp((std::stol(page) - 1) * 1024)
      .write("garbage!", 8);
  discredit(world);
  world.open();
  const auto left = sizes(*world.store);
  EXPECT_GE(left.size(), 90U);
  EXPECT_LT(left.size(), 100U);
  EXPECT_EQ(left.front(), all.front());
  EXPECT_EQ(left.back(), all.back());
}

TEST(StoreTree, OfADamagedFileNoCheckpointIsTakenThatIsNotOfThisLog) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  const auto key = evidence::SigningKey::make(), other = evidence::SigningKey::make();
  world.store->append({1, 5}, {}, KeyEntry{.vkey = key.public_key(kOrigin, evidence::KeyUse::log).vkey()});
  write(world, 20, 10);
  put_checkpoint(*world.store, key);
  const auto good = world.store->next();
  const auto without = world.store->last_checkpoint(good)->note, cosigned = without + "— witness AAAAAAAA\n";
  ASSERT_TRUE(world.store->put_note(good, cosigned));
  back_up(*world.store);
  write(world, 20, 20);
  put_checkpoint(*world.store, other);
  const auto forged = world.store->next();
  write(world, 20, 30);
  const auto insert = [](std::uint64_t size, const std::string& note) {
    return "INSERT INTO checkpoint VALUES(" + std::to_string(size) + ", 1, 1, '" + note + "');";
  };
  const auto last = world.store->next();
  const auto of_another_size = signed_note(last + 1, world.store->root(), key);
  discredit(world, "UPDATE checkpoint SET note = '" + without + "';" + insert(last, of_another_size) +
                       insert(forged + 1, signed_note(forged + 1, Hash{}, key)) +
                       insert(forged + 2, signed_note(good, Hash{}, key)) +
                       insert(forged + 900, signed_note(forged + 900, Hash{}, key)) +
                       insert(forged + 3, "garbage"));
  world.open();
  EXPECT_EQ(world.store->next(), forged + 20);
  EXPECT_EQ(sizes(*world.store), std::vector<std::uint64_t>{good});
  EXPECT_EQ(world.store->last_checkpoint(good)->note, cosigned) << "the backup knew more";
}

}  // namespace
}  // namespace commune_watch
