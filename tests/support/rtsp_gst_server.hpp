// Starts tests/support/rtsp_gst_server.py and stops it again: a camera for tests that nobody here wrote.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>

#include "support/certificate.hpp"

namespace commune_watch {

class RtspGstServer {
 public:
  // `sources`: the repository (CW_SOURCE_DIR). Blocks until READY; throws std::runtime_error if the server
  // does not come up.
  RtspGstServer(const std::string& sources, const std::string& user, const std::string& password,
                bool keep_reader = false, const Certificate* certificate = nullptr);  // with one: rtsps
  ~RtspGstServer();  // closes its standard input, waits for its end
  RtspGstServer(const RtspGstServer&) = delete;
  RtspGstServer& operator=(const RtspGstServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int stdin_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace commune_watch
