// HTTP over real sockets, against a peer that behaves as each test wants and counts what it gets.
#include <gtest/gtest.h>

#include <asio/ip/tcp.hpp>

#include "support/http_peer.hpp"
#include "support/process.hpp"
#include "support/run.hpp"
#include "wire/cancelled.hpp"
#include "wire/net_wire.hpp"

namespace commune_watch {
namespace {

using Then = HttpPeer::Answer::Then;
constexpr const char* kChallenge = "WWW-Authenticate: Digest realm=\"cam\", nonce=\"abc\", qop=\"auth\"\r\n";
constexpr const char* kStale =
    "WWW-Authenticate: Digest realm=\"cam\", nonce=\"abd\", qop=\"auth\", stale=true\r\n";

class HttpClientTest : public ::testing::Test {
 protected:
  static HttpRequest request(const HttpPeer& peer, const std::string& target = "/") {
    HttpRequest it;
    it.url = parse_url(peer.url(target)).value();
    it.limit = 10'000;
    return it;
  }
  static HttpRequest with_login(const HttpPeer& peer, bool allow_basic = false) {
    HttpRequest it = request(peer);
    it.login = Login{.username = "monitor", .password = "bi-mat-42", .allow_basic = allow_basic};
    return it;
  }
  HttpReply ask(HttpRequest it) { return run(io, wire.http(std::move(it))); }

