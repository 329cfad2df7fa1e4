// The state directory: one daemon at a time, the database's files, and the place for those that cannot be
// believed.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "domain/result.hpp"

namespace commune_watch::store {

// Room for the write-ahead log at its longest and for years of records; said where there is none left.
inline constexpr std::int64_t kRoomNeeded = 64LL << 20U;

// Holds the lock for as long as it lives. Files: `lock` (flock, the holder's pid inside), `commune-watch.db`
// and its `-wal`, `damaged` (why the file has to be checked whole at the next start),
// `put-aside/<when>-<n>/`, `backup/commune-watch-*.db`, `ballast` and `ballast-start`, `length`. Where
// root makes them they are the directory's owner's: root may probe, and the service starts all the same.
class StateDir {
 public:
  // Makes the directory 0700 if missing. Failure: another process holds it (named by pid), or it cannot be
  // made or written. `memory`: a directory that lives as long as the machine is on; empty: none.
  static Result<StateDir> take(const std::string& directory, const std::string& memory);
  StateDir(StateDir&& other) noexcept;
  StateDir& operator=(StateDir&&) = delete;
  ~StateDir();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string database() const { return path_ + "/commune-watch.db"; }
  [[nodiscard]] std::string log_of_writes() const { return database() + "-wal"; }
  [[nodiscard]] std::string unborn() const { return database() + ".new"; }  // being made; renamed when whole

  [[nodiscard]] std::string backups() const { return path_ + "/backup"; }
  [[nodiscard]] bool make_backups() const;  // that directory; false: errno says why not

  // Where a file that is put aside now would go: named after when it was last written, so that no clock is
  // asked.
  [[nodiscard]] std::string next_aside() const;
  // Moves the database, then its write-ahead log, to `aside`. Nothing is deleted.
  [[nodiscard]] Result<void> put_aside(const std::string& aside) const;
  // An empty unborn database, or the copy of another file and of the journal that a cut may have left beside
  // it.
  [[nodiscard]] Result<void> conceive() const { return make_empty(unborn()); }
  [[nodiscard]] Result<void> conceive_from(const std::string& file) const;
  // The unborn database takes its place, durably.
  [[nodiscard]] Result<void> give_birth() const { return name_durably(unborn(), database()); }

  // Nothing is left of it: what it was made for is refused, and its room is needed.
  void forget_unborn() const;

  // An empty file in the place of what bore its name, for nobody but its directory's owner.
  [[nodiscard]] static Result<void> make_empty(const std::string& file);
  [[nodiscard]] static Result<void> sync_file(const std::string& file);
  // Another name, in the same directory: the file is synced before, the directory after.
  [[nodiscard]] static Result<void> name_durably(const std::string& from, const std::string& to);

  // Blocks that are given up when the disk is full, so that what waits is written all the same: `ballast` for
  // any commit, `ballast-start` for the first one of a run.
  enum class Ballast : std::uint8_t { commit, start };
  [[nodiscard]] bool spend(Ballast which) const;  // false: there was none
  // Makes what is missing, of a twentieth of the room that is free. Empty, or why it is still missing.
  [[nodiscard]] std::string tend_ballast() const;

  // Less than a MiB is free, or nothing can be written at all: a new start would help nobody.
  [[nodiscard]] bool closed() const;
  // "; the disk is full: …": where, how much is needed and how much there is.
  [[nodiscard]] std::string no_room() const;
  // That if it is `full`, or "; the disk is read-only: …", or nothing.
  [[nodiscard]] std::string lacks(bool full) const;

  // How long the log has been, beside the database: a write-ahead log that is damaged or cut off leaves a
  // database that is sound and short. Exact in memory, after each commit, for the log whose first record has
  // this hash; on the disk every kMarkEvery records and when `last`, for each is a block of 4 KiB, or after
  // each commit where there is no memory. Never ahead, for nothing is marked that is not durable.
  void mark_length(const std::string& epoch, std::uint64_t before, std::uint64_t now, bool last) const;
  [[nodiscard]] std::uint64_t marked_length(const std::string& epoch) const;  // 0: not known
  void unmark_length() const;
  static constexpr std::uint64_t kMarkEvery = 16;

  void mark_damaged(const std::string& why) const;  // best effort: the disk may be what is damaged
  [[nodiscard]] std::optional<std::string> marked_damaged() const;  // why
  void unmark_damaged() const;

 private:
  StateDir(std::string path, std::string memory, int lock)
      : path_(std::move(path)), memory_(std::move(memory)), lock_(lock) {}

  std::string path_, memory_;
  int lock_ = -1;
};

// Size in bytes; -1 if there is no such file.
std::int64_t file_size(const std::string& path);

}  // namespace commune_watch::store
