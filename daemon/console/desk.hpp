// What people may ask the gateway: plain questions, plain values. Implemented by the gateway, spoken over
// HTTP by the console.
//
// Every method is called on the gateway's loop. Instants are mapped UTC in milliseconds; ids are
// configuration ids.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "console/overlays.hpp"
#include "domain/availability.hpp"
#include "domain/ledger.hpp"
#include "domain/log.hpp"
#include "domain/recording.hpp"
#include "domain/result.hpp"

namespace commune_watch {

struct DeviceView {
  std::string id, name;
  Kind kind = Kind::camera;
  std::string driver, place, place_name, hamlet, hamlet_name, parent, point, key;
  std::string contractor, contractor_name, contractor_phone;
  Rung testable = Rung::reachable, needed = Rung::reachable;
  Live live;
  bool maintenance = false;  // now inside a declared window
  std::string root;          // of live.standing.root
  std::optional<Millis> since, checked;
  std::string words;    // the device's own, of the deciding check
  std::string twin_of;  // the device, enrolled before, that this one is; it counts as that one
};

struct StatusView {
  std::string commune, commune_name, province, gateway, version;
  Millis now = 0, started = 0;
  bool blind = false;               // the gateway itself cannot see
  std::vector<std::string> alarms;  // of the gateway's own health, Vietnamese first where people act on them
  std::string prober, mqtt, store;  // one phrase each: how they are
  std::string configuration;        // why the files are not what is in force, and what is; empty: they are
  std::vector<DeviceView> devices;  // monitoring points first, then by hamlet, place, id
};

struct OutageView {
  std::string device, name;
  Kind kind = Kind::camera;
  Period period;  // open: until now
  bool open = false;
  Cause cause = Cause::none;
  ReasonId reason = ReasonId::none;
  std::string root;
};

struct SpanView {
  Span span;
  std::string root;
};
struct HistoryView {
  std::string id, name;
  Period period;
  std::vector<SpanView> spans;
  std::vector<BlipSpan> blips;
};

struct AvailabilityView {
  std::string id, name;
  Kind kind = Kind::camera;
  Availability availability;
  // Beside it, where somebody corrected it or declared maintenance late.
  std::optional<Availability> corrected;
  std::optional<Recording> recording{};  // of a camera that has a monitoring point
  std::string twin_of{};
};

struct ProbeView {
  std::string id, name;
  Kind kind = Kind::camera;
  std::string driver;
  Rung testable = Rung::reachable;
  bool recorded = true;        // false: without a running daemon
  bool without_login = false;  // no credentials were used, and why
  std::string note;
  Finding finding;
  Millis took = 0;
};

struct LoginView {
  std::string host, username, device, words;
  Millis since = 0, left = 0;
};

struct BackupView {
  bool under_way = false;
  std::string file;  // of the last one that was made in this run
  std::string why;   // it failed
  std::int32_t day = 0;
};

// How the gateway's clock stands.
struct ClockView {
  Millis now = 0;   // the time by which records are dated
  Millis wall = 0;  // what the wall clock says
  AnchorSource wall_source = AnchorSource::system;
  Millis wall_error = 0;
  AnchorSource source = AnchorSource::system;  // of the anchors by which this boot is dated
  std::optional<Millis> battery;
  [[nodiscard]] bool trusted() const { return is_trusted(source); }
};

// What a bundle of evidence is made of, but its leaves (docs/evidence.md §4): those are [first, size) of the
// log.
struct ExportView {
  std::string proof;  // proof.json
  Seq first = 0, size = 0;
  std::string checkpoint;
  std::vector<std::string> checkpoints, keys, witnesses;
  std::string vkey;
};

struct KeyView {
  std::string vkey, origin;
  std::string checkpoint;  // the newest, as a note; empty: none yet
  std::uint64_t size = 0;
};

struct EventView {
  Record record;
  std::string id;  // {gateway}-{epoch}-{seq}
  std::optional<Millis> utc;
};

class Desk {
 public:
  virtual ~Desk() = default;
  virtual const Zone& zone() = 0;
  virtual Language language() = 0;
  virtual bool simulated() = 0;  // every answer then says so
  virtual Millis utc_now() = 0;
  virtual StatusView status() = 0;
  virtual Result<StatusView> status_at(Millis at) = 0;  // from the log; live.checks are empty
  virtual Result<std::vector<OutageView>> outages(Period period,
                                                  const std::string& device) = 0;  // device empty: all
  virtual Result<HistoryView> history(const std::string& device, Period period) = 0;
  virtual Result<std::vector<AvailabilityView>> availability(const std::string& device,
                                                             Period period) = 0;  // empty: all
  virtual void probe(const std::string& device, std::function<void(Result<ProbeView>)> done) = 0;
  virtual std::vector<LoginView> logins() = 0;
  virtual Result<void> retry_login(const std::string& device, const std::string& by) = 0;
  virtual ClockView clock() = 0;
  // A person's word, recorded: it is `utc` now, or (absent) the wall clock is right.
  virtual Result<void> say_time(std::optional<Millis> utc, const std::string& by) = 0;
  // Warnings; Failure: errors, warnings, a line each. `by` is recorded.
  virtual Result<std::vector<std::string>> reload(const std::string& by) = 0;
  virtual Result<BackupView> backup(bool begin) = 0;  // how it stands; begin: one now, if none is under way
  virtual Result<ExportView> export_evidence(const std::string& period, const std::string& by) = 0;
  virtual std::vector<std::string> leaves(Seq from, std::size_t most) = 0;  // a line each
  virtual KeyView evidence_key() = 0;
  virtual Result<void> rotate_key() = 0;
  virtual Overlays& overlays() = 0;
  virtual std::vector<EventView> events(Seq from, std::size_t most) = 0;  // change, blip and incident records
  virtual Seq next_event() = 0;
  virtual std::string metrics() = 0;  // Prometheus text
};

}  // namespace commune_watch
