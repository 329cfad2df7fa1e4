// Copies of the database that a log can be restored from: how one is made while the gateway works, and how
// many are kept.
//
// SQLite's own backup of the one connection that there is (https://sqlite.org/c3ref/backup_finish.html), a
// slice at a time: what is committed meanwhile goes into the copy too. `VACUUM INTO` would hold the loop for
// the whole of it (docs/storage.md), and a second connection is what locking_mode=EXCLUSIVE keeps out. A copy
// is read whole before it gets its name, so that a damaged page is found here and not on the day that it is
// needed.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/result.hpp"
#include "store/check.hpp"
#include "store/sql.hpp"
#include "store/state_dir.hpp"

struct sqlite3_backup;

namespace commune_watch::store {

std::string backup_name(std::int32_t day);  // of a local date as yyyymmdd: "commune-watch-20261122.db"
// Names of backups in the directory, the newest day first; no other files.
std::vector<std::string> backups_in(const std::string& directory);
// Those that are kept no longer: beyond seven days the last one of each week is kept, and of those eight.
std::vector<std::string> superfluous_backups(std::vector<std::string> names);
// `made`, the name of the one just made, stays whatever the clock thought then.
void rotate_backups(const std::string& directory, const std::string& made);

class BackupCopy {
 public:
  // `source` outlives it. Failure: no room, or the file cannot be made.
  static Result<std::unique_ptr<BackupCopy>> begin(Sql& source, const StateDir& dir, std::int32_t day);
  ~BackupCopy();  // what is not whole is removed
  BackupCopy(const BackupCopy&) = delete;
  BackupCopy& operator=(const BackupCopy&) = delete;

  // A few milliseconds of it. The file once it is whole, sound, durable and bears its name; Failure: it is
  // given up.
  Result<std::optional<std::string>> step();

 private:
  BackupCopy(const StateDir& dir, std::int32_t day);
  bool copied();

  const StateDir& dir_;
  std::string name_, unfinished_;
  std::unique_ptr<Sql> copy_;
  sqlite3_backup* backup_ = nullptr;
  std::unique_ptr<Sweep> sweep_;
};

}  // namespace commune_watch::store
