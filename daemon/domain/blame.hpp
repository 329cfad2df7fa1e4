// Whose failure it is: the highest failed ancestor's, the mains of a place, or the device's own (DESIGN §4
// "Parent", "mains").
//
// Both rules look at rung `reachable` of others. A device's loss lies somewhere between its last probe that
// did not fail (`clear`) and its first failing one (`run`); two losses may have one cause if neither was seen
// good between them.
#pragma once
#include "domain/fleet.hpp"

namespace commune_watch::ledger {

// A failure that asks for an explanation.
struct Loss {
  Index member = kNobody;
  const Tracker* tracker = nullptr;  // of the failed rung
  Millis run = 0, clear = kNever;
  bool by_itself = false;  // rung `reachable` of the device path: the mains may explain it
};

struct Explanation {
  Index ancestor = kNobody;
  bool mains = false;
};

// The explanation at an instant at which it lasts.
Explanation explain(const Fleet& fleet, const Loss& failure, Millis at);
// Being so at `at`, the explanation is final before the instant returned: ancestors and neighbours were asked
// after `run`, or too much time has passed.
Millis explained_before(const Fleet& fleet, const Loss& failure, Millis at);
// The first instant after `at` at which it may change though the device's own pieces do not.
Millis explanation_boundary_after(const Fleet& fleet, const Loss& failure, Millis at);
// Those whose answer is awaited.
std::vector<Index> awaited(const Fleet& fleet, const Loss& failure);

}  // namespace commune_watch::ledger
