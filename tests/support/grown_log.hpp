// A log as a gateway would keep it, signed with a key of its own: for tests of witnesses and those who ask
// them.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "evidence/note.hpp"
#include "evidence/tree.hpp"

namespace commune_watch {

class GrownLog {
 public:
  explicit GrownLog(std::string origin = "commune-watch/tan-phu/gw1", std::string story = "true")
      : key(evidence::SigningKey::make()), origin_(std::move(origin)), story_(std::move(story)) {}

  // The leaf n says `story`: two logs of different stories fork at the first leaf, or where tell() changes
  // it.
  void tell(std::string story) { story_ = std::move(story); }
  void grow(std::uint64_t by) {
    for (; by > 0; --by)
      frontier_.add(evidence::sha256(story_ + std::to_string(frontier_.size())),
                    [&](unsigned level, std::uint64_t pos, const evidence::Hash& hash) {
                      nodes_[{level, pos}] = hash;
                    });
    roots_[frontier_.size()] = frontier_.root();
  }
  [[nodiscard]] std::uint64_t size() const { return frontier_.size(); }
  [[nodiscard]] evidence::PublicKey public_key() const {
    return key.public_key(origin_, evidence::KeyUse::log);
  }

  // Of a size at which it once stopped growing.
  [[nodiscard]] evidence::Checkpoint checkpoint(std::uint64_t size) const {
    const auto found = roots_.find(size);
    return {origin_, size, found == roots_.end() ? evidence::empty_root() : found->second};
  }
  [[nodiscard]] std::string note(std::uint64_t size) const {
    const auto text = checkpoint(size).text();
    return evidence::Note{text, {evidence::sign(key, public_key(), text)}}.whole();
  }
  [[nodiscard]] std::vector<evidence::Hash> proof(std::uint64_t from, std::uint64_t to) const {
    return evidence::consistency_proof(from, to, [&](evidence::Node node) {
      return nodes_.at({node.level, node.pos});
    });
  }
  [[nodiscard]] std::string request(std::uint64_t from, std::uint64_t to) const {
    std::string body = "old " + std::to_string(from) + '\n';
    for (const auto& hash : proof(from, to)) body += evidence::base64(hash) + '\n';
    return body + '\n' + note(to);
  }

  evidence::SigningKey key;

 private:
  std::string origin_, story_;
  evidence::Frontier frontier_;
  std::map<std::pair<unsigned, std::uint64_t>, evidence::Hash> nodes_;
  std::map<std::uint64_t, evidence::Hash> roots_;
};

}  // namespace commune_watch
