// The disk's books, SQLite's way to it (https://sqlite.org/vfs.html), and the program's own.
#include "faults/crash_vfs_disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace commune_watch {
namespace {

constexpr std::size_t kSector = 512;
CrashDisk* the_disk = nullptr;

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

ino_t inode_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

}  // namespace

// SQLite's view.
struct CrashVfs {
  struct File {
    sqlite3_file base;
    CrashDisk* disk;
    ino_t inode;
    bool name_unsynced;  // SQLite's own VFS for Unix syncs the directory of a new journal with the first sync
                         // of the file
    const char* name;
    sqlite3_file* real;
  };
  static CrashDisk& of(sqlite3_vfs* vfs) { return *static_cast<CrashDisk*>(vfs->pAppData); }
  static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
    auto& disk = of(vfs);
    auto& mine = of(file);
    mine.base.pMethods = nullptr;
    mine.disk = &disk;
    mine.name = name;
    mine.real = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(File));
    if (disk.powerless()) return SQLITE_CANTOPEN;
    const bool makes = name != nullptr && (flags & SQLITE_OPEN_CREATE) != 0 && inode_of(name) == 0;
    bool reaches = false;
    if (makes && !disk.happens(CrashDisk::Op::create, reaches)) {
      if (reaches) disk.made(name);
      return SQLITE_CANTOPEN;
    }
    const int code = disk.real_->xOpen(disk.real_, name, mine.real, flags, out);
    if (code != SQLITE_OK) return code;
    if (makes) disk.made(name);
    mine.inode = name != nullptr ? inode_of(name) : 0;
    mine.name_unsynced = makes && (flags & SQLITE_OPEN_MAIN_DB) == 0;
    mine.base.pMethods = methods();
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
    auto& disk = of(vfs);
    if (inode_of(name) == 0) return SQLITE_IOERR_DELETE_NOENT;
    bool reaches = false;
    if (!disk.happens(CrashDisk::Op::remove, reaches)) {
      if (reaches) disk.removed(name);
      return SQLITE_IOERR_DELETE;
    }
    disk.removed(name);
    const int code = disk.real_->xDelete(disk.real_, name, 0);
    if (code != SQLITE_OK || sync_directory == 0) return code;
    if (!disk.happens(CrashDisk::Op::sync_directory, reaches)) return SQLITE_IOERR_DIR_FSYNC;
    disk.synced_directory(directory_of(name));
    return SQLITE_OK;
  }

  static int write(sqlite3_file* file, const void* from, int count, sqlite3_int64 at) {
    auto& mine = of(file);
    bool reaches = false;
    const bool happens = mine.disk->happens(CrashDisk::Op::write, reaches);
    if (reaches) {
      mine.disk->wrote(mine.inode, static_cast<std::size_t>(at),
                       {static_cast<const char*>(from), static_cast<std::size_t>(count)}, false);
    }
    return happens ? mine.real->pMethods->xWrite(mine.real, from, count, at) : SQLITE_IOERR_WRITE;
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    auto& mine = of(file);
    bool reaches = false;
    const bool happens = mine.disk->happens(CrashDisk::Op::truncate, reaches);
    if (reaches) mine.disk->wrote(mine.inode, static_cast<std::size_t>(size), {}, true);
    return happens ? mine.real->pMethods->xTruncate(mine.real, size) : SQLITE_IOERR_TRUNCATE;
  }

  static int sync(sqlite3_file* file, int) {
    auto& mine = of(file);
    bool reaches = false;
    if (!mine.disk->happens(CrashDisk::Op::sync, reaches)) {
      if (reaches && mine.disk->chance()) mine.disk->synced(mine.inode);
      return SQLITE_IOERR_FSYNC;
    }
    mine.disk->synced(mine.inode);
    if (!std::exchange(mine.name_unsynced, false)) return SQLITE_OK;
    if (!mine.disk->happens(CrashDisk::Op::sync_directory, reaches)) return SQLITE_IOERR_DIR_FSYNC;
    mine.disk->synced_directory(directory_of(mine.name));
    return SQLITE_OK;
  }

  static int control(sqlite3_file* file, int what, void* with) {
    auto& mine = of(file);
    if (what == SQLITE_FCNTL_PRAGMA) {
      char** const words = static_cast<char**>(with);  // [1] the name, [2] the value or null
      if (words[2] != nullptr) {
        const auto found = mine.disk->misread_.find({words[1], words[2]});
        if (found != mine.disk->misread_.end()) std::strcpy(words[2], found->second.c_str());
      }
      return SQLITE_NOTFOUND;
    }
    return mine.real->pMethods->xFileControl(mine.real, what, with);
  }

  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods kMethods = [] {
      sqlite3_io_methods m{};
      m.iVersion = 1;
      m.xClose = [](sqlite3_file* f) { return of(f).real->pMethods->xClose(of(f).real); };
      m.xRead = [](sqlite3_file* f, void* into, int n, sqlite3_int64 at) {
        return of(f).real->pMethods->xRead(of(f).real, into, n, at);
      };
      m.xWrite = write;
      m.xTruncate = truncate;
      m.xSync = sync;
      m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
        return of(f).real->pMethods->xFileSize(of(f).real, size);
      };
      m.xLock = [](sqlite3_file* f, int how) { return of(f).real->pMethods->xLock(of(f).real, how); };
      m.xUnlock = [](sqlite3_file* f, int how) { return of(f).real->pMethods->xUnlock(of(f).real, how); };
      m.xCheckReservedLock = [](sqlite3_file* f, int* held) {
        return of(f).real->pMethods->xCheckReservedLock(of(f).real, held);
      };
      m.xFileControl = control;
      m.xSectorSize = [](sqlite3_file* f) { return of(f).real->pMethods->xSectorSize(of(f).real); };
      m.xDeviceCharacteristics = [](sqlite3_file* f) {
        return of(f).real->pMethods->xDeviceCharacteristics(of(f).real);
      };
      return m;
    }();
    return &kMethods;
  }
};

