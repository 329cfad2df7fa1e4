// Taking a URL apart. No message repeats any part of the text: a mistyped URL may hold a password.
#include "domain/url.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace commune_watch {
namespace {

constexpr std::size_t kMaxUrl = 2048;
constexpr std::size_t kMaxHost = 253;  // RFC 1035 2.3.4, without the root's dot

// Port 0: the scheme has none (icmp) or no default (tcp). rtsps: RFC 7826 21.1; mqtts: IANA secure-mqtt;
// snmp: RFC 3411.
constexpr std::array<std::pair<std::string_view, std::uint16_t>, 10> kSchemes{{{"http", 80},
                                                                               {"https", 443},
                                                                               {"rtsp", 554},
                                                                               {"rtsps", 322},
                                                                               {"mqtt", 1883},
                                                                               {"mqtts", 8883},
                                                                               {"tcp", 0},
                                                                               {"icmp", 0},
                                                                               {"sip", 5060},
                                                                               {"snmp", 161}}};

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool hex(char c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::optional<std::uint16_t> default_port(std::string_view scheme) {
  const auto* const row =
      std::find_if(kSchemes.begin(), kSchemes.end(), [&](const auto& s) { return s.first == scheme; });
  if (row == kSchemes.end()) return std::nullopt;
  return row->second;
}

// Decimal, 1..5 digits, at most `most`; a leading zero is refused (some resolvers read it as octal).
std::optional<unsigned> number(std::string_view text, unsigned most) {
  if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), digit)) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  unsigned value = 0;
  for (const char c : text) value = value * 10 + static_cast<unsigned>(c - '0');
  if (value > most) return std::nullopt;
  return value;
}

bool ipv4(std::string_view host) {
  for (int part = 0; part < 4; ++part) {
    const std::size_t dot = part < 3 ? host.find('.') : host.size();
    if (dot == std::string_view::npos || !number(host.substr(0, dot), 255)) return false;
    host.remove_prefix(std::min(dot + 1, host.size()));
  }
  return host.empty();
}

// RFC 4291 2.2: eight groups of hex, "::" once, the last two groups may be an IPv4 address. No zone.
bool ipv6(std::string_view host) {
  int groups = 0;
  bool gap = false;
  if (host.starts_with("::")) {
    gap = true;
    host.remove_prefix(2);
  }
  while (!host.empty()) {
    const std::size_t colon = host.find(':');
    const std::string_view group = host.substr(0, colon);
    if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      if (!ipv4(group)) return false;
      groups += 2;
      break;
    }
    if (group.empty() || group.size() > 4 || !std::all_of(group.begin(), group.end(), hex)) return false;
    ++groups;
    if (colon == std::string_view::npos) break;
    host.remove_prefix(colon + 1);
    if (host.starts_with(':')) {
      if (gap) return false;
      gap = true;
      host.remove_prefix(1);
    } else if (host.empty()) {
      return false;
    }
  }
  return gap ? groups < 8 : groups == 8;
}

bool reg_name(std::string_view host) {
  if (host.empty() || host.size() > kMaxHost) return false;
  if (std::all_of(host.begin(), host.end(), [](char c) { return digit(c) || c == '.'; })) return ipv4(host);
  std::size_t label = 0;
  for (const char c : host) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else if (!(letter(c) || digit(c) || c == '-' || c == '_') || ++label > 63) {
      return false;
    }
  }
  return true;
}

constexpr std::string_view kLoginInside =
    "a login inside a URL is refused: it ends up in logs; put it under [login.…] and name it with login = "
    "\"…\"";

struct Address {
  std::string host;
  std::optional<std::string_view> port;
};

