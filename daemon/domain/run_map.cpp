// Sure runs by their clocks, doubts where they overlap, brackets for the others.
#include "domain/run_map.hpp"

#include <algorithm>
#include <limits>

namespace commune_watch {
namespace {

bool touch(const Period& a, const Period& b) { return std::max(a.from, b.from) < std::min(a.to, b.to); }

}  // namespace

RunMap::RunMap(std::vector<Run> runs, bool open, std::vector<Anchor> anchors, std::vector<Period> claims)
    : runs_(std::move(runs)), open_(open), clock_(std::move(anchors)), claims_(std::move(claims)) {
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const Run& run = runs_[i];
    if (!clock_.trusted(run.from.boot)) continue;
    const bool last = open_ && i + 1 == runs_.size();
    mapped_.push_back({i, {*clock_.utc(run.from), last ? kForEver : *clock_.utc(run.alive)}});
  }
  find_doubts();
  find_unsure();
}

void RunMap::alive(Moment at) {
  if (!open_ || runs_.empty() || at.boot != runs_.back().from.boot) return;
  runs_.back().alive = std::max(runs_.back().alive, at);
  if (!unsure_.empty() && unsure_.back().boot == at.boot) unsure_.back().last = runs_.back().alive.bt;
}

void RunMap::find_doubts() {
  std::vector<Period> by_start = claims_;
  for (const Mapped& one : mapped_) by_start.push_back(one.utc);
  std::ranges::sort(by_start, {}, &Period::from);
  Millis reach = std::numeric_limits<Millis>::min();
  for (const Period& one : by_start) {
    const Period twice{one.from, std::min(reach, one.to)};
    reach = std::max(reach, one.to);
    if (twice.length() == 0) continue;
    if (!doubtful_.empty() && twice.from <= doubtful_.back().to) {
      doubtful_.back().to = std::max(doubtful_.back().to, twice.to);
    } else {
      doubtful_.push_back(twice);
    }
  }
}

RunMap::Edges RunMap::edges(std::uint32_t next_sure) const {
  Edges edges;
  const auto ends = [&](Millis at) { edges.before = std::max(edges.before.value_or(at), at); };
  for (const Period& claim : claims_) ends(claim.to);
  for (const Mapped& one : mapped_) {
    if (runs_[one.run].from.boot < next_sure)
      ends(one.utc.to);
    else
      edges.after = std::min(edges.after.value_or(one.utc.from), one.utc.from);
  }
  return edges;
}

void RunMap::find_unsure() {
  std::vector<Unsure> group;
  for (const Run& run : runs_) {
    const auto boot = run.from.boot;
    if (clock_.trusted(boot)) {
      if (!group.empty()) place(std::exchange(group, {}), edges(boot));
    } else if (!group.empty() && group.back().boot == boot) {
      group.back().last = run.alive.bt;
    } else {
      group.push_back({.boot = boot, .first = run.from.bt, .last = run.alive.bt});
    }
  }
  if (!group.empty()) place(std::move(group), edges(std::numeric_limits<std::uint32_t>::max()));
}

void RunMap::place(std::vector<Unsure> group, const Edges& edges) {
  const auto& [before, after] = edges;
  if (after) {
    Millis end = *after;
    for (auto boot = group.rbegin(); boot != group.rend(); ++boot) {
      boot->offset = end - boot->last;
      end -= boot->length();
    }
  } else {
    auto earliest = before;
    for (Unsure& boot : group) {
      const auto said = clock_.utc({boot.boot, boot.first});
      const Millis start = std::max(said.value_or(earliest.value_or(0)), earliest.value_or(said.value_or(0)));
      boot.offset = start - boot.first;
      earliest = start + boot.length();
    }
  }
  for (Unsure& boot : group) {
    boot.floor = before.value_or(std::numeric_limits<Millis>::min());
    boot.ceiling = after.value_or(kForEver);
  }
  const Unsure& first = group.front();
  const Unsure& last = group.back();
  const bool running = open_ && last.boot == runs_.back().from.boot;
  const Millis to = after ? *after : running ? kForEver : last.put(last.last);
  brackets_.push_back({{before.value_or(first.put(first.first)), to}, last.boot});
  unsure_.insert(unsure_.end(), group.begin(), group.end());
}

Millis RunMap::Unsure::put(Millis bt) const { return std::max(std::min(bt + offset, ceiling), floor); }

std::optional<Millis> RunMap::utc(Moment at) const {
  if (clock_.trusted(at.boot)) return clock_.utc(at);
  const auto found = std::ranges::find(unsure_, at.boot, &Unsure::boot);
  return found == unsure_.end() ? std::nullopt : std::optional(found->put(at.bt));
}

Millis RunMap::end_of(std::size_t run, std::optional<Moment> now) const {
  const Run& of = runs_[run];
  const bool running = now && open_ && run + 1 == runs_.size() && now->boot == of.from.boot;
  return running ? std::max(now->bt, of.from.bt) : of.alive.bt;
}

std::optional<Period> RunMap::counted(std::size_t run, Millis from_bt, Millis to_bt,
                                      std::optional<Moment> now) const {
  const Run& of = runs_[run];
  if (!clock_.trusted(of.from.boot)) return std::nullopt;
  const Period utc{*clock_.utc({of.from.boot, std::max(from_bt, of.from.bt)}),
                   *clock_.utc({of.from.boot, std::min(to_bt, end_of(run, now))})};
  if (utc.length() == 0) return std::nullopt;
  return utc;
}

std::optional<std::pair<std::size_t, std::size_t>> RunMap::touching(Period period) const {
  const auto touches = [&](const Mapped& one) { return touch(one.utc, period); };
  const auto first = std::ranges::find_if(mapped_, touches);
  if (first == mapped_.end()) return std::nullopt;
  const auto last = std::find_if(mapped_.rbegin(), mapped_.rend(), touches);
  return std::pair{first->run, last->run};
}

}  // namespace commune_watch
