// The durable memory of one gateway: the append-only log, what is projected from it, and bounded working
// memory (SQLite).
//
// One process, one connection, one thread (the gateway's loop). A record is durable, and visible to readers,
// once commit() said so. Opened exclusively: a second daemon on the same directory is refused by name. A file
// that cannot be believed is put aside, never deleted; its log goes on from a backup and from what it still
// gives, or begins anew, with a `restore` record that says so.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/availability.hpp"
#include "domain/clock.hpp"
#include "domain/entry.hpp"
#include "domain/log.hpp"
#include "domain/reading.hpp"
#include "domain/result.hpp"
#include "evidence/tree.hpp"

namespace commune_watch {

inline constexpr std::size_t kMostUncommitted = 50'000;  // records kept while the disk refuses: some 20 MB

struct StoreOptions {
  std::string directory;  // created 0700 if missing
  std::string memory{};   // a directory that lives as long as the machine is on, as /run/…; empty: none
  std::string version;
  std::string commune, gateway;  // for the genesis record
  bool simulated = false;
};

// A refused login: no credentialed question goes to (host, username) while it stands.
struct LoginBlock {
  std::string host, username;
  std::vector<std::byte> tag;  // keyed hash of the secret that was refused: a new secret lifts the block
  Millis since_utc = 0;
  Millis left = 0;            // running time that must still pass, milliseconds
  std::string device, words;  // whose probe was refused, and what it said
};

struct HourlyFact {
  Millis hour_utc = 0;
  DeviceId device{};
  std::string fact;  // "took-us.reachable", "probes", "failures", fact codes …
  std::int64_t count = 0, min = 0, sum = 0, max = 0;
};

// A signed checkpoint of the log as it is kept, with the cosignatures so far.
struct StoredCheckpoint {
  std::uint64_t size = 0;
  Moment at;
  std::string note;
};

struct IncidentSpan {
  Seq id = 0;               // the seq of the record that opened it
  std::string root, place;  // configuration ids
  Cause cause = Cause::none;
  ReasonId reason = ReasonId::none;
  Period period;  // to now while open
  bool open = false;
};

// A record of the log as it is read back.
template <class E>
struct Kept {
  Seq seq = 0;
  Millis utc = 0;  // when it was recorded, as far as is known
  E entry;
};
// A declared window as it stands. Two of one scope, start and word of declaration are the same one: a later
// record of them can only end it earlier (docs/evidence.md §6).
struct MaintenanceWindow {
  Seq id = 0;  // of the record that declared it
  std::string scope;
  Maintenance maintenance;  // `declared`: as it counts
  Millis told = 0;          // as its record says
};
struct StandingDeclaration {
  DeclarationEntry entry;  // as declared, and where it was withdrawn, when
  std::string ended_by;
};

class Store : public Log {
 public:
  // Checks header and log tail before it returns; the rest in idle_check(). `Failure` when locked by another
  // process (names its pid), when the log in it is simulated and `options` is not (or the other way round),
  // when a newer program made it, or when not even a fresh database can be made. `say` is kept: what went
  // wrong where nobody can be answered (a stop).
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options,
                                             const std::function<void(std::string)>& say);

  // --- runs and time
  // ----------------------------------------------------------------------------------------------- A run
  // begins: finds or makes the boot, writes genesis (first ever), run and anchor records, and returns where
  // the run stands.
  struct Begun {
    std::uint32_t boot = 0;
    Moment at;
    std::optional<Run> previous;
  };
  virtual Result<Begun> begin_run(const std::string& boot_uuid, Millis boot_now, const Anchor& anchor) = 0;
  virtual void anchor(const Anchor& anchor) = 0;  // appended as a record; the clock map follows
  // The liveness tick, durable with the next commit: what is provisional now becomes unknown(unconfirmed) if
  // this was the last. Best given with every commit that carries records, for a record is a sign of life too.
  virtual void tick(Moment at, const std::vector<std::pair<DeviceId, Moment>>& provisional) = 0;
  virtual void stop(Moment at, const std::string& why) = 0;  // stop record, clean flag, commit, checkpoint
  [[nodiscard]] virtual const ClockMap& clock_map() const = 0;
  // The best that is known of a moment: by the boot's trusted anchors; of a boot that nobody vouches for
  // where it can have been (store/timeline.hpp). Absent if no run of that boot is known.
  [[nodiscard]] virtual std::optional<Millis> utc(Moment at) const = 0;
  // UTC as whoever told a record of the moment `recorded` said it, so that it is the same each time that it
  // is told: by the anchors up to then; by all of them where the boot's clock came to be trusted only later.
  [[nodiscard]] virtual std::optional<Millis> told_utc(Moment at, Moment recorded) = 0;
  [[nodiscard]] virtual std::vector<Run> runs() const = 0;

