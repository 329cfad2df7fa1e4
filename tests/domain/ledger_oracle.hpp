// The slow way to know how things stood: every second of every rung painted, every second of every device
// judged by itself.
//
// Written from DESIGN §4's text; shares no code with the ledger. Whole seconds only. Learns everything first,
// judges then.
#pragma once
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/ledger.hpp"

namespace commune_watch::testing {

class Oracle {
 public:
  using Second = int;
  static constexpr Second kLongAgo = -1'000'000'000;

  Oracle(std::vector<Subject> subjects, Second begin, Second end) : begin_(begin), end_(end) {
    terms(subjects, begin);
  }

  // The subjects in force from `at` on (in order of time). What changed is not back-dated across the change.
  void terms(const std::vector<Subject>& subjects, Second at) {
    for (const auto& subject : subjects) {
      auto& device = devices_[subject.id];
      const Subject* old = device.terms.empty() ? nullptr : &device.terms.back().second;
      if (old != nullptr && *old == subject) continue;
      const std::size_t rungs = subject.device_path ? needed(subject) + 1 : 0;
      if (old != nullptr) each(device, [&](Paint& paint) { paint.lapse(at), paint.give_up(); });
      while (device.path.size() < rungs)
        device.path.emplace_back(at, end_, hold(subject.cadence, static_cast<Rung>(device.path.size())));
      if (subject.monitor && (old == nullptr || old->monitor != subject.monitor))
        device.monitor.emplace(at, end_, hold(subject.monitor_cadence, Rung::connected));
      device.terms.emplace_back(at, subject);
    }
  }

  // One reading, in the order of arrival.
  void read(const Reading& reading) {
    const Second at = static_cast<Second>(reading.started.bt / 1000),
                 came = static_cast<Second>(reading.ended.bt / 1000);
    if (blind_ || at < deaf_until_) return;
    Device& asked = devices_.at(reading.device);
    const Subject& subject = asked.terms.back().second;
    const Second late = static_cast<Second>(subject.cadence.limit / 1000) + 2;
    if (at < came - late) return;
    std::map<Rung, const Check*> said;
    for (const auto& check : reading.finding.checks) said[check.rung] = &check;
    for (const auto& [rung, check] : said) {
      const auto number = static_cast<std::size_t>(rung);
      if (number >= asked.path.size()) continue;
      const auto effect = asked.path[number].word(at, check->outcome, check->reason);
      if (effect == Paint::nothing) continue;
      for (std::size_t above = number + 1; above < asked.path.size(); ++above) asked.path[above].give_up();
      if (effect == Paint::confirmed)
        for (auto& [id, device] : devices_)
          if (bound_to(device, reading.device)) device.monitor->give_up();
    }
    if (subject.kind == Kind::monitoring_point) tell(reading, said, at, came);
  }

  void blind(Second at, ReasonId reason) {
    blind_ = true;
    for (auto& [id, device] : devices_) each(device, [&](Paint& paint) { paint.blind(at, reason); });
  }
  void sighted(Second at) { blind_ = false, deaf_until_ = at; }
  void close() {
    for (auto& [id, device] : devices_) each(device, [&](Paint& paint) { paint.lapse(end_); });
  }
  void stop(Second at) {
    for (auto& [id, device] : devices_) each(device, [&](Paint& paint) { paint.lapse(at), paint.give_up(); });
  }

  // "up+gateway-path", "down(upstream: parent-down/no-answer)@5": after close().
  [[nodiscard]] std::string at(DeviceId id, Second second) const {
    return judge(id, second, nullptr, ReasonId::none);
  }

