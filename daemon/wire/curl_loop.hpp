// libcurl's multi interface on the asio loop: its sockets become waits, its timers deadlines
// (libcurl-multi(3), "multi_socket").
#pragma once
#include <curl/curl.h>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <unordered_map>

#include "wire/deadlines.hpp"
#include "wire/signal.hpp"

namespace commune_watch {

class CurlLoop {
 public:
  CurlLoop(asio::io_context& io, Deadlines& deadlines);
  ~CurlLoop();

  // Runs a prepared handle to its end, or to CURLE_OPERATION_TIMEDOUT after `limit`. Cancelled, it is taken
  // out at once. The handle's CURLOPT_PRIVATE is used here.
  asio::awaitable<CURLcode> perform(CURL* easy, Millis limit);

 private:
  struct Running {  // on the frame of perform()
    CurlLoop& loop;
    CURL* easy;
    CURLcode result = CURLE_OK;
    Signal done{};
    bool added = true;
    ~Running();
    void end(CURLcode with);
  };
  struct Watch {  // one socket of libcurl's
    Watch(asio::io_context& io, int socket) : descriptor(io, socket) {}
    ~Watch() { descriptor.release(); }  // libcurl closes it
    asio::posix::stream_descriptor descriptor;
    int wanted = 0;  // CURL_POLL_IN, _OUT or both
    bool reading = false, writing = false;
  };

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* watch);
  static int on_timer(CURLM*, long milliseconds, void* self);
  void wait(std::uint64_t id, Watch& watch);
  void ready(std::uint64_t id, bool writable);
  void act(curl_socket_t socket, int events);

  asio::io_context& io_;
  Deadlines& deadlines_;
  CURLM* multi_;
  Deadline timer_;
  bool due_now_ = false;
  // By a number of our own: a wait that ended just before its socket went may still be reported.
  std::unordered_map<std::uint64_t, Watch> watches_;
  std::uint64_t next_watch_ = 1;
};

}  // namespace commune_watch
