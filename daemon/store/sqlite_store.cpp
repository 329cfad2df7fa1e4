// Writing: runs, records, and the one transaction in which everything that waits becomes durable.
#include "store/sqlite_store.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "store/growth.hpp"
#include "store/opening.hpp"

namespace commune_watch::store {
namespace {

constexpr int kMostRefused = 12;  // a minute, as the gateway tries

std::string random_hex() {
  std::array<unsigned char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 33> hex{};
  sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
  return hex.data();
}

// A log knows for ever whether it is simulated; the two never mix.
Result<void> same_log(const Record& genesis, const StoreOptions& options, const SqliteStore::Say& say) {
  const auto entry = decode(genesis.kind, genesis.body);
  if (!entry) return fail("the log's first record cannot be read: " + entry.error().why);
  const auto& first = std::get<GenesisEntry>(*entry);
  if (first.simulated != options.simulated) {
    return fail("the log in " + options.directory + (first.simulated ? " is simulated" : " is real") +
                " and this configuration is " + (options.simulated ? "simulated" : "real") +
                "; name another directory with --state");
  }
  if (first.commune != options.commune || first.gateway != options.gateway) {
    say("the log in " + options.directory + " was begun for " + first.commune + "/" + first.gateway +
        ", the configuration says " + options.commune + "/" + options.gateway);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> open_store(const StoreOptions& options,
                                          const std::function<void(std::string)>& say) {
  if (sodium_init() < 0) return fail("libsodium finds no source of randomness");
  auto dir = StateDir::take(options.directory, options.memory);
  if (!dir) return std::unexpected(dir.error());
  auto sql = open_database(*dir, say);
  if (!sql) return std::unexpected(sql.error());
  auto store = std::make_unique<SqliteStore>(options, std::move(*dir), say);
  if (auto started = store->start(std::move(*sql)); !started) return std::unexpected(started.error());
  return store;
}

SqliteStore::SqliteStore(const StoreOptions& options, StateDir dir, Say say)
    : options_(options), dir_(std::move(dir)), say_(std::move(say)) {}

Result<void> SqliteStore::start(std::unique_ptr<Sql> sql) {
  try {
    session_ = std::make_unique<Session>(std::move(sql));
    load();
    const auto first = session_->log.read(0, 1);
    return first.empty() ? Result<void>() : same_log(first[0], options_, say_);
  } catch (const SqlError& error) {
    if (error.damage()) note_damage(error.what());
    return fail("cannot read " + dir_.database() + ": " + error.what());
  }
}

// Reads what the session's file says of itself. Throws SqlError.
void SqliteStore::load() {
  auto& [sql, log, projection, timeline, overlays, memory, tree, sweep] = *session_;
  length_ = log.length();
  epoch_ = log.epoch();
  cursors_ = memory.cursors();
  secret_key_ = memory.secret_key();
  restore_ = memory.meta(kRestoreKey);
  epochs_ = memory.meta(kEpochsKey).value_or("");
  for (const auto& entity : memory.entities()) {
    ids_[{entity.name, entity.kind}] = entity.id;
    names_[entity.id] = entity.name;
  }
  // The tick tells of the last run, for begin_run() writes one; what was recorded after it is a sign of life
  // too.
  last_tick_ = memory.tick();
  alive_.reset();
  if (last_tick_) {
    alive_ = last_tick_->at;
    for (const auto& record : log.read(last_tick_->seq, kMostUncommitted)) {
      if (record.at.boot == alive_->boot) alive_ = std::max(*alive_, record.at);
    }
  }
  timeline.load(alive_);
  tree.load();
}

Result<Store::Begun> SqliteStore::begin_run(const std::string& boot_uuid, Millis boot_now,
                                            const Anchor& anchor) {
  if (!session_ || !trusted_) {
    if (auto again = reopen(); !again) return std::unexpected(again.error());
  }
  Begun begun;
  RunEntry run{.version = options_.version, .boot_uuid = boot_uuid};
  const auto waited = waiting_;
  try {
    Statement known(*session_->sql,
                    "SELECT coalesce((SELECT id FROM boot WHERE uuid = ?1), (SELECT coalesce(max(id), 0) + 1 "
                    "FROM boot))");
    auto rows = known.rows(boot_uuid);
    if (rows.next()) begun.boot = static_cast<std::uint32_t>(rows.integer(0));
    run.unconfirmed = unconfirmed();
  } catch (const SqlError& error) {
    if (error.damage()) note_damage(error.what());  // the next start puts it aside
    return fail("cannot begin a run: " + std::string(error.what()));
  }
  begun.at = {begun.boot, boot_now};
  if (const auto& runs = session_->timeline.runs(); !runs.empty()) {
    begun.previous = runs.back();
    run.previous_alive = runs.back().alive;
    if (run.previous_alive.boot == begun.boot) begun.at = std::max(begun.at, run.previous_alive);
  }

  append(begun.at, {}, run);
  Anchor now = anchor;
  now.at.boot = begun.boot;
  append(begun.at, {}, AnchorEntry{now});
  waiting_.tick = Tick{begun.at, length_ + batch_.size(), {}};
  starting_ = true;
  const auto written = write(false);
  starting_ = false;
  if (!written) {
    batch_.clear();
    waiting_ = waited;
    return std::unexpected(written.error());
  }
  running_ = true;
  return begun;
}

// What was provisional at the last tick, less what was settled by records after it.
std::vector<std::pair<std::string, Moment>> SqliteStore::unconfirmed() {
  std::vector<std::pair<std::string, Moment>> all;
  if (!last_tick_ || session_->timeline.runs().empty() || session_->timeline.runs().back().clean) return all;
  const auto since_tick = session_->log.read(last_tick_->seq, kMostUncommitted);
  for (const auto& [device, since] : last_tick_->provisional) {
    const auto settles = [&, device = device, since = since](const Record& record) {
      if (record.device != device || (record.kind != LogKind::change && record.kind != LogKind::blip))
        return false;
      const auto entry = decode(record.kind, record.body);
      if (!entry) return false;
      const auto* change = std::get_if<ChangeEntry>(&*entry);
      return (change != nullptr ? change->at : std::get<BlipEntry>(*entry).from) >= since;
    };
    const auto name = name_of(device);
    if (name && std::none_of(since_tick.begin(), since_tick.end(), settles)) all.emplace_back(*name, since);
  }
  return all;
}

void SqliteStore::anchor(const Anchor& anchor) {
  Anchor now = anchor;
  if (now.at.boot == 0 && !runs().empty()) now.at.boot = runs().back().from.boot;
  append(now.at, {}, AnchorEntry{now});
}

void SqliteStore::tick(Moment at, const std::vector<std::pair<DeviceId, Moment>>& provisional) {
  if (lost_ == 0) waiting_.tick = Tick{at, length_ + batch_.size(), provisional};
}

void SqliteStore::stop(Moment at, const std::string& why) {
  append(at, {}, StopEntry{why});
  tick(at, {});
  running_ = false;
  if (auto written = write(true); !written) {
    say_("the stop could not be recorded: " + written.error().why);
    return;
  }
  try {
    session_->sql->checkpoint();  // the next start finds nothing to recover
  } catch (const SqlError& error) {
    say_("the write-ahead log stays as it is: " + std::string(error.what()));
  }
}

Seq SqliteStore::append(Moment at, std::optional<DeviceId> device, const Entry& entry) {
  const Seq seq = length_ + batch_.size();
  if (batch_.size() >= kMostUncommitted) {
    ++lost_;
    return seq;
  }
  // Whoever writes first, a run or a probe from the command line: a log begins with what it is.
  if (seq == 0 && !std::holds_alternative<GenesisEntry>(entry)) {
    append(
        at, {},
        GenesisEntry{options_.commune, options_.gateway, options_.version, options_.simulated, random_hex()});
    return append(at, device, entry);
  }
  if (restore_ && !waiting_.meta.contains(kRestoreKey) && !std::holds_alternative<GenesisEntry>(entry)) {
    append_restore(at);
    return append(at, device, entry);
  }
  batch_.push_back({{seq, at, kind_of(entry), device, encode(entry)}, entry});
  return seq;
}

// The first record after the genesis, or after what a backup held.
void SqliteStore::append_restore(Moment at) {
  const auto entry = decode(LogKind::restore, *restore_);
  restored_ = entry ? std::get<RestoreEntry>(*entry) : RestoreEntry{.why = *restore_, .by = "start"};
  waiting_.meta[kRestoreKey] = std::nullopt;
  append(at, {}, *restored_);
  waiting_.meta[kEpochsKey] = with_epoch(epochs_, batch_.back().record);
}

Result<void> SqliteStore::write(bool last_hour_too) {
  if (!batch_.empty() || !waiting_.empty() || hourly_.due(last_hour_too)) {
    try {
      if (!session_ || !trusted_) {
        if (auto again = reopen(); !again) {
          return fail(again.error().why + "; " + std::to_string(batch_.size()) + " records wait in memory");
        }
      }
      transact(last_hour_too);
    } catch (const SqlError& error) {
      trusted_ = false;
      if (error.damage()) note_damage(error.what());
      if (error.full() && make_room()) return write(last_hour_too);
      return fail("cannot write to " + dir_.database() + ": " + error.what() + dir_.lacks(error.full()) +
                  "; " + std::to_string(batch_.size()) + " records wait in memory");
    }
    settle(last_hour_too);
  }
  if (lost_ > 0) {
    return fail(std::to_string(lost_) +
                " records were lost while the disk refused; the gateway has to start anew");
  }
  return {};
}

void SqliteStore::transact(bool last_hour_too) {
  Transaction all(*session_->sql);
  session_->memory.write(waiting_);
  for (const auto& [record, entry] : batch_) {
    session_->log.append(record);
    session_->projection.project(record, entry);
  }
  if (hourly_.due(last_hour_too)) hourly_.write(*session_->sql, last_hour_too);
  all.commit();
}

// What was committed becomes what readers see.
void SqliteStore::settle(bool last_hour_too) {
  const auto written = std::exchange(batch_, {});
  const auto remembered = std::exchange(waiting_, {});
  hourly_.forget(last_hour_too);
  const Seq before = std::exchange(length_, length_ + written.size());
  for (const auto& [reader, seq] : remembered.cursors) cursors_[reader] = seq;
  if (remembered.meta.contains(kRestoreKey)) restore_.reset();
  if (const auto epochs = remembered.meta.find(kEpochsKey); epochs != remembered.meta.end())
    epochs_ = epochs->second.value_or("");
  if (remembered.tick) {
    last_tick_ = remembered.tick;
    alive_ =
        !alive_ || alive_->boot != last_tick_->at.boot ? last_tick_->at : std::max(*alive_, last_tick_->at);
  }
  bool runs_changed = false;
  for (const auto& [record, entry] : written) {
    session_->tree.add(record);
    runs_changed = runs_changed || record.kind == LogKind::run || record.kind == LogKind::stop;
    if (alive_ && record.at.boot == alive_->boot) alive_ = std::max(*alive_, record.at);
    if (const auto* anchor = std::get_if<AnchorEntry>(&entry)) session_->timeline.add_anchor(anchor->anchor);
  }
  try {
    if (epoch_.empty()) epoch_ = session_->log.epoch();
    if (runs_changed) session_->timeline.load(alive_);
  } catch (const SqlError& error) {
    trusted_ = false;
    if (error.damage()) note_damage(error.what());
  }
  if (alive_) session_->timeline.alive(*alive_);
  if (!written.empty()) dir_.mark_length(epoch_, before, length_, last_hour_too);
}

// One small write of its own; on failure the session is not trusted any more, as after a failed commit.
template <class Write>
Result<void> SqliteStore::written(Write write) {
  if (!session_ || !trusted_) {
    if (auto again = reopen(); !again) return again;
  }
  try {
    Transaction all(*session_->sql);
    write(session_->tree);
    all.commit();
  } catch (const SqlError& error) {
    trusted_ = false;
    if (error.damage()) note_damage(error.what());
    return fail("cannot write to " + dir_.database() + ": " + error.what() + dir_.lacks(error.full()));
  }
  return {};
}

Result<void> SqliteStore::put_checkpoint(const StoredCheckpoint& checkpoint) {
  auto done = written([&](Tree& tree) { tree.write(checkpoint); });
  if (done) session_->tree.forget();
  return done;
}

Result<void> SqliteStore::put_note(std::uint64_t size, const std::string& note) {
  return written([&](Tree& tree) { tree.put_note(size, note); });
}

bool SqliteStore::make_room() {
  if (!dir_.spend(StateDir::Ballast::commit) && !(starting_ && dir_.spend(StateDir::Ballast::start)))
    return false;
  say_("the disk is full: room that was kept for this is given up");
  return true;
}

std::optional<std::string> SqliteStore::hopeless() const {
  if (damaged_) return "the database is damaged: " + *damaged_;
  if (refused_ >= kMostRefused)
    return "the database could not be opened again " + std::to_string(refused_) + " times in a row";
  if (lost_ > 0 && batch_.empty()) return std::to_string(lost_) + " records were lost while the disk refused";
  return std::nullopt;
}

Result<void> SqliteStore::reopen() {
  backup_.reset();
  ++refused_;
  try {
    if (session_) {
      // What a failed commit left in the write-ahead log must never be read back as if it had been synced:
      // the old connection knows how far the log is true, carries that much into the file and empties the
      // log. Only then is the file opened anew.
      session_->sql->roll_back();
      session_->sql->checkpoint();
      session_.reset();
    }
    auto sql = reopen_database(dir_);
    if (!sql) {
      if (dir_.marked_damaged()) damaged_ = sql.error().why;
      if (dir_.closed()) refused_ = 0;
      return std::unexpected(sql.error());
    }
    session_ = std::make_unique<Session>(std::move(*sql));
    const Seq durable = length_;
    load();
    if (length_ != durable) {
      note_damage("the log is " + std::to_string(length_) + " records long where " + std::to_string(durable) +
                  " were durable");
      length_ = durable;
      return fail(*damaged_);
    }
    trusted_ = true;
    refused_ = 0;
    return {};
  } catch (const SqlError& error) {
    if (error.damage()) note_damage(error.what());
    if (error.full() || dir_.closed()) refused_ = 0;
    if (error.full() && make_room()) return reopen();
    return fail("cannot write to " + dir_.database() + ": " + error.what() + dir_.lacks(error.full()));
  }
}

Result<void> SqliteStore::fit_for_backup() const {
  if (damaged_) return fail("no backup is made of a database that is damaged: " + *damaged_);
  if (!session_ || !trusted_) return fail("no backup is made while the disk refuses");
  return {};
}

Result<void> SqliteStore::begin_backup(std::int32_t local_day) {
  if (backup_) return {};
  if (auto fit = fit_for_backup(); !fit) return fit;
  auto begun = BackupCopy::begin(*session_->sql, dir_, local_day);
  if (!begun) return std::unexpected(begun.error());
  backup_ = std::move(*begun);
  night_ = 0;
  return {};
}

Result<void> SqliteStore::begin_nightly_backup(std::int32_t local_day) {
  if (backup_) return {};
  if (auto fit = fit_for_backup(); !fit) return fit;
  if (!dir_.make_backups())
    return fail("cannot make " + dir_.backups() + ": " + std::system_category().message(errno));
  auto begun = BackupGrowth::begin(*session_->sql, session_->tree,
                                   dir_.backups() + "/" + growing_name(local_day), say_);
  if (!begun) return std::unexpected(begun.error());
  backup_ = std::move(*begun);
  night_ = local_day;
  return {};
}

Result<std::optional<std::string>> SqliteStore::step_backup() {
  if (!backup_) return fail("the backup was given up: the file was opened anew meanwhile");
  auto stepped = backup_->step();
  if (!stepped && backup_->blames_source()) note_damage(stepped.error().why);
  if (!stepped || *stepped) backup_.reset();
  if (stepped && *stepped && night_ != 0) rotate_backups(dir_.backups(), night_);
  return stepped;
}

void SqliteStore::note_damage(const std::string& why) const {
  if (damaged_) return;
  damaged_ = why;
  dir_.mark_damaged(why);
  if (session_) session_->sql->leave_as_is_on_close(true);
}

}  // namespace commune_watch::store

namespace commune_watch {

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options,
                                           const std::function<void(std::string)>& say) {
  return store::open_store(options, say);
}

}  // namespace commune_watch
