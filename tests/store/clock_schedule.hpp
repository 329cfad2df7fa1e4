// What happens to a box's clocks over some days, in true time, and what is true of its camera: made from a
// seed, told in plain seconds. Shares nothing with the domain: the oracle of clock_schedules_test.cpp reads
// this and the C library's calendar.
#pragma once
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace commune_watch::schedule {

using Ms = std::int64_t;
inline constexpr Ms kSecond = 1'000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;

struct Stretch {
  Ms from = 0, to = 0;
};

// The wall clock is set to the truth plus `error` (somebody's mistake, or a servo's rest).
struct Setting {
  Ms at = 0, error = 0;
};

struct Boot {
  Ms from = 0, to = 0;        // power, true time
  Ms first_error = 0;         // of the wall clock at power-on
  std::vector<Setting> sets;  // ascending
  std::vector<Stretch> ntp;   // disciplined: |error| <= kServo all the while
  std::vector<Ms> words;      // an operator says the true time, to four seconds
  std::vector<Stretch> runs;  // of the gateway
  std::vector<bool> stopped;  // its end was a stop, not a cut
  double ppm = 0;             // its crystal while nobody disciplines it
};
inline constexpr Ms kServo = 150;  // rest of a disciplined clock; slewed by up to 500 ppm per ten minutes
inline constexpr Ms kWordError = 4'000;

enum class Battery { none, good, local_time, dead };

struct Schedule {
  std::string zone;  // of the C library
  Ms from = 0, to = 0;
  bool host = false;  // the host keeps the clock, and the configuration says so
  Battery battery = Battery::none;
  std::vector<Boot> boots;
  std::vector<Stretch> down;  // the camera's
};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  Ms in(Ms from, Ms to) { return std::uniform_int_distribution<Ms>(from, to)(engine_); }
  bool chance(int percent) { return in(1, 100) <= percent; }
  template <class T>
  const T& of(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(in(0, static_cast<Ms>(all.size()) - 1))];
  }

 private:
  std::mt19937_64 engine_;
};

struct Place {
  std::string zone;
  Ms around = 0;  // an interesting local midnight, true UTC
};
inline const std::vector<Place>& places() {
  static const std::vector<Place> kAll{
      {"Asia/Ho_Chi_Minh", 1'795'280'400'000},   // 2026-11-22
      {"Asia/Ho_Chi_Minh", 1'830'272'400'000},   // 2028-01-01, into a leap year
      {"Asia/Ho_Chi_Minh", 1'835'370'000'000},   // 2028-02-29
      {"Europe/Berlin", 1'806'188'400'000},      // 2027-03-28: 23 hours
      {"Europe/Berlin", 1'824'933'600'000},      // 2027-10-31: 25 hours
      {"Europe/Berlin", 1'830'294'000'000},      // 2028-01-01
      {"America/Sao_Paulo", 1'541'300'400'000},  // 2018-11-04: has no midnight
      {"America/Sao_Paulo", 1'550'368'800'000},  // 2019-02-17: the 16th has 25 hours
  };
  return kAll;
}

