// The schedule of one member.
#include "domain/asking.hpp"

#include <algorithm>

#include "domain/join.hpp"
#include "domain/known_reasons.hpp"
#include "domain/schedule.hpp"

namespace commune_watch::ledger {
namespace {

class Dues {
 public:
  explicit Dues(Millis now) : now_(now) {}
  void add(Millis due, Rung depth) {
    earliest_ = std::min(earliest_, due);
    all_.push_back({due, depth});
  }
  // The earliest, as deep as the deepest that is due by then (or by now, if that is later).
  [[nodiscard]] Ask next() const {
    Ask ask{earliest_, Rung::reachable};
    for (const auto& due : all_)
      if (due.due <= std::max(earliest_, now_)) ask.depth = std::max(ask.depth, due.depth);
    return ask;
  }
  [[nodiscard]] Millis earliest() const { return earliest_; }

 private:
  Millis now_, earliest_ = kEver;
  std::vector<Ask> all_;
};

bool open_question(const Tracker& tracker) {
  const Piece& now = tracker.now();
  return now.outcome != Outcome::ok && (!tracker.held() || now.reason == known().unconfirmed);
}

// A needed rung is not known to be good, and a probe of a lower one cannot tell more: ask through, it stops
// where it fails.
bool wants_depth(const Fleet& fleet, const Member& member) {
  const auto needed = static_cast<std::size_t>(lowest_needed_rung(member.subject.kind, member.needed));
  bool lower_failed = false, wants = false;
  for (std::size_t rung = 0; rung < member.rungs.size(); ++rung) {
    const Tracker& tracker = member.rungs[rung];
    const Outcome outcome = tracker.now().outcome;
    if (rung >= needed) wants |= open_question(tracker) || (lower_failed && outcome != Outcome::ok);
    lower_failed |= outcome == Outcome::failed;
    if (outcome == Outcome::unknown && tracker.held()) break;  // asking deeper would meet the same
  }
  if (!member.is_point()) return wants;
  return wants || lower_failed || std::ranges::any_of(member.bound, [&](Index other) {
           return fleet.members[other].connected && open_question(*fleet.members[other].connected);
         });
}

bool listens_for_more(const Fleet& fleet, const Member& point) {
  return std::ranges::any_of(point.bound, [&](Index other) {
    return fleet.members[other].connected && fleet.members[other].connected->provisional();
  });
}

}  // namespace

Ask next_ask(const Fleet& fleet, const Member& member, Millis now) {
  const Subject& subject = member.subject;
  if (member.rungs.empty()) return {kEver, Rung::reachable};
  const Rung full = member.full();
  if (member.asked == kNever)
    return {first_ask(subject.id, member.from, subject.cadence.of(Rung::reachable)), full};

  const Millis recheck = subject.cadence.recheck;
  Dues dues(now);
  Millis shortest = full > member.needed ? subject.cadence.of(full) : kEver;
  for (std::size_t rung = 0; rung < member.rungs.size(); ++rung)
    shortest = std::min(shortest, subject.cadence.of(static_cast<Rung>(rung)));
  const Ticks every = ticks(subject.id, shortest);
  const auto tick = [&](Rung rung,
                        Millis last) {  // the deep ones on the shallow ones' beat: one question for both
    const Millis due = ticks(subject.id, subject.cadence.of(rung)).after(last == kNever ? member.from : last);
    dues.add(every.after(due - 1), rung);
  };
  for (std::size_t rung = 0; rung < member.rungs.size(); ++rung)
    tick(static_cast<Rung>(rung), member.rungs[rung].last_asked());
  if (full > member.needed) tick(full, member.deep);
  if (wants_depth(fleet, member)) dues.add(dues.earliest(), full);
  for (std::size_t rung = 0; rung < member.rungs.size(); ++rung)
    if (member.rungs[rung].provisional())
      dues.add(std::max(member.rungs[rung].last_asked(), member.from) + recheck, static_cast<Rung>(rung));
  if (full > member.needed && listens_for_more(fleet, member))
    dues.add(std::max(member.deep, member.from) + recheck, full);
  if (member.recovered != kNever) dues.add(member.recovered, full);
  if (member.hurry != kNever)
    dues.add(std::max(member.hurry, member.asked + recheck), member.is_point() ? full : Rung::reachable);
  return dues.next();
}

}  // namespace commune_watch::ledger
