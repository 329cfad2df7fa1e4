// The composition root: owns every part by value, in birth order, and runs until it is told to stop.
//
// One thread, one loop: schedule, ledger and store live on it; the console and the publisher have threads of
// their own and come back through post(). It opens no connection to a device and parses no byte that a device
// sent.
#pragma once
#include <memory>
#include <span>
#include <string>

#include "domain/clock.hpp"
#include "domain/diagnostics.hpp"
#include "domain/result.hpp"
#include "poll/prober_link.hpp"
#include "settings/settings.hpp"

namespace commune_watch {

struct GatewayOptions {
  LoadPlaces places;
  std::string state = "/var/lib/commune-watch";
  std::string socket = "/run/commune-watch/api.sock";
  std::string version;
  Spawn spawn;  // of the prober
};

class Gateway {
 public:
  Gateway(GatewayOptions options, std::span<const Driver* const> drivers, Clock& clock,
          Diagnostics& diagnostics);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Loads, opens and runs until SIGTERM, SIGINT or stop(); SIGHUP reloads. The Failure says why it could not
  // start, one error a line.
  Result<void> run();
  void stop();  // from any thread
  // run() came back because only a new start helps: the log's file cannot be used as it is.
  [[nodiscard]] bool wants_restart() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace commune_watch
