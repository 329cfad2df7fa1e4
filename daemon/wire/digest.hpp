// Digest access authentication, client side: what a device challenges with, which challenge to take, and the
// answer to it.
//
// RFC 7616 (SHA-256, several challenges), RFC 2617 (MD5, qop), RFC 2069 (no qop, as gst-rtsp-server and many
// cameras do it). Not spoken: the -sess variants, auth-int, SHA-512-256. Pure: the client nonce is handed in.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/wire.hpp"

namespace commune_watch {

// One challenge of a WWW-Authenticate header.
struct Challenge {
  enum class Scheme : std::uint8_t { basic, digest, other } scheme = Scheme::other;
  std::string realm, nonce, opaque;
  std::string algorithm;  // as written, to be repeated as written; empty: not given, which means MD5
  bool has_opaque = false;
  bool has_qop = false;  // without it the answer is RFC 2069's
  bool auth = false;     // qop offers "auth"
  bool stale = false;    // the login was right, the nonce is old
  // The algorithm if the challenge can be answered here, else automatic.
  [[nodiscard]] DigestAlgorithm spoken() const;
};

// A header may hold several challenges, and a device may send several headers: append them all to one list.
void read_challenges(std::string_view header, std::vector<Challenge>& into);

// The challenge to answer: the remembered algorithm if it is offered; else MD5 before SHA-256, because every
// device that offers both can do MD5 and some that offer both fail at SHA-256 (gortsplib#863), and only one
// attempt may be refused. Basic is never chosen where Digest can be answered. Null: none that may be
// answered.
const Challenge* choose(const std::vector<Challenge>& offered, DigestAlgorithm remembered, bool allow_basic);
// What not choosing means: wants_basic where only permission is missing, else unsupported.
LoginAnswer why_none(const std::vector<Challenge>& offered);

// Answers one challenge as often as its nonce is good for, counting.
class Authorizer {
 public:
  Authorizer(Challenge challenge, Login login, std::string client_nonce);
  // The value of the Authorization header; `uri` must be byte for byte that of the request line.
  [[nodiscard]] std::string answer(std::string_view method, std::string_view uri);
  [[nodiscard]] DigestAlgorithm algorithm() const { return challenge_.spoken(); }

 private:
  Challenge challenge_;
  std::string username_, secret_;  // secret: hash of user, realm and password; for Basic the value itself
  std::string client_nonce_;
  std::uint32_t count_ = 0;  // nc
};

}  // namespace commune_watch
