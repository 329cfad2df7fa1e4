// Codes of outcomes, paths and facts, and device text made safe to store and show.
#include "domain/reading.hpp"

#include <algorithm>
#include <array>

#include "domain/utf8.hpp"

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
                                                          "credentialed-requests",
                                                          "channels",
                                                          "disks",
                                                          "clock-off-ms",
                                                          "recording",
                                                          "recorded-ago-s",
                                                          "recorded-days",
                                                          "picture-hash",
                                                          "picture-print",
                                                          "picture-infrared"};

bool blank(char32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029;
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
    const Utf8 next = first_character(raw);
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
    if (is_steering(next.value)) continue;
    if (words.size() + (gap ? 1 : 0) + bytes.size() > kMaxWords) break;
    if (gap) words += ' ';
    gap = false;
    words += bytes;
  }
  return words;
}

}  // namespace commune_watch
