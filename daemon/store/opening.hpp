// From a state directory to a database that can be believed, whatever lies there.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "domain/entry.hpp"
#include "domain/result.hpp"
#include "store/sql.hpp"
#include "store/state_dir.hpp"

namespace commune_watch::store {

// What open_database() left for the next run to record: meta key '.restore', the body of the record.
inline constexpr const char* kRestoreKey = ".restore";

// Opens, makes, migrates and rebuilds as needed. A file that cannot be believed is put aside, and what the
// newest sound backup and the file itself still give takes its place, or a fresh log; `say` tells so.
// Failure: the directory cannot be used, or a newer program made the file.
Result<std::unique_ptr<Sql>> open_database(const StateDir& dir, const std::function<void(std::string)>& say);

// Opens the file again after an error of the disk. Damage is a Failure and marked for the next start.
Result<std::unique_ptr<Sql>> reopen_database(const StateDir& dir);

// Puts the database aside, sound or not, and goes on from `file`: by the operator's word. Failure: it is no
// backup of commune-watch, or of another gateway (`mine` says whether its first record is this one's).
Result<RestoreEntry> replace_database(const StateDir& dir, const std::string& file, const std::string& by,
                                      const std::function<bool(const GenesisEntry&)>& mine,
                                      const std::function<void(std::string)>& say);

}  // namespace commune_watch::store
