// The table of DESIGN §4, cell by cell, and the rungs that each kind needs.
#include "domain/join.hpp"

#include <algorithm>

#include "domain/known_reasons.hpp"

namespace commune_watch {

Rung needed_rung(Kind kind, Rung testable) {
  switch (kind) {
    case Kind::camera:
    case Kind::access_point:
    case Kind::website:
      return std::min(testable, Rung::useful);
    case Kind::speaker_cluster:
    case Kind::monitoring_point:
      return std::min(testable, Rung::answering);
    case Kind::uplink:
    case Kind::network_switch:
      return Rung::reachable;
  }
  return Rung::reachable;
}

namespace ledger {

bool is_ours(ReasonId id) {
  const auto& k = known();
  return id == k.starting || id == k.overrun || id == k.unconfirmed || id == k.internal_error ||
         id == k.clock_unsure || id == k.retired || reason(id).code.starts_with("gateway-");
}

namespace {

Joined up(ReasonId warning = ReasonId::none) {
  return {State::up, Cause::none, {}, {}, warning, Grounds::none};
}

Joined unknown(Cause cause, ReasonId why) { return {State::unknown, cause, why, {}, {}, Grounds::none}; }

Joined unknown_to_point(ReasonId why) {
  return unknown(is_ours(why) ? Cause::gateway : Cause::monitoring_point, why);
}

// A failure on the device's own account: the catalogue says whose.
Joined down(ReasonId why, Grounds grounds) {
  Cause cause = reason(why).cause;
  if (cause == Cause::none || cause == Cause::gateway) cause = Cause::device;
  return {State::down, cause, why, {}, {}, grounds};
}

Joined down_not_on_monitor(ReasonId word) {
  return {State::down, Cause::monitoring_point, known().not_on_monitor, word, {}, Grounds::none};
}

Joined down_with_point() {
  return {State::down, Cause::monitoring_point, known().point_dead, {}, {}, Grounds::monitoring_point};
}

// A fault of the picture itself: the gateway has seen it, so the way to the camera is well, and the point
// shows the same.
bool in_the_picture(ReasonId why) {
  const auto& k = known();
  return why == k.black || why == k.covered || why == k.frozen || why == k.slate;
}

// Where the service decides (SSID and Internet, a page that opens), its controller's word is a warning.
bool service_decides(Kind kind) { return kind != Kind::camera && kind != Kind::speaker_cluster; }

Joined join_service(Outcome device, ReasonId device_reason, Monitor monitor, ReasonId monitor_reason) {
  const auto& k = known();
  switch (device) {
    case Outcome::ok:
      return up(monitor == Monitor::failed ? k.not_adopted
                : monitor == Monitor::dead ? k.controller_down
                                           : ReasonId::none);
    case Outcome::failed:
      return monitor == Monitor::ok ? up(k.gateway_path) : down(device_reason, Grounds::device_path);
    case Outcome::unknown:
      return monitor == Monitor::ok ? up() : unknown(Cause::gateway, device_reason);
    case Outcome::not_tested:
      break;
  }
  switch (monitor) {  // only the controller can see it
    case Monitor::ok:
      return up();
    case Monitor::failed:
      return down(monitor_reason, Grounds::monitor_path);
    case Monitor::silent:
      return unknown_to_point(monitor_reason);
    case Monitor::dead:
      return unknown(Cause::monitoring_point, k.point_dead);
    case Monitor::none:
      break;
  }
  return unknown(Cause::gateway, k.internal_error);
}

}  // namespace

Joined join(Kind kind, Outcome device, ReasonId device_reason, Monitor monitor, ReasonId monitor_reason) {
  if (service_decides(kind)) {
    Joined joined = join_service(device, device_reason, monitor, monitor_reason);
    if (kind == Kind::monitoring_point && joined.state == State::down && joined.cause == Cause::device)
      joined.cause = Cause::monitoring_point;
    return joined;
  }
  const auto& k = known();
  switch (device) {
    case Outcome::ok:
      switch (monitor) {
        case Monitor::none:
        case Monitor::ok:
          return up();
        case Monitor::failed:
          return down_not_on_monitor(monitor_reason);
        case Monitor::silent:
          return unknown_to_point(monitor_reason);
        case Monitor::dead:
          return down_with_point();
      }
      break;
    case Outcome::failed:
      return monitor == Monitor::ok && !in_the_picture(device_reason)
                 ? up(k.gateway_path)
                 : down(device_reason, Grounds::device_path);
    case Outcome::unknown:
      switch (monitor) {
        case Monitor::ok:
          return up();
        case Monitor::failed:
          return down(monitor_reason, Grounds::monitor_path);
        case Monitor::dead:
          return down_with_point();
        case Monitor::none:
        case Monitor::silent:
          return unknown(Cause::gateway, device_reason);
      }
      break;
    case Outcome::not_tested:
      switch (monitor) {
        case Monitor::ok:
          return up();
        case Monitor::failed:
          return down(monitor_reason, Grounds::monitor_path);
        case Monitor::silent:
          return unknown_to_point(monitor_reason);
        case Monitor::dead:
          return down_with_point();
        case Monitor::none:
          break;  // refused by `check`
      }
      break;
  }
  return unknown(Cause::gateway, k.internal_error);
}

Rung lowest_needed_rung(Kind kind, Rung needed) {
  return kind == Kind::camera ? std::min(needed, Rung::active) : needed;
}

}  // namespace ledger
}  // namespace commune_watch
