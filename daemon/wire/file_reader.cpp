// open, look, read, look again.
#include "wire/file_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "wire/real_clock.hpp"

namespace commune_watch {
namespace {

Millis modified(const struct stat& seen) {
  return seen.st_mtim.tv_sec * 1'000 + seen.st_mtim.tv_nsec / 1'000'000;
}

bool same(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

void fail(FileReply& reply, Trouble trouble, std::string words) {
  reply.trouble = trouble;
  reply.words = std::move(words);
  reply.text.clear();
}

void fail(FileReply& reply, int error) {
  fail(reply, error == EACCES || error == EPERM ? Trouble::not_permitted : Trouble::local,
       std::generic_category().message(error));
}

void read_all(FileReply& reply, int descriptor, const FileRequest& request) {
  struct stat before {
  }, after{};
  if (::fstat(descriptor, &before) != 0) return fail(reply, errno);
  if (!S_ISREG(before.st_mode)) return fail(reply, Trouble::local, "no plain file");
  reply.modified = modified(before);
  std::array<char, 64 * 1024> part;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
  for (;;) {
    const ssize_t got = ::read(descriptor, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(reply, errno);
    if (got == 0) break;
    if (reply.text.size() + static_cast<std::size_t>(got) > request.max_bytes)
      return fail(reply, Trouble::too_large, "more than " + std::to_string(request.max_bytes) + " bytes");
    reply.text.append(part.data(), static_cast<std::size_t>(got));
  }
  if (::fstat(descriptor, &after) != 0) return fail(reply, errno);
  if (!same(before, after)) fail(reply, Trouble::closed, "it is being written");
}

}  // namespace

FileReply read_file(const FileRequest& request) {
  const Stopwatch watch;
  FileReply reply;
  // A pipe in its place must not hold us up.
  const int descriptor = ::open(request.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) {
    fail(reply, errno);
  } else {
    read_all(reply, descriptor, request);
    ::close(descriptor);
  }
  reply.took_us = watch.us();
  return reply;
}

}  // namespace commune_watch
