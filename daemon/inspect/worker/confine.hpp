// The inspector decodes what strangers send: from here on it can compute, talk on the sockets it has, and
// nothing else.
#pragma once
#include <string>

namespace commune_watch {

// Memory and processor time; before the decoders are loaded.
void limit_resources();
// No files, no network, no programs, no other processes, no new code: refused with EPERM from now on. Empty,
// or why it could not be done.
std::string confine();

}  // namespace commune_watch