Result<Address> take_authority(std::string_view authority) {
  Address address;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos || !ipv6(authority.substr(1, close - 1)))
      return fail("what stands in [ ] is not an IPv6 address");
    address.host = lowered(authority.substr(1, close - 1));
    const std::string_view rest = authority.substr(close + 1);
    if (rest.empty()) return address;
    if (rest.front() != ':') return fail("after ] only a port may follow");
    address.port = rest.substr(1);
    return address;
  }
  const std::size_t colon = authority.find(':');
  if (colon != std::string_view::npos) {
    if (authority.find(':', colon + 1) != std::string_view::npos)
      return fail("an IPv6 address belongs in brackets, as in http://[2001:db8::1]/");
    address.port = authority.substr(colon + 1);
  }
  const std::string_view host = authority.substr(0, colon);
  if (host.empty()) return fail("the host is missing");
  if (!reg_name(host))
    return fail("the host is neither a name of letters, digits, hyphens and dots nor an IP address");
  address.host = lowered(host);
  return address;
}

}  // namespace

std::string Url::authority() const {
  std::string out = ipv6() ? "[" + host + "]" : host;
  if (!default_port) out += ":" + std::to_string(port);
  return out;
}

std::string Url::text() const { return scheme + "://" + authority() + target; }

std::string Url::address() const {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string path;
  for (std::size_t at = 0; at < target.size(); ++at) {
    const bool escape =
        target[at] == '%' && at + 2 < target.size() && hex(target[at + 1]) && hex(target[at + 2]);
    if (!escape) {
      path += target[at];
      continue;
    }
    const auto nibble = [](char c) { return digit(c) ? c - '0' : lower(c) - 'a' + 10; };
    const int byte = nibble(target[at + 1]) * 16 + nibble(target[at + 2]);
    const char c = static_cast<char>(byte);
    at += 2;
    if (letter(c) || digit(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
      path += c;
    } else {
      path += '%';
      path += kHex[static_cast<std::size_t>(byte) >> 4U];
      path += kHex[static_cast<std::size_t>(byte) & 15U];
    }
  }
  while (path.ends_with('/') || path.ends_with('?')) path.pop_back();
  return host + ":" + std::to_string(port) + path;
}

Result<Url> parse_url(std::string_view text) {
  if (text.empty()) return fail("the URL is empty");
  if (text.size() > kMaxUrl) return fail("the URL is longer than 2048 bytes");
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F)
      return fail("a URL has no spaces or control characters; write a space as %20");
    if (byte > 0x7F) return fail("a URL is ASCII; write other letters percent-encoded, a host's as xn--…");
  }
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return fail("the scheme is missing, as in http://192.0.2.10/");
  Url url;
  url.scheme = lowered(text.substr(0, colon));
  const auto port = commune_watch::default_port(url.scheme);
  if (!port) return fail("the scheme is none of http https rtsp rtsps mqtt mqtts tcp icmp sip snmp");

  std::string_view rest = text.substr(colon + 3);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  rest.remove_prefix(end);
  if (authority.find('@') != std::string_view::npos) return fail(std::string(kLoginInside));
  if (rest.find('#') != std::string_view::npos) return fail("a URL here has no #fragment; write # as %23");

  auto address = take_authority(authority);
  // An unescaped / or ? in a password ends the authority early: say what is really wrong.
  if (!address)
    return rest.find('@') == std::string_view::npos ? std::unexpected(address.error())
                                                    : fail(std::string(kLoginInside));
  url.host = std::move(address->host);
  url.port = *port;
  if (address->port) {
    const auto given = number(*address->port, 65'535);
    if (!given || *given == 0)
      return fail(rest.find('@') == std::string_view::npos ? "the port is not a number from 1 to 65535"
                                                           : std::string(kLoginInside));
    if (url.scheme == "icmp") return fail("icmp has no ports");
    url.port = static_cast<std::uint16_t>(*given);
  } else if (url.scheme == "tcp") {
    return fail("tcp needs a port, as in tcp://192.0.2.10:554");
  }
  url.default_port = url.port == *port;
  if ((url.scheme == "tcp" || url.scheme == "icmp") && !rest.empty() && rest != "/")
    return fail(url.scheme + " takes a host" + (url.scheme == "tcp" ? " and a port" : "") + " only");
  url.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  return url;
}

}  // namespace commune_watch
