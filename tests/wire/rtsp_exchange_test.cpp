// Whole visits over loopback to a camera that misbehaves, with the logins counted at the camera.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/ip/tcp.hpp>
#include <chrono>
#include <list>
#include <vector>

#include "support/certificate.hpp"
#include "support/rtsp_camera.hpp"
#include "support/run.hpp"
#include "wire/cancelled.hpp"
#include "wire/real_clock.hpp"
#include "wire/rtsp_client.hpp"

namespace commune_watch {
namespace {

using Fault = RtspCamera::Fault;
using Script = RtspCamera::Script;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Generous, so that a busy machine makes no faults of its own; where silence is the point, `hasty` shortens
// it.
RtspRequest visit_to(const RtspCamera& camera, const std::string& password = "secret") {
  RtspRequest request;
  request.url = *parse_url(camera.url());
  request.login = Login{.username = "viewer", .password = password};
  request.connect_limit = request.answer_limit = 20'000;
  request.first_packet_limit = request.stall_limit = 20'000;
  request.key_frame_limit = 20'000;
  request.media_window = 200;
  request.limit = 60'000;
  return request;
}

RtspRequest hasty(RtspRequest request) {
  request.first_packet_limit = request.stall_limit = 1'000;
  return request;
}

Script locked(std::set<Fault> faults = {}) {
  Script script;
  script.user = "viewer";
  script.password = "secret";
  script.faults = std::move(faults);
  return script;
}

Script open_to_all(std::set<Fault> faults) {
  Script script;
  script.faults = std::move(faults);
  return script;
}

class RtspExchange : public ::testing::Test {
 protected:
  RtspReply visit(RtspRequest request) {
    return run(io, rtsp_exchange(deadlines, resolver, tls, std::move(request)));
  }
  RtspReply visit(RtspCamera& camera) { return visit(visit_to(camera)); }
  // All at once: their waits pass together.
  std::vector<RtspReply> visit_each(const std::list<RtspCamera>& cameras) {
    std::vector<RtspReply> replies(cameras.size());
    std::size_t open = 0;
    for (const RtspCamera& camera : cameras) {
      RtspReply& reply = replies[open++];
      asio::co_spawn(io, rtsp_exchange(deadlines, resolver, tls, visit_to(camera)),
                     [&open, &reply](std::exception_ptr thrown, RtspReply got) {
                       if (!thrown) reply = std::move(got);
                       --open;
                     });
    }
    io.restart();
    while (open > 0 && io.run_one() != 0) {
    }
    return replies;
  }

