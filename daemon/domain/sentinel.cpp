// Whether the gateway can see: losing the Internet beyond the router is no blindness, losing the cable or
// everybody is.
#include "domain/sentinel.hpp"

namespace commune_watch {

std::optional<Sentinel::Word> Sentinel::observe(const Surroundings& around) {
  const bool all_silent = around.segment_hosts > 0 && around.segment_silent >= around.segment_hosts;
  const auto answered_since = [&around](const Moment& since) {
    return around.device_answered && *around.device_answered >= since;
  };
  if (!blind_since_) {
    if (!around.carrier) {
      blind_since_ = around.at;
      return Word{true, around.at, reason_id("gateway-no-carrier")};
    }
    if (!all_silent || !around.segment_silent_since || answered_since(*around.segment_silent_since))
      return std::nullopt;
    blind_since_ = around.segment_silent_since;
    return Word{true, *blind_since_, reason_id("gateway-no-segment")};
  }
  if (!around.carrier || (all_silent && !answered_since(*blind_since_))) return std::nullopt;
  blind_since_.reset();
  return Word{false, around.at, ReasonId::none};
}

}  // namespace commune_watch
