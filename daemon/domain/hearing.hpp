// A reading taken apart: which rung of whom it speaks of, and what it says (the catalogue decides the effect
// of a reason).
#pragma once
#include <vector>

#include "domain/fleet.hpp"

namespace commune_watch::ledger {

struct Lesson {
  bool changed = false;       // a confirmed timeline of the member that was asked
  std::vector<Index> to_ask;  // it begins to fail: those on whom the blame may fall
};

// Notes that an answer came, whether or not it may be believed.
void answered(Fleet& fleet, Index of, const Reading& reading);
// Feeds the trackers of the member, and of those bound to it.
Lesson hear(Fleet& fleet, Index of, const Reading& reading);

}  // namespace commune_watch::ledger
