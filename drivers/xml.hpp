// XML that a device sent, read by local names: makers change the namespace with every firmware.
//
// No document type, no entities beyond the five, at most kMaxDepth levels and kMaxNodes elements: hostile
// text costs bounded memory and is "not XML". A name matches whatever the case of its letters.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pugi {
class xml_document;      // NOLINT(readability-identifier-naming): pugixml's
struct xml_node_struct;  // NOLINT(readability-identifier-naming): pugixml's
}  // namespace pugi

namespace commune_watch::xml {

inline constexpr std::size_t kMaxDepth = 32;
inline constexpr std::size_t kMaxNodes = 100'000;
inline constexpr std::size_t kMaxText = 256;  // bytes

// An element, or none; what is asked of none is none. Valid while its document lives.
class Node {
 public:
  Node() = default;
  explicit operator bool() const { return node_ != nullptr; }
  [[nodiscard]] std::string_view name() const;  // "Body" of <s:Body>

  [[nodiscard]] Node child(std::string_view name) const;  // the first of that name
  [[nodiscard]] std::vector<Node> children(std::string_view name) const;
  [[nodiscard]] Node at(std::string_view path) const;    // "Time/Hour"
  [[nodiscard]] Node find(std::string_view name) const;  // itself or the first below it

  // Without blanks at the ends, cut at `most` bytes; absent where there is none.
  [[nodiscard]] std::optional<std::string> text(std::size_t most = kMaxText) const;
  [[nodiscard]] std::optional<std::string> attribute(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> integer() const;
  [[nodiscard]] std::optional<bool> boolean() const;  // true, false, 1, 0

 private:
  friend class Document;
  explicit Node(pugi::xml_node_struct* node) : node_(node) {}
  pugi::xml_node_struct* node_ = nullptr;
};

class Document {
 public:
  explicit Document(std::string_view body);
  ~Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;
  [[nodiscard]] Node root() const;  // none: it is not XML as above

 private:
  std::unique_ptr<pugi::xml_document> document_;
};

}  // namespace commune_watch::xml
