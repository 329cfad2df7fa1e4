// What is agreed is written down when it comes into force: the terms of devices, the denominators of places
// and hamlets, and the configuration that they come from. Dated records: what was before is never changed.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "gateway_house.hpp"

namespace commune_watch {

inline constexpr std::size_t kMostChanges = 2'000;  // lines in one record

// Appends what of the house's settings and roster differs from what the log says; nothing where nothing does.
// The caller commits. `by`: "start", "SIGHUP", or the user who asked.
void keep_agreements(House& house, const std::string& by);

// "- key = old" and "+ key = new" of lines "key = value", what belongs to one key together; beyond `most`,
// how many more there are.
std::vector<std::string> differences(const std::vector<std::string>& before,
                                     const std::vector<std::string>& now, std::size_t most = kMostChanges);

}  // namespace commune_watch
