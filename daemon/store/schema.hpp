// The shape of the database: numbered migrations for what is kept, one file for what can be rebuilt, and how
// a connection is set up.
#pragma once
#include "store/sql.hpp"

namespace commune_watch::store {

inline constexpr int kApplicationId = 0x43577631;  // "CWv1", in the file's header
inline constexpr int kPageSize = 1024;             // measured: tests/bench/store_day.cpp

// A new file: page size and all tables. The file must be empty; whoever names it syncs it first.
void create_schema(Sql& sql);
// Every connection, before anything else is read from it.
void set_up(Sql& sql);
// Runs the migrations that the file has not seen. Returns how many.
int migrate(Sql& sql);
// Tables, triggers and indexes are exactly what the migrations make? Otherwise what differs. `projections`:
// those too.
[[nodiscard]] std::string schema_trouble(Sql& sql, bool projections);
// The number of the last migration of this program. A file beyond it was made by a newer one.
[[nodiscard]] int schema_version();

void drop_projections(Sql& sql);
void create_projections(Sql& sql);

}  // namespace commune_watch::store
