// /sys/class/net, /proc/net/route and smaps_rollup, read as text.
#include "gateway_surroundings.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace commune_watch {
namespace {

std::string first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

bool on_loopback(const std::string& host) {
  return host.starts_with("127.") || host == "::1" || host == "localhost";
}

}  // namespace

bool all_on_loopback(const std::vector<std::string>& hosts) {
  return std::all_of(hosts.begin(), hosts.end(), on_loopback);
}

bool any_carrier(const std::string& net_directory) {
  std::error_code error;
  for (const auto& interface : std::filesystem::directory_iterator(net_directory, error)) {
    if (interface.path().filename() == "lo") continue;
    if (first_line(interface.path() / "carrier") == "1")
      return true;  // unreadable while the interface is down
  }
  return error.operator bool();
}

std::string default_router(const std::string& route_file) {
  std::ifstream in(route_file);
  std::string line;
  std::getline(in, line);  // titles
  while (std::getline(in, line)) {
    std::istringstream row(line);
    std::string interface, destination, router;
    row >> interface >> destination >> router;
    if (destination != "00000000" || router.size() != 8 || router == "00000000") continue;
    std::uint32_t bits = 0;  // little-endian hexadecimal
    if (std::from_chars(router.data(), router.data() + router.size(), bits, 16).ptr != router.data() + 8)
      continue;
    std::string address;
    for (unsigned i = 0; i < 4; ++i)
      address += (i > 0 ? "." : "") + std::to_string((bits >> (8 * i)) & 0xFFU);
    return address;
  }
  return {};
}

std::int64_t resident_bytes(const std::vector<int>& pids) {
  std::int64_t sum = 0;
  for (int pid : pids) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/smaps_rollup");
    std::string line;
    while (std::getline(in, line)) {
      if (!line.starts_with("Pss:")) continue;
      sum += std::stoll(line.substr(4)) * 1024;
      break;
    }
  }
  return sum;
}

}  // namespace commune_watch
