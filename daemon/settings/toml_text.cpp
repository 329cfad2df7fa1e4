// TOML text into a tree: the only file that sees toml++ (it compiles slowly and stops at the first syntax
// error).
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <optional>

#include "domain/utf8.hpp"
#include "settings/tree.hpp"

namespace commune_watch {
namespace {

// toml++ recurses once per dotted key: a line of 100,000 of them overran the stack (measured, 3.3.0).
constexpr std::size_t kMaxLine = 4096;

Spot spot(const toml::source_region& region, int file) {
  return {file, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

Node convert(const toml::node& from, int file) {
  Node node;
  node.at = spot(from.source(), file);
  if (const auto* table = from.as_table()) {
    node.type = Node::Type::table;
    for (const auto& [key, value] : *table) {
      node.fields.push_back({std::string{key.str()}, spot(key.source(), file), convert(value, file)});
    }
    std::ranges::stable_sort(node.fields, {}, &Field::at);  // toml++ keeps them by name
  } else if (const auto* list = from.as_array()) {
    node.type = Node::Type::list;
    for (const auto& item : *list) node.items.push_back(convert(item, file));
  } else if (const auto* text = from.as_string()) {
    node.type = Node::Type::text;
    node.text = text->get();
  } else if (const auto* integer = from.as_integer()) {
    node.type = Node::Type::integer;
    node.integer = integer->get();
    node.text = std::to_string(node.integer);
  } else if (const auto* boolean = from.as_boolean()) {
    node.type = Node::Type::boolean;
    node.integer = boolean->get() ? 1 : 0;
    node.text = boolean->get() ? "true" : "false";
  } else if (const auto* date = from.as_date()) {
    node.type = Node::Type::date;
    const toml::date day = date->get();
    node.integer = day.year * 10000 + day.month * 100 + day.day;
    node.text = fmt::format("{:04}-{:02}-{:02}", day.year, day.month, day.day);
  } else {
    node.type = Node::Type::other;
  }
  return node;
}

// What toml++ says, in the operator's words and without what it saw: that may be half a password.
std::string reworded(std::string_view said) {
  struct Row {
    std::string_view theirs, ours;
  };
  constexpr Row kRows[] = {
      {"unknown escape", "an unknown escape sequence; write a text with backslashes in 'single quotes'"},
      {"not representable", "the number is too large"},
      {"could not determine value type",
       "this value is neither a number nor true/false; put a text in \"quotes\""},
      {"parsing boolean", "this value is neither a number nor true/false; put a text in \"quotes\""},
      {"end-of-file", "the text ends inside a value; a closing quote or bracket is missing before here"},
      {"parsing string", "a text that is not closed on its line; put the \" behind it"},
      {"exceeded maximum nested", "brackets within brackets, more than 256 deep"},
      {"control characters", "a control character; of these only tabs may stand here"},
      {"literal string", "a text that is not closed on its line; put the ' behind it"},
  };
  for (const Row& row : kRows) {
    if (said.find(row.theirs) != std::string_view::npos) return fmt::format("not valid TOML: {}", row.ours);
  }
  constexpr std::string_view kPrefix = "Error while parsing ";
  if (said.starts_with(kPrefix)) said.remove_prefix(kPrefix.size());
  return fmt::format("not valid TOML: {}", said.substr(0, said.find(", saw ")));
}

// What an editor or a transfer did to the file, told as that: to TOML it would be a text that is not closed
// or a key that is missing.
std::optional<SyntaxError> spoilt(std::string_view text, int file) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    return SyntaxError{{file, 1, 1}, "the file is UTF-16; save it as UTF-8"};
  Spot at{file, 1, 1};
  while (!text.empty()) {
    const Utf8 next = first_character(text);
    if (next.bytes == 0)
      return SyntaxError{at, "not UTF-8; save the file as UTF-8 (not as TCVN3, VNI or another old encoding)"};
    if (next.value == 0) return SyntaxError{at, "a NUL byte; the file is damaged, or not a text in UTF-8"};
    if (next.value == '\r' && !text.substr(1).starts_with('\n'))
      return SyntaxError{at, "a carriage return alone; save the file with line ends LF or CR LF"};
    text.remove_prefix(next.bytes);
    ++at.column;
    if (next.value == '\n') at = {file, at.line + 1, 1};
    if (next.value == 0xFEFF && at.line == 1 && at.column == 2)
      at.column = 1;  // a byte order mark has no width
  }
  return std::nullopt;
}

}  // namespace

std::expected<Node, SyntaxError> parse_toml(std::string_view text, int file) {
  if (text.size() > kMaxToml) return std::unexpected{SyntaxError{{file, 1, 1}, std::string{kTooLarge}}};
  if (auto what = spoilt(text, file)) return std::unexpected{std::move(*what)};
  int line = 1;
  for (std::size_t begin = 0; begin < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end - begin > kMaxLine)
      return std::unexpected{
          SyntaxError{{file, line, 1}, "a line longer than 4096 bytes; break the list over several lines"}};
    begin = end + 1;
  }
  try {
    const toml::table root = toml::parse(text);
    return convert(root, file);
  } catch (const toml::parse_error& error) {
    return std::unexpected{SyntaxError{spot(error.source(), file), reworded(error.description())}};
  }
}

}  // namespace commune_watch
