// Laying a device's record out in pieces, in one linear pass without allocation per day.
#include "domain/sweep.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace commune_watch {
namespace {

constexpr Millis kMinute = 60'000;
constexpr Millis kDay = 86'400'000;
constexpr Millis kWeek = 7 * kDay;
constexpr Millis kForever = std::numeric_limits<Millis>::max();

Millis floor_div(Millis value, Millis by) { return value / by - (value % by < 0 ? 1 : 0); }

void unite(std::vector<Period>& periods) {
  std::erase_if(periods, [](const Period& p) { return p.length() == 0; });
  std::sort(periods.begin(), periods.end(), [](const Period& a, const Period& b) { return a.from < b.from; });
  std::size_t last = 0;
  for (std::size_t i = 1; i < periods.size(); ++i) {
    if (periods[i].from <= periods[last].to) {
      periods[last].to = std::max(periods[last].to, periods[i].to);
    } else {
      periods[++last] = periods[i];
    }
  }
  if (!periods.empty()) periods.resize(last + 1);
}

// Whether `at` lies in one of the periods, moving `index` past those that are over; narrows `until`.
bool within(const std::vector<Period>& periods, std::size_t& index, Millis at, Millis& until) {
  while (index < periods.size() && periods[index].to <= at) ++index;
  if (index == periods.size()) return false;
  const bool in = periods[index].from <= at;
  until = std::min(until, in ? periods[index].to : periods[index].from);
  return in;
}

std::size_t first_over(const std::vector<Span>& spans, Millis at) {
  return static_cast<std::size_t>(
      std::partition_point(spans.begin(), spans.end(), [at](const Span& s) { return s.period.to <= at; }) -
      spans.begin());
}

}  // namespace

Period until(Period period, Millis now) {
  return {period.from, std::max(period.from, std::min(period.to, now))};
}

int Hours::weekly_minutes() const {
  if (weekly.empty()) return 10080;
  std::vector<Period> slots;
  slots.reserve(weekly.size());
  for (const Slot& slot : weekly)
    slots.push_back({std::max(slot.from_minute, 0), std::min(slot.to_minute, 10080)});
  unite(slots);
  Millis minutes = 0;
  for (const Period& slot : slots) minutes += slot.length();
  return static_cast<int>(minutes);
}

bool enrols(const std::vector<DatedTerms>& terms, std::size_t index) {
  return terms[index].terms.enrolled &&
         (index + 1 == terms.size() || terms[index + 1].from > terms[index].from);
}

OpenHours::OpenHours(const Hours* hours, const Zone& zone) : zone_(&zone) {
  if (hours == nullptr || (hours->weekly.empty() && hours->closed.empty())) return;
  always_ = false;
  closed_ = hours->closed;
  std::sort(closed_.begin(), closed_.end());
  if (hours->weekly.empty()) {
    weekly_.push_back({0, kWeek});
    return;
  }
  for (const Hours::Slot& slot : hours->weekly)
    weekly_.push_back({slot.from_minute * kMinute, slot.to_minute * kMinute});
  unite(weekly_);
}

OpenHours::Answer OpenHours::at(Millis utc) const {
  if (always_) return {true, kForever};
  const Millis offset = zone_->offset(utc);
  const Millis local = utc + offset;
  Millis until = zone_->next_change(utc);
  if (!closed_.empty()) {
    const Millis day = floor_div(local, kDay);
    until = std::min(until, (day + 1) * kDay - offset);
    if (std::binary_search(closed_.begin(), closed_.end(), date_of_day(day).yyyymmdd()))
      return {false, until};
  }
  if (weekly_.empty()) return {false, until};  // slots were given and none is longer than nothing
  const Millis monday = 3 * kDay;              // 1970-01-01 was a Thursday
  const Millis in_week = local + monday - floor_div(local + monday, kWeek) * kWeek;
  const auto slot =
      std::find_if(weekly_.begin(), weekly_.end(), [&](const Period& s) { return s.to > in_week; });
  if (slot == weekly_.end()) return {false, std::min(until, utc + kWeek - in_week)};
  if (slot->from <= in_week) return {true, std::min(until, utc + slot->to - in_week)};
  return {false, std::min(until, utc + slot->from - in_week)};
}

Sweep::Sweep(const AvailabilityInput& input, Period period, Millis cut, const Zone& zone, bool corrected)
    : input_(&input), zone_(&zone), at_(period.from), cut_(cut), end_(period.to), hours_(nullptr, zone) {
  span_ = first_over(input.spans, at_);
  for (const Maintenance& m : input.maintenance) {
    if (m.declared > m.period.from && !corrected) continue;  // declared late: listed, never taken off
    pauses_.push_back({m.period.from, m.ended == 0 ? m.period.to : std::min(m.period.to, m.ended)});
  }
  unite(pauses_);
  for (const BlipSpan& blip : input.blips) {
    if (blip.period.to > period.from && blip.period.from < period.to) blips_.push_back(blip.period);
  }
  unite(blips_);
  if (corrected) {
    for (auto one = input.corrections.rbegin(); one != input.corrections.rend(); ++one) {
      if (one->period.to > period.from && one->period.from < period.to) corrections_.push_back(&*one);
    }
  }
  // Before the first terms the hours are those of the first: they only say how long the service would have
  // been.
  const auto enrolled = std::find_if(input.terms.begin(), input.terms.end(),
                                     [](const DatedTerms& t) { return t.terms.enrolled; });
  if (enrolled != input.terms.end()) hours_ = OpenHours(&enrolled->terms.hours, zone);
}

