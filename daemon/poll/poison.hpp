// Which device kills probers: open in two deaths within ten minutes it is asked alone, after a third it is
// left alone for an hour.
#pragma once
#include <map>
#include <vector>

#include "domain/clock.hpp"
#include "domain/device.hpp"

namespace commune_watch {

enum class Manner : std::uint8_t { together, alone, shunned };

class Poison {
 public:
  static constexpr Millis kWindow = 10 * 60'000;
  static constexpr Millis kShunFor = 3'600'000;

  // A prober died while these were open; returns those shunned from now on (an alarm each).
  std::vector<DeviceId> died(const std::vector<DeviceId>& open, Millis now);
  [[nodiscard]] Manner manner(DeviceId device, Millis now) const;

 private:
  struct Past {
    std::vector<Millis> deaths;
    Millis shunned_until = 0;
  };
  std::map<DeviceId, Past> past_;
};

}  // namespace commune_watch
