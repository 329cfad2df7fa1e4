// Damage puts a file aside; errors of the disk or of permissions do not, for the file may be whole.
#include "store/opening.hpp"

#include "store/check.hpp"
#include "store/memory.hpp"
#include "store/projection.hpp"
#include "store/schema.hpp"

namespace commune_watch::store {
namespace {

// Either a connection, or damage (empty: none), or a Failure.
struct Attached {
  std::unique_ptr<Sql> sql;
  std::string damage;
};

// Before anything is written to the file: it may be somebody else's.
bool ours(Sql& sql) {
  sql.leave_as_is_on_close(true);
  sql.run("PRAGMA locking_mode = EXCLUSIVE");
  return sql.integer("PRAGMA application_id") == kApplicationId;
}

std::string trouble_of(Sql& sql, bool whole) {
  if (auto trouble = schema_trouble(sql, projection_version(sql) == kProjectionVersion); !trouble.empty())
    return trouble;
  if (auto trouble = tail_trouble(sql); !trouble.empty()) return trouble;
  return whole ? whole_trouble(sql) : std::string();
}

Result<Attached> attach(const StateDir& dir, bool whole, const std::function<void(std::string)>& say) {
  try {
    auto sql = std::make_unique<Sql>(dir.database(), false);
    if (!ours(*sql)) return Attached{nullptr, "it is not a database of commune-watch"};
    if (const auto version = sql->integer("PRAGMA user_version"); version > schema_version()) {
      return fail(dir.database() + " was made by a newer commune-watch (its schema is " +
                  std::to_string(version) + ", this program knows " + std::to_string(schema_version()) +
                  "); install that version again");
    }
    set_up(*sql);
    migrate(*sql);
    if (auto damage = trouble_of(*sql, whole); !damage.empty()) return Attached{nullptr, std::move(damage)};
    if (projection_version(*sql) != kProjectionVersion) {
      say("the tables that follow from the log are made anew; this takes a while after years");
      if (auto rebuilt = rebuild_projections(*sql); !rebuilt) return Attached{nullptr, rebuilt.error().why};
    }
    sql->leave_as_is_on_close(false);
    return Attached{std::move(sql), {}};
  } catch (const SqlError& error) {
    if (error.damage()) return Attached{nullptr, error.what()};
    return fail("cannot open " + dir.database() + ": " + error.what() + (error.full() ? dir.no_room() : ""));
  }
}

// A database that was never opened by its own name is complete or not there: made aside, renamed when whole.
Result<void> make_fresh(const StateDir& dir, const std::string& restore) {
  try {
    if (auto conceived = dir.conceive(); !conceived) return conceived;
    Sql sql(dir.unborn(), true);
    create_schema(sql);
    Transaction first(sql);
    make_secret_key(sql);
    Statement put(sql, "INSERT INTO meta(key, value) VALUES(?1, ?2)");
    put.run(std::string_view(".projection"), kProjectionVersion);
    if (!restore.empty()) put.run(std::string_view(kRestoreKey), restore);
    first.commit();
  } catch (const SqlError& error) {
    return fail("cannot make a database in " + dir.path() + ": " + error.what() +
                (error.full() ? dir.no_room() : ""));
  }
  return {};
}

Result<void> begin_anew(const StateDir& dir, const std::string& damage,
                        const std::function<void(std::string)>& say) {
  const auto aside = dir.next_aside();
  say("the database in " + dir.path() + " cannot be believed (" + damage + "); it is put aside as " + aside +
      " and a new log begins");
  // The new file knows what it replaces before the old one moves: a cut in between loses nothing.
  if (auto made = make_fresh(dir, aside + "\n" + damage); !made) return made;
  if (auto moved = dir.put_aside(aside); !moved) return moved;
  dir.unmark_damaged();
  return dir.give_birth();
}

bool believable(const std::string& file) {
  try {
    Sql sql(file, false);
    return ours(sql) && trouble_of(sql, false).empty();
  } catch (const SqlError&) {
    return false;
  }
}

// No database: the first start ever, or one that was cut short between putting aside and beginning anew.
Result<void> first_start(const StateDir& dir, const std::function<void(std::string)>& say) {
  if (file_size(dir.log_of_writes()) >= 0) {
    return begin_anew(dir, "the database file is gone and only its write-ahead log is left", say);
  }
  if (file_size(dir.unborn()) < 0 || !believable(dir.unborn())) {
    if (auto made = make_fresh(dir, {}); !made) return made;
  }
  return dir.give_birth();
}

}  // namespace

Result<std::unique_ptr<Sql>> open_database(const StateDir& dir, const std::function<void(std::string)>& say) {
  if (file_size(dir.database()) < 0) {
    if (auto made = first_start(dir, say); !made) return std::unexpected(made.error());
  }
  const auto marked = dir.marked_damaged();
  if (marked) say("the database was found damaged (" + *marked + "); it is checked whole before the start");
  auto attached = attach(dir, marked.has_value(), say);
  if (!attached) return std::unexpected(attached.error());
  if (!attached->sql) {
    if (auto begun = begin_anew(dir, attached->damage, say); !begun) return std::unexpected(begun.error());
    attached = attach(dir, false, say);
    if (!attached) return std::unexpected(attached.error());
    if (!attached->sql)
      return fail("even a fresh database in " + dir.path() + " cannot be believed: " + attached->damage);
  } else if (marked) {
    say("the whole database was read and is sound");
    dir.unmark_damaged();
  }
  return std::move(attached->sql);
}

Result<std::unique_ptr<Sql>> reopen_database(const StateDir& dir) {
  auto attached = attach(dir, false, [](const std::string&) {});
  if (!attached) return std::unexpected(attached.error());
  if (!attached->sql) {
    dir.mark_damaged(attached->damage);
    return fail(dir.database() + " is damaged (" + attached->damage + "); the next start puts it aside");
  }
  return std::move(attached->sql);
}

}  // namespace commune_watch::store
