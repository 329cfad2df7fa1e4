// Counters and a short queue.
#include "poll/gates.hpp"

#include <utility>

namespace commune_watch {

Gates::Pass& Gates::Pass::operator=(Pass&& other) noexcept {
  if (this == &other) return *this;
  leave();
  gates_ = std::exchange(other.gates_, nullptr);
  comer_ = std::move(other.comer_);
  return *this;
}

void Gates::Pass::leave() {
  if (auto* gates = std::exchange(gates_, nullptr)) gates->release(comer_);
}

bool Gates::open_for(const Comer& comer) const {
  if (alone_inside_ || inside_ >= limits_.total) return false;
  if (comer.alone) return inside_ == 0;
  if (comer.session && sessions_ >= limits_.sessions) return false;
  auto busy = hosts_.find(comer.host);
  return busy == hosts_.end() || busy->second < limits_.per_host;
}

Gates::Pass Gates::admit(const Comer& comer) {
  ++inside_;
  if (comer.session) ++sessions_;
  ++hosts_[comer.host];
  if (comer.alone) alone_inside_ = true;
  return {this, comer};
}

void Gates::release(const Comer& comer) {
  --inside_;
  if (comer.session) --sessions_;
  if (comer.alone) alone_inside_ = false;
  if (auto busy = hosts_.find(comer.host); busy != hosts_.end() && --busy->second == 0) hosts_.erase(busy);
  for (auto waiter = waiting_.begin(); waiter != waiting_.end();) {
    if (open_for(waiter->comer)) {
      *waiter->pass = admit(waiter->comer);
      waiter->wake();
      waiter = waiting_.erase(waiter);
    } else if (waiter->comer.alone) {
      return;
    } else {
      ++waiter;
    }
  }
}

asio::awaitable<Gates::Pass> Gates::enter(Comer comer) {
  bool held_back = false;
  for (const auto& waiter : waiting_) held_back = held_back || waiter.comer.alone;
  if (!held_back && open_for(comer)) co_return admit(comer);
  Pass pass;
  const std::function<void(Wake)> keep = [&](Wake wake) {
    waiting_.push_back({comer, &pass, std::move(wake)});
  };
  co_await park(keep);
  co_return pass;
}

}  // namespace commune_watch
