// Waits that double from `first` to `most`, with jitter, so that a province's gateways do not come back all
// at once.
#pragma once
#include <algorithm>
#include <cstdint>
#include <random>

#include "domain/clock.hpp"

namespace commune_watch::publish {

class Backoff {
 public:
  Backoff(Millis first, Millis most, std::uint32_t seed) : first_{first}, most_{most}, random_{seed} {}

  // Between half of the present step and all of it; the next step is twice as long.
  Millis next() {
    step_ = step_ == 0 ? first_ : std::min(most_, step_ * 2);
    return step_ / 2 + static_cast<Millis>(random_() % static_cast<std::uint64_t>(step_ / 2 + 1));
  }
  void reset() { step_ = 0; }

 private:
  Millis first_, most_, step_ = 0;
  std::minstd_rand random_;
};

}  // namespace commune_watch::publish
