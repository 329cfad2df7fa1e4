// A socket for each interface and family, read by poll(2) until the time is over.
#include "wire/searcher.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include "wire/real_clock.hpp"

namespace commune_watch {
namespace {

constexpr Millis kAgain = 700;       // UDP loses: the question is put twice
constexpr Millis kBetweenHosts = 5;  // 200 hosts a second
constexpr std::size_t kMostArp = 1024 * 1024;

using Bytes = std::array<unsigned char, 16>;

int prefix_bits(const unsigned char* mask, std::size_t size) {
  int bits = 0;
  for (std::size_t i = 0; i < size; ++i)
    for (int bit = 7; bit >= 0 && (mask[i] >> bit & 1) != 0; --bit) ++bits;
  return bits;
}

bool same_net(const Bytes& a, const Bytes& b, int bits) {
  for (int i = 0; i < bits; ++i)
    if (((a[static_cast<std::size_t>(i / 8)] ^ b[static_cast<std::size_t>(i / 8)]) >> (7 - i % 8) & 1) != 0)
      return false;
  return true;
}

// The size of the address that was read; 0: none.
std::size_t bytes_of(const std::string& text, Bytes& into) {
  if (::inet_pton(AF_INET, text.c_str(), into.data()) == 1) return 4;
  return ::inet_pton(AF_INET6, text.c_str(), into.data()) == 1 ? 16 : 0;
}

class Ear {
 public:
  Ear(const NetInterface& on, const NetInterface::Net& net) : on_(on), net_(net) {
    Bytes ours{};
    family_ = bytes_of(net.address, ours) == 4 ? AF_INET : AF_INET6;
    fd_ = ::socket(family_, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0 || !bind_to(ours)) why_ = std::strerror(errno);
  }
  ~Ear() {
    if (fd_ >= 0) ::close(fd_);
  }
  Ear(const Ear&) = delete;
  Ear& operator=(const Ear&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] int family() const { return family_; }
  [[nodiscard]] std::string trouble() const {
    return why_.empty() ? "" : on_.name + " (" + net_.address + "): " + why_;
  }

  void ask(const std::string& address, std::uint16_t port, const std::string& text) {
    sockaddr_storage to{};
    const auto size = fill(to, address, port);
    if (!why_.empty() || size == 0) return;
    if (::sendto(fd_, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&to), size) < 0 &&
        errno != EAGAIN && errno != EHOSTUNREACH && errno != EPERM)
      why_ = std::strerror(errno);
  }

  // False: nothing waits. An answer from elsewhere than the interface's own network is a stranger's.
  bool hear(std::string& buffer, Heard& into, bool& near, std::uint32_t& v4) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const auto got =
        ::recvfrom(fd_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) return false;
    Bytes theirs{};
    v4 = 0;
    bool on_link = false;
    std::array<char, INET6_ADDRSTRLEN> name{};
    if (family_ == AF_INET) {
      const auto& in = reinterpret_cast<const sockaddr_in&>(from);
      std::memcpy(theirs.data(), &in.sin_addr, 4);
      v4 = ntohl(in.sin_addr.s_addr);
    } else {
      const auto& in = reinterpret_cast<const sockaddr_in6&>(from);
      std::memcpy(theirs.data(), &in.sin6_addr, 16);
      on_link = IN6_IS_ADDR_LINKLOCAL(&in.sin6_addr);
    }
    ::inet_ntop(family_, theirs.data(), name.data(), name.size());
    near = on_link || std::ranges::any_of(on_.nets, [&](const NetInterface::Net& net) {
             Bytes ours{};
             return bytes_of(net.address, ours) == (family_ == AF_INET ? 4U : 16U) &&
                    same_net(ours, theirs, net.bits);
           });
    into.from = name.data() + (on_link ? "%" + on_.name : std::string());
    into.text.assign(buffer.data(), static_cast<std::size_t>(got));
    return true;
  }

