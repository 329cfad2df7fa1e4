// A password from whoever is at the keyboard, or from standard input; never from the command line, which
// every user of the machine can read.
#pragma once
#include <string>

#include "domain/result.hpp"

namespace commune_watch {

inline constexpr std::size_t kMostHidden =
    4095;  // bytes; with its line end what settings read of a secret file

// From a terminal: asked for by `question` twice, nothing shown. From a pipe or file: its one line. Failure,
// in both languages: empty, two lines, too long, not the same twice, or broken off.
Result<std::string> read_hidden(const std::string& question, const std::string& again);

}  // namespace commune_watch
