// Damage puts a file aside; errors of the disk or of permissions do not, for the file may be whole.
#include "store/opening.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "store/backup.hpp"
#include "store/check.hpp"
#include "store/log_table.hpp"
#include "store/memory.hpp"
#include "store/projection.hpp"
#include "store/restoring.hpp"
#include "store/schema.hpp"
#include "store/tree.hpp"

namespace commune_watch::store {
namespace {

constexpr const char* kByStart = "start";

// Either a connection, or damage (empty: none), or a Failure.
struct Attached {
  std::unique_ptr<Sql> sql;
  std::string damage;
  bool by_reading = false;  // SQLite's word, on a page
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
  if (auto trouble = whole ? whole_trouble(sql) : std::string(); !trouble.empty()) return trouble;
  return tree_trouble(sql, whole);  // writes, but only to a log that is the true one
}

bool give_up_room(const StateDir& dir, const std::function<void(std::string)>& say) {
  if (!dir.spend(StateDir::Ballast::commit) && !dir.spend(StateDir::Ballast::start)) return false;
  say("the disk is full: room that was kept for this is given up");
  return true;
}

// What a write-ahead log holds may be in memory alone: where a sync failed, the kernel forgets what it could
// not write, shows it all the same, and a later sync tells nothing of it. Written anew it is on the disk.
void settle_log(Sql& sql) {
  try {
    sql.checkpoint();
  } catch (const SqlError& error) {
    if (!error.full()) throw;  // no room for that: the log stays as it is
    sql.roll_back();
  }
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
    LogTable log(*sql);
    if (const auto length = log.length(), was = dir.marked_length(log.epoch()); length < was) {
      return Attached{
          nullptr, "the log is " + std::to_string(length) + " records long and was " + std::to_string(was)};
    }
    sql->leave_as_is_on_close(false);
    settle_log(*sql);
    return Attached{std::move(sql), {}};
  } catch (const SqlError& error) {
    if (error.damage()) return Attached{nullptr, error.what(), true};
    if (error.full() && give_up_room(dir, say)) return attach(dir, whole, say);
    return fail("cannot open " + dir.database() + ": " + error.what() + dir.lacks(error.full()));
  }
}

// Records; 0 where it cannot be read.
Seq length_of(const std::string& file) {
  try {
    Sql sql(file, false);
    return ours(sql) ? LogTable(sql).length() : 0;
  } catch (const SqlError&) {
    return 0;
  }
}

std::vector<std::string> backups_of(const StateDir& dir) {
  auto files = backups_in(dir.backups());
  for (auto& file : files) file.insert(0, dir.backups() + "/");
  // A name is a date, and clocks lie: the longest log is the newest.
  std::map<std::string, Seq> length;
  for (const auto& file : files) length[file] = length_of(file);
  std::stable_sort(files.begin(), files.end(),
                   [&](const auto& a, const auto& b) { return length[a] > length[b]; });
  return files;
}

// The last steps of a change of files, from wherever a cut left them: the successor is complete and synced.
Result<void> take_the_place(const StateDir& dir, const RestoreEntry& story) {
  if (auto moved = dir.put_aside(story.put_aside); !moved) return moved;
  dir.unmark_damaged();
  dir.unmark_length();
  return dir.give_birth();
}

// A database that was never opened by its own name is complete or not there: made aside, renamed when whole.
// The new file knows what it replaces before the old one moves: a cut in between loses nothing.
Result<RestoreEntry> begin_anew(const StateDir& dir, RestoreEntry story,
                                const std::vector<std::string>& backups, bool whole,
                                const std::function<void(std::string)>& say) {
  story.put_aside = dir.next_aside();
  const bool asked_for = story.by != kByStart;
  const auto asked = story;
  say("the log in " + dir.path() + " goes on in a new file (" + story.why +
      "); making it takes a while after years");
  auto made = make_successor(dir, backups, whole, story, say);
  if (!made && dir.closed() && give_up_room(dir, say)) {
    story = asked;
    made = make_successor(dir, backups, whole, story, say);
  }
  if (made && asked_for && story.backup.empty())
    made = fail(backups.at(0) + " cannot be used; nothing was changed");
  if (!made) {
    dir.forget_unborn();
    return std::unexpected(made.error());
  }
  if (auto placed = take_the_place(dir, story); !placed) return std::unexpected(placed.error());
  std::string on = "a new log begins";
  if (!story.backup.empty())
    on = "it goes on from the backup " + story.backup + " (" + std::to_string(story.kept) + " records)";
  if (story.salvaged > 0) on += " and " + std::to_string(story.salvaged) + " records salvaged from it";
  say("the database in " + dir.path() + " cannot be believed (" + story.why + "); it is put aside as " +
      story.put_aside + "; " + on);
  return story;
}

// The successor that lies ready, if it is whole: what it knows of the file that it replaces. It was synced
// before that file moved, but where there was none a cut may have torn it. All that was salvaged may be in it
// alone, so it is given up for no error of the disk. Throws SqlError.
std::optional<RestoreEntry> successor_in(const StateDir& dir) {
  Sql sql(dir.unborn(), false);
  if (!ours(sql)) return std::nullopt;
  const auto words = Memory(sql).meta(kRestoreKey);
  if (!words || !trouble_of(sql, true).empty()) return std::nullopt;
  sql.leave_as_is_on_close(false);  // its write-ahead log goes into the file, which is to be renamed
  const auto story = decode(LogKind::restore, *words);
  return story ? std::optional(std::get<RestoreEntry>(*story)) : std::nullopt;
}

Result<std::optional<RestoreEntry>> successor_of(const StateDir& dir) {
  for (int attempt = 0; attempt < 2 && file_size(dir.unborn()) >= 0; ++attempt) {
    try {
      return successor_in(dir);
    } catch (const SqlError& error) {
      if (error.full() || dir.closed())
        return fail("cannot read " + dir.unborn() + ": " + error.what() + dir.lacks(error.full()));
    }
  }
  return std::nullopt;
}

// No database: the first start ever, or one that was cut short between putting aside and beginning anew.
Result<void> first_start(const StateDir& dir, const std::function<void(std::string)>& say) {
  const auto ready = successor_of(dir);
  if (!ready) return std::unexpected(ready.error());
  if (const auto& story = *ready) {
    say("a power cut came while the database was being replaced (" + story->why +
        "); that is finished now; the old one is put aside as " + story->put_aside);
    return take_the_place(dir, *story);
  }
  const bool only_log = file_size(dir.log_of_writes()) >= 0;
  const auto backups = backups_of(dir);
  if (only_log || !backups.empty()) {
    const std::string why = only_log ? "the database file is gone and only its write-ahead log is left"
                                     : "the database file is gone and its backups are left";
    const auto begun = begin_anew(dir, {.why = why, .by = kByStart}, backups, false, say);
    return begun ? Result<void>() : std::unexpected(begun.error());
  }
  try {
    if (auto conceived = dir.conceive(); !conceived) return conceived;
    make_fresh(dir);
  } catch (const SqlError& error) {
    return fail("cannot make a database in " + dir.path() + ": " + error.what() + dir.lacks(error.full()));
  }
  return dir.give_birth();
}

// A copy of the file is looked at, for looking may write.
Result<void> may_replace(const StateDir& dir, const std::string& file,
                         const std::function<bool(const GenesisEntry&)>& mine) {
  if (auto copied = dir.conceive_from(file); !copied) return copied;
  try {
    Sql sql(dir.unborn(), false);
    if (!ours(sql)) return fail(file + " is not a database of commune-watch");
    const auto first = LogTable(sql).read(0, 1);
    const auto entry = first.empty() ? fail("its log is empty") : decode(first[0].kind, first[0].body);
    const auto* genesis = entry ? std::get_if<GenesisEntry>(&*entry) : nullptr;
    if (genesis == nullptr)
      return fail(file + " cannot be used: " + (entry ? "its log has no beginning" : entry.error().why));
    if (!mine(*genesis))
      return fail(file + " is of " + genesis->commune + "/" + genesis->gateway +
                  (genesis->simulated ? " (simulated)" : "") + ", not of this gateway");
  } catch (const SqlError& error) {
    return fail(file + " cannot be used: " + error.what());
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Sql>> open_database(const StateDir& dir, const std::function<void(std::string)>& say) {
  if (file_size(dir.database()) < 0) {
    if (auto made = first_start(dir, say); !made) return std::unexpected(made.error());
  }
  const auto marked = dir.marked_damaged();
  if (marked) say("the database was found damaged (" + *marked + "); it is checked whole before the start");
  auto attached = attach(dir, marked.has_value(), say);
  // SQLite calls a page malformed that the disk would not give. One that it gives the next moment is sound.
  if (attached && attached->by_reading) attached = attach(dir, marked.has_value(), say);
  if (!attached) return std::unexpected(attached.error());
  if (!attached->sql) {
    const auto begun =
        begin_anew(dir, {.why = attached->damage, .by = kByStart}, backups_of(dir), marked.has_value(), say);
    if (!begun) return std::unexpected(begun.error());
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

Result<RestoreEntry> replace_database(const StateDir& dir, const std::string& file, const std::string& by,
                                      const std::function<bool(const GenesisEntry&)>& mine,
                                      const std::function<void(std::string)>& say) {
  if (auto fits = may_replace(dir, file, mine); !fits) {
    dir.forget_unborn();
    return std::unexpected(fits.error());
  }
  return begin_anew(dir, {.why = "the operator asked for it", .by = by}, {file}, true, say);
}

}  // namespace commune_watch::store
