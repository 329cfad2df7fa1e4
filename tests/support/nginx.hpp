// Debian's nginx on free ports of loopback: a web server that nobody here wrote.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "support/certificate.hpp"
#include "support/process.hpp"

namespace commune_watch {

class Nginx {
 public:
  // `locations`: what stands inside its server blocks, as "location = /x { return 200 \"hi\"; }".
  // With a certificate it speaks https on a second port.
  explicit Nginx(std::string_view locations, const Certificate* certificate = nullptr);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(std::string_view path = "/") const;
  [[nodiscard]] std::string https_url(std::string_view path = "/") const;
  [[nodiscard]] const TempDirectory& directory() const { return directory_; }
  // The lines of its access log: one request each, "GET /x HTTP/1.1 200 credentials-or-dash
  // connection-number".
  [[nodiscard]] std::string access_log() const;

 private:
  TempDirectory directory_;
  std::uint16_t port_ = 0, https_port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace commune_watch
