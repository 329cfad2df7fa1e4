// One question to everybody nearby over UDP, and what comes back: the transport of WS-Discovery. It blocks:
// for commands, not for the prober.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "domain/clock.hpp"

namespace commune_watch {

struct NetInterface {
  struct Net {
    std::string address;  // ours
    int bits = 0;         // of the network
  };
  std::string name;
  unsigned index = 0;
  bool loopback = false;
  std::vector<Net> nets;  // of both families
};
std::vector<NetInterface> net_interfaces();  // that are up

// The addresses of an IPv4 network, without its own and the broadcast one; "192.0.2.7" is one host.
struct HostRange {
  std::uint32_t first = 0, count = 0;
};
bool read_range(std::string_view cidr, HostRange& into);
std::string address_text(std::uint32_t address);

struct SearchRequest {
  std::string text, group4, group6;
  std::uint16_t port = 0;
  std::vector<NetInterface> interfaces;
  std::vector<HostRange> hosts;                                     // asked one by one, too
  Millis wait = 5'000;                                              // from the last question on; at most
  std::size_t max_bytes = 16 * 1024, max_each = 8, max_all = 4096;  // answers, and of one address
};
struct Heard {
  std::string from, text;  // IPv6 of a link with its zone: "fe80::1%eth0"
};
struct SearchReply {
  std::vector<Heard> heard;
  std::size_t strangers = 0;       // answers from outside the interfaces' networks and the hosts: not kept
  std::vector<std::string> words;  // what could not be asked, and the kernel's word on it
};
SearchReply search(const SearchRequest& request);

// Addresses to MACs, of the text of /proc/net/arp; and that text here and now.
std::map<std::string, std::string> read_arp(std::string_view table);
std::string arp_table();

}  // namespace commune_watch