 private:
  bool bind_to(const Bytes& ours) const {
    const int one = 1;
    if (family_ == AF_INET) {
      ip_mreqn out{};
      out.imr_ifindex = static_cast<int>(on_.index);
      sockaddr_in at{};
      at.sin_family = AF_INET;
      std::memcpy(&at.sin_addr, ours.data(), 4);
      return ::setsockopt(fd_, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof out) == 0 &&
             ::setsockopt(fd_, IPPROTO_IP, IP_MULTICAST_TTL, &one, sizeof one) == 0 &&
             ::bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
    }
    const int index = static_cast<int>(on_.index);
    return ::setsockopt(fd_, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) == 0 &&
           ::setsockopt(fd_, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index) == 0 &&
           ::setsockopt(fd_, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &one, sizeof one) == 0;
  }

  socklen_t fill(sockaddr_storage& to, const std::string& address, std::uint16_t port) const {
    if (family_ == AF_INET) {
      auto& in = reinterpret_cast<sockaddr_in&>(to);
      in.sin_family = AF_INET;
      in.sin_port = htons(port);
      return ::inet_pton(AF_INET, address.c_str(), &in.sin_addr) == 1 ? sizeof in : 0;
    }
    auto& in = reinterpret_cast<sockaddr_in6&>(to);
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    in.sin6_scope_id = on_.index;
    return ::inet_pton(AF_INET6, address.c_str(), &in.sin6_addr) == 1 ? sizeof in : 0;
  }

  const NetInterface& on_;
  const NetInterface::Net& net_;
  int fd_ = -1, family_ = AF_INET;
  std::string why_;
};

}  // namespace

std::vector<NetInterface> net_interfaces() {
  std::vector<NetInterface> all;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return all;
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_netmask == nullptr || (each->ifa_flags & IFF_UP) == 0)
      continue;
    const int family = each->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    auto found = std::ranges::find(all, each->ifa_name, &NetInterface::name);
    if (found == all.end()) {
      all.push_back({.name = each->ifa_name,
                     .index = ::if_nametoindex(each->ifa_name),
                     .loopback = (each->ifa_flags & IFF_LOOPBACK) != 0,
                     .nets = {}});
      found = all.end() - 1;
    }
    const void* address = nullptr;
    int bits = 0;
    if (family == AF_INET) {
      address = &reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr;
      const auto& mask = reinterpret_cast<const sockaddr_in*>(each->ifa_netmask)->sin_addr;
      bits = prefix_bits(reinterpret_cast<const unsigned char*>(&mask), 4);
    } else {
      address = &reinterpret_cast<const sockaddr_in6*>(each->ifa_addr)->sin6_addr;
      const auto& mask = reinterpret_cast<const sockaddr_in6*>(each->ifa_netmask)->sin6_addr;
      bits = prefix_bits(reinterpret_cast<const unsigned char*>(&mask), 16);
    }
    std::array<char, INET6_ADDRSTRLEN> name{};
    ::inet_ntop(family, address, name.data(), name.size());
    found->nets.push_back({name.data(), bits});
  }
  ::freeifaddrs(list);
  return all;
}

bool read_range(std::string_view cidr, HostRange& into) {
  const auto slash = cidr.find('/');
  int bits = 32;
  if (slash != std::string_view::npos) {
    const auto digits = cidr.substr(slash + 1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || bits < 8 || bits > 32)
      return false;
  }
  in_addr address{};
  if (::inet_pton(AF_INET, std::string(cidr.substr(0, slash)).c_str(), &address) != 1) return false;
  const std::uint32_t size = bits == 32 ? 1U : 1U << (32 - bits);
  into.first = ntohl(address.s_addr) & ~(size - 1);
  into.count = size;
  if (size > 2) {
    ++into.first;
    into.count -= 2;
  }
  return true;
}

