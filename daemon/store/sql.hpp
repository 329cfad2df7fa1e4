// One SQLite connection and its prepared statements, as values (C API of SQLite 3.40,
// https://sqlite.org/cintro.html).
//
// Everything here throws SqlError; it never leaves this folder: the store turns it into a Failure.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace commune_watch::store {

class SqlError : public std::runtime_error {
 public:
  SqlError(int code, const std::string& why) : std::runtime_error(why), code_(code) {}
  // The file is not what SQLite wrote, or a block of it cannot be read (now: another attempt may tell).
  [[nodiscard]] bool damage() const;
  [[nodiscard]] bool full() const;  // no room on the disk, or none that this user may take

 private:
  int code_;
};

class Sql {
 public:
  // Opens or makes the file; ":memory:" is private memory.
  Sql(const std::string& file, bool create);
  ~Sql();
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;

  void run(const std::string& statements);  // any number of statements without parameters
  [[nodiscard]] std::int64_t integer(const std::string& query);
  [[nodiscard]] std::string text(const std::string& query);
  void roll_back() noexcept;  // whatever is open
  void checkpoint();          // everything into the database file, the write-ahead log emptied
  // Closing carries the write-ahead log into the file and deletes it, unless: of a file in doubt every byte
  // stays.
  void leave_as_is_on_close(bool leave);
  [[nodiscard]] sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

// What lies in a column, of whatever type.
struct Cell {
  enum class Type : std::uint8_t { null, integer, text, blob };
  Type type = Type::null;
  std::int64_t integer = 0;
  std::string_view bytes;  // of text and blob
  friend bool operator==(const Cell&, const Cell&) = default;
};

// The rows of one execution; the statement is ready for the next one when this dies.
class Rows {
 public:
  explicit Rows(sqlite3_stmt* statement) : statement_(statement) {}
  ~Rows();
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  bool next();
  [[nodiscard]] bool null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view text(int column) const;  // until next()
  [[nodiscard]] std::span<const std::byte> bytes(int column) const;
  [[nodiscard]] int columns() const;
  [[nodiscard]] Cell cell(int column) const;  // until next()

 private:
  sqlite3_stmt* statement_;
};

class Statement {
 public:
  Statement(Sql& sql, std::string_view text);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Values for ?1, ?2, … : integers, text, bytes (bound as BLOB), empty optionals (NULL).
  template <class... Values>
  Rows rows(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
    return Rows{statement_};
  }
  template <class... Values>
  void run(const Values&... values) {
    auto all = rows(values...);
    while (all.next()) {
    }
  }
  // The same, of as many values as there are.
  Rows rows_of(std::span<const Cell> values) {
    int index = 0;
    for (const auto& value : values) bind(++index, value);
    return Rows{statement_};
  }
  void run_of(std::span<const Cell> values) {
    auto all = rows_of(values);
    while (all.next()) {
    }
  }

 private:
  void bind(int index, std::int64_t value);
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::uint32_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, int value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::string_view value);
  void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
  void bind(int index, std::span<const std::byte> value);
  void bind(int index, const Cell& value);
  template <class Value>
  void bind(int index, const std::optional<Value>& value) {
    if (value) {
      bind(index, *value);
    } else {
      bind_null(index);
    }
  }
  void bind_null(int index);

  sqlite3_stmt* statement_ = nullptr;
};

// BEGIN … COMMIT; rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Sql& sql) : sql_(sql) { sql_.run("BEGIN IMMEDIATE"); }
  ~Transaction() {
    if (open_) sql_.roll_back();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    sql_.run("COMMIT");
    open_ = false;
  }

 private:
  Sql& sql_;
  bool open_ = true;
};

}  // namespace commune_watch::store
