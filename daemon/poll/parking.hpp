// A place where a coroutine waits until somebody else hands it a value.
#pragma once
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <functional>
#include <utility>

namespace commune_watch {

// Resumes the parked coroutine on its own executor, on a later turn of the loop; call once.
template <class T>
using Resume = std::move_only_function<void(T)>;

// Suspends the caller; `store` keeps the resume function until the value is there. Whoever keeps it must call it, or destroy it
// together with the loop.
template <class T, class Store>
asio::awaitable<T> park(Store store) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(
      [](auto handler, Store keep) {
        keep(Resume<T>([handler = std::move(handler)](T value) mutable {
          auto executor = asio::get_associated_executor(handler);
          asio::post(executor, [handler = std::move(handler), value = std::move(value)]() mutable {
            std::move(handler)(std::move(value));
          });
        }));
      },
      asio::use_awaitable, std::move(store));
}

}  // namespace commune_watch
