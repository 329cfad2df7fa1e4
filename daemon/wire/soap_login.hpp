// The WS-Security UsernameToken of a SOAP request (WSS UsernameToken Profile 1.0, PasswordDigest), and what a
// SOAP fault says of a login: what ONVIF devices ask for instead of HTTP's own login.
//
// Pure: time and nonce are handed in; answers are foreign bytes, scanned without building anything.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "wire/wire.hpp"

namespace commune_watch {

// Base64 of SHA-1 over nonce, `created` and password. `nonce`: its bytes, not their base64.
std::string password_digest(std::string_view nonce, std::string_view created, std::string_view password);

// A whole Header element; `s` is the envelope's prefix.
std::string security_header(const Login& login, std::string_view created, std::string_view nonce);

// The first element of a Body, where that is a Fault of SOAP 1.1 or 1.2.
struct SoapFault {
  bool login = false;   // by one of its codes it wants a login, or refuses the one that it got
  bool sender = false;  // it is about what was asked, not about the device's own trouble
};
std::optional<SoapFault> soap_fault(std::string_view body);

}  // namespace commune_watch
