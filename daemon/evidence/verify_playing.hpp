// A bundle's leaves played back from the first to the last: the second half of verify().
//
// Finds what leaves say of each other that does not hold: roots, openings, days, declarations, keys.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/replay.hpp"
#include "evidence/verify_reading.hpp"

namespace commune_watch::evidence {

struct Played {
  Replay replay;                          // after the last leaf
  bool began = false;                     // the first leaf was a genesis or an opening
  std::vector<std::string> vkey_at;       // in force at each of the bundle's earlier checkpoints
  std::map<std::uint64_t, Hash> root_at;  // at those of the sizes asked for that it has
  std::vector<Moment> moments;            // of the leaves
  std::optional<Millis> opened;           // UTC: the horizon of the opening that the bundle begins with
  std::string last;                       // period of the last leaf, where that is an export
};

// `sizes`: at which somebody will ask for the root.
Played play(const Files& files, const Bundle& bundle, const std::set<std::uint64_t>& sizes, Report& report);

}  // namespace commune_watch::evidence