  struct Stumble {
    Second from, to;
    ReasonId reason;
    auto operator<=>(const Stumble&) const = default;
  };
  // Failures that recovered unconfirmed, where a confirmed one would have been a down.
  [[nodiscard]] std::vector<Stumble> stumbles(DeviceId id) const {
    std::vector<Stumble> found;
    const auto look = [&](const Paint& paint) {
      for (const auto& stumble : paint.stumbles)
        if (at(id, stumble.from).starts_with("up") &&
            judge(id, stumble.from, &paint, stumble.reason).starts_with("down"))
          found.push_back(stumble);
    };
    const Device& device = devices_.at(id);
    for (const auto& paint : device.path) look(paint);
    if (device.monitor) look(*device.monitor);
    std::ranges::sort(found);
    return found;
  }

 private:
  struct Cell {
    char outcome = 'u';
    ReasonId reason = ReasonId::none;
  };
  struct Paint {  // one rung's canvas, from `from` to the end
    enum Effect { nothing, confirmed, unknown };
    Paint(Second from_in, Second end, Second hold_in)
        : from(from_in),
          hold(hold_in),
          cells(static_cast<std::size_t>(end - from_in), Cell{'u', reason_id("starting")}) {}
    void brush(Second at, char outcome, ReasonId reason) {
      found.clear();
      found_all = false;
      for (Second second = std::max(at, from); second < from + static_cast<Second>(cells.size()); ++second)
        cells[static_cast<std::size_t>(second - from)] = {outcome, reason};
    }
    [[nodiscard]] Cell cell(Second at) const {
      return cells[static_cast<std::size_t>(std::clamp(at - from, 0, static_cast<Second>(cells.size()) - 1))];
    }
    void give_up() {
      if (!failing.empty()) {
        brush(failing.front().first, 'u', reason_id("unconfirmed"));
        clears.push_back(last);
      }
      failing.clear();
      good.reset();
    }
    void lapse(Second at) {
      if (!holds || last + hold > at) return;
      give_up();
      brush(last + hold, 'u', reason_id("overrun"));
      holds = false;
    }
    void blind(Second at, ReasonId reason) {
      lapse(at);
      give_up();
      brush(at, 'u', reason);
      clears.push_back(at);
      last = std::max(last, at);
      holds = false;
    }
    Effect word(Second at, Outcome outcome, ReasonId reason) {
      if (outcome == Outcome::not_tested || at <= last || at < from) return nothing;
      lapse(at);
      last = at;
      holds = true;
      const char now = cells.back().outcome;
      if (outcome == Outcome::ok) {
        clears.push_back(at);
        if (now == 'f') {
          if (!good)
            good = at;
          else
            brush(*good, 'o', ReasonId::none), good.reset();
          return nothing;
        }
        if (!failing.empty() && now == 'o')
          stumbles.push_back({failing.front().first, at, failing.front().second});
        failing.clear();
        brush(at, 'o', ReasonId::none);
        return nothing;
      }
      if (outcome == Outcome::unknown) {
        give_up();
        clears.push_back(at);
        brush(at, 'u', reason);
        return unknown;
      }
      failures.push_back(at);
      good.reset();
      if (now == 'f') {
        brush(at, 'f', reason);
        return nothing;
      }
      failing.emplace_back(at, reason);
      if (failing.size() < 3) return nothing;
      for (const auto& [when, what] : failing) brush(when, 'f', what);
      failing.clear();
      return confirmed;
    }
    // The failed stretch that holds this second, and the last probe before it that did not fail.
    struct Stretch {
      Second from, to, clear;
    };
    [[nodiscard]] const std::vector<Stretch>& stretches() const {
      if (found_all) return found;
      const Second end = from + static_cast<Second>(cells.size());
      for (Second second = from; second < end; ++second) {
        if (cell(second).outcome != 'f') continue;
        Stretch stretch{second, second, kLongAgo};
        while (stretch.to < end && cell(stretch.to).outcome == 'f') ++stretch.to;
        for (const Second clear : clears)
          if (clear < stretch.from) stretch.clear = std::max(stretch.clear, clear);
        found.push_back(stretch);
        second = stretch.to;
      }
      found_all = true;
      return found;
    }
    [[nodiscard]] Stretch around(Second at) const {
      for (const auto& stretch : stretches())
        if (stretch.from <= at && at < stretch.to) return stretch;
      return {kLongAgo, kLongAgo, kLongAgo};
    }

