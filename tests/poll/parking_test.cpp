// A parked coroutine goes on when it is woken, on a later turn of its own loop.
#include "poll/parking.hpp"

#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

namespace commune_watch {
namespace {

struct Parked {
  int handed_over = 0, got = 0;
  Wake wake;
};

asio::awaitable<void> wait_there(Parked& parked) {
  const std::function<void(Wake)> keep = [&](Wake wake) { parked.wake = std::move(wake); };
  co_await park(keep);
  parked.got = parked.handed_over;
}

TEST(Parking, WhoIsWokenGoesOnAtALaterTurnWithWhatWasHandedOver) {
  asio::io_context loop;
  Parked parked;
  asio::co_spawn(loop, wait_there(parked), asio::detached);
  loop.poll();
  ASSERT_TRUE(parked.wake);
  EXPECT_EQ(parked.got, 0);
  parked.handed_over = 7;
  parked.wake();
  EXPECT_EQ(parked.got, 0) << "never inside the wake";
  loop.restart();
  loop.poll();
  EXPECT_EQ(parked.got, 7);
}

TEST(Parking, AWakeThatNobodyCallsTakesItsCoroutineAlong) {
  struct Leaves {
    bool& left;
    ~Leaves() { left = true; }
  };
  bool left = false;
  {
    asio::io_context loop;
    Wake kept;
    const auto wait = [&]() -> asio::awaitable<void> {
      const Leaves frame{left};
      const std::function<void(Wake)> keep = [&](Wake wake) { kept = std::move(wake); };
      co_await park(keep);
    };
    asio::co_spawn(loop, wait(), asio::detached);
    loop.poll();
    kept = nullptr;
    EXPECT_FALSE(left) << "a frame ends on its loop";
  }
  EXPECT_TRUE(left);
}

}  // namespace
}  // namespace commune_watch
