// fork, exec, one line read back.
#include "support/rtsp_gst_server.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

namespace commune_watch {
namespace {

std::string read_line(int from) {
  std::string line;
  for (char c = 0; ::read(from, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

}  // namespace

RtspGstServer::RtspGstServer(const std::string& sources, const std::string& user, const std::string& password,
                             bool keep_reader, const Certificate* certificate) {
  const std::string script = sources + "/tests/support/rtsp_gst_server.py";
  std::array<int, 2> in{}, out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("no pipe");
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("no process");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(in[0], 0);
    dup2(out[1], 1);
    if (certificate != nullptr)
      setenv("CERTIFICATE", (certificate->certificate_pem + certificate->key_pem).c_str(), 1);
    execl("/usr/bin/python3", "/usr/bin/python3", script.c_str(), user.c_str(), password.c_str(),
          keep_reader ? "keep" : nullptr, nullptr);
    _exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  stdin_ = in[1];
  const std::string line = read_line(out[0]);
  ::close(out[0]);
  if (line.starts_with("READY ")) port_ = static_cast<std::uint16_t>(std::stoi(line.substr(6)));
  if (port_ == 0) {
    ::close(stdin_);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    throw std::runtime_error("gst-rtsp-server did not come up: " + line);
  }
}

RtspGstServer::~RtspGstServer() {
  ::close(stdin_);
  ::kill(pid_, SIGKILL);  // a frozen one does not see its input end
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace commune_watch
