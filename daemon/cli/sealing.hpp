// A secret as systemd keeps it: encrypted for this machine, opened for the service alone.
#pragma once
#include <string>

#include "domain/result.hpp"

namespace commune_watch {

// What `systemd-creds encrypt --name=NAME` makes of it: text for LoadCredentialEncrypted=. The secret goes
// through a pipe. Failure, in both languages: that program is not here, or its own words.
Result<std::string> seal(const std::string& name, const std::string& secret);

}  // namespace commune_watch
