// A one-shot event that one coroutine waits for; cancelling the coroutine ends the wait at once.
//
// What waits keeps its own state on its coroutine frame and takes it back in destructors, so that a result, a
// deadline and a cancellation all end the same way: the frame unwinds.
#pragma once
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <memory>
#include <system_error>
#include <utility>

namespace commune_watch {

class Signal {
 public:
  Signal() = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  // Returns once set() was called, before or after. Throws operation_aborted when cancelled. One waiter, on
  // the loop's thread.
  asio::awaitable<void> wait() {
    if (set_) co_return;
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::error_code)>(
        [this](auto handler) { keep(std::move(handler)); }, asio::use_awaitable);
  }

  // The waiter resumes from the loop, never inside this call.
  void set() {
    set_ = true;
    end({});
  }

 private:
  struct Waiter {
    virtual ~Waiter() = default;
    virtual void resume(std::error_code error) = 0;
  };
  template <class Handler>
  struct Holder final : Waiter {
    explicit Holder(Handler value) : handler(std::move(value)) {}
    void resume(std::error_code error) override {
      asio::get_associated_cancellation_slot(handler).clear();
      // Named, because a bare post() of a lambda would run it on asio's system threads.
      const auto executor = asio::get_associated_executor(handler);
      asio::post(executor, [held = std::move(handler), error]() mutable { std::move(held)(error); });
    }
    Handler handler;
  };

  template <class Handler>
  void keep(Handler handler) {
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
      slot.assign([this](asio::cancellation_type) { end(asio::error::operation_aborted); });
    waiter_ = std::make_unique<Holder<Handler>>(std::move(handler));
  }
  void end(std::error_code error) {
    if (const auto waiter = std::move(waiter_)) waiter->resume(error);
  }

  std::unique_ptr<Waiter> waiter_;
  bool set_ = false;
};

}  // namespace commune_watch
