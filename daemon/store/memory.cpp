// Rows of working memory, one statement per use.
#include "store/memory.hpp"

#include <sodium.h>

#include <array>
#include <charconv>

namespace commune_watch::store {
namespace {

std::uint32_t number(DeviceId value) { return static_cast<std::uint32_t>(value); }

// "device bt;…": the moments are all of the tick's own boot.
std::string provisional_text(const Tick& tick) {
  std::string text;
  for (const auto& [device, since] : tick.provisional) {
    if (since.boot != tick.at.boot) continue;
    text += std::to_string(number(device)) + ' ' + std::to_string(since.bt) + ';';
  }
  return text;
}

std::vector<std::pair<DeviceId, Moment>> provisional_of(std::string_view text, std::uint32_t boot) {
  std::vector<std::pair<DeviceId, Moment>> all;
  const char *at = text.data(), *end = at + text.size();
  while (at < end) {
    std::uint32_t device = 0;
    Millis bt = 0;
    const auto name = std::from_chars(at, end, device);
    if (name.ec != std::errc() || name.ptr == end) break;
    const auto since = std::from_chars(name.ptr + 1, end, bt);
    if (since.ec != std::errc() || since.ptr == end) break;
    all.emplace_back(static_cast<DeviceId>(device), Moment{boot, bt});
    at = since.ptr + 1;
  }
  return all;
}

std::vector<std::byte> vector_of(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

bool Waiting::empty() const {
  return notes.empty() && login_blocks.empty() && cursors.empty() && topics.empty() && meta.empty() &&
         entities.empty() && !tick;
}

Memory::Memory(Sql& sql)
    : note_(sql, "SELECT version, body FROM note WHERE device = ?1 AND driver = ?2"),
      put_note_(sql, "INSERT OR REPLACE INTO note(device, driver, version, body) VALUES(?1, ?2, ?3, ?4)"),
      blocks_(sql,
              "SELECT host, username, tag, since_utc, left_ms, device, words FROM login_block ORDER BY host, "
              "username"),
      put_block_(sql,
                 "INSERT OR REPLACE INTO login_block(host, username, tag, since_utc, left_ms, device, words)"
                 " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
      drop_block_(sql, "DELETE FROM login_block WHERE host = ?1 AND username = ?2"),
      cursors_(sql, "SELECT reader, seq FROM cursor"),
      put_cursor_(sql, "INSERT OR REPLACE INTO cursor(reader, seq) VALUES(?1, ?2)"),
      topics_(sql, "SELECT topic FROM retained ORDER BY topic"),
      put_topic_(sql, "INSERT OR IGNORE INTO retained(topic) VALUES(?1)"),
      drop_topic_(sql, "DELETE FROM retained WHERE topic = ?1"),
      meta_(sql, "SELECT value FROM meta WHERE key = ?1"),
      put_meta_(sql, "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)"),
      drop_meta_(sql, "DELETE FROM meta WHERE key = ?1"),
      entities_(sql, "SELECT id, kind, name FROM entity ORDER BY id"),
      put_entity_(sql, "INSERT INTO entity(id, kind, name) VALUES(?1, ?2, ?3)"),
      tick_(sql, "SELECT boot, bt, seq, provisional FROM tick"),
      put_tick_(sql,
                "INSERT OR REPLACE INTO tick(one, boot, bt, seq, provisional) VALUES(1, ?1, ?2, ?3, ?4)") {}

void Memory::write(const Waiting& waiting) {
  for (const auto& entity : waiting.entities)
    put_entity_.run(number(entity.id), code(entity.kind), entity.name);
  for (const auto& [key, note] : waiting.notes)
    put_note_.run(number(key.first), key.second, int{note.version}, note.body);
  for (const auto& [key, block] : waiting.login_blocks) {
    if (block) {
      put_block_.run(block->host, block->username, block->tag, block->since_utc, block->left, block->device,
                     block->words);
    } else {
      drop_block_.run(key.first, key.second);
    }
  }
  for (const auto& [reader, seq] : waiting.cursors) put_cursor_.run(reader, seq);
  for (const auto& [topic, present] : waiting.topics) (present ? put_topic_ : drop_topic_).run(topic);
  for (const auto& [key, value] : waiting.meta) {
    if (value) {
      put_meta_.run(key, *value);
    } else {
      drop_meta_.run(key);
    }
  }
  if (const auto& tick = waiting.tick)
    put_tick_.run(tick->at.boot, tick->at.bt, tick->seq, provisional_text(*tick));
}

std::optional<Note> Memory::note(DeviceId device, const std::string& driver) {
  auto rows = note_.rows(number(device), driver);
  if (!rows.next()) return std::nullopt;
  return Note{static_cast<std::uint16_t>(rows.integer(0)), vector_of(rows.bytes(1))};
}

std::vector<LoginBlock> Memory::login_blocks() {
  std::vector<LoginBlock> all;
  auto rows = blocks_.rows();
  while (rows.next()) {
    all.push_back({std::string(rows.text(0)), std::string(rows.text(1)), vector_of(rows.bytes(2)),
                   rows.integer(3), rows.integer(4), std::string(rows.text(5)), std::string(rows.text(6))});
  }
  return all;
}

std::map<std::string, Seq> Memory::cursors() {
  std::map<std::string, Seq> all;
  auto rows = cursors_.rows();
  while (rows.next()) all.emplace(rows.text(0), static_cast<Seq>(rows.integer(1)));
  return all;
}

std::vector<std::string> Memory::topics() {
  std::vector<std::string> all;
  auto rows = topics_.rows();
  while (rows.next()) all.emplace_back(rows.text(0));
  return all;
}

std::optional<std::string> Memory::meta(const std::string& key) {
  auto rows = meta_.rows(key);
  return rows.next() ? std::optional<std::string>(rows.text(0)) : std::nullopt;
}

std::vector<Entity> Memory::entities() {
  std::vector<Entity> all;
  auto rows = entities_.rows();
  while (rows.next()) {
    const auto kind = kind_of(rows.text(1));
    if (kind) all.push_back({static_cast<DeviceId>(rows.integer(0)), *kind, std::string(rows.text(2))});
  }
  return all;
}

std::optional<Tick> Memory::tick() {
  auto rows = tick_.rows();
  if (!rows.next()) return std::nullopt;
  const Moment at{static_cast<std::uint32_t>(rows.integer(0)), rows.integer(1)};
  return Tick{at, static_cast<Seq>(rows.integer(2)), provisional_of(rows.text(3), at.boot)};
}

std::vector<std::byte> Memory::secret_key() {
  auto rows = meta_.rows(std::string_view(".secret-key"));
  return rows.next() ? vector_of(rows.bytes(0)) : std::vector<std::byte>();
}

void make_secret_key(Sql& sql) {
  std::array<std::byte, crypto_generichash_KEYBYTES> key{};
  randombytes_buf(key.data(), key.size());
  Statement(sql, "INSERT INTO meta(key, value) VALUES('.secret-key', ?1)")
      .run(std::span<const std::byte>(key));
}

}  // namespace commune_watch::store
