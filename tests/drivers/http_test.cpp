// The http driver: its judgement on literal answers, its visits on written dialogues, and both against
// Debian's nginx.
#include "drivers/generic/http.hpp"

#include <gtest/gtest.h>

#include "drivers/visit.hpp"
#include "support/nginx.hpp"
#include "wire/net_wire.hpp"
#include "wire/real_clock.hpp"

namespace commune_watch {
namespace {

constexpr Millis kNow = 1'790'000'000'000, kDay = 86'400'000;
const Login kLogin{.username = "monitor", .password = "bi-mat-42"};

Target page(OptionTexts more = {}, std::optional<Login> login = {}, Kind kind = Kind::access_point) {
  more.insert({"url", "http://192.0.2.40/"});
  return target_of("http", std::move(more), std::move(login), kind);
}

HttpReply answer(int status, std::string body = {}) {
  HttpReply reply;
  reply.status = status;
  reply.connected = true;
  reply.body = std::move(body);
  return reply;
}

Finding judged(const HttpReply& reply, const Target& target = page(), Rung depth = Rung::useful,
               bool may_log_in = true) {
  return judge(reply, http_rules(target), question_of(depth, may_log_in));
}

Finding visited(const std::string& dialogue, const Target& target, bool may_log_in = true) {
  ScriptedWire wire = ScriptedWire::from_file(dialogue);
  Finding finding = visit(target, wire, question_of(Rung::useful, may_log_in));
  EXPECT_TRUE(wire.left().empty());
  return finding;
}

TEST(HttpJudge, AnyStatusOfTheGoodRangesAnswers) {
  for (const int status : {200, 204, 301, 399})
    EXPECT_EQ(ladder(judged(answer(status))), "reachable:ok answering:ok") << status;
  for (const int status : {199, 400, 404, 503})
    EXPECT_EQ(ladder(judged(answer(status))), "reachable:ok answering:failed(http-status)") << status;
}

TEST(HttpJudge, ConfiguredStatusesReplaceTheDefault) {
  const Target target = page({{"status", "204\n400-404"}});
  EXPECT_EQ(ladder(judged(answer(204), target)), "reachable:ok answering:ok");
  EXPECT_EQ(ladder(judged(answer(403), target)), "reachable:ok answering:ok");
  EXPECT_EQ(ladder(judged(answer(200), target)), "reachable:ok answering:failed(http-status)");
}

TEST(HttpJudge, StatusIsTheDevicesWord) { EXPECT_EQ(judged(answer(503)).checks.back().words, "HTTP 503"); }

TEST(HttpJudge, RefusedConnectionProvesTheHost) {
  HttpReply reply;
  reply.trouble = Trouble::refused;
  EXPECT_EQ(ladder(judged(reply)), "reachable:ok answering:failed(connection-refused)");
}

TEST(HttpJudge, SilentHostIsNotReachableAndASilentServiceIs) {
  HttpReply silent;
  silent.trouble = Trouble::timed_out;
  EXPECT_EQ(ladder(judged(silent)), "reachable:failed(no-answer)");
  silent.connected = true;
  EXPECT_EQ(ladder(judged(silent)), "reachable:ok answering:failed(timed-out)");
}

TEST(HttpJudge, ContentDecidesWhatIsUseful) {
  const Target text = page({{"body_contains", "xã Tân Phú"}});
  EXPECT_EQ(ladder(judged(answer(200, "… xã Tân Phú …"), text)),
            "reachable:ok answering:ok active:ok useful:ok");
  EXPECT_EQ(ladder(judged(answer(200, "parked"), text)),
            "reachable:ok answering:ok active:ok useful:failed(body-mismatch)");
  const Target pattern = page({{"body_match", "T[aâ]n +Ph[uú]"}});
  EXPECT_EQ(ladder(judged(answer(200, "Tan  Phu"), pattern)),
            "reachable:ok answering:ok active:ok useful:ok");
  EXPECT_EQ(ladder(judged(answer(200, "Tan"), pattern)),
            "reachable:ok answering:ok active:ok useful:failed(body-mismatch)");
}

TEST(HttpJudge, HostilePageCannotHangOrOverflowTheMatcher) {
  const Target target = page({{"body_match", "(a+)+b"}});
  EXPECT_EQ(ladder(judged(answer(200, std::string(100'000, 'a')), target)),
            "reachable:ok answering:ok active:ok useful:failed(body-mismatch)");
}

TEST(HttpJudge, WordsOfAnAlteredPageAreItsFirstLine) {
  const Finding finding = judged(answer(200, "hacked by\nsomebody"), page({{"body_contains", "x"}}));
  EXPECT_EQ(finding.checks.back().words, "hacked by");
}

TEST(HttpJudge, CertificateSpeaksOnlyWhileTheClockIsTrusted) {
  HttpReply reply = answer(200);
  reply.certificate_not_after = kNow + 13 * kDay;
  Question question = question_of(Rung::useful);
  const HttpRules rules = http_rules(page());
  EXPECT_EQ(warnings(judge(reply, rules, question)), "certificate-expiring");
  question.utc_now.reset();
  EXPECT_EQ(warnings(judge(reply, rules, question)), "");
}

TEST(HttpJudge, CertificateDaysAreFloored) {
  const auto days = [](Millis left) {
    HttpReply reply = answer(200);
    reply.certificate_not_after = kNow + left;
    const Finding finding = judged(reply);
    return std::to_string(*fact(finding.facts, FactId::certificate_days_left)) + " " + warnings(finding);
  };
  EXPECT_EQ(days(14 * kDay), "14 ");
  EXPECT_EQ(days(14 * kDay - 1), "13 certificate-expiring");
  EXPECT_EQ(days(0), "0 certificate-expiring");
  EXPECT_EQ(days(-1), "-1 certificate-expired");
  EXPECT_EQ(days(-kDay), "-1 certificate-expired");
  EXPECT_EQ(days(-kDay - 1), "-2 certificate-expired");
}

TEST(HttpJudge, BadCertificateOfAWebsiteIsAWarningAndTheSiteAnswers) {
  HttpReply reply = answer(200);
  reply.certificate_trouble = "self-signed certificate";
  const Finding finding = judged(reply, page({}, {}, Kind::website));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok");
  EXPECT_EQ(warnings(finding), "certificate-invalid");
}

TEST(HttpJudge, StrangersKeyIsUnknownAndARefusedHandshakeIsDown) {
  HttpReply reply;
  reply.connected = true;
  reply.trouble = Trouble::tls;
  EXPECT_EQ(ladder(judged(reply)), "reachable:ok answering:failed(tls-failed)");
  reply.certificate_trouble = "the certificate's key is not the pinned one";
  EXPECT_EQ(ladder(judged(reply)), "reachable:ok answering:unknown(certificate-mismatch)");
}

TEST(HttpJudge, CertificateRefusedByAnUntrustedClockIsUnknown) {
  HttpReply reply;
  reply.connected = true;
  reply.trouble = Trouble::tls;
  reply.certificate_trouble = "certificate has expired";
  Question question = question_of(Rung::useful);
  const HttpRules rules = http_rules(page());
  EXPECT_EQ(ladder(judge(reply, rules, question)), "reachable:ok answering:failed(tls-failed)");
  question.utc_now.reset();
  EXPECT_EQ(ladder(judge(reply, rules, question)), "reachable:ok answering:unknown(clock-unsure)");
}

TEST(Http, PageIsJudgedWithoutALogin) {
  EXPECT_EQ(ladder(visited("http/good", page())),
            "reachable:ok answering:ok active:not-tested useful:not-tested");
  EXPECT_EQ(ladder(visited("http/good", page({{"body_contains", "xã Tân Phú"}}))),
            "reachable:ok answering:ok active:ok useful:ok");
}

TEST(Http, ParkedDomainFailsItsContent) {
  EXPECT_EQ(ladder(visited("http/defaced", page({{"body_contains", "xã Tân Phú"}}))),
            "reachable:ok answering:ok active:ok useful:failed(body-mismatch)");
}

TEST(Http, DeadServiceBehindALivingServerIsDown) {
  EXPECT_EQ(ladder(visited("http/gateway-error", page({{"body_contains", "x"}}))),
            "reachable:ok answering:failed(http-status) active:not-tested useful:not-tested");
}

TEST(Http, AskingForALoginIsAnAnswerWhereNoneIsConfigured) {
  EXPECT_EQ(ladder(visited("http/wants-login", page())),
            "reachable:ok answering:ok active:not-tested useful:not-tested");
  EXPECT_EQ(ladder(visited("http/wants-login", page({{"body_contains", "x"}}))),
            "reachable:ok answering:ok active:unknown(login-needed) useful:not-tested");
}

TEST(Http, BlockedLoginIsNotGivenAndNothingIsKnown) {
  const Finding finding = visited("http/wants-login", page({}, kLogin), false);
  EXPECT_EQ(ladder(finding),
            "reachable:ok answering:unknown(login-blocked) active:not-tested useful:not-tested");
  EXPECT_EQ(finding.login, LoginUse::none);
}

TEST(Http, RefusedLoginIsToldAndNeverDowntime) {
  const Finding finding = visited("http/login-refused", page({}, kLogin));
  EXPECT_EQ(ladder(finding),
            "reachable:ok answering:unknown(bad-password) active:not-tested useful:not-tested");
  EXPECT_EQ(finding.login, LoginUse::refused);
}

TEST(Http, TlsIsObservedAtWebsitesAndLeftAloneAtDevices) {
  const auto verify = [](OptionTexts options, Kind kind, std::optional<Login> login = {}) {
    options.insert({"url", "https://192.0.2.40/"});
    return tls_policy(target_of("http", std::move(options), std::move(login), kind)).verify;
  };
  using Verify = TlsPolicy::Verify;
  EXPECT_EQ(verify({}, Kind::website), Verify::observe);
  EXPECT_EQ(verify({}, Kind::website, kLogin), Verify::authority) << "a login goes to nobody unknown";
  EXPECT_EQ(verify({}, Kind::access_point), Verify::off);
  EXPECT_EQ(verify({}, Kind::access_point, kLogin), Verify::off) << "Digest tells nobody the password";
  EXPECT_EQ(verify({}, Kind::access_point, Login{.username = "a", .password = "b", .allow_basic = true}),
            Verify::authority);
  EXPECT_EQ(verify({{"tls", "authority"}}, Kind::access_point), Verify::authority);
  EXPECT_EQ(verify({{"tls", "off"}}, Kind::website), Verify::off);
  EXPECT_EQ(verify({{"spki_sha256", std::string(43, 'A') + "="}}, Kind::website), Verify::pin);
}

TEST(Http, ReachesUsefulOnlyWithARuleForTheBody) {
  const Driver& driver = *find_driver(drivers(), "http");
  EXPECT_EQ(testable(driver, page().options), Rung::answering);
  EXPECT_EQ(testable(driver, page({{"body_match", "x"}}).options), Rung::useful);
}

TEST(Http, OptionsThatDoNotFitAreRefused) {
  const std::string pin = std::string(43, 'A') + "=";
  EXPECT_EQ(refusal("http", {{"url", "https://a/"}, {"spki_sha256", pin}}), "");
  EXPECT_EQ(refusal("http", {{"url", "rtsp://a/"}}), "url: must begin with http:// or https://");
  EXPECT_EQ(refusal("http", {{"url", "http://a/"}, {"spki_sha256", pin}}),
            "spki_sha256: needs an https:// url");
  EXPECT_EQ(refusal("http", {{"url", "https://a/"}, {"spki_sha256", "abc"}}),
            "spki_sha256: must be a SHA-256 in base64, 44 characters ending in '='");
  EXPECT_EQ(refusal("http", {{"url", "https://a/"}, {"spki_sha256", pin}, {"tls", "off"}}),
            "tls: says nothing beside spki_sha256; keep one of them");
  EXPECT_EQ(refusal("http", {{"url", "https://a/"}, {"tls", "on"}}),
            "tls: must be \"authority\", \"observe\" or \"off\"");
  EXPECT_TRUE(refusal("http", {{"url", "http://a/"}, {"status", "299-200"}}).starts_with("status: "));
  EXPECT_TRUE(refusal("http", {{"url", "http://a/"}, {"status", "20"}}).starts_with("status: "));
  EXPECT_TRUE(refusal("http", {{"url", "http://a/"}, {"certificate_warn_days", "366"}})
                  .starts_with("certificate_warn_days: "));
  EXPECT_TRUE(refusal("http", {{"url", "http://a/"}, {"body_match", "(a)\\1"}}).starts_with("body_match: "));
}

TEST(Http, NginxIsJudgedLikeTheDialogues) {
  const Millis today = RealClock().anchor().utc;
  const Certificate certificate = make_certificate("127.0.0.1", today - kDay, today + 5 * kDay);
  const Nginx nginx("location = /index.html { return 200 'xã Tân Phú'; } location = /gone { return 410; }",
                    &certificate);
  asio::io_context io;
  NetWire wire(io);
  Question question = question_of(Rung::useful);
  question.utc_now = today;
  const auto ask = [&](std::string url, OptionTexts more = {}, Kind kind = Kind::website) {
    more.insert({"url", std::move(url)});
    const auto probe = probe_of(target_of("http", std::move(more), {}, kind));
    return run(io, probe->run(wire, question));
  };
  EXPECT_EQ(ladder(ask(nginx.url("/index.html"), {{"body_contains", "Tân Phú"}})),
            "reachable:ok answering:ok active:ok useful:ok");
  EXPECT_EQ(ladder(ask(nginx.url("/gone"))),
            "reachable:ok answering:failed(http-status) active:not-tested useful:not-tested");
  const Finding secure = ask(nginx.https_url("/index.html"));
  EXPECT_EQ(ladder(secure), "reachable:ok answering:ok active:not-tested useful:not-tested");
  EXPECT_EQ(warnings(secure), "certificate-invalid certificate-expiring");
  EXPECT_EQ(ladder(ask(nginx.https_url("/index.html"), {{"tls", "authority"}})),
            "reachable:ok answering:failed(tls-failed) active:not-tested useful:not-tested");
}

}  // namespace
}  // namespace commune_watch
