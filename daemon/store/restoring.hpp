// A log that goes on where another could not be believed: out of the newest backup that is sound, and of the
// records that the old file still gives.
//
// Salvaged is what is provably the same log: the first record and the last ones that both have are the same
// bytes, and from the backup's end on every record can be read and stands where it should; at the first that
// does not, it ends. Records keep their bytes and numbers. What was lost is told by the `restore` record, and
// event ids from there on bear that record's epoch: a number that a lost record had may be another's now, its
// id never is.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "domain/entry.hpp"
#include "domain/result.hpp"
#include "store/state_dir.hpp"
#include "store/store.hpp"

namespace commune_watch::store {

// An empty log in the unborn database, which is conceived. Throws SqlError.
void make_fresh(const StateDir& dir);

// Makes the unborn database. `story` says why and where the old file goes, and is told the rest; it is kept
// in the unborn database for the next run to record. Backups are tried in order, `whole`: each is read whole.
// Failure: not even a fresh one can be made.
Result<void> make_successor(const StateDir& dir, const std::vector<std::string>& backups, bool whole,
                            RestoreEntry& story, const std::function<void(std::string)>& say);

}  // namespace commune_watch::store
