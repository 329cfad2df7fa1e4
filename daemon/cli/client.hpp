// Speaks to the running daemon over its Unix socket.
#pragma once
#include <map>
#include <string>

#include "domain/clock.hpp"
#include "domain/device.hpp"
#include "domain/result.hpp"

namespace commune_watch {

class Client {
 public:
  explicit Client(std::string socket) : socket_(std::move(socket)) {}

  struct Reply {
    std::string body;
    Language language = Language::vi;  // as the daemon is configured
    Zone zone;                         // the commune's offset now
  };
  // Failure: nobody answers there (says so in both languages) or the daemon refused (its own words).
  Result<Reply> get(const std::string& path, const std::map<std::string, std::string>& query = {}) const;
  Result<Reply> post(const std::string& path, const std::map<std::string, std::string>& query = {}) const;
  // Whether a daemon answers on the socket.
  [[nodiscard]] bool alive() const;

 private:
  std::string socket_;
};

}  // namespace commune_watch
