// From a state directory to a database that can be believed, whatever lies there.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "domain/result.hpp"
#include "store/sql.hpp"
#include "store/state_dir.hpp"

namespace commune_watch::store {

// What open_database() left for the first run to record: meta key '.restore', "directory\nwhy".
inline constexpr const char* kRestoreKey = ".restore";

// Opens, makes, migrates and rebuilds as needed. A file that cannot be believed is put aside and a fresh one
// takes its place; `say` tells so. Failure: the directory cannot be used, or a newer program made the file.
Result<std::unique_ptr<Sql>> open_database(const StateDir& dir, const std::function<void(std::string)>& say);

// Opens the file again after an error of the disk. Damage is a Failure and marked for the next start.
Result<std::unique_ptr<Sql>> reopen_database(const StateDir& dir);

}  // namespace commune_watch::store