  // --- the log
  // -----------------------------------------------------------------------------------------------------
  virtual Seq append(
      Moment at, std::optional<DeviceId> device,
      const Entry& entry) = 0;  // buffered until commit; before the very first one goes the genesis
  // One transaction, one sync; nothing to write, no sync. On failure the batch stays buffered (`Failure` says
  // how much is waiting) and reading goes on as of the last commit that succeeded; the next commit closes the
  // file, reopens and checks it, then writes all. Beyond kMostUncommitted records what comes is lost: ticks
  // no longer count, so that this time becomes unknown, and commit() fails for ever: the gateway has to end
  // itself and start anew.
  virtual Result<void> commit() = 0;
  [[nodiscard]] virtual std::size_t uncommitted() const = 0;  // records
  std::vector<Record> read(Seq from, std::size_t most) override = 0;
  Seq next() override = 0;  // of durable records
  std::string epoch() override = 0;

  // --- evidence: the Merkle tree over all durable records
  virtual std::vector<Seq> landmarks(LogKind kind) = 0;  // keys or openings: the records of that kind
  [[nodiscard]] virtual evidence::Hash root() = 0;       // of next() leaves
  // Of a complete node over durable records. Failure: the file cannot be read.
  virtual Result<evidence::Hash> node(evidence::Node node) = 0;
  // Durable when it returns, with the nodes that became complete since the last one. Nothing may wait for a
  // commit.
  virtual Result<void> put_checkpoint(const StoredCheckpoint& checkpoint) = 0;
  virtual Result<void> put_note(std::uint64_t size, const std::string& note) = 0;  // of one that is kept
  virtual std::vector<StoredCheckpoint> checkpoints(std::uint64_t from_size,
                                                    std::uint64_t to_size) = 0;  // both in
  virtual std::optional<StoredCheckpoint> last_checkpoint(std::uint64_t at_most) = 0;

  // --- who is who
  // --------------------------------------------------------------------------------------------------
  virtual DeviceId entity(
      Kind kind, const std::string& name) = 0;  // the same for ever; made durable with the next commit
  [[nodiscard]] virtual std::optional<std::string> name_of(DeviceId device) const = 0;

  // --- projections (rebuilt from the log by rebuild(); dropped and rebuilt when their version changes)
  // ------------------- Spans that touch the period, in mapped UTC, ascending and disjoint; the open one ends
  // at `now` of the running run, those of dead runs at their last tick (or where the run record says
  // unconfirmed).
  virtual std::vector<Span> spans(DeviceId device, Period period, Moment now) = 0;
  virtual std::vector<BlipSpan> blips(DeviceId device, Period period) = 0;
  virtual std::vector<DatedTerms> terms(DeviceId device) = 0;
  // Whose scope is the device's configuration id, "place/ID" of a place it is or was in, or "*".
  virtual std::vector<Maintenance> maintenance(DeviceId device, Period period) = 0;
  virtual std::vector<MaintenanceWindow> windows(Period period) = 0;  // that touch it, of whatever scope
  virtual std::vector<Correction> corrections(DeviceId device) = 0;   // in the order of the log
  virtual std::vector<Kept<CorrectionEntry>> corrections() = 0;
  virtual std::vector<StandingDeclaration> declarations() = 0;  // withdrawn ones, too
  virtual std::vector<MustHaveEntry> must_have() = 0;           // the last of each area
  virtual std::vector<Kept<IdentityEntry>> identities(DeviceId device, std::size_t most) = 0;  // newest first
  virtual std::optional<ConfigEntry> config() = 0;                                             // the last
  virtual std::vector<IncidentSpan> incidents(Period period, Moment now) = 0;
  [[nodiscard]] virtual std::vector<DeviceId>
  known_devices() = 0;  // whatever has a number, monitoring points too
  virtual Result<void> rebuild() = 0;

