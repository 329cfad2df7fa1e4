// Codes of outcomes, paths and facts, and device text made safe to store and show.
#include "domain/reading.hpp"

#include <algorithm>
#include <array>

namespace commune_watch {
namespace {

constexpr std::array<std::string_view, 4> kOutcomes{"ok", "failed", "unknown", "not-tested"};
constexpr std::array<std::string_view, 3> kPaths{"device", "monitor", "witness"};
constexpr std::array<std::string_view, kFacts> kFactCodes{"round-trip-us",
                                                          "connect-us",
                                                          "status-code",
                                                          "body-bytes",
                                                          "certificate-days-left",
                                                          "rtp-packets",
                                                          "rtp-lost",
                                                          "rtp-jitter-us",
                                                          "frames-per-second-milli",
                                                          "kilobits-per-second",
                                                          "key-frame-bytes",
                                                          "key-frame-after-ms",
                                                          "listeners",
                                                          "connected-seconds",
                                                          "credentialed-requests"};

// One character of UTF-8 (RFC 3629: no overlong forms, no surrogates); bytes = 0 where there is none.
struct Character {
  char32_t value = 0;
  std::size_t bytes = 0;
};

Character character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xC2 && first <= 0xDF   ? 2
                            : (first & 0xF0U) == 0xE0        ? 3
                            : first >= 0xF0 && first <= 0xF4 ? 4
                                                             : 0;
  if (bytes == 0 || text.size() < bytes) return {};
  char32_t value = first & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, bytes};
}

bool blank(char32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029;
}

// What moves a terminal's cursor, turns the direction of a line or hides text.
bool hidden(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         (c >= 0xFFF9 && c <= 0xFFFB);
}

}  // namespace

std::string_view code(Outcome outcome) { return kOutcomes.at(static_cast<std::size_t>(outcome)); }
std::string_view code(Path path) { return kPaths.at(static_cast<std::size_t>(path)); }
std::string_view code(FactId fact) { return kFactCodes.at(static_cast<std::size_t>(fact)); }

std::optional<FactId> fact_of(std::string_view code) {
  const auto* const found = std::find(kFactCodes.begin(), kFactCodes.end(), code);
  if (found == kFactCodes.end()) return std::nullopt;
  return static_cast<FactId>(found - kFactCodes.begin());
}

const Check* first_trouble(const Finding& finding) {
  const auto found = std::find_if(finding.checks.begin(), finding.checks.end(), [](const Check& check) {
    return check.outcome == Outcome::failed || check.outcome == Outcome::unknown;
  });
  return found == finding.checks.end() ? nullptr : &*found;
}

std::string clean_words(std::string_view raw) {
  std::string words;
  words.reserve(std::min(raw.size(), kMaxWords));
  bool gap = false;
  while (!raw.empty()) {
    const Character next = character(raw);
    if (next.bytes == 0) {
      raw.remove_prefix(1);
      continue;
    }
    const std::string_view bytes = raw.substr(0, next.bytes);
    raw.remove_prefix(next.bytes);
    if (blank(next.value)) {
      gap = !words.empty();
      continue;
    }
    if (hidden(next.value)) continue;
    if (words.size() + (gap ? 1 : 0) + bytes.size() > kMaxWords) break;
    if (gap) words += ' ';
    gap = false;
    words += bytes;
  }
  return words;
}

}  // namespace commune_watch
