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

// Nobody checks who signed: the store only keeps it.
void put_checkpoint(Store& store) {
  const evidence::Checkpoint checkpoint{"commune-watch/tan-phu/gw1", store.next(), store.root()};
  const auto key = evidence::SigningKey::make();
  evidence::Note note{checkpoint.text(), {}};
  note.signatures.push_back(
      evidence::sign(key, key.public_key(checkpoint.origin, evidence::KeyUse::log), note.text));
  ASSERT_TRUE(store.put_checkpoint({checkpoint.size, {1, 100}, note.whole()}));
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

}  // namespace
}  // namespace commune_watch
