// The text that `GET /metrics` answers: facts in, Prometheus exposition format 0.0.4 out. Pure.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "publish/topics.hpp"

namespace commune_watch::publish {

struct DeviceSample {
  DeviceMeta meta;
  DeviceFacts facts;
  Totals totals;  // of the current local month, so that A and K can be rebuilt; the counters fall back to 0
                  // with the month
};

// `commune_watch_device_up` is absent while a device is unknown: neither 0 nor 1 would be true.
// Everything of a simulated ledger bears the label simulated="true".
std::string exposition(const Names& names, const std::vector<DeviceSample>& devices, const Health& health);

}  // namespace commune_watch::publish
