// Debian's icecast2 on a free port of loopback, with a source (ffmpeg) and listeners (curl): a broadcast
// server that nobody here wrote.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "support/process.hpp"

namespace commune_watch {

class Icecast {
 public:
  // `mounts`: what stands inside its <icecast>, as "<mount>…</mount>"; may be empty.
  explicit Icecast(const std::string& mounts = {});
  ~Icecast();
  Icecast(const Icecast&) = delete;
  Icecast& operator=(const Icecast&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& path = "") const;
  static constexpr const char* kAdmin = "admin";
  static constexpr const char* kPassword = "quan-tri-9";

  // Returns once the mount is on air. Give the process back to take it off.
  // `login`: of a listener, where the mount lets nobody else in.
  std::unique_ptr<Process> play(const std::string& mount, const std::string& login = {});
  // Returns once its first bytes came. `login`: "user:password" or empty.
  std::unique_ptr<Process> listen(const std::string& mount, const std::string& user_agent,
                                  const std::string& login = {});
  [[nodiscard]] const TempDirectory& directory() const { return directory_; }

 private:
  // Tried again and again until bytes come; `meanwhile` between the tries.
  std::unique_ptr<Process> heard(const std::string& mount, const std::string& user_agent,
                                 const std::string& login, const std::function<void()>& meanwhile);

  TempDirectory directory_;
  std::uint16_t port_ = 0;
  int parts_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace commune_watch
