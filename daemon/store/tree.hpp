// The Merkle tree over the log's table: grows in memory with every durable record, and is written with a
// checkpoint where enough has come together, for its nodes lie far apart.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/log.hpp"
#include "evidence/tree.hpp"
#include "store/sql.hpp"
#include "store/store.hpp"

namespace commune_watch::store {

StoredCheckpoint checkpoint_of(const Rows& row);  // size, boot, bt, note

class Tree {
 public:
  explicit Tree(Sql& sql);

  // Reads what there is: nodes from the table, the records after them from the log.
  void load();
  void add(const Record& record);  // the one after the last

  [[nodiscard]] std::uint64_t size() const { return frontier_.size(); }
  [[nodiscard]] evidence::Hash root() const { return frontier_.root(); }
  [[nodiscard]] evidence::Hash hash(
      evidence::Node node);  // of a complete one; throws SqlError where it is missing

  // In a transaction of the caller's; forget() once that is committed.
  void write(const StoredCheckpoint& checkpoint);
  void forget();
  void put_note(std::uint64_t size, const std::string& note);

  // Those with from <= size <= to, ascending.
  std::vector<StoredCheckpoint> checkpoints(std::uint64_t from, std::uint64_t to);
  std::optional<StoredCheckpoint> last_checkpoint(std::uint64_t at_most);

 private:
  Statement node_, put_node_, size_, put_size_, put_checkpoint_, put_note_, some_, last_, log_;
  evidence::Frontier frontier_;
  std::map<std::pair<unsigned, std::uint64_t>, evidence::Hash> pending_;  // not yet in the table
  std::uint64_t kept_ = 0;                                                // the size up to which they are
  bool written_ = false;                                                  // by the last write()
};

// Whether the log is the one that its last checkpoint was signed over, as far as the kept nodes tell. Nodes
// that do not go with it are made anew from the log; the answer is empty, or what is wrong all the same.
// `whole`: every leaf is hashed again.
std::string tree_trouble(Sql& sql, bool whole);

// Checkpoints of a file that cannot be believed: those that were signed over this very log, by a key that it
// names (if it names any), take their place in it. One that is there already may only gain signatures.
void adopt_checkpoints(Sql& sql, const std::vector<StoredCheckpoint>& found);

}  // namespace commune_watch::store
