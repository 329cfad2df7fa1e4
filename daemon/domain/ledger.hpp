// The ledger: readings in, confirmed changes of state out (DESIGN §4, rule A1). Pure: no clock, no I/O.
//
// Per (device, path, rung) a tracker turns outcomes into a confirmed timeline (three failing probes confirm,
// back-dated to the first; two good ones recover, back-dated to the first; an unknown outcome neither
// confirms nor clears a streak but makes the rung unknown from that probe; a verdict expires at checked + 2 x
// interval + limit). The join is a pure function of the confirmed timelines, evaluated instant by instant up
// to the device's *horizon*: the earliest provisional instant that could still be back-dated into (own
// provisional streaks, and, for a failed piece, those of its monitoring point, its ancestors and its place's
// other devices until they were asked again). Behind the horizon nothing ever changes, so changes leave in
// order of time.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/clock.hpp"
#include "domain/device.hpp"
#include "domain/reading.hpp"

namespace commune_watch {

enum class State : std::uint8_t { up, down, unknown };
std::string_view code(State state);

// Whether a camera is being recorded, as its monitoring point says. Unknown: it does not say, or says
// otherwise that it has no picture of it.
enum class Recorded : std::uint8_t { unknown, no, yes };
std::string_view code(Recorded recorded);
std::string_view name(Recorded recorded, Language language);

// The join at an instant. `root` is the ancestor or monitoring point to blame.
struct Standing {
  State state = State::unknown;
  Cause cause = Cause::gateway;
  ReasonId reason = ReasonId::none;      // none while up; while parent-down: parent-down
  ReasonId own_reason = ReasonId::none;  // the device's own reason under a parent's outage
  std::vector<ReasonId> warnings;        // sorted, unique
  std::optional<DeviceId> root;
  Recorded recorded = Recorded::unknown;  // beside the state, whatever that is: decides nothing
  friend bool operator==(const Standing&, const Standing&) = default;
};

// Closes one span of a device and opens the next; one log row, one leaf, one MQTT event.
struct Change {
  DeviceId device{};
  Moment at;  // when `to` began (back-dated); never before the device's previous change
  Standing from, to;
  Moment since;              // when `from` began
  std::uint32_t probes = 0;  // that spoke within `from`
  std::string words;         // the device's own, of the check that decided `to`
};

// A failure that recovered before it was confirmed; still up, but counted.
struct Blip {
  DeviceId device{};
  Moment from, to;
  ReasonId reason = ReasonId::none;
  std::uint32_t probes = 0;
};

// One outage of one root: opened with the first down change that blames it, closed when nothing is down by it
// any more. The end of a run closes all that are open, without a word.
struct Incident {
  std::uint64_t id = 0;  // unique within the log: the gateway's, from the record's seq; 0 from the ledger
  DeviceId root{};       // mains: the first device of the place
  Cause cause = Cause::none;
  ReasonId reason = ReasonId::none;
  Moment at;
  bool opened = true;
  std::string place;  // mains: the place that went dark
};

using Event = std::variant<Change, Blip, Incident>;

bool operator==(const Cadence&, const Cadence&);

// What the ledger must know of one watched thing (a device or a monitoring point).
struct Subject {
  DeviceId id{};
  Kind kind = Kind::camera;
  std::string place;
  std::optional<DeviceId> parent;
  std::optional<Binding> monitor;   // only bindings to a monitoring point of role "commune"
  bool device_path = true;          // false: only the monitoring point can see it
  Rung testable = Rung::reachable;  // highest rung that its driver can test
  Cadence cadence;
  Cadence monitor_cadence;  // of its monitoring point
  std::string address;      // numeric, as the monitoring point would name it; empty: it cannot be compared
  friend bool operator==(const Subject&, const Subject&) = default;
};

// The rung that decides the device path of this kind with a driver that tests up to `testable` (DESIGN §4
// "Needed").
Rung needed_rung(Kind kind, Rung testable);

// How a device stands for people to see, settled or not.
struct Live {
  Standing standing;  // at the horizon
  Moment since;       // of its state, cause, reasons and warnings; whether it is recorded may be newer
  Outcome device_path = Outcome::unknown, monitor_path = Outcome::not_tested;
  std::uint16_t failing = 0;              // length of the provisional streak, 0 if none
  ReasonId provisional = ReasonId::none;  // its reason
  std::optional<Moment> checked;          // last probe that spoke
  std::optional<Moment> settled;          // before it nothing changes any more; absent: not watched
  std::vector<Check> checks;              // the last finding's ladder, then `connected` as last seen
};

// When and how deep to ask next. An instant in the past means now; it moves when the question is answered.
struct Ask {
  Millis due = 0;  // CLOCK_BOOTTIME of the running boot
  Rung depth = Rung::reachable;
  friend bool operator==(const Ask&, const Ask&) = default;
};

class Ledger {
 public:
  Ledger();
  ~Ledger();
  Ledger(Ledger&&) noexcept;
  Ledger& operator=(Ledger&&) noexcept;

  // A run begins: everything is unknown(starting) until asked. Call once, before anything else.
  void begin(Moment at);
  // The watched things in force from `at` on. Unchanged subjects keep their state; new ones are
  // unknown(starting); what is gone is dropped after a last change to unknown(retired). Cycles of parents
  // must have been refused before.
  std::vector<Event> assign(const std::vector<Subject>& subjects, Moment at);
  // One reading. Readings may come late or out of order; one older than its rung's last is ignored for that
  // rung, and one that began longer ago than the limit and two seconds says nothing: so what is told is
  // final, and the same in whatever order answers arrive.
  std::vector<Event> observe(const Reading& reading);
  // The gateway itself cannot see (own link lost) from `from` until sighted(): all paths are unknown(reason)
  // meanwhile and readings that began in between say nothing.
  std::vector<Event> blind(Moment from, ReasonId reason);
  std::vector<Event> sighted(Moment at);
  // Time passes: verdicts expire. Cheap; call about once a second.
  std::vector<Event> advance(Moment now);
  // A clean stop: what is provisional becomes unknown(unconfirmed).
  std::vector<Event> finish(Moment at);

  [[nodiscard]] Live live(DeviceId device) const;
  [[nodiscard]] Ask next(DeviceId device, Millis now) const;
  // Devices whose `next` moved earlier since the last call: parents and neighbours of what just failed.
  std::vector<DeviceId> hurried();
  // Provisional failures now open, each with its first failing probe: kept with the tick, so that a cut makes
  // them unknown(unconfirmed).
  [[nodiscard]] std::vector<std::pair<DeviceId, Moment>> provisional() const;

 private:
  struct Book;
  std::unique_ptr<Book> state_;
};

}  // namespace commune_watch
