// The names of log records, as MQTT, the API and `history` show them.
#include "domain/log.hpp"

#include <algorithm>
#include <array>

namespace commune_watch {
namespace {
constexpr std::array<std::string_view, 22> kCodes{
    "genesis",  "run",         "stop",        "anchor",     "config",      "terms",     "change", "blip",
    "incident", "identity",    "maintenance", "correction", "session",     "heartbeat", "day",    "key",
    "restore",  "login-block", "opening",     "must-have",  "declaration", "export"};
static_assert(kCodes.size() == static_cast<std::size_t>(LogKind::exported) + 1);
}  // namespace

std::string_view code(LogKind kind) { return kCodes.at(static_cast<std::size_t>(kind)); }

std::optional<LogKind> log_kind_of(std::string_view code) {
  const auto found = std::ranges::find(kCodes, code);
  if (found == kCodes.end()) return std::nullopt;
  return static_cast<LogKind>(found - kCodes.begin());
}

std::string_view epoch_at(std::string_view first, const std::vector<Epoch>& later, Seq seq) {
  std::string_view epoch = first;
  for (const auto& one : later) {  // ascending
    if (one.from <= seq) epoch = one.name;
  }
  return epoch;
}

}  // namespace commune_watch
