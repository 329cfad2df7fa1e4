// systemd-creds(1), spoken to over pipes.
#include "cli/sealing.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace commune_watch {
namespace {

constexpr std::size_t kMostSealed = 64 * 1024;

class Pipe {
 public:
  Pipe() : good_(::pipe2(ends_.data(), O_CLOEXEC) == 0) {}
  ~Pipe() {
    close(0);
    close(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] int operator[](std::size_t end) const { return ends_[end]; }
  void close(std::size_t end) {
    if (ends_[end] >= 0) ::close(ends_[end]);
    ends_[end] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
  bool good_;
};

}  // namespace

Result<std::string> seal(const std::string& name, const std::string& secret) {
  const auto cannot = [](int error) {
    return fail(std::string("systemd-creds: không chạy được / cannot be run: ") + std::strerror(error));
  };
  Pipe in, out;
  if (!in.good() || !out.good()) return cannot(errno);
  std::array<std::string, 5> words{"systemd-creds", "encrypt", "--name=" + name, "-", "-"};
  std::array<char*, 6> argv{};
  for (std::size_t i = 0; i < words.size(); ++i) argv[i] = words[i].data();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, "systemd-creds", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return cannot(error);
  in.close(0);
  out.close(1);
  // At most kMostHidden bytes: less than a pipe holds, so this never waits for the child. One that has gone
  // already is told by its status.
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  const bool given = ::write(in[1], secret.data(), secret.size()) == static_cast<ssize_t>(secret.size());
  static_cast<void>(std::signal(SIGPIPE, before));
  in.close(1);
  std::string sealed;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto got = ::read(out[0], buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || sealed.size() > kMostSealed) break;
    sealed.append(buffer.data(), static_cast<std::size_t>(got));
  }
  out.close(0);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!given || !WIFEXITED(status) || WEXITSTATUS(status) != 0 || sealed.empty() ||
      sealed.size() > kMostSealed)
    return fail("systemd-creds: không mã hoá được, chưa ghi gì / did not encrypt, nothing was written");
  return sealed;
}

}  // namespace commune_watch
