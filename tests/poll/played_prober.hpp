// A prober that a test plays: a process for the link to end, and the test's hand on the other end of its
// seam.
#pragma once
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <stdexcept>

#include "poll/seam_peer.hpp"

namespace commune_watch {

class PlayedProber {
 public:
  PlayedProber() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      throw std::runtime_error("socketpair");
    pid = ::fork();
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::close(ends[0]);
      ::close(ends[1]);
      for (;;) ::pause();
    }
    gateways_end = ends[0];
    seam.emplace(ends[1]);
  }
  [[nodiscard]] bool alive() const { return ::kill(pid, 0) == 0; }
  void kill() const { ::kill(pid, SIGKILL); }

  int pid = -1, gateways_end = -1;
  std::optional<SeamPeer> seam;
};

}  // namespace commune_watch
