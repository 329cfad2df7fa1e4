// Ancestors and mains, by their own back-dated timelines.
#include "domain/blame.hpp"

#include <algorithm>

namespace commune_watch::ledger {
namespace {

constexpr std::size_t kMinLost = 3;        // devices of a place lost together
constexpr std::size_t kAskNeighbours = 16; // a larger place is asked by its ticks soon enough

struct Run {
  Millis from = 0, clear = kNever, to = kEver;  // to: its recovery, or kEver
};

// Calls `use(Run)` for each unbroken failure; stops when it returns true.
template <class Use>
bool any_run(const Tracker& tracker, Use use) {
  const auto& pieces = tracker.pieces();
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].outcome != Outcome::failed) continue;
    Run run{pieces[i].run, pieces[i].clear, kEver};
    while (i + 1 < pieces.size() && pieces[i + 1].outcome == Outcome::failed) ++i;
    if (i + 1 < pieces.size()) run.to = pieces[i + 1].from;
    if (use(run)) return true;
  }
  return false;
}

Millis bound(const Member& member) { return member.hold(Rung::reachable); }

// From when on the ancestor's failure explains one that began at `run`: from its beginning where the ancestor was not
// seen well after that, so that no second is lost to the order of probes.
Millis explains_from(const Run& ancestors, Millis run, Millis bound) {
  return ancestors.clear < run && run <= ancestors.from && ancestors.from <= run + bound ? run : ancestors.from;
}

bool covers(const Member& ancestor, const Tracker& tracker, Millis run, Millis at) {
  return any_run(*ancestor.reachable(), [&](const Run& theirs) {
    if (theirs.to <= run || at < explains_from(theirs, run, bound(ancestor))) return false;
    // After the ancestor's return the failure is the device's own from its next failing probe on.
    return theirs.to == kEver || at < std::max(theirs.to, tracker.failing_probe_from(theirs.to));
  });
}

Index blamed_ancestor(const Fleet& fleet, Index of, const Tracker& tracker, Millis run, Millis at) {
  Index highest = kNobody;
  for (Index i = fleet.members[of].parent; i != kNobody; i = fleet.members[i].parent)
    if (fleet.members[i].reachable() != nullptr && covers(fleet.members[i], tracker, run, at)) highest = i;
  return highest;
}

// What is known of an ancestor with a view to a failure that began at `run` is final before this instant.
Millis ancestor_known_before(const Fleet& fleet, const Member& ancestor, Millis run) {
  const Tracker& tracker = *ancestor.reachable();
  if (tracker.last() < run && fleet.open(ancestor) < run + bound(ancestor)) return run;
  if (tracker.failing() > 0 && tracker.clear() < run && tracker.first() <= run + bound(ancestor)) return run;
  return tracker.settled(fleet.open(ancestor));
}

Millis ancestors_known_before(const Fleet& fleet, Index of, Millis run) {
  Millis known = kEver;
  for (Index i = fleet.members[of].parent; i != kNobody; i = fleet.members[i].parent)
    if (fleet.members[i].reachable() != nullptr)
      known = std::min(known, ancestor_known_before(fleet, fleet.members[i], run));
  return known;
}

const Site* site_of(const Fleet& fleet, const Loss& failure) {
  const Index site = fleet.members[failure.member].site;
  if (!failure.by_itself || site == kNobody || fleet.sites[site].members.size() < kMinLost) return nullptr;
  return &fleet.sites[site];
}

// A neighbour's loss that may be the same as the one that began at `run`.
std::optional<Run> loss_near(const Member& neighbour, Millis run, Millis window) {
  std::optional<Run> found;
  any_run(*neighbour.reachable(), [&](const Run& theirs) {
    if (theirs.from < run - window || theirs.from > run + window || theirs.clear >= run) return false;
    found = theirs;
    return true;
  });
  return found;
}

// The neighbour may yet turn out to have been lost together with the failure that began at `run`.
bool undecided(const Fleet& fleet, const Member& neighbour, Millis run, Millis window) {
  const Tracker& tracker = *neighbour.reachable();
  if (tracker.failing() > 0)
    return tracker.clear() < run && tracker.first() >= run - window && tracker.first() <= run + window;
  return tracker.last() < run && fleet.open(neighbour) < run + window;
}

struct Census {
  std::size_t total = 0, lost = 1, open = 0;  // lost: the device itself included
  bool undecided_ancestors = false;
  Millis recovery_known_before = kEver;
};

bool enough(std::size_t lost, std::size_t total) { return lost >= kMinLost && 2 * lost > total; }

