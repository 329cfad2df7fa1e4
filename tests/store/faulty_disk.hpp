// A disk for SQLite (a VFS over the real one) that fails when told to, and that loses power: writes that were
// not synced are then kept, lost or torn at 512 bytes, as chance has it. What ALICE (OSDI'14) and SQLite's
// own crash tests do to databases.
//
// Its files offer no shared memory (iVersion 1), so a connection that were not EXCLUSIVE could not even open
// a write-ahead log.
#pragma once
#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace commune_watch {

class FaultyDisk {
 public:
  FaultyDisk() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
    vfs_.zName = "faulty";
    vfs_.pAppData = this;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.xOpen = open;
    vfs_.xDelete = [](sqlite3_vfs* vfs, const char* name, int sync_dir) {
      return of(vfs).step(false) ? of(vfs).real_->xDelete(of(vfs).real_, name, sync_dir)
                                 : SQLITE_IOERR_DELETE;
    };
    vfs_.xAccess = [](sqlite3_vfs* vfs, const char* name, int flags, int* result) {
      return of(vfs).real_->xAccess(of(vfs).real_, name, flags, result);
    };
    vfs_.xFullPathname = [](sqlite3_vfs* vfs, const char* name, int length, char* full) {
      return of(vfs).real_->xFullPathname(of(vfs).real_, name, length, full);
    };
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~FaultyDisk() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, 1);
  }
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  void fail_syncs(int count) { failing_syncs_ = count; }
  void fail_writes(int code) { write_error_ = code; }  // SQLITE_OK: no more
  void cut_power_after(int operations) { left_ = operations; }
  [[nodiscard]] bool powerless() const { return left_ && *left_ <= 0; }
  [[nodiscard]] int syncs() const { return syncs_; }
  [[nodiscard]] long bytes_written() const { return bytes_; }

  // Everything that was written is on the platters.
  void settle() {
    for (auto& [name, disk] : disks_) {
      for (const auto& write : disk.unsynced) apply(disk.durable, write);
      disk.unsynced.clear();
    }
  }

  // All connections are closed: the files are what the platters hold. Power is back.
  void come_back(unsigned seed) {
    std::mt19937 random(seed);
    for (auto& [name, disk] : disks_) {
      for (const auto& write : disk.unsynced) {
        auto bytes = write.bytes;
        const auto fate = random() % 4;
        if (fate == 0) continue;                                                  // lost
        if (fate == 1) bytes.resize(std::min(bytes.size(), random() % 9 * 512));  // torn
        apply(disk.durable, {write.offset, bytes, write.truncate});
      }
      std::ofstream(name, std::ios::binary | std::ios::trunc)
          .write(disk.durable.data(), static_cast<std::streamsize>(disk.durable.size()));
    }
    disks_.clear();
    left_.reset();
  }

 private:
  struct Write {
    sqlite3_int64 offset;
    std::string bytes;
    bool truncate;
  };
  struct Disk {
    std::string durable;
    std::vector<Write> unsynced;
  };
  struct File {
    sqlite3_file base;
    FaultyDisk* disk;
    Disk* image;
    sqlite3_file* real;
  };

  static FaultyDisk& of(sqlite3_vfs* vfs) { return *static_cast<FaultyDisk*>(vfs->pAppData); }
  static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }

  static void apply(std::string& image, const Write& write) {
    const auto offset = static_cast<std::size_t>(write.offset);
    if (write.truncate) {
      image.resize(offset);
      return;
    }
    if (image.size() < offset + write.bytes.size()) image.resize(offset + write.bytes.size());
    image.replace(offset, write.bytes.size(), write.bytes);
  }

  // One more operation that changes the disk; false: there is no power.
  bool step(bool counts) {
    if (!left_) return true;
    if (counts && *left_ > 0) --*left_;
    return *left_ > 0;
  }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
    auto& self = of(vfs);
    auto& mine = of(file);
    mine.base.pMethods = nullptr;
    mine.disk = &self;
    mine.real = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(File));
    if (!self.step(false)) return SQLITE_CANTOPEN;
    const int code = self.real_->xOpen(self.real_, name, mine.real, flags, out);
    if (code != SQLITE_OK) return code;
    std::ostringstream now;
    now << std::ifstream(name != nullptr ? name : "", std::ios::binary).rdbuf();
    mine.image = &self.disks_[name != nullptr ? name : ""];
    *mine.image = {now.str(), {}};
    mine.base.pMethods = methods();
    return SQLITE_OK;
  }

  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods kMethods = [] {
      sqlite3_io_methods m{};
      m.iVersion = 1;
      m.xClose = [](sqlite3_file* f) { return of(f).real->pMethods->xClose(of(f).real); };
      m.xRead = [](sqlite3_file* f, void* into, int n, sqlite3_int64 at) {
        return of(f).real->pMethods->xRead(of(f).real, into, n, at);
      };
      m.xWrite = [](sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
        auto& self = *of(f).disk;
        if (!self.step(true)) return SQLITE_IOERR_WRITE;
        if (self.write_error_ != SQLITE_OK) return self.write_error_;
        self.bytes_ += n;
        of(f).image->unsynced.push_back(
            {at, std::string(static_cast<const char*>(from), static_cast<std::size_t>(n)), false});
        return of(f).real->pMethods->xWrite(of(f).real, from, n, at);
      };
      m.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
        if (!of(f).disk->step(true)) return SQLITE_IOERR_TRUNCATE;
        of(f).image->unsynced.push_back({size, {}, true});
        return of(f).real->pMethods->xTruncate(of(f).real, size);
      };
      m.xSync = [](sqlite3_file* f, int) {
        auto& self = *of(f).disk;
        if (!self.step(true)) return SQLITE_IOERR_FSYNC;
        ++self.syncs_;
        if (self.failing_syncs_ > 0) {
          --self.failing_syncs_;
          return SQLITE_IOERR_FSYNC;
        }
        for (const auto& write : of(f).image->unsynced) apply(of(f).image->durable, write);
        of(f).image->unsynced.clear();
        return SQLITE_OK;
      };
      m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
        return of(f).real->pMethods->xFileSize(of(f).real, size);
      };
      m.xLock = [](sqlite3_file* f, int how) { return of(f).real->pMethods->xLock(of(f).real, how); };
      m.xUnlock = [](sqlite3_file* f, int how) { return of(f).real->pMethods->xUnlock(of(f).real, how); };
      m.xCheckReservedLock = [](sqlite3_file* f, int* held) {
        return of(f).real->pMethods->xCheckReservedLock(of(f).real, held);
      };
      m.xFileControl = [](sqlite3_file* f, int what, void* with) {
        return of(f).real->pMethods->xFileControl(of(f).real, what, with);
      };
      m.xSectorSize = [](sqlite3_file* f) { return of(f).real->pMethods->xSectorSize(of(f).real); };
      m.xDeviceCharacteristics = [](sqlite3_file* f) {
        return of(f).real->pMethods->xDeviceCharacteristics(of(f).real);
      };
      return m;
    }();
    return &kMethods;
  }

  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
  std::map<std::string, Disk> disks_;  // by name; their addresses stay
  int failing_syncs_ = 0;
  int write_error_ = SQLITE_OK;
  std::optional<int> left_;
  int syncs_ = 0;
  long bytes_ = 0;
};

}  // namespace commune_watch
