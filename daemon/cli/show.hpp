// The API's answers as people read them in a terminal; pure: JSON text in, text out.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "domain/clock.hpp"
#include "domain/device.hpp"

namespace commune_watch {

struct Wording {
  Language language = Language::vi;
  Zone zone;            // of the instants shown
  bool colour = false;  // a terminal reads it
  bool long_form = false;
};

using Show = std::string (*)(std::string_view json, const Wording& wording);
// One of the answers below as a terminal gets it: what a simulation made says so first.
std::string show(std::string_view json, const Wording& wording, Show as);

std::string show_status(std::string_view json, const Wording& wording);
std::string show_outages(std::string_view json, const Wording& wording);
std::string show_history(std::string_view json, const Wording& wording);
std::string show_availability(std::string_view json, const Wording& wording);
std::string show_probe(std::string_view json, const Wording& wording);
std::string show_logins(std::string_view json, const Wording& wording);
std::string show_clock(std::string_view json, const Wording& wording);
std::string show_reload(std::string_view json, const Wording& wording);  // the warnings that it told

// For exit codes: is anything down, unknown or alarmed?
bool all_well(std::string_view status_json);
bool time_is_known(std::string_view clock_json);
// The ids of those that can be asked, in the status's order.
std::vector<std::string> askable(std::string_view status_json);
// Did every check of the probe pass?
bool probe_passed(std::string_view probe_json);

}  // namespace commune_watch
