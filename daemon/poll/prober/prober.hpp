// The prober: the only process that talks to devices. Questions in, readings out; it may forget everything at
// any time.
#pragma once
#include <span>

#include "domain/clock.hpp"
#include "drivers/driver.hpp"

namespace commune_watch {

// Serves the seam on `descriptor` until its other end is closed; the exit code. Dies with the process that
// started it. `desk`: where an inspector is to be had (poll/inspector_desk.hpp); negative: nowhere.
int run_prober(int descriptor, int desk, std::span<const Driver* const> table, Clock& clock);

}  // namespace commune_watch
