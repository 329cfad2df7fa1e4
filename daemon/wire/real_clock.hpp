// The machine's clocks: the only code that asks them; everybody else is handed a Clock or a Stopwatch's
// figure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "domain/clock.hpp"

namespace commune_watch {

// What adjtimex(2) and clock_gettime(2) said, before it is judged.
struct WallClock {
  Millis bt = 0, utc = 0;
  bool synchronised = false;      // the kernel's STA_UNSYNC is off
  std::int64_t max_error_us = 0;  // the kernel's own bound; grows by 500 ppm from the last correction on
};

// ntp where the kernel is disciplined and its error bound is under a second, else system with that bound as
// the error. The kernel counts up to 16 s and then says unsynchronised, so an error of the system source is a
// lower bound: it is not to be trusted.
Anchor judge(const WallClock& wall);

// Of a read from a timer on the wall clock that the kernel cancels when that is set.
bool says_set(std::int64_t got, int error);

class RealClock final : public Clock {
 public:
  // `battery`: where the kernel shows its first RTC; empty or not there: there is none.
  explicit RealClock(std::string battery = "/sys/class/rtc/rtc0") : battery_(std::move(battery)) {}
  ~RealClock() override;
  RealClock(const RealClock&) = delete;
  RealClock& operator=(const RealClock&) = delete;

  [[nodiscard]] Millis boot_now() override;
  [[nodiscard]] Anchor anchor() override;
  [[nodiscard]] std::string boot_uuid() override;  // empty where /proc is not there
  // To half a second: the middle of the second that the kernel shows.
  [[nodiscard]] std::optional<Millis> battery() override;
  // From the first call on, which is always false: a timer on the wall clock that the kernel cancels when
  // that is set (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET).
  [[nodiscard]] bool was_set() override;

 private:
  void arm() const;

  std::string battery_;
  int timer_ = -1;
};

// How long something took, in microseconds, on a clock that nobody can set.
class Stopwatch {
 public:
  Stopwatch() : started_(now()) {}
  [[nodiscard]] std::int64_t us() const { return now() - started_; }
  // Microseconds of CLOCK_MONOTONIC: comparable within this process only.
  [[nodiscard]] static std::int64_t now();

 private:
  std::int64_t started_;
};

}  // namespace commune_watch
