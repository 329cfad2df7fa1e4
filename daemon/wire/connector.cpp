// TCP connects with a deadline, errno kept.
#include "wire/connector.hpp"

#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "wire/real_clock.hpp"
#include "wire/trouble.hpp"

namespace commune_watch {

asio::awaitable<ConnectReply> Connector::connect(ConnectRequest request) {
  const Stopwatch watch;
  ConnectReply reply;
  const Addresses addresses = co_await resolver_.resolve(request.host, request.limit);
  reply.trouble = addresses.trouble;
  reply.words = addresses.words;
  for (std::size_t i = 0; i < addresses.list.size(); ++i) {
    const auto tries_left = static_cast<Millis>(addresses.list.size() - i);
    const Millis share = (request.limit - watch.us() / 1'000) / tries_left;
    asio::ip::tcp::socket socket(io_);
    bool late = false;
    Deadline deadline;
    deadline.set(deadlines_, share, [&] {
      late = true;
      asio::error_code ignored;
      socket.close(ignored);
    });
    asio::error_code error;
    const asio::ip::tcp::endpoint to(addresses.list[i], request.port);
    socket.open(to.protocol(), error);
    if (!error) co_await socket.async_connect(to, asio::redirect_error(asio::use_awaitable, error));
    // A cancelled wait comes back as this very error; the next wait would throw, but there may be none.
    if (const auto cancelled = co_await asio::this_coro::cancellation_state;
        cancelled.cancelled() != asio::cancellation_type::none)
      throw asio::system_error(asio::error::operation_aborted);
    reply.error = late ? 0 : error.value();
    reply.trouble = late ? Trouble::timed_out : trouble_of(reply.error);
    if (reply.trouble == Trouble::net_unreachable && !has_route(to.address().to_string()))
      reply.trouble = Trouble::no_route;
    reply.words = late ? "" : reply.error == 0 ? "" : words_of(reply.error);
    if (reply.trouble == Trouble::none) break;
  }
  reply.took_us = watch.us();
  co_return reply;
}

}  // namespace commune_watch
