// The grammar of challenges (RFC 7235 §2.1) read tolerantly, and the arithmetic of RFC 7616 §3.4.
#include "wire/digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <initializer_list>
#include <utility>

namespace commune_watch {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool same(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }
bool blank(char c) { return c == ' ' || c == '\t'; }
bool token(char c) {
  return c > ' ' && c < 0x7F && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
}

constexpr std::size_t kMaxChallenges = 16;

std::string hex_hash(DigestAlgorithm algorithm, std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) {
    text += part;
    text += ':';
  }
  text.pop_back();
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), hash.data(), &length,
             algorithm == DigestAlgorithm::sha256 ? EVP_sha256() : EVP_md5(), nullptr);
  std::string hex;
  hex.reserve(std::size_t{length} * 2);
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (unsigned i = 0; i < length; ++i) {
    hex += kDigits[hash[i] >> 4U];
    hex += kDigits[hash[i] & 15U];
  }
  return hex;
}

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  return out;
}

// quoted-string: a quote or backslash inside is escaped; what could end our header line is left out.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

// Walks a header value.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : left_(text) {}
  [[nodiscard]] bool done() const { return left_.empty(); }
  void skip_blanks() {
    while (!left_.empty() && blank(left_.front())) left_.remove_prefix(1);
  }
  void skip_separators() {
    while (!left_.empty() && (blank(left_.front()) || left_.front() == ',')) left_.remove_prefix(1);
  }
  std::string_view word() {
    const auto end = std::ranges::find_if_not(left_, token);
    const std::string_view found(left_.data(), static_cast<std::size_t>(end - left_.begin()));
    left_.remove_prefix(found.size());
    return found;
  }
  bool take(char c) {
    if (left_.empty() || left_.front() != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  // A quoted string unescaped, or whatever stands there up to the next comma (nonces with '=' or '/' without
  // quotes exist).
  std::string value() {
    std::string out;
    if (take('"')) {
      while (!left_.empty() && !take('"')) {
        if (left_.front() == '\\' && left_.size() > 1) left_.remove_prefix(1);
        out += left_.front();
        left_.remove_prefix(1);
      }
      return out;
    }
    while (!left_.empty() && left_.front() != ',' && !blank(left_.front())) {
      out += left_.front();
      left_.remove_prefix(1);
    }
    return out;
  }
  void skip_one() { left_.remove_prefix(1); }

 private:
  std::string_view left_;
};

bool offers_auth(std::string_view qop) {
  while (!qop.empty()) {
    const std::size_t comma = std::min(qop.find(','), qop.size());
    std::string_view one = qop.substr(0, comma);
    while (!one.empty() && blank(one.front())) one.remove_prefix(1);
    while (!one.empty() && blank(one.back())) one.remove_suffix(1);
    if (same(one, "auth")) return true;
    qop.remove_prefix(std::min(comma + 1, qop.size()));
  }
  return false;
}

void set(Challenge& challenge, std::string_view name, std::string value) {
  if (same(name, "realm")) {
    challenge.realm = std::move(value);
  } else if (same(name, "nonce")) {
    challenge.nonce = std::move(value);
  } else if (same(name, "opaque")) {
    challenge.opaque = std::move(value);
    challenge.has_opaque = true;
  } else if (same(name, "algorithm")) {
    challenge.algorithm = std::move(value);
  } else if (same(name, "qop")) {
    challenge.has_qop = !value.empty();
    challenge.auth = offers_auth(value);
  } else if (same(name, "stale")) {
    challenge.stale = same(value, "true");
  }
}

}  // namespace

DigestAlgorithm Challenge::spoken() const {
  if (scheme != Scheme::digest || nonce.empty() || (has_qop && !auth)) return DigestAlgorithm::automatic;
  if (algorithm.empty() || same(algorithm, "MD5")) return DigestAlgorithm::md5;
  if (same(algorithm, "SHA-256")) return DigestAlgorithm::sha256;
  return DigestAlgorithm::automatic;
}

void read_challenges(std::string_view header, std::vector<Challenge>& into) {
  Scanner scan(header);
  Challenge* current = nullptr;
  for (scan.skip_separators(); !scan.done(); scan.skip_separators()) {
    const std::string_view name = scan.word();
    if (name.empty()) {
      scan.skip_one();
      continue;
    }
    scan.skip_blanks();
    if (scan.take('=')) {  // a parameter of the challenge that is open
      scan.skip_blanks();
      std::string value = scan.value();
      if (current != nullptr) set(*current, name, std::move(value));
      continue;
    }
    if (into.size() >= kMaxChallenges) return;
    current = &into.emplace_back();
    current->scheme = same(name, "Digest")  ? Challenge::Scheme::digest
                      : same(name, "Basic") ? Challenge::Scheme::basic
                                            : Challenge::Scheme::other;
  }
}

const Challenge* choose(const std::vector<Challenge>& offered, DigestAlgorithm remembered, bool allow_basic) {
  const auto with = [&](DigestAlgorithm algorithm) -> const Challenge* {
    const auto found = std::ranges::find(offered, algorithm, &Challenge::spoken);
    return algorithm == DigestAlgorithm::automatic || found == offered.end() ? nullptr : &*found;
  };
  for (const DigestAlgorithm algorithm : {remembered, DigestAlgorithm::md5, DigestAlgorithm::sha256})
    if (const Challenge* found = with(algorithm)) return found;
  const auto basic = std::ranges::find(offered, Challenge::Scheme::basic, &Challenge::scheme);
  return allow_basic && basic != offered.end() ? &*basic : nullptr;
}

LoginAnswer why_none(const std::vector<Challenge>& offered) {
  const bool basic =
      std::ranges::find(offered, Challenge::Scheme::basic, &Challenge::scheme) != offered.end();
  return basic ? LoginAnswer::wants_basic : LoginAnswer::unsupported;
}

Authorizer::Authorizer(Challenge challenge, Login login, std::string client_nonce)
    : challenge_(std::move(challenge)),
      username_(std::move(login.username)),
      client_nonce_(std::move(client_nonce)) {
  secret_ = challenge_.scheme == Challenge::Scheme::basic
                ? base64(username_ + ":" + login.password)
                : hex_hash(challenge_.spoken(), {username_, challenge_.realm, login.password});
}

std::string Authorizer::answer(std::string_view method, std::string_view uri) {
  if (challenge_.scheme == Challenge::Scheme::basic) return "Basic " + secret_;
  const DigestAlgorithm algorithm = challenge_.spoken();
  const std::string request = hex_hash(algorithm, {method, uri});
  std::string out = "Digest username=" + quoted(username_) + ", realm=" + quoted(challenge_.realm) +
                    ", nonce=" + quoted(challenge_.nonce) + ", uri=" + quoted(uri);
  if (challenge_.auth) {
    std::array<char, 9> nc{};
    std::snprintf(nc.data(), nc.size(), "%08x", ++count_);
    out += ", response=\"" +
           hex_hash(algorithm, {secret_, challenge_.nonce, nc.data(), client_nonce_, "auth", request}) +
           "\", qop=auth, nc=" + nc.data() + ", cnonce=" + quoted(client_nonce_);
  } else {
    out += ", response=\"" + hex_hash(algorithm, {secret_, challenge_.nonce, request}) + '"';
  }
  if (challenge_.has_opaque) out += ", opaque=" + quoted(challenge_.opaque);
  if (!challenge_.algorithm.empty()) out += ", algorithm=" + challenge_.algorithm;
  return out;
}

}  // namespace commune_watch
