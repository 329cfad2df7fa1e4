// What the gateway can see of itself: carriers from the kernel's own files, never by a connection.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace commune_watch {

// Whether these hosts are all on loopback, and so need no carrier.
bool all_on_loopback(const std::vector<std::string>& hosts);

// Whether any interface but loopback has a carrier; true where the kernel does not tell.
bool any_carrier(const std::string& net_directory = "/sys/class/net");

// The default router of IPv4, or empty.
std::string default_router(const std::string& route_file = "/proc/net/route");

// Sum of PSS of these processes in bytes, 0 where the kernel does not tell.
std::int64_t resident_bytes(const std::vector<int>& pids);

}  // namespace commune_watch