    Second from, hold;
    std::vector<Cell> cells;
    Second last = kLongAgo;
    bool holds = false;
    std::vector<std::pair<Second, ReasonId>> failing;
    std::optional<Second> good;
    std::vector<Second> clears, failures;
    std::vector<Stumble> stumbles;
    mutable std::vector<Stretch> found;  // looked for once all is painted
    mutable bool found_all = false;
  };
  struct Device {
    std::vector<std::pair<Second, Subject>> terms;
    std::vector<Paint> path;
    std::optional<Paint> monitor;
  };

  static std::size_t needed(const Subject& subject) {
    static const std::map<Kind, Rung> kNeeded{{Kind::camera, Rung::useful},
                                              {Kind::access_point, Rung::useful},
                                              {Kind::website, Rung::useful},
                                              {Kind::speaker_cluster, Rung::answering},
                                              {Kind::uplink, Rung::reachable},
                                              {Kind::network_switch, Rung::reachable},
                                              {Kind::monitoring_point, Rung::answering}};
    return static_cast<std::size_t>(std::min(kNeeded.at(subject.kind), subject.testable));
  }
  static Second hold(const Cadence& cadence, Rung rung) {
    return static_cast<Second>((2 * cadence.of(rung) + cadence.limit) / 1000);
  }
  template <class Use>
  static void each(Device& device, Use use) {
    for (auto& paint : device.path) use(paint);
    if (device.monitor) use(*device.monitor);
  }
  static bool bound_to(const Device& device, DeviceId point) {
    const auto& monitor = device.terms.back().second.monitor;
    return monitor && monitor->point == point;
  }
  [[nodiscard]] const Subject& subject(DeviceId id, Second at) const {
    const auto& terms = devices_.at(id).terms;
    const Subject* found = &terms.front().second;
    for (const auto& [from, subject] : terms)
      if (from <= at) found = &subject;
    return *found;
  }

  void tell(const Reading& reading, const std::map<Rung, const Check*>& said, Second at, Second came) {
    const auto outcome = [&](Rung rung) {
      return said.contains(rung) ? said.at(rung)->outcome : Outcome::not_tested;
    };
    const bool silent = outcome(Rung::reachable) == Outcome::failed;
    const bool refuses = outcome(Rung::answering) == Outcome::failed &&
                         said.at(Rung::answering)->reason == reason_id("connection-refused");
    if (silent || refuses) return;
    std::optional<ReasonId> trouble;
    if (outcome(Rung::answering) == Outcome::failed || outcome(Rung::answering) == Outcome::unknown)
      trouble = said.at(Rung::answering)->reason;
    else if (outcome(Rung::answering) != Outcome::ok && outcome(Rung::reachable) == Outcome::unknown)
      trouble = said.at(Rung::reachable)->reason;
    if (!trouble && reading.depth < Rung::connected) return;
    for (auto& [id, device] : devices_) {
      if (!bound_to(device, reading.device)) continue;
      const Subject& subject = device.terms.back().second;
      if (at < came - static_cast<Second>(subject.monitor_cadence.limit / 1000) - 2) continue;
      if (trouble) {
        device.monitor->word(at, Outcome::unknown, *trouble);
        continue;
      }
      const Sighting* seen = nullptr;
      for (const auto& sighting : reading.finding.sightings)
        if (seen == nullptr && sighting.key == subject.monitor->key) seen = &sighting;
      if (seen != nullptr)
        device.monitor->word(at, seen->checks.front().outcome, seen->checks.front().reason);
      else if (reading.finding.complete)
        device.monitor->word(at, Outcome::failed, reason_id("not-listed"));
      else
        device.monitor->word(at, Outcome::unknown, reason_id("monitoring-point-silent"));
    }
  }