std::string address_text(std::uint32_t address) {
  in_addr in{.s_addr = htonl(address)};
  std::array<char, INET_ADDRSTRLEN> name{};
  ::inet_ntop(AF_INET, &in, name.data(), name.size());
  return name.data();
}

SearchReply search(const SearchRequest& request) {
  SearchReply reply;
  std::vector<std::unique_ptr<Ear>> ears;
  for (const NetInterface& each : request.interfaces) {
    bool v4 = false, v6 = false;  // one socket for each family does
    for (const NetInterface::Net& net : each.nets) {
      const bool six = net.address.find(':') != std::string::npos;
      if (six ? v6 : v4) continue;
      (six ? v6 : v4) = true;
      if (!six || !each.loopback) ears.push_back(std::make_unique<Ear>(each, net));
    }
  }
  // The kernel chooses the way to hosts that were named.
  const NetInterface anywhere{.name = "*", .index = 0, .loopback = false, .nets = {{"0.0.0.0", 32}}};
  Ear* to_hosts = nullptr;
  if (!request.hosts.empty()) {
    ears.push_back(std::make_unique<Ear>(anywhere, anywhere.nets.front()));
    to_hosts = ears.back().get();
  }

  const auto ask_all = [&] {
    for (const auto& ear : ears)
      if (ear.get() != to_hosts)
        ear->ask(ear->family() == AF_INET ? request.group4 : request.group6, request.port, request.text);
  };
  std::vector<pollfd> waiting;
  for (const auto& ear : ears) waiting.push_back({.fd = ear->fd(), .events = POLLIN, .revents = 0});
  const auto asked = [&](std::uint32_t address) {
    return std::ranges::any_of(request.hosts,
                               [&](const HostRange& range) { return address - range.first < range.count; });
  };
  std::map<std::string, std::size_t> counts;
  std::string buffer(request.max_bytes, '\0');
  std::size_t range = 0;
  std::uint32_t host = 0;
  const Stopwatch watch;
  const auto now = [&watch] { return watch.us() / 1'000; };
  ask_all();
  bool again = false;
  Millis end = request.wait;
  while (now() < end) {
    if (!again && now() >= std::min(kAgain, request.wait / 2)) {
      again = true;
      ask_all();
    }
    Millis nap = 50;
    if (range < request.hosts.size()) {
      to_hosts->ask(address_text(request.hosts[range].first + host), request.port, request.text);
      if (++host >= request.hosts[range].count) ++range, host = 0;
      end = now() + request.wait;
      nap = kBetweenHosts;
    }
    const Millis until = now() + nap;
    for (Millis left = nap; left > 0; left = until - now()) {
      if (::poll(waiting.data(), waiting.size(), static_cast<int>(left)) <= 0) break;
      for (const auto& ear : ears) {
        Heard heard;
        bool near = false;
        std::uint32_t v4 = 0;
        if (!ear->hear(buffer, heard, near, v4)) continue;
        if (!near && !(v4 != 0 && asked(v4)))
          ++reply.strangers;
        else if (reply.heard.size() < request.max_all && counts[heard.from]++ < request.max_each)
          reply.heard.push_back(std::move(heard));
      }
    }
  }
  for (const auto& ear : ears)
    if (auto trouble = ear->trouble(); !trouble.empty()) reply.words.push_back(std::move(trouble));
  return reply;
}

std::map<std::string, std::string> read_arp(std::string_view table) {
  std::map<std::string, std::string> macs;
  std::istringstream lines{std::string(table)};
  std::string line;
  std::getline(lines, line);  // titles
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string address, type, flags, mac;
    if (words >> address >> type >> flags >> mac && mac.size() == 17 && mac != "00:00:00:00:00:00")
      macs[address] = mac;
  }
  return macs;
}

std::string arp_table() {
  std::ifstream file("/proc/net/arp");
  std::string text(kMostArp, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return text;
}

}  // namespace commune_watch
