// The tree against the published vectors of Certificate Transparency (RFC 6962's reference implementation),
// and against itself over all small sizes.
#include "evidence/tree.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "evidence/leaf.hpp"

namespace commune_watch::evidence {
namespace {

std::string unhex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  return bytes;
}

constexpr std::array<std::string_view, 8> kLeaves{
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
constexpr std::array<std::string_view, 9> kRoots{
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

// A tree with all its complete nodes kept.
struct Kept {
  Frontier frontier;
  std::map<std::pair<unsigned, std::uint64_t>, Hash> nodes;
  std::vector<Hash> leaves, roots{empty_root()};

  void add(const Hash& leaf) {
    leaves.push_back(leaf);
    frontier.add(leaf, [&](unsigned level, std::uint64_t pos, const Hash& hash) {
      nodes[{level, pos}] = hash;
    });
    roots.push_back(frontier.root());
  }
  NodeHash reader() {
    return [this](Node node) { return nodes.at({node.level, node.pos}); };
  }
};

Kept published() {
  Kept tree;
  for (const auto leaf : kLeaves) tree.add(leaf_hash(unhex(leaf)));
  return tree;
}

Kept of(int leaves) {
  Kept tree;
  for (int i = 0; i < leaves; ++i) tree.add(leaf_hash("leaf " + std::to_string(i)));
  return tree;
}

std::vector<std::string> in_hex(const std::vector<Hash>& hashes) {
  std::vector<std::string> all;
  for (const auto& hash : hashes) all.push_back(hex(hash));
  return all;
}

TEST(Tree, RootsAreThePublishedOnes) {
  const Kept tree = published();
  for (std::size_t size = 0; size < kRoots.size(); ++size)
    EXPECT_EQ(hex(tree.roots[size]), kRoots[size]) << size;
}

TEST(Tree, ConsistencyProofsAreThePublishedOnes) {
  Kept tree = published();
  using Proof = std::vector<std::string>;
  EXPECT_EQ(in_hex(consistency_proof(1, 1, tree.reader())), Proof{});
  EXPECT_EQ(in_hex(consistency_proof(1, 8, tree.reader())),
            (Proof{"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                   "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                   "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}));
  EXPECT_EQ(in_hex(consistency_proof(6, 8, tree.reader())),
            (Proof{"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                   "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                   "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
  EXPECT_EQ(in_hex(consistency_proof(2, 5, tree.reader())),
            (Proof{"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                   "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}));
}

TEST(Tree, InclusionProofsAreThePublishedOnes) {
  Kept tree = published();
  using Proof = std::vector<std::string>;
  EXPECT_EQ(in_hex(inclusion_proof(0, 8, tree.reader())),
            (Proof{"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                   "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                   "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}));
  EXPECT_EQ(in_hex(inclusion_proof(2, 3, tree.reader())),
            (Proof{"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}));
}

TEST(Tree, EveryTreeIsConsistentWithEachThatItGrewOutOfAndWithNoOther) {
  Kept tree = of(70);
  const Hash other = sha256(std::string_view("another tree"));
  for (std::uint64_t to = 0; to <= 70; ++to) {
    for (std::uint64_t from = 0; from <= to; ++from) {
      const auto proof = consistency_proof(from, to, tree.reader());
      EXPECT_TRUE(consistent(from, tree.roots[from], to, tree.roots[to], proof)) << from << " " << to;
      EXPECT_FALSE(from > 0 && consistent(from, tree.roots[from], to, other, proof)) << from << " " << to;
      EXPECT_FALSE(from > 0 && consistent(from, other, to, tree.roots[to], proof)) << from << " " << to;
      if (!proof.empty()) {
        auto shorter = proof;
        shorter.pop_back();
        EXPECT_FALSE(consistent(from, tree.roots[from], to, tree.roots[to], shorter));
      }
      auto longer = proof;
      longer.push_back(other);
      EXPECT_FALSE(consistent(from, tree.roots[from], to, tree.roots[to], longer));
    }
  }
  EXPECT_FALSE(consistent(5, tree.roots[5], 4, tree.roots[4], {})) << "a tree never shrinks";
}

TEST(Tree, EveryLeafIsIncludedWhereItIsAndNowhereElse) {
  Kept tree = of(40);
  for (std::uint64_t size = 1; size <= 40; ++size) {
    for (std::uint64_t leaf = 0; leaf < size; ++leaf) {
      const auto proof = inclusion_proof(leaf, size, tree.reader());
      EXPECT_TRUE(included(leaf, tree.leaves[leaf], size, tree.roots[size], proof));
      EXPECT_FALSE(included((leaf + 1) % size, tree.leaves[leaf], size, tree.roots[size], proof) && size > 1);
    }
  }
  EXPECT_FALSE(included(3, tree.leaves[3], 3, tree.roots[3], {}));
}

TEST(Tree, GoesOnFromTheBaseOfAnySize) {
  Kept tree = of(40);
  for (std::uint64_t first = 0; first <= 40; ++first) {
    std::vector<Hash> base;
    for (const Node node : base_nodes(first)) base.push_back(tree.nodes.at({node.level, node.pos}));
    auto frontier = Frontier::of(first, base);
    ASSERT_TRUE(frontier);
    EXPECT_EQ(frontier->root(), tree.roots[first]);
    for (auto leaf = first; leaf < 40; ++leaf) frontier->add(tree.leaves[leaf]);
    EXPECT_EQ(frontier->root(), tree.roots[40]);
  }
  EXPECT_FALSE(Frontier::of(3, {empty_root()})) << "3 leaves are two complete subtrees";
}

TEST(Leaf, IsALineThatHoldsKindMomentAndTheBodyVerbatim) {
  Record record;
  record.at = {2, 1'234};
  record.kind = LogKind::login_block;
  record.body = R"({"why":"mất điện, [\"x\"]"})";
  const auto line = leaf(record);
  EXPECT_EQ(line, R"(["login-block",2,1234,{"why":"mất điện, [\"x\"]"}])");
  const auto back = read_leaf(line);
  ASSERT_TRUE(back) << back.error().why;
  EXPECT_EQ(back->at, record.at);
  EXPECT_EQ(back->kind, record.kind);
  EXPECT_EQ(back->body, record.body);
}

TEST(Leaf, IsRefusedWhereItIsNotWrittenTheOneWay) {
  for (const auto* line :
       {"", "[]", R"(["stop",1,2])", R"(["stop",01,2,{}])", R"(["stop",-1,2,{}])", R"(["stop",1,+2,{}])",
        R"(["nothing",1,2,{}])", R"( ["stop",1,2,{}])", R"(["stop",1, 2,{}])", R"(["stop",1,2,{}] )",
        R"(["stop",4294967296,2,{}])", R"(["stop",1,1125899906842625,{}])", R"(["stop" ,1,2,{}])"})
    EXPECT_FALSE(read_leaf(line)) << line;
}

}  // namespace
}  // namespace commune_watch::evidence
