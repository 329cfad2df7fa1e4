// The login law of one HTTP request: nothing is sent before a challenge came, and one login at most is there
// to be refused.
//
// libcurl's own Digest is not used: 7.88 answers `stale=true` without end (measured: 50 logins in a row to a
// server that kept saying so), so the answers are made here and libcurl never sees a password. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/digest.hpp"
#include "wire/soap_login.hpp"

namespace commune_watch {

class HttpLogin {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;  // names in lower case

  HttpLogin(std::optional<Login> login, std::string client_nonce, bool soap = false)
      : login_(std::move(login)), client_nonce_(std::move(client_nonce)) {
    if (login_ && soap) login_->allow_basic = false;
  }

  // An answer came. The Authorization header of one more request if one is to be made, with the same method
  // and request target.
  std::optional<std::string> next(int status, const Headers& headers, std::string_view method,
                                  std::string_view target,
                                  const std::optional<SoapFault>& fault = std::nullopt);
  // An answer to a SOAP request came: is the request to be made once more, with a token in its body? Asked
  // before next(), which is not asked when it is.
  bool give_token(int status, const Headers& headers, const std::optional<SoapFault>& fault);
  [[nodiscard]] bool will_ask_again(int status, const Headers& headers) const;

  [[nodiscard]] LoginAnswer standing() const { return standing_; }

 private:
  std::optional<Login> login_;
  std::string client_nonce_;
  LoginAnswer standing_ = LoginAnswer::not_asked;
  bool basic_ = false, token_ = false;  // what was sent
  int sent_ = 0;
};

}  // namespace commune_watch
