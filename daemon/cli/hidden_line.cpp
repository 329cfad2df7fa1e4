// The terminal's echo is given back also when a signal ends the program in between.
#include "cli/hidden_line.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>

namespace commune_watch {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP};
volatile std::sig_atomic_t caught = 0;

class NoEcho {
 public:
  NoEcho() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    // Blocked save while ppoll() waits: one that comes just before read() would else be waited over.
    sigset_t ours;
    sigemptyset(&ours);
    for (const int signal : kSignals) sigaddset(&ours, signal);
    ::sigprocmask(SIG_BLOCK, &ours, &mask_);
    struct sigaction action {};
    action.sa_handler = [](int signal) { caught = signal; };
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &action, &actions_[i]);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL;
    hidden_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~NoEcho() {
    if (hidden_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &actions_[i], nullptr);
    ::sigprocmask(SIG_SETMASK, &mask_, nullptr);
    if (caught != 0) static_cast<void>(::raise(caught));
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  [[nodiscard]] bool hidden() const { return hidden_; }
  [[nodiscard]] const sigset_t& mask() const { return mask_; }

 private:
  termios before_{};
  std::array<struct sigaction, kSignals.size()> actions_{};
  sigset_t mask_{};
  bool hidden_ = false;
};

// `open`: the signals that may end the waiting; of a pipe none are held back.
Result<std::string> read_input(const sigset_t* open) {
  std::string text;
  std::array<char, 1024> buffer{};
  for (;;) {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    if (open != nullptr && ::ppoll(&input, 1, nullptr, open) < 0 && caught == 0 && errno == EINTR) continue;
    if (caught != 0) return fail("đã thôi / broken off");
    const auto got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail("không đọc được / cannot be read: " + std::string(std::strerror(errno)));
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > kMostHidden + 2) return fail("mật khẩu dài quá / longer than 4095 bytes");
    if (got == 0 || (open != nullptr && text.ends_with('\n'))) break;
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return fail("mật khẩu trống, chưa ghi gì / empty, nothing was written");
  if (text.find_first_of(std::string_view{"\n\r\0", 3}) != std::string::npos)
    return fail("mật khẩu phải nằm trên một dòng / it must be on one line");
  if (text.size() > kMostHidden) return fail("mật khẩu dài quá / longer than 4095 bytes");
  return text;
}

}  // namespace

Result<std::string> read_hidden(const std::string& question, const std::string& again) {
  if (::isatty(STDIN_FILENO) != 1) return read_input(nullptr);
  const NoEcho quiet;
  if (!quiet.hidden()) return fail("không tắt được hiện chữ / the terminal's echo cannot be switched off");
  std::cerr << question << ": " << std::flush;
  auto first = read_input(&quiet.mask());
  if (!first) return first;
  std::cerr << again << ": " << std::flush;
  const auto second = read_input(&quiet.mask());
  if (!second) return second;
  if (*first != *second)
    return fail("hai lần gõ không giống nhau, chưa ghi gì / not the same twice, nothing was written");
  return first;
}

}  // namespace commune_watch
