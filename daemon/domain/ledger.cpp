// The ledger's doors: subjects, readings, blindness and time in; events out.
#include "domain/ledger.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "domain/asking.hpp"
#include "domain/fleet.hpp"
#include "domain/hearing.hpp"
#include "domain/horizon.hpp"
#include "domain/known_reasons.hpp"
#include "domain/view.hpp"

namespace commune_watch {

using namespace ledger;  // NOLINT(google-build-using-namespace): its own parts

std::string_view code(State state) {
  switch (state) {
    case State::up:
      return "up";
    case State::down:
      return "down";
    case State::unknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view code(Recorded recorded) {
  return recorded == Recorded::yes ? "yes" : recorded == Recorded::no ? "no" : "unknown";
}

std::string_view name(Recorded recorded, Language language) {
  const bool vi = language == Language::vi;
  switch (recorded) {
    case Recorded::yes:
      return vi ? "có ghi hình" : "recorded";
    case Recorded::no:
      return vi ? "không ghi hình" : "not recorded";
    case Recorded::unknown:
      break;
  }
  return vi ? "chưa rõ" : "unknown";
}

bool operator==(const Cadence& a, const Cadence& b) {
  return a.interval == b.interval && a.limit == b.limit && a.recheck == b.recheck;
}

struct Ledger::Book {
  Fleet fleet;
  std::vector<Event> out;
  Horizon horizon{fleet, out};
  std::optional<ReasonId> blind;
  Millis deaf_until = kNever;  // what began before was not seen by the gateway

  void pass(Moment now) { fleet.now = std::max(fleet.now, now.bt); }
  // Lets time have its effect on everybody, then tells what became final.
  std::vector<Event> tell(const std::vector<std::pair<Index, bool>>& learned = {}) {
    const auto due = horizon.due();
    ++fleet.stamp;
    for (const auto& [of, changed] : due) horizon.ripple(of, changed);
    for (const auto& [of, changed] : learned) horizon.ripple(of, changed);
    return std::exchange(out, {});
  }
  [[nodiscard]] ReasonId unasked() const { return blind.value_or(known().starting); }
  void welcome(Member& member, Millis at) const;
  // Ends what is provisional about it: nothing is back-dated across this.
  void close(Index of, Millis at);
  std::vector<Member> depart(const std::vector<Subject>& subjects, Millis at, std::vector<DeviceId>& changed);
};

Ledger::Ledger() : state_(std::make_unique<Book>()) {}
Ledger::~Ledger() = default;
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;

void Ledger::begin(Moment at) {
  state_->fleet.boot = at.boot;
  state_->fleet.now = at.bt;
}

void Ledger::Book::welcome(Member& member, Millis at) const {
  member.from = member.since = member.stands = member.horizon = at;
  member.done = at - 1;
  member.standing = {State::unknown, Cause::gateway, unasked(), {}, {}, {}};
  equip(member, at, unasked(), nullptr);
}

void Ledger::Book::close(Index of, Millis at) {
  Member& member = fleet.members[of];
  for (std::size_t rung = 0; rung < member.rungs.size(); ++rung) {
    member.rungs[rung].expire(at, member.hold(static_cast<Rung>(rung)));
    member.rungs[rung].cut();
  }
  if (member.connected) {
    member.connected->expire(at, member.monitor_hold());
    member.connected->cut();
  }
}

// Those who stay, by id; the changed ones closed at `at`, those who go told as retired.
std::vector<Member> Ledger::Book::depart(const std::vector<Subject>& subjects, Millis at,
                                         std::vector<DeviceId>& changed) {
  const auto in_force = [&subjects](DeviceId id) -> const Subject* {
    const auto found = std::ranges::find(subjects, id, &Subject::id);
    return found == subjects.end() ? nullptr : &*found;
  };
  std::vector<const Subject*> next(fleet.members.size());
  for (Index i = 0; i < fleet.members.size(); ++i) {
    next[i] = in_force(fleet.members[i].subject.id);
    if (next[i] == nullptr) {
      close(i, at);
      continue;
    }
    Subject same_pace = *next[i];  // a new pace alone breaks nothing off
    same_pace.cadence = fleet.members[i].subject.cadence;
    same_pace.monitor_cadence = fleet.members[i].subject.monitor_cadence;
    if (same_pace == fleet.members[i].subject) continue;
    changed.push_back(same_pace.id);
    close(i, at);
  }
  std::vector<Member> stay;
  for (const bool points : {true, false}) {  // what a point is, its devices rest on
    for (Index i = 0; i < fleet.members.size(); ++i) {
      Member& member = fleet.members[i];
      if (member.is_point() != points) continue;
      const bool differs = next[i] == nullptr || std::ranges::binary_search(changed, member.subject.id);
      if (differs) horizon.close(i, at);
      if (next[i] == nullptr)
        horizon.tell(i, std::max(at, member.since),
                     {State::unknown, Cause::gateway, known().retired, {}, {}, {}}, {});
    }
  }
  for (Index i = 0; i < fleet.members.size(); ++i) {
    if (next[i] == nullptr) continue;
    Member& member = fleet.members[i];
    const Subject before = std::exchange(member.subject, *next[i]);
    if (std::ranges::binary_search(changed, before.id)) {
      equip(member, at, unasked(), &before);
      member.done = std::max(member.done, std::max(at, member.since) - 1);
      member.revisit = std::max(at, member.since);
    }
    stay.push_back(std::move(member));
  }
  return stay;
}

std::vector<Event> Ledger::assign(const std::vector<Subject>& subjects, Moment at) {
  Book& s = *state_;
  s.pass(at);
  s.out = s.tell();
  std::vector<DeviceId> changed;
  std::vector<Member> stay = s.depart(subjects, at.bt, changed);
  for (const auto& subject : subjects) {
    if (std::ranges::any_of(stay, [&](const Member& member) { return member.subject.id == subject.id; }))
      continue;
    Member& member = stay.emplace_back();
    member.subject = subject;
    s.welcome(member, at.bt);
  }
  std::ranges::sort(stay, {}, [](const Member& member) { return member.subject.id; });
  s.fleet.members = std::move(stay);
  s.fleet.relate();
  s.horizon.requeue_all();
  ++s.fleet.stamp;
  for (Index i = 0; i < s.fleet.members.size(); ++i) s.horizon.walk(i);
  return std::exchange(s.out, {});
}

std::vector<Event> Ledger::observe(const Reading& reading) {
  Book& s = *state_;
  s.pass(reading.ended);
  const Index of = s.fleet.find(reading.device);
  if (of == kNobody) return s.tell();
  const Millis started = reading.started.bt;
  answered(s.fleet, of, reading);
  if (s.blind || started < s.deaf_until || started < s.fleet.open(s.fleet.members[of])) return s.tell();
  const auto due = s.horizon.due();  // what ran out before is over before anything new is heard
  const Lesson lesson = hear(s.fleet, of, reading);
  for (const Index other : lesson.to_ask) s.horizon.hurry(other, started);
  auto learned = due;
  learned.emplace_back(of, lesson.changed);
  return s.tell(learned);
}

std::vector<Event> Ledger::blind(Moment from, ReasonId reason) {
  Book& s = *state_;
  s.blind = reason;
  for (auto& member : s.fleet.members) {
    const Millis at = std::max(from.bt, member.from);
    for (std::size_t rung = 0; rung < member.rungs.size(); ++rung)
      member.rungs[rung].blind(at, reason, member.hold(static_cast<Rung>(rung)));
    if (member.connected) member.connected->blind(at, reason, member.monitor_hold());
    while (member.column.size() > 1 && member.column.back().from >= at) member.column.pop_back();
    member.revisit = std::max(at, member.since);
    member.done = std::min(member.done, member.revisit - 1);
  }
  s.pass(from);
  ++s.fleet.stamp;
  for (Index i = 0; i < s.fleet.members.size(); ++i) s.horizon.walk(i);
  return std::exchange(s.out, {});
}

std::vector<Event> Ledger::sighted(Moment at) {
  state_->blind.reset();
  state_->deaf_until = std::max(state_->deaf_until, at.bt);
  return advance(at);
}

std::vector<Event> Ledger::advance(Moment now) {
  state_->pass(now);
  return state_->tell();
}

std::vector<Event> Ledger::finish(Moment at) {
  Book& s = *state_;
  s.pass(at);
  s.out = s.tell();
  for (Index i = 0; i < s.fleet.members.size(); ++i) s.close(i, at.bt);
  for (const bool points : {true, false})
    for (Index i = 0; i < s.fleet.members.size(); ++i)
      if (s.fleet.members[i].is_point() == points) s.horizon.close(i, at.bt);
  return std::exchange(s.out, {});
}

Live Ledger::live(DeviceId device) const {
  const Fleet& fleet = state_->fleet;
  const Index of = fleet.find(device);
  if (of == kNobody) return {};
  const Member& member = fleet.members[of];
  const View view = look(fleet, of, kEver);
  Live live;
  live.standing = member.standing;
  live.since = {fleet.boot, member.stands};
  live.device_path = view.device;
  live.monitor_path = view.monitor == Monitor::none     ? Outcome::not_tested
                      : view.monitor == Monitor::ok     ? Outcome::ok
                      : view.monitor == Monitor::silent ? Outcome::unknown
                                                        : Outcome::failed;
  const auto doubt = [&live](const Tracker& tracker) {
    if (tracker.failing() <= live.failing) return;
    live.failing = static_cast<std::uint16_t>(tracker.failing());
    live.provisional = tracker.provisional_reason();
  };
  for (const auto& tracker : member.rungs) doubt(tracker);
  if (member.connected) doubt(*member.connected);
  if (member.spoke != kNever) live.checked = Moment{fleet.boot, member.spoke};
  live.settled = Moment{fleet.boot, member.horizon};
  live.checks = member.ladder;
  if (member.seen) live.checks.push_back(*member.seen);
  return live;
}

Ask Ledger::next(DeviceId device, Millis now) const {
  const Index of = state_->fleet.find(device);
  return of == kNobody ? Ask{kEver, Rung::reachable}
                       : next_ask(state_->fleet, state_->fleet.members[of], now);
}

std::vector<DeviceId> Ledger::hurried() {
  std::vector<DeviceId> found;
  for (const Index of : state_->horizon.hurried()) found.push_back(state_->fleet.members[of].subject.id);
  return found;
}

std::vector<std::pair<DeviceId, Moment>> Ledger::provisional() const {
  const Fleet& fleet = state_->fleet;
  std::vector<std::pair<DeviceId, Moment>> found;
  for (Index of = 0; of < fleet.members.size(); ++of) {
    const Member& member = fleet.members[of];
    Millis first = member.waiting == kNever ? kEver : member.waiting;
    const auto doubt = [&](const Tracker& tracker) {
      if (tracker.failing() == 0 || tracker.first() >= first) return;
      // Only where not knowing this rung leaves the state unknown.
      const View view = look(fleet, of, tracker.first(), {&tracker, Outcome::unknown, known().unconfirmed});
      if (view.joined.state == State::unknown) first = tracker.first();
    };
    for (const auto& tracker : member.rungs) doubt(tracker);
    if (member.connected) doubt(*member.connected);
    if (first != kEver && member.standing.state == State::up)
      found.emplace_back(member.subject.id, Moment{fleet.boot, first});
  }
  return found;
}

}  // namespace commune_watch
