// Everything the ledger keeps of the watched things, and who depends on whom: plain state that the ledger's
// parts share.
//
// Members lie in one vector ordered by id; kinship (parent, point, site) is by index into it and rebuilt when
// subjects change.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/ledger.hpp"
#include "domain/tracker.hpp"

namespace commune_watch::ledger {

using Index = std::uint32_t;
inline constexpr Index kNobody = 0xffff'ffff;

// An answer comes at most its limit after its question, and this much on the way; what comes later says
// nothing, so that what is settled never depends on the order in which answers arrive.
inline constexpr Millis kGrace = 2'000;

// What a monitoring point's own standing means for those bound to it.
enum class Column : std::uint8_t {
  telling,
  dead,
  cut_off
};  // cut_off: it cannot be reached because an ancestor is down
struct ColumnPiece {
  Millis from = 0;
  Column column = Column::telling;
};

// Whose outage a down belongs to. A place's mains go by the first of its devices.
struct RootKey {
  DeviceId root{};
  bool mains = false;
  friend auto operator<=>(const RootKey&, const RootKey&) = default;
};

struct Member {
  Subject subject;
  Rung needed = Rung::reachable;
  std::vector<Tracker> rungs;          // the device path: reachable … needed; empty where there is none
  std::unique_ptr<Tracker> connected;  // the monitor path; none where nothing is bound
  Index parent = kNobody, point = kNobody, site = kNobody;
  std::vector<Index> children, bound;
  std::vector<ColumnPiece> column;  // of a monitoring point with bound devices or not; never empty there

  Standing standing;        // as last told
  Millis since = 0;         // when it began
  Millis stands = 0;        // and all of it but whether it is recorded
  Millis done = 0;          // evaluated up to here, inclusive
  Millis horizon = 0;       // the standing is final before this instant
  Millis revisit = kNever;  // look here again though no piece begins
  Millis waiting = kNever;  // a failed piece from here waits for a word on ancestors or neighbours
  bool blocked = false;     // something is decided but not yet final
  bool blames = false;      // down on its own account or an ancestor's: what ancestors do matters
  std::uint64_t stamp = 0;  // of the last look
  Millis queued = kEver;    // when the ledger looks at it again

  std::optional<RootKey> blamed;  // while down: whose incident it is

  std::uint32_t counted = 0;   // probes within `standing` so far
  std::vector<Millis> probes;  // and those that may yet belong to the next

  Millis from = 0;            // watched from then on
  Millis asked = kNever;      // the last question that was answered, at any depth,
  Millis deep = kNever;       //   and at full depth
  Millis spoke = kNever;      // the last probe that said anything
  Millis recovered = kNever;  // a lower rung came back then: the needed one is due
  Millis hurry = kNever;      // somebody waits for a word newer than this
  std::vector<Check> ladder;
  std::unique_ptr<Check> seen;  // `connected`, as last seen

  [[nodiscard]] bool is_point() const { return subject.kind == Kind::monitoring_point; }
  [[nodiscard]] const Tracker* reachable() const { return rungs.empty() ? nullptr : &rungs.front(); }
  // The deepest question that is asked of it.
  [[nodiscard]] Rung full() const {
    return is_point() && subject.testable >= Rung::connected ? Rung::connected : needed;
  }
  [[nodiscard]] Millis hold(Rung rung) const { return 2 * subject.cadence.of(rung) + subject.cadence.limit; }
  [[nodiscard]] Millis monitor_hold() const {
    return 2 * subject.monitor_cadence.of(Rung::connected) + subject.monitor_cadence.limit;
  }
};

// A place's devices that the gateway reaches by itself: who may go dark together.
struct Site {
  std::string name;
  std::vector<Index> members;
  Millis window = 0;  // the longest of their intervals
};

struct Fleet {
  std::vector<Member> members;  // by id
  std::vector<Site> sites;
  std::uint32_t boot = 0;
  Millis now = kNever;
  Millis keep = 0;          // how far back pieces may still be asked for
  std::uint64_t stamp = 1;  // grows whenever anything was learned

  [[nodiscard]] Index find(DeviceId id) const;
  // No answer about it that began before this can count any more.
  [[nodiscard]] Millis open(const Member& member) const {
    return now - member.subject.cadence.limit - kGrace;
  }
  [[nodiscard]] Millis monitor_open(const Member& member) const {
    return now - member.subject.monitor_cadence.limit - kGrace;
  }
  // Verdicts that ran out end. True if one did.
  bool expire(Member& member);
  // Kinship from the subjects.
  void relate();
};

// Brings the trackers in line with the subject: those that still mean the same stay.
void equip(Member& member, Millis at, ReasonId reason, const Subject* before);

}  // namespace commune_watch::ledger
