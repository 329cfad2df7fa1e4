// A ledger with its diary: probes go in as plain words, and what was told can be asked for by device and
// second.
#pragma once
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "domain/ledger.hpp"

namespace commune_watch::testing {

inline constexpr Millis kSecond = 1'000;
inline constexpr std::uint32_t kBoot = 1;

inline DeviceId id(std::uint32_t number) { return static_cast<DeviceId>(number); }
inline ReasonId why(std::string_view code) { return reason_id(code); }
inline Moment second(Millis at) { return {kBoot, at * kSecond}; }

// What one rung says: good, or a failure or not knowing for a reason.
struct Says {
  Outcome outcome = Outcome::ok;
  std::string reason;
  std::string words;
};
inline Says good(std::string warning = "") { return {Outcome::ok, std::move(warning), ""}; }
inline Says bad(std::string reason = "host-unreachable", std::string words = "") {
  return {Outcome::failed, std::move(reason), std::move(words)};
}
inline Says unsure(std::string reason = "bad-password") { return {Outcome::unknown, std::move(reason), ""}; }
inline Says untold() { return {Outcome::not_tested, "", ""}; }

inline Check check(Rung rung, const Says& says) {
  Check made;
  made.rung = rung;
  made.outcome = says.outcome;
  made.reason = says.reason.empty() ? ReasonId::none : why(says.reason);
  made.words = says.words;
  return made;
}

inline Subject subject(std::uint32_t number, Kind kind = Kind::camera, Rung testable = Rung::reachable) {
  Subject made;
  made.id = id(number);
  made.kind = kind;
  made.testable = testable;
  return made;
}
inline Subject at_place(Subject made, std::string place) {
  made.place = std::move(place);
  return made;
}
inline Subject behind(Subject made, std::uint32_t parent) {
  made.parent = id(parent);
  return made;
}
inline Subject bound(Subject made, std::uint32_t point, std::string key, bool device_path = true) {
  made.monitor = Binding{id(point), std::move(key)};
  made.device_path = device_path;
  return made;
}
inline Subject point(std::uint32_t number) {
  return subject(number, Kind::monitoring_point, Rung::connected);
}

class Diary {
 public:
  explicit Diary(std::vector<Subject> subjects, Millis begin = 0) {
    ledger.begin(second(begin));
    assign(std::move(subjects), begin);
  }

  void keep(std::vector<Event> told) {
    for (auto& event : told) events.push_back(std::move(event));
  }
  void assign(std::vector<Subject> subjects, Millis at) {
    for (const auto& made : subjects) first_.try_emplace(made.id, at * kSecond);
    keep(ledger.assign(subjects, second(at)));
  }
  void advance(Millis at) { keep(ledger.advance(second(at))); }
  void finish(Millis at) { keep(ledger.finish(second(at))); }

  // One probe, begun at this second: rung by rung from `reachable` up; its depth is the last rung unless
  // said.
  void probe(std::uint32_t device, Millis at, std::initializer_list<Says> rungs,
             std::optional<Rung> depth = {}) {
    Reading reading = reading_of(device, at, rungs);
    if (depth) reading.depth = *depth;
    keep(ledger.observe(reading));
  }
  void probes(std::uint32_t device, std::initializer_list<Millis> seconds,
              std::initializer_list<Says> rungs) {
    for (const Millis at : seconds) probe(device, at, rungs);
  }
  // A monitoring point that answers, with what it says of each key.
  void list(std::uint32_t device, Millis at, std::initializer_list<std::pair<std::string, Says>> sightings,
            bool complete = true) {
    Reading reading = reading_of(device, at, {good(), good()});
    reading.depth = Rung::connected;
    for (const auto& [key, says] : sightings)
      reading.finding.sightings.push_back({key, {check(Rung::connected, says)}, {}});
    reading.finding.complete = complete;
    keep(ledger.observe(reading));
  }
  static Reading reading_of(std::uint32_t device, Millis at, std::initializer_list<Says> rungs) {
    Reading reading;
    reading.device = id(device);
    reading.started = second(at);
    reading.ended = {kBoot, at * kSecond + 50};
    int rung = 0;
    for (const auto& says : rungs) {
      reading.depth = static_cast<Rung>(rung++);
      if (says.outcome != Outcome::not_tested) reading.finding.checks.push_back(check(reading.depth, says));
    }
    return reading;
  }

  // As the log tells it.
  [[nodiscard]] Standing at(std::uint32_t device, Millis instant) const {
    Standing standing;
    standing.reason = why("starting");
    for (const auto& change : changes(device))
      if (change.at.bt <= instant * kSecond) standing = change.to;
    return standing;
  }
  [[nodiscard]] std::vector<Change> changes(std::uint32_t device) const { return of<Change>(device); }
  [[nodiscard]] std::vector<Blip> blips(std::uint32_t device) const { return of<Blip>(device); }
  [[nodiscard]] std::vector<Incident> incidents() const {
    std::vector<Incident> found;
    for (const auto& event : events)
      if (const auto* incident = std::get_if<Incident>(&event)) found.push_back(*incident);
    return found;
  }
  // "0 unknown(starting)", "60 up", "120 down(device: no-answer)", "180 up+gateway-path": each change of a
  // device.
  [[nodiscard]] std::vector<std::string> story(std::uint32_t device) const {
    std::vector<std::string> lines;
    for (const auto& change : changes(device)) lines.push_back(seconds(change.at.bt) + " " + say(change.to));
    return lines;
  }
  static std::string say(const Standing& standing) {
    std::string text(code(standing.state));
    if (standing.state != State::up) {
      text += "(" + std::string(code(standing.cause)) + ": " + std::string(reason(standing.reason).code);
      if (standing.own_reason != ReasonId::none) text += "/" + std::string(reason(standing.own_reason).code);
      text += ")";
    }
    for (const ReasonId warning : standing.warnings) text += "+" + std::string(reason(warning).code);
    if (standing.root) text += "@" + std::to_string(static_cast<std::uint32_t>(*standing.root));
    if (standing.recorded != Recorded::unknown)
      text += ", " + std::string(name(standing.recorded, Language::en));
    return text;
  }
  static std::string seconds(Millis at) {
    std::string text = std::to_string(at / kSecond);
    if (at % kSecond != 0) text += "." + std::to_string(at % kSecond + 1000).substr(1);
    return text;
  }

  Ledger ledger;
  std::vector<Event> events;

 private:
  template <class What>
  std::vector<What> of(std::uint32_t device) const {
    std::vector<What> found;
    for (const auto& event : events)
      if (const auto* what = std::get_if<What>(&event); what != nullptr && what->device == id(device))
        found.push_back(*what);
    return found;
  }
  std::map<DeviceId, Millis> first_;
};

}  // namespace commune_watch::testing
