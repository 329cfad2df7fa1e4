// HTTP answers as checks, warnings and facts.
#include "drivers/http_answer.hpp"

#include <algorithm>

namespace commune_watch {
namespace {

constexpr Millis kDay = 86'400'000;

// A SHA-256 in base64 is 43 characters and one '='.
bool is_pin(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return text.size() == 44 && text.ends_with('=') && text.find_first_not_of(kAlphabet) == 43;
}

CertificateSeen seen_in(const HttpReply& reply) {
  return {.trouble = reply.trouble,
          .words = reply.words,
          .certificate_trouble = reply.certificate_trouble,
          .not_after = reply.certificate_not_after};
}

}  // namespace

Check answering_trouble(const CertificateSeen& seen, const Question& question, std::int64_t took_us) {
  const bool certificate = seen.trouble == Trouble::tls && !seen.certificate_trouble.empty();
  if (certificate && seen.certificate_trouble.find("pinned") != std::string::npos)
    return bad(Rung::answering, reason_id("certificate-mismatch"), seen.words, took_us);
  if (certificate && !question.utc_now)  // its dates were held against a clock that is not to be trusted
    return bad(Rung::answering, reason_id("clock-unsure"), seen.words, took_us);
  return check_of(Rung::answering, seen.trouble, seen.words, took_us);
}

std::string check_http_options(const Options& options) {
  const auto url = parse_url(options.text("url"));
  if (!url || (url->scheme != "http" && url->scheme != "https"))
    return "url: must begin with http:// or https://";
  return check_tls_options(options, url->scheme == "https", "https://");
}

std::string check_tls_options(const Options& options, bool secure, std::string_view scheme) {
  const std::string tls = options.text("tls");
  if (!tls.empty() && tls != "authority" && tls != "observe" && tls != "off")
    return "tls: must be \"authority\", \"observe\" or \"off\"";
  if (!options.has("spki_sha256")) return {};
  if (!is_pin(options.text("spki_sha256")))
    return "spki_sha256: must be a SHA-256 in base64, 44 characters ending in '='";
  if (!tls.empty()) return "tls: says nothing beside spki_sha256; keep one of them";
  return secure ? std::string() : "spki_sha256: needs an " + std::string(scheme) + " url";
}

TlsPolicy tls_policy(const Target& target) {
  using Verify = TlsPolicy::Verify;
  if (target.options.has("spki_sha256"))
    return {.verify = Verify::pin, .spki_sha256 = target.options.text("spki_sha256")};
  const std::string tls = target.options.text("tls");
  if (tls == "authority") return {.verify = Verify::authority, .spki_sha256 = {}};
  if (tls == "observe") return {.verify = Verify::observe, .spki_sha256 = {}};
  if (tls == "off") return {.verify = Verify::off, .spki_sha256 = {}};
  // Devices sign their own certificates; a website that does is a warning (criterion 1.3 asks that it
  // answers). But a website's login, and a password in clear (Basic) to anybody, go only to whom an
  // authority vouches for.
  const bool website = target.kind == Kind::website;
  if (target.login && (website || target.login->allow_basic))
    return {.verify = Verify::authority, .spki_sha256 = {}};
  return {.verify = website ? Verify::observe : Verify::off, .spki_sha256 = {}};
}

HttpLadder http_ladder(const HttpReply& reply, const Question& question) {
  HttpLadder ladder;
  if (!reply.connected && reply.trouble != Trouble::refused) {
    ladder.checks.push_back(check_of(Rung::reachable, reply.trouble, reply.words, reply.took_us));
    return ladder;
  }
  ladder.checks.push_back(good(Rung::reachable, reply.connect_us));
  ladder.answered = reply.trouble == Trouble::none && reply.status != 0;
  if (ladder.answered)
    ladder.checks.push_back(good(Rung::answering, reply.took_us));
  else
    ladder.checks.push_back(answering_trouble(seen_in(reply), question, reply.took_us));
  return ladder;
}

std::optional<Check> login_trouble(Rung rung, const HttpReply& reply, bool has_login,
                                   const Question& question) {
  const auto because = [&](std::string_view code) {
    return bad(rung, reason_id(code), reply.words, reply.took_us);
  };
  switch (reply.login) {
    case LoginAnswer::not_asked:
    case LoginAnswer::accepted:
      return std::nullopt;
    case LoginAnswer::not_given:
      if (!has_login) return because("login-needed");
      return because(question.may_log_in ? "internal-error" : "login-blocked");
    case LoginAnswer::refused:
      return because("bad-password");
    case LoginAnswer::wants_basic:
      return because("basic-refused");
    case LoginAnswer::unsupported:
      return because("auth-unsupported");
    case LoginAnswer::unsettled:
      if (reply.status == 403) return because("not-permitted");
      if (reply.status == 429) return because("rate-limited");
      if (reply.status == 401)
        return because("not-permitted");  // of this page; or its nonces grow stale at once
      return std::nullopt;                // a 5xx, or cut off: what the status or the trouble says
  }
  return std::nullopt;
}

LoginUse login_use(const HttpReply& reply) {
  if (reply.login == LoginAnswer::accepted) return LoginUse::accepted;
  return reply.login == LoginAnswer::refused ? LoginUse::refused : LoginUse::none;
}

void note_certificate(Finding& finding, const HttpReply& reply, std::int64_t warn_days,
                      const Question& question) {
  note_certificate(finding, seen_in(reply), warn_days, question);
}

void note_certificate(Finding& finding, const CertificateSeen& seen, std::int64_t warn_days,
                      const Question& question) {
  if (!seen.certificate_trouble.empty() && seen.trouble == Trouble::none)
    finding.warnings.push_back(reason_id("certificate-invalid"));
  if (!seen.not_after || !question.utc_now) return;
  const Millis left = *seen.not_after - *question.utc_now;
  const Millis days =
      left >= 0 ? left / kDay : -((-left + kDay - 1) / kDay);  // floored: -1 from the first second on
  finding.facts.push_back({FactId::certificate_days_left, days});
  if (left < 0)
    finding.warnings.push_back(reason_id("certificate-expired"));
  else if (days < warn_days)
    finding.warnings.push_back(reason_id("certificate-expiring"));
}

}  // namespace commune_watch
