// Migrations run in the order of their numbers, each in one transaction with the file's user_version.
#include "store/schema.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

namespace commune_watch::store {
namespace {

// One line per file: migrations/NNNN_*.sql. Those that were released never change.
constexpr std::array kMigrations{
#include "store/migrations/0001_log.sql"
    ,
#include "store/migrations/0002_evidence.sql"
};

constexpr const char* kProjections =
#include "store/projection.sql"
    ;

// Names that were ever used: those of an older version are dropped too.
constexpr std::array kProjectionTables{"boot",      "run",      "anchor",      "terms",      "span",
                                       "blip",      "incident", "maintenance", "correction", "declaration",
                                       "must_have", "identity", "config"};

bool projected(const std::string& table) {
  return std::find(kProjectionTables.begin(), kProjectionTables.end(), table) != kProjectionTables.end();
}

// "type name sql" of everything but SQLite's own automatic indexes, which have no sql.
std::set<std::string> shape(Sql& sql, bool projections) {
  std::set<std::string> all;
  Statement statement(
      sql, "SELECT tbl_name, type || ' ' || name, ': ' || sql FROM sqlite_schema WHERE sql IS NOT NULL");
  auto rows = statement.rows();
  while (rows.next()) {
    if (!projections && projected(std::string(rows.text(0)))) continue;
    all.insert(std::string(rows.text(1)) + std::string(rows.text(2)));
  }
  return all;
}

std::string name_of(const std::string& shape) { return shape.substr(0, shape.find(':')); }

}  // namespace

void create_schema(Sql& sql) {
  // Small pages: a transition or tick rewrites whole pages into the write-ahead log, and a page is mostly one
  // new record. Nobody knows the file yet: it is synced once, when it is whole, and until then a cut only
  // costs another attempt.
  sql.run("PRAGMA page_size = " + std::to_string(kPageSize) +
          "; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
  migrate(sql);
  create_projections(sql);
  sql.run("PRAGMA application_id = " + std::to_string(kApplicationId));
}

void set_up(Sql& sql) {
  sqlite3_db_config(sql.handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(sql.handle(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // EXCLUSIVE before WAL: the index of the write-ahead log then lives on the heap, so no -shm file, and a
  // full disk can still be read. FULL: NORMAL lost acknowledged commits in most simulated power cuts.
  // secure_delete: Debian compiles it on; FAST costs no writes.
  sql.run(
      "PRAGMA locking_mode = EXCLUSIVE;"
      "PRAGMA journal_mode = WAL;"
      "PRAGMA synchronous = FULL;"
      "PRAGMA mmap_size = 0;"
      "PRAGMA cell_size_check = ON;"
      "PRAGMA secure_delete = FAST;"
      "PRAGMA temp_store = MEMORY;"
      "PRAGMA cache_size = -2048;"
      "PRAGMA wal_autocheckpoint = 8000;"  // 4 MiB: a hot page is copied into the file once per 4,000 writes
                                           // of it
      "PRAGMA journal_size_limit = 16777216;");
}

int migrate(Sql& sql) {
  const auto done = static_cast<std::size_t>(sql.integer("PRAGMA user_version"));
  for (std::size_t next = done; next < kMigrations.size(); ++next) {
    Transaction one(sql);
    sql.run(kMigrations[next]);
    sql.run("PRAGMA user_version = " + std::to_string(next + 1));
    one.commit();
  }
  return static_cast<int>(kMigrations.size() - std::min(done, kMigrations.size()));
}

int schema_version() { return static_cast<int>(kMigrations.size()); }

std::string schema_trouble(Sql& sql, bool projections) {
  Sql model(":memory:", true);
  for (const char* migration : kMigrations) model.run(migration);
  create_projections(model);
  const auto want = shape(model, projections), have = shape(sql, projections);
  for (const auto& one : want) {
    if (!have.contains(one)) return "the " + name_of(one) + " is missing or altered";
  }
  for (const auto& one : have) {
    if (!want.contains(one)) return "the " + name_of(one) + " does not belong there";
  }
  return {};
}

void drop_projections(Sql& sql) {
  for (const char* table : kProjectionTables) sql.run(std::string("DROP TABLE IF EXISTS ") + table);
}

void create_projections(Sql& sql) { sql.run(kProjections); }

}  // namespace commune_watch::store
