// Deaths per device within the window; a death while asked alone proves the device guilty.
#include "poll/poison.hpp"

#include <algorithm>

namespace commune_watch {

std::vector<DeviceId> Poison::died(const std::vector<DeviceId>& open, Millis now) {
  std::vector<DeviceId> shunned;
  for (auto device : open) {
    auto& past = past_[device];
    std::erase_if(past.deaths, [&](Millis at) { return now - at >= kWindow; });
    past.deaths.push_back(now);
    if (past.deaths.size() >= 3) {
      past.shunned_until = now + kShunFor;
      past.deaths.clear();
      shunned.push_back(device);
    }
  }
  return shunned;
}

Manner Poison::manner(DeviceId device, Millis now) const {
  auto found = past_.find(device);
  if (found == past_.end()) return Manner::together;
  const auto& past = found->second;
  if (now < past.shunned_until) return Manner::shunned;
  const auto recent =
      std::count_if(past.deaths.begin(), past.deaths.end(), [&](Millis at) { return now - at < kWindow; });
  return recent >= 2 ? Manner::alone : Manner::together;
}

}  // namespace commune_watch
