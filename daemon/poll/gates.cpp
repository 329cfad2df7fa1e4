// Counters and a short queue.
#include "poll/gates.hpp"

#include <utility>

namespace commune_watch {

Gates::Pass& Gates::Pass::operator=(Pass&& other) noexcept {
  if (this == &other) return *this;
  leave();
  gates_ = std::exchange(other.gates_, nullptr);
  host_ = std::move(other.host_);
  alone_ = other.alone_;
  return *this;
}

void Gates::Pass::leave() {
  if (auto* gates = std::exchange(gates_, nullptr)) gates->release(host_, alone_);
}

bool Gates::open_for(const std::string& host, bool alone) const {
  if (alone_inside_ || inside_ >= total_) return false;
  if (alone) return inside_ == 0;
  auto busy = hosts_.find(host);
  return busy == hosts_.end() || busy->second < per_host_;
}

Gates::Pass Gates::admit(const std::string& host, bool alone) {
  ++inside_;
  ++hosts_[host];
  if (alone) alone_inside_ = true;
  return {this, host, alone};
}

void Gates::release(const std::string& host, bool alone) {
  --inside_;
  if (alone) alone_inside_ = false;
  if (auto busy = hosts_.find(host); busy != hosts_.end() && --busy->second == 0) hosts_.erase(busy);
  for (auto waiter = waiting_.begin(); waiter != waiting_.end();) {
    if (open_for(waiter->host, waiter->alone)) {
      *waiter->pass = admit(waiter->host, waiter->alone);
      waiter->wake();
      waiter = waiting_.erase(waiter);
    } else if (waiter->alone) {
      return;
    } else {
      ++waiter;
    }
  }
}

asio::awaitable<Gates::Pass> Gates::enter(std::string host, bool alone) {
  bool held_back = false;
  for (const auto& waiter : waiting_) held_back = held_back || waiter.alone;
  if (!held_back && open_for(host, alone)) co_return admit(host, alone);
  Pass pass;
  const std::function<void(Wake)> keep = [&](Wake wake) {
    waiting_.push_back({host, alone, &pass, std::move(wake)});
  };
  co_await park(keep);
  co_return pass;
}

}  // namespace commune_watch
