// Typed reading of one TOML table.
#include "settings/table.hpp"

#include <fmt/format.h>

#include "settings/vietnamese.hpp"
#include "settings/words.hpp"

namespace commune_watch {
namespace {

constexpr std::size_t kMaxText = 512;

std::string trouble_with_text(std::string_view text) {
  if (text.size() > kMaxText) return "longer than 512 bytes";
  if (!is_plain_text(text)) return "contains control characters";
  return {};
}

}  // namespace

const Field* Table::field(std::string_view key) {
  known_.emplace(key);
  return node_.find(key);
}

Spot Table::at(std::string_view key) const {
  const Field* found = node_.find(key);
  return found == nullptr ? node_.at : found->value.at;
}

const Node* Table::typed(std::string_view key, Node::Type type, std::string_view wanted) {
  const Field* found = field(key);
  if (found == nullptr) return nullptr;
  if (found->value.type == type) return &found->value;
  wrong(key, fmt::format("is {}; write {}", what_it_is(found->value), wanted));
  return nullptr;
}

std::string Table::text(std::string_view key, Need need) {
  const bool written = field(key) != nullptr;
  if (!written && need == Need::required) missing(key, fmt::format("{} needs it", header_));
  const Node* value = typed(key, Node::Type::text, "a text in \"quotes\"");
  if (value == nullptr) return {};
  if (const std::string why = trouble_with_text(value->text); !why.empty()) {
    wrong(key, why);
    return {};
  }
  if (value->text.empty() && need == Need::required) wrong(key, "empty");
  return composed(value->text);
}

std::string Table::id(std::string_view key, Need need) {
  const bool written = field(key) != nullptr;
  if (!written && need == Need::required) missing(key, fmt::format("{} needs it", header_));
  const Node* value = typed(key, Node::Type::text, "an id in \"quotes\"");
  if (value == nullptr) return {};
  if (const std::string why = trouble_with_id(value->text); !why.empty()) {
    wrong(key, why);
    return {};
  }
  return value->text;
}

std::optional<std::int64_t> Table::integer(std::string_view key, std::int64_t low, std::int64_t high) {
  const Node* value = typed(key, Node::Type::integer, "a whole number without quotes");
  if (value == nullptr) return std::nullopt;
  if (value->integer >= low && value->integer <= high) return value->integer;
  wrong(key, fmt::format("must be between {} and {}", low, high));
  return std::nullopt;
}

bool Table::boolean(std::string_view key, bool fallback) {
  const Node* value = typed(key, Node::Type::boolean, "true or false without quotes");
  return value == nullptr ? fallback : value->integer != 0;
}

std::optional<Millis> Table::duration(std::string_view key, Millis low, Millis high) {
  const Node* value =
      typed(key, Node::Type::text, "a duration in quotes with its unit: \"60s\", \"5min\", \"2h\"");
  if (value == nullptr) return std::nullopt;
  const auto parsed = parse_duration(value->text);
  if (!parsed) {
    wrong(key, parsed.error().why);
    return std::nullopt;
  }
  if (*parsed >= low && *parsed <= high) return *parsed;
  wrong(key, fmt::format("must be between {} and {}", duration_text(low), duration_text(high)));
  return std::nullopt;
}

std::vector<Table::Item> Table::list(std::string_view key) {
  std::vector<Item> items;
  const Node* value = typed(key, Node::Type::list, "a list: [\"…\", \"…\"]");
  if (value == nullptr) return items;
  for (const Node& item : value->items) {
    std::string why = item.type == Node::Type::text
                          ? trouble_with_text(item.text)
                          : fmt::format("is {}; the list is of texts in \"quotes\"", what_it_is(item));
    if (why.empty() && item.text.empty()) why = "empty";
    if (why.empty()) {
      items.push_back({composed(item.text), item.at});
    } else {
      problems_.error(item.at, key, why);
    }
  }
  return items;
}

void Table::missing(std::string_view key, std::string_view why) {
  problems_.error(node_.at, key, fmt::format("missing; {}", why));
}

void Table::misplaced(std::string_view key, std::string_view why) {
  if (const Field* found = field(key)) problems_.error(found->at, key, why);
}

void Table::refuse_unknown() {
  const std::vector<std::string_view> candidates{known_.begin(), known_.end()};
  for (const Field& entry : node_.fields) {
    if (!known_.contains(entry.key)) {
      problems_.error(entry.at, entry.key,
                      fmt::format("unknown key in {}{}", header_, hint(entry.key, candidates)));
    }
  }
}

}  // namespace commune_watch
