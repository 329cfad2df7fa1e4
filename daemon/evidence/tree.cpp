// Growth by carrying, as in binary addition; proofs by the recursion of RFC 6962, checks by RFC 9162
// §2.1.3–2.1.4.
#include "evidence/tree.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace commune_watch::evidence {
namespace {

// The largest power of two that is smaller than size; size > 1.
std::uint64_t split(std::uint64_t size) { return std::bit_floor(size - 1); }

// MTH of the leaves [from, to), of which every complete aligned part has a name.
Hash subtree(std::uint64_t from, std::uint64_t to, const NodeHash& hash) {
  const auto size = to - from;
  if (std::has_single_bit(size) && from % size == 0) {
    const auto level = static_cast<unsigned>(std::countr_zero(size));
    return hash({level, from >> level});
  }
  const auto middle = from + split(size);
  const Hash left = subtree(from, middle, hash), right = subtree(middle, to, hash);
  return node_hash(left, right);
}

// SUBPROOF(m, D[from:to], whole), m counted from `from`.
void subproof(std::uint64_t m, std::uint64_t from, std::uint64_t to, bool whole, const NodeHash& hash,
              std::vector<Hash>& proof) {
  const auto size = to - from;
  if (m == size) {
    if (!whole) proof.push_back(subtree(from, to, hash));
    return;
  }
  const auto k = split(size);
  if (m <= k) {
    subproof(m, from, from + k, whole, hash, proof);
    proof.push_back(subtree(from + k, to, hash));
  } else {
    subproof(m - k, from + k, to, false, hash, proof);
    proof.push_back(subtree(from, from + k, hash));
  }
}

void path(std::uint64_t leaf, std::uint64_t from, std::uint64_t to, const NodeHash& hash,
          std::vector<Hash>& proof) {
  const auto size = to - from;
  if (size == 1) return;
  const auto k = split(size);
  if (leaf < k) {
    path(leaf, from, from + k, hash, proof);
    proof.push_back(subtree(from + k, to, hash));
  } else {
    path(leaf - k, from + k, to, hash, proof);
    proof.push_back(subtree(from, from + k, hash));
  }
}

}  // namespace

Hash node_hash(const Hash& left, const Hash& right) {
  std::array<std::byte, 65> bytes{std::byte{1}};
  std::ranges::copy(left, bytes.begin() + 1);
  std::ranges::copy(right, bytes.begin() + 33);
  return sha256(bytes);
}

Hash empty_root() { return sha256(std::string_view()); }

std::optional<Frontier> Frontier::of(std::uint64_t size, std::vector<Hash> base) {
  if (base.size() != static_cast<std::size_t>(std::popcount(size))) return std::nullopt;
  Frontier frontier;
  frontier.size_ = size;
  frontier.base_ = std::move(base);
  return frontier;
}

void Frontier::add(const Hash& leaf, const Completed& completed) {
  Hash hash = leaf;
  if (completed) completed(0, size_, hash);
  for (unsigned level = 0; (size_ >> level & 1U) != 0; ++level) {
    hash = node_hash(base_.back(), hash);
    base_.pop_back();
    if (completed) completed(level + 1, size_ >> (level + 1), hash);
  }
  base_.push_back(hash);
  ++size_;
}

Hash Frontier::root() const {
  if (base_.empty()) return empty_root();
  Hash hash = base_.back();
  for (auto left = base_.rbegin() + 1; left != base_.rend(); ++left) hash = node_hash(*left, hash);
  return hash;
}

std::vector<Node> base_nodes(std::uint64_t size) {
  std::vector<Node> nodes;
  std::uint64_t from = 0;
  for (unsigned level = 64; level-- > 0;) {
    if ((size >> level & 1U) == 0) continue;
    nodes.push_back({level, from >> level});
    from += std::uint64_t{1} << level;
  }
  return nodes;
}

std::vector<Hash> consistency_proof(std::uint64_t from, std::uint64_t to, const NodeHash& hash) {
  std::vector<Hash> proof;
  if (from != 0 && from < to) subproof(from, 0, to, true, hash, proof);
  return proof;
}

bool consistent(std::uint64_t from, const Hash& from_root, std::uint64_t to, const Hash& to_root,
                std::span<const Hash> proof) {
  if (from > to) return false;
  if (from == to) return proof.empty() && from_root == to_root;
  if (from == 0) return proof.empty() && from_root == empty_root();
  std::uint64_t fn = from - 1, sn = to - 1;
  while ((fn & 1U) != 0) {
    fn >>= 1U;
    sn >>= 1U;
  }
  std::size_t next = 0;
  Hash fr = from_root;
  if (fn != 0) {  // otherwise `from` is a power of two, and its root is where both begin
    if (proof.empty()) return false;
    fr = proof[next++];
  }
  Hash sr = fr;
  for (; next < proof.size(); ++next) {
    if (sn == 0) return false;
    if ((fn & 1U) != 0 || fn == sn) {
      fr = node_hash(proof[next], fr);
      sr = node_hash(proof[next], sr);
      while (fn != 0 && (fn & 1U) == 0) {
        fn >>= 1U;
        sn >>= 1U;
      }
    } else {
      sr = node_hash(sr, proof[next]);
    }
    fn >>= 1U;
    sn >>= 1U;
  }
  return sn == 0 && fr == from_root && sr == to_root;
}

std::vector<Hash> inclusion_proof(std::uint64_t leaf, std::uint64_t size, const NodeHash& hash) {
  std::vector<Hash> proof;
  if (leaf < size) path(leaf, 0, size, hash, proof);
  return proof;
}

bool included(std::uint64_t leaf, const Hash& leaf_hash, std::uint64_t size, const Hash& root,
              std::span<const Hash> proof) {
  if (leaf >= size) return false;
  std::uint64_t fn = leaf, sn = size - 1;
  Hash hash = leaf_hash;
  for (const Hash& beside : proof) {
    if (sn == 0) return false;
    if ((fn & 1U) != 0 || fn == sn) {
      hash = node_hash(beside, hash);
      while (fn != 0 && (fn & 1U) == 0) {
        fn >>= 1U;
        sn >>= 1U;
      }
    } else {
      hash = node_hash(hash, beside);
    }
    fn >>= 1U;
    sn >>= 1U;
  }
  return sn == 0 && hash == root;
}

}  // namespace commune_watch::evidence
