// How many questions may be open at once: per host, in all, and alone for a device that killed probers.
#pragma once
#include <asio/awaitable.hpp>
#include <list>
#include <map>
#include <string>

#include "poll/parking.hpp"

namespace commune_watch {

class Gates {
 public:
  Gates(int per_host, int total) : per_host_(per_host), total_(total) {}

  // Leaves by itself.
  class Pass {
   public:
    Pass() = default;
    Pass(Gates* gates, std::string host, bool alone) : gates_(gates), host_(std::move(host)), alone_(alone) {}
    Pass(Pass&& other) noexcept { *this = std::move(other); }
    Pass& operator=(Pass&& other) noexcept;
    ~Pass() { leave(); }
    void leave();

   private:
    Gates* gates_ = nullptr;
    std::string host_;
    bool alone_ = false;
  };

  // In order of arrival among those that may go; one who must be alone holds back all who came later.
  asio::awaitable<Pass> enter(std::string host, bool alone);
  void resize(int per_host, int total) {
    per_host_ = per_host;
    total_ = total;
  }

 private:
  struct Waiter {
    std::string host;
    bool alone;
    Pass* pass;  // on the waiting coroutine's frame
    Wake wake;
  };
  [[nodiscard]] bool open_for(const std::string& host, bool alone) const;
  Pass admit(const std::string& host, bool alone);
  void release(const std::string& host, bool alone);

  int per_host_, total_, inside_ = 0;
  bool alone_inside_ = false;
  std::map<std::string, int> hosts_;
  std::list<Waiter> waiting_;
};

}  // namespace commune_watch
