// Reading configuration and secret files, whole and capped.
#include "settings/disk.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>

#include "settings/tree.hpp"

namespace commune_watch {
namespace {

constexpr std::size_t kMaxSecret = 4096;

class Descriptor {
 public:
  // Not blocking: a FIFO in place of a file must not hang the start.
  explicit Descriptor(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::string cannot(std::string_view what) {
  return fmt::format("cannot be {}: {}", what, std::strerror(errno));
}

Result<std::string> contents(const Descriptor& file, std::size_t cap, std::string_view too_large) {
  std::string text;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(cannot("read"));
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > cap) return fail(std::string{too_large});
  }
}

Result<struct stat> regular(const Descriptor& file) {
  struct stat status {};
  if (file.get() < 0) return fail(cannot("opened"));
  if (::fstat(file.get(), &status) != 0) return fail(cannot("examined"));
  if (!S_ISREG(status.st_mode)) return fail("is not a regular file");
  return status;
}

}  // namespace

bool RealDisk::exists(const std::string& path) const {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ||
         errno != ENOENT;  // what may not be looked at is there, and reading says why not
}

Result<std::string> RealDisk::read(const std::string& path) const {
  const Descriptor file{path};
  if (const auto status = regular(file); !status) return std::unexpected{status.error()};
  return contents(file, kMaxToml, kTooLarge);
}

Result<std::vector<std::string>> RealDisk::toml_files(const std::string& directory) const {
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator{directory, error};
       !error && entry != std::filesystem::directory_iterator{}; entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (name.ends_with(".toml") && !name.starts_with('.')) names.push_back(std::move(name));
  }
  if (error == std::errc::no_such_file_or_directory) return std::vector<std::string>{};
  if (error) return fail("cannot be read as a folder: " + error.message());
  std::ranges::sort(names);
  return names;
}

Result<std::string> RealDisk::read_secret(const std::string& path, bool is_credential) const {
  const Descriptor file{path};
  const auto status = regular(file);
  if (!status) return std::unexpected{status.error()};
  if (const unsigned loose = status->st_mode & (is_credential ? 0007U : 0077U); loose != 0) {
    return fail(fmt::format("has mode {:04o}, so others on this machine can read it; run: chmod 600 {}",
                            status->st_mode & 07777U, path));
  }
  auto secret = contents(file, kMaxSecret, "is larger than 4096 bytes; it must hold the password alone");
  if (!secret) return secret;
  if (secret->ends_with('\n')) secret->pop_back();
  if (secret->ends_with('\r')) secret->pop_back();
  if (secret->empty()) return fail("is empty; write the password into it, on one line");
  if (secret->find_first_of(std::string_view{"\n\r\0", 3}) != std::string::npos)
    return fail("has more than one line; it must hold the password alone");
  return secret;
}

std::string join_path(const std::string& directory, const std::string& name) {
  if (directory.empty() || name.starts_with('/')) return name;
  return directory.ends_with('/') ? directory + name : directory + '/' + name;
}

std::string directory_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : file.substr(0, slash);
}

}  // namespace commune_watch
