// Since when event ids bear which epoch: meta key '.epochs', "seq epoch;…", one for each restore in the log.
// Before the first of them it is the log's own.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/log.hpp"
#include "store/sql.hpp"

namespace commune_watch::store {

inline constexpr const char* kEpochsKey = ".epochs";

std::string with_epoch(const std::string& epochs, const Record& restore);
std::vector<Epoch> epochs_of(std::string_view text);
void add_epoch(Sql& sql, const Record& restore);

}  // namespace commune_watch::store
