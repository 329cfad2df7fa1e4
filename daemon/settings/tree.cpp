// The tree's few questions about itself.
#include "settings/tree.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace commune_watch {

const Field* Node::find(std::string_view key) const {
  const auto found = std::ranges::find(fields, key, &Field::key);
  return found == fields.end() ? nullptr : &*found;
}

bool Node::is_list_of_tables() const {
  return type == Type::list && !items.empty() &&
         std::ranges::all_of(items, [](const Node& item) { return item.type == Type::table; });
}

std::string_view what_it_is(const Node& node) {
  switch (node.type) {
    case Node::Type::text:
      return "a text";
    case Node::Type::integer:
      return "a whole number";
    case Node::Type::boolean:
      return "true or false";
    case Node::Type::date:
      return "a date";
    case Node::Type::list:
      return node.is_list_of_tables() ? "a list of tables" : "a list";
    case Node::Type::table:
      return "a table";
    case Node::Type::other:
      return "a fraction or a time";
  }
  return "something else";
}

std::string toml_text(std::string_view text) {
  std::string out{'"'};
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace commune_watch
