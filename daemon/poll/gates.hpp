// How many questions may be open at once: per host, in all, of those that open a media session, and alone for
// a device that killed probers.
#pragma once
#include <asio/awaitable.hpp>
#include <list>
#include <map>
#include <string>

#include "poll/parking.hpp"

namespace commune_watch {

struct GateLimits {
  int per_host = 1, total = 256;
  int sessions = 4;  // a camera serves few, and a power return must not make them all stream at once
};

// Who wants in.
struct Comer {
  std::string host;
  bool alone = false;
  bool session = false;  // opens a media session
};

class Gates {
 public:
  explicit Gates(GateLimits limits) : limits_(limits) {}

  // Leaves by itself.
  class Pass {
   public:
    Pass() = default;
    Pass(Gates* gates, Comer comer) : gates_(gates), comer_(std::move(comer)) {}
    Pass(Pass&& other) noexcept { *this = std::move(other); }
    Pass& operator=(Pass&& other) noexcept;
    ~Pass() { leave(); }
    void leave();

   private:
    Gates* gates_ = nullptr;
    Comer comer_;
  };

  // In order of arrival among those that may go; one who must be alone holds back all who came later.
  asio::awaitable<Pass> enter(Comer comer);
  void resize(GateLimits limits) { limits_ = limits; }

 private:
  struct Waiter {
    Comer comer;
    Pass* pass;  // on the waiting coroutine's frame
    Wake wake;
  };
  [[nodiscard]] bool open_for(const Comer& comer) const;
  Pass admit(const Comer& comer);
  void release(const Comer& comer);

  GateLimits limits_;
  int inside_ = 0, sessions_ = 0;
  bool alone_inside_ = false;
  std::map<std::string, int> hosts_;
  std::list<Waiter> waiting_;
};

}  // namespace commune_watch
