// Collecting, sorting and wording of configuration errors.
#include "settings/problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace commune_watch {
namespace {

constexpr std::size_t kMaxWord = 64;
constexpr std::size_t kMostTold = 200;  // nobody reads on, and a broken generator may have written a million

// Edits between two words of at most kMaxWord, a swap of neighbours counting as one (optimal string
// alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::array<std::size_t, kMaxWord + 1>, 3> rows{};  // of i - 2, i - 1 and i, in turn
  for (std::size_t i = 0; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        row[j] = i + j;
        continue;
      }
      const auto& above = rows[(i + 2) % 3];
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swap) row[j] = std::min(row[j], rows[(i + 1) % 3][j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

// A quoted key or a file name may carry line breaks: no message becomes two lines of a log.
std::string one_line(std::string_view text) {
  std::string line{text.substr(0, 300)};
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return line;
}

}  // namespace

int Problems::add_file(std::string_view path) {
  files_.push_back(one_line(path));
  return static_cast<int>(files_.size()) - 1;
}

std::string Problems::line_of(Spot at) const {
  const auto index = static_cast<std::size_t>(at.file);
  return fmt::format("{}:{}", index < files_.size() ? files_[index] : "?", at.line);
}

std::string Problems::place(Spot at) const { return fmt::format("{}:{}", line_of(at), at.column); }

void Problems::add(std::vector<Problem>& list, Spot at, std::string_view key, std::string_view why) {
  list.push_back({at, one_line(key), one_line(why)});
}

std::vector<std::string> Problems::told(std::vector<Problem> list) const {
  std::ranges::sort(list);
  const auto repeated = std::ranges::unique(list);  // one model file may be read for many devices
  list.erase(repeated.begin(), repeated.end());
  std::vector<std::string> texts;
  for (const Problem& problem : list) {
    if (texts.size() == kMostTold) {
      texts.push_back(fmt::format("{}: {}: and {} more from here on; mend those above first",
                                  place(problem.at), problem.key, list.size() - kMostTold));
      break;
    }
    texts.push_back(fmt::format("{}: {}: {}", place(problem.at), problem.key, problem.why));
  }
  return texts;
}

std::string hint(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.size() > kMaxWord) return {};
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t longer = std::max(word.size(), candidate.size()),
                      shorter = std::min(word.size(), candidate.size());
    if (candidate.size() > kMaxWord || longer - shorter >= least) continue;
    const std::size_t edits = distance(word, candidate);
    if (edits < least && edits < candidate.size()) {
      least = edits;
      best = candidate;
    }
  }
  return best.empty() ? std::string{} : fmt::format("; did you mean '{}'?", best);
}

}  // namespace commune_watch
