// Speaks to the running daemon over its Unix socket.
#pragma once
#include <chrono>
#include <map>
#include <string>

#include "domain/clock.hpp"
#include "domain/device.hpp"
#include "domain/result.hpp"

namespace commune_watch {

class Client {
 public:
  static constexpr auto kAnswerWithin = std::chrono::seconds(15);
  static constexpr auto kProbeWithin = std::chrono::seconds(100);  // the daemon gives a probe 90
  // `within`: how long a daemon may be silent.
  explicit Client(std::string socket, std::chrono::milliseconds within = kAnswerWithin)
      : socket_(std::move(socket)), within_(within) {}

  struct Reply {
    std::string body;
    Language language = Language::vi;  // as the daemon is configured
    Zone zone;                         // the commune's offset now
  };
  // Failure: nobody listens there or the daemon is silent (says so in both languages), or it refused (its own
  // words).
  Result<Reply> get(const std::string& path, const std::map<std::string, std::string>& query = {}) const;
  Result<Reply> post(const std::string& path, const std::map<std::string, std::string>& query = {}) const;
  // Whether a daemon runs there. Failure: one listens and is silent.
  [[nodiscard]] Result<bool> alive() const;

 private:
  std::string socket_;
  std::chrono::milliseconds within_;
};

}  // namespace commune_watch
