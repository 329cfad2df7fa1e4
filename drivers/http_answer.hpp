// What any HTTP answer says of the ladder's first two rungs, of the login and of the certificate: the same
// for every driver that speaks HTTP; and of a certificate, for who speaks anything else over TLS.
#pragma once
#include <optional>

#include "drivers/driver.hpp"

namespace commune_watch {

// Options that every driver over HTTP(S) has; `check_http_options` knows what goes together.
inline constexpr Option kUrlOption{"url", OptionType::url, true, "", "Address, http:// or https://."};
inline constexpr Option kTlsOption{
    "tls", OptionType::text, false, "",
    "authority: the certificate must be good; observe: a bad one is a warning; off: not looked at. "
    "Default: observe for websites, off for devices, authority where a website gets a login or anybody a "
    "Basic one."};
inline constexpr Option kPinOption{"spki_sha256", OptionType::text, false, "",
                                   "Base64 SHA-256 of the only public key to accept over https."};
std::string check_http_options(const Options& options);
// `tls` and `spki_sha256` of a url that is `secure`, or not; `scheme` is what they need, "https://".
std::string check_tls_options(const Options& options, bool secure, std::string_view scheme);

// The policy of a target: a pin if there is one, else `tls`, else by kind.
TlsPolicy tls_policy(const Target& target);

// Reachable and answering: an answer of any status answers. One check too few or too many is a bug.
// `answered` is true when there is a status for the driver to judge.
struct HttpLadder {
  std::vector<Check> checks;
  bool answered = false;
};
HttpLadder http_ladder(const HttpReply& reply, const Question& question);

// Why a 401 stands, as an unknown at `rung`; absent where the login is no matter. `has_login`: one is
// configured.
std::optional<Check> login_trouble(Rung rung, const HttpReply& reply, bool has_login,
                                   const Question& question);
LoginUse login_use(const HttpReply& reply);

// What a server over TLS showed of itself, whatever it speaks.
struct CertificateSeen {
  Trouble trouble = Trouble::none;  // the operation's
  std::string words;                // and its words
  std::string certificate_trouble;
  std::optional<Millis> not_after;
};
// An operation that ended in trouble before there was an answer.
Check answering_trouble(const CertificateSeen& seen, const Question& question, std::int64_t took_us);
void note_certificate(Finding& finding, const CertificateSeen& seen, std::int64_t warn_days,
                      const Question& question);

// Certificate facts and warnings. Dates are judged by the question's clock, and not at all while that is not
// trusted.
void note_certificate(Finding& finding, const HttpReply& reply, std::int64_t warn_days,
                      const Question& question);

}  // namespace commune_watch
