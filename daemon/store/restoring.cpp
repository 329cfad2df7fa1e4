// The old file is only read, and closed as it was.
#include "store/restoring.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "store/check.hpp"
#include "store/epochs.hpp"
#include "store/log_table.hpp"
#include "store/memory.hpp"
#include "store/opening.hpp"
#include "store/projection.hpp"
#include "store/schema.hpp"
#include "store/tree.hpp"

namespace commune_watch::store {
namespace {

constexpr Seq kChunk = 250, kStep = 20'000;
constexpr int kCosigned = 1'000;  // checkpoints of the backup's that may have gained signatures: ten days
constexpr Seq kCompared = 64;     // records of the backup's end that are looked at in the old file

std::string sha256_of(const std::string& name) {
  const int file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return {};
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  std::vector<unsigned char> some(std::size_t{1} << 18U);
  ssize_t got = 1;
  while ((got = ::read(file, some.data(), some.size())) > 0)
    crypto_hash_sha256_update(&state, some.data(), static_cast<unsigned long long>(got));
  ::close(file);
  if (got < 0) return {};
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256_final(&state, hash.data());
  std::array<char, 2 * crypto_hash_sha256_BYTES + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
  return hex.data();
}

bool same(const Record& a, const Record& b) {
  return a.seq == b.seq && a.at == b.at && a.kind == b.kind && a.device == b.device && a.body == b.body;
}

// What can still be read of a file that cannot be believed.
class Remains {
 public:
  explicit Remains(const std::string& file) {
    try {
      auto sql = std::make_unique<Sql>(file, false);
      sql->leave_as_is_on_close(true);
      sql->run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA cell_size_check = ON");
      if (sql->integer("PRAGMA application_id") != kApplicationId ||
          sql->integer("PRAGMA user_version") > schema_version())
        return;
      log_ = std::make_unique<LogTable>(*sql);
      sql_ = std::move(sql);
    } catch (const SqlError&) {
      log_.reset();
    }
  }
  [[nodiscard]] bool any() const { return sql_ != nullptr; }

  // Records from `from` on that can be read and stand where they should; none: no more.
  std::vector<Record> read(Seq from) {
    if (!any()) return {};
    std::vector<Record> some;
    try {
      some = log_->read(from, kChunk);
    } catch (const SqlError&) {
      while (some.size() < kChunk) {
        const auto one = this->one(from + some.size());
        if (!one) break;
        some.push_back(*one);
      }
    }
    Seq expected = from;
    const auto bad = std::find_if(some.begin(), some.end(), [&](const Record& record) {
      return !record_trouble(record, expected++).empty();
    });
    some.erase(bad, some.end());
    return some;
  }

  std::optional<Record> one(Seq seq) {
    if (!any()) return std::nullopt;
    try {
      auto found = log_->read(seq, 1);
      if (found.size() == 1 && record_trouble(found[0], seq).empty()) return std::move(found[0]);
    } catch (const SqlError&) {
      return std::nullopt;  // that is what damage looks like
    }
    return std::nullopt;
  }

  // 0: it does not say.
  Seq told() {
    try {
      return any() ? static_cast<Seq>(std::max<std::int64_t>(0, sql_->integer("SELECT max(seq) FROM cursor")))
                   : 0;
    } catch (const SqlError&) {
      return 0;
    }
  }

  // As many as can be read, from the first and from the last on.
  std::vector<StoredCheckpoint> checkpoints(std::uint64_t from) {
    std::vector<StoredCheckpoint> all;
    if (!any()) return all;
    for (const char* order : {"size", "size DESC"}) {
      const auto reached = all.size();
      try {
        Statement some(
            *sql_,
            std::string("SELECT size, boot, bt, note FROM checkpoint WHERE size >= ?1 ORDER BY ") + order);
        for (auto rows = some.rows(from); rows.next();) {
          if (reached > 0 && static_cast<std::uint64_t>(rows.integer(0)) <= all[reached - 1].size) break;
          all.push_back(checkpoint_of(rows));
        }
        if (reached == 0) return all;
      } catch (const SqlError&) {
        continue;  // that is what damage looks like
      }
    }
    return all;
  }

  std::optional<Tick> tick() {
    try {
      if (any()) return Memory(*sql_).tick();
    } catch (const SqlError&) {
      return std::nullopt;  // that is what damage looks like
    }
    return std::nullopt;
  }

