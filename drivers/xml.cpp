// pugixml expands nothing and keeps no document type; what is left to bound is depth and number.
#include "drivers/xml.hpp"

#include <algorithm>
#include <charconv>
#include <pugixml.hpp>

namespace commune_watch::xml {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

// Before anything is built: how deep and how many, by counting tags. Inside comments and sections it counts
// too much, which no device will notice.
bool modest(std::string_view body) {
  std::size_t depth = 0, nodes = 0;
  std::size_t end = 0;
  for (auto at = body.find('<'); at != std::string_view::npos; at = body.find('<', end)) {
    end = at + 1;
    const char next = at + 1 < body.size() ? body[at + 1] : '\0';
    if (next == '!' || next == '?') {
      if (same_word(body.substr(at, 9), "<!DOCTYPE")) return false;
      continue;
    }
    if (next == '/') {
      depth -= std::min<std::size_t>(depth, 1);
      continue;
    }
    end = body.find('>', at);  // looked for once: what stands before it opens nothing
    if (end == std::string_view::npos || ++nodes > kMaxNodes) return false;
    if (body[end - 1] != '/' && ++depth > kMaxDepth) return false;
  }
  return nodes > 0;
}

std::string_view local(std::string_view name) { return name.substr(name.find(':') + 1); }  // npos + 1 is 0
std::string_view local_name(const pugi::xml_node& node) { return local(node.name()); }

std::optional<std::string> trimmed(std::string_view value, std::size_t most = kMaxText) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = value.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return std::nullopt;
  value = value.substr(first, value.find_last_not_of(kBlanks) + 1 - first);
  return std::string(value.substr(0, most));
}

struct Finder final : pugi::xml_tree_walker {
  explicit Finder(std::string_view wanted) : name(wanted) {}
  bool for_each(pugi::xml_node& node) override {
    if (node.type() != pugi::node_element || !same_word(local_name(node), name)) return true;
    found = node;
    return false;
  }
  std::string_view name;
  pugi::xml_node found;
};

}  // namespace

std::string_view Node::name() const { return local_name(pugi::xml_node(node_)); }

Node Node::child(std::string_view name) const {
  for (const pugi::xml_node& each : pugi::xml_node(node_).children())
    if (same_word(local_name(each), name)) return Node(each.internal_object());
  return {};
}

std::vector<Node> Node::children(std::string_view name) const {
  std::vector<Node> found;
  for (const pugi::xml_node& each : pugi::xml_node(node_).children())
    if (same_word(local_name(each), name)) found.push_back(Node(each.internal_object()));
  return found;
}

Node Node::at(std::string_view path) const {
  Node found = *this;
  while (found && !path.empty()) {
    const auto slash = path.find('/');
    found = found.child(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return found;
}

Node Node::find(std::string_view name) const {
  pugi::xml_node start(node_);
  if (!start || same_word(local_name(start), name)) return *this;
  Finder finder(name);
  start.traverse(finder);
  return Node(finder.found.internal_object());
}

std::optional<std::string> Node::text(std::size_t most) const {
  return trimmed(pugi::xml_node(node_).text().get(), most);
}

std::optional<std::string> Node::attribute(std::string_view name) const {
  for (const pugi::xml_attribute& each : pugi::xml_node(node_).attributes())
    if (same_word(local(each.name()), name)) return trimmed(each.value());
  return std::nullopt;
}

std::optional<std::int64_t> Node::integer() const {
  const auto words = text();
  if (!words) return std::nullopt;
  std::int64_t value = 0;
  const auto* const end = words->data() + words->size();
  const auto read = std::from_chars(words->data(), end, value);
  return read.ec == std::errc() && read.ptr == end ? std::optional(value) : std::nullopt;
}

std::optional<bool> Node::boolean() const {
  const auto words = text();
  if (!words) return std::nullopt;
  if (same_word(*words, "true") || *words == "1") return true;
  if (same_word(*words, "false") || *words == "0") return false;
  return std::nullopt;
}

Document::Document(std::string_view body) : document_(std::make_unique<pugi::xml_document>()) {
  if (!modest(body) || !document_->load_buffer(body.data(), body.size(), pugi::parse_default))
    document_->reset();
}

Document::~Document() = default;

Node Document::root() const { return Node(document_->document_element().internal_object()); }

}  // namespace commune_watch::xml
