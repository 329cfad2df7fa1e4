// 32 bytes as base64 in one line; written aside, synced, renamed.
#include "gateway_key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace commune_watch {
namespace {

using evidence::SigningKey;

std::string trouble(const std::string& path) { return path + ": " + std::strerror(errno); }

class File {
 public:
  File(const std::string& path, int flags, mode_t mode = 0)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

// `directory`: whose key it is. The service's user reads its own; what root reads for it is the same file.
Result<SigningKey> read_key(const std::string& path, const std::string& directory, bool credential) {
  const File file(path, O_RDONLY | O_NOFOLLOW);
  if (!file) return fail(trouble(path));
  struct stat about {};
  ::fstat(file.fd(), &about);
  if (!credential && (about.st_mode & 077U) != 0)
    return fail(path + ": others may read the evidence key; run: chmod 600 " + path +
                " and rotate it (commune-watch key rotate)");
  struct stat state {};
  if (!credential && (::stat(directory.c_str(), &state) != 0 ||
                      (about.st_uid != state.st_uid && about.st_uid != ::geteuid())))
    return fail(
        path + ": tệp khóa thuộc về người dùng khác, người đó đọc và đổi được khóa / belongs to user " +
        std::to_string(about.st_uid) + ", who can read and change it, and not to " + directory +
        "'s; if the key was not copied by hand, rotate it; run: chown --reference=" + directory + " " + path);
  std::string text(128, '\0');
  const auto got = ::read(file.fd(), text.data(), text.size());
  if (got < 0) return fail(trouble(path));
  text.resize(static_cast<std::size_t>(got));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  const auto seed = evidence::bytes_of_base64(text);
  auto key = seed ? SigningKey::of(*seed) : std::nullopt;
  if (!key)
    return fail(path +
                ": is no evidence key (32 bytes in base64); restore it from a copy, or move it away to begin "
                "with a new one");
  return std::move(*key);
}

Result<void> sync_directory(const std::string& directory) {
  const File parent(directory, O_RDONLY | O_DIRECTORY);
  if (!parent || ::fsync(parent.fd()) != 0) return fail(trouble(directory));
  return {};
}

Result<void> write_key(const std::string& directory, const std::string& path, const SigningKey& key) {
  const std::string aside = path + ".tmp";
  ::unlink(aside.c_str());
  {
    const File file(aside, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!file) return fail(trouble(aside));
    const auto text = evidence::base64(key.seed()) + '\n';
    struct stat owner {};
    // Where root made it, it is the directory's owner's: the service starts all the same.
    if (::stat(directory.c_str(), &owner) == 0 && ::geteuid() == 0 &&
        ::fchown(file.fd(), owner.st_uid, owner.st_gid) != 0)
      return fail(trouble(aside));
    if (::write(file.fd(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(file.fd()) != 0)
      return fail(trouble(aside));
  }
  if (::rename(aside.c_str(), path.c_str()) != 0) return fail(trouble(path));
  return sync_directory(directory);
}

}  // namespace

KeyFiles::KeyFiles(const std::string& state, const std::string& credentials)
    : directory_(state), path_(state + "/evidence.key"), next_(path_ + ".next") {
  const auto given = credentials + "/evidence-key";
  if (credentials.empty() || ::access(given.c_str(), F_OK) != 0) return;
  path_ = given;
  credential_ = true;
}

Result<SigningKey> KeyFiles::take() const {
  if (credential_ || ::access(path_.c_str(), F_OK) == 0) return read_key(path_, directory_, credential_);
  if (errno != ENOENT) return fail(trouble(path_));
  auto key = SigningKey::make();
  if (auto kept = write_key(directory_, path_, key); !kept) return std::unexpected(kept.error());
  return key;
}

std::optional<SigningKey> KeyFiles::next() const {
  if (credential_) return std::nullopt;
  auto key = read_key(next_, directory_, false);
  return key ? std::optional(std::move(*key)) : std::nullopt;
}

Result<SigningKey> KeyFiles::make_next() const {
  if (credential_)
    return fail(path_ + ": the key is a systemd credential; put another one there and restart");
  auto key = SigningKey::make();
  if (auto kept = write_key(directory_, next_, key); !kept) return std::unexpected(kept.error());
  return key;
}

Result<void> KeyFiles::take_over() const {
  if (::rename(next_.c_str(), path_.c_str()) != 0) return fail(trouble(path_));
  return sync_directory(directory_);
}

}  // namespace commune_watch
