// Runs coroutines to their end on a loop of their own: no threads, no sleeping beyond what the operations
// themselves take.
#pragma once
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace commune_watch {

// The coroutine's value; throws what it threw, and std::logic_error when it waits for something that never
// comes.
template <class T>
T run(asio::io_context& io, asio::awaitable<T> work) {
  std::optional<T> value;
  std::exception_ptr error;
  bool ended = false;
  asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown, T result) {
    ended = true;
    error = thrown;
    if (!thrown) value = std::move(result);
  });
  io.restart();
  while (!ended && io.run_one() != 0) {
  }
  if (!ended) throw std::logic_error("the coroutine waits for something that never comes");
  if (error) std::rethrow_exception(error);
  return std::move(*value);
}

template <class T>
T run(asio::awaitable<T> work) {
  asio::io_context io;
  return run(io, std::move(work));
}

}  // namespace commune_watch
