// A backup that grows with the log: it takes in what is new since its own end, and what else has changed, so
// that a night writes a day's worth and not the whole.
//
// Everything else in it is compared with the log at the same time, so a night's backup says of the whole file
// that it is what it should be. A file that cannot be believed, or is of another log, is made anew beside it
// and takes its name when it is whole; another log's is kept under another name. What is written to a file
// that stands is one transaction: a cut leaves the night before, and the journal beside the file that tells
// SQLite so.
//
// In it are all tables but those that follow from the log: they are empty and marked stale, and restoring
// makes them.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "domain/result.hpp"
#include "store/backup.hpp"
#include "store/log_table.hpp"
#include "store/mirror.hpp"
#include "store/sql.hpp"
#include "store/tree.hpp"

namespace commune_watch::store {

class BackupGrowth final : public BackupWork {
 public:
  using Say = std::function<void(std::string)>;
  // `tree` is that of `from`; both outlive it. Failure: no room, or the file cannot be opened or made.
  static Result<std::unique_ptr<BackupWork>> begin(Sql& from, Tree& tree, std::string file, Say say);
  ~BackupGrowth() override;  // what is not whole is undone
  BackupGrowth(const BackupGrowth&) = delete;
  BackupGrowth& operator=(const BackupGrowth&) = delete;

  Result<std::optional<std::string>> step() override;
  [[nodiscard]] bool blames_source() const override { return blames_source_; }

 private:
  enum class Phase : std::uint8_t { log, checkpoint, node, hourly, note, rest };
  // Where it is written to, in birth order.
  struct Target {
    Target(const std::string& file, bool anew);
    Sql sql;
    std::string unsound;  // why it cannot go on
    std::optional<Transaction> transaction;
    std::optional<LogTable> log;
    Seq held = 0;  // records, before
  };
  struct SourceTrouble;
  struct Unsound;

  BackupGrowth(Sql& from, Tree& tree, std::string file, Say say);
  Result<void> open();
  Result<void> begin_anew(const std::string& why);
  [[nodiscard]] Result<void> room(std::int64_t held) const;
  template <class Read>
  auto of_source(Read read) -> decltype(read());
  void advance();
  bool log_slice();
  [[noreturn]] void differs(const Record& ours);
  void begin_table(const char* table, int keys, Mirror::Surplus surplus);
  bool table_slice(std::size_t rows);
  void rest();
  Result<void> finish();

  Sql& from_;
  Tree& tree_;
  LogTable log_;  // of `from`
  std::string name_, unfinished_;
  Say say_;
  std::int64_t version_;  // of `from`: nobody else writes to it meanwhile
  std::unique_ptr<Target> to_;
  std::unique_ptr<Mirror> mirror_;
  bool anew_ = false, another_log_ = false, blames_source_ = false;
  Phase phase_ = Phase::log;
  Seq next_ = 0;
  std::int64_t tree_size_ = 0;
};

}  // namespace commune_watch::store
