// Tables as platforms and spreadsheets export them: RFC 4180, and what is written in its place (semicolons or
// tabs, a byte order mark).
//
// Pure, on foreign bytes.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace commune_watch {

// Row by row; the text outlives it. The separator is that of comma, semicolon and tab which the first line
// has most of.
class CsvRows {
 public:
  static constexpr std::size_t kMaxCells = 256, kMaxRow = 16 * 1024;  // cells, bytes

  explicit CsvRows(std::string_view text);  // UTF-8

  // Its cells, unquoted and without blanks around them; empty lines are no rows. Absent: there is none left,
  // or it is broken.
  std::optional<std::vector<std::string>> next();
  // A quote that does not end, a row beyond the limits or of fewer cells than the first at the very end (an
  // export that was cut off), a NUL (UTF-16).
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  std::optional<std::vector<std::string>> row();
  std::optional<std::string> cell();

  std::string_view left_;
  char separator_ = ',';
  std::size_t columns_ = 0;
  bool broken_ = false;
};

}  // namespace commune_watch
