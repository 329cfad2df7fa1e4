// The join: what a device path and a monitor path say together at one instant (DESIGN §4, the table and the
// rules per kind). Pure: no memory, no timer, no confirmation of its own.
#pragma once
#include "domain/ledger.hpp"

namespace commune_watch::ledger {

// What the monitoring point says of the device.
enum class Monitor : std::uint8_t { none, ok, failed, silent, dead };

// Which path a down rests on: whose failure an ancestor's outage may explain.
enum class Grounds : std::uint8_t { none, device_path, monitor_path, monitoring_point };

struct Joined {
  State state = State::unknown;
  Cause cause = Cause::gateway;
  ReasonId reason = ReasonId::none;
  ReasonId own_reason = ReasonId::none;  // under not-on-monitor: the monitoring point's word
  ReasonId warning = ReasonId::none;     // not-adopted, controller-down or gateway-path
  Grounds grounds = Grounds::none;
  friend bool operator==(const Joined&, const Joined&) = default;
};

// `device` is not_tested where there is no device path; the reasons are those of the two paths.
Joined join(Kind kind, Outcome device, ReasonId device_reason, Monitor monitor, ReasonId monitor_reason);

// The rungs whose unknown makes the device path unknown: this one up to the needed one.
Rung lowest_needed_rung(Kind kind, Rung needed);

}  // namespace commune_watch::ledger
