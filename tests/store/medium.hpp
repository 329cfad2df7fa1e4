// A medium that refuses one call of a kind, or all from there on, and that keeps account of what is synced.
// The calls are those of this whole program, SQLite's too: medium.cpp stands in front of the C library.
// No power is cut here (faulty_disk.hpp does that): what was not synced is seen by who reads on.
#pragma once
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace commune_watch {

class Medium {
 public:
  enum class Op : std::size_t { open, read, write, sync, truncate, rename, remove };
  static constexpr std::array<std::string_view, 7> kNames{"open",     "read",   "write", "sync",
                                                          "truncate", "rename", "remove"};
  struct Refusal {
    Op op = Op::open;
    int nth = 0;              // 1: the next one
    int error = 0;            // errno
    bool for_ever = false;    // until relent(), not once
    bool everything = false;  // of all kinds that change something, once it has begun: with for_ever
    bool in_part = false;     // half of a write gets through first
  };

  // One at a time, over everything that is or will be below `root`.
  explicit Medium(std::string root);
  ~Medium();
  Medium(const Medium&) = delete;
  Medium& operator=(const Medium&) = delete;

  void refuse(const Refusal& refusal);
  void relent() { refusal_ = {}; }
  // A bad block: what lies there cannot be read any more, by whatever name.
  void spoil(const std::string& path, off_t at);
  [[nodiscard]] bool read_only() const { return refusal_.everything && refused_ > 0; }
  [[nodiscard]] int count(Op op) const { return counts_[static_cast<std::size_t>(op)]; }
  [[nodiscard]] int refused() const { return refused_; }

  // A synced file: no write to it since, and none that a failed sync may have dropped (Linux forgets what it
  // could not write back: https://www.usenix.org/conference/atc20/presentation/rebello).
  [[nodiscard]] bool durable(const std::string& path) const;
  // What no store may do, in words: writing on to a write-ahead log whose write or sync failed on that
  // handle; emptying a log, or giving a file its name, before what it stands for is synced.
  [[nodiscard]] const std::string& broken_rule() const { return broken_rule_; }

  // --- for the calls
  static Medium* mounted();
  [[nodiscard]] bool holds(std::string_view path) const { return path.starts_with(root_); }
  [[nodiscard]] bool holds(int file) const { return files_.contains(file); }
  int refusal(Op op);  // counts it; 0: it may happen, else the errno
  [[nodiscard]] bool in_part() const { return refusal_.in_part; }
  [[nodiscard]] bool spoiled(int file, off_t at, std::size_t bytes) const;
  void opened(int file, const std::string& path, bool emptied);
  void closed(int file) { files_.erase(file); }
  void wrote(int file, bool well);
  void synced(int file, bool well);
  void truncated(int file, off_t bytes);
  void renamed(const std::string& from, const std::string& to);
  void removed(const std::string& path) { unsynced_.erase(path), dropped_.erase(path); }

 private:
  struct File {
    std::string path;
    bool failed = false;
  };
  void breaks(const std::string& rule);

  std::string root_;
  Refusal refusal_;
  std::array<int, kNames.size()> counts_{};
  int refused_ = 0;
  std::map<int, File> files_;
  std::map<ino_t, off_t> spoiled_;
  std::set<std::string> unsynced_, dropped_;
  std::string broken_rule_;
};

}  // namespace commune_watch
