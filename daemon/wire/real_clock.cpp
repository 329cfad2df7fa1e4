// The machine's clocks, through clock_gettime and adjtimex.
#include "wire/real_clock.hpp"

#include <sys/timex.h>

#include <ctime>
#include <fstream>

namespace commune_watch {
namespace {

constexpr std::int64_t kTrusted_us = 1'000'000;

timespec read_clock(clockid_t which) {
  timespec value{};
  clock_gettime(which, &value);
  return value;
}

Millis millis(const timespec& value) { return Millis{value.tv_sec} * 1'000 + value.tv_nsec / 1'000'000; }

}  // namespace

Anchor judge(const WallClock& wall) {
  const bool disciplined = wall.synchronised && wall.max_error_us < kTrusted_us;
  return {.at = {.boot = 0, .bt = wall.bt},
          .utc = wall.utc,
          .error = (wall.max_error_us + 999) / 1'000,
          .source = disciplined ? AnchorSource::ntp : AnchorSource::system};
}

Millis RealClock::boot_now() { return millis(read_clock(CLOCK_BOOTTIME)); }

Anchor RealClock::anchor() {
  timex state{};
  const bool read = adjtimex(&state) != -1;
  WallClock wall{.bt = boot_now(), .utc = millis(read_clock(CLOCK_REALTIME))};
  wall.synchronised = read && (state.status & STA_UNSYNC) == 0;
  wall.max_error_us = read ? state.maxerror : 16'000'000;  // the kernel's own NTP_PHASE_LIMIT
  return judge(wall);
}

std::string RealClock::boot_uuid() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string uuid;
  file >> uuid;
  return uuid;
}

std::int64_t Stopwatch::now() {
  const timespec value = read_clock(CLOCK_MONOTONIC);
  return std::int64_t{value.tv_sec} * 1'000'000 + value.tv_nsec / 1'000;
}

}  // namespace commune_watch
