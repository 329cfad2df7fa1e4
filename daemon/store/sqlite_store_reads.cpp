// Reading, and the working memory: what waits for the next commit is seen by whoever put it, records only
// once they are durable.
#include <sodium.h>

#include <algorithm>
#include <limits>

#include "store/sqlite_store.hpp"

namespace commune_watch::store {

// A read that fails gives nothing rather than a part: for figures that is time which nobody knows about.
template <class Read>
auto SqliteStore::guarded(Read read) const -> decltype(read()) {
  if (!session_) return {};
  try {
    return read();
  } catch (const SqlError& error) {
    if (error.damage()) note_damage(error.what());
    return {};
  }
}

const ClockMap& SqliteStore::clock_map() const {
  static const ClockMap kNone;
  return session_ ? session_->timeline.clock_map() : kNone;
}

std::optional<Millis> SqliteStore::utc(Moment at) const {
  return session_ ? session_->timeline.utc(at) : std::nullopt;
}

std::optional<Millis> SqliteStore::told_utc(Moment at, Moment recorded) {
  return session_ ? session_->timeline.told_utc(at, recorded) : std::nullopt;
}

std::vector<Run> SqliteStore::runs() const {
  return session_ ? session_->timeline.runs() : std::vector<Run>();
}

std::vector<Record> SqliteStore::read(Seq from, std::size_t most) {
  return guarded([&] { return session_->log.read(from, most); });
}

std::vector<Seq> SqliteStore::landmarks(LogKind kind) {
  return guarded([&] { return session_->log.landmarks(kind); });
}

evidence::Hash SqliteStore::root() { return session_ ? session_->tree.root() : evidence::empty_root(); }

Result<evidence::Hash> SqliteStore::node(evidence::Node node) {
  if (!session_) return fail("the database cannot be read");
  try {
    return session_->tree.hash(node);
  } catch (const SqlError& error) {
    if (error.damage()) note_damage(error.what());
    return fail("the database cannot be read: " + std::string(error.what()));
  }
}

std::vector<StoredCheckpoint> SqliteStore::checkpoints(std::uint64_t from_size, std::uint64_t to_size) {
  return guarded([&] { return session_->tree.checkpoints(from_size, to_size); });
}

std::optional<StoredCheckpoint> SqliteStore::last_checkpoint(std::uint64_t at_most) {
  return guarded([&] { return session_->tree.last_checkpoint(at_most); });
}

DeviceId SqliteStore::entity(Kind kind, const std::string& name) {
  if (const auto found = ids_.find({name, kind}); found != ids_.end()) return found->second;
  const auto last = names_.empty() ? 0 : static_cast<std::uint32_t>(names_.rbegin()->first);
  const auto id = static_cast<DeviceId>(last + 1);
  ids_[{name, kind}] = id;
  names_[id] = name;
  waiting_.entities.push_back({id, kind, name});
  return id;
}

std::optional<std::string> SqliteStore::name_of(DeviceId device) const {
  const auto found = names_.find(device);
  return found == names_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<DeviceId> SqliteStore::known_devices() {
  std::vector<DeviceId> all;
  for (const auto& [id, name] : names_) all.push_back(id);
  return all;
}

std::vector<Span> SqliteStore::spans(DeviceId device, Period period, Moment now) {
  return guarded(
      [&] { return session_->timeline.spans(device, period, running_ ? std::optional(now) : std::nullopt); });
}

std::vector<BlipSpan> SqliteStore::blips(DeviceId device, Period period) {
  std::optional<Moment> now;  // a blip is over when it is recorded: the running run ends after all of its
  if (running_ && alive_) now = Moment{alive_->boot, std::numeric_limits<Millis>::max()};
  return guarded([&] { return session_->timeline.blips(device, period, now); });
}

std::vector<DatedTerms> SqliteStore::terms(DeviceId device) {
  return guarded([&] { return session_->timeline.terms(device); });
}

std::vector<Maintenance> SqliteStore::maintenance(DeviceId device, Period period) {
  return guarded(
      [&] { return session_->timeline.maintenance(device, name_of(device).value_or(""), period); });
}

std::vector<MaintenanceWindow> SqliteStore::windows(Period period) {
  return guarded([&] { return session_->timeline.windows(period); });
}

std::vector<Correction> SqliteStore::corrections(DeviceId device) {
  return guarded([&] { return session_->overlays.corrections(name_of(device).value_or("")); });
}

std::vector<Kept<CorrectionEntry>> SqliteStore::corrections() {
  return guarded([&] { return session_->overlays.corrections(session_->timeline); });
}

std::vector<StandingDeclaration> SqliteStore::declarations() {
  return guarded([&] { return session_->overlays.declarations(); });
}

std::vector<MustHaveEntry> SqliteStore::must_have() {
  return guarded([&] { return session_->overlays.must_have(); });
}

std::vector<Kept<IdentityEntry>> SqliteStore::identities(DeviceId device, std::size_t most) {
  return guarded([&] { return session_->overlays.identities(device, most, session_->timeline); });
}

std::optional<ConfigEntry> SqliteStore::config() {
  return guarded([&] { return session_->overlays.config(); });
}

std::vector<IncidentSpan> SqliteStore::incidents(Period period, Moment now) {
  return guarded(
      [&] { return session_->timeline.incidents(period, running_ ? std::optional(now) : std::nullopt); });
}

Result<void> SqliteStore::rebuild() {
  if (!session_ || !trusted_) {
    if (auto again = reopen(); !again) return again;
  }
  backup_.reset();
  try {
    if (auto rebuilt = rebuild_projections(*session_->sql); !rebuilt) {
      note_damage(rebuilt.error().why);
      return rebuilt;
    }
    auto sql = std::move(session_->sql);  // its statements die before it
    session_.reset();
    session_ = std::make_unique<Session>(std::move(sql));
    load();
  } catch (const SqlError& error) {
    trusted_ = false;
    if (error.damage()) note_damage(error.what());
    return fail("cannot rebuild the tables that follow from the log: " + std::string(error.what()));
  }
  return {};
}

std::optional<Note> SqliteStore::note(DeviceId device, const std::string& driver) {
  if (const auto waits = waiting_.notes.find({device, driver}); waits != waiting_.notes.end())
    return waits->second;
  return guarded([&] { return session_->memory.note(device, driver); });
}

void SqliteStore::put_note(DeviceId device, const std::string& driver, const Note& note) {
  if (note.body.size() > kMaxNote) {
    say_("a note of driver " + driver + " is longer than " + std::to_string(kMaxNote) +
         " bytes and is not kept");
    return;
  }
  waiting_.notes[{device, driver}] = note;
}

std::vector<LoginBlock> SqliteStore::login_blocks() {
  auto blocks = guarded([&] { return session_->memory.login_blocks(); });
  std::erase_if(blocks, [&](const LoginBlock& block) {
    return waiting_.login_blocks.contains({block.host, block.username});
  });
  for (const auto& [key, block] : waiting_.login_blocks) {
    if (block) blocks.push_back(*block);
  }
  return blocks;
}

void SqliteStore::put_login_block(const LoginBlock& block) {
  waiting_.login_blocks[{block.host, block.username}] = block;
}

void SqliteStore::drop_login_block(const std::string& host, const std::string& username) {
  waiting_.login_blocks[{host, username}] = std::nullopt;
}

std::vector<std::byte> SqliteStore::secret_tag(const std::string& username, const std::string& secret) {
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  std::vector<std::byte> tag(crypto_generichash_BYTES);
  crypto_generichash_state state;
  crypto_generichash_init(&state, reinterpret_cast<const unsigned char*>(secret_key_.data()),
                          secret_key_.size(), tag.size());
  crypto_generichash_update(&state, bytes(username), username.size() + 1);  // its final zero parts the two
  crypto_generichash_update(&state, bytes(secret), secret.size());
  crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(tag.data()), tag.size());
  sodium_memzero(&state, sizeof state);
  return tag;
}

Seq SqliteStore::cursor(const std::string& reader) {
  if (const auto waits = waiting_.cursors.find(reader); waits != waiting_.cursors.end()) return waits->second;
  const auto found = cursors_.find(reader);
  return found == cursors_.end() ? 0 : found->second;
}

void SqliteStore::put_cursor(const std::string& reader, Seq next) {
  if (cursor(reader) != next) waiting_.cursors[reader] = next;
}

std::vector<std::string> SqliteStore::retained_topics() {
  auto topics = guarded([&] { return session_->memory.topics(); });
  std::erase_if(topics, [&](const std::string& topic) { return waiting_.topics.contains(topic); });
  for (const auto& [topic, present] : waiting_.topics) {
    if (present) topics.push_back(topic);
  }
  return topics;
}

void SqliteStore::put_retained_topic(const std::string& topic, bool present) {
  waiting_.topics[topic] = present;
}

void SqliteStore::add_hourly(const HourlyFact& fact) { hourly_.add(fact); }

std::vector<HourlyFact> SqliteStore::hourly(DeviceId device, Period period) {
  return guarded([&] { return hourly_.read(*session_->sql, device, period); });
}

std::optional<std::string> SqliteStore::meta(const std::string& key) {
  if (const auto waits = waiting_.meta.find(key); waits != waiting_.meta.end()) return waits->second;
  return guarded([&] { return session_->memory.meta(key); });
}

void SqliteStore::put_meta(const std::string& key, const std::string& value) {
  if (!key.starts_with('.')) waiting_.meta[key] = value;
}

Result<bool> SqliteStore::idle_check() {
  if (damaged_) return fail("the database is damaged: " + *damaged_);
  if (!session_ || !trusted_) return false;
  try {
    std::string trouble;
    const bool done = session_->sweep.step(trouble);
    if (trouble.empty()) return done;
    note_damage(trouble);
    return fail("the database is damaged: " + trouble);
  } catch (const SqlError& error) {
    if (error.damage()) note_damage(error.what());
    return fail("the database cannot be read: " + std::string(error.what()));
  }
}

Store::Size SqliteStore::size() const {
  return {std::max<std::int64_t>(file_size(dir_.database()), 0),
          std::max<std::int64_t>(file_size(dir_.log_of_writes()), 0), length_};
}

}  // namespace commune_watch::store
