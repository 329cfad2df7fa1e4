// From confirmed pieces to changes, blips and incidents.
#include "domain/horizon.hpp"

#include <algorithm>

#include "domain/known_reasons.hpp"

namespace commune_watch::ledger {
namespace {
constexpr Millis kLookAgain = 1'000;  // at what is decided but not yet final
constexpr std::size_t kSmallSite =
    16;  // of a larger one, who waits is looked at once a second, not with each answer
}  // namespace

Millis Horizon::own_horizon(const Member& member) const {
  Millis horizon = kEver;
  for (const auto& tracker : member.rungs) horizon = std::min(horizon, tracker.settled(fleet_.open(member)));
  if (member.connected) horizon = std::min(horizon, member.connected->settled(fleet_.monitor_open(member)));
  if (member.point != kNobody) horizon = std::min(horizon, fleet_.members[member.point].horizon);
  return horizon;
}

Millis Horizon::boundary(const Member& member, const View& view) const {
  Millis found = member.revisit > member.done ? member.revisit : kEver;
  for (const auto& tracker : member.rungs) found = std::min(found, tracker.boundary_after(member.done));
  if (member.connected) found = std::min(found, member.connected->boundary_after(member.done));
  if (member.point != kNobody)
    for (const auto& piece : fleet_.members[member.point].column)
      if (piece.from > member.done) found = std::min(found, piece.from);
  if (view.loss) found = std::min(found, explanation_boundary_after(fleet_, *view.loss, member.done));
  return found;
}

void Horizon::walk(Index of) {
  Member& member = fleet_.members[of];
  if (member.stamp == fleet_.stamp) return;
  member.stamp = fleet_.stamp;
  if (member.point != kNobody) walk(member.point);
  const Millis own = own_horizon(member);
  member.blocked = false;
  member.waiting = kNever;
  View view = look(fleet_, of, member.done);
  for (;;) {
    member.horizon = view.loss ? std::min(own, explained_before(fleet_, *view.loss, member.done)) : own;
    const Millis at = boundary(member, view);
    if (at == kEver) break;
    View next;
    if (at < own && at <= member.horizon) {
      next = look(fleet_, of, at);
      if (next.loss && at >= explained_before(fleet_, *next.loss, at)) {
        member.waiting = at;
        for (const Index other : awaited(fleet_, *next.loss)) hurry(other, next.loss->run);
        member.blocked = true;
      }
    } else {
      member.blocked = true;
    }
    if (member.blocked) {
      member.horizon = std::min(member.horizon, at);
      break;
    }
    arrive(of, at, next, false);
    view = std::move(next);
  }
  member.blames = view.loss.has_value();
  // Nothing can begin before the horizon any more: what was probed before it belongs to the present standing.
  const auto before = std::ranges::count_if(member.probes, [&](Millis at) { return at < member.horizon; });
  member.counted += static_cast<std::uint32_t>(before);
  std::erase_if(member.probes, [&](Millis at) { return at < member.horizon; });
  const Millis old = fleet_.now - fleet_.keep;
  for (auto& tracker : member.rungs) tracker.prune(member.done, old);
  if (member.connected) member.connected->prune(member.done, old);
  auto& column = member.column;
  while (column.size() > 1 && column[1].from <= std::min(member.done, old)) column.erase(column.begin());
  queue(of);
}

void Horizon::close(Index of, Millis at) {
  Member& member = fleet_.members[of];
  View view = look(fleet_, of, member.done);
  for (;;) {
    const Millis next_at = boundary(member, view);
    if (next_at >= at) break;
    View next = look(fleet_, of, next_at);
    // What still waited for a word on ancestors or neighbours is as unconfirmed as a streak.
    const bool waits = next.loss && next_at >= explained_before(fleet_, *next.loss, next_at);
    arrive(of, next_at, next, waits);
    view = std::move(next);
  }
  member.horizon = at;
}

Standing Horizon::standing(const Member& member, const View& view, Millis at) const {
  const Joined& joined = view.joined;
  Standing to{joined.state,  joined.cause, joined.reason, joined.own_reason,
              view.warnings, std::nullopt, view.recorded};
  if (joined.grounds == Grounds::monitoring_point && member.point != kNobody)
    to.root = fleet_.members[member.point].subject.id;
  if (!view.loss) return to;
  const Explanation why = explain(fleet_, *view.loss, at);
  if (why.ancestor == kNobody && !why.mains) return to;
  to.own_reason = joined.reason;
  to.cause = why.mains ? Cause::mains : Cause::upstream;
  to.reason = why.mains ? known().mains_lost : known().parent_down;
  if (!why.mains) to.root = fleet_.members[why.ancestor].subject.id;
  return to;
}

void Horizon::arrive(Index of, Millis at, const View& view, bool unconfirmed) {
  Member& member = fleet_.members[of];
  member.done = at;
  Standing to = unconfirmed ? Standing{State::unknown, Cause::gateway, known().unconfirmed, {}, {}, {}}
                            : standing(member, view, at);
  if (member.is_point()) {
    const bool gone = to.state == State::down && view.device == Outcome::failed &&
                      (view.rung == 0 || view.device_reason == known().refused);
    const Column column = !gone                         ? Column::telling
                          : to.cause == Cause::upstream ? Column::cut_off
                                                        : Column::dead;
    if (member.column.back().column != column) {
      if (member.column.back().from == at) member.column.pop_back();
      member.column.push_back({at, column});
    }
  }
  if (to != member.standing) tell(of, at, std::move(to), view.words);
  tell_slips(of, at);
}

void Horizon::tell(Index of, Millis at, Standing to, std::string_view words) {
  Member& member = fleet_.members[of];
  Change change;
  change.device = member.subject.id;
  change.at = {fleet_.boot, at};
  change.since = {fleet_.boot, member.since};
  change.from = std::move(member.standing);
  change.to = to;
  Standing as_before = to;
  as_before.recorded = change.from.recorded;
  if (as_before != change.from) member.stands = at;
  const auto before = std::ranges::count_if(member.probes, [at](Millis probe) { return probe < at; });
  change.probes = member.counted + static_cast<std::uint32_t>(before);
  change.words = words;
  member.counted = 0;
  std::erase_if(member.probes, [at](Millis probe) { return probe < at; });
  member.standing = std::move(to);
  member.since = at;
  out_.emplace_back(std::move(change));
  blame(of, at);
}

void Horizon::blame(Index of, Millis at) {
  Member& member = fleet_.members[of];
  const Standing& to = member.standing;
  const Moment when{fleet_.boot, at};
  std::optional<RootKey> key;
  if (to.state == State::down) {
    key = RootKey{to.root.value_or(member.subject.id), to.cause == Cause::mains};
    if (key->mains && member.site != kNobody)
      key->root = fleet_.members[fleet_.sites[member.site].members.front()].subject.id;
  }
  if (key == member.blamed) return;
  if (member.blamed) incidents_.leave(*member.blamed, when, out_);
  member.blamed = key;
  if (!key) return;
  Incidents::Why why{to.cause, to.reason, key->mains ? member.subject.place : std::string()};
  if (to.root) {  // the root's own trouble, whoever is told first
    const Index root = fleet_.find(*to.root);
    View theirs = look(fleet_, root, at);
    for (Millis next = at;
         theirs.joined.state != State::down &&
         !fleet_.members[root].rungs.empty();) {  // its first failing probe may come after the child's
      next = fleet_.members[root].rungs.front().boundary_after(next);
      if (next == kEver) break;
      theirs = look(fleet_, root, next);
    }
    if (theirs.joined.state == State::down) why = {theirs.joined.cause, theirs.joined.reason, {}};
  }
  incidents_.enter(*key, std::move(why), when, out_);
}

void Horizon::tell_slips(Index of, Millis at) {
  Member& member = fleet_.members[of];
  if (member.standing.state != State::up) return;
  const auto of_tracker = [&](const Tracker& tracker) {
    for (const Slip& slip : tracker.slips()) {
      if (slip.from != at) continue;
      // Where a confirmed failure would not have been a down, an unconfirmed one is nothing to count.
      if (look(fleet_, of, at, {&tracker, Outcome::failed, slip.reason}).joined.state != State::down)
        continue;
      out_.emplace_back(Blip{
          member.subject.id, {fleet_.boot, slip.from}, {fleet_.boot, slip.to}, slip.reason, slip.probes});
    }
  };
  for (const auto& tracker : member.rungs) of_tracker(tracker);
  if (member.connected) of_tracker(*member.connected);
}

void Horizon::ripple(Index of, bool changed) {
  walk(of);
  const Member& member = fleet_.members[of];
  for (const Index other : member.bound) walk(other);
  for (const Index child : member.children) descend(child);
  if (member.site == kNobody) return;
  const auto& neighbours = fleet_.sites[member.site].members;
  if (!changed && neighbours.size() > kSmallSite) return;
  for (const Index other : neighbours) {
    const Member& neighbour = fleet_.members[other];
    if (neighbour.blocked || (changed && neighbour.blames)) walk(other);
  }
}

void Horizon::descend(Index of) {
  const Member& member = fleet_.members[of];
  if (member.blocked || member.blames) {
    walk(of);
    for (const Index other : member.bound) walk(other);
  }
  for (const Index child : member.children) descend(child);
}

void Horizon::hurry(Index of, Millis newer_than) {
  Member& member = fleet_.members[of];
  if (member.rungs.empty() || member.hurry >= newer_than) return;
  if (member.hurry == kNever) hurried_.push_back(of);
  member.hurry = newer_than;
}

std::vector<Index> Horizon::hurried() { return std::exchange(hurried_, {}); }

void Horizon::queue(Index of) {
  Member& member = fleet_.members[of];
  Millis at = kEver;
  const auto when_out = [&at](const Tracker& tracker, Millis hold, Millis late) {
    if (tracker.held()) at = std::min(at, tracker.last() + hold + late);
  };
  for (std::size_t rung = 0; rung < member.rungs.size(); ++rung)
    when_out(member.rungs[rung], member.hold(static_cast<Rung>(rung)), member.subject.cadence.limit + kGrace);
  if (member.connected)
    when_out(*member.connected, member.monitor_hold(), member.subject.monitor_cadence.limit + kGrace);
  if (member.blocked) at = std::min(at, fleet_.now + kLookAgain);
  if (at >= member.queued) return;
  member.queued = at;
  queue_.emplace(at, of);
}

std::vector<std::pair<Index, bool>> Horizon::due() {
  std::vector<std::pair<Index, bool>> found;
  while (!queue_.empty() && queue_.top().first <= fleet_.now) {
    const auto [at, of] = queue_.top();
    queue_.pop();
    Member& member = fleet_.members[of];
    if (member.queued != at) continue;  // was moved to an earlier instant
    member.queued = kEver;
    found.emplace_back(of, fleet_.expire(member));
  }
  return found;
}

void Horizon::requeue_all() {
  queue_ = {};
  hurried_.clear();
  for (Index i = 0; i < fleet_.members.size(); ++i) {
    fleet_.members[i].queued = kEver;
    queue(i);
  }
}

}  // namespace commune_watch::ledger
