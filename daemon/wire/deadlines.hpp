// All deadlines of the wire on one timer, which is armed anew only when the earliest deadline moves closer:
// an operation that ends in time costs two steps in a sorted map and no system call.
#pragma once
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>

#include "domain/clock.hpp"

namespace commune_watch {

class Deadlines;

// One instant to come. Destroyed or called off, it never fires. Must not outlive its Deadlines.
class Deadline {
 public:
  Deadline() = default;
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() { call_off(); }

  // `expired` runs on the loop, once; setting again replaces it.
  void set(Deadlines& all, Millis after, std::function<void()> expired);
  void call_off();
  [[nodiscard]] bool pending() const { return all_ != nullptr; }

 private:
  friend class Deadlines;
  Deadlines* all_ = nullptr;
  std::multimap<std::int64_t, Deadline*>::iterator place_;
  std::function<void()> expired_;
};

class Deadlines {
 public:
  explicit Deadlines(asio::io_context& io) : timer_(io) {}
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

 private:
  friend class Deadline;
  void arm();
  void fire();

  std::multimap<std::int64_t, Deadline*> queue_;  // by Stopwatch::now()
  asio::steady_timer timer_;
  std::int64_t armed_for_ = INT64_MAX;
};

}  // namespace commune_watch
