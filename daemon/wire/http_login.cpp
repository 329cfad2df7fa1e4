// When to answer a 401 or a fault, and what came of it.
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
  if (status != 401 || !login_ || token_ || sent_ >= 2) return false;
  const auto offered = challenges(headers);
  if (choose(offered, DigestAlgorithm::automatic, login_->allow_basic) == nullptr) return false;
  return sent_ == 0 || (!basic_ && says_stale(offered));
}

bool HttpLogin::give_token(int status, const Headers& headers, const std::optional<SoapFault>& fault) {
  if (!login_ || sent_ > 0 || will_ask_again(status, headers)) return false;
  const bool asked = fault ? fault->login : status == 401 && challenges(headers).empty();
  if (!asked) return false;
  token_ = true;
  standing_ = LoginAnswer::unsettled;
  ++sent_;
  return true;
}

std::optional<std::string> HttpLogin::next(int status, const Headers& headers, std::string_view method,
                                           std::string_view target, const std::optional<SoapFault>& fault) {
  if (will_ask_again(status, headers)) {
    const auto offered = challenges(headers);
    const Challenge& chosen = *choose(offered, DigestAlgorithm::automatic, login_->allow_basic);
    basic_ = chosen.scheme == Challenge::Scheme::basic;
    standing_ = LoginAnswer::unsettled;
    ++sent_;
    return Authorizer(chosen, *login_, client_nonce_).answer(method, target);
  }
  const bool said_no = status == 401 || (fault && fault->login);
  if (said_no && sent_ == 0) {
    standing_ = login_ ? why_none(challenges(headers)) : LoginAnswer::not_given;
  } else if (said_no) {
    const bool stale = !basic_ && !token_ && status == 401 && says_stale(challenges(headers));
    standing_ = stale ? LoginAnswer::unsettled : LoginAnswer::refused;
  } else if (sent_ > 0 && fault && fault->sender) {
    standing_ = LoginAnswer::accepted;  // it went on to what was asked, and found that wrong
  } else if (sent_ > 0) {
    const bool settles_nothing =
        status == 403 || status == 429 || status >= 500 || (token_ && (status < 200 || status >= 300));
    standing_ = settles_nothing ? LoginAnswer::unsettled : LoginAnswer::accepted;
  }
  return std::nullopt;
}

}  // namespace commune_watch