  struct Side {
    char outcome = '-';  // o f u, - where there is none
    ReasonId reason = ReasonId::none;
    const Paint* paint = nullptr;
    std::size_t rung = 0;
  };
  [[nodiscard]] Side device_side(DeviceId id, Second at, const Paint* supposed,
                                 ReasonId supposed_reason) const {
    const Subject& terms = subject(id, at);
    const Device& device = devices_.at(id);
    if (!terms.device_path) return {};
    const auto cell = [&](std::size_t rung) {
      return supposed == &device.path[rung] ? Cell{'f', supposed_reason} : device.path[rung].cell(at);
    };
    const std::size_t top = needed(terms);
    for (std::size_t rung = 0; rung <= top; ++rung)
      if (cell(rung).outcome == 'f') return {'f', cell(rung).reason, &device.path[rung], rung};
    std::vector<std::size_t> must{top};
    if (terms.kind == Kind::camera && top == 3)
      must.push_back(2);  // `active`, and `useful` where pictures are probed
    for (std::size_t rung : must) {
      if (cell(rung).outcome != 'u') continue;
      while (rung > 0 && cell(rung - 1).outcome == 'u') --rung;
      return {'u', cell(rung).reason, &device.path[rung], rung};
    }
    return {'o', ReasonId::none, nullptr, top};
  }

  // o f u as above, d dead, - none.
  [[nodiscard]] Side monitor_side(DeviceId id, Second at, const Paint* supposed,
                                  ReasonId supposed_reason) const {
    const Subject& terms = subject(id, at);
    if (!terms.monitor) return {};
    const Side point = device_side(terms.monitor->point, at, nullptr, ReasonId::none);
    if (point.outcome == 'f' && (point.rung == 0 || point.reason == reason_id("connection-refused"))) {
      if (failed_ancestor(terms.monitor->point, *point.paint, point.paint->around(at).from, at))
        return {'u', reason_id("monitoring-point-silent"), nullptr, 4};
      return {'d', reason_id("monitoring-point-dead"), nullptr, 4};
    }
    const Paint* paint = &*devices_.at(id).monitor;
    const Cell cell = supposed == paint ? Cell{'f', supposed_reason} : paint->cell(at);
    return {cell.outcome, cell.reason, paint, 4};
  }

  [[nodiscard]] Second bound(DeviceId id, Second at) const {
    return hold(subject(id, at).cadence, Rung::reachable);
  }

  [[nodiscard]] std::optional<DeviceId> failed_ancestor(DeviceId id, const Paint& own, Second since,
                                                        Second at) const {
    std::optional<DeviceId> highest;
    for (auto parent = subject(id, at).parent; parent; parent = subject(*parent, at).parent) {
      const Device& device = devices_.at(*parent);
      if (device.path.empty()) continue;
      for (const auto& theirs : device.path.front().stretches()) {
        if (theirs.to <= since) continue;
        Second from = theirs.from;
        if (theirs.clear < since && since <= theirs.from && theirs.from < since + bound(*parent, at))
          from = since;
        Second to = theirs.to;
        if (to < end_) {  // until the first failing probe after its return
          Second next = end_;
          for (const Second failure : own.failures)
            if (failure >= to) next = std::min(next, failure);
          to = std::max(to, next);
        }
        if (from <= at && at < to) highest = parent;
      }
    }
    return highest;
  }

  [[nodiscard]] bool mains(DeviceId id, Second since, Second clear, Second at) const {
    std::vector<DeviceId> place;
    Second interval = 0;
    for (const auto& [other, device] : devices_) {
      const Subject& terms = subject(other, at);
      if (terms.place.empty() || terms.place != subject(id, at).place || !terms.device_path) continue;
      if (terms.kind == Kind::monitoring_point) continue;
      place.push_back(other);
      interval = std::max(interval, static_cast<Second>(terms.cadence.of(Rung::reachable) / 1000));
    }
    if (place.size() < 3) return false;
    for (Second first = since - interval; first <= since;
         ++first) {  // the earliest loss of those lost together
      if (clear >= first) continue;
      std::size_t together = 1;
      bool begins = since == first;
      for (const DeviceId other : place) {
        if (other == id) continue;
        const Paint& paint = devices_.at(other).path.front();
        bool lost = false;
        for (const auto& theirs : paint.stretches()) {
          if (theirs.clear >= first || theirs.from < first || theirs.from > first + interval) continue;
          if (theirs.to < end_ && at >= theirs.to + bound(other, at)) continue;
          if (failed_ancestor(other, paint, theirs.from, theirs.from)) continue;
          lost = true;
          begins |= theirs.from == first;
        }
        together += lost ? 1 : 0;
      }
      if (begins && together >= 3 && 2 * together > place.size()) return true;
    }
    return false;
  }

