// A disk that loses power at a chosen operation, under SQLite (a VFS) and under the files that a program
// makes itself (link with -Wl,--wrap of open, write, fsync, rename, unlink, mkdir).
//
// What the program reads is a directory in /dev/shm: the page cache, so to say. What the platters hold is
// kept here: of each file what was synced and the writes since; of each directory the names that were synced
// and the operations since. After a cut come_back() makes the directory what a disk may hold: un-synced
// writes are kept, lost or torn at 512 bytes in any combination; un-synced names are kept up to some point,
// for journals keep their order; a name that is kept does not keep its file's bytes. Writes never harm bytes
// beside them (SQLite's own assumption, SQLITE_IOCAP_POWERSAFE_OVERWRITE). A sync that answered is held. Its
// files offer no shared memory (iVersion 1): a connection that were not EXCLUSIVE could not open a
// write-ahead log.
#pragma once
#include <sqlite3.h>
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace commune_watch {

class CrashDisk {
 public:
  enum class Op : std::size_t { create, write, sync, truncate, remove, rename, sync_directory };
  static constexpr std::array<std::string_view, 7> kNames{"create", "write",  "sync",          "truncate",
                                                          "remove", "rename", "sync-directory"};
  using Counts = std::array<int, kNames.size()>;

  // One at a time. `root` stands and is empty.
  CrashDisk(std::string root, unsigned seed);
  ~CrashDisk();
  CrashDisk(const CrashDisk&) = delete;
  CrashDisk& operator=(const CrashDisk&) = delete;

  void cut_at(Op op, int nth);  // 1: the next one of its class; it is itself un-synced
  void cut() { powerless_ = true; }
  [[nodiscard]] bool powerless() const { return powerless_; }
  [[nodiscard]] const Counts& counts() const { return counts_; }  // since power came back
  [[nodiscard]] std::optional<Op> cut_by() const { return cut_by_; }
  // What became of everything un-synced, over all cuts.
  struct Fates {
    long lost = 0, kept = 0, torn = 0, names_lost = 0;
  };
  [[nodiscard]] const Fates& fates() const { return fates_; }
  // Every file is closed. Power is back; the directory is what the platters hold.
  void come_back();
  // As if nothing had ever been there.
  void wipe();
  // Damage of the medium: from now on these are the file's bytes, synced.
  void damage(const std::string& name, const std::string& bytes);

  // Every `PRAGMA name = value` is told to the VFS (SQLITE_FCNTL_PRAGMA) before SQLite reads it: from now on
  // it reads `instead`, which is not longer than `value`. So a known-bad variant needs no code of its own in
  // the program under test.
  void misread_pragma(const std::string& name, const std::string& value, const std::string& instead);

  // --- for the wrapped calls
  [[nodiscard]] bool holds(const std::string& path) const;
  // Counts the operation. True: it happens. False: power went, now or before; `reaches` says whether it may
  // still reach the platters.
  bool happens(Op op, bool& reaches);
  void made(const std::string& path);
  void renamed(const std::string& from, const std::string& to);
  void removed(const std::string& path);
  void wrote(ino_t inode, std::size_t offset, std::string bytes, bool truncate);
  void synced(ino_t inode);
  void synced_directory(const std::string& path);
  [[nodiscard]] bool chance() { return random_() % 2 == 0; }
  static CrashDisk* mounted();

 private:
  friend struct CrashVfs;
  struct Write {
    std::size_t offset = 0;
    std::string bytes;
    bool truncate = false;
  };
  struct Inode {
    std::string durable;
    std::vector<Write> unsynced;
  };
  struct Name {  // from empty: made; to empty: removed
    std::string from, to;
    ino_t inode = 0;
    bool directory = false;
  };
  struct Entry {
    ino_t inode = 0;
    bool directory = false;
  };
  static void apply(std::string& image, const Write& write);
  void apply(const Name& name);
  std::string platter(const Inode& inode);
  void materialise();

  std::string root_;
  std::mt19937 random_;
  std::map<ino_t, Inode> inodes_;
  std::map<std::string, Entry> names_;  // durable, by path
  std::vector<Name> unsynced_names_;
  std::map<std::pair<std::string, std::string>, std::string> misread_;
  std::optional<std::pair<Op, int>> cut_;
  std::optional<Op> cut_by_;
  Counts counts_{};
  Fates fates_;
  bool powerless_ = false;
  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
};

}  // namespace commune_watch
