// Pads with spaces; the last column is never padded.
#include "cli/text_table.hpp"

#include <algorithm>

namespace commune_watch {
namespace {

std::size_t next_character(std::string_view text, std::size_t at, bool& counts) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // U+0300..U+036F, combining marks
  counts = !(lead == 0xCC ||
             (lead == 0xCD && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xB0));
  return std::min(size, text.size() - at);
}

}  // namespace

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size();) {
    bool counts = true;
    at += next_character(text, at, counts);
    count += counts ? 1 : 0;
  }
  return count;
}

std::string cut(std::string_view text, std::size_t most) {
  if (columns(text) <= most) return std::string(text);
  std::size_t count = 0, at = 0;
  while (at < text.size() && count + 1 < most) {
    bool counts = true;
    at += next_character(text, at, counts);
    count += counts ? 1 : 0;
  }
  return std::string(text.substr(0, at)) + "…";
}

void TextTable::section(std::string title) { rows_.push_back({std::move(title)}); }

std::string TextTable::text() const {
  const auto width = rows_.front().size();
  std::vector<std::size_t> widths(width, 0);
  for (const auto& row : rows_) {
    if (row.size() != width) continue;
    for (std::size_t i = 0; i < width; ++i) widths[i] = std::max(widths[i], columns(row[i]));
  }
  std::string out;
  for (const auto& row : rows_) {
    if (row.size() != width) {
      out += row.front() + "\n";
      continue;
    }
    for (std::size_t i = 0; i < width; ++i) {
      out += row[i];
      if (i + 1 < width) out.append(widths[i] - columns(row[i]) + 2, ' ');
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += "\n";
  }
  return out;
}

}  // namespace commune_watch
