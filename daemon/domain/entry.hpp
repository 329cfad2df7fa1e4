// The bodies of log records: each kind's typed entry and its canonical JSON, both ways.
//
// Canonical (domain/canonical.hpp): one line, UTF-8, objects with the key order of entry.cpp, integers and
// strings only, no spaces; yes and no are 1 and 0, a moment is [boot,bt], what is absent has no key. Devices
// and reasons are written by their configuration ids and catalogue codes, so a record reads alone; a
// Standing's root is therefore not written with it, but as the entry's own `root`. Reading is for foreign
// bytes: every error is a value, numbers are held to their ranges, and keys that this version does not know
// are passed over.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "domain/availability.hpp"
#include "domain/ledger.hpp"
#include "domain/log.hpp"
#include "domain/reading.hpp"
#include "domain/result.hpp"

namespace commune_watch {

struct GenesisEntry {
  std::string commune, gateway, version;
  bool simulated = false;
  std::string key;  // 32 hex digits of randomness
};
// A gateway run began; implicitly closes all spans of the run before at its last tick.
struct RunEntry {
  std::string version, boot_uuid;
  Moment previous_alive;  // {0,0}: no run before
  // Provisional at the cut: unknown(unconfirmed) from there on.
  std::vector<std::pair<std::string, Moment>> unconfirmed;
};
struct StopEntry {
  std::string why;
};
struct AnchorEntry {
  Anchor anchor;
  std::string by;  // of an operator's word: whose
};
struct ConfigEntry {
  std::string sha256, by;
  std::vector<std::string> changed;  // ids of devices whose terms changed
  std::string timezone;              // empty: a record written before 0.2, then UTC+7
  std::vector<Zone::Change> zone;
  std::vector<std::string> changes;  // "- key: old", "+ key: new" of the merged text without secrets
};
struct TermsEntry {
  std::string device;
  Terms terms;
};
struct ChangeEntry {
  std::string device;
  Moment at, since;
  Standing from, to;
  std::string root;  // configuration id of to.root, or empty
  std::uint32_t probes = 0;
  std::string words;
};
struct BlipEntry {
  std::string device;
  Moment from, to;
  ReasonId reason = ReasonId::none;
  std::uint32_t probes = 0;
};
struct IncidentEntry {
  Seq incident = 0;
  bool opened = true;
  std::string root, place;
  Cause cause = Cause::none;
  ReasonId reason = ReasonId::none;
  Moment at;
};
struct LoginBlockEntry {
  std::string host, username, device, words;
  bool blocked = true;
  std::string by;  // "device", "secret-changed", "retry", "expired"
};
// A database that could not be believed was put aside; what this log lacks is there. Event ids from this
// record on bear its own epoch, so that none is ever used twice.
struct RestoreEntry {
  std::string put_aside, why;
  std::string sha256;          // of the file that was put aside; empty: it could not be read
  std::string backup;          // the file that this log goes on from; empty: none
  std::uint64_t kept = 0;      // records of the backup
  std::uint64_t salvaged = 0;  // records taken from the file put aside, after those
  std::uint64_t told = 0;  // how far readers had acknowledged, as far as the file put aside says; 0: unknown
  std::string by;          // "start", or the operator who asked for it; empty in records of older versions
};
struct MaintenanceEntry {
  std::string scope;
  Maintenance maintenance;
};

struct CorrectionEntry {
  std::string device;
  Correction correction;
};
// Something that exists but cannot be watched; never part of a measured figure.
struct DeclarationEntry {
  std::string id, what, place;
  std::string must;  // code of the denominator that it speaks to, or empty
  std::string since, document, by, note;
  Millis declared = 0, ended = 0;  // ended: withdrawn at; 0: stands
};
// A denominator: what "place/ID" or "hamlet/ID" has to have from now on.
struct MustHaveEntry {
  std::string area;
  std::vector<Must> must;
  std::string basis;
};
struct IdentityEntry {
  std::string device;
  Identity identity;
  std::vector<std::string> same_as;  // devices that say the same of serial, MAC or key
  bool limited = false;  // one of too many in a day: what it says until that day ends is not recorded
};
// "I was watching": of one hour.
struct HeartbeatEntry {
  Millis hour = 0;  // UTC, where it began
  std::int64_t asked = 0, answered = 0, good = 0, devices = 0;
};
struct DayEntry {
  std::string device;
  Kind kind = Kind::camera;
  std::int32_t date = 0;  // local, yyyymmdd
  Totals totals;          // the times of it only
};
// All that a replay needs to begin here (docs/evidence.md §5).
struct OpeningEntry {
  struct Term {
    Millis from = 0;  // UTC
    Moment at;
    TermsEntry terms;
  };
  struct State {
    std::string device;
    Kind kind = Kind::camera;
    Millis from = 0;  // bt
    Standing to;
  };
  struct Window {
    Moment at;
    Millis recorded = 0;  // UTC of it
    MaintenanceEntry maintenance;
  };
  struct Corrected {
    Moment at;
    Millis recorded = 0;
    CorrectionEntry correction;
  };
  std::string commune, gateway, epoch;
  bool simulated = false;
  std::string vkey, timezone;
  std::vector<Zone::Change> zone;
  std::uint32_t boot = 0;
  Millis run = 0;            // bt
  std::vector<Period> runs;  // bt, of this boot's earlier runs
  std::vector<Period> claims;
  std::vector<Anchor> anchors;
  std::vector<Term> terms;
  std::vector<State> spans;
  std::vector<Window> maintenance;
  std::vector<Corrected> corrections;
  std::vector<MustHaveEntry> must;
};
struct KeyEntry {
  std::string vkey, previous, by_old, by_new;
};
struct ExportEntry {
  std::string period, by;
};

using Entry = std::variant<GenesisEntry, RunEntry, StopEntry, AnchorEntry, ConfigEntry, TermsEntry,
                           ChangeEntry, BlipEntry, IncidentEntry, LoginBlockEntry, RestoreEntry,
                           MaintenanceEntry, CorrectionEntry, DeclarationEntry, MustHaveEntry, IdentityEntry,
                           HeartbeatEntry, DayEntry, OpeningEntry, KeyEntry, ExportEntry>;

inline constexpr std::size_t kMaxOpening = 16 << 20;  // bytes: some 40,000 devices

LogKind kind_of(const Entry& entry);
std::string encode(const Entry& entry);
Result<Entry> decode(LogKind kind, std::string_view body);
// For those who check what another version wrote: only what figures and proofs rest on (docs/evidence.md §2)
// has to be there and known. Nothing: a record that nothing rests on and that this version cannot read.
Result<std::optional<Entry>> decode_loosely(LogKind kind, std::string_view body);

}  // namespace commune_watch
