// Frames over a Unix stream socket, for either end of the seam: writes are gathered, reads are whole frames.
#pragma once
#include <asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "poll/seam.hpp"

namespace asio {
class any_io_executor;
}

namespace commune_watch {

// Owned by one loop thread. `read()` runs until the peer is gone or breaks the protocol; `write()` queues and
// returns.
class Channel {
 public:
  // Takes the descriptor over (non-blocking from here on).
  Channel(const asio::any_io_executor& executor, int descriptor);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Hands each frame to `take` in order; returns why it ended, in words for the log.
  asio::awaitable<std::string> read(std::function<void(seam::Frame)> take);
  // False if the frame is too large or more than 64 MiB wait unread: the peer has stalled. A frame that may
  // wait leaves with what else is written meanwhile: to be woken costs the peer more than to read.
  bool write(const seam::Frame& frame, std::chrono::milliseconds may_wait = {});
  void close();

 private:
  struct State;
  std::shared_ptr<State>
      state_;  // shared with the write in flight only: it may outlive the channel by one turn of the loop
};

}  // namespace commune_watch