CrashDisk::CrashDisk(std::string root, unsigned seed)
    : root_(std::move(root)), random_(seed), real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  the_disk = this;
  vfs_.zName = "crash";
  vfs_.pAppData = this;
  vfs_.szOsFile = static_cast<int>(sizeof(CrashVfs::File)) + real_->szOsFile;
  vfs_.xOpen = CrashVfs::open;
  vfs_.xDelete = CrashVfs::remove;
  vfs_.xAccess = [](sqlite3_vfs* vfs, const char* name, int flags, int* result) {
    auto* real = CrashVfs::of(vfs).real_;
    return real->xAccess(real, name, flags, result);
  };
  vfs_.xFullPathname = [](sqlite3_vfs* vfs, const char* name, int length, char* full) {
    auto* real = CrashVfs::of(vfs).real_;
    return real->xFullPathname(real, name, length, full);
  };
  sqlite3_vfs_register(&vfs_, 1);
}

CrashDisk::~CrashDisk() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(real_, 1);
  the_disk = nullptr;
}

CrashDisk* CrashDisk::mounted() { return the_disk; }

void CrashDisk::cut_at(Op op, int nth) { cut_ = {op, counts_.at(static_cast<std::size_t>(op)) + nth}; }

void CrashDisk::misread_pragma(const std::string& name, const std::string& value,
                               const std::string& instead) {
  if (instead.size() > value.size()) std::abort();
  misread_[{name, value}] = instead;
}

bool CrashDisk::holds(const std::string& path) const { return path.starts_with(root_ + "/"); }

bool CrashDisk::happens(Op op, bool& reaches) {
  reaches = !powerless_;
  if (powerless_) return false;
  const int count = ++counts_.at(static_cast<std::size_t>(op));
  if (cut_ && cut_->first == op && cut_->second <= count) {
    powerless_ = true;
    cut_by_ = op;
  }
  return !powerless_;
}

void CrashDisk::made(const std::string& path) {
  // Where power went before the real file was made, a number that no file has.
  const auto inode = inode_of(path) != 0 ? inode_of(path) : ~ino_t{0};
  const bool directory = std::filesystem::is_directory(path);
  inodes_[inode] = {};
  unsynced_names_.push_back({"", path, inode, directory});
}

void CrashDisk::renamed(const std::string& from, const std::string& to) {
  unsynced_names_.push_back({from, to});
}

void CrashDisk::removed(const std::string& path) { unsynced_names_.push_back({path, ""}); }

void CrashDisk::wrote(ino_t inode, std::size_t offset, std::string bytes, bool truncate) {
  inodes_[inode].unsynced.push_back({offset, std::move(bytes), truncate});
}

void CrashDisk::synced(ino_t inode) {
  auto& file = inodes_[inode];
  for (const auto& write : file.unsynced) apply(file.durable, write);
  file.unsynced.clear();
}

