// The two paths of a member at an instant.
#include "domain/view.hpp"

#include <algorithm>

#include "domain/known_reasons.hpp"

namespace commune_watch::ledger {
namespace {

struct Said {
  Outcome outcome = Outcome::unknown;
  ReasonId reason = ReasonId::none;
  const Piece* piece = nullptr;
};

Said said(const Tracker& tracker, Millis at, const Suppose& suppose) {
  const Piece& piece = tracker.at(at);
  if (suppose.tracker == &tracker) return {suppose.outcome, suppose.reason, &piece};
  return {piece.outcome, piece.reason, &piece};
}

std::string_view words_of(const Piece* piece) {
  return piece != nullptr && piece->remarks ? std::string_view(piece->remarks->words) : std::string_view();
}

void add_warnings(View& view, const Piece& piece) {
  if (piece.outcome == Outcome::ok && piece.remarks)
    view.warnings.insert(view.warnings.end(), piece.remarks->warnings.begin(), piece.remarks->warnings.end());
}

// Failed where a rung up to the needed one is: the lowest is the reason. Else unknown where a needed one is:
// the reason is the lowest of the unknown rungs right below it, which kept the others from being tested.
const Piece* look_at_device(const Member& member, Millis at, const Suppose& suppose, View& view) {
  if (member.rungs.empty()) return nullptr;
  view.device = Outcome::ok;
  for (std::size_t rung = 0; rung < member.rungs.size(); ++rung) {
    const Said word = said(member.rungs[rung], at, suppose);
    if (word.outcome != Outcome::failed) continue;
    view.device = Outcome::failed;
    view.device_reason = word.reason;
    view.rung = rung;
    return word.piece;
  }
  const auto lowest = static_cast<std::size_t>(lowest_needed_rung(member.subject.kind, member.needed));
  for (std::size_t rung = member.rungs.size(); rung-- > lowest;) {
    Said word = said(member.rungs[rung], at, suppose);
    if (word.outcome != Outcome::unknown) continue;
    view.device = Outcome::unknown;
    for (; rung > 0; --rung) {
      const Said below = said(member.rungs[rung - 1], at, suppose);
      if (below.outcome != Outcome::unknown) break;
      word = below;
    }
    view.device_reason = word.reason;
    view.rung = rung;
    return word.piece;
  }
  for (const auto& tracker : member.rungs) add_warnings(view, tracker.at(at));
  view.rung = member.rungs.size() - 1;
  return nullptr;
}

Column column_at(const Member& point, Millis at) {
  Column column = Column::telling;
  for (const auto& piece : point.column) {
    if (piece.from > at) break;
    column = piece.column;
  }
  return column;
}

const Piece* look_at_monitor(const Fleet& fleet, const Member& member, Millis at, const Suppose& suppose,
                             View& view) {
  if (!member.connected) return nullptr;
  const Column column =
      member.point == kNobody ? Column::telling : column_at(fleet.members[member.point], at);
  if (column != Column::telling) {
    view.monitor = column == Column::dead ? Monitor::dead : Monitor::silent;
    view.monitor_reason = column == Column::dead ? known().point_dead : known().point_silent;
    return nullptr;
  }
  const Said word = said(*member.connected, at, suppose);
  view.monitor_reason = word.reason;
  view.monitor = word.outcome == Outcome::ok       ? Monitor::ok
                 : word.outcome == Outcome::failed ? Monitor::failed
                                                   : Monitor::silent;
  add_warnings(view, *word.piece);
  // A recorder that has lost the camera and goes on saying that it records it is not believed.
  if (word.piece->remarks && (view.monitor == Monitor::ok || word.piece->remarks->recorded == Recorded::no))
    view.recorded = word.piece->remarks->recorded;
  return word.piece;
}

}  // namespace

View look(const Fleet& fleet, Index of, Millis at, Suppose suppose) {
  const Member& member = fleet.members[of];
  View view;
  const Piece* device = look_at_device(member, at, suppose, view);
  const Piece* monitor = look_at_monitor(fleet, member, at, suppose, view);
  view.joined = join(member.subject.kind, view.device, view.device_reason, view.monitor, view.monitor_reason);
  if (view.joined.state == State::up) {
    if (view.joined.warning != ReasonId::none) view.warnings.push_back(view.joined.warning);
    // A full camera: what keeps the gateway from seeing more is worth a warning where the point sees it.
    if (view.device == Outcome::unknown && reason(view.device_reason).effect == Effect::warning)
      view.warnings.push_back(view.device_reason);
    std::ranges::sort(view.warnings);
    view.warnings.erase(std::unique(view.warnings.begin(), view.warnings.end()), view.warnings.end());
    return view;
  }
  view.warnings.clear();
  const bool by_device = view.joined.reason == view.device_reason && view.device != Outcome::ok;
  view.words = words_of(by_device ? device : monitor);
  if (suppose.tracker != nullptr) return view;
  if (view.joined.grounds == Grounds::device_path)
    view.loss = Loss{of, &member.rungs[view.rung], device->run, device->clear, view.rung == 0};
  else if (view.joined.grounds == Grounds::monitor_path)
    view.loss = Loss{of, member.connected.get(), monitor->run, monitor->clear, false};
  return view;
}

}  // namespace commune_watch::ledger
