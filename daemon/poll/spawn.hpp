// Starting a child of the gateway: its descriptors are what it is given, its environment too, nothing else is
// inherited.
#pragma once
#include <span>
#include <string>
#include <vector>

namespace commune_watch {

// `program` with `arguments`; `descriptors` become 3, 4, … and stay the caller's; standard input is empty,
// all others are closed. `environment`: NAME=value. The pid, or std::system_error.
int spawn(const std::string& program, const std::vector<std::string>& arguments,
          std::span<const int> descriptors, const std::vector<std::string>& environment);

}  // namespace commune_watch