  // --- working memory
  // ----------------------------------------------------------------------------------------------
  virtual std::optional<Note> note(DeviceId device, const std::string& driver) = 0;
  virtual void put_note(DeviceId device, const std::string& driver, const Note& note) = 0;
  virtual std::vector<LoginBlock> login_blocks() = 0;
  virtual void put_login_block(const LoginBlock& block) = 0;  // the log record is the caller's
  virtual void drop_login_block(const std::string& host, const std::string& username) = 0;
  virtual std::vector<std::byte> secret_tag(
      const std::string& username, const std::string& secret) = 0;  // keyed; key made once, in the store
  virtual Seq cursor(const std::string& reader) = 0;
  virtual void put_cursor(const std::string& reader, Seq next) = 0;  // durable with the next commit
  virtual std::vector<std::string> retained_topics() = 0;
  virtual void put_retained_topic(const std::string& topic, bool present) = 0;
  virtual void add_hourly(
      const HourlyFact& fact) = 0;  // merged in memory, written when the hour closes and at stop
  virtual std::vector<HourlyFact> hourly(DeviceId device, Period period) = 0;
  // Small values of the gateway's own; keys do not begin with a dot.
  virtual std::optional<std::string> meta(const std::string& key) = 0;
  virtual void put_meta(const std::string& key, const std::string& value) = 0;

  // --- backup (docs/storage.md)
  // One at a time: begun, then made slice by slice (a few milliseconds each) in idle time. step_backup()
  // gives the file once it is whole, sound, durable and named; nothing while it is under way. Failure: none
  // is under way any more. Days are local dates as yyyymmdd. A complete copy of the database,
  // `backup/commune-watch-YYYYMMDD.db` of the directory.
  virtual Result<void> begin_backup(std::int32_t local_day) = 0;
  // What a night does: one of the two that grow with the log, `backup/commune-watch-a.db` and `-b.db`, takes
  // in what is new.
  virtual Result<void> begin_nightly_backup(std::int32_t local_day) = 0;
  virtual Result<std::optional<std::string>> step_backup() = 0;
  // What this run goes on from, where the file that it found could not be believed.
  [[nodiscard]] virtual std::optional<RestoreEntry> restored() const = 0;

  // --- health
  // ------------------------------------------------------------------------------------------------------
  // One slice (a few milliseconds) of the full check; true when all is checked (the next call begins anew).
  // Damage is a Failure: the gateway raises the alarm.
  virtual Result<bool> idle_check() = 0;
  // Why the file can no longer be believed: found by a check, a read or a commit. It is noted in the
  // directory: the next start reads the whole file and puts it aside if that is true, so the gateway best
  // ends itself.
  [[nodiscard]] virtual std::optional<std::string> damaged() const = 0;
  // Why only a new start helps: the file is damaged, could not be opened again many times in a row, or
  // records were lost while the disk refused and all that were kept are written. A disk that is full or
  // read-only is no reason.
  [[nodiscard]] virtual std::optional<std::string> hopeless() const = 0;
  // Once a minute or so: makes the ballast that is given up when the disk is full. Empty, or why it is
  // missing.
  virtual std::string tend_ballast() = 0;
  struct Size {
    std::int64_t database_bytes = 0, wal_bytes = 0;
    Seq records = 0;
  };
  [[nodiscard]] virtual Size size() const = 0;
};

}  // namespace commune_watch
