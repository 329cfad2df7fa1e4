// A file that is written whole or not at all: for what people have the command write.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "domain/result.hpp"

namespace commune_watch {

struct FileRights {
  bool folders_group_reads = false;  // 0640 where the file can be given its folder's group; else 0600
  std::optional<uid_t> owner;        // of another than who writes; failing to give it is a failure
};

// Beside it, synced, then put in its place, and the folder synced. Folders on the way are made. Failure: in
// both languages, and nothing has changed.
Result<void> write_whole(const std::string& file, std::string_view text, const FileRights& rights);

}  // namespace commune_watch
