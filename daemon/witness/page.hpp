// The witness's page for people: each gateway's log, how far it was cosigned and how long it has been silent.
#pragma once
#include <string>

#include "witness/witness.hpp"

namespace commune_watch::witness {

// HTML, Vietnamese first, in Vietnam's time; no script, nothing loaded from elsewhere. Pure.
std::string page(const View& view);

}  // namespace commune_watch::witness
