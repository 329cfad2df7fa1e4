// The C library's calls that change or read a file, for every object that this program is made of.
#undef _FORTIFY_SOURCE  // its inline functions bear the names of those that are defined here
#include "store/medium.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <utility>

namespace commune_watch {
namespace {
Medium* on_duty = nullptr;
bool is_log(const std::string& path) { return path.ends_with("-wal"); }
}  // namespace

Medium::Medium(std::string root) : root_(std::move(root)) { on_duty = this; }
Medium::~Medium() { on_duty = nullptr; }
Medium* Medium::mounted() { return on_duty; }

void Medium::refuse(const Refusal& refusal) {
  refusal_ = refusal;
  counts_ = {};
  refused_ = 0;
}

int Medium::refusal(Op op) {
  const int number = ++counts_[static_cast<std::size_t>(op)];
  if (refusal_.error == 0) return 0;
  const bool begun = refusal_.everything && refused_ > 0 && op != Op::read;
  const bool mine =
      op == refusal_.op && (refusal_.for_ever ? number >= refusal_.nth : number == refusal_.nth);
  if (!begun && !mine) return 0;
  ++refused_;
  return refusal_.error;
}

void Medium::spoil(const std::string& path, off_t at) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) spoiled_[info.st_ino] = at;
}

bool Medium::spoiled(int file, off_t at, std::size_t bytes) const {
  if (spoiled_.empty()) return false;
  struct stat info {};
  if (::fstat(file, &info) != 0) return false;
  const auto found = spoiled_.find(info.st_ino);
  return found != spoiled_.end() && at <= found->second && found->second < at + static_cast<off_t>(bytes);
}

bool Medium::durable(const std::string& path) const {
  return !unsynced_.contains(path) && !dropped_.contains(path);
}

void Medium::breaks(const std::string& rule) {
  if (broken_rule_.empty()) broken_rule_ = rule;
}

void Medium::opened(int file, const std::string& path, bool emptied) {
  files_[file] = {path};
  if (emptied) truncated(file, 0);
}

void Medium::wrote(int file, bool well) {
  auto& mine = files_.at(file);
  if (mine.failed && is_log(mine.path)) breaks("it wrote on to a log whose handle had failed");
  if (!well) mine.failed = true;
  unsynced_.insert(mine.path);
}

void Medium::synced(int file, bool well) {
  auto& mine = files_.at(file);
  if (!well) {
    mine.failed = true;
    if (unsynced_.contains(mine.path)) dropped_.insert(mine.path);
  }
  unsynced_.erase(mine.path);
}

void Medium::truncated(int file, off_t bytes) {
  const auto& path = files_.at(file).path;
  if (bytes != 0) {
    unsynced_.insert(path);
    return;
  }
  if (is_log(path) && unsynced_.contains(path.substr(0, path.size() - 4)))
    breaks("it emptied the log before the database was synced");
  removed(path);
}

void Medium::renamed(const std::string& from, const std::string& to) {
  if (to.ends_with(".db") && from.ends_with(".new") && unsynced_.contains(from))
    breaks("it named a database that was not synced");
  removed(to);
  if (unsynced_.erase(from) > 0) unsynced_.insert(to);
  if (dropped_.erase(from) > 0) dropped_.insert(to);
  for (auto& [file, mine] : files_)
    if (mine.path == from) mine.path = to;
}

}  // namespace commune_watch

