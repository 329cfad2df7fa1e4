// Child processes and temporary directories.
#include "support/process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace commune_watch {
namespace {

constexpr int kStepMs = 20, kPatienceMs = 20'000;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool listens(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool taken = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return taken;
}

[[noreturn]] void become(const std::vector<char*>& argv, const std::string& log_file, RunAs user) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  const int nothing = ::open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  if (user.gid != 0 && (setgroups(0, nullptr) != 0 || setgid(user.gid) != 0)) _exit(126);
  if (user.uid != 0 && setuid(user.uid) != 0) _exit(126);
  if (user.uid != 0) prctl(PR_SET_PDEATHSIG, SIGKILL);  // changing the user clears it
  execvp(argv[0], argv.data());
  _exit(127);
}

}  // namespace

TempDirectory::TempDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "commune-watch-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp");
  chmod(name.c_str(), 0777);  // servers that drop root write here
  path_ = name;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDirectory::write(const std::string& name, const std::string& content) const {
  const std::string path = path_ + "/" + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

Process::Process(const std::vector<std::string>& argv, std::string log_file, RunAs user)
    : name_(argv.at(0)), log_file_(std::move(log_file)) {
  std::vector<char*> pointers;
  for (const std::string& each : argv)
    pointers.push_back(const_cast<char*>(each.c_str()));  // NOLINT: exec's signature
  pointers.push_back(nullptr);
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) become(pointers, log_file_, user);
}

Process::~Process() { stop(); }

void Process::stop() {
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  for (int waited = 0; waited < 5'000; waited += kStepMs) {
    if (ended()) return;
    poll(nullptr, 0, kStepMs);
  }
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

bool Process::ended() {
  if (pid_ <= 0) return true;
  if (waitpid(pid_, nullptr, WNOHANG) != pid_) return false;
  pid_ = -1;
  return true;
}

template <class Ready>
void Process::wait_until(Ready ready, const std::string& what) {
  for (int waited = 0; waited < kPatienceMs; waited += kStepMs) {
    if (ready()) return;
    if (ended()) throw std::runtime_error(name_ + " ended before " + what + ": " + output());
    poll(nullptr, 0, kStepMs);
  }
  throw std::runtime_error(name_ + ": waited in vain until " + what + ": " + output());
}

void Process::wait_for_port(std::uint16_t port) {
  wait_until([port] { return listens(port); }, "port " + std::to_string(port) + " answered");
}

void Process::wait_for_output(const std::string& text) {
  wait_until([&] { return output().find(text) != std::string::npos; }, "it said '" + text + "'");
}

std::string Process::output() const {
  std::ifstream file(log_file_, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  const bool bound = socket >= 0 &&
                     bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                     getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  ::close(socket);
  if (!bound) throw std::system_error(errno, std::generic_category(), "no free port");
  return ntohs(address.sin_port);
}

}  // namespace commune_watch