  asio::io_context io;
  Deadlines deadlines{io};
  Resolver resolver{io, deadlines};
  TlsCheck tls;
};

TEST_F(RtspExchange, ReachesAKeyFrameAndSaysGoodbye) {
  RtspCamera camera(locked());
  const RtspReply reply = visit(camera);
  EXPECT_EQ(reply.reached, RtspStage::key_frame) << reply.words;
  EXPECT_EQ(reply.trouble, Trouble::none);
  EXPECT_EQ(reply.login, LoginAnswer::accepted);
  EXPECT_EQ(reply.credentialed_requests, camera.credentialed);
  EXPECT_EQ(camera.teardowns, 1);
  EXPECT_EQ(camera.connections, 1);
  EXPECT_GT(reply.rtp.packets, 5);
  EXPECT_EQ(reply.rtp.lost, 0);
  EXPECT_GT(reply.key_frame_bytes, 3'000);
  EXPECT_GT(reply.answer_us, 0);
  EXPECT_THAT(camera.seen().front(), HasSubstr("User-Agent: commune-watch/"));
}

TEST_F(RtspExchange, AWrongPasswordLeavesExactlyOnce) {
  for (const char* challenge :
       {"Digest realm=\"c\", nonce=\"%\"", "Digest realm=\"c\", nonce=\"%\", qop=\"auth\"",
        "Digest realm=\"c\", nonce=\"%\", algorithm=SHA-256"}) {
    Script script = locked();
    script.challenges = {challenge};
    RtspCamera camera(script);
    const RtspReply reply = visit(visit_to(camera, "wrong"));
    EXPECT_EQ(reply.login, LoginAnswer::refused) << challenge;
    EXPECT_EQ(reply.credentialed_requests, 1);
    EXPECT_EQ(camera.credentialed, 1) << challenge;
    EXPECT_EQ(camera.refused, 1);
  }
}

TEST_F(RtspExchange, SpeaksEveryDigestThatCamerasAskFor) {
  const struct {
    std::vector<std::string> challenges;
    DigestAlgorithm spoken;
  } cases[] = {
      {{"Digest realm=\"c\", nonce=\"%\""}, DigestAlgorithm::md5},
      {{"Digest realm=\"c\", nonce=\"%\", qop=\"auth\", opaque=\"x\""}, DigestAlgorithm::md5},
      {{"Digest realm=\"c\", nonce=\"%\", algorithm=SHA-256"}, DigestAlgorithm::sha256},
      {{"Digest realm=\"c\", nonce=\"%\", algorithm=SHA-256, qop=\"auth\""}, DigestAlgorithm::sha256},
      {{"Basic realm=\"c\"", "Digest realm=\"c\", nonce=\"%\", algorithm=SHA-256",
        "Digest realm=\"c\", nonce=\"%\", algorithm=MD5"},
       DigestAlgorithm::md5},
  };
  std::list<RtspCamera> cameras;
  for (const auto& each : cases) {
    Script script = locked();
    script.challenges = each.challenges;
    cameras.emplace_back(script);
  }
  const std::vector<RtspReply> replies = visit_each(cameras);
  auto camera = cameras.begin();
  for (std::size_t i = 0; i < replies.size(); ++i, ++camera) {
    SCOPED_TRACE(cases[i].challenges.back() + " " + replies[i].words);
    EXPECT_EQ(replies[i].reached, RtspStage::key_frame);
    EXPECT_EQ(replies[i].algorithm, cases[i].spoken);
    EXPECT_EQ(camera->refused, 0);
    EXPECT_EQ(camera->basic, 0);
  }
}

TEST_F(RtspExchange, BasicOnlyNeverSeesThePasswordUnlessAllowed) {
  Script script = locked();
  script.challenges = {"Basic realm=\"c\""};
  RtspCamera camera(script);
  const RtspReply reply = visit(camera);
  EXPECT_EQ(reply.login, LoginAnswer::wants_basic);
  EXPECT_EQ(camera.credentialed, 0);
  RtspRequest allowed = visit_to(camera);
  allowed.login->allow_basic = true;
  EXPECT_EQ(visit(std::move(allowed)).reached, RtspStage::key_frame);
  EXPECT_EQ(camera.basic, camera.credentialed);
}

TEST_F(RtspExchange, ARedirectIsToldAndNotFollowed) {
  RtspCamera camera(locked({Fault::redirect}));
  const RtspReply reply = visit(camera);
  EXPECT_EQ(reply.status, 302);
  EXPECT_THAT(reply.words, HasSubstr("rtsp://192.0.2.66/elsewhere"));
  EXPECT_EQ(camera.credentialed, 0);
  EXPECT_EQ(camera.requests, 1);
}

TEST_F(RtspExchange, WhatOthersTolerateIsTolerated) {
  const std::vector<Fault> faults{Fault::split,
                                  Fault::lf_only,
                                  Fault::no_cseq,
                                  Fault::data_first,
                                  Fault::other_channels,
                                  Fault::plain_avp,
                                  Fault::garbage,
                                  Fault::busy_once,
                                  Fault::busy_at_login,
                                  Fault::stale_once,
                                  Fault::new_nonce_at_setup,
                                  Fault::options_first,
                                  Fault::doubled_base,
                                  Fault::udp_only_461,
                                  Fault::udp_only_400,
                                  Fault::slow_teardown};
  std::list<RtspCamera> cameras;
  for (const Fault fault : faults) cameras.emplace_back(locked({fault}));
  const std::vector<RtspReply> replies = visit_each(cameras);
  auto camera = cameras.begin();
  for (std::size_t i = 0; i < faults.size(); ++i, ++camera) {
    SCOPED_TRACE("fault " + std::to_string(static_cast<int>(faults[i])) + ": " + replies[i].words);
    EXPECT_EQ(replies[i].reached, RtspStage::key_frame);
    EXPECT_EQ(replies[i].login, LoginAnswer::accepted);
    EXPECT_EQ(camera->refused, 0);
  }
}

TEST_F(RtspExchange, UdpIsRememberedAndAskedForFirst) {
  RtspCamera camera(locked({Fault::udp_only_461}));
  RtspRequest request = visit_to(camera);
  const RtspReply first = visit(request);
  EXPECT_EQ(first.transport, RtspTransport::udp);
  const int requests = camera.requests;
  request.transport = first.transport;
  const RtspReply second = visit(std::move(request));
  EXPECT_EQ(second.reached, RtspStage::key_frame) << second.words;
  EXPECT_EQ(camera.requests - requests, requests - 1) << "no SETUP in vain";
}

TEST_F(RtspExchange, AddsUpTracksHoweverTheyAreWritten) {
  for (const char* control : {"trackID=1", "/trackID=1", "rtsp://10.0.0.9/live/trackID=1"}) {
    Script script = locked();
    script.control = control;
    RtspCamera camera(script);
    EXPECT_EQ(visit(camera).reached, RtspStage::key_frame) << control;
  }
}

TEST_F(RtspExchange, ParameterSetsInBandDoAsWell) {
  Script script = locked();
  script.sprop = false;
  RtspCamera camera(script);
  EXPECT_EQ(visit(camera).reached, RtspStage::key_frame);
}

TEST_F(RtspExchange, H265IsAVideoToo) {
  Script script = locked();
  script.codec = "H265";
  RtspCamera camera(script);
  EXPECT_EQ(visit(camera).reached, RtspStage::key_frame);
}

TEST_F(RtspExchange, TheLastVisitorsStreamIsDroppedAndCounted) {
  RtspCamera camera(locked({Fault::foreign_ssrc}));
  const RtspReply reply = visit(camera);
  EXPECT_EQ(reply.reached, RtspStage::key_frame);
  EXPECT_GT(reply.rtp.foreign_ssrc, 5);
  EXPECT_EQ(reply.rtp.lost, 0);
}

TEST_F(RtspExchange, RefusalsKeepTheirStatus) {
  const struct {
    Fault fault;
    int status;
    RtspStage reached;
  } cases[] = {{Fault::not_found, 404, RtspStage::connect},   {Fault::describe_full, 453, RtspStage::connect},
               {Fault::setup_full, 453, RtspStage::describe}, {Fault::play_full, 503, RtspStage::setup},
               {Fault::busy_always, 503, RtspStage::connect}, {Fault::forbidden, 403, RtspStage::connect}};
  for (const auto& each : cases) {
    RtspCamera camera(locked({each.fault}));
    const RtspReply reply = visit(camera);
    EXPECT_EQ(reply.status, each.status);
    EXPECT_EQ(reply.trouble, Trouble::none) << each.status;
    EXPECT_EQ(reply.reached, each.reached) << each.status;
  }
}

TEST_F(RtspExchange, ABusyCameraIsAskedThreeTimesAndNeverWithALogin) {
  RtspCamera camera(locked({Fault::busy_always}));
  visit(camera);
  EXPECT_EQ(camera.requests, 3);
  EXPECT_EQ(camera.credentialed, 0);
}

TEST_F(RtspExchange, ADeviceThatHangsUpAtALoginIsNotAskedTwice) {
  RtspCamera camera(locked({Fault::closes_at_login}));
  const RtspReply reply = visit(camera);
  EXPECT_EQ(reply.trouble, Trouble::closed);
  EXPECT_EQ(reply.login, LoginAnswer::unsettled);
  EXPECT_EQ(camera.credentialed, 1);
}

TEST_F(RtspExchange, AStaleNonceForEverIsAnsweredTwiceAtMost) {
  RtspCamera camera(locked({Fault::stale_always}));
  EXPECT_EQ(visit(camera).login, LoginAnswer::unsettled);
  EXPECT_EQ(camera.credentialed, 2);
}

TEST_F(RtspExchange, SilenceIsATimeOut) {
  RtspCamera camera(open_to_all({Fault::silent}));
  RtspRequest request = visit_to(camera);
  request.answer_limit = 200;
  const RtspReply reply = visit(std::move(request));
  EXPECT_TRUE(reply.connected);
  EXPECT_EQ(reply.trouble, Trouble::timed_out);
  EXPECT_EQ(reply.reached, RtspStage::connect);
  EXPECT_GE(reply.took_us, 200'000);
}

TEST_F(RtspExchange, NoMediaStalledAndClosedAreToldApart) {
  RtspCamera mute(open_to_all({Fault::no_media})), stalling(open_to_all({Fault::stalls})),
      closing(open_to_all({Fault::closes}));
  RtspRequest request = hasty(visit_to(stalling));
  request.media_window = 60'000;  // longer than it lasts
  const RtspReply none = visit(hasty(visit_to(mute))), stalled = visit(request);
  EXPECT_EQ(none.trouble, Trouble::timed_out);
  EXPECT_EQ(none.reached, RtspStage::play);
  EXPECT_EQ(none.rtp.packets, 0);
  EXPECT_EQ(stalled.trouble, Trouble::stalled);
  EXPECT_EQ(stalled.rtp.packets, 40);
  request.url = *parse_url(closing.url());
  EXPECT_EQ(visit(std::move(request)).trouble, Trouble::closed);
  EXPECT_EQ(mute.teardowns, 1);
  EXPECT_EQ(stalling.teardowns, 1);
}

TEST_F(RtspExchange, PicturesWithoutAKeyFrameRunOutOfTime) {
  for (const Fault fault : {Fault::no_key_frame, Fault::torn_key_frame}) {
    RtspCamera camera(open_to_all({fault}));
    RtspRequest request = visit_to(camera);
    request.key_frame_limit = 2'500;
    const RtspReply reply = visit(std::move(request));
    EXPECT_EQ(reply.trouble, Trouble::timed_out);
    EXPECT_EQ(reply.reached, RtspStage::media);
    EXPECT_EQ(reply.key_frame_bytes, 0);
    EXPECT_LT(reply.took_us, 15'000'000)
        << "the limit for the first packet does not hide the limit for a key frame";
    EXPECT_EQ(reply.words,
              fault == Fault::no_key_frame ? "no key frame in time" : "pieces of key frames only");
  }
}

TEST_F(RtspExchange, NoVideoTrackEndsAtTheDescription) {
  RtspCamera camera(open_to_all({Fault::no_video}));
  const RtspReply reply = visit(camera);
  EXPECT_EQ(reply.reached, RtspStage::describe);
  EXPECT_EQ(reply.codec, "");
  EXPECT_EQ(reply.trouble, Trouble::none);
}

TEST_F(RtspExchange, AnHttpServerIsNoCamera) {
  RtspCamera camera(open_to_all({Fault::http}));
  const RtspReply reply = visit(camera);
  EXPECT_EQ(reply.trouble, Trouble::malformed);
  EXPECT_THAT(reply.words, StartsWith("HTTP/1.1 400"));
}

TEST_F(RtspExchange, ARefusedConnectionIsTold) {
  asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  const auto port = acceptor.local_endpoint().port();
  acceptor.close();
  RtspRequest request;
  request.url = *parse_url("rtsp://127.0.0.1:" + std::to_string(port) + "/");
  const RtspReply reply = visit(std::move(request));
  EXPECT_FALSE(reply.connected);
  EXPECT_EQ(reply.trouble, Trouble::refused);
}

TEST_F(RtspExchange, ANameThatDoesNotResolveIsOurTrouble) {
  RtspRequest request;
  request.url = *parse_url("rtsp://camera.invalid/");
  EXPECT_EQ(visit(std::move(request)).trouble, Trouble::name);
}

constexpr Millis kDay = 86'400'000;

Millis today() { return RealClock().anchor().utc / kDay * kDay; }

// A camera behind TLS that asks for a login, with days left to its certificate.
class RtspsExchange : public RtspExchange {
 protected:
  static Script behind_tls(Millis days = 30, std::set<Fault> faults = {}) {
    Script script = locked(std::move(faults));
    script.certificate = make_certificate("127.0.0.1", today() - 400 * kDay, today() + days * kDay);
    return script;
  }
  RtspReply visit_by(TlsPolicy policy, RtspCamera& camera) {
    RtspRequest request = visit_to(camera);
    request.tls = std::move(policy);
    return visit(std::move(request));
  }
  static TlsPolicy pinned(std::string spki) {
    return {.verify = TlsPolicy::Verify::pin, .spki_sha256 = std::move(spki)};
  }
};
using Verify = TlsPolicy::Verify;

TEST_F(RtspsExchange, ReachesAKeyFrameAndTellsTheCertificate) {
  RtspCamera camera(behind_tls());
  const RtspReply reply = visit_by({.verify = Verify::off, .spki_sha256 = {}}, camera);
  EXPECT_EQ(reply.reached, RtspStage::key_frame) << reply.words;
  EXPECT_EQ(reply.trouble, Trouble::none) << reply.words;
  EXPECT_EQ(reply.login, LoginAnswer::accepted);
  EXPECT_EQ(reply.certificate_not_after, today() + 30 * kDay);
  EXPECT_EQ(reply.spki_sha256.size(), 44U);
  EXPECT_EQ(camera.teardowns, 1);
  EXPECT_EQ(camera.refused, 0);
  EXPECT_THAT(camera.seen().front(), StartsWith("DESCRIBE rtsps://127.0.0.1:"));
  EXPECT_EQ(visit_by(pinned(reply.spki_sha256), camera).reached, RtspStage::key_frame);
}

TEST_F(RtspsExchange, AnotherKeyThanThePinnedOneHearsNothing) {
  RtspCamera camera(behind_tls()), other(behind_tls());
  const std::string key = visit_by({.verify = Verify::off, .spki_sha256 = {}}, other).spki_sha256;
  const RtspReply reply = visit_by(pinned(key), camera);
  EXPECT_EQ(reply.trouble, Trouble::tls);
  EXPECT_EQ(reply.words, "the certificate's key is not the pinned one");
  EXPECT_EQ(reply.certificate_trouble, reply.words);
  EXPECT_TRUE(reply.connected);
  EXPECT_EQ(reply.reached, RtspStage::connect);
  EXPECT_EQ(reply.credentialed_requests, 0);
  EXPECT_EQ(camera.requests, 0) << "not even a DESCRIBE";
  EXPECT_EQ(camera.credentialed, 0);
}

TEST_F(RtspsExchange, WhoAsksForAnAuthorityTakesNoStrangerAndNoExpiredOne) {
  RtspCamera camera(behind_tls()), expired(behind_tls(-1));
  for (RtspCamera* each : {&camera, &expired}) {
    const RtspReply reply = visit_by({.verify = Verify::authority, .spki_sha256 = {}}, *each);
    EXPECT_EQ(reply.trouble, Trouble::tls);
    EXPECT_EQ(each->requests, 0);
  }
  const RtspReply reply = visit_by({.verify = Verify::observe, .spki_sha256 = {}}, expired);
  EXPECT_EQ(reply.reached, RtspStage::key_frame) << reply.words;
  EXPECT_THAT(reply.certificate_trouble, HasSubstr("self-signed"));
  EXPECT_EQ(reply.certificate_not_after, today() - kDay);
}

TEST_F(RtspsExchange, WhateverElseListensThereIsNoTls) {
  RtspCamera plain(locked());
  RtspRequest request = visit_to(plain);
  request.url.scheme = "rtsps";
  request.tls.verify = Verify::off;
  request.connect_limit = 1'000;  // it waits for more of what it takes for a request
  const RtspReply silent = visit(request);
  EXPECT_TRUE(silent.connected);
  EXPECT_EQ(silent.trouble, Trouble::timed_out);
  EXPECT_EQ(plain.credentialed, 0);

  RtspCamera secure(behind_tls());
  RtspRequest open = visit_to(secure);
  open.url.scheme = "rtsp";
  const RtspReply refused = visit(std::move(open));
  EXPECT_NE(refused.trouble, Trouble::none);
  EXPECT_EQ(refused.credentialed_requests, 0);
}

TEST_F(RtspsExchange, FaultsAreWhatTheyAreWithoutTls) {
  RtspCamera moved(behind_tls(30, {Fault::redirect})), split(behind_tls(30, {Fault::split})),
      closing(behind_tls(30, {Fault::closes}));
  const TlsPolicy any{.verify = Verify::off, .spki_sha256 = {}};
  EXPECT_EQ(visit_by(any, moved).status, 302);
  EXPECT_EQ(moved.credentialed, 0);
  EXPECT_EQ(visit_by(any, split).reached, RtspStage::key_frame);
  RtspRequest request = visit_to(closing);
  request.tls = any;
  request.media_window = 60'000;
  EXPECT_EQ(visit(std::move(request)).trouble, Trouble::closed);
}

TEST_F(RtspExchange, CalledOffItUnwindsAtOnceAndStillSaysGoodbye) {
  RtspCamera camera(open_to_all({Fault::no_media}));
  const auto playing = [&] {
    const auto seen = camera.seen();
    return !seen.empty() && seen.back().starts_with("PLAY");
  };
  EXPECT_TRUE(unwinds_at_once(io, rtsp_exchange(deadlines, resolver, tls, visit_to(camera)), playing));
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (camera.teardowns == 0 && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_EQ(camera.teardowns, 1);
}

}  // namespace
}  // namespace commune_watch
