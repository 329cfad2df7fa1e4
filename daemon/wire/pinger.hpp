// ICMP echo for the whole fleet: one socket per IP family, requests sent in small paced bursts, replies read
// in batches.
#pragma once
#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <cstdint>
#include <memory>

#include "wire/deadlines.hpp"
#include "wire/resolver.hpp"
#include "wire/wire.hpp"

namespace commune_watch {

// How this process may ping: by unprivileged datagram sockets (net.ipv4.ping_group_range), by raw sockets
// (CAP_NET_RAW), or not at all.
enum class IcmpMode : std::uint8_t { none, datagram, raw };

struct IcmpAllowed {
  bool datagram = true, raw = true;
};

class Pinger {
 public:
  Pinger(asio::io_context& io, Deadlines& deadlines, Resolver& resolver, IcmpAllowed allowed = {});
  ~Pinger();

  // One request, one answer: a reply, an ICMP error of a router, or the limit, which counts from the moment
  // that it was sent.
  asio::awaitable<EchoReply> echo(EchoRequest request);
  [[nodiscard]] IcmpMode mode() const;  // of IPv4

 private:
  class Socket;
  Deadlines& deadlines_;
  Resolver& resolver_;
  std::unique_ptr<Socket> v4_, v6_;
};

}  // namespace commune_watch
