// Absolute ticks and the phases that spread a fleet over an interval.
#include "domain/schedule.hpp"

#include <algorithm>

namespace commune_watch {

Millis Ticks::after(Millis now) const {
  const Millis step = std::max<Millis>(interval, 1);
  const Millis offset = now - phase;
  const Millis passed = offset / step - (offset % step < 0 ? 1 : 0);  // floor, also before the first tick
  return phase + (passed + 1) * step;
}

Ticks ticks(DeviceId device, Millis interval) {
  // Fibonacci hashing (Knuth, TAOCP 3, 6.4): ids are small and consecutive, and multiples of the golden ratio
  // modulo 1 are the most even spread that needs no knowledge of how many there are.
  constexpr std::uint32_t kGolden = 2'654'435'769U;
  const std::uint64_t fraction =
      static_cast<std::uint32_t>(device) * kGolden;  // wraps: the fraction in 1/2^32
  const auto step = static_cast<std::uint64_t>(std::clamp<Millis>(interval, 1, 0x7fff'ffff));
  return Ticks{std::max<Millis>(interval, 1), static_cast<Millis>((fraction * step) >> 32U)};
}

Millis first_ask(DeviceId device, Millis started, Millis interval) {
  return ticks(device, interval).after(started);
}

}  // namespace commune_watch
