// One pass over a device's record: terms, hours, maintenance, observed spans and blips laid over each other,
// piece by piece.
#pragma once
#include <cstddef>
#include <vector>

#include "domain/availability.hpp"

namespace commune_watch {

// A piece of time in which nothing changes; `value` before the rule about blips.
struct Piece {
  Period period;
  Class value = Class::not_enrolled;
  State seen = State::unknown;  // as observed, whatever it counts as; up, down and unknown are what was seen
  Cause cause = Cause::none;    // of down and unknown
  ReasonId reason = ReasonId::none;
  Recorded recorded = Recorded::unknown;  // as told, whatever the time counts as
  bool blip = false;                      // while up
  bool open = false;                      // in service hours, enrolled or not
};

Period until(Period period, Millis now);  // cut at now

// Enrolled by these terms, for longer than no time at all (of two terms with one instant the later rule).
bool enrols(const std::vector<DatedTerms>& terms, std::size_t index);

// The service hours of one set of terms in a zone: whether an instant is in, and until when that holds at
// least.
class OpenHours {
 public:
  OpenHours(const Hours* hours, const Zone& zone);
  struct Answer {
    bool open;
    Millis until;
  };
  [[nodiscard]] Answer at(Millis utc) const;

 private:
  const Zone* zone_;
  bool always_ = true;
  std::vector<Period> weekly_;        // sorted, disjoint, milliseconds of the local week
  std::vector<std::int32_t> closed_;  // sorted
};

// Pieces in order, gap-free over the period, none across `cut`. The input must outlive it. `corrected`: with
// corrections and late maintenance.
class Sweep {
 public:
  Sweep(const AvailabilityInput& input, Period period, Millis cut, const Zone& zone, bool corrected = false);
  bool next(Piece& piece);
  // The terms that rule the piece given last; nullptr before the first.
  [[nodiscard]] const DatedTerms* terms() const { return term_ == 0 ? nullptr : &input_->terms[term_ - 1]; }

 private:
  void follow_terms();
  [[nodiscard]] const Correction* correction(Millis& until) const;

  const AvailabilityInput* input_;
  const Zone* zone_;
  Millis at_, cut_, end_;
  std::size_t term_ = 0;  // terms in force so far
  std::size_t span_ = 0, pause_ = 0, blip_ = 0;
  std::vector<Period> pauses_,
      blips_;  // maintenance that leaves the denominator, and blips: sorted, disjoint
  std::vector<const Correction*> corrections_;  // later ones first
  OpenHours hours_;
  OpenHours::Answer open_{true, 0};
};

// Adds pieces up; whatever lies at or after `now` adds to the service time only.
class Tally {
 public:
  explicit Tally(Millis now) : now_(now) {}
  void add(const Piece& piece);
  void hours(int weekly_minutes);       // that were in force at some time
  [[nodiscard]] Totals totals() const;  // checked: U + D + M + N = T; throws std::logic_error, a bug, if not

 private:
  Millis now_;
  Totals totals_;
  Millis time_ = 0;
  Millis outage_ = 0;  // counted part of the running one
  bool down_ = false, outage_counted_ = false, blip_ = false;
};

bool too_many_blips(const Totals& totals);                                      // B over its share of T
void append(std::vector<ClassSpan>& spans, const Piece& piece, bool unstable);  // joins equal neighbours

}  // namespace commune_watch