 private:
  std::unique_ptr<Sql> sql_;
  std::unique_ptr<LogTable> log_;
};

// Never in rollback mode under its later name: a hot journal is played into whatever bears that name.
void make_ready(Sql& sql) {
  sql.leave_as_is_on_close(false);
  sql.run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL");
}

// Of a file that is nobody's yet: a cut costs no more than another attempt.
std::unique_ptr<Sql> open_unborn(const StateDir& dir) {
  auto sql = std::make_unique<Sql>(dir.unborn(), false);
  sql->run(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; PRAGMA journal_mode = MEMORY;"
      "PRAGMA synchronous = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY");
  return sql;
}

// Empty: the backup in the unborn database is sound. Its projections are of this program afterwards.
std::string backup_trouble(Sql& sql, bool whole) {
  if (sql.integer("PRAGMA application_id") != kApplicationId) return "it is not a database of commune-watch";
  if (sql.integer("PRAGMA user_version") > schema_version()) return "a newer commune-watch made it";
  migrate(sql);
  if (auto trouble = schema_trouble(sql, projection_version(sql) == kProjectionVersion); !trouble.empty())
    return trouble;
  if (auto trouble = tail_trouble(sql); !trouble.empty()) return trouble;
  if (whole) {
    if (auto trouble = whole_trouble(sql); !trouble.empty()) return trouble;
  }
  if (auto trouble = tree_trouble(sql, whole); !trouble.empty()) return trouble;
  if (LogTable(sql).length() == 0) return "its log is empty";
  if (projection_version(sql) == kProjectionVersion) return {};
  const auto rebuilt = rebuild_projections(sql);
  return rebuilt ? std::string() : rebuilt.error().why;
}

// Does the old file tell of the same log, as far as it can be read? Nothing: it does not say. Logs that
// parted never meet again, so the first and the last record that both have decide; one between them that
// differs is damaged, and the backup has been held against its tree.
std::optional<bool> same_log(Remains& old, Sql& base) {
  LogTable log(base);
  const Seq length = log.length();
  const auto alike = [&](Seq seq) -> std::optional<bool> {
    const auto theirs = old.one(seq);
    return theirs ? std::optional(same(*theirs, log.read(seq, 1).at(0))) : std::nullopt;
  };
  const auto first = length > 0 ? alike(0) : std::nullopt;
  if (first == false) return false;
  for (Seq seq = length; seq > 1 && length - seq < kCompared; --seq) {
    if (const auto last = alike(seq - 1)) return last;
  }
  return first;
}

Seq salvage(Remains& old, Sql& base) {
  LogTable log(base);
  Projection projection(base);
  const Seq kept = log.length();
  Seq next = kept;
  for (auto records = old.read(next); !records.empty();) {
    Transaction step(base);
    const Seq until = next + kStep;
    for (; !records.empty() && next < until; records = old.read(next)) {
      for (const auto& record : records) {
        const auto entry = decode(record.kind, record.body);  // was read before
        log.append(record);
        projection.project(record, *entry);
        if (record.kind == LogKind::restore) add_epoch(base, record);
        next = record.seq + 1;
      }
    }
    step.commit();
  }
  return next - kept;
}

// The last sign of life of what there is now: the old file's own where all its records are here, else the
// last record that was salvaged.
void settle_tick(Remains& old, Sql& base, bool salvaged) {
  LogTable log(base);
  const Seq length = log.length();
  const auto last = log.read(length - 1, 1).at(0);
  auto tick = old.tick();
  if (!tick || tick->seq > length || tick->at.boot != last.at.boot || old.one(length)) {
    if (!salvaged) return;
    tick = Tick{last.at, length, {}};
  }
  Waiting waiting;
  waiting.tick = tick;
  Memory(base).write(waiting);
}

// From where on the old file may know more: witnesses cosign what is new.
std::uint64_t recent_checkpoint(Sql& base) {
  return static_cast<std::uint64_t>(base.integer(
      "SELECT coalesce(min(size), 0) FROM (SELECT size FROM checkpoint ORDER BY size DESC LIMIT " +
      std::to_string(kCosigned) + ")"));
}

// Working memory of the old file, table by table, all of it or none: logins that must not be tried again
// above all. Not the cursors: a reader is rather told twice than never.
void carry_over(const StateDir& dir, Sql& base, bool fresh) {
  // Without a WHERE SQLite would copy cells unread (its transfer optimization), those of a damaged page too.
  std::vector<std::string> steps{
      "INSERT OR REPLACE INTO login_block SELECT * FROM old.login_block WHERE true",
      "INSERT OR REPLACE INTO note SELECT * FROM old.note WHERE true",
      "INSERT OR IGNORE INTO retained SELECT * FROM old.retained WHERE true",
      "INSERT OR REPLACE INTO meta SELECT * FROM old.meta WHERE key NOT LIKE '.%'",
      "INSERT OR IGNORE INTO fact(name) SELECT name FROM old.fact;"
      "INSERT OR IGNORE INTO hourly SELECT h.hour, h.device, new.id, h.n, h.min, "
      "h.sum, h.max FROM old.hourly h"
      " JOIN old.fact f ON f.id = h.fact JOIN fact new ON new.name = f.name"
      " WHERE h.hour > (SELECT max(hour) FROM old.hourly) - 7 * 86400000"};
  if (fresh)
    steps.emplace_back(
        "INSERT OR REPLACE INTO meta SELECT * FROM old.meta WHERE key = '.secret-key' AND length(value) = "
        "32");
  try {
    base.leave_as_is_on_close(true);
    Statement(base, "ATTACH ?1 AS old").run(dir.database());
  } catch (const SqlError&) {
    return;
  }
  for (const auto& step : steps) {
    try {
      base.run("BEGIN; " + step + "; COMMIT");
    } catch (const SqlError&) {
      base.roll_back();  // this table is the backup's
    }
  }
  try {
    base.run("DETACH old");
  } catch (const SqlError&) {
    base.roll_back();  // it is closed with the connection
  }
}

// The first backup that is sound and of the same log; it is the unborn database then.
Result<std::unique_ptr<Sql>> take_backup(const StateDir& dir, const std::vector<std::string>& backups,
                                         bool whole, Remains& old, RestoreEntry& story,
                                         const std::function<void(std::string)>& say) {
  const auto refuse = [&](std::string name, const std::string& trouble) {
    say("the backup " + name.append(" cannot be used: ").append(trouble));
  };
  for (const auto& file : backups) {
    const auto name = std::filesystem::path(file).filename().string();
    std::string trouble;
    // Twice: what a disk refused it may give the next moment, and all that the log was may hang on that.
    for (int attempt = 0; attempt < 2; ++attempt) {
      try {
        if (auto copied = dir.conceive_from(file); !copied) {
          if (dir.closed()) return fail(copied.error().why + dir.lacks(true));  // the backup is not to blame
          trouble = copied.error().why;
          continue;
        }
        auto sql = open_unborn(dir);
        trouble = backup_trouble(*sql, whole);
        if (trouble.empty() && !same_log(old, *sql).value_or(true)) trouble = "it is of another log";
        if (!trouble.empty()) break;
        story.backup = name;
        story.kept = LogTable(*sql).length();
        return sql;
      } catch (const SqlError& error) {
        if (error.full() || dir.closed())
          return fail("cannot take the backup " + name + ": " + error.what() + dir.lacks(error.full()));
        trouble = error.what();
      }
    }
    refuse(name, trouble);
  }
  return std::unique_ptr<Sql>();
}

}  // namespace

void make_fresh(const StateDir& dir) {
  Sql sql(dir.unborn(), true);
  create_schema(sql);
  Transaction first(sql);
  make_secret_key(sql);
  Statement(sql, "INSERT INTO meta(key, value) VALUES('.projection', ?1)").run(kProjectionVersion);
  first.commit();
  make_ready(sql);
}

Result<void> make_successor(const StateDir& dir, const std::vector<std::string>& backups, bool whole,
                            RestoreEntry& story, const std::function<void(std::string)>& say) {
  story.sha256 = sha256_of(dir.database());
  auto old = std::make_unique<Remains>(dir.database());
  story.told = old->told();
  auto base = take_backup(dir, backups, whole, *old, story, say);
  if (!base) return std::unexpected(base.error());
  auto sql = std::move(*base);
  try {
    const bool fresh = !sql;
    if (fresh) {
      if (auto conceived = dir.conceive(); !conceived) return conceived;
      make_fresh(dir);
      sql = open_unborn(dir);
    }
    const auto genesis = old->one(0);
    if (fresh ? genesis && genesis->kind == LogKind::genesis : same_log(*old, *sql).value_or(false)) {
      story.salvaged = salvage(*old, *sql);
      settle_tick(*old, *sql, story.salvaged > 0);
      const auto signed_over = old->checkpoints(recent_checkpoint(*sql));
      old.reset();  // one connection at a time
      carry_over(dir, *sql, fresh);
      adopt_checkpoints(*sql, signed_over);
    }
    Statement(*sql, "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")
        .run(std::string_view(kRestoreKey), encode(story));
    make_ready(*sql);
    sql.reset();
  } catch (const SqlError& error) {
    return fail("cannot make a database in " + dir.path() + ": " + error.what() + dir.lacks(error.full()));
  }
  return StateDir::sync_file(dir.unborn());
}

}  // namespace commune_watch::store
