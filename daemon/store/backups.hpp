// What a person, or the gateway, does with backups that are made: list, carry to another medium, restore
// (docs/storage.md).
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "domain/entry.hpp"
#include "domain/result.hpp"
#include "store/store.hpp"

namespace commune_watch {

struct BackupFacts {
  std::string file;
  std::int64_t bytes = 0;
  Seq records = 0;
  std::string commune, gateway;
  bool simulated = false;
  std::string trouble;  // why it could not be used; as far as its beginning and its end tell
};

// Of `<state>/backup`, or of wherever they were carried; the newest day first.
std::vector<BackupFacts> list_backups(const std::string& directory);

// Under its own name, durable, and those that are kept no longer go. May take minutes: for a thread of its
// own; given up once `stopped` says so. Failure: no such directory, no room …
Result<void> carry_backup(const std::string& file, const std::string& directory,
                          const std::function<bool()>& stopped);

// The backup in the directory (the second medium's own, `commune-watch-c.db`) takes in what the one in `file`
// has and it lacks. The same otherwise.
Result<void> grow_backup(const std::string& file, const std::string& directory, std::int32_t day,
                         const std::function<bool()>& stopped, const std::function<void(std::string)>& say);

// Whether the directory is there and lies on another disk than the state directory; else why not.
Result<void> another_medium(const std::string& directory, const std::string& state);

// Puts the database aside and goes on from `file`, and from what the old one holds beyond it; the next run
// records it. Failure: a daemon runs, or the file is no sound backup of this gateway; then nothing was
// changed.
Result<RestoreEntry> restore_backup(const StoreOptions& options, const std::string& file,
                                    const std::string& by, const std::function<void(std::string)>& say);

}  // namespace commune_watch
