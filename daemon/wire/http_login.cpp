// When to answer a 401, and what came of it.
#include "wire/http_login.hpp"

#include <algorithm>

namespace commune_watch {
namespace {

std::vector<Challenge> challenges(const HttpLogin::Headers& headers) {
  std::vector<Challenge> offered;
  for (const auto& [name, value] : headers)
    if (name == "www-authenticate") read_challenges(value, offered);
  return offered;
}

// RFC 7616 §3.3: the login was right and the nonce too old.
bool says_stale(const std::vector<Challenge>& offered) {
  return std::ranges::any_of(
      offered, [](const Challenge& each) { return each.scheme == Challenge::Scheme::digest && each.stale; });
}

}  // namespace

bool HttpLogin::will_ask_again(int status, const Headers& headers) const {
  if (status != 401 || !login_ || sent_ >= 2) return false;
  const auto offered = challenges(headers);
  if (choose(offered, DigestAlgorithm::automatic, login_->allow_basic) == nullptr) return false;
  return sent_ == 0 || (!basic_ && says_stale(offered));
}

std::optional<std::string> HttpLogin::next(int status, const Headers& headers, std::string_view method,
                                           std::string_view target) {
  if (will_ask_again(status, headers)) {
    const auto offered = challenges(headers);
    const Challenge& chosen = *choose(offered, DigestAlgorithm::automatic, login_->allow_basic);
    basic_ = chosen.scheme == Challenge::Scheme::basic;
    standing_ = LoginAnswer::unsettled;
    ++sent_;
    return Authorizer(chosen, *login_, client_nonce_).answer(method, target);
  }
  if (status == 401 && sent_ == 0) {
    standing_ = login_ ? why_none(challenges(headers)) : LoginAnswer::not_given;
  } else if (status == 401) {
    standing_ = !basic_ && says_stale(challenges(headers)) ? LoginAnswer::unsettled : LoginAnswer::refused;
  } else if (sent_ > 0) {
    standing_ =
        status == 403 || status == 429 || status >= 500 ? LoginAnswer::unsettled : LoginAnswer::accepted;
  }
  return std::nullopt;
}

}  // namespace commune_watch