Census census(const Fleet& fleet, const Site& site, const Loss& failure) {
  Census count;
  count.total = site.members.size();
  for (const Index i : site.members) {
    const Member& neighbour = fleet.members[i];
    if (i == failure.member) continue;
    if (auto loss = loss_near(neighbour, failure.run, site.window)) {
      ++count.lost;
      if (ancestors_known_before(fleet, i, loss->from) <= loss->from) count.undecided_ancestors = true;
      const Millis settled = neighbour.reachable()->settled(fleet.open(neighbour));
      count.recovery_known_before = std::min(count.recovery_known_before, settled + bound(neighbour));
    } else if (undecided(fleet, neighbour, failure.run, site.window)) {
      ++count.open;
    }
  }
  return count;
}

Millis mains_known_before(const Fleet& fleet, const Loss& failure) {
  const Site* site = site_of(fleet, failure);
  if (site == nullptr) return kEver;
  const Census count = census(fleet, *site, failure);
  if (!enough(count.lost + count.open, count.total)) return kEver;
  if (count.open > 0 || count.undecided_ancestors) return failure.run;
  return count.recovery_known_before;
}

// Three or more, and more than half of the place, first failed within one interval, none seen well meanwhile, none behind
// a failed ancestor; it lasts until so few are left that everybody else had time to be asked again.
bool mains(const Fleet& fleet, const Loss& failure, Millis at) {
  const Site* site = site_of(fleet, failure);
  if (site == nullptr) return false;
  std::vector<Run> losses{{failure.run, failure.clear, kEver}};
  for (const Index i : site->members) {
    if (i == failure.member) continue;
    const Member& neighbour = fleet.members[i];
    auto loss = loss_near(neighbour, failure.run, site->window);
    if (!loss || blamed_ancestor(fleet, i, *neighbour.reachable(), loss->from, loss->from) != kNobody) continue;
    if (loss->to != kEver && at >= loss->to + bound(neighbour)) continue;
    losses.push_back(*loss);
  }
  if (!enough(losses.size(), site->members.size())) return false;
  for (const Run& first : losses) {
    const Millis start = first.from;
    if (start > failure.run || failure.run > start + site->window || failure.clear >= start) continue;
    const auto together = std::ranges::count_if(losses, [&](const Run& loss) {
      return loss.clear < start && start <= loss.from && loss.from <= start + site->window;
    });
    if (enough(static_cast<std::size_t>(together), site->members.size())) return true;
  }
  return false;
}

}  // namespace

Explanation explain(const Fleet& fleet, const Loss& failure, Millis at) {
  const Index ancestor = blamed_ancestor(fleet, failure.member, *failure.tracker, failure.run, at);
  if (ancestor != kNobody) return {ancestor, false};
  return {kNobody, mains(fleet, failure, at)};
}

Millis explained_before(const Fleet& fleet, const Loss& failure, Millis at) {
  const Millis ancestors = ancestors_known_before(fleet, failure.member, failure.run);
  if (ancestors <= failure.run) return ancestors;
  if (blamed_ancestor(fleet, failure.member, *failure.tracker, failure.run, at) != kNobody) return ancestors;
  return std::min(ancestors, mains_known_before(fleet, failure));
}

Millis explanation_boundary_after(const Fleet& fleet, const Loss& failure, Millis at) {
  Millis found = kEver;
  const auto candidate = [&](Millis instant) {
    if (instant > at && instant < found) found = instant;
  };
  for (Index i = fleet.members[failure.member].parent; i != kNobody; i = fleet.members[i].parent) {
    if (fleet.members[i].reachable() == nullptr) continue;
    any_run(*fleet.members[i].reachable(), [&](const Run& theirs) {
      candidate(theirs.from);
      if (theirs.to != kEver) candidate(std::max(theirs.to, failure.tracker->failing_probe_from(theirs.to)));
      return false;
    });
  }
  if (const Site* site = site_of(fleet, failure)) {
    for (const Index i : site->members) {
      if (i == failure.member) continue;
      const Member& neighbour = fleet.members[i];
      auto loss = loss_near(neighbour, failure.run, site->window);
      if (loss && loss->to != kEver) candidate(loss->to + bound(neighbour));
    }
  }
  return found;
}

std::vector<Index> awaited(const Fleet& fleet, const Loss& failure) {
  std::vector<Index> found;
  const auto wait_for = [&](Index i) {
    const Tracker* tracker = fleet.members[i].reachable();
    if (tracker != nullptr && tracker->last() < failure.run) found.push_back(i);
  };
  for (Index i = fleet.members[failure.member].parent; i != kNobody; i = fleet.members[i].parent) wait_for(i);
  const Site* site = site_of(fleet, failure);
  if (site != nullptr && site->members.size() <= kAskNeighbours)
    for (const Index i : site->members)
      if (i != failure.member) wait_for(i);
  return found;
}

}  // namespace commune_watch::ledger