  asio::io_context io;
  NetWire wire{io};
};

TEST_F(HttpClientTest, AnswerComesWhole) {
  HttpPeer peer(io, [](const auto&) {
    return HttpPeer::Answer{http_answer(200, "xin chào", "Server: Test\r\nX-A:  b \r\n")};
  });
  const HttpReply reply = ask(request(peer, "/a/../b?c=d%20e"));
  EXPECT_EQ(reply.trouble, Trouble::none) << reply.words;
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "xin chào");
  ASSERT_NE(reply.header("server"), nullptr);
  EXPECT_EQ(*reply.header("server"), "Test");
  EXPECT_TRUE(reply.connected);
  EXPECT_GT(reply.took_us, 0);
  EXPECT_EQ(reply.login, LoginAnswer::not_asked);
  ASSERT_EQ(peer.requests().size(), 1U);
  EXPECT_TRUE(peer.requests()[0].head.starts_with("GET /a/../b?c=d%20e HTTP/1.1\r\n"))
      << peer.requests()[0].head;
  EXPECT_EQ(peer.requests()[0].header("accept-encoding"), "");
}

TEST_F(HttpClientTest, RedirectIsNotFollowedAndGetsNoLogin) {
  HttpPeer other(io, [](const auto&) { return HttpPeer::Answer{http_answer(401, "", kChallenge)}; });
  HttpPeer peer(io, [&](const auto&) {
    return HttpPeer::Answer{http_answer(302, "", "Location: " + other.url() + "\r\n")};
  });
  const HttpReply reply = ask(with_login(peer));
  EXPECT_EQ(reply.status, 302);
  EXPECT_EQ(other.requests().size(), 0U);
  EXPECT_EQ(peer.logins(), 0);
}

TEST_F(HttpClientTest, WrongPasswordIsSentExactlyOnce) {
  HttpPeer peer(io, [](const auto&) { return HttpPeer::Answer{http_answer(401, "no", kChallenge)}; });
  const HttpReply reply = ask(with_login(peer));
  EXPECT_EQ(reply.login, LoginAnswer::refused);
  EXPECT_EQ(reply.credentialed_requests, 1);
  EXPECT_EQ(peer.logins(), 1);
  EXPECT_EQ(peer.requests().size(), 2U);
  EXPECT_FALSE(peer.requests()[0].bears_login()) << "nothing is sent before it is asked for";
}

TEST_F(HttpClientTest, EndlessStaleNoncesGetTwoLoginsAndNoMore) {
  HttpPeer peer(io, [](const auto& asked) {
    return HttpPeer::Answer{http_answer(401, "", asked.bears_login() ? kStale : kChallenge)};
  });
  const HttpReply reply = ask(with_login(peer));
  EXPECT_EQ(reply.login, LoginAnswer::unsettled);
  EXPECT_EQ(peer.logins(), 2);
}

TEST_F(HttpClientTest, RightPasswordIsAcceptedOnTheConnectionOfTheChallenge) {
  HttpPeer peer(io, [](const auto& asked) {
    return HttpPeer::Answer{asked.bears_login() ? http_answer(200, "in") : http_answer(401, "", kChallenge)};
  });
  const HttpReply reply = ask(with_login(peer));
  EXPECT_EQ(reply.login, LoginAnswer::accepted);
  EXPECT_EQ(reply.body, "in");
  EXPECT_EQ(peer.connections(), 1);
}

TEST_F(HttpClientTest, OneHeaderLineWithoutEndIsTooLargeAndNoTroubleOfOurs) {
  HttpPeer peer(io, [](const auto&) {
    return HttpPeer::Answer{"HTTP/1.1 200 OK\r\nX: " + std::string(1'000'000, 'y'), Then::wait};
  });
  const HttpReply reply = ask(request(peer));
  EXPECT_EQ(reply.trouble, Trouble::too_large) << reply.words;
}

TEST_F(HttpClientTest, DeviceThatAsksForBasicNeverSeesThePassword) {
  HttpPeer peer(io, [](const auto&) {
    return HttpPeer::Answer{http_answer(401, "", "WWW-Authenticate: Basic realm=\"x\"\r\n")};
  });
  const HttpReply reply = ask(with_login(peer));
  EXPECT_EQ(reply.login, LoginAnswer::wants_basic);
  EXPECT_EQ(reply.credentialed_requests, 0);
  EXPECT_EQ(peer.requests().size(), 1U);
  EXPECT_EQ(peer.logins(), 0);
}

constexpr const char* kWantsToken =
    "<s:Envelope xmlns:s=\"e\"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>"
    "ter:NotAuthorized</s:Value></s:Subcode></s:Code></s:Fault></s:Body></s:Envelope>";

class SoapClientTest : public HttpClientTest {
 protected:
  static HttpRequest soap(const HttpPeer& peer) {
    HttpRequest it = with_login(peer);
    it.method = "POST";
    it.body = "<s:Envelope><s:Body><Ask/></s:Body></s:Envelope>";
    it.soap = SoapLogin{.created = "2026-11-22T14:00:00Z", .at = 12};
    return it;
  }
};

TEST_F(SoapClientTest, TokenIsGivenInTheBodyToWhoAsksForIt) {
  HttpPeer peer(io, [](const auto& asked) {
    return HttpPeer::Answer{asked.bears_login() ? http_answer(200, "in") : http_answer(400, kWantsToken)};
  });
  const HttpReply reply = ask(soap(peer));
  EXPECT_EQ(reply.login, LoginAnswer::accepted) << reply.words;
  EXPECT_EQ(reply.body, "in");
  EXPECT_EQ(reply.credentialed_requests, 1);
  ASSERT_EQ(peer.requests().size(), 2U);
  EXPECT_EQ(peer.requests()[0].body, "<s:Envelope><s:Body><Ask/></s:Body></s:Envelope>");
  const std::string& body = peer.requests()[1].body;
  EXPECT_TRUE(body.starts_with("<s:Envelope><s:Header><Security ")) << body;
  EXPECT_TRUE(body.ends_with("</s:Header><s:Body><Ask/></s:Body></s:Envelope>")) << body;
  EXPECT_NE(body.find(">2026-11-22T14:00:00Z</Created>"), std::string::npos) << body;
  EXPECT_EQ(body.find("bi-mat-42"), std::string::npos);
}

TEST_F(SoapClientTest, EachTokenHasANonceOfItsOwn) {
  HttpPeer peer(io, [](const auto&) { return HttpPeer::Answer{http_answer(400, kWantsToken)}; });
  EXPECT_EQ(ask(soap(peer)).login, LoginAnswer::refused);
  EXPECT_EQ(ask(soap(peer)).login, LoginAnswer::refused);
  ASSERT_EQ(peer.requests().size(), 4U);
  EXPECT_EQ(peer.logins(), 2);
  EXPECT_NE(peer.requests()[1].body, peer.requests()[3].body);
}

TEST_F(SoapClientTest, RefusedTokenIsNotFollowedByDigest) {
  HttpPeer peer(io, [](const auto& asked) {
    return HttpPeer::Answer{asked.bears_login() ? http_answer(401, "", kChallenge)
                                                : http_answer(500, kWantsToken)};
  });
  const HttpReply reply = ask(soap(peer));
  EXPECT_EQ(reply.login, LoginAnswer::refused);
  EXPECT_EQ(reply.credentialed_requests, 1);
  EXPECT_EQ(peer.logins(), 1);
}

TEST_F(SoapClientTest, RefusedDigestIsNotFollowedByAToken) {
  HttpPeer peer(io, [](const auto& asked) {
    return HttpPeer::Answer{asked.bears_login() ? http_answer(400, kWantsToken)
                                                : http_answer(401, "", kChallenge)};
  });
  const HttpReply reply = ask(soap(peer));
  EXPECT_EQ(reply.login, LoginAnswer::refused);
  EXPECT_EQ(peer.logins(), 1);
  EXPECT_EQ(peer.requests()[1].body, peer.requests()[0].body);
}

TEST_F(SoapClientTest, WithoutATimeThereIsNoToken) {
  HttpPeer peer(io, [](const auto&) { return HttpPeer::Answer{http_answer(400, kWantsToken)}; });
  HttpRequest request = soap(peer);
  request.soap->created.clear();
  EXPECT_EQ(ask(request).login, LoginAnswer::unsupported);
  EXPECT_EQ(peer.logins(), 0);
}

TEST_F(SoapClientTest, AnotherRequestTakesAFaultForWhatItIs) {
  HttpPeer peer(io, [](const auto&) { return HttpPeer::Answer{http_answer(400, kWantsToken)}; });
  HttpRequest request = soap(peer);
  request.soap.reset();
  EXPECT_EQ(ask(request).login, LoginAnswer::not_asked);
  EXPECT_EQ(peer.logins(), 0);
}

TEST_F(HttpClientTest, BasicIsSentOnceWhereItIsAllowed) {
  HttpPeer peer(io, [](const auto&) {
    return HttpPeer::Answer{http_answer(401, "", "WWW-Authenticate: Basic realm=\"x\"\r\n")};
  });
  const HttpReply reply = ask(with_login(peer, true));
  EXPECT_EQ(reply.login, LoginAnswer::refused);
  EXPECT_EQ(peer.logins(), 1);
  EXPECT_EQ(peer.requests()[1].header("authorization"), "Basic bW9uaXRvcjpiaS1tYXQtNDI=");
}

TEST_F(HttpClientTest, LoginIsNotSentAgainWhenTheConnectionDiesUnderIt) {
  HttpPeer peer(io, [](const auto& asked) {
    if (asked.bears_login()) return HttpPeer::Answer{"", Then::close};
    return HttpPeer::Answer{http_answer(401, "", kChallenge)};
  });
  const HttpReply reply = ask(with_login(peer));
  EXPECT_EQ(peer.logins(), 1) << "libcurl would send it again by itself";
  EXPECT_EQ(reply.credentialed_requests, 1);
  EXPECT_EQ(reply.login, LoginAnswer::unsettled);
  EXPECT_EQ(reply.trouble, Trouble::closed);
}

TEST_F(HttpClientTest, EveryProbeOfADeviceConnectsAnew) {
  HttpPeer peer(io, [](const auto&) { return HttpPeer::Answer{http_answer(200, "x")}; });
  ask(request(peer));
  ask(request(peer));
  EXPECT_EQ(peer.connections(), 2);
  ask(with_login(peer));
  ask(with_login(peer));
  EXPECT_EQ(peer.connections(), 4) << "a login that nobody asks for keeps no connection";
}

TEST_F(HttpClientTest, MonitoringPointsKeepTheirConnection) {
  HttpPeer peer(io, [](const auto&) { return HttpPeer::Answer{http_answer(200, "x")}; });
  for (int i = 0; i < 3; ++i) {
    HttpRequest it = request(peer);
    it.keep_alive = true;
    const HttpReply reply = ask(std::move(it));
    EXPECT_EQ(reply.status, 200);
    EXPECT_TRUE(reply.connected);
  }
  EXPECT_EQ(peer.connections(), 1);
}

TEST_F(HttpClientTest, BodyOverItsCapIsTrouble) {
  HttpPeer peer(io,
                [](const auto&) { return HttpPeer::Answer{http_answer(200, std::string(100'000, 'x'))}; });
  HttpRequest it = request(peer);
  it.max_body = 50'000;
  const HttpReply reply = ask(std::move(it));
  EXPECT_EQ(reply.trouble, Trouble::too_large);
  EXPECT_EQ(reply.status, 200);
  EXPECT_LE(reply.body.size(), 50'000U);
}

TEST_F(HttpClientTest, EndlessChunksAreCutAtTheCap) {
  std::string endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 1'000; ++i) endless += "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
  HttpPeer peer(io, [&](const auto&) { return HttpPeer::Answer{endless, Then::wait}; });
  HttpRequest it = request(peer);
  it.max_body = 10'000;
  it.cut_body = true;
  const HttpReply reply = ask(std::move(it));
  EXPECT_EQ(reply.trouble, Trouble::none) << reply.words;
  EXPECT_EQ(reply.body.size(), 10'000U);
}

TEST_F(HttpClientTest, HeadersOverTheirCapAreTrouble) {
  HttpPeer peer(io, [](const auto&) {
    return HttpPeer::Answer{http_answer(200, "", "X: " + std::string(40'000, 'y') + "\r\n")};
  });
  EXPECT_EQ(ask(request(peer)).trouble, Trouble::too_large);
}

TEST_F(HttpClientTest, TooManyHeadersAreTrouble) {
  std::string many;
  for (int i = 0; i < 200; ++i) many += "A: b\r\n";
  HttpPeer peer(io, [&](const auto&) { return HttpPeer::Answer{http_answer(200, "", many)}; });
  EXPECT_EQ(ask(request(peer)).trouble, Trouble::too_large);
}

TEST_F(HttpClientTest, InterimAnswerIsNotTheAnswer) {
  HttpPeer peer(io, [](const auto&) {
    return HttpPeer::Answer{"HTTP/1.1 103 Early\r\nA: b\r\n\r\n" + http_answer(204)};
  });
  const HttpReply reply = ask(request(peer));
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.header("a"), nullptr);
}

TEST_F(HttpClientTest, GarbageIsMalformed) {
  HttpPeer peer(io, [](const auto&) { return HttpPeer::Answer{"SSH-2.0-OpenSSH_9.2\r\n", Then::close}; });
  const HttpReply reply = ask(request(peer));
  EXPECT_EQ(reply.trouble, Trouble::malformed) << reply.words;
  EXPECT_TRUE(reply.connected);
}

TEST_F(HttpClientTest, RefusedConnectionKeepsItsWord) {
  HttpRequest it;
  it.url = parse_url("http://127.0.0.1:" + std::to_string(free_port()) + "/").value();
  const HttpReply reply = ask(std::move(it));
  EXPECT_EQ(reply.trouble, Trouble::refused);
  EXPECT_EQ(reply.words, "Connection refused");
  EXPECT_FALSE(reply.connected);
}

TEST_F(HttpClientTest, SilenceAfterTheConnectionIsAServiceThatHangs) {
  HttpPeer peer(io, [](const auto&) { return HttpPeer::Answer{"", Then::wait}; });
  HttpRequest it = request(peer);
  it.limit = 60;
  const HttpReply reply = ask(std::move(it));
  EXPECT_EQ(reply.trouble, Trouble::timed_out);
  EXPECT_TRUE(reply.connected);
  EXPECT_EQ(reply.status, 0);
  EXPECT_LT(reply.took_us, 3'000'000);
}

TEST_F(HttpClientTest, HalfAnAnswerIsStalledOrClosed) {
  const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
  HttpPeer hangs(io, [&](const auto&) { return HttpPeer::Answer{half, Then::wait}; });
  HttpRequest it = request(hangs);
  it.limit = 60;
  EXPECT_EQ(ask(std::move(it)).trouble, Trouble::stalled);
  HttpPeer closes(io, [&](const auto&) { return HttpPeer::Answer{half, Then::close}; });
  EXPECT_EQ(ask(request(closes)).trouble, Trouble::closed);
}

TEST_F(HttpClientTest, ResetIsTold) {
  HttpPeer peer(io, [](const auto&) { return HttpPeer::Answer{"", Then::reset}; });
  EXPECT_EQ(ask(request(peer)).trouble, Trouble::reset);
}

TEST_F(HttpClientTest, CancelledRequestUnwindsAtOnceAndTheNextOneWorks) {
  bool silent = true;
  HttpPeer peer(io, [&](const auto&) {
    return silent ? HttpPeer::Answer{"", Then::wait} : HttpPeer::Answer{http_answer(200)};
  });
  HttpRequest it = request(peer);
  EXPECT_TRUE(unwinds_at_once(io, wire.http(std::move(it)), [&] { return !peer.requests().empty(); }));
  silent = false;
  EXPECT_EQ(ask(request(peer)).status, 200);
}

TEST_F(HttpClientTest, NamesAreLookedUpHereAndSentAsWritten) {
  HttpPeer peer(io, [](const auto&) { return HttpPeer::Answer{http_answer(200)}; });
  HttpRequest it = request(peer);
  it.url.host = "localhost";
  const HttpReply reply = ask(std::move(it));
  EXPECT_EQ(reply.status, 200) << reply.words;
  EXPECT_EQ(peer.requests()[0].header("host"), "localhost:" + std::to_string(peer.port()));
}

TEST_F(HttpClientTest, NameThatDoesNotResolveIsTheGatewaysTrouble) {
  HttpRequest it;
  it.url = {.scheme = "http", .host = std::string(70, 'a'), .port = 80, .target = "/", .default_port = true};
  EXPECT_EQ(ask(std::move(it)).trouble, Trouble::name);
}

TEST_F(HttpClientTest, ProxyOfTheEnvironmentIsNotUsed) {
  HttpPeer proxy(io, [](const auto&) { return HttpPeer::Answer{http_answer(200, "proxy")}; });
  HttpPeer peer(io, [](const auto&) { return HttpPeer::Answer{http_answer(200, "peer")}; });
  setenv("http_proxy", proxy.url().c_str(), 1);
  EXPECT_EQ(ask(request(peer)).body, "peer");
  unsetenv("http_proxy");
}

TEST_F(HttpClientTest, PostCarriesItsBodyAndHeaders) {
  HttpPeer peer(io, [](const auto&) { return HttpPeer::Answer{http_answer(200)}; });
  HttpRequest it = request(peer, "/rpc");
  it.method = "POST";
  it.body = "{}";
  it.headers = {{"Content-Type", "application/json"}};
  EXPECT_EQ(ask(std::move(it)).status, 200);
  EXPECT_TRUE(peer.requests()[0].head.starts_with("POST /rpc "));
  EXPECT_EQ(peer.requests()[0].header("content-type"), "application/json");
  EXPECT_EQ(peer.requests()[0].header("content-length"), "2");
}

}  // namespace
}  // namespace commune_watch
