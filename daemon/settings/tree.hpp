// A configuration text as a tree of values, each with the spot where it was written; the rest of settings
// sees this, never TOML's library.
#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/result.hpp"

namespace commune_watch {

// Line and column count from 1, columns in characters; `file` is Problems' number of the file.
struct Spot {
  int file = 0, line = 1, column = 1;
  friend auto operator<=>(const Spot&, const Spot&) = default;
};

struct Field;

struct Node {
  enum class Type : std::uint8_t { text, integer, boolean, date, list, table, other };
  Type type = Type::table;
  Spot at;                    // of the value; of the header for [tables] and [[lists of tables]]
  std::string text;           // text, date (2026-01-31), and what `other` looked like
  std::int64_t integer = 0;   // also 0/1 of a boolean and yyyymmdd of a date
  std::vector<Node> items;    // of a list
  std::vector<Field> fields;  // of a table, in the order of their spots

  [[nodiscard]] const Field* find(std::string_view key) const;
  [[nodiscard]] bool is_list_of_tables() const;
};

struct Field {
  std::string key;
  Spot at;  // of the key
  Node value;
};

// "a text", "a whole number" …, for messages.
std::string_view what_it_is(const Node& node);

// The text in TOML's "quotes", escaped.
std::string toml_text(std::string_view text);

// Where a text stops being TOML. `why` never quotes the text: it may be a password.
struct SyntaxError {
  Spot at;
  std::string why;
};
// Larger ones are refused.
inline constexpr std::size_t kMaxToml = 4 * 1024 * 1024;
inline constexpr std::string_view kTooLarge = "larger than 4 MiB; split it into conf.d/*.toml";
std::expected<Node, SyntaxError> parse_toml(std::string_view text, int file);

}  // namespace commune_watch
