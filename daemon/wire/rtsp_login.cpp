// When a challenge is answered, and when never again.
#include "wire/rtsp_login.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace commune_watch {

RtspLogin::RtspLogin(std::optional<Login> login, DigestAlgorithm remembered, std::string client_nonce)
    : login_(std::move(login)), remembered_(remembered), client_nonce_(std::move(client_nonce)) {}

std::optional<std::string> RtspLogin::authorization(std::string_view method, std::string_view uri) {
  if (!authorizer_) return std::nullopt;
  ++sent_;
  return authorizer_->answer(method, uri);
}

bool RtspLogin::challenged(const RtspResponse& response, bool bore_login) {
  std::vector<Challenge> offered;
  for (const auto& [name, value] : response.headers)
    if (name == "www-authenticate") read_challenges(value, offered);
  const bool stale = std::ranges::any_of(offered, &Challenge::stale);

  if (bore_login) {
    const bool fresh = std::exchange(fresh_, false);
    if (!accepted_ && !stale) {
      // With a nonce that was used before (a 503 stood between) the device may mean the nonce: settled is
      // nothing then.
      standing_ = fresh ? LoginAnswer::refused : LoginAnswer::unsettled;
      authorizer_.reset();
      return false;
    }
    if (std::exchange(renewed_, true)) {
      if (!accepted_)
        standing_ = LoginAnswer::unsettled;  // its nonces are stale at once: it never looked at the password
      authorizer_.reset();
      return false;
    }
  } else if (!login_) {
    standing_ = LoginAnswer::not_given;
    return false;
  }
  const Challenge* chosen = choose(offered, remembered_, login_->allow_basic);
  if (chosen == nullptr) {
    if (!bore_login) standing_ = why_none(offered);
    authorizer_.reset();
    return false;
  }
  algorithm_ = chosen->spoken();
  authorizer_.emplace(*chosen, *login_, client_nonce_);
  fresh_ = true;
  return true;
}

void RtspLogin::answered(int status, bool bore_login) {
  if (!bore_login || accepted_) return;
  fresh_ = false;
  accepted_ = status >= 200 && status < 300;
  // The same request without a login was a 401: who now has another complaint has looked at the login. Not so
  // a 403, which some say of a locked account, nor what a server says of itself.
  const bool passed = accepted_ || status == 404 || (status >= 451 && status <= 463);
  standing_ = passed ? LoginAnswer::accepted : LoginAnswer::unsettled;
}

void RtspLogin::cut(bool bore_login) {
  if (bore_login && !accepted_) standing_ = LoginAnswer::unsettled;
}

}  // namespace commune_watch