void CrashDisk::synced_directory(const std::string& path) {
  const auto last = std::find_if(unsynced_names_.rbegin(), unsynced_names_.rend(), [&](const Name& name) {
    return directory_of(name.from) == path || directory_of(name.to) == path;
  });
  const auto many = std::distance(last, unsynced_names_.rend());
  for (auto name = unsynced_names_.begin(); name != unsynced_names_.begin() + many; ++name) apply(*name);
  unsynced_names_.erase(unsynced_names_.begin(), unsynced_names_.begin() + many);
}

void CrashDisk::apply(std::string& image, const Write& write) {
  if (write.truncate) {
    image.resize(write.offset);
    return;
  }
  if (image.size() < write.offset + write.bytes.size()) image.resize(write.offset + write.bytes.size());
  image.replace(write.offset, write.bytes.size(), write.bytes);
}

void CrashDisk::apply(const Name& name) {
  if (name.from.empty()) {
    names_[name.to] = {name.inode, name.directory};
    return;
  }
  const auto old = names_.find(name.from);
  if (old == names_.end()) return;
  if (!name.to.empty()) names_[name.to] = old->second;
  names_.erase(name.from);
}

// What became of the writes that were not synced: all lost, all there, all but one, or each as chance has it.
std::string CrashDisk::platter(const Inode& inode) {
  enum Fate : unsigned { lost, kept, torn };
  std::string image = inode.durable;
  const auto together = random_() % 4;
  const auto odd = inode.unsynced.empty() ? 0 : random_() % inode.unsynced.size();
  for (std::size_t i = 0; i < inode.unsynced.size(); ++i) {
    const auto& write = inode.unsynced[i];
    auto fate = static_cast<Fate>(random_() % 3);
    if (together == 0 || (together == 2 && i == odd)) fate = lost;
    if (together == 1 || (together == 2 && i != odd)) fate = kept;
    if (fate == torn && write.truncate) fate = kept;
    (fate == lost ? fates_.lost : fate == kept ? fates_.kept : fates_.torn) += 1;
    if (fate == kept) apply(image, write);
    if (fate != torn) continue;
    for (std::size_t done = 0; done < write.bytes.size();) {
      const auto at = write.offset + done;
      const auto part = std::min(kSector - at % kSector, write.bytes.size() - done);
      if (chance()) apply(image, {at, write.bytes.substr(done, part), false});
      done += part;
    }
  }
  return image;
}

void CrashDisk::come_back() {
  const auto kept = unsynced_names_.empty() ? 0 : random_() % (unsynced_names_.size() + 1);
  for (std::size_t i = 0; i < kept; ++i) apply(unsynced_names_[i]);
  fates_.names_lost += static_cast<long>(unsynced_names_.size() - kept);
  std::map<ino_t, Inode> platters;
  for (const auto& [path, entry] : names_) {
    if (!entry.directory && !platters.contains(entry.inode))
      platters[entry.inode] = {platter(inodes_[entry.inode]), {}};
  }
  inodes_ = std::move(platters);
  materialise();
}

void CrashDisk::wipe() {
  names_.clear();
  inodes_.clear();
  materialise();
}

void CrashDisk::damage(const std::string& name, const std::string& bytes) {
  const auto known = names_.find(root_ + "/" + name);
  if (known == names_.end()) return;
  inodes_[known->second.inode] = {bytes, {}};
  materialise();
}

void CrashDisk::materialise() {
  namespace fs = std::filesystem;
  unsynced_names_.clear();
  for (const auto& entry : fs::directory_iterator(root_)) fs::remove_all(entry.path());
  std::map<ino_t, Inode> inodes;
  for (auto& [path, entry] : names_) {  // parents come before what they hold
    if (entry.directory) {
      fs::create_directory(path);
    } else {
      const auto& bytes = inodes_[entry.inode].durable;
      std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      const auto inode = inode_of(path);
      inodes[inode].durable = bytes;
      entry.inode = inode;
    }
  }
  inodes_ = std::move(inodes);
  cut_.reset();
  cut_by_.reset();
  counts_ = {};
  powerless_ = false;
}

}  // namespace commune_watch

