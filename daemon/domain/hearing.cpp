// Words for the trackers.
#include "domain/hearing.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "domain/known_reasons.hpp"

namespace commune_watch::ledger {
namespace {

// A failure for a reason that is no failure is what the catalogue says it is.
Outcome effective(Outcome outcome, ReasonId id) {
  if (outcome != Outcome::failed) return outcome;
  switch (reason(id).effect) {
    case Effect::unknown:
      return Outcome::unknown;
    case Effect::warning:
      return Outcome::ok;
    case Effect::none:
    case Effect::down:
      return outcome;
  }
  return outcome;
}

void add_warning(std::vector<ReasonId>& warnings, ReasonId id) {
  if (id == ReasonId::none || reason(id).effect != Effect::warning) return;
  auto place = std::lower_bound(warnings.begin(), warnings.end(), id);
  if (place == warnings.end() || *place != id) warnings.insert(place, id);
}

// One check as a word; `warnings` outlives it.
Word word_of(const Check& check, Millis at, std::vector<ReasonId>& warnings) {
  Word word{at, effective(check.outcome, check.reason), check.reason, check.words, {}};
  if (word.outcome == Outcome::ok) {
    word.reason = ReasonId::none;
    add_warning(warnings, check.reason);
    word.warnings = warnings;
  }
  return word;
}

const Check* at_rung(const std::vector<Check>& checks, Rung rung) {
  auto found = std::ranges::find(checks, rung, &Check::rung);
  return found == checks.end() ? nullptr : &*found;
}

// The highest rung of the device path that the finding calls good: the warnings of the whole finding ride on
// it.
std::optional<Rung> highest_good(const Member& member, const Finding& finding) {
  std::optional<Rung> highest;
  for (const auto& check : finding.checks)
    if (static_cast<std::size_t>(check.rung) < member.rungs.size() &&
        effective(check.outcome, check.reason) == Outcome::ok)
      highest = check.rung;
  return highest;
}

// The ladder as people see it: a shallow probe that found no trouble leaves standing what a deeper one found
// above it.
void show(std::vector<Check>& ladder, const std::vector<Check>& checks) {
  std::vector<Check> shown = checks;
  const bool trouble = std::ranges::any_of(checks, [](const Check& check) {
    return check.outcome == Outcome::failed || check.outcome == Outcome::unknown;
  });
  if (!trouble && !shown.empty())
    for (auto& check : ladder)
      if (check.rung > checks.back().rung) shown.push_back(std::move(check));
  ladder = std::move(shown);
}

void spoke(Member& member, Millis at) {
  member.spoke = std::max(member.spoke, at);
  member.probes.push_back(at);
}

Lesson hear_device(Fleet& fleet, Index of, const Reading& reading) {
  Member& member = fleet.members[of];
  const Millis at = reading.started.bt;
  Lesson lesson;
  bool said = false, doubted = false;
  const auto top = highest_good(member, reading.finding);
  for (const auto& check : reading.finding.checks) {
    const auto rung = static_cast<std::size_t>(check.rung);
    if (rung >= member.rungs.size()) continue;
    std::vector<ReasonId> warnings;
    if (top == check.rung)
      for (const ReasonId id : reading.finding.warnings) add_warning(warnings, id);
    const Word word = word_of(check, at, warnings);
    const Heard heard = member.rungs[rung].feed(word, member.hold(check.rung));
    said |= heard.spoke;
    doubted |= heard.doubted;
    lesson.changed |= heard.changed;
    if (heard.recovered && check.rung < member.full() && member.deep < heard.since) member.recovered = at;
    // Behind a failed or unknown rung the higher ones cannot be tested: their streaks come to no end.
    if (heard.confirmed || (heard.spoke && word.outcome == Outcome::unknown))
      for (std::size_t higher = rung + 1; higher < member.rungs.size(); ++higher)
        lesson.changed |= member.rungs[higher].cut();
    if (heard.confirmed)
      for (const Index other : member.bound)
        if (fleet.members[other].connected) fleet.members[other].connected->cut();
  }
  if (said) spoke(member, at);
  if (doubted) {
    for (Index i = member.parent; i != kNobody; i = fleet.members[i].parent) {
      const Tracker* tracker = fleet.members[i].reachable();
      if (tracker != nullptr && tracker->last() < at) lesson.to_ask.push_back(i);
    }
    if (member.point != kNobody && fleet.members[member.point].asked < at)
      lesson.to_ask.push_back(member.point);
  }
  return lesson;
}

// What a monitoring point's finding is to its devices: nothing, trouble of its own, or a list.
struct Telling {
  bool list = false;
  const Check* trouble = nullptr;
};

Telling telling(const Reading& reading) {
  const auto& checks = reading.finding.checks;
  const auto outcome = [](const Check* check) {
    return check == nullptr ? Outcome::not_tested : effective(check->outcome, check->reason);
  };
  const Check* reachable = at_rung(checks, Rung::reachable);
  const Check* answering = at_rung(checks, Rung::answering);
  if (outcome(reachable) == Outcome::failed) return {};  // silent: its own tracker decides whether it is dead
  if (outcome(answering) == Outcome::failed && answering->reason == known().refused) return {};
  for (const auto& check : checks) {
    if (check.rung < Rung::answering || check.rung > Rung::connected) continue;
    if (outcome(&check) == Outcome::failed || outcome(&check) == Outcome::unknown) return {false, &check};
  }
  if (outcome(answering) != Outcome::ok && outcome(reachable) == Outcome::unknown) return {false, reachable};
  return {reading.depth >= Rung::connected, nullptr};
}

Check sighted_as(const Reading& reading, const Sighting* sighting) {
  Check check{Rung::connected, Outcome::ok, ReasonId::none, {}, 0};
  if (sighting != nullptr) {
    if (const Check* found = at_rung(sighting->checks, Rung::connected)) check = *found;
  } else if (reading.finding.complete) {
    check.outcome = Outcome::failed;
    check.reason = known().not_listed;
  } else {
    check.outcome = Outcome::unknown;
    check.reason = known().point_silent;
  }
  return check;
}

// What the point says of the camera's recording, in this answer.
Recorded recorded_in(const Sighting& sighting) {
  const auto found = std::ranges::find(sighting.facts, FactId::recording, &Fact::what);
  if (found == sighting.facts.end()) return Recorded::unknown;
  return found->value != 0 ? Recorded::yes : Recorded::no;
}

// The channel shows what stands at another address than the device is configured with.
bool is_another(const Sighting& sighting, const Subject& subject) {
  return !sighting.address.empty() && !subject.address.empty() && sighting.address != subject.address;
}

void hear_point(Fleet& fleet, Index of, const Reading& reading) {
  const Telling told = telling(reading);
  if (!told.list && told.trouble == nullptr) return;
  std::vector<std::pair<std::string_view, const Sighting*>> by_key;
  for (const auto& sighting : reading.finding.sightings) by_key.emplace_back(sighting.key, &sighting);
  std::ranges::stable_sort(by_key, {}, &std::pair<std::string_view, const Sighting*>::first);
  const Millis at = reading.started.bt;
  for (const Index other : fleet.members[of].bound) {
    Member& member = fleet.members[other];
    if (!member.connected || at < fleet.monitor_open(member)) continue;
    Check check;
    Recorded recorded = Recorded::unknown;
    std::vector<ReasonId> warnings;
    if (told.list) {
      const std::string_view key = member.subject.monitor->key;
      auto found =
          std::ranges::lower_bound(by_key, key, {}, &std::pair<std::string_view, const Sighting*>::first);
      const Sighting* sighting = found == by_key.end() || found->first != key ? nullptr : found->second;
      check = sighted_as(reading, sighting);
      if (sighting != nullptr && member.subject.kind == Kind::camera) recorded = recorded_in(*sighting);
      if (sighting != nullptr && is_another(*sighting, member.subject)) {
        add_warning(warnings, known().wrong_channel);
        if (check.reason == ReasonId::none && check.words.empty()) check.words = sighting->address;
      }
      if (sighting != nullptr)
        for (const ReasonId id : sighting->warnings) add_warning(warnings, id);
    } else {
      check = *told.trouble;
      check.rung = Rung::connected;
      check.outcome = Outcome::unknown;
    }
    member.connected->asked(at);
    Word word = word_of(check, at, warnings);
    word.recorded = recorded;
    if (!member.connected->feed(word, member.monitor_hold()).spoke) continue;
    spoke(member, at);
    if (!member.seen) member.seen = std::make_unique<Check>();
    *member.seen = std::move(check);
  }
}

}  // namespace

void answered(Fleet& fleet, Index of, const Reading& reading) {
  Member& member = fleet.members[of];
  const Millis at = reading.started.bt;
  member.asked = std::max(member.asked, at);
  if (reading.depth >= member.full()) member.deep = std::max(member.deep, at);
  for (std::size_t rung = 0; rung < member.rungs.size() && static_cast<Rung>(rung) <= reading.depth; ++rung)
    member.rungs[rung].asked(at);
  if (member.hurry != kNever && at >= member.hurry) member.hurry = kNever;
  if (member.recovered != kNever && member.deep > member.recovered) member.recovered = kNever;
  if (member.asked == at) show(member.ladder, reading.finding.checks);
}

Lesson hear(Fleet& fleet, Index of, const Reading& reading) {
  Lesson lesson = hear_device(fleet, of, reading);
  if (fleet.members[of].is_point()) hear_point(fleet, of, reading);
  return lesson;
}

}  // namespace commune_watch::ledger
