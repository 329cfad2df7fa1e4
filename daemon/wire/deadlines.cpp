// One timer for all deadlines.
#include "wire/deadlines.hpp"

#include <utility>

#include "wire/real_clock.hpp"

namespace commune_watch {

void Deadline::set(Deadlines& all, Millis after, std::function<void()> expired) {
  call_off();
  all_ = &all;
  expired_ = std::move(expired);
  place_ = all.queue_.emplace(Stopwatch::now() + after * 1'000, this);
  all.arm();
}

void Deadline::call_off() {
  if (all_ != nullptr) std::exchange(all_, nullptr)->queue_.erase(place_);
}

void Deadlines::arm() {
  if (queue_.empty() || queue_.begin()->first >= armed_for_) return;
  armed_for_ = queue_.begin()->first;
  timer_.expires_after(std::chrono::microseconds(armed_for_ - Stopwatch::now()));
  timer_.async_wait([this](std::error_code error) {
    if (!error) fire();
  });
}

void Deadlines::fire() {
  armed_for_ = INT64_MAX;
  const std::int64_t now = Stopwatch::now();
  while (!queue_.empty() && queue_.begin()->first <= now) {
    Deadline& due = *queue_.begin()->second;
    due.call_off();
    const auto expired = std::move(due.expired_);
    expired();  // may set or destroy any deadline
  }
  arm();
}

}  // namespace commune_watch
