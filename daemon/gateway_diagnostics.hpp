// The journal: one line per event to standard error, with systemd's priorities when systemd reads it.
#pragma once
#include <memory>

#include "domain/diagnostics.hpp"

namespace commune_watch {

std::unique_ptr<Diagnostics> make_diagnostics(bool verbose);

}  // namespace commune_watch
