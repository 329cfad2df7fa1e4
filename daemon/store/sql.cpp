// SQLite's C handles end here.
#include "store/sql.hpp"

#include <sqlite3.h>

namespace commune_watch::store {
namespace {

[[noreturn]] void raise(sqlite3* handle, int code) {
  std::string why = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  if (handle != nullptr && sqlite3_system_errno(handle) != 0 && (code & 0xff) != SQLITE_CORRUPT) {
    why += " (errno " + std::to_string(sqlite3_system_errno(handle)) + ")";
  }
  throw SqlError(code, why + ", SQLite code " + std::to_string(code));
}

}  // namespace

bool SqlError::damage() const {
  const int primary = code_ & 0xff;
  // While a statement runs SQLite calls a block that cannot be read corruption, while a file is opened an
  // error of the disk.
  if (code_ == SQLITE_IOERR_READ || code_ == SQLITE_IOERR_CORRUPTFS) return true;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_FORMAT;
}

bool SqlError::full() const { return (code_ & 0xff) == SQLITE_FULL; }

Sql::Sql(const std::string& file, bool create) {
  // No other thread ever touches the handle: no mutexes. A symbolic link in the state directory is nobody's
  // good idea.
  const int flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0) | SQLITE_OPEN_NOMUTEX |
                    SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
  if (const int code = sqlite3_open_v2(file.c_str(), &handle_, flags, nullptr); code != SQLITE_OK) {
    const std::string why = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    sqlite3_close(handle_);
    throw SqlError(code, why);
  }
}

Sql::~Sql() { sqlite3_close(handle_); }

void Sql::run(const std::string& statements) {
  if (const int code = sqlite3_exec(handle_, statements.c_str(), nullptr, nullptr, nullptr);
      code != SQLITE_OK) {
    raise(handle_, code);
  }
}

std::int64_t Sql::integer(const std::string& query) {
  Statement statement(*this, query);
  auto rows = statement.rows();
  return rows.next() ? rows.integer(0) : 0;
}

std::string Sql::text(const std::string& query) {
  Statement statement(*this, query);
  auto rows = statement.rows();
  return rows.next() ? std::string(rows.text(0)) : std::string();
}

void Sql::roll_back() noexcept {
  if (sqlite3_get_autocommit(handle_) == 0) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Sql::checkpoint() {
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code != SQLITE_OK) raise(handle_, code);
}

void Sql::leave_as_is_on_close(bool leave) {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, leave ? 1 : 0, nullptr);
}

Rows::~Rows() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Rows::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  raise(sqlite3_db_handle(statement_), code);
}

bool Rows::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Rows::text(int column) const {
  const auto bytes_of = bytes(column);
  return {reinterpret_cast<const char*>(bytes_of.data()), bytes_of.size()};
}

std::span<const std::byte> Rows::bytes(int column) const {
  // The pointer first, then its length (https://sqlite.org/c3ref/column_blob.html).
  const void* data = sqlite3_column_blob(statement_, column);
  return {static_cast<const std::byte*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

int Rows::columns() const { return sqlite3_column_count(statement_); }

Cell Rows::cell(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_NULL:
      return {};
    case SQLITE_INTEGER:
      return {Cell::Type::integer, integer(column), {}};
    case SQLITE_BLOB:
      return {Cell::Type::blob, 0, text(column)};
    default:
      return {Cell::Type::text, 0, text(column)};
  }
}

Statement::Statement(Sql& sql, std::string_view text) {
  const int code = sqlite3_prepare_v3(sql.handle(), text.data(), static_cast<int>(text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  if (code != SQLITE_OK) raise(sql.handle(), code);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::bind(int index, std::int64_t value) {
  if (const int code = sqlite3_bind_int64(statement_, index, value); code != SQLITE_OK) raise(nullptr, code);
}

void Statement::bind(int index, std::string_view value) {
  const char* data = value.data() != nullptr ? value.data() : "";  // a null pointer would be NULL, not ''
  const int code = sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) raise(nullptr, code);
}

void Statement::bind(int index, std::span<const std::byte> value) {
  const int code = value.empty()
                       ? sqlite3_bind_zeroblob(statement_, index, 0)
                       : sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_TRANSIENT);
  if (code != SQLITE_OK) raise(nullptr, code);
}

void Statement::bind(int index, const Cell& value) {
  switch (value.type) {
    case Cell::Type::null:
      return bind_null(index);
    case Cell::Type::integer:
      return bind(index, value.integer);
    case Cell::Type::text:
      return bind(index, value.bytes);
    case Cell::Type::blob:
      return bind(index, std::as_bytes(std::span(value.bytes)));
  }
}

void Statement::bind_null(int index) {
  if (const int code = sqlite3_bind_null(statement_, index); code != SQLITE_OK) raise(nullptr, code);
}

}  // namespace commune_watch::store
