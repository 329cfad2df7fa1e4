// When a device is asked: absolute ticks with a phase of its own, quick rechecks, and a start spread over one
// interval.
#pragma once
#include <cstdint>

#include "domain/clock.hpp"
#include "domain/device.hpp"

namespace commune_watch {

// Ticks at phase + n x interval of CLOCK_BOOTTIME: late work never shifts the next tick; missed ticks are
// skipped, not made up.
struct Ticks {
  Millis interval = 60'000;
  Millis phase = 0;                              // [0, interval)
  [[nodiscard]] Millis after(Millis now) const;  // first tick > now
};

// Phase by hash of the id: the fleet is spread evenly and the same after every restart.
Ticks ticks(DeviceId device, Millis interval);

// After a start each device is asked once within one interval, at full depth, at this instant.
Millis first_ask(DeviceId device, Millis started, Millis interval);

}  // namespace commune_watch