  static std::string down(ReasonId why) {
    Cause cause = reason(why).cause;
    if (cause == Cause::none || cause == Cause::gateway) cause = Cause::device;
    return "down(" + std::string(code(cause)) + ": " + std::string(reason(why).code) + ")";
  }
  static bool ours(ReasonId why) {
    const std::string_view code = reason(why).code;
    return code == "starting" || code == "overrun" || code == "unconfirmed" || code == "internal-error" ||
           code.starts_with("gateway-");
  }

  [[nodiscard]] std::string judge(DeviceId id, Second at, const Paint* supposed,
                                  ReasonId supposed_reason) const {
    const Subject& terms = subject(id, at);
    const Side device = device_side(id, at, supposed, supposed_reason);
    const Side monitor = monitor_side(id, at, supposed, supposed_reason);
    const auto text = [](ReasonId why) { return std::string(reason(why).code); };
    const auto own = [&](const Side& side) -> std::string {
      if (supposed != nullptr) return "down";
      const auto stretch = side.paint->around(at);
      if (auto ancestor = failed_ancestor(id, *side.paint, stretch.from, at))
        return "down(upstream: parent-down/" + text(side.reason) + ")@" +
               std::to_string(static_cast<unsigned>(*ancestor));
      if (&side == &device && side.rung == 0 && !terms.place.empty() &&
          terms.kind != Kind::monitoring_point && mains(id, stretch.from, stretch.clear, at))
        return "down(mains: mains-lost/" + text(side.reason) + ")";
      if (terms.kind == Kind::monitoring_point && down(side.reason).starts_with("down(device"))
        return "down(monitoring-point: " + text(side.reason) + ")";
      return down(side.reason);
    };
    std::string blind = "unknown(gateway: " + text(device.reason) + ")";
    std::string untold = std::string("unknown(") + (ours(monitor.reason) ? "gateway" : "monitoring-point") +
                         ": " + text(monitor.reason) + ")";
    const bool joined = terms.kind == Kind::camera || terms.kind == Kind::speaker_cluster;
    std::string dead =
        "down(monitoring-point: monitoring-point-dead)@" +
        (terms.monitor ? std::to_string(static_cast<unsigned>(terms.monitor->point)) : std::string());
    const std::string cell{device.outcome, monitor.outcome};
    if (cell == "oo" || cell == "o-" || cell == "uo" || cell == "-o") return "up";
    if (cell == "of")
      return joined ? "down(monitoring-point: not-on-monitor/" + text(monitor.reason) + ")"
                    : "up+not-adopted";
    if (cell == "ou") return joined ? untold : "up";
    if (cell == "od") return joined ? dead : "up+controller-down";
    if (cell == "fo") return "up+gateway-path";
    if (cell[0] == 'f') return own(device);
    if (cell == "uf") return joined ? own(monitor) : blind;
    if (cell == "ud") return joined ? dead : blind;
    if (cell[0] == 'u') return blind;
    if (cell == "-f") return own(monitor);
    if (cell == "-u") return untold;
    return joined ? dead : "unknown(monitoring-point: monitoring-point-dead)";
  }

  Second begin_, end_;
  std::map<DeviceId, Device> devices_;
  bool blind_ = false;
  Second deaf_until_ = kLongAgo;
};

}  // namespace commune_watch::testing
