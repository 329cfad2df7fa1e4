// Can this file be believed? A quick look before READY, and the whole of it in slices of a few milliseconds.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "domain/log.hpp"
#include "store/sql.hpp"

namespace commune_watch::store {

// The first record, the last ones, and what points at them. Empty, or what is wrong; throws SqlError where
// pages are damaged.
std::string tail_trouble(Sql& sql);

// A record that can be read and stands where it should? Otherwise what is wrong.
std::string record_trouble(const Record& record, Seq expected);

// Reads every page and decodes every record: seconds for a log of years.
std::string whole_trouble(Sql& sql);

// The same, resumable. Each step takes a few milliseconds on a small board.
class Sweep {
 public:
  explicit Sweep(Sql& sql);
  // One slice. `trouble`: empty, or what is wrong. True when this slice was the last; the next one begins
  // anew.
  bool step(std::string& trouble);

 private:
  bool log_slice(std::string& trouble);  // true: the table is done
  bool key_slice(std::string& trouble);
  void small_table(const char* table, std::string& trouble);

  Sql& sql_;
  Statement log_, span_, hourly_, blip_;
  std::size_t phase_ = 0;
  Seq next_ = 0;
  std::array<std::int64_t, 3> key_{};
  bool started_ = false;
};

}  // namespace commune_watch::store
