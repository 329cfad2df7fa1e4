// When and how deep a member is asked next: its ticks, quick rechecks of what is provisional, and what others
// wait for.
#pragma once
#include "domain/fleet.hpp"

namespace commune_watch::ledger {

// An instant in the past means now. Rests on what was answered, not on what was asked: a lost question is
// asked again.
Ask next_ask(const Fleet& fleet, const Member& member, Millis now);

}  // namespace commune_watch::ledger