// What the linker puts in the place of the calls of the program's own objects (ld(1), --wrap).
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the names are ld's
extern "C" {
int __real_open(const char* path, int flags, ...);
ssize_t __real_write(int file, const void* bytes, std::size_t count);
int __real_fsync(int file);
int __real_rename(const char* from, const char* to);
int __real_unlink(const char* path);
int __real_mkdir(const char* path, mode_t mode);

int __wrap_open(const char* path, int flags, ...);
ssize_t __wrap_write(int file, const void* bytes, std::size_t count);
int __wrap_fsync(int file);
int __wrap_rename(const char* from, const char* to);
int __wrap_unlink(const char* path);
int __wrap_mkdir(const char* path, mode_t mode);
}

namespace {
using commune_watch::CrashDisk;
using Op = CrashDisk::Op;

CrashDisk* disk_of(const std::string& path) {
  auto* disk = CrashDisk::mounted();
  return disk != nullptr && disk->holds(path) ? disk : nullptr;
}

std::string path_of(int file) {
  std::string path(4096, '\0');
  const auto got = ::readlink(("/proc/self/fd/" + std::to_string(file)).c_str(), path.data(), path.size());
  path.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return path;
}

// Of a file that stands in a directory of the disk, or of such a directory.
CrashDisk* disk_of(int file, std::string& path) {
  path = path_of(file);
  return disk_of(path + "/");
}

int no_power() {
  errno = EIO;
  return -1;
}

}  // namespace

int __wrap_open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  auto* disk = disk_of(path);
  struct stat info {};
  const bool there = ::stat(path, &info) == 0;
  const bool writes = (flags & O_ACCMODE) != O_RDONLY;
  if (disk == nullptr || !writes || (there && (flags & O_TRUNC) == 0)) return __real_open(path, flags, mode);
  bool reaches = false;
  const bool happens = disk->happens(there ? Op::truncate : Op::create, reaches);
  const int file = happens ? __real_open(path, flags, mode) : no_power();
  if (reaches && there) disk->wrote(info.st_ino, 0, {}, true);
  if (reaches && !there && (file >= 0 || !happens)) disk->made(path);
  if (!happens) errno = EIO;
  return file;
}

ssize_t __wrap_write(int file, const void* bytes, std::size_t count) {
  std::string path;
  auto* disk = disk_of(file, path);
  if (disk == nullptr) return __real_write(file, bytes, count);
  bool reaches = false;
  const bool happens = disk->happens(Op::write, reaches);
  struct stat info {};
  if (reaches && ::fstat(file, &info) == 0) {
    disk->wrote(info.st_ino, static_cast<std::size_t>(::lseek(file, 0, SEEK_CUR)),
                {static_cast<const char*>(bytes), count}, false);
  }
  return happens ? __real_write(file, bytes, count) : no_power();
}

int __wrap_fsync(int file) {
  std::string path;
  auto* disk = disk_of(file, path);
  if (disk == nullptr) return __real_fsync(file);
  struct stat info {};
  if (::fstat(file, &info) != 0) return no_power();
  const bool directory = S_ISDIR(info.st_mode);
  bool reaches = false;
  const bool happens = disk->happens(directory ? Op::sync_directory : Op::sync, reaches);
  if (happens || (reaches && disk->chance())) {
    if (directory) {
      disk->synced_directory(path);
    } else {
      disk->synced(info.st_ino);
    }
  }
  return happens ? 0 : no_power();
}

int __wrap_rename(const char* from, const char* to) {
  auto* disk = disk_of(to);
  struct stat info {};
  if (disk == nullptr || ::stat(from, &info) != 0) return __real_rename(from, to);
  bool reaches = false;
  const bool happens = disk->happens(Op::rename, reaches);
  if (reaches) disk->renamed(from, to);
  return happens ? __real_rename(from, to) : no_power();
}

int __wrap_unlink(const char* path) {
  auto* disk = disk_of(path);
  struct stat info {};
  if (disk == nullptr || ::stat(path, &info) != 0) return __real_unlink(path);
  bool reaches = false;
  const bool happens = disk->happens(Op::remove, reaches);
  if (reaches) disk->removed(path);
  return happens ? __real_unlink(path) : no_power();
}

int __wrap_mkdir(const char* path, mode_t mode) {
  auto* disk = disk_of(path);
  struct stat info {};
  if (disk == nullptr || ::stat(path, &info) == 0) return __real_mkdir(path, mode);
  bool reaches = false;
  const bool happens = disk->happens(Op::create, reaches);
  const int made = happens ? __real_mkdir(path, mode) : no_power();
  if (happens && made == 0) disk->made(path);  // cut: no directory
  return made;
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
