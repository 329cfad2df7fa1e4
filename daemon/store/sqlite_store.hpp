// The store behind the interface: what waits in memory, and the session with the file that it is written to.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/backup.hpp"
#include "store/check.hpp"
#include "store/epochs.hpp"
#include "store/hourly.hpp"
#include "store/log_table.hpp"
#include "store/memory.hpp"
#include "store/overlays.hpp"
#include "store/projection.hpp"
#include "store/state_dir.hpp"
#include "store/store.hpp"
#include "store/timeline.hpp"
#include "store/tree.hpp"

namespace commune_watch::store {

// Everything that lives as long as one connection, in birth order.
struct Session {
  explicit Session(std::unique_ptr<Sql> connection)
      : sql(std::move(connection)),
        log(*sql),
        projection(*sql),
        timeline(*sql),
        overlays(*sql),
        memory(*sql),
        tree(*sql),
        sweep(*sql) {}
  std::unique_ptr<Sql> sql;
  LogTable log;
  Projection projection;
  Timeline timeline;
  Overlays overlays;
  Memory memory;
  Tree tree;
  Sweep sweep;
};

class SqliteStore final : public Store {
 public:
  using Say = std::function<void(std::string)>;
  SqliteStore(const StoreOptions& options, StateDir dir, Say say);

  Result<Begun> begin_run(const std::string& boot_uuid, Millis boot_now, const Anchor& anchor) override;
  void anchor(const Anchor& anchor) override;
  void tick(Moment at, const std::vector<std::pair<DeviceId, Moment>>& provisional) override;
  void stop(Moment at, const std::string& why) override;
  const ClockMap& clock_map() const override;
  [[nodiscard]] std::optional<Millis> utc(Moment at) const override;
  std::optional<Millis> told_utc(Moment at, Moment recorded) override;
  std::vector<Run> runs() const override;

  Seq append(Moment at, std::optional<DeviceId> device, const Entry& entry) override;
  Result<void> commit() override { return write(false); }
  std::size_t uncommitted() const override { return batch_.size(); }
  std::vector<Record> read(Seq from, std::size_t most) override;
  Seq next() override { return length_; }
  std::string epoch() override { return epoch_; }
  std::vector<Epoch> epochs() override { return epochs_of(epochs_); }

  std::vector<Seq> landmarks(LogKind kind) override;
  evidence::Hash root() override;
  Result<evidence::Hash> node(evidence::Node node) override;
  Result<void> put_checkpoint(const StoredCheckpoint& checkpoint) override;
  Result<void> put_note(std::uint64_t size, const std::string& note) override;
  std::vector<StoredCheckpoint> checkpoints(std::uint64_t from_size, std::uint64_t to_size) override;
  std::optional<StoredCheckpoint> last_checkpoint(std::uint64_t at_most) override;

  DeviceId entity(Kind kind, const std::string& name) override;
  std::optional<std::string> name_of(DeviceId device) const override;

  std::vector<Span> spans(DeviceId device, Period period, Moment now) override;
  std::vector<BlipSpan> blips(DeviceId device, Period period) override;
  std::vector<DatedTerms> terms(DeviceId device) override;
  std::vector<Maintenance> maintenance(DeviceId device, Period period) override;
  std::vector<MaintenanceWindow> windows(Period period) override;
  std::vector<Correction> corrections(DeviceId device) override;
  std::vector<Kept<CorrectionEntry>> corrections() override;
  std::vector<StandingDeclaration> declarations() override;
  std::vector<MustHaveEntry> must_have() override;
  std::vector<Kept<IdentityEntry>> identities(DeviceId device, std::size_t most) override;
  std::optional<ConfigEntry> config() override;
  std::vector<IncidentSpan> incidents(Period period, Moment now) override;
  std::vector<DeviceId> known_devices() override;
  Result<void> rebuild() override;

  std::optional<Note> note(DeviceId device, const std::string& driver) override;
  void put_note(DeviceId device, const std::string& driver, const Note& note) override;
  std::vector<LoginBlock> login_blocks() override;
  void put_login_block(const LoginBlock& block) override;
  void drop_login_block(const std::string& host, const std::string& username) override;
  std::vector<std::byte> secret_tag(const std::string& username, const std::string& secret) override;
  Seq cursor(const std::string& reader) override;
  void put_cursor(const std::string& reader, Seq next) override;
  std::vector<std::string> retained_topics() override;
  void put_retained_topic(const std::string& topic, bool present) override;
  void add_hourly(const HourlyFact& fact) override;
  std::vector<HourlyFact> hourly(DeviceId device, Period period) override;
  std::optional<std::string> meta(const std::string& key) override;
  void put_meta(const std::string& key, const std::string& value) override;

  Result<void> begin_backup(std::int32_t local_day) override;
  Result<void> begin_nightly_backup(std::int32_t local_day) override;
  Result<std::optional<std::string>> step_backup() override;
  std::optional<RestoreEntry> restored() const override { return restored_; }

  Result<bool> idle_check() override;
  std::optional<std::string> damaged() const override { return damaged_; }
  std::optional<std::string> hopeless() const override;
  std::string tend_ballast() override { return dir_.tend_ballast(); }
  Size size() const override;

  // Reads what there is; once, before anything else.
  Result<void> start(std::unique_ptr<Sql> sql);

 private:
  void load();
  Result<void> write(bool last_hour_too);
  Result<void> reopen();
  [[nodiscard]] Result<void> fit_for_backup() const;
  bool make_room();
  void append_restore(Moment at);
  void transact(bool last_hour_too);
  void settle(bool last_hour_too);
  std::vector<std::pair<std::string, Moment>> unconfirmed();
  void note_damage(const std::string& why) const;
  template <class Write>
  Result<void> written(Write write);
  template <class Read>
  auto guarded(Read read) const -> decltype(read());

  StoreOptions options_;
  StateDir dir_;
  Say say_;
  std::optional<RestoreEntry> restored_;
  std::unique_ptr<Session> session_;    // null: the file could not be reopened
  bool trusted_ = true;                 // false: the last commit failed, the session only reads
  std::unique_ptr<BackupWork> backup_;  // of the session's connection
  std::int32_t night_ = 0;              // the day that it is of; 0: a copy
  mutable std::optional<std::string> damaged_;

  // As of the last commit.
  Seq length_ = 0;
  std::string epoch_;
  std::map<std::string, Seq> cursors_;
  std::vector<std::byte> secret_key_;
  std::string epochs_;
  std::optional<std::string> restore_;  // body of the record that is still to be written
  std::optional<Moment> alive_;         // last sign of life in the file: a tick, or a record after it
  std::optional<Tick> last_tick_;
  bool running_ = false;  // begin_run() succeeded, stop() was not called

  // Who is who, with those that wait for a commit.
  std::map<std::pair<std::string, Kind>, DeviceId> ids_;
  std::map<DeviceId, std::string> names_;

  // What waits.
  struct Buffered {
    Record record;
    Entry entry;
  };
  std::vector<Buffered> batch_;
  std::size_t lost_ = 0;
  int refused_ = 0;        // attempts in a row to open the file again
  bool starting_ = false;  // the first commit of a run
  Waiting waiting_;
  Hourly hourly_;
};

}  // namespace commune_watch::store
