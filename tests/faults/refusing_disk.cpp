// A medium that refuses under a program that has it open, as a file system does that went read-only after an
// error: no remount does that, for the kernel keeps files that are open for writing writable. Preloaded into
// the daemon by full_disk.py; $REFUSING_BELOW is the directory, $REFUSING_NOW a file elsewhere: while it is
// there, what would change the directory fails with the errno that stands in it.
#undef _FORTIFY_SOURCE  // its inline functions bear the names of those that are defined here
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

template <class Function>
Function* next(Function*, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}
#define NEXT(name) static auto* const real = next(&::name, #name)

// 0: nothing is refused.
int refusal() {
  NEXT(open);
  static const char* const kWhen = std::getenv("REFUSING_NOW");
  const int file = kWhen != nullptr ? real(kWhen, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return 0;
  char text[16] = {};
  const auto got = ::read(file, text, sizeof text - 1);
  ::close(file);
  return got > 0 ? std::atoi(text) : 0;
}

bool below(std::string_view path) {
  static const char* const kBelow = std::getenv("REFUSING_BELOW");
  return kBelow != nullptr && path.starts_with(kBelow);
}

bool refused(const char* path) {
  const int saved = errno;
  const int code = below(path) ? refusal() : 0;
  errno = code != 0 ? code : saved;
  return code != 0;
}

bool refused(int file) {
  const int saved = errno;
  char path[PATH_MAX] = {};
  const auto length = ::readlink(("/proc/self/fd/" + std::to_string(file)).c_str(), path, sizeof path - 1);
  errno = saved;
  return length > 0 && refused(path);
}

constexpr int kChanges = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;

mode_t mode_of(int flags, va_list rest) { return (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0; }

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  NEXT(open);
  va_list rest;
  va_start(rest, flags);
  const auto mode = mode_of(flags, rest);
  va_end(rest);
  return (flags & kChanges) != 0 && refused(path) ? -1 : real(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  NEXT(open64);
  va_list rest;
  va_start(rest, flags);
  const auto mode = mode_of(flags, rest);
  va_end(rest);
  return (flags & kChanges) != 0 && refused(path) ? -1 : real(path, flags, mode);
}
ssize_t write(int file, const void* from, size_t bytes) {
  NEXT(write);
  return refused(file) ? -1 : real(file, from, bytes);
}
ssize_t pwrite(int file, const void* from, size_t bytes, off_t at) {
  NEXT(pwrite);
  return refused(file) ? -1 : real(file, from, bytes, at);
}
ssize_t pwrite64(int file, const void* from, size_t bytes, off64_t at) {
  NEXT(pwrite64);
  return refused(file) ? -1 : real(file, from, bytes, at);
}
int ftruncate(int file, off_t bytes) {
  NEXT(ftruncate);
  return refused(file) ? -1 : real(file, bytes);
}
int ftruncate64(int file, off64_t bytes) {
  NEXT(ftruncate64);
  return refused(file) ? -1 : real(file, bytes);
}
int fsync(int file) {
  NEXT(fsync);
  return refused(file) ? -1 : real(file);
}
int fdatasync(int file) {
  NEXT(fdatasync);
  return refused(file) ? -1 : real(file);
}
int posix_fallocate(int file, off_t at, off_t bytes) {
  NEXT(posix_fallocate);
  return refused(file) ? errno : real(file, at, bytes);
}
int unlink(const char* path) {
  NEXT(unlink);
  return refused(path) ? -1 : real(path);
}
int rename(const char* from, const char* to) {
  NEXT(rename);
  return refused(from) || refused(to) ? -1 : real(from, to);
}
int mkdir(const char* path, mode_t mode) {
  NEXT(mkdir);
  return refused(path) ? -1 : real(path, mode);
}
int statvfs(const char* path, struct statvfs* into) {
  static auto* const kReal =
      reinterpret_cast<int (*)(const char*, struct statvfs*)>(::dlsym(RTLD_NEXT, "statvfs"));
  const int code = kReal(path, into);
  if (code == 0 && below(path) && refusal() == EROFS) into->f_flag |= ST_RDONLY;
  return code;
}

}  // extern "C"
