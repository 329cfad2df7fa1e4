// The login law (DESIGN §2): who may try a password now. Pure; one refusal stops that host and user name
// everywhere.
//
// A block holds over all protocols and restarts until six hours of running time have passed, the secret
// changes, or a person says retry (at most twice in 30 minutes). Until a login was once accepted in this run
// no second permitted question on it is open.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/clock.hpp"

namespace commune_watch {

// The words of a block that no device spoke: nobody knows whether the password is wrong.
inline constexpr std::string_view kDiedTwice = "two questions with this login died with their prober";

struct LoginKey {
  std::string host, username;
  friend auto operator<=>(const LoginKey&, const LoginKey&) = default;
};

class LoginLaw {
 public:
  static constexpr Millis kBlockFor = 6 * 3'600'000;
  static constexpr Millis kRetryWindow = 30 * 60'000;
  static constexpr int kRetries = 2;

  void block(const LoginKey& key, Millis left = kBlockFor);  // also what the store remembered
  void lift(const LoginKey& key);
  [[nodiscard]] bool blocked(const LoginKey& key) const { return left_.contains(key); }
  [[nodiscard]] Millis left(const LoginKey& key) const;

  // Nobody knows yet whether it is good, and a question is out to learn that.
  [[nodiscard]] bool being_tried(const LoginKey& key) const;

  // May this question carry the login? If so it is counted as open until one of the three below is said.
  bool permit(const LoginKey& key, std::uint64_t question);
  void accepted(const LoginKey& key, std::uint64_t question);
  void unused(std::uint64_t question);  // answered without the login having been asked for
  void refused(const LoginKey& key, std::uint64_t question);  // blocks
  // Died unanswered: the second in a row on this login counts as a refusal (true: now blocked).
  bool died(std::uint64_t question);

  // A person's word. False: twice in half an hour already.
  bool retry(const LoginKey& key, Millis now);

  // Running time passed; keys whose block ended now.
  std::vector<LoginKey> pass(Millis elapsed);

 private:
  std::map<LoginKey, Millis> left_;
  std::map<LoginKey, bool> proven_;
  std::map<LoginKey, int> deaths_;
  std::map<std::uint64_t, LoginKey> open_;
  std::map<LoginKey, std::vector<Millis>> retries_;
};

}  // namespace commune_watch
