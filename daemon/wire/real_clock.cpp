// The machine's clocks, through clock_gettime, adjtimex, a timerfd and the kernel's RTC files.
#include "wire/real_clock.hpp"

#include <sys/timerfd.h>
#include <sys/timex.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <fstream>

namespace commune_watch {
namespace {

constexpr std::int64_t kTrustedMicros = 1'000'000;

timespec read_clock(clockid_t which) {
  timespec value{};
  clock_gettime(which, &value);
  return value;
}

Millis millis(const timespec& value) { return Millis{value.tv_sec} * 1'000 + value.tv_nsec / 1'000'000; }

}  // namespace

Anchor judge(const WallClock& wall) {
  const bool disciplined = wall.synchronised && wall.max_error_us < kTrustedMicros;
  return {.at = {.boot = 0, .bt = wall.bt},
          .utc = wall.utc,
          .error = (wall.max_error_us + 999) / 1'000,
          .source = disciplined ? AnchorSource::ntp : AnchorSource::system};
}

bool says_set(std::int64_t got, int error) { return got >= 0 || error == ECANCELED; }

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

RealClock::~RealClock() {
  if (timer_ >= 0) ::close(timer_);
}

std::optional<Millis> RealClock::battery() {
  std::ifstream file(battery_ + "/since_epoch");
  std::int64_t seconds = 0;
  if (battery_.empty() || !(file >> seconds)) return std::nullopt;
  return seconds * 1'000 + 500;
}

void RealClock::arm() const {
  itimerspec never{};
  never.it_value.tv_sec = 100'000'000'000;  // in the year 5138
  ::timerfd_settime(timer_, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr);
}

bool RealClock::was_set() {
  if (timer_ < 0) {
    timer_ = ::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    arm();
    return false;
  }
  std::uint64_t expired = 0;
  const auto got = ::read(timer_, &expired, sizeof expired);
  const bool set = says_set(got, errno);
  if (set) arm();
  return set;
}

std::int64_t Stopwatch::now() {
  const timespec value = read_clock(CLOCK_MONOTONIC);
  return std::int64_t{value.tv_sec} * 1'000'000 + value.tv_nsec / 1'000;
}

}  // namespace commune_watch
