// Ancestors and mains, by their own back-dated timelines.
#include "domain/blame.hpp"

#include <algorithm>

namespace commune_watch::ledger {
namespace {

constexpr std::size_t kMinLost = 3;         // devices of a place lost together
constexpr std::size_t kAskNeighbours = 16;  // a larger place is asked by its ticks soon enough

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

// From when on the ancestor's failure explains one that began at `run`: from its beginning where the ancestor
// was not seen well after that, so that no second is lost to the order of probes.
Millis explains_from(const Run& ancestors, Millis run, Millis bound) {
  return ancestors.clear < run && run <= ancestors.from && ancestors.from < run + bound ? run
                                                                                        : ancestors.from;
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
  if (tracker.failing() > 0 && tracker.clear() < run && tracker.first() < run + bound(ancestor)) return run;
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

// Calls `use(Run)` for each loss of the neighbour that may be the same as the one that began at `run`.
template <class Use>
void each_loss_near(const Member& neighbour, Millis run, Millis window, Use use) {
  any_run(*neighbour.reachable(), [&](const Run& theirs) {
    if (theirs.from >= run - window && theirs.from <= run + window && theirs.clear < run) use(theirs);
    return false;
  });
}

// The neighbour may yet turn out to have been lost together with the failure that began at `run`.
bool undecided(const Fleet& fleet, const Member& neighbour, Millis run, Millis window) {
  const Tracker& tracker = *neighbour.reachable();
  if (tracker.last() < run && fleet.open(neighbour) <= run + window) return true;
  return tracker.failing() > 0 && tracker.clear() < run && tracker.first() >= run - window &&
         tracker.first() <= run + window;
}

bool enough(std::size_t lost, std::size_t total) { return lost >= kMinLost && 2 * lost > total; }

Millis mains_known_before(const Fleet& fleet, const Loss& failure) {
  const Site* site = site_of(fleet, failure);
  if (site == nullptr) return kEver;
  std::size_t possible = 1, left = site->members.size();
  bool open = false;
  Millis recoveries_known_before = kEver;
  for (const Index i : site->members) {
    if (!enough(possible + left--, site->members.size())) return kEver;
    if (i == failure.member) continue;
    const Member& neighbour = fleet.members[i];
    bool counts = undecided(fleet, neighbour, failure.run, site->window);
    open |= counts;
    each_loss_near(neighbour, failure.run, site->window, [&](const Run& loss) {
      counts = true;
      open |= ancestors_known_before(fleet, i, loss.from) <= loss.from;
      const Millis settled = neighbour.reachable()->settled(fleet.open(neighbour));
      recoveries_known_before = std::min(recoveries_known_before, settled + bound(neighbour));
    });
    possible += counts ? 1 : 0;
  }
  if (!enough(possible, site->members.size())) return kEver;
  return open ? failure.run : recoveries_known_before;
}

// Three or more, and more than half of the place, first failed within one interval, none seen well meanwhile,
// none behind a failed ancestor; it lasts until so few are left that everybody else had time to be asked
// again.
bool mains(const Fleet& fleet, const Loss& failure, Millis at) {
  const Site* site = site_of(fleet, failure);
  if (site == nullptr) return false;
  std::vector<std::pair<Index, Run>> losses{{failure.member, {failure.run, failure.clear, kEver}}};
  for (const Index i : site->members) {
    if (i == failure.member) continue;
    const Member& neighbour = fleet.members[i];
    each_loss_near(neighbour, failure.run, site->window, [&](const Run& loss) {
      if (loss.to != kEver && at >= loss.to + bound(neighbour)) return;
      if (blamed_ancestor(fleet, i, *neighbour.reachable(), loss.from, loss.from) == kNobody)
        losses.emplace_back(i, loss);
    });
  }
  if (!enough(losses.size(), site->members.size())) return false;
  for (const auto& [whose, first] : losses) {
    const Millis start = first.from;
    if (start > failure.run || failure.run > start + site->window || failure.clear >= start) continue;
    std::size_t together = 0;
    Index last = kNobody;
    for (const auto& [i, loss] : losses) {
      if (i == last || loss.clear >= start || loss.from < start || loss.from > start + site->window) continue;
      last = i;
      ++together;
    }
    if (enough(together, site->members.size())) return true;
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
      each_loss_near(neighbour, failure.run, site->window, [&](const Run& loss) {
        if (loss.to != kEver) candidate(loss.to + bound(neighbour));
      });
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