inline Schedule make(std::uint64_t seed) {
  Dice dice(seed);
  Schedule all;
  const Place& place = dice.of(places());
  all.zone = place.zone;
  all.from = place.around - dice.in(0, 40) * kHour - dice.in(0, 3'600'000);
  all.to = all.from + dice.in(20, 100) * kHour;
  all.host = dice.chance(15);
  if (!all.host && all.from > 1'795'000'000'000)
    all.battery = dice.of<Battery>(
        {Battery::none, Battery::none, Battery::good, Battery::good, Battery::local_time, Battery::dead});

  for (Ms at = all.from; at < all.to;) {
    Boot boot;
    boot.from = at;
    boot.to =
        std::min(all.to, at + (dice.chance(30) ? dice.in(2 * kMinute, kHour) : dice.in(kHour, 40 * kHour)));
    if (boot.to - boot.from < 2 * kMinute) break;
    boot.ppm = static_cast<double>(dice.in(-30, 30));
    const Ms since_epoch = boot.from;
    boot.first_error = all.host ? dice.in(-500, 500)
                                : dice.of<Ms>({dice.in(-500, 500), -since_epoch, -34 * kDay, 2 * kHour,
                                               -2 * kHour, dice.in(-kDay, kDay)});
    // Runs.
    for (Ms start = boot.from + dice.in(1, 40) * kSecond; start < boot.to - kMinute;) {
      const Ms end =
          dice.chance(60) ? boot.to : std::min(boot.to, start + dice.in(kMinute, boot.to - boot.from));
      boot.runs.push_back({start, end});
      boot.stopped.push_back(dice.chance(40));
      start = end + dice.in(5, 600) * kSecond;
    }
    // NTP: never, at once, late, lost and back.
    if (!all.host) {
      if (dice.chance(55)) {
        Ms from = boot.from + (dice.chance(50) ? dice.in(2, 90) * kSecond : dice.in(0, boot.to - boot.from));
        while (from < boot.to) {
          const Ms to = dice.chance(60) ? boot.to : std::min(boot.to, from + dice.in(kMinute, 20 * kHour));
          boot.ntp.push_back({from, to});
          from = to + dice.in(kMinute, 12 * kHour);
        }
      } else if (all.battery == Battery::none && dice.chance(40)) {
        for (int n = static_cast<int>(dice.in(1, 2)); n > 0; --n)
          boot.words.push_back(dice.in(boot.from, boot.to));
        std::ranges::sort(boot.words);
      }
      // Somebody sets the clock wrong. A disciplined kernel is not until its servo has spoken again.
      for (int n = static_cast<int>(dice.in(0, 3)); n > 0; --n) {
        const Ms when = dice.in(boot.from, boot.to);
        const Ms wrong = dice.of<Ms>({2 * kHour, -2 * kHour, dice.in(-3 * kHour, 3 * kHour)});
        std::vector<Stretch> kept;
        for (const Stretch& one : boot.ntp) {
          if (when < one.from || when >= one.to) {
            kept.push_back(one);
            continue;
          }
          if (when > one.from) kept.push_back({one.from, when});
          const Ms again = when + dice.in(10, 300) * kSecond;
          if (again < one.to) kept.push_back({again, one.to});
        }
        boot.ntp = kept;
        boot.sets.push_back({when, wrong});
      }
    }
    for (const Stretch& one : boot.ntp) boot.sets.push_back({one.from, dice.in(-kServo, kServo)});
    std::ranges::sort(boot.sets, {}, &Setting::at);
    const Ms off = dice.chance(50) ? dice.in(20, 900) * kSecond : dice.in(kMinute, 20 * kHour);
    at = boot.to + off;
    all.boots.push_back(std::move(boot));
  }
  for (Ms at = all.from + dice.in(kMinute, 6 * kHour); at < all.to;) {
    const Ms end = at + dice.in(30 * kSecond, 8 * kHour);
    all.down.push_back({at, end});
    at = end + dice.in(30 * kSecond, 8 * kHour);
  }
  return all;
}

// The clocks of one boot as the box has them: boot time runs a little wrong, wall = boot time + an offset
// that settings change.
class Clocks {
 public:
  Clocks(const Boot& boot, std::uint64_t seed) : boot_(&boot), dice_(seed), at_(boot.from), bt_(2'000) {
    offset_ = static_cast<double>(boot.from + boot.first_error) - bt_;
  }
  // Only forward.
  void to(Ms when) {
    while (at_ < when) {
      const bool servo = disciplined(at_);
      Ms until = std::min(when, at_ + 10 * kMinute);
      for (const Stretch& one : boot_->ntp) {
        if (one.from > at_) until = std::min(until, one.from);
        if (one.to > at_) until = std::min(until, one.to);
      }
      if (next_ < boot_->sets.size()) until = std::min(until, std::max(at_, boot_->sets[next_].at));
      const auto passed = static_cast<double>(until - at_);
      if (servo && passed > 0) {
        // Slewed towards a small error of its own choice, as far as 500 ppm go.
        const double error = bt_ + offset_ - static_cast<double>(at_);
        const double wanted = static_cast<double>(dice_.in(-kServo, kServo)) - error;
        const double most = passed * 500e-6;
        bt_ += passed + std::clamp(wanted, -most, most);
      } else {
        bt_ += passed * (1 + boot_->ppm / 1e6);
      }
      at_ = until;
      while (next_ < boot_->sets.size() && boot_->sets[next_].at <= at_) {
        offset_ = static_cast<double>(at_ + boot_->sets[next_].error) - bt_;
        ++next_;
        set_ = true;
      }
      if (until == when) break;
    }
  }
  [[nodiscard]] Ms bt() const { return static_cast<Ms>(bt_); }
  [[nodiscard]] Ms wall() const { return static_cast<Ms>(bt_ + offset_); }
  [[nodiscard]] bool disciplined(Ms when) const {
    return std::ranges::any_of(boot_->ntp,
                               [when](const Stretch& one) { return one.from <= when && when < one.to; });
  }
  bool was_set() { return std::exchange(set_, false); }

 private:
  const Boot* boot_;
  Dice dice_;
  Ms at_;
  double bt_, offset_ = 0;
  std::size_t next_ = 0;
  bool set_ = false;
};

}  // namespace commune_watch::schedule
