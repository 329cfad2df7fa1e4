// The log's table: append at the end, read by seq. The table itself refuses gaps, updates and deletions.
#pragma once
#include "domain/log.hpp"
#include "store/sql.hpp"

namespace commune_watch::store {

// Of a row "seq, boot, bt, kind, device, body".
Record record_of(const Rows& row);

// 8 hex digits of the SHA-256 of a body.
std::string short_hash(std::string_view body);

class LogTable {
 public:
  explicit LogTable(Sql& sql);

  void append(const Record& record);
  std::vector<Record> read(Seq from, std::size_t most);
  [[nodiscard]] Seq length();
  std::string epoch();                       // empty before the first record
  std::vector<Seq> landmarks(LogKind kind);  // of the kinds in the index log_landmark

 private:
  Statement append_, read_, last_, landmarks_;
};

}  // namespace commune_watch::store
