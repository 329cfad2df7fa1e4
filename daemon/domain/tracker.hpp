// The verdict of one (device, path, rung) as a confirmed timeline (DESIGN §4): three failing probes confirm a
// failure, two good ones a recovery, each back-dated to its first; an unknown answer is unknown from its
// probe on.
//
// Owned by the ledger, fed in the order in which answers arrive. Knows neither the other rungs nor the join.
// All instants are CLOCK_BOOTTIME milliseconds of the running boot.
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ledger.hpp"
#include "domain/reading.hpp"

namespace commune_watch::ledger {

inline constexpr Millis kNever = std::numeric_limits<Millis>::min();
inline constexpr Millis kEver = std::numeric_limits<Millis>::max();
inline constexpr int kConfirmFailure = 3;
inline constexpr int kConfirmRecovery = 2;

// What rides on a piece; seldom any.
struct Remarks {
  std::string words;
  std::vector<ReasonId> warnings;  // sorted, unique
  Recorded recorded = Recorded::unknown;
};

// From `from` until the next piece begins, this is what is confirmed.
struct Piece {
  Millis from = 0;
  Outcome outcome = Outcome::unknown;
  ReasonId reason = ReasonId::none;
  Millis run = 0;         // failed: where this unbroken failure began (its first failing probe)
  Millis clear = kNever;  // failed: the last probe before the run that was good, unknown or came to no end
  std::unique_ptr<Remarks> remarks;
};

// A failure that recovered before it was confirmed.
struct Slip {
  Millis from = 0, to = 0;
  ReasonId reason = ReasonId::none;
  std::uint32_t probes = 0;
};

// What one probe says of this rung.
struct Word {
  Millis at = 0;  // when the probe began
  Outcome outcome = Outcome::not_tested;
  ReasonId reason = ReasonId::none;
  std::string_view words;
  std::span<const ReasonId> warnings;  // sorted, unique; of a good probe
  Recorded recorded = Recorded::unknown;
};

// What a word did.
struct Heard {
  bool spoke = false;      // it was not older than what is known already
  bool changed = false;    // the confirmed timeline
  bool doubted = false;    // a failing streak began
  bool confirmed = false;  // a failure
  bool recovered = false;
  Millis since = 0;  // the first probe of what was confirmed or recovered
};

class Tracker {
 public:
  Tracker(Millis from, ReasonId reason);

  // `hold`: how long a verdict holds after its probe began (2 x interval + limit).
  Heard feed(const Word& word, Millis hold);
  // No answer that began before `settled` can come any more: a verdict that ran out by then ends. True if it
  // did.
  bool expire(Millis settled, Millis hold);
  // The streak can come to no end: a provisional failure becomes unknown(unconfirmed), a provisional recovery
  // is forgotten.
  bool cut();
  // The gateway saw nothing from `from` on: what was concluded from then on is taken back.
  void blind(Millis from, ReasonId reason, Millis hold);
  void asked(Millis at) { asked_ = at > asked_ ? at : asked_; }

  // The confirmed timeline is final before this instant, where no answer that began before `open` can come
  // any more.
  [[nodiscard]] Millis settled(Millis open) const;
  [[nodiscard]] const Piece& at(Millis instant) const;
  [[nodiscard]] const Piece& now() const { return pieces_.back(); }
  [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }
  [[nodiscard]] const std::vector<Slip>& slips() const;
  // The first instant after `instant` at which a piece or a slip begins; kEver if none.
  [[nodiscard]] Millis boundary_after(Millis instant) const;
  // The first failing probe at or after `instant` of those remembered; kEver if none.
  [[nodiscard]] Millis failing_probe_from(Millis instant) const;

  [[nodiscard]] Millis last() const { return last_; }         // the last probe that spoke
  [[nodiscard]] Millis last_asked() const { return asked_; }  // the last one that was to speak
  [[nodiscard]] Millis clear() const {
    return clear_;
  }                                                  // the last one that was good, unknown or came to no end
  [[nodiscard]] bool held() const { return held_; }  // the verdict is a probe's and has not run out
  // The open streak.
  [[nodiscard]] int failing() const {
    return more_ && more_->streak && more_->streak->failing ? more_->streak->count : 0;
  }
  [[nodiscard]] bool provisional() const { return more_ && more_->streak; }
  [[nodiscard]] Millis first() const { return more_->streak->first; }
  [[nodiscard]] ReasonId provisional_reason() const { return more_->streak->steps.back().reason; }

  // Forgets the pieces that ended before both instants, the slips up to `told`, and the failing probes before
  // `old`.
  void prune(Millis told, Millis old);

 private:
  struct Step {
    Millis at = 0;
    ReasonId reason = ReasonId::none;
    std::unique_ptr<Remarks> remarks;
  };
  struct Streak {
    bool failing = true;
    int count = 0;
    Millis first = 0;
    std::vector<Step> steps;
  };
  struct More {
    std::optional<Streak> streak;
    std::vector<Slip> slips;
    std::vector<Millis> fails;  // failing probes, ascending
  };

  More& more();
  void tidy();
  bool push(Millis from, Outcome outcome, ReasonId reason, std::unique_ptr<Remarks> remarks = nullptr,
            Millis clear = kNever);
  void good(const Word& word, Heard& heard);
  void bad(const Word& word, Heard& heard);

  std::vector<Piece> pieces_;  // never empty
  Millis last_ = kNever, asked_ = kNever, clear_ = kNever;
  std::unique_ptr<More> more_;
  bool held_ = false;
};

}  // namespace commune_watch::ledger
