// One TOML table while it is read: typed keys with errors at their spots; what was asked for is what is
// known, the rest is refused.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domain/clock.hpp"
#include "settings/problems.hpp"
#include "settings/tree.hpp"

namespace commune_watch {

class Table {
 public:
  enum class Need : bool { optional, required };

  // `header` names the table in messages ("[[camera]]"). Node and problems are borrowed.
  Table(const Node& node, std::string header, Problems& problems)
      : node_(node), header_(std::move(header)), problems_(problems) {}

  // The key's field; asking makes the key known.
  const Field* field(std::string_view key);
  [[nodiscard]] bool has(std::string_view key) const { return node_.find(key) != nullptr; }
  [[nodiscard]] Spot at(
      std::string_view key) const;  // of the value, or of the header where the key is missing
  [[nodiscard]] Spot header_at() const { return node_.at; }
  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] const std::string& header() const { return header_; }

  // Each returns its neutral value (or the fallback) after an error, so that reading goes on and finds the
  // next one.
  std::string text(std::string_view key,
                   Need need = Need::optional);  // NFC, no control characters, at most 512 bytes
  std::string id(std::string_view key, Need need = Need::optional);  // also references to ids
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t low, std::int64_t high);
  bool boolean(std::string_view key, bool fallback);
  std::optional<Millis> duration(std::string_view key, Millis low, Millis high);
  struct Item {
    std::string text;
    Spot at;
  };
  std::vector<Item> list(std::string_view key);  // of texts

  void wrong(std::string_view key, std::string_view why) { problems_.error(at(key), key, why); }
  void missing(std::string_view key, std::string_view why);  // at the header: "missing; <why>"
  void misplaced(std::string_view key,
                 std::string_view why);  // refuses the key, if it is there, with this reason
  void refuse_unknown();                 // last: every key that nobody asked for

 private:
  const Node* typed(std::string_view key, Node::Type type, std::string_view wanted);

  const Node& node_;
  std::string header_;
  Problems& problems_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace commune_watch
