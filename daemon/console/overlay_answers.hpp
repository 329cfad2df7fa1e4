// Maintenance, corrections and declarations over HTTP: parameters in, JSON out. docs/openapi.yaml describes
// both.
#pragma once
#include <functional>
#include <string>

#include "console/desk.hpp"
#include "domain/result.hpp"

namespace commune_watch {

// The value of a parameter of the request; empty: not given.
using Parameter = std::function<std::string(const char* name)>;

Result<std::string> list_maintenance(Desk& desk, const Parameter& given);
Result<std::string> add_maintenance(Desk& desk, const Parameter& given);
Result<std::string> end_maintenance(Desk& desk, const std::string& id, const Parameter& given);
Result<std::string> list_corrections(Desk& desk, const Parameter& given);
Result<std::string> add_correction(Desk& desk, const Parameter& given);
Result<std::string> list_declarations(Desk& desk, const Parameter& given);
Result<std::string> add_declaration(Desk& desk, const Parameter& given);
Result<std::string> end_declaration(Desk& desk, const std::string& id, const Parameter& given);

}  // namespace commune_watch
