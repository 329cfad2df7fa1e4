// Files that a log can be restored from: their names, how many are kept, and how a complete copy is made
// while the gateway works. (Those that grow by night: store/growth.hpp.)
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
// Of those that grow, the one whose turn it is that night: "commune-watch-a.db", "commune-watch-b.db".
std::string growing_name(std::int32_t day);
inline constexpr const char* kMediumName = "commune-watch-c.db";  // the one on the second medium
// Names of backups in the directory, the newest day first, then those that grow; no other files.
std::vector<std::string> backups_in(const std::string& directory);
// Of names with a date those that are kept no longer: beyond seven days the last one of each week is kept,
// and of those eight.
std::vector<std::string> superfluous_backups(std::vector<std::string> names);
// `made`, the name of the one just made, stays whatever the clock thought then.
void rotate_backups(const std::string& directory, const std::string& made);
// The same after a night's growth, which stands for a copy of each night: they go as they would have.
void rotate_backups(const std::string& directory, std::int32_t day);

// The disk begins to write what the kernel holds of a file, so that its last sync has little left to wait
// for.
void write_out(const std::string& file);

// A backup that is being made, in slices of a few milliseconds.
class BackupWork {
 public:
  virtual ~BackupWork() = default;
  // The file once it is whole, sound, durable and bears its name; nothing while it is under way; Failure: it
  // is given up.
  virtual Result<std::optional<std::string>> step() = 0;
  // That failure: what it is made of is damaged.
  [[nodiscard]] virtual bool blames_source() const { return false; }
};

class BackupCopy final : public BackupWork {
 public:
  // `source` outlives it. Failure: no room, or the file cannot be made.
  static Result<std::unique_ptr<BackupWork>> begin(Sql& source, const StateDir& dir, std::int32_t day);
  ~BackupCopy() override;  // what is not whole is removed
  BackupCopy(const BackupCopy&) = delete;
  BackupCopy& operator=(const BackupCopy&) = delete;

  Result<std::optional<std::string>> step() override;

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
