// Starts an operation, cancels it once it is under way, and says how it ended.
#pragma once
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <functional>
#include <system_error>

namespace commune_watch {

// True: it unwound with operation_aborted, within a few turns of the loop after `under_way` became true.
template <class T>
bool unwinds_at_once(asio::io_context& io, asio::awaitable<T> operation,
                     const std::function<bool()>& under_way) {
  asio::cancellation_signal cancel;
  bool ended = false, aborted = false;
  asio::co_spawn(io, std::move(operation),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr thrown, T) {
                   ended = true;
                   try {
                     if (thrown) std::rethrow_exception(thrown);
                   } catch (const std::system_error& error) {
                     aborted = error.code() == asio::error::operation_aborted;
                   }
                 }));
  io.restart();
  while (!ended && !under_way()) io.poll();
  if (ended) return false;
  cancel.emit(asio::cancellation_type::terminal);
  io.poll();  // what is ready now: nothing here waits for time or for the peer
  return ended && aborted;
}

}  // namespace commune_watch