void Sweep::follow_terms() {
  const auto& terms = input_->terms;
  const Hours* hours = nullptr;
  for (; term_ < terms.size() && terms[term_].from <= at_; ++term_) {
    // A device that has left keeps its last hours, for the same end.
    if (enrols(terms, term_)) hours = &terms[term_].terms.hours;
  }
  if (hours == nullptr) return;
  hours_ = OpenHours(hours, *zone_);
  open_.until = std::numeric_limits<Millis>::min();
}

// The correction that rules at `at_`; narrows `until` to where another one may.
const Correction* Sweep::correction(Millis& until) const {
  const Correction* rules = nullptr;
  for (const Correction* one : corrections_) {
    if (one->period.from > at_) until = std::min(until, one->period.from);
    if (one->period.from > at_ || one->period.to <= at_) continue;
    until = std::min(until, one->period.to);
    if (rules == nullptr) rules = one;
  }
  return rules;
}

bool Sweep::next(Piece& piece) {
  if (at_ >= end_) return false;
  static const ReasonId kGatewayOff = reason_id("gateway-off");
  follow_terms();
  Millis until = at_ < cut_ ? std::min(end_, cut_) : end_;
  if (term_ < input_->terms.size()) until = std::min(until, input_->terms[term_].from);
  if (open_.until <= at_) open_ = hours_.at(at_);
  until = std::min(until, open_.until);

  piece = Piece{};
  piece.open = open_.open;
  if (term_ != 0 && input_->terms[term_ - 1].terms.enrolled) {
    while (span_ < input_->spans.size() && input_->spans[span_].period.to <= at_) ++span_;
    const Span* const span = span_ < input_->spans.size() ? &input_->spans[span_] : nullptr;
    const bool watched = span != nullptr && span->period.from <= at_;
    if (span != nullptr) until = std::min(until, watched ? span->period.to : span->period.from);
    if (watched) piece.seen = span->state;
    if (watched) piece.recorded = span->recorded;
    if (!piece.open) {
      piece.value = Class::out_of_hours;
    } else if (const Correction* rules = correction(until); rules != nullptr) {
      piece.value = rules->value;
      piece.cause = rules->value == Class::down ? Cause::device : Cause::gateway;
    } else if (within(pauses_, pause_, at_, until)) {
      piece.value = Class::maintenance;
    } else if (piece.seen == State::up) {
      piece.value = Class::up;
      piece.blip = within(blips_, blip_, at_, until);
    } else {
      piece.value = piece.seen == State::down ? Class::down : Class::unknown;
      piece.cause = watched ? span->cause : Cause::gateway;
      piece.reason = watched ? span->reason : kGatewayOff;
    }
  }
  piece.period = {at_, until};
  at_ = until;
  return true;
}

void Tally::add(const Piece& piece) {
  const Millis length = piece.period.length();
  if (piece.open) totals_.service += length;
  if (piece.period.from >= now_) return;
  if (piece.open && piece.value != Class::not_enrolled) time_ += length;
  if (piece.seen != State::down) down_ = false;
  if (piece.seen == State::down && !down_) {
    down_ = true;
    outage_ = 0;
    outage_counted_ = false;
  }
  const bool blip = piece.value == Class::up && piece.blip;
  switch (piece.value) {
    case Class::up:
      totals_.up += length;
      if (blip) totals_.blips += length;
      if (blip && !blip_) ++totals_.blip_count;
      break;
    case Class::down:
      totals_.down += length;
      if (piece.cause == Cause::upstream) totals_.down_upstream += length;
      if (piece.cause == Cause::mains) totals_.down_mains += length;
      if (piece.cause == Cause::monitoring_point) totals_.down_monitoring_point += length;
      if (!outage_counted_) ++totals_.outages;
      outage_counted_ = true;
      outage_ += length;
      totals_.longest = std::max(totals_.longest, outage_);
      break;
    case Class::maintenance:
      totals_.maintenance += length;
      break;
    case Class::unknown:
      totals_.unknown += length;
      break;
    case Class::out_of_hours:
    case Class::not_enrolled:
      break;
  }
  blip_ = blip;
}

void Tally::hours(int weekly_minutes) {
  totals_.weekly_minutes = std::min(totals_.weekly_minutes, weekly_minutes);
}

Totals Tally::totals() const {
  if (totals_.time() != time_) throw std::logic_error("U + D + M + N is not T");
  return totals_;
}

bool too_many_blips(const Totals& totals) { return totals.blips * 10'000 > totals.time() * kMaxBlipShare; }

void append(std::vector<ClassSpan>& spans, const Piece& piece, bool unstable) {
  static const ReasonId kUnstable = reason_id("unstable");
  ClassSpan span{piece.period, piece.value, piece.cause, piece.reason};
  if (unstable && piece.value == Class::up && piece.blip)
    span = {piece.period, Class::down, Cause::device, kUnstable};
  if (!spans.empty()) {
    ClassSpan& last = spans.back();
    if (last.period.to == span.period.from && last.value == span.value && last.cause == span.cause &&
        last.reason == span.reason) {
      last.period.to = span.period.to;
      return;
    }
  }
  spans.push_back(span);
}

}  // namespace commune_watch
