// Host names to addresses on threads of its own: getaddrinfo blocks and cannot be called off, so nobody waits
// for it longer than he wants.
#pragma once
#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <asio/thread_pool.hpp>
#include <memory>
#include <string>
#include <vector>

#include "wire/deadlines.hpp"
#include "wire/wire.hpp"

namespace commune_watch {

struct Addresses {
  Trouble trouble = Trouble::none;  // or name
  std::string words;
  std::vector<asio::ip::address> list;  // in the order to try (RFC 6724); never empty without trouble
};

class Resolver {
 public:
  Resolver(asio::io_context& io, Deadlines& deadlines) : io_(io), deadlines_(deadlines) {}
  // Waits for look-ups that still run: a few seconds at worst, the resolver's own time-out.
  ~Resolver();

  // A numeric host is answered at once, without a thread.
  asio::awaitable<Addresses> resolve(std::string host, Millis limit);

 private:
  asio::io_context& io_;
  Deadlines& deadlines_;
  std::unique_ptr<asio::thread_pool> pool_;  // made for the first name
};

}  // namespace commune_watch
