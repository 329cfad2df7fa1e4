// A place where a coroutine waits until somebody else wakes it.
#pragma once
#include <asio/awaitable.hpp>
#include <functional>

namespace commune_watch {

// Wakes the parked coroutine on its own executor, on a later turn of the loop; call once.
using Wake = std::move_only_function<void()>;

// Suspends the caller; `keep` is called at once with the wake. Whoever keeps it must call it, or destroy it
// together with the loop; a value is handed over by writing it to the coroutine's frame before the wake.
asio::awaitable<void> park(std::function<void(Wake)> keep);

}  // namespace commune_watch
