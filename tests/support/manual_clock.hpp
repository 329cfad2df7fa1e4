// A clock that stands still until a test moves it; other threads may read it meanwhile.
#pragma once
#include <atomic>
#include <string>

#include "domain/clock.hpp"

namespace commune_watch {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Millis bt = 1'000'000, Millis utc = 1'790'000'000'000) : bt_(bt), utc_(utc) {}
  [[nodiscard]] Millis boot_now() override { return bt_; }
  [[nodiscard]] Anchor anchor() override {
    return {.at = {.boot = 0, .bt = bt_}, .utc = utc_, .error = error, .source = source};
  }
  [[nodiscard]] std::string boot_uuid() override { return uuid; }

  void advance(Millis by) { bt_ += by, utc_ += by; }
  void step_wall(Millis by) { utc_ += by; }  // somebody sets the wall clock: no time passes

  AnchorSource source = AnchorSource::ntp;
  Millis error = 10;
  std::string uuid = "00000000-0000-4000-8000-000000000001";

 private:
  std::atomic<Millis> bt_, utc_;
};

}  // namespace commune_watch
