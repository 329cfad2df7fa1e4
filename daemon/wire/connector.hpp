// TCP connects: does something listen there, and if not, what does the network say.
#pragma once
#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>

#include "wire/deadlines.hpp"
#include "wire/resolver.hpp"
#include "wire/wire.hpp"

namespace commune_watch {

class Connector {
 public:
  Connector(asio::io_context& io, Deadlines& deadlines, Resolver& resolver)
      : io_(io), deadlines_(deadlines), resolver_(resolver) {}

  // Every address of a name in turn until one takes the connection, which is then closed. The last trouble is
  // the answer.
  asio::awaitable<ConnectReply> connect(ConnectRequest request);

 private:
  asio::io_context& io_;
  Deadlines& deadlines_;
  Resolver& resolver_;
};

}  // namespace commune_watch
