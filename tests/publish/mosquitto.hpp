// A real mosquitto on a free loopback port, started and stopped by a test.
#pragma once
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "publish/raw_mqtt.hpp"

extern char** environ;

namespace commune_watch::publish {

class Mosquitto {
 public:
  Mosquitto() : port_{free_port()} {
    std::string pattern = (std::filesystem::temp_directory_path() / "commune-watch-mosquitto-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~Mosquitto() {
    kill(SIGKILL);
    std::filesystem::remove_all(directory_);
  }
  Mosquitto(const Mosquitto&) = delete;
  Mosquitto& operator=(const Mosquitto&) = delete;

  // `more` goes into its configuration. Subscribers get everything, however slow they are. (max_queued_messages 0 would say so
  // too, but 2.0.11 then drops whoever publishes what the ACL denies: process_bad_message, src/handle_publish.c.)
  void start(const std::string& more = "allow_anonymous true\n") {
    write("mosquitto.conf", "listener " + std::to_string(port_) +
                                " 127.0.0.1\nuser root\npersistence false\nlog_dest none\nmax_queued_messages 1000000\n"
                                "max_inflight_messages 0\n" +
                                more);
    std::string program = "/usr/sbin/mosquitto", flag = "-c", file = path("mosquitto.conf");
    char* arguments[] = {program.data(), flag.data(), file.data(), nullptr};
    if (::posix_spawn(&pid_, program.c_str(), nullptr, nullptr, arguments, environ) != 0)
      throw std::runtime_error("mosquitto is not installed");
    const Deadline deadline = within(10'000);
    for (;;) {
      if (const int fd = dial(port_); fd >= 0) {
        ::close(fd);
        return;
      }
      int status = 0;
      if (::waitpid(pid_, &status, WNOHANG) == pid_ || std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error("mosquitto does not start");
      }
      ::poll(nullptr, 0, 2);
    }
  }
  void kill(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void reload() const { ::kill(pid_, SIGHUP); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream{path(name)} << text;
    ::chmod(path(name).c_str(), 0600);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_;
  std::string directory_;
  pid_t pid_ = -1;
};

}  // namespace commune_watch::publish
