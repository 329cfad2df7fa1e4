// The login law (DESIGN §2): who may try a password now. Pure; one refusal stops that host and user name
// everywhere.
//
// A block holds over all protocols and restarts until six hours of running time have passed, the secret
// changes, or a person says retry (at most twice in 30 minutes). Until a login was once accepted in this run
// no second permitted question on it is open, and two in a row that settle nothing count as a refusal: their
// prober or their gateway died, or the device took the login and said neither yes nor no.
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
inline constexpr std::string_view kNeverSettled = "given twice, and nobody said whether it is right";

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
  [[nodiscard]] bool trying() const;  // any of them
  // In a row, that settled nothing: what the store has to remember, and did.
  [[nodiscard]] int unsettled(const LoginKey& key) const;
  void remember_unsettled(const LoginKey& key, int tries);

  // May this question carry the login? If so it is counted as open until one of the three below is said.
  bool permit(const LoginKey& key, std::uint64_t question);
  void accepted(const LoginKey& key, std::uint64_t question);
  void unused(std::uint64_t question);  // answered without the login having been asked for
  void refused(const LoginKey& key, std::uint64_t question);  // blocks
  // Died unanswered, or was given and not settled: the second in a row counts as a refusal (true: now
  // blocked). Given to a device that had accepted it in this run, it says nothing of the password.
  bool died(std::uint64_t question);
  bool given_in_vain(const LoginKey& key, std::uint64_t question);

  // A person's word. False: twice in half an hour already.
  bool retry(const LoginKey& key, Millis now);
  void remember_retry(const LoginKey& key, Millis at) { retries_[key].push_back(at); }

  // Running time passed; keys whose block ended now.
  std::vector<LoginKey> pass(Millis elapsed);

 private:
  bool count(const LoginKey& key);

  std::map<LoginKey, Millis> left_;
  std::map<LoginKey, bool> proven_;
  std::map<LoginKey, int> unsettled_;
  std::map<std::uint64_t, LoginKey> open_;
  std::map<LoginKey, std::vector<Millis>> retries_;
};

}  // namespace commune_watch
