// Nodes by (level, pos); meta '.tree' says how far the table goes.
#include "store/tree.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>

#include "domain/entry.hpp"
#include "evidence/leaf.hpp"
#include "evidence/note.hpp"
#include "store/log_table.hpp"

namespace commune_watch::store {
namespace {

using evidence::Hash;

constexpr Seq kStep = 20'000;  // records per transaction of a rebuild: bounds the write-ahead log
constexpr std::uint64_t kAtOnce =
    256;  // leaves; those that a start finds missing are hashed in a millisecond

Hash hash_of(std::span<const std::byte> bytes) {
  Hash hash{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), hash.size()), hash.begin());
  return hash;
}

std::uint64_t kept_size(Sql& sql) {
  return static_cast<std::uint64_t>(
      sql.integer("SELECT coalesce((SELECT value FROM meta WHERE key = '.tree'), 0)"));
}

// Every node again from the log, in steps; cut short, the next start goes on from the last one.
void make_anew(Sql& sql, std::uint64_t from, evidence::Frontier frontier) {
  Statement put(sql, "INSERT OR REPLACE INTO node(level, pos, hash) VALUES(?1, ?2, ?3)");
  Statement size(sql, "INSERT OR REPLACE INTO meta(key, value) VALUES('.tree', ?1)");
  LogTable log(sql);
  for (Seq next = from;;) {
    const auto records = log.read(next, kStep);
    if (records.empty()) return;
    Transaction step(sql);
    for (const auto& record : records) {
      frontier.add(evidence::leaf_hash(record), [&](unsigned level, std::uint64_t pos, const Hash& hash) {
        put.run(level, pos, std::span<const std::byte>(hash));
      });
    }
    next = records.back().seq + 1;
    size.run(next);
    step.commit();
  }
}

// The tree over the first records, from what is known of it on.
evidence::Frontier hashed(Sql& sql, std::uint64_t size, evidence::Frontier frontier = {}) {
  LogTable log(sql);
  while (frontier.size() < size) {
    const auto records = log.read(frontier.size(), std::min<std::uint64_t>(kStep, size - frontier.size()));
    if (records.empty()) break;
    for (const auto& record : records) frontier.add(evidence::leaf_hash(record));
  }
  return frontier;
}

std::optional<evidence::Frontier> kept_frontier(Sql& sql, std::uint64_t size) {
  Statement node(sql, "SELECT hash FROM node WHERE level = ?1 AND pos = ?2");
  std::vector<Hash> base;
  for (const auto& [level, pos] : evidence::base_nodes(size)) {
    auto rows = node.rows(level, pos);
    if (!rows.next()) return std::nullopt;
    base.push_back(hash_of(rows.bytes(0)));
  }
  return evidence::Frontier::of(size, std::move(base));
}

}  // namespace

StoredCheckpoint checkpoint_of(const Rows& row) {
  return {static_cast<std::uint64_t>(row.integer(0)),
          {static_cast<std::uint32_t>(row.integer(1)), row.integer(2)},
          std::string(row.text(3))};
}

Tree::Tree(Sql& sql)
    : node_(sql, "SELECT hash FROM node WHERE level = ?1 AND pos = ?2"),
      put_node_(sql, "INSERT OR REPLACE INTO node(level, pos, hash) VALUES(?1, ?2, ?3)"),
      size_(sql, "SELECT value FROM meta WHERE key = '.tree'"),
      put_size_(sql, "INSERT OR REPLACE INTO meta(key, value) VALUES('.tree', ?1)"),
      put_checkpoint_(sql, "INSERT OR REPLACE INTO checkpoint(size, boot, bt, note) VALUES(?1, ?2, ?3, ?4)"),
      put_note_(sql, "UPDATE checkpoint SET note = ?2 WHERE size = ?1"),
      some_(sql, "SELECT size, boot, bt, note FROM checkpoint WHERE size >= ?1 AND size <= ?2 ORDER BY size"),
      last_(sql, "SELECT size, boot, bt, note FROM checkpoint WHERE size <= ?1 ORDER BY size DESC LIMIT 1"),
      log_(sql, "SELECT seq, boot, bt, kind, device, body FROM log WHERE seq >= ?1 ORDER BY seq LIMIT ?2") {}

void Tree::load() {
  pending_.clear();
  std::uint64_t kept = 0;
  if (auto rows = size_.rows(); rows.next()) kept = static_cast<std::uint64_t>(rows.integer(0));
  kept_ = kept;
  written_ = false;
  std::vector<Hash> base;
  for (const auto& node : evidence::base_nodes(kept)) base.push_back(hash(node));
  frontier_ = *evidence::Frontier::of(kept, std::move(base));
  for (Seq next = kept;;) {
    const auto from = next;
    for (auto rows = log_.rows(from, kStep); rows.next();) {
      add(record_of(rows));
      ++next;
    }
    if (next == from) return;
  }
}

void Tree::add(const Record& record) {
  frontier_.add(evidence::leaf_hash(record), [&](unsigned level, std::uint64_t pos, const Hash& hash) {
    pending_[{level, pos}] = hash;
  });
}

Hash Tree::hash(evidence::Node node) {
  if (const auto waits = pending_.find({node.level, node.pos}); waits != pending_.end()) return waits->second;
  auto rows = node_.rows(node.level, node.pos);
  if (!rows.next()) throw SqlError(SQLITE_CORRUPT, "a node of the Merkle tree is missing");
  return hash_of(rows.bytes(0));
}

