// Time zones by name, as the plain offsets that the domain works with.
#pragma once
#include <string>

#include "domain/clock.hpp"
#include "domain/result.hpp"

namespace commune_watch {

// From the system's tzdata (/usr/share/zoneinfo), transitions of 1970 to 2100.
Result<Zone> load_zone(const std::string& name);

}  // namespace commune_watch
