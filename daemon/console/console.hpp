// The HTTP API on a Unix socket: what the command line and the pages speak to (docs/openapi.yaml).
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "console/desk.hpp"

namespace commune_watch {

struct ConsoleOptions {
  std::string socket =
      "/run/commune-watch/api.sock";  // made with mode 0660; a stale one is replaced, a live one refused
};

// Serves on threads of its own; every question is carried to the gateway's loop by `on_loop` and answered
// from there within a bounded time, so that a slow client can never hold the loop.
class Console {
 public:
  using OnLoop = std::function<void(std::function<void()>)>;
  Console(ConsoleOptions options, Desk& desk, OnLoop on_loop);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  Result<void> start();
  void stop();    // no new requests; running ones get an answer or 503
  void notify();  // the log grew: wakes live readers (text/event-stream)

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace commune_watch
