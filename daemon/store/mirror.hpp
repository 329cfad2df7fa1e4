// A table that two databases have, and what it takes for the second to say what the first says: compared in
// the order of its key, a slice at a time; only rows that differ are written.
#pragma once
#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "store/sql.hpp"

namespace commune_watch::store {

class Mirror {
 public:
  enum class Surplus : bool { removed, kept };  // rows that only `to` has
  // The first `keys` columns are the table's primary key. Both outlive it.
  Mirror(Sql& from, Sql& to, const std::string& table, int keys, Surplus surplus = Surplus::removed);

  // The next slice of `from`, then what `to` lacks of it; in this order. Apart, so that whoever calls knows
  // whose trouble a SqlError is.
  void read(std::size_t rows);
  bool apply();  // true: that was the last slice; the next one begins anew

 private:
  using Row = std::vector<Cell>;
  // Rows that follow the last key of the slice before.
  struct Reader {
    Reader(Sql& sql, const std::string& table, const std::string& key, int keys);
    Rows rows(const Row& after, std::size_t most);
    Statement first, next;
  };
  [[nodiscard]] const Cell* row(std::size_t number) const { return &cells_.at(number * columns_); }
  Cell keep(Cell cell, std::deque<std::string>& in) const;

  std::size_t keys_;
  Surplus surplus_;
  std::size_t columns_ = 0, asked_ = 0, read_ = 0;
  Reader from_, to_;
  Statement put_, drop_;
  std::vector<Cell> cells_;        // of the slice, row by row
  std::deque<std::string> bytes_;  // that they point at
  Row after_;
  std::deque<std::string> after_bytes_;
};

}  // namespace commune_watch::store
