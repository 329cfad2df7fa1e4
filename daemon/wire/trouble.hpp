// What errno says, in the wire's words.
#pragma once
#include <string>

#include "wire/wire.hpp"

namespace commune_watch {

Trouble trouble_of(int error);
std::string words_of(int error);

// Is there a way to this numeric address in our own routing table? Asks the kernel; sends nothing. Tells a
// router's "network unreachable" from our own. True for what is not an address.
bool has_route(const std::string& address);

}  // namespace commune_watch
