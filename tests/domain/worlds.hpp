// Generated records of devices, and a slow independent reading of rule A1: the class of every single second.
//
// The oracle shares no code with daemon/domain beyond the types: it asks each second anew, walks every list
// from its start and reckons civil time with std::chrono.
#pragma once
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include "domain/availability.hpp"

namespace commune_watch::worlds {

inline constexpr Millis kSecond = 1'000;
inline constexpr Millis kHour = 3'600'000;
inline constexpr Millis kBase = 1'793'322'000'000;  // Friday 2026-10-30 01:00 UTC

// [least, end), evenly, whatever the size of the case (RapidCheck's inRange alone narrows the range of small
// cases). Not shrunk: hundreds of choices make a world, and a failing one is reproduced by its seed.
inline int pick(int least, int end) {
  return *rc::gen::noShrink(rc::gen::resize(rc::kNominalSize, rc::gen::inRange(least, end)));
}
inline Millis seconds(int least, int most) { return pick(least, most + 1) * kSecond; }
inline bool coin(int in) { return pick(0, in) == 0; }

struct World {
  std::vector<Zone::Change> changes;
  Period period;
  Millis now = 0;
  [[nodiscard]] Zone zone() const { return Zone(changes); }
};

inline World world() {
  World world;
  world.changes = {{0, 7 * kHour}};
  const Millis from = kBase + seconds(0, 4 * 86'400);
  world.period = {from, from + seconds(1, 9 * 3'600)};
  if (coin(2)) {  // summer time begins or ends within the period
    const Millis at = from + seconds(0, 8 * 3'600);
    world.changes.push_back({at, (coin(2) ? 6 : 8) * kHour});
  }
  world.now = coin(3) ? from + seconds(-10, 9 * 3'600) : world.period.to + seconds(0, 100);
  return world;
}

inline Hours hours() {
  Hours hours;
  if (coin(2)) return hours;
  for (int n = pick(0, 8); n > 0; --n) {
    const int from = pick(0, 10'080);
    hours.weekly.push_back({from, std::min(10'080, from + pick(0, 1'500))});
  }
  for (int n = pick(0, 3); n > 0; --n) {
    hours.closed.push_back(coin(2) ? 20261030 + pick(0, 2) : 20261101 + pick(0, 3));
  }
  return hours;
}

inline Span span(Period period) {
  static const Cause kCauses[] = {Cause::device, Cause::media, Cause::upstream, Cause::mains,
                                  Cause::monitoring_point};
  Span span;
  span.period = period;
  const int state = pick(0, 5);
  span.state = state < 3 ? State::up : state == 3 ? State::down : State::unknown;
  span.cause = span.state == State::up     ? Cause::none
               : span.state == State::down ? kCauses[pick(0, 5)]
                                           : Cause::gateway;
  if (span.state == State::down) span.reason = reason_id(coin(2) ? "no-answer" : "not-on-monitor");
  if (span.state == State::unknown) span.reason = reason_id("overrun");
  span.recorded = static_cast<Recorded>(pick(0, 3));
  return span;
}

inline AvailabilityInput device(const World& world, bool only_up_has_blips) {
  AvailabilityInput input;
  const Millis start = world.period.from;
  for (Millis at = start - seconds(0, 3'600); at < world.period.to;) {
    if (coin(4)) at += seconds(1, 3'000);  // nobody watched
    const Period period{at, at + seconds(1, 6'000)};
    input.spans.push_back(span(period));
    at = period.to;
  }
  Millis from = start - seconds(0, 7'200);
  for (int n = pick(coin(5) ? 0 : 1, 4); n > 0; --n) {
    Terms terms;
    terms.enrolled = !coin(4);
    terms.hours = hours();
    input.terms.push_back({from, terms});
    from += seconds(0, 14'400);
  }
  for (int n = pick(0, 4); n > 0; --n) {
    Maintenance m;
    m.period.from = start + seconds(-3'600, 30'000);
    m.period.to = m.period.from + seconds(0, 9'000);
    m.declared = m.period.from + seconds(-100, coin(2) ? 0 : 100);
    if (coin(3)) m.ended = m.period.from + seconds(0, 9'000);
    input.maintenance.push_back(m);
  }
  for (int n = pick(0, 8); n > 0; --n) {
    Period period{start + seconds(-60, 32'000), 0};
    period.to = period.from + seconds(0, 90);
    if (only_up_has_blips && std::none_of(input.spans.begin(), input.spans.end(), [&](const Span& s) {
          return s.state == State::up && s.period.from <= period.from && period.to <= s.period.to;
        })) {
      continue;
    }
    input.blips.push_back({period, reason_id("no-answer")});
  }
  return input;
}

// ---- the oracle

struct Second {
  Class value = Class::not_enrolled;
  State seen = State::unknown;
  Cause cause = Cause::none;
  ReasonId reason = ReasonId::none;
  Recorded recorded = Recorded::unknown;
  bool blip = false, open = false;
};

inline Millis offset_at(const World& world, Millis t) {
  Millis offset = world.changes.front().offset;
  for (const auto& change : world.changes) {
    if (change.from_utc <= t) offset = change.offset;
  }
  return offset;
}

inline bool in_hours(const Hours& hours, const World& world, Millis t) {
  using std::chrono::sys_time, std::chrono::milliseconds, std::chrono::floor, std::chrono::days,
      std::chrono::minutes, std::chrono::year_month_day;
  const sys_time<milliseconds> local{milliseconds{t + offset_at(world, t)}};
  const auto day = floor<days>(local);
  const year_month_day date{day};
  const int number = static_cast<int>(date.year()) * 10'000 +
                     static_cast<int>(static_cast<unsigned>(date.month())) * 100 +
                     static_cast<int>(static_cast<unsigned>(date.day()));
  for (const auto closed : hours.closed) {
    if (closed == number) return false;
  }
  if (hours.weekly.empty()) return true;
  const auto minute = (std::chrono::weekday{day}.iso_encoding() - 1) * 1'440 +
                      static_cast<unsigned>(floor<minutes>(local - day).count());
  return std::any_of(hours.weekly.begin(), hours.weekly.end(), [&](const Hours::Slot& slot) {
    return slot.from_minute <= static_cast<int>(minute) && static_cast<int>(minute) < slot.to_minute;
  });
}

inline Second second_of(const AvailabilityInput& device, const World& world, Millis t) {
  Second second;
  const Terms* terms = nullptr;
  const Hours* last_hours = nullptr;
  for (const DatedTerms& dated : device.terms) {
    if (dated.from <= t) terms = &dated.terms;
  }
  for (std::size_t i = 0; i < device.terms.size();
       ++i) {  // the latest enrolled terms that were in force for some time
    const bool lived = i + 1 == device.terms.size() || device.terms[i + 1].from > device.terms[i].from;
    if (device.terms[i].from <= t && device.terms[i].terms.enrolled && lived)
      last_hours = &device.terms[i].terms.hours;
  }
  for (std::size_t i = 0; i < device.terms.size(); ++i) {
    const bool lives = i + 1 == device.terms.size() || device.terms[i + 1].from > device.terms[i].from;
    if (last_hours == nullptr && device.terms[i].terms.enrolled && lives)
      last_hours = &device.terms[i].terms.hours;
  }
  second.open = last_hours == nullptr || in_hours(*last_hours, world, t);
  if (terms == nullptr || !terms->enrolled) return second;
  for (const Span& span : device.spans) {
    if (t < span.period.from || t >= span.period.to) continue;
    second.seen = span.state;
    second.recorded = span.recorded;
  }
  if (!second.open) {
    second.value = Class::out_of_hours;
    return second;
  }
  for (const Maintenance& m : device.maintenance) {
    const bool ended = m.ended != 0 && t >= m.ended;
    if (m.declared <= m.period.from && m.period.from <= t && t < m.period.to && !ended) {
      second.value = Class::maintenance;
      return second;
    }
  }
  second.value = Class::unknown;
  second.cause = Cause::gateway;
  second.reason = reason_id("gateway-off");
  for (const Span& span : device.spans) {
    if (t < span.period.from || t >= span.period.to) continue;
    second.value = span.state == State::up     ? Class::up
                   : span.state == State::down ? Class::down
                                               : Class::unknown;
    second.cause = span.cause;
    second.reason = span.reason;
  }
  if (second.value != Class::up) return second;
  second.cause = Cause::none;
  second.reason = ReasonId::none;
  for (const BlipSpan& blip : device.blips)
    second.blip = second.blip || (blip.period.from <= t && t < blip.period.to);
  return second;
}

// The place: who has a say, and what the best (or worst) of them says.
inline Second second_of(const std::vector<AvailabilityInput>& devices, Cover cover, const World& world,
                        Millis t) {
  std::vector<Second> all;
  for (const auto& device : devices) {
    const Second own = second_of(device, world, t);
    if (own.value != Class::not_enrolled) all.push_back(own);
  }
  const auto has = [&](Class value) {
    return std::any_of(all.begin(), all.end(), [&](const Second& s) { return s.value == value; });
  };
  const auto having = [&](Class value, std::optional<bool> blip = std::nullopt) {
    return std::find_if(all.begin(), all.end(),
                        [&](const Second& s) { return s.value == value && (!blip || s.blip == *blip); });
  };
  Second place;
  if (!all.empty()) {
    const bool any = cover == Cover::any;
    // The order is the rule. NOLINTBEGIN(bugprone-branch-clone)
    if (any && has(Class::up)) {
      place = having(Class::up, false) != all.end() ? *having(Class::up, false) : *having(Class::up);
    } else if (!any && has(Class::down)) {
      place = *having(Class::down);
    } else if (has(Class::unknown)) {
      place = *having(Class::unknown);
    } else if (has(Class::up)) {
      place = having(Class::up, true) != all.end() ? *having(Class::up, true) : *having(Class::up);
    } else if (has(Class::down)) {
      place = *having(Class::down);
    } else if (has(Class::maintenance)) {
      place = *having(Class::maintenance);
    } else {
      place = *having(Class::out_of_hours);
    }
    // NOLINTEND(bugprone-branch-clone)
    place.open = std::any_of(all.begin(), all.end(), [](const Second& s) { return s.open; });
    return place;
  }
  // Nobody is there: the one that left last keeps the place's hours.
  std::optional<Millis> left, comes;
  for (const auto& device : devices) {
    for (std::size_t i = 0; i < device.terms.size(); ++i) {
      if (!device.terms[i].terms.enrolled) continue;
      const Millis gone = i + 1 < device.terms.size() ? device.terms[i + 1].from : t + 1;
      if (device.terms[i].from < gone && gone <= t && (!left || gone >= *left)) {
        left = gone;
        place.open = second_of(device, world, t).open;
      }
    }
  }
  if (left) {
    place.value = place.open ? Class::down : Class::out_of_hours;
    place.seen = State::down;
    if (place.open) place.cause = Cause::device, place.reason = reason_id("not-installed");
    return place;
  }
  place.open = true;
  for (const auto& device : devices) {
    for (std::size_t i = 0; i < device.terms.size(); ++i) {
      const bool lives = i + 1 == device.terms.size() || device.terms[i + 1].from > device.terms[i].from;
      if (!device.terms[i].terms.enrolled || !lives || (comes && device.terms[i].from >= *comes)) continue;
      comes = device.terms[i].from;
      place.open = second_of(device, world, t).open;
    }
  }
  return place;
}

// Totals by counting seconds; `at` gives the second at an instant.
template <class At>
Totals counted(const World& world, At&& at) {
  Totals totals;
  Millis outage = 0;
  bool down = false, known = false, blip = false;
  for (Millis t = world.period.from; t < world.period.to; t += kSecond) {
    const Second s = at(t);
    if (s.open) totals.service += kSecond;
    if (t >= world.now) continue;
    if (s.seen == State::down && !down) outage = 0, known = false;
    down = s.seen == State::down;
    const bool in_blip = s.value == Class::up && s.blip;
    if (s.value == Class::up) totals.up += kSecond;
    if (in_blip) totals.blips += kSecond;
    if (in_blip && !blip) ++totals.blip_count;
    blip = in_blip;
    if (s.value == Class::maintenance) totals.maintenance += kSecond;
    if (s.value == Class::unknown) totals.unknown += kSecond;
    if (s.value != Class::down) continue;
    totals.down += kSecond;
    if (s.cause == Cause::upstream) totals.down_upstream += kSecond;
    if (s.cause == Cause::mains) totals.down_mains += kSecond;
    if (s.cause == Cause::monitoring_point) totals.down_monitoring_point += kSecond;
    if (!known) ++totals.outages;
    known = true;
    outage += kSecond;
    totals.longest = std::max(totals.longest, outage);
  }
  if (totals.blips * 100 > totals.time()) {
    totals.unstable = true;
    totals.up -= totals.blips;
    totals.down += totals.blips;
  }
  return totals;
}

}  // namespace commune_watch::worlds
