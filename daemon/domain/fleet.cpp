// Kinship and equipment of the watched things.
#include "domain/fleet.hpp"

#include <algorithm>
#include <map>

#include "domain/join.hpp"
#include "domain/known_reasons.hpp"

namespace commune_watch::ledger {

Index Fleet::find(DeviceId id) const {
  auto found = std::lower_bound(members.begin(), members.end(), id, [](const Member& member, DeviceId value) {
    return member.subject.id < value;
  });
  if (found == members.end() || found->subject.id != id) return kNobody;
  return static_cast<Index>(found - members.begin());
}

bool Fleet::expire(Member& member) {
  bool changed = false;
  for (std::size_t rung = 0; rung < member.rungs.size(); ++rung)
    changed |= member.rungs[rung].expire(open(member), member.hold(static_cast<Rung>(rung)));
  if (member.connected) changed |= member.connected->expire(monitor_open(member), member.monitor_hold());
  return changed;
}

void Fleet::relate() {
  sites.clear();
  keep = 0;
  std::map<std::string, Index> by_name;
  for (auto& member : members) {
    member.children.clear();
    member.bound.clear();
    member.parent = member.subject.parent ? find(*member.subject.parent) : kNobody;
    member.point = member.subject.monitor ? find(member.subject.monitor->point) : kNobody;
    if (member.point != kNobody && !members[member.point].is_point()) member.point = kNobody;
    member.site = kNobody;
    // A streak of three, each at the last moment of the one before, and a neighbour's after that.
    keep = std::max({keep, 8 * member.hold(member.needed), 8 * member.monitor_hold()});
  }
  for (Index i = 0; i < members.size(); ++i) {
    Member& member = members[i];
    if (member.parent != kNobody) members[member.parent].children.push_back(i);
    if (member.point != kNobody) members[member.point].bound.push_back(i);
    if (member.subject.place.empty() || member.rungs.empty() || member.is_point()) continue;
    auto [entry, fresh] = by_name.emplace(member.subject.place, static_cast<Index>(sites.size()));
    if (fresh) sites.push_back({member.subject.place, {}, 0});
    Site& site = sites[entry->second];
    member.site = entry->second;
    site.members.push_back(i);
    site.window = std::max(site.window, member.subject.cadence.of(Rung::reachable));
  }
}

void equip(Member& member, Millis at, ReasonId reason, const Subject* before) {
  const Subject& subject = member.subject;
  member.needed = needed_rung(subject.kind, subject.testable);
  const bool same_kind = before != nullptr && before->kind == subject.kind;
  if (!same_kind || !subject.device_path) member.rungs.clear();
  const std::size_t rungs = subject.device_path ? static_cast<std::size_t>(member.needed) + 1 : 0;
  while (member.rungs.size() > rungs) member.rungs.pop_back();
  member.rungs.reserve(rungs);
  while (member.rungs.size() < rungs) member.rungs.emplace_back(at, reason);
  if (!subject.monitor)
    member.connected.reset();
  else if (!same_kind || before->monitor != subject.monitor)
    member.connected = std::make_unique<Tracker>(at, reason);
  if (subject.kind != Kind::monitoring_point)
    member.column.clear();
  else if (member.column.empty())
    member.column.push_back({at, Column::telling});
}

}  // namespace commune_watch::ledger
