// A state directory with years of plausible history, made through the store itself and fast: for benches and
// tests of large logs.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "domain/clock.hpp"
#include "domain/device.hpp"
#include "domain/log.hpp"
#include "domain/result.hpp"

namespace commune_watch {

struct HistoryOptions {
  std::string directory;
  int devices = 200;
  int days = 30;
  int changes_per_day = 1'000;  // of all devices together
  int days_per_run = 45;        // then the gateway is cut or stopped, and boots again ten minutes later
  bool hourly = false;          // three facts per device and hour: 14,400 rows a day at 200 devices
  bool clean_end = true;        // false: the last run just ends, as in a power cut
  Millis end_utc = 1'790'000'000'000;
  std::uint32_t seed = 1;
  std::string commune = "xa-thu", gateway = "gw1";
  bool simulated = true;  // as the genesis record says
};

struct History {
  std::vector<DeviceId> devices;  // "cam-0001", "ap-0002", "loa-0003" …
  Seq records = 0;
  Moment end;     // of the last run
  Period period;  // in UTC
};

Result<History> make_history(const HistoryOptions& options);

}  // namespace commune_watch
