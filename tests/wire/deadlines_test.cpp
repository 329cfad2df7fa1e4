// Deadlines on one timer, and the signal that ends a wait.
#include "wire/deadlines.hpp"

#include <gtest/gtest.h>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <memory>
#include <string>
#include <thread>

#include "support/run.hpp"
#include "wire/signal.hpp"

namespace commune_watch {
namespace {

TEST(Deadlines, FireInTheOrderOfTime) {
  asio::io_context io;
  Deadlines deadlines(io);
  std::string order;
  Deadline late, early, middle;
  late.set(deadlines, 15, [&] { order += 'c'; });
  early.set(deadlines, 1, [&] { order += 'a'; });
  middle.set(deadlines, 8, [&] { order += 'b'; });
  while (order.size() < 3) io.run_one();
  EXPECT_EQ(order, "abc");
  EXPECT_FALSE(late.pending());
}

TEST(Deadlines, CalledOffOrDestroyedTheyNeverFire) {
  asio::io_context io;
  Deadlines deadlines(io);
  bool wrong = false, last = false;
  Deadline called_off, end;
  called_off.set(deadlines, 1, [&] { wrong = true; });
  {
    Deadline gone;
    gone.set(deadlines, 1, [&] { wrong = true; });
  }
  called_off.call_off();
  end.set(deadlines, 10, [&] { last = true; });
  while (!last) io.run_one();
  EXPECT_FALSE(wrong);
}

TEST(Deadlines, MayBeSetAgainOrDestroyedWhileOneFires) {
  asio::io_context io;
  Deadlines deadlines(io);
  int fired = 0;
  auto victim = std::make_unique<Deadline>();
  Deadline self;
  victim->set(deadlines, 2, [&] { fired += 100; });
  self.set(deadlines, 1, [&] {
    ++fired;
    victim.reset();
    self.set(deadlines, 1, [&] { ++fired; });
  });
  while (fired < 2) io.run_one();
  EXPECT_EQ(fired, 2);
}

TEST(Deadlines, ManyThatEndInTimeNeverWakeTheLoop) {
  asio::io_context io;
  Deadlines deadlines(io);
  for (int i = 0; i < 1'000; ++i) {
    Deadline each;
    each.set(deadlines, 10'000 + i, [] {});
  }
  EXPECT_EQ(io.poll(), 0U) << "the timer is armed once, and no wait was ever cancelled";
}

TEST(Signal, SetBeforeTheWaitEndsItAtOnce) {
  Signal signal;
  signal.set();
  const auto wait = [&]() -> asio::awaitable<int> {
    co_await signal.wait();
    co_return 7;
  };
  EXPECT_EQ(run(wait()), 7);
}

TEST(Signal, WaiterResumesOnItsOwnThread) {
  asio::io_context io;
  Signal signal;
  const auto wait = [&]() -> asio::awaitable<std::thread::id> {
    co_await signal.wait();
    co_return std::this_thread::get_id();
  };
  asio::post(io, [&] { signal.set(); });
  EXPECT_EQ(run(io, wait()), std::this_thread::get_id());
}

TEST(Signal, CancellingTheCoroutineUnwindsIt) {
  asio::io_context io;
  Signal signal;
  asio::cancellation_signal cancel;
  bool unwound = false;
  std::exception_ptr error;
  bool ended = false;
  struct Flag {
    bool& raised;
    ~Flag() { raised = true; }
  };
  const auto wait = [&]() -> asio::awaitable<void> {
    const Flag flag{unwound};
    co_await signal.wait();
  };
  asio::co_spawn(io, wait(), asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr thrown) {
                   error = thrown;
                   ended = true;
                 }));
  asio::post(io, [&] { cancel.emit(asio::cancellation_type::terminal); });
  while (!ended) ASSERT_NE(io.run_one(), 0U);
  EXPECT_TRUE(unwound);
  ASSERT_TRUE(error);
  EXPECT_THROW(std::rethrow_exception(error), std::system_error);
}

}  // namespace
}  // namespace commune_watch
