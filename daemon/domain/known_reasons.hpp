// The reasons that the rule itself gives, looked up in the catalogue once.
#pragma once
#include "domain/reason.hpp"

namespace commune_watch::ledger {

struct KnownReasons {
  ReasonId starting = reason_id("starting");
  ReasonId overrun = reason_id("overrun");
  ReasonId unconfirmed = reason_id("unconfirmed");
  ReasonId internal_error = reason_id("internal-error");
  ReasonId clock_unsure = reason_id("clock-unsure");
  ReasonId retired = reason_id("retired");
  ReasonId point_silent = reason_id("monitoring-point-silent");
  ReasonId point_dead = reason_id("monitoring-point-dead");
  ReasonId parent_down = reason_id("parent-down");
  ReasonId mains_lost = reason_id("mains-lost");
  ReasonId refused = reason_id("connection-refused");
  ReasonId bad_password = reason_id("bad-password");
  ReasonId login_blocked = reason_id("login-blocked");
  ReasonId not_on_monitor = reason_id("not-on-monitor");
  ReasonId not_listed = reason_id("not-listed");
  ReasonId not_adopted = reason_id("not-adopted");
  ReasonId controller_down = reason_id("controller-down");
  ReasonId wrong_channel = reason_id("wrong-channel");
  ReasonId gateway_path = reason_id("gateway-path");
  ReasonId black = reason_id("black");
  ReasonId covered = reason_id("covered");
  ReasonId frozen = reason_id("frozen");
  ReasonId slate = reason_id("slate");
};

inline const KnownReasons& known() {
  static const KnownReasons kKnown;
  return kKnown;
}

// Reasons for not knowing that lie with the gateway, whatever it asked.
bool is_ours(ReasonId reason);

}  // namespace commune_watch::ledger
