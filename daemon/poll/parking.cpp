// asio's own way to make an operation of a callback.
#include "poll/parking.hpp"

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

namespace commune_watch {

asio::awaitable<void> park(std::function<void(Wake)> keep) {
  auto initiation = [](auto handler, std::function<void(Wake)> store) {
    store([handler = std::move(handler)]() mutable {
      const auto executor = asio::get_associated_executor(handler);
      asio::post(executor, [handler = std::move(handler)]() mutable { std::move(handler)(); });
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiation),
                                                                       asio::use_awaitable, std::move(keep));
}

}  // namespace commune_watch
