// A table in a terminal: columns as wide as their text, counted in characters as people see them.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace commune_watch {

// Columns that a UTF-8 text takes: combining marks none, everything else one (Vietnamese and Latin text).
std::size_t columns(std::string_view text);
// At most `most` columns; cut texts end with "…".
std::string cut(std::string_view text, std::size_t most);

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> titles) : rows_{std::move(titles)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void section(std::string title);  // a line of its own between rows
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace commune_watch
