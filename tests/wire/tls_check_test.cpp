// HTTPS against Debian's nginx: who is let in under which policy, and what is told of the certificate.
#include <gtest/gtest.h>

#include <cstdlib>

#include "support/nginx.hpp"
#include "support/run.hpp"
#include "wire/net_wire.hpp"
#include "wire/real_clock.hpp"

namespace commune_watch {
namespace {

using Verify = TlsPolicy::Verify;
constexpr Millis kDay = 86'400'000;

Millis today() { return RealClock().anchor().utc / kDay * kDay; }

class TlsCheckTest : public ::testing::Test {
 protected:
  explicit TlsCheckTest(const std::string& host = "127.0.0.1", Millis days = 30)
      : not_after(today() + days * kDay),
        certificate(make_certificate(host, today() - 400 * kDay, not_after)),
        server("location = / { return 200 'xin chao'; }", &certificate) {}

  HttpReply ask(Verify verify, std::string pin = {}, bool keep_alive = false) {
    HttpRequest request;
    request.url = parse_url(server.https_url()).value();
    request.tls = {.verify = verify, .spki_sha256 = std::move(pin)};
    request.keep_alive = keep_alive;
    return run(io, wire.http(std::move(request)));
  }
  // Makes the server's certificate the machine's only authority, as long as the test lives.
  void trust() { setenv("SSL_CERT_FILE", (server.directory().path() + "/certificate.pem").c_str(), 1); }
  void TearDown() override { unsetenv("SSL_CERT_FILE"); }

  Millis not_after;
  Certificate certificate;
  Nginx server;
  asio::io_context io;
  NetWire wire{io};
};

TEST_F(TlsCheckTest, OffLetsAnybodyInAndTellsTheCertificate) {
  const HttpReply reply = ask(Verify::off);
  EXPECT_EQ(reply.status, 200) << reply.words;
  EXPECT_EQ(reply.certificate_not_after, not_after);
  EXPECT_EQ(reply.spki_sha256.size(), 44U);
  EXPECT_EQ(reply.certificate_trouble, "");
}

TEST_F(TlsCheckTest, PinnedKeyIsLetInWhoeverSignedIt) {
  const std::string pin = ask(Verify::off).spki_sha256;
  const HttpReply reply = ask(Verify::pin, pin);
  EXPECT_EQ(reply.status, 200) << reply.words;
}

TEST_F(TlsCheckTest, AnotherKeyThanThePinnedOneIsRefused) {
  const HttpReply reply = ask(Verify::pin, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  EXPECT_EQ(reply.trouble, Trouble::tls);
  EXPECT_EQ(reply.status, 0) << "nothing was asked of a stranger";
  EXPECT_EQ(reply.words, "the certificate's key is not the pinned one");
  EXPECT_TRUE(reply.connected);
  EXPECT_EQ(server.access_log(), "");
}

TEST_F(TlsCheckTest, UnknownAuthorityIsRefusedAndStillTold) {
  const HttpReply reply = ask(Verify::authority);
  EXPECT_EQ(reply.trouble, Trouble::tls);
  EXPECT_NE(reply.words.find("self-signed"), std::string::npos) << reply.words;
  EXPECT_EQ(reply.certificate_not_after, not_after);
}

TEST_F(TlsCheckTest, ObserverReportsWhatAnAuthorityWouldRefuse) {
  const HttpReply reply = ask(Verify::observe);
  EXPECT_EQ(reply.status, 200) << reply.words;
  EXPECT_NE(reply.certificate_trouble.find("self-signed"), std::string::npos) << reply.certificate_trouble;
}

TEST_F(TlsCheckTest, TrustedAuthorityIsLetIn) {
  trust();
  const HttpReply reply = ask(Verify::authority);
  EXPECT_EQ(reply.status, 200) << reply.words;
  EXPECT_EQ(reply.certificate_trouble, "");
}

TEST_F(TlsCheckTest, KeptConnectionStillTellsItsCertificate) {
  ask(Verify::off, {}, true);
  const HttpReply reply = ask(Verify::off, {}, true);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.certificate_not_after, not_after);
  const std::string log = server.access_log();
  EXPECT_EQ(log.substr(log.find(" - ") + 3, log.find('\n') - log.find(" - ") - 3),
            log.substr(log.rfind(' ') + 1, log.size() - log.rfind(' ') - 2))
      << "both came over one connection: " << log;
}

TEST_F(TlsCheckTest, ConnectionKeptUncheckedIsNotUsedForAnAuthority) {
  EXPECT_EQ(ask(Verify::off, {}, true).status, 200);
  EXPECT_EQ(ask(Verify::authority, {}, true).trouble, Trouble::tls);
  EXPECT_EQ(ask(Verify::pin, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", true).trouble, Trouble::tls);
}

class ForeignNameTest : public TlsCheckTest {
 protected:
  ForeignNameTest() : TlsCheckTest("other.example") {}
};

TEST_F(ForeignNameTest, TrustedCertificateOfAnotherNameIsRefused) {
  trust();
  const HttpReply reply = ask(Verify::authority);
  EXPECT_EQ(reply.trouble, Trouble::tls);
  EXPECT_NE(reply.words.find("mismatch"), std::string::npos) << reply.words;
}

class ExpiredTest : public TlsCheckTest {
 protected:
  ExpiredTest() : TlsCheckTest("127.0.0.1", -1) {}
};

TEST_F(ExpiredTest, ObserverLeavesTheDatesToWhoKnowsTheTime) {
  trust();
  const HttpReply reply = ask(Verify::observe);
  EXPECT_EQ(reply.status, 200) << reply.words;
  EXPECT_EQ(reply.certificate_not_after, not_after);
  EXPECT_EQ(reply.certificate_trouble, "");
}

TEST_F(ExpiredTest, AuthorityRefusesIt) {
  trust();
  const HttpReply reply = ask(Verify::authority);
  EXPECT_EQ(reply.trouble, Trouble::tls);
  EXPECT_NE(reply.words.find("expired"), std::string::npos) << reply.words;
}

TEST_F(TlsCheckTest, PlainHttpPortIsNotTls) {
  HttpRequest request;
  request.url = parse_url("https" + server.url().substr(4)).value();
  request.tls.verify = Verify::off;
  const HttpReply reply = run(io, wire.http(std::move(request)));
  EXPECT_EQ(reply.trouble, Trouble::tls) << reply.words;
  EXPECT_FALSE(reply.certificate_not_after);
}

}  // namespace
}  // namespace commune_watch
