// A clock that stands still until a test moves it; other threads may read it meanwhile.
#pragma once
#include <atomic>
#include <optional>
#include <string>
#include <utility>

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

  [[nodiscard]] std::optional<Millis> battery() override { return battery_says; }
  [[nodiscard]] bool was_set() override { return set.exchange(false); }

  void advance(Millis by) { bt_ += by, utc_ += by; }
  // Somebody sets the wall clock: no time passes.
  void step_wall(Millis by) {
    utc_ += by;
    set = true;
  }
  void restart(std::string boot, Millis bt, Millis utc) {
    uuid = std::move(boot);
    bt_ = bt;
    utc_ = utc;
  }

  AnchorSource source = AnchorSource::ntp;
  Millis error = 10;
  std::optional<Millis> battery_says;
  std::atomic<bool> set = false;
  std::string uuid = "00000000-0000-4000-8000-000000000001";

 private:
  std::atomic<Millis> bt_, utc_;
};

}  // namespace commune_watch
