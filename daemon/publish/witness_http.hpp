// One POST at a time to a witness, on a thread of its own (libcurl): bytes out, an answer or the reason for
// none back.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "domain/clock.hpp"

namespace commune_watch::publish {

struct WitnessPost {
  std::string url;      // whole
  std::string ca_file;  // empty: the system's
  Millis limit = 20'000;
  std::string body;
};

struct WitnessAnswer {
  int status = 0;          // 0: there is none, `why` says so
  std::string type, body;  // body: at most 64 KiB
  std::string why;         // Vietnamese first
};

class WitnessHttp {
 public:
  // `told` is called on the thread, once for each send().
  explicit WitnessHttp(std::function<void(WitnessAnswer)> told);
  ~WitnessHttp();  // breaks off what is under way; `told` may be called until it returns
  WitnessHttp(const WitnessHttp&) = delete;
  WitnessHttp& operator=(const WitnessHttp&) = delete;

  void send(WitnessPost post);  // after the last one was told

 private:
  struct Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace commune_watch::publish
