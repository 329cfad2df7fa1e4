// The history of every device, played back from records alone (docs/evidence.md §5–7): what a verifier
// figures from, and what openings and day records are made of.
//
// Holds a few dozen bytes a record; begins at record 0 or at an opening.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/availability.hpp"
#include "domain/entry.hpp"
#include "domain/run_map.hpp"

namespace commune_watch {

class Replay {
 public:
  // An id may be given to a device of another kind: the two are two.
  struct Name {
    std::string id;
    Kind kind = Kind::camera;
    friend bool operator==(const Name&, const Name&) = default;
    friend bool operator<(const Name& a, const Name& b) {
      return a.id != b.id ? a.id < b.id : code(a.kind) < code(b.kind);
    }
  };

  // In the order of the log. The first one has to be a genesis or an opening; another opening says what is
  // known already and changes nothing.
  // Failure: the record cannot follow those before it; nothing was taken from it.
  static constexpr Millis kBackwards = 60'000;  // within a boot, that a record may lie before an earlier one
  Result<void> feed(const Record& record, const Entry& entry);
  // The running run is alive at that moment, though no record says so yet: figures are as of then.
  void alive(Moment at);
  [[nodiscard]] bool begun() const { return begun_; }

  [[nodiscard]] std::vector<Name> devices() const;
  // Everything that a figure of the device over that period needs, as of the last record.
  [[nodiscard]] AvailabilityInput figures(const Name& device, Period period);
  [[nodiscard]] Moment now() const { return now_; }
  // Of the last record; absent before the first run.
  [[nodiscard]] std::optional<Millis> utc_now() { return map().utc(now_); }
  [[nodiscard]] std::optional<Millis> utc(Moment at) { return map().utc(at); }
  [[nodiscard]] bool sure() { return map().clock().trusted(now_.boot); }  // the running boot
  [[nodiscard]] Zone zone() const { return zone_.empty() ? Zone() : Zone(zone_); }
  [[nodiscard]] const std::string& vkey() const { return head_.vkey; }  // in force; empty before the first
  [[nodiscard]] bool simulated() const { return head_.simulated; }
  [[nodiscard]] const std::string& commune() const { return head_.commune; }
  [[nodiscard]] const std::string& gateway() const { return head_.gateway; }

  // What an opening written now says. `epoch` is empty unless this began at an opening: it is a hash of
  // bytes.
  [[nodiscard]] OpeningEntry opening();

  // When a window was declared, as it counts: what it says, unless its record came more than 5 s later.
  static constexpr Millis kDeclaredSlack = 5'000;
  struct Window {
    MaintenanceEntry entry;  // as first declared, but for `ended`
    Millis declared = 0;     // as it counts
  };
  [[nodiscard]] std::vector<Window> windows();
  [[nodiscard]] bool knows(const MaintenanceEntry& entry) const;  // the record of it only ends a window

 private:
  [[nodiscard]] Result<void> of_the_run(const Record& record, const Entry& entry) const;
  struct State {
    std::size_t run = 0;
    Millis from = 0;  // bt
    commune_watch::State state = commune_watch::State::unknown;
    Cause cause = Cause::none;
    ReasonId reason = ReasonId::none;
  };
  struct Blip {
    std::size_t run = 0;
    Millis from = 0, to = 0;  // bt
    ReasonId reason = ReasonId::none;
  };
  struct Term {
    Moment at;
    std::optional<Millis> fixed;  // UTC, of a boot before the opening
    Terms terms;
  };
  struct Recorded {
    Moment at;
    std::optional<Millis> fixed;  // UTC, of a boot before the opening
  };
  struct MaintenanceRecord {
    Recorded when;
    MaintenanceEntry entry;
    std::size_t window = 0;
  };
  struct CorrectionRecord {
    Recorded when;
    CorrectionEntry entry;
  };
  struct Device {
    std::vector<State> states;  // by (run, from)
    Standing last;              // of the last of them
    std::vector<Blip> blips;    // in the order of the log
    std::vector<Term> terms;
  };

  void begin(const GenesisEntry& entry);
  void begin(const OpeningEntry& entry);
  void on(const Record& record, const RunEntry& entry);
  void on(const Record& record, const StopEntry& entry);
  void on(const Record& record, const AnchorEntry& entry);
  void on(const Record& record, const ConfigEntry& entry);
  void on(const Record& record, const TermsEntry& entry);
  void on(const Record& record, const ChangeEntry& entry);
  void on(const Record& record, const BlipEntry& entry);
  void on(const Record& record, const MaintenanceEntry& entry);
  void on(const Record& record, const CorrectionEntry& entry);
  void on(const Record& record, const MustHaveEntry& entry);
  void on(const Record& record, const KeyEntry& entry);
  template <class Other>
  void on(const Record&, const Other&) {}  // says nothing that figures rest on
  Device* named(const std::string& id);
  static void begin_state(Device& device, std::size_t run, Millis from, const Standing& standing);
  const RunMap& map();
  [[nodiscard]] std::vector<DatedTerms> dated(const Device& device);
  [[nodiscard]] std::optional<Millis> utc(const Recorded& when);
  void record_maintenance(const Recorded& when, const MaintenanceEntry& entry);

  bool begun_ = false;
  std::uint32_t anchored_ = 0;  // the last boot that has an anchor
  OpeningEntry head_;           // who and what this log is
  Moment now_;
  std::vector<Zone::Change> zone_;
  std::vector<Run> runs_;
  bool open_ = false;  // the last run has not ended
  std::vector<Anchor> anchors_;
  std::vector<Period> claims_;
  std::map<Name, Device> devices_;
  std::map<std::string, Kind> kinds_;           // of each id's last enrolled terms
  std::vector<MaintenanceRecord> maintenance_;  // every record, in the order of the log
  std::vector<std::pair<MaintenanceEntry, Recorded>> windows_;
  std::vector<CorrectionRecord> corrections_;
  std::map<std::string, MustHaveEntry> must_;  // by area
  std::optional<RunMap> map_;                  // of all runs and anchors so far; made when it is asked for
};

}  // namespace commune_watch