namespace {
using commune_watch::Medium;
using Op = Medium::Op;

template <class Function>
Function* next(Function*, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}
#define NEXT(name) static auto* const real = next(&::name, #name)

Medium* medium_of(int file) {
  auto* medium = Medium::mounted();
  return medium != nullptr && medium->holds(file) ? medium : nullptr;
}
Medium* medium_of(const char* path) {
  auto* medium = Medium::mounted();
  return medium != nullptr && medium->holds(path) ? medium : nullptr;
}

int refuse(int error) {
  errno = error;
  return -1;
}

template <class Real>
int open_on(Real* real, const char* path, int flags, mode_t mode) {
  auto* medium = medium_of(path);
  if (medium == nullptr) return real(path, flags, mode);
  const bool changes = (flags & (O_ACCMODE | O_CREAT | O_TRUNC)) != O_RDONLY;
  if (changes)
    if (const int error = medium->refusal(Op::open); error != 0) return refuse(error);
  const int file = real(path, flags, mode);
  if (file >= 0) medium->opened(file, path, (flags & O_TRUNC) != 0);
  return file;
}

template <class Call>
ssize_t read_on(int file, off_t at, size_t bytes, Call call) {
  auto* medium = medium_of(file);
  if (medium == nullptr) return call();
  if (const int error = medium->refusal(Op::read); error != 0) return refuse(error);
  return medium->spoiled(file, at, bytes) ? refuse(EIO) : call();
}

template <class Call>
ssize_t write_on(int file, size_t bytes, Call call) {
  auto* medium = medium_of(file);
  if (medium == nullptr) return call(bytes);
  const int error = medium->refusal(Op::write);
  if (error != 0 && medium->in_part()) call(bytes / 2);
  medium->wrote(file, error == 0);
  return error == 0 ? call(bytes) : refuse(error);
}

template <class Real>
int sync_on(Real* real, int file) {
  auto* medium = medium_of(file);
  if (medium == nullptr) return real(file);
  const int error = medium->refusal(Op::sync);
  medium->synced(file, error == 0);
  return error == 0 ? 0 : refuse(error);  // memory needs no sync
}

template <class Real>
int truncate_on(Real* real, int file, off_t bytes) {
  auto* medium = medium_of(file);
  if (medium == nullptr) return real(file, bytes);
  if (const int error = medium->refusal(Op::truncate); error != 0) return refuse(error);
  medium->truncated(file, bytes);
  return real(file, bytes);
}

mode_t mode_of(int flags, va_list rest) { return (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0; }

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  NEXT(open);
  va_list rest;
  va_start(rest, flags);
  const auto mode = mode_of(flags, rest);
  va_end(rest);
  return open_on(real, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  NEXT(open64);
  va_list rest;
  va_start(rest, flags);
  const auto mode = mode_of(flags, rest);
  va_end(rest);
  return open_on(real, path, flags, mode);
}
int close(int file) {
  NEXT(close);
  if (auto* medium = medium_of(file)) medium->closed(file);
  return real(file);
}
ssize_t read(int file, void* into, size_t bytes) {
  NEXT(read);
  return read_on(file, ::lseek(file, 0, SEEK_CUR), bytes, [&] { return real(file, into, bytes); });
}
ssize_t pread64(int file, void* into, size_t bytes, off64_t at) {
  NEXT(pread64);
  return read_on(file, at, bytes, [&] { return real(file, into, bytes, at); });
}
ssize_t write(int file, const void* from, size_t bytes) {
  NEXT(write);
  return write_on(file, bytes, [&](size_t most) { return real(file, from, most); });
}
ssize_t pwrite(int file, const void* from, size_t bytes, off_t at) {
  NEXT(pwrite);
  return write_on(file, bytes, [&](size_t most) { return real(file, from, most, at); });
}
ssize_t pwrite64(int file, const void* from, size_t bytes, off64_t at) {
  NEXT(pwrite64);
  return write_on(file, bytes, [&](size_t most) { return real(file, from, most, at); });
}
int posix_fallocate(int file, off_t at, off_t bytes) {
  NEXT(posix_fallocate);
  if (medium_of(file) == nullptr) return real(file, at, bytes);
  return write_on(file, 0, [](size_t) { return 0; }) < 0 ? errno : 0;  // there is always room
}
int fsync(int file) {
  NEXT(fsync);
  return sync_on(real, file);
}
int fdatasync(int file) {
  NEXT(fdatasync);
  return sync_on(real, file);
}
int ftruncate(int file, off_t bytes) {
  NEXT(ftruncate);
  return truncate_on(real, file, bytes);
}
int ftruncate64(int file, off64_t bytes) {
  NEXT(ftruncate64);
  return truncate_on(real, file, bytes);
}
int rename(const char* from, const char* to) {
  NEXT(rename);
  auto* medium = medium_of(to);
  if (medium == nullptr) return real(from, to);
  if (const int error = medium->refusal(Op::rename); error != 0) return refuse(error);
  const int code = real(from, to);
  if (code == 0) medium->renamed(from, to);
  return code;
}
int unlink(const char* path) {
  NEXT(unlink);
  auto* medium = medium_of(path);
  if (medium == nullptr) return real(path);
  if (const int error = medium->refusal(Op::remove); error != 0) return refuse(error);
  const int code = real(path);
  if (code == 0) medium->removed(path);
  return code;
}

int statvfs(const char* path, struct statvfs* into) {
  static auto* const kReal =
      reinterpret_cast<int (*)(const char*, struct statvfs*)>(::dlsym(RTLD_NEXT, "statvfs"));
  const int code = kReal(path, into);
  if (auto* medium = medium_of(path); code == 0 && medium != nullptr && medium->read_only())
    into->f_flag |= ST_RDONLY;
  return code;
}

}  // extern "C"
