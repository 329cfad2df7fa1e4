// Real servers for tests: started on loopback, waited for until they answer, stopped by their own number when
// the test ends.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace commune_watch {

// A directory of its own that goes with it.
class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  // Writes a file below it and gives its path.
  std::string write(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

struct RunAs {  // whom to become before exec, where the test runs as root; 0 = stay
  uid_t uid = 0;
  gid_t gid = 0;
};

// A child process; what it writes goes to a file. Throws std::runtime_error where it cannot be started: a
// peer that is missing is an error, never a skip. It dies with the test.
class Process {
 public:
  Process(const std::vector<std::string>& argv, std::string log_file, RunAs user = {});
  ~Process();  // SIGTERM, after 5 s SIGKILL
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Throws with what it wrote if it ends, or 20 s pass, before something listens there.
  void wait_for_port(std::uint16_t port);
  // … before its output holds that text.
  void wait_for_output(const std::string& text);
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::string output() const;
  void stop();
  bool ended();  // by itself, or stopped

 private:
  template <class Ready>
  void wait_until(Ready ready, const std::string& what);

  std::string name_, log_file_;
  pid_t pid_ = -1;
};

// A TCP port of 127.0.0.1 that nobody listens on now.
std::uint16_t free_port();

}  // namespace commune_watch
