// Maintenance, corrections and declarations as people read them in a terminal; pure, as cli/show.hpp.
#pragma once
#include <string>
#include <string_view>

#include "cli/show.hpp"

namespace commune_watch {

std::string show_maintenance(std::string_view json, const Wording& wording);
std::string show_corrections(std::string_view json, const Wording& wording);
std::string show_declarations(std::string_view json, const Wording& wording);

}  // namespace commune_watch
