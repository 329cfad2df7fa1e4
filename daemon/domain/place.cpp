// The record of a place: its devices of one kind laid over each other (DESIGN §4 "Places decide, devices
// explain").
#include <algorithm>
#include <limits>

#include "domain/availability.hpp"
#include "domain/sweep.hpp"

namespace commune_watch {
namespace {

// The sweeps of all devices of the place, cut into common pieces.
class PlaceSweep {
 public:
  PlaceSweep(const std::vector<AvailabilityInput>& devices, Cover cover, Period period, Millis cut,
             const Zone& zone)
      : cover_(cover), period_(period), at_(period.from), cut_(cut) {
    devices_.reserve(devices.size());
    for (const AvailabilityInput& device : devices)
      devices_.push_back({Sweep(device, period, cut, zone), {}, &device});
    for (Device& device : devices_) device.sweep.next(device.piece);
  }

  bool next(Piece& piece) {
    if (at_ >= period_.to) return false;
    Millis until = at_ < cut_ ? std::min(period_.to, cut_) : period_.to;
    for (Device& device : devices_) {
      if (device.piece.period.to <= at_) device.sweep.next(device.piece);
      until = std::min(until, device.piece.period.to);
    }
    piece = joined();
    piece.period = {at_, until};
    at_ = until;
    return true;
  }

  // The weekly hours of the place in the piece given last: those of the device that serves longest, if there
  // is one.
  [[nodiscard]] std::optional<int> weekly_minutes() {
    std::optional<int> most;
    for (Device& device : devices_) {
      if (device.piece.value == Class::not_enrolled) continue;
      if (device.sweep.terms() != device.terms) {
        device.terms = device.sweep.terms();
        device.minutes = device.terms->terms.hours.weekly_minutes();
      }
      most = std::max(most.value_or(0), device.minutes);
    }
    return most;
  }

 private:
  struct Device {
    Sweep sweep;
    Piece piece;
    const AvailabilityInput* input;
    const DatedTerms* terms = nullptr;  // whose weekly hours are
    int minutes = 0;                    // these
  };

  [[nodiscard]] Piece joined() const {
    const Piece* decides = nullptr;
    bool open = false;
    State seen = State::unknown;
    for (const Device& device : devices_) {
      const Piece& own = device.piece;
      if (own.value == Class::not_enrolled) continue;
      seen = decides == nullptr || better(own.seen, seen) ? own.seen : seen;
      open = open || own.open;
      if (decides == nullptr || weight(own) > weight(*decides)) decides = &own;
    }
    if (decides == nullptr) return gap();
    Piece piece = *decides;
    piece.open = open;
    if (piece.value == Class::maintenance || piece.value == Class::out_of_hours) piece.seen = seen;
    return piece;
  }

  // Which of two devices decides: any = the best, all = the worst; those without a say come last.
  [[nodiscard]] int weight(const Piece& piece) const {
    switch (piece.value) {
      case Class::not_enrolled:
        return 0;
      case Class::out_of_hours:
        return 1;
      case Class::maintenance:
        return 2;
      case Class::unknown:
        return 5;
      case Class::down:
        return cover_ == Cover::any ? 4 : 6;
      case Class::up:
        return cover_ == Cover::any ? (piece.blip ? 6 : 7) : (piece.blip ? 4 : 3);
    }
    return 0;
  }

  [[nodiscard]] bool better(State a, State b) const {
    const auto rank = [](State s) { return s == State::up ? 2 : s == State::unknown ? 1 : 0; };
    return cover_ == Cover::any ? rank(a) > rank(b) : rank(a) < rank(b);
  }

  // No device: before the first enrolment the place has no time; afterwards it runs on as down.
  [[nodiscard]] Piece gap() const {
    static const ReasonId kNotInstalled = reason_id("not-installed");
    const Device* last = nullptr;
    const Device* first = nullptr;
    Millis left = std::numeric_limits<Millis>::min();
    Millis came = std::numeric_limits<Millis>::max();
    for (const Device& device : devices_) {
      const auto& terms = device.input->terms;
      for (std::size_t i = 0; i < terms.size(); ++i) {
        if (!enrols(terms, i)) continue;
        if (terms[i].from < came) came = terms[i].from, first = &device;
        if (i + 1 == terms.size() || terms[i + 1].from > at_) break;
        if (terms[i + 1].from >= left) left = terms[i + 1].from, last = &device;
      }
    }
    Piece piece;
    if (last != nullptr) {
      piece.open = last->piece.open;
      piece.value = piece.open ? Class::down : Class::out_of_hours;
      piece.seen = State::down;
      if (piece.open) piece.cause = Cause::device, piece.reason = kNotInstalled;
    } else {
      piece.open = first == nullptr || first->piece.open;
    }
    return piece;
  }

  Cover cover_;
  Period period_;
  Millis at_, cut_;
  std::vector<Device> devices_;
};

}  // namespace

Availability place_availability(const std::vector<AvailabilityInput>& devices, Cover cover, Period period,
                                Millis now, const Zone& zone) {
  PlaceSweep sweep(devices, cover, period, now, zone);
  Tally tally(now);
  for (Piece piece; sweep.next(piece);) {
    tally.add(piece);
    if (const auto minutes = sweep.weekly_minutes(); minutes && piece.period.from < now)
      tally.hours(*minutes);
  }
  return summarise(until(period, now), tally.totals());
}

std::vector<ClassSpan> place_classes(const std::vector<AvailabilityInput>& devices, Cover cover,
                                     Period period, Millis now, const Zone& zone) {
  const bool unstable = place_availability(devices, cover, period, now, zone).totals.unstable;
  const Period past = until(period, now);
  PlaceSweep sweep(devices, cover, past, past.to, zone);
  std::vector<ClassSpan> spans;
  for (Piece piece; sweep.next(piece);) append(spans, piece, unstable);
  return spans;
}

Verdict judge_place(const std::vector<AvailabilityInput>& devices, Cover cover, Period period, Millis now,
                    const Zone& zone, std::int32_t threshold_1e4) {
  const Millis until = std::min(period.to, now);
  const bool covered = std::any_of(devices.begin(), devices.end(), [until](const AvailabilityInput& device) {
    return std::any_of(device.terms.begin(), device.terms.end(), [until](const DatedTerms& terms) {
      return terms.terms.enrolled && terms.from < until;
    });
  });
  return covered ? judge(place_availability(devices, cover, period, now, zone), threshold_1e4)
                 : Verdict::not_met;
}

}  // namespace commune_watch
