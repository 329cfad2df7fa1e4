// The Merkle tree of RFC 6962 §2.1: roots, and proofs that one tree has grown out of another.
//
// A node (level, pos) is the hash of the leaves [pos << level, (pos + 1) << level); only complete ones have a
// name. Sizes are counts of leaves.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "evidence/bytes.hpp"

namespace commune_watch::evidence {

Hash node_hash(const Hash& left, const Hash& right);  // SHA-256(0x01 || left || right)
Hash empty_root();                                    // of no leaves: SHA-256 of nothing

// The largest complete subtrees of a growing tree, left to right: all that is needed to go on hashing.
class Frontier {
 public:
  Frontier() = default;
  // As base() gave them. Absent: not one hash per set bit of `size`.
  static std::optional<Frontier> of(std::uint64_t size, std::vector<Hash> base);

  // A node that has just become complete; those of one leaf (level 0) first.
  using Completed = std::function<void(unsigned level, std::uint64_t pos, const Hash& hash)>;
  void add(const Hash& leaf) { add(leaf, nullptr); }
  void add(const Hash& leaf, const Completed& completed);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Hash root() const;
  [[nodiscard]] const std::vector<Hash>& base() const { return base_; }

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> base_;
};

struct Node {
  unsigned level = 0;
  std::uint64_t pos = 0;
  friend bool operator==(const Node&, const Node&) = default;
};
// Names the complete subtrees of the leaves [0, size), left to right.
std::vector<Node> base_nodes(std::uint64_t size);

// The hash of a complete node; whoever hands it in answers for the log that it belongs to.
using NodeHash = std::function<Hash(Node node)>;

// PROOF(from, D[to]) of RFC 6962 §2.1.2, from <= to. Empty where from is 0 or to.
std::vector<Hash> consistency_proof(std::uint64_t from, std::uint64_t to, const NodeHash& hash);
// Whether the tree of `to` leaves has grown out of that of `from`. Foreign input: sizes and proof may be
// anything. From 0 leaves anything grows, with an empty proof.
bool consistent(std::uint64_t from, const Hash& from_root, std::uint64_t to, const Hash& to_root,
                std::span<const Hash> proof);

// PATH(leaf, D[size]) of RFC 6962 §2.1.1, leaf < size, and its check.
std::vector<Hash> inclusion_proof(std::uint64_t leaf, std::uint64_t size, const NodeHash& hash);
bool included(std::uint64_t leaf, const Hash& leaf_hash, std::uint64_t size, const Hash& root,
              std::span<const Hash> proof);

}  // namespace commune_watch::evidence
