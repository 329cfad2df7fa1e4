// The gateway's runs laid out in UTC (docs/evidence.md §7 "Time"): where each moment falls, what two runs
// claim, and which time nobody can vouch for.
//
// A boot that has a trusted anchor is sure and mapped by its clock. What two runs of sure boots claim is
// doubtful. Unsure boots that follow each other share a bracket, from the last end of a sure run before them
// to the first beginning of one after them: states in it count for nothing; its moments are put as late in it
// as they can have been, or, while no sure boot follows, where their own clock says, but not before it.
#pragma once
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "domain/clock.hpp"

namespace commune_watch {

inline constexpr Millis kForEver = INT64_MAX / 4;

class RunMap {
 public:
  struct Bracket {
    Period utc;  // to kForEver while its last boot runs
    std::uint32_t last_boot = 0;
  };

  RunMap() = default;
  // Runs in the order of their birth, `open`: the last one has not ended, its `alive` is its last sign of
  // life. `claims`: UTC of runs of sure boots before all of these, of which nothing else is known.
  RunMap(std::vector<Run> runs, bool open, std::vector<Anchor> anchors, std::vector<Period> claims = {});

  [[nodiscard]] const std::vector<Run>& runs() const { return runs_; }
  [[nodiscard]] bool open() const { return open_; }
  [[nodiscard]] const ClockMap& clock() const { return clock_; }
  [[nodiscard]] const std::vector<Period>& doubtful() const { return doubtful_; }  // disjoint, ascending
  [[nodiscard]] const std::vector<Bracket>& brackets() const { return brackets_; }

  void alive(Moment at);  // of the open run

  // Of sure boots by their clock, of unsure ones as put; absent if no run of that boot is known.
  [[nodiscard]] std::optional<Millis> utc(Moment at) const;
  // The part of [from_bt, to_bt) that counts: within the run (an index into runs(), which ends at `now` while
  // it is open), of a sure boot; absent where nothing is left.
  [[nodiscard]] std::optional<Period> counted(std::size_t run, Millis from_bt, Millis to_bt,
                                              std::optional<Moment> now) const;
  // The first and last of runs() of sure boots that touch the period.
  [[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> touching(Period period) const;
  [[nodiscard]] Millis end_of(std::size_t run, std::optional<Moment> now) const;  // bt

  // Calls piece(part) for each part of `whole` that is not doubtful, in order.
  template <class Piece>
  void without_doubt(Period whole, Piece piece) const {
    for (const Period& doubt : doubtful_) {
      if (doubt.to <= whole.from) continue;
      if (doubt.from >= whole.to) break;
      if (doubt.from > whole.from) piece(Period{whole.from, doubt.from});
      whole.from = doubt.to < whole.to ? doubt.to : whole.to;
    }
    if (whole.length() > 0) piece(whole);
  }

 private:
  struct Mapped {
    std::size_t run;
    Period utc;
  };
  // A boot that nobody vouches for: bt + offset, but not outside of [floor, ceiling].
  struct Unsure {
    std::uint32_t boot = 0;
    Millis first = 0, last = 0;  // bt of its first run's beginning and of its last sign of life
    Millis offset = 0, floor = 0, ceiling = 0;
    [[nodiscard]] Millis put(Millis bt) const;
    [[nodiscard]] Millis length() const { return last > first ? last - first : 0; }
  };
  struct Edges {
    std::optional<Millis> before, after;
  };
  void find_doubts();
  void find_unsure();
  [[nodiscard]] Edges edges(std::uint32_t next_sure) const;
  void place(std::vector<Unsure> group, const Edges& edges);

  std::vector<Run> runs_;
  bool open_ = false;
  ClockMap clock_;
  std::vector<Period> claims_;
  std::vector<Mapped> mapped_;  // runs of sure boots, in order
  std::vector<Period> doubtful_;
  std::vector<Unsure> unsure_;  // by boot
  std::vector<Bracket> brackets_;
};

}  // namespace commune_watch
