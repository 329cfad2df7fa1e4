// A place where a coroutine waits until somebody else wakes it.
#pragma once
#include <asio/awaitable.hpp>
#include <exception>
#include <functional>

namespace commune_watch {

// Wakes the parked coroutine on its own executor, on a later turn of the loop; call once.
using Wake = std::move_only_function<void()>;

// For co_spawn: what a coroutine throws is a bug of ours and ends the program, instead of leaving a device
// unasked for ever.
struct Loudly {
  void operator()(std::exception_ptr error) const {
    if (error) std::rethrow_exception(error);
  }
};

// Suspends the caller; `keep` is called at once with the wake. Whoever keeps it must call it, or destroy it
// together with the loop; a value is handed over by writing it to the coroutine's frame before the wake.
asio::awaitable<void> park(std::function<void(Wake)> keep);

}  // namespace commune_watch
