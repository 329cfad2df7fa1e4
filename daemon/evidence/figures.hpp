// so-lieu.csv: every device's figures by day and for the whole period, from a replay alone (docs/evidence.md
// §8).
#pragma once
#include <string>
#include <string_view>

#include "domain/clock.hpp"
#include "domain/replay.hpp"

namespace commune_watch::evidence {

// `period` are whole local days of the replay's zone; `name` is how it is called ("2026-10").
std::string figures_csv(Replay& replay, Period period, std::string_view name);

}  // namespace commune_watch::evidence
