// A file that somebody else writes, read whole. Blocks: a folder on a network that hangs, hangs the prober,
// and the gateway ends that.
#pragma once
#include "wire/wire.hpp"

namespace commune_watch {

FileReply read_file(const FileRequest& request);

}  // namespace commune_watch
