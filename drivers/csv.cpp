// One pass, cell by cell.
#include "drivers/csv.hpp"

#include <algorithm>

namespace commune_watch {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

char separator_of(std::string_view line) {
  return std::ranges::max({',', ';', '\t'}, {}, [&](char c) { return std::ranges::count(line, c); });
}

bool is_end(char c) { return c == '\n' || c == '\r'; }

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") + 1 - first));
}

}  // namespace

CsvRows::CsvRows(std::string_view text) : left_(text) {
  if (left_.starts_with(kByteOrderMark)) left_.remove_prefix(kByteOrderMark.size());
  separator_ = separator_of(left_.substr(0, left_.find_first_of("\r\n")));
  broken_ = left_.find('\0') != std::string_view::npos;
}

std::optional<std::vector<std::string>> CsvRows::next() {
  const auto begin = std::ranges::find_if_not(left_, is_end);
  left_.remove_prefix(static_cast<std::size_t>(begin - left_.begin()));
  if (broken_ || left_.empty()) return std::nullopt;
  auto cells = row();
  if (columns_ == 0 && cells) columns_ = cells->size();
  const bool cut_off = cells && left_.empty() && cells->size() < columns_;
  broken_ = !cells || cut_off;
  return broken_ ? std::nullopt : std::move(cells);
}

// Up to the end of its line, which stays.
std::optional<std::vector<std::string>> CsvRows::row() {
  std::vector<std::string> cells;
  for (const auto begin = left_.size(); cells.size() < kMaxCells;) {
    auto found = cell();
    if (!found || begin - left_.size() > kMaxRow) return std::nullopt;
    cells.push_back(std::move(*found));
    if (left_.empty() || is_end(left_.front())) return cells;
    left_.remove_prefix(1);  // the separator
  }
  return std::nullopt;
}

// Up to a separator or the end of its line, which stays.
std::optional<std::string> CsvRows::cell() {
  if (!left_.starts_with('"')) {
    const auto end = std::ranges::find_if(left_, [&](char c) { return c == separator_ || is_end(c); });
    const auto size = static_cast<std::size_t>(end - left_.begin());
    std::string found = trimmed(left_.substr(0, size));
    left_.remove_prefix(size);
    return found;
  }
  std::string found;
  for (left_.remove_prefix(1);; left_.remove_prefix(1)) {
    const auto quote = left_.find('"');
    if (quote == std::string_view::npos || found.size() + quote > kMaxRow) return std::nullopt;
    found.append(left_.substr(0, quote));
    left_.remove_prefix(quote + 1);
    if (!left_.starts_with('"')) break;
    found.push_back('"');
  }
  if (!left_.empty() && left_.front() != separator_ && !is_end(left_.front())) return std::nullopt;
  return trimmed(found);
}

}  // namespace commune_watch
