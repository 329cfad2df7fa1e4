// Probes without a running daemon: a prober of its own, the same login law, no reading recorded.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "console/desk.hpp"
#include "domain/clock.hpp"
#include "domain/diagnostics.hpp"
#include "gateway.hpp"

namespace commune_watch {

// Takes the state's lock and honours and writes its login blocks; where the state cannot be opened it probes
// without credentials and says so in each view. `devices` empty: all. `done` is called for each as it ends,
// in any order. Failure: the configuration is bad, or a device is unknown or has no driver.
Result<void> probe_without_daemon(const GatewayOptions& options, std::span<const Driver* const> drivers,
                                  Clock& clock, Diagnostics& diagnostics,
                                  const std::vector<std::string>& devices,
                                  const std::function<void(const Settings&, const ProbeView&)>& done);

}  // namespace commune_watch
