// The names of log records, as MQTT, the API and `history` show them.
#include "domain/log.hpp"

#include <array>

namespace commune_watch {
namespace {
constexpr std::array<std::string_view, 18> kCodes{
    "genesis", "run",       "stop",     "anchor",   "config",      "terms",
    "change",  "blip",      "incident", "identity", "maintenance", "correction",
    "session", "heartbeat", "day",      "key",      "restore",     "login-block"};
static_assert(kCodes.size() == static_cast<std::size_t>(LogKind::login_block) + 1);
}  // namespace

std::string_view code(LogKind kind) { return kCodes.at(static_cast<std::size_t>(kind)); }

}  // namespace commune_watch
