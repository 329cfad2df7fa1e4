// Text to text; nothing here dials anything.
#include "wire/rtsp_uri.hpp"

#include <algorithm>
#include <charconv>

#include "domain/url.hpp"

namespace commune_watch {
namespace {

constexpr std::string_view kScheme = "rtsp://", kSecure = "rtsps://";
constexpr std::size_t kMaxUri = 2048;

// The scheme that the text begins with, or none.
std::string_view scheme_of(std::string_view text) {
  constexpr auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  for (const std::string_view scheme : {kScheme, kSecure})
    if (text.size() >= scheme.size() && std::ranges::equal(text.substr(0, scheme.size()), scheme, {}, lower))
      return scheme;
  return {};
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '"')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '"')) text.remove_suffix(1);
  return text;
}

// Anything that could end our request line does not get into it.
bool printable(std::string_view text) {
  return text.size() <= kMaxUri && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

std::string_view authority_of(std::string_view uri) {
  uri.remove_prefix(scheme_of(uri).size());
  return uri.substr(0, std::min(uri.find_first_of("/?"), uri.size()));
}

// An absolute URL that can stand in a request line, mended where it can be; empty where not.
std::string absolute(std::string_view asked, std::string_view text) {
  text = trim(text);
  while (!scheme_of(text).empty() && !scheme_of(text.substr(scheme_of(text).size())).empty())
    text.remove_prefix(scheme_of(text).size());
  const std::string_view scheme = scheme_of(text);
  if (scheme.empty() || !printable(text)) return {};
  std::string_view authority = authority_of(text);
  const std::string_view rest = text.substr(scheme.size() + authority.size());
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  std::string out(scheme);
  // A host that cannot be read is the one we talk to.
  out += parse_url(std::string(scheme).append(authority).append("/")) ? authority : authority_of(asked);
  return out.append(rest);
}

template <class T>
std::optional<T> number(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return value;
}

std::string_view take_until(std::string_view& text, char stop) {
  const std::size_t end = std::min(text.find(stop), text.size());
  const std::string_view found = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return found;
}

}  // namespace

std::string base_uri(std::string_view asked, std::string_view content_base,
                     std::string_view content_location) {
  for (const std::string_view given : {content_base, content_location})
    if (std::string mended = absolute(asked, given); !mended.empty()) return mended;
  return std::string(asked);
}

std::string track_uri(std::string_view base, std::string_view control) {
  control = trim(control);
  if (control.empty() || control == "*" || !printable(control)) return std::string(base);
  if (control.find("://") != std::string_view::npos) {
    const std::string mended = absolute(base, control);
    return mended.empty() ? std::string(base) : mended;
  }
  std::string out(base);
  if (out.ends_with('/') && control.starts_with('/')) control.remove_prefix(1);
  if (!out.ends_with('/') && !control.starts_with('/')) out += '/';
  return out.append(control);
}

TransportAnswer read_transport(std::string_view header) {
  TransportAnswer answer;
  std::string_view first = take_until(header, ',');  // a server that lists several has chosen the first
  const std::string_view protocol = trim(take_until(first, ';'));
  answer.tcp = protocol.ends_with("/TCP") || protocol.ends_with("/tcp");
  while (!first.empty()) {
    std::string_view value = trim(take_until(first, ';'));
    const std::string_view name = trim(take_until(value, '='));
    value = trim(value);
    if (name == "interleaved") {
      answer.channel = number<std::uint8_t>(value);
      answer.tcp = answer.tcp || answer.channel.has_value();
    } else if (name == "server_port") {
      answer.server_port = number<std::uint16_t>(value);
    } else if (name == "ssrc") {
      answer.ssrc = number<std::uint32_t>(value, 16);
      if (answer.ssrc == 0U) answer.ssrc.reset();
    }
  }
  return answer;
}

SessionAnswer read_session(std::string_view header) {
  SessionAnswer answer;
  const std::string_view id = trim(take_until(header, ';'));
  if (printable(id)) answer.id.assign(id);
  while (!header.empty()) {
    std::string_view value = trim(take_until(header, ';'));
    const std::string_view name = trim(take_until(value, '='));
    if (name == "timeout")
      answer.timeout_s = std::clamp<std::int64_t>(number<std::int64_t>(trim(value)).value_or(60), 1, 86'400);
  }
  return answer;
}

}  // namespace commune_watch