void Tree::write(const StoredCheckpoint& checkpoint) {
  written_ = size() - kept_ >= kAtOnce;
  if (written_) {
    for (const auto& [at, hash] : pending_)
      put_node_.run(at.first, at.second, std::span<const std::byte>(hash));
    put_size_.run(size());
  }
  put_checkpoint_.run(checkpoint.size, checkpoint.at.boot, checkpoint.at.bt, checkpoint.note);
}

void Tree::forget() {
  if (!written_) return;
  pending_.clear();
  kept_ = size();
  written_ = false;
}

std::vector<StoredCheckpoint> Tree::checkpoints(std::uint64_t from, std::uint64_t to) {
  std::vector<StoredCheckpoint> all;
  for (auto rows = some_.rows(from, std::min<std::uint64_t>(to, INT64_MAX)); rows.next();)
    all.push_back(checkpoint_of(rows));
  return all;
}

std::optional<StoredCheckpoint> Tree::last_checkpoint(std::uint64_t at_most) {
  auto rows = last_.rows(std::min<std::uint64_t>(at_most, INT64_MAX));
  return rows.next() ? std::optional(checkpoint_of(rows)) : std::nullopt;
}

std::string tree_trouble(Sql& sql, bool whole) {
  const auto length = static_cast<std::uint64_t>(sql.integer("SELECT coalesce(max(seq) + 1, 0) FROM log"));
  const auto kept = kept_size(sql);
  auto frontier = kept <= length ? kept_frontier(sql, kept) : std::nullopt;
  bool sound = frontier.has_value() && !whole;

  Statement last(sql, "SELECT size, boot, bt, note FROM checkpoint ORDER BY size DESC LIMIT 1");
  std::optional<StoredCheckpoint> signed_over;
  if (auto rows = last.rows(); rows.next()) signed_over = checkpoint_of(rows);
  if (signed_over) {
    const auto note = evidence::read_note(signed_over->note);
    const auto checkpoint = note ? evidence::read_checkpoint(note->text) : fail("");
    if (!checkpoint || checkpoint->size != signed_over->size) return "the last checkpoint cannot be read";
    if (checkpoint->size > length)
      return "the log has " + std::to_string(length) + " records, its last checkpoint was signed over " +
             std::to_string(checkpoint->size);
    const auto then = !sound                     ? std::nullopt
                      : checkpoint->size <= kept ? kept_frontier(sql, checkpoint->size)
                                                 : std::optional(hashed(sql, checkpoint->size, *frontier));
    sound = then && then->root() == checkpoint->root;
    if (!sound && hashed(sql, checkpoint->size).root() != checkpoint->root)
      return "the log is not the one that its last checkpoint was signed over";
  }
  // Only now that the log is the true one is anything written to the file.
  if (!sound) {
    make_anew(sql, 0, {});
  } else if (length - kept > kStep) {
    make_anew(sql, kept, *frontier);
  }
  Tree(sql).load();  // as the store will, so that damage is found here
  return {};
}

namespace {

std::vector<evidence::PublicKey> keys_in(Sql& sql) {
  std::vector<evidence::PublicKey> keys;
  LogTable log(sql);
  for (const auto seq : log.landmarks(LogKind::key)) {
    for (const auto& record : log.read(seq, 1)) {
      const auto entry = decode(record.kind, record.body);
      const auto* named = entry ? std::get_if<KeyEntry>(&*entry) : nullptr;
      const auto key = named != nullptr ? evidence::PublicKey::of(named->vkey) : fail("");
      if (key) keys.push_back(*key);
    }
  }
  return keys;
}

Hash root_at(Tree& tree, std::uint64_t size) {
  std::vector<Hash> base;
  for (const auto& node : evidence::base_nodes(size)) base.push_back(tree.hash(node));
  return evidence::Frontier::of(size, std::move(base))->root();
}

bool of_this_log(Tree& tree, const StoredCheckpoint& kept, const std::vector<evidence::PublicKey>& keys) {
  const auto note = evidence::read_note(kept.note);
  const auto checkpoint = note ? evidence::read_checkpoint(note->text) : fail("");
  if (!checkpoint || checkpoint->size != kept.size || kept.size == 0 || kept.size > tree.size()) return false;
  if (root_at(tree, kept.size) != checkpoint->root) return false;
  return keys.empty() || std::ranges::any_of(keys, [&](const auto& key) { return holds(*note, key); });
}

}  // namespace

void adopt_checkpoints(Sql& sql, const std::vector<StoredCheckpoint>& found) {
  if (found.empty() || !tree_trouble(sql, false).empty()) return;
  const auto keys = keys_in(sql);
  Tree tree(sql);
  tree.load();
  Transaction all(sql);
  for (const auto& kept : found) {
    const auto here = tree.checkpoints(kept.size, kept.size);
    if (!here.empty() && (here[0].note == kept.note || !kept.note.starts_with(here[0].note))) continue;
    if (!of_this_log(tree, kept, keys)) continue;
    tree.write(kept);  // with the nodes, the first time
    tree.forget();
  }
  all.commit();
}

void Tree::put_note(std::uint64_t size, const std::string& note) { put_note_.run(size, note); }

}  // namespace commune_watch::store
