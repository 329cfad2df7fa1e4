// A URL taken apart (RFC 3986 subset): what settings check and drivers dial. Logins inside URLs are refused,
// not parsed.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/result.hpp"

namespace commune_watch {

struct Url {
  std::string scheme;      // lower case
  std::string host;        // without brackets
  std::uint16_t port = 0;  // the scheme's default where the text has none
  std::string target;      // path and query as written, at least "/"
  bool default_port = true;
  [[nodiscard]] bool ipv6() const { return host.find(':') != std::string::npos; }
  [[nodiscard]] std::string authority() const;  // host[:port], brackets where needed, default port left out
  [[nodiscard]] std::string text() const;
  // "host:port/path", one text for all ways of writing it (RFC 3986 §6.2.2: escapes; no "/" or "?" at its
  // end), without the scheme.
  [[nodiscard]] std::string address() const;
};

// Schemes: http https rtsp rtsps mqtt mqtts tcp icmp sip snmp. Refuses user info, spaces, control characters,
// bad ports, empty hosts.
Result<Url> parse_url(std::string_view text);

}  // namespace commune_watch
