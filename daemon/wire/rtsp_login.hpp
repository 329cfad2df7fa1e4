// The login law of one RTSP exchange: at most one login that a device can refuse, and no password to whom it
// is not due.
//
// A 401 to a login with a fresh nonce is definite: nothing more is sent. `stale=true` may be answered once
// more (RFC 7616 §3.3). Once a login was accepted, later requests reuse its nonce, and one new nonce may be
// answered (Axis M5525 changes it: SharpRTSP#126). Pure; one per connection, because some devices tie a nonce
// to it.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "wire/digest.hpp"
#include "wire/rtsp_message.hpp"

namespace commune_watch {

class RtspLogin {
 public:
  RtspLogin(std::optional<Login> login, DigestAlgorithm remembered, std::string client_nonce);

  // The Authorization header for this request, if one is to be sent; counts it.
  std::optional<std::string> authorization(std::string_view method, std::string_view uri);

  // A 401 came to a request that bore a login or not. True: ask again, now with a login.
  bool challenged(const RtspResponse& response, bool bore_login);
  // Anything else came to it.
  void answered(int status, bool bore_login);
  // The connection ended while a request with a login was open.
  void cut(bool bore_login);

  [[nodiscard]] LoginAnswer standing() const { return standing_; }
  [[nodiscard]] DigestAlgorithm algorithm() const { return algorithm_; }
  [[nodiscard]] int sent() const { return sent_; }

 private:
  std::optional<Login> login_;
  DigestAlgorithm remembered_, algorithm_ = DigestAlgorithm::automatic;
  std::string client_nonce_;
  std::optional<Authorizer> authorizer_;
  LoginAnswer standing_ = LoginAnswer::not_asked;
  bool fresh_ = false;    // the nonce in use has not been used yet
  bool renewed_ = false;  // the one second nonce was taken
  bool accepted_ = false;
  int sent_ = 0;
};

}  // namespace commune_watch
