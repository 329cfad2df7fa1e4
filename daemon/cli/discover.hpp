// What `discover` and `discover --from-nvr` share.
#pragma once
#include "cli/cli.hpp"
#include "cli/found.hpp"

namespace commune_watch {

// Of the configuration, without its secrets; where it cannot be used, nothing is known, and that is told.
Known known_here(const Common& common);

// `--from-nvr`: the recorder's own list of channels, as the daemon or a prober of ours hears it.
int channels_of(const Common& common, const std::string& point);

}  // namespace commune_watch
