// A visit as a dialogue: what is sent, what it means when something else comes back, and what silence means.
#include "wire/rtsp_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace commune_watch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using namespace std::string_literals;

constexpr std::int64_t kMs = 1000;
const std::string kDescription =
    "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 "
    "sprop-parameter-sets=Z0IAHpWoKAv+WQ==,aM48gA==\r\na=control:t1\r\n";

RtspRequest wanted(RtspStage until = RtspStage::key_frame) {
  RtspRequest request;
  request.url = *parse_url("rtsp://192.0.2.1/live");
  request.login = Login{.username = "viewer", .password = "secret"};
  request.until = until;
  return request;
}

// The other end of the line, word by word.
struct Talk {
  explicit Talk(RtspRequest request) : session(std::move(request), "c0ffee", 0) {
    session.connected(now += kMs);
  }

  std::string heard() {  // the requests sent since last time
    std::string all;
    while (auto action = session.next()) {
      if (const auto* send = std::get_if<RtspSend>(&*action)) all += send->text;
      if (std::holds_alternative<RtspOpenUdp>(*action)) all += "<udp>";
      if (std::holds_alternative<RtspOpenPath>(*action)) all += "<path>";
    }
    return all;
  }
  void say(std::string_view bytes) {
    while (!bytes.empty() && !session.done()) {
      const auto room = session.room();
      const std::size_t count = std::min(room.size(), bytes.size());
      std::memcpy(room.data(), bytes.data(), count);
      bytes.remove_prefix(count);
      session.received(now, count);
    }
  }
  void answer(const std::string& status, const std::string& more = {}, const std::string& body = {}) {
    now += 5 * kMs;
    say("RTSP/1.0 " + status + "\r\n" + more +
        (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" + body);
  }
  void wait_until_deadline() {
    now = std::max(now, session.deadline());
    session.time_passed(now);
  }
  std::string rtp(std::string payload, bool marker, std::uint32_t frame, char ssrc = 7) {
    std::string packet = "\x80"s + static_cast<char>(marker ? 0xE0 : 0x60);
    packet += static_cast<char>(sequence >> 8);
    packet += static_cast<char>(sequence++ & 0xFF);
    const std::uint32_t timestamp = frame * 9000;
    for (int shift = 24; shift >= 0; shift -= 8) packet += static_cast<char>(timestamp >> shift & 0xFF);
    return packet + "\0\0\0"s + ssrc + payload;
  }
  static std::string framed(const std::string& packet, int channel = 0) {
    return "$"s + static_cast<char>(channel) + static_cast<char>(packet.size() >> 8) +
           static_cast<char>(packet.size() & 0xFF) + packet;
  }
  void p_frame() { say(framed(rtp("\x41\x9a picture", true, frames++))); }
  void key_frame() { say(framed(rtp("\x65\x88 picture", true, frames++))); }
  void watch_for(std::int64_t ms) {
    for (std::int64_t passed = 0; passed < ms && !session.done(); passed += 100) now += 100 * kMs, p_frame();
  }
  // Through DESCRIBE, SETUP and PLAY.
  void play() {
    answer("200 OK", {}, kDescription);
    answer("200 OK", "Session: S1;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
    answer("200 OK", "Session: S1\r\n");
    heard();
  }
  void goodbye() { answer("200 OK"); }

  std::int64_t now = 0;
  RtspSession session;
  std::uint16_t sequence = 1;
  std::uint32_t frames = 1;
};

constexpr auto kChallenge = "WWW-Authenticate: Digest realm=\"cam\", nonce=\"n1\"\r\n";

TEST(RtspSession, GoesFromDescribeToKeyFrameAndSaysGoodbye) {
  Talk talk(wanted());
  EXPECT_THAT(talk.heard(), StartsWith("DESCRIBE rtsp://192.0.2.1/live RTSP/1.0\r\nCSeq: 1\r\n"));
  talk.answer("401 Unauthorized", kChallenge);
  const std::string with_login = talk.heard();
  EXPECT_THAT(with_login, StartsWith("DESCRIBE rtsp://192.0.2.1/live RTSP/1.0\r\nCSeq: 2\r\n"));
  EXPECT_THAT(with_login, HasSubstr("Authorization: Digest username=\"viewer\", realm=\"cam\", nonce=\"n1\", "
                                    "uri=\"rtsp://192.0.2.1/live\""));
  EXPECT_THAT(with_login, Not(HasSubstr("secret")));
  talk.answer("200 OK", "Content-Base: rtsp://192.0.2.1/live/\r\n", kDescription);
  EXPECT_THAT(talk.heard(), StartsWith("SETUP rtsp://192.0.2.1/live/t1 RTSP/1.0\r\n"));
  talk.answer("200 OK", "Session: S1;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
  const std::string play = talk.heard();
  EXPECT_THAT(play, StartsWith("PLAY rtsp://192.0.2.1/live/ RTSP/1.0\r\n"));
  EXPECT_THAT(play, HasSubstr("Session: S1\r\n"));
  talk.answer("200 OK");
  talk.watch_for(500);
  talk.now += 100 * kMs;
  talk.key_frame();
  EXPECT_TRUE(talk.session.flowing()) << "a second of media was asked for";
  talk.watch_for(1'000);
  EXPECT_THAT(talk.heard(), StartsWith("TEARDOWN rtsp://192.0.2.1/live/ RTSP/1.0\r\n"));
  EXPECT_FALSE(talk.session.done());
  talk.goodbye();
  EXPECT_TRUE(talk.session.done());

  const RtspReply reply = talk.session.reply();
  EXPECT_EQ(reply.reached, RtspStage::key_frame);
  EXPECT_EQ(reply.trouble, Trouble::none);
  EXPECT_EQ(reply.login, LoginAnswer::accepted);
  EXPECT_EQ(reply.algorithm, DigestAlgorithm::md5);
  EXPECT_EQ(reply.transport, RtspTransport::tcp);
  EXPECT_EQ(reply.codec, "H264");
  EXPECT_EQ(reply.credentialed_requests, 4);  // DESCRIBE, SETUP, PLAY, TEARDOWN
  EXPECT_EQ(reply.key_frame_bytes, 10);
  EXPECT_EQ(reply.key_frame_after, 600);
  EXPECT_EQ(reply.rtp.lost, 0);
  EXPECT_EQ(reply.rtp.media_span, 1'000);
}

TEST(RtspSession, AWrongPasswordIsSentOnce) {
  Talk talk(wanted());
  talk.answer("401 Unauthorized", kChallenge);
  talk.heard();
  talk.answer("401 Unauthorized", "WWW-Authenticate: Digest realm=\"cam\", nonce=\"n2\"\r\n");
  EXPECT_EQ(talk.heard(), "");
  EXPECT_TRUE(talk.session.done());
  EXPECT_EQ(talk.session.reply().login, LoginAnswer::refused);
  EXPECT_EQ(talk.session.reply().credentialed_requests, 1);
  EXPECT_EQ(talk.session.reply().status, 401);
}

TEST(RtspSession, AStaleNonceIsAnsweredOnceMoreAndNeverTwice) {
  Talk talk(wanted());
  talk.answer("401 Unauthorized", kChallenge);
  talk.answer("401 Unauthorized", "WWW-Authenticate: Digest realm=\"cam\", nonce=\"n2\", stale=true\r\n");
  EXPECT_THAT(talk.heard(), HasSubstr("nonce=\"n2\""));
  talk.answer("401 Unauthorized", "WWW-Authenticate: Digest realm=\"cam\", nonce=\"n3\", stale=true\r\n");
  EXPECT_EQ(talk.heard(), "");
  EXPECT_EQ(talk.session.reply().credentialed_requests, 2);
  EXPECT_EQ(talk.session.reply().login, LoginAnswer::unsettled);

  Talk wrong(wanted());
  wrong.answer("401 Unauthorized", kChallenge);
  wrong.answer("401 Unauthorized", "WWW-Authenticate: Digest realm=\"cam\", nonce=\"n2\", stale=true\r\n");
  wrong.answer("401 Unauthorized", "WWW-Authenticate: Digest realm=\"cam\", nonce=\"n3\"\r\n");
  EXPECT_EQ(wrong.session.reply().login, LoginAnswer::refused);
}

TEST(RtspSession, NoLoginIsSentToWhomItIsNotDue) {
  Talk basic(wanted());
  basic.heard();
  basic.answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"cam\"\r\n");
  EXPECT_EQ(basic.heard(), "");
  EXPECT_EQ(basic.session.reply().login, LoginAnswer::wants_basic);

  Talk moved(wanted());
  moved.heard();
  moved.answer("302 Moved", "Location: rtsp://192.0.2.66/x\r\n");
  EXPECT_EQ(moved.heard(), "");
  EXPECT_TRUE(moved.session.done());
  EXPECT_EQ(moved.session.reply().words, "RTSP/1.0 302 Moved -> rtsp://192.0.2.66/x");

  RtspRequest nobody = wanted();
  nobody.login.reset();
  Talk without(nobody);
  without.answer("401 Unauthorized", kChallenge);
  EXPECT_EQ(without.session.reply().login, LoginAnswer::not_given);

  for (auto* talk : {&basic, &moved, &without}) EXPECT_EQ(talk->session.reply().credentialed_requests, 0);
}

TEST(RtspSession, TakesTheOneOfSeveralChallengesThatItCanAnswer) {
  Talk talk(wanted());
  talk.heard();
  talk.answer("401 Unauthorized",
              "WWW-Authenticate: Basic realm=\"cam\"\r\nWWW-Authenticate: Digest realm=\"cam\", "
              "nonce=\"n1\", algorithm=SHA-256, qop=\"auth\"\r\n");
  const std::string login = talk.heard();
  EXPECT_THAT(login, HasSubstr("algorithm=SHA-256"));
  EXPECT_THAT(login, HasSubstr("nc=00000001"));
  talk.answer("200 OK", {}, kDescription);
  EXPECT_THAT(talk.heard(), HasSubstr("nc=00000002"));
  EXPECT_EQ(talk.session.reply().algorithm, DigestAlgorithm::sha256);
}

TEST(RtspSession, WaitsWhileThePipelineStarts) {
  Talk talk(wanted());
  talk.heard();
  talk.answer("503 Service Unavailable");
  EXPECT_EQ(talk.heard(), "");
  talk.wait_until_deadline();
  EXPECT_THAT(talk.heard(), StartsWith("DESCRIBE"));
  talk.answer("503 Service Unavailable");
  talk.wait_until_deadline();
  talk.answer("503 Service Unavailable");
  EXPECT_TRUE(talk.session.done()) << "twice is enough";
  EXPECT_EQ(talk.session.reply().status, 503);
  EXPECT_EQ(talk.session.reply().trouble, Trouble::none);
}

TEST(RtspSession, ABusyCameraDoesNotTurnOneLoginIntoTwoRefusals) {
  Talk talk(wanted());
  talk.answer("401 Unauthorized", kChallenge);
  talk.answer("503 Service Unavailable");
  talk.heard();
  talk.wait_until_deadline();
  EXPECT_THAT(talk.heard(), HasSubstr("nonce=\"n1\"")) << "the nonce that was not refused";
  talk.answer("401 Unauthorized", "WWW-Authenticate: Digest realm=\"cam\", nonce=\"n2\"\r\n");
  EXPECT_EQ(talk.heard(), "");
  EXPECT_TRUE(talk.session.done());
  EXPECT_EQ(talk.session.reply().login, LoginAnswer::unsettled) << "it may have meant the nonce";
}

TEST(RtspSession, GoesToUdpWhereTcpIsRefused) {
  for (const char* status : {"461 Unsupported Transport", "400 Bad Request"}) {
    Talk talk(wanted());
    talk.answer("200 OK", {}, kDescription);
    talk.heard();
    talk.answer(status);
    EXPECT_EQ(talk.heard(), "<udp>");
    talk.session.udp_opened(talk.now, 5004);
    EXPECT_THAT(talk.heard(), HasSubstr("Transport: RTP/AVP;unicast;client_port=5004-5005\r\n"));
    talk.answer("200 OK",
                "Session: S1\r\nTransport: RTP/AVP;unicast;client_port=5004-5005;server_port=6000-6001\r\n");
    EXPECT_THAT(talk.heard(), StartsWith("<path>PLAY"));
    talk.answer("200 OK");
    EXPECT_TRUE(talk.session.over_udp());
    EXPECT_EQ(talk.session.reply().transport, RtspTransport::udp);
  }
}

TEST(RtspSession, GivesUpWhereNeitherTransportIsTaken) {
  Talk talk(wanted());
  talk.answer("200 OK", {}, kDescription);
  talk.answer("461 Unsupported Transport");
  talk.session.udp_opened(talk.now, 5004);
  talk.answer("461 Unsupported Transport");
  EXPECT_TRUE(talk.session.done());
  EXPECT_EQ(talk.session.reply().status, 461);
  EXPECT_EQ(talk.session.reply().reached, RtspStage::describe);
}

TEST(RtspSession, TriesOptionsWhereDescribeComesTooEarly) {
  Talk talk(wanted());
  talk.heard();
  talk.answer("455 Method Not Valid In This State");
  EXPECT_THAT(talk.heard(), StartsWith("OPTIONS"));
  talk.answer("401 Unauthorized", kChallenge);  // Amcrest asks for the login here
  const std::string login = talk.heard();
  EXPECT_THAT(login, StartsWith("DESCRIBE"));
  EXPECT_THAT(login, HasSubstr("Authorization"));
}

TEST(RtspSession, AnswersANewNonceAtSetupOnce) {
  Talk talk(wanted());
  talk.answer("401 Unauthorized", kChallenge);
  talk.answer("200 OK", {}, kDescription);
  talk.heard();
  talk.answer("401 Unauthorized", "WWW-Authenticate: Digest realm=\"cam\", nonce=\"n2\"\r\n");
  const std::string again = talk.heard();
  EXPECT_THAT(again, StartsWith("SETUP"));
  EXPECT_THAT(again, HasSubstr("nonce=\"n2\""));
  talk.answer("401 Unauthorized", "WWW-Authenticate: Digest realm=\"cam\", nonce=\"n3\"\r\n");
  EXPECT_EQ(talk.heard(), "");
  EXPECT_EQ(talk.session.reply().login, LoginAnswer::accepted) << "it showed us the description";
}

TEST(RtspSession, MediaBeforePlaysAnswerCounts) {
  Talk talk(wanted());
  talk.answer("200 OK", {}, kDescription);
  talk.answer("200 OK", "Session: S1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
  talk.key_frame();
  talk.answer("200 OK");
  talk.watch_for(1'100);
  EXPECT_EQ(talk.session.reply().reached, RtspStage::key_frame);
  EXPECT_EQ(talk.session.reply().key_frame_after, 0);
}

TEST(RtspSession, FollowsTheChannelsThatTheServerChose) {
  Talk talk(wanted(RtspStage::media));
  talk.answer("200 OK", {}, kDescription);
  talk.answer("200 OK", "Session: S1\r\nTransport: RTP/AVP;unicast;interleaved=10-11\r\n");
  talk.answer("200 OK");
  for (int i = 0; i < 12; ++i)
    talk.now += 100 * kMs, talk.say(Talk::framed(talk.rtp("\x41\x9a", true, talk.frames++), 10));
  EXPECT_EQ(talk.session.reply().reached, RtspStage::media);
}

TEST(RtspSession, SilenceAfterPlayIsNoMedia) {
  Talk talk(wanted());
  talk.play();
  talk.wait_until_deadline();
  EXPECT_THAT(talk.heard(), StartsWith("TEARDOWN"));
  const RtspReply reply = talk.session.reply();
  EXPECT_EQ(reply.reached, RtspStage::play);
  EXPECT_EQ(reply.trouble, Trouble::timed_out);
  EXPECT_EQ(reply.rtp.packets, 0);
  talk.wait_until_deadline();
  EXPECT_TRUE(talk.session.done()) << "the goodbye is not waited for longer than 200 ms";
}

TEST(RtspSession, SilenceAfterPacketsIsAStall) {
  Talk talk(wanted());
  talk.play();
  talk.watch_for(500);
  talk.wait_until_deadline();
  EXPECT_EQ(talk.session.reply().trouble, Trouble::stalled);
  EXPECT_EQ(talk.session.reply().reached, RtspStage::play);
}

TEST(RtspSession, OnePictureForEverIsAStall) {
  Talk talk(wanted());
  talk.play();
  for (int i = 0; i < 200 && talk.session.flowing(); ++i) {
    talk.now += 100 * kMs;
    talk.say(Talk::framed(talk.rtp("\x41\x1a same timestamp", false, 5)));
    talk.session.time_passed(talk.now);
  }
  EXPECT_EQ(talk.session.reply().trouble, Trouble::stalled);
}

TEST(RtspSession, KeepsTheKeyFrameOnlyWhereItIsWanted) {
  RtspRequest keep = wanted();
  keep.keep_picture = true;
  for (const auto& request : {keep, wanted()}) {
    Talk talk(request);
    talk.play();
    talk.watch_for(200);
    talk.key_frame();
    talk.watch_for(1'200);
    talk.goodbye();
    const CodedPicture picture = talk.session.reply().picture;
    EXPECT_EQ(picture.codec, request.keep_picture ? "H264" : "");
    EXPECT_EQ(picture.packets.size(), request.keep_picture ? 2U + 12 + 10 : 0U) << "that one packet";
    EXPECT_EQ(picture.payload_type, request.keep_picture ? 96 : 0);
  }
}

TEST(RtspSession, PicturesWithoutAKeyFrameAreNotEnough) {
  Talk talk(wanted());
  talk.play();
  for (int i = 0; i < 200 && talk.session.flowing(); ++i)
    talk.watch_for(100), talk.session.time_passed(talk.now);
  const RtspReply reply = talk.session.reply();
  EXPECT_EQ(reply.reached, RtspStage::media);
  EXPECT_EQ(reply.trouble, Trouble::timed_out);
  EXPECT_EQ(reply.words, "no key frame in time");
  EXPECT_NEAR(static_cast<double>(reply.rtp.span), 10'000, 200);
}

TEST(RtspSession, ACutIsTheNetworksWord) {
  Talk talk(wanted());
  talk.answer("401 Unauthorized", kChallenge);
  talk.session.lost(talk.now, Trouble::closed, "closed");
  EXPECT_TRUE(talk.session.done());
  EXPECT_EQ(talk.session.reply().trouble, Trouble::closed);
  EXPECT_EQ(talk.session.reply().login, LoginAnswer::unsettled)
      << "hanging up is no refusal, and no acceptance either";
}

TEST(RtspSession, AnotherProtocolIsMalformed) {
  Talk talk(wanted());
  talk.say("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_TRUE(talk.session.done());
  EXPECT_EQ(talk.session.reply().trouble, Trouble::malformed);
  EXPECT_EQ(talk.session.reply().words, "HTTP/1.1 400 Bad Request");
}

TEST(RtspSession, StopsWhereItWasToldTo) {
  Talk describe(wanted(RtspStage::describe));
  describe.answer("200 OK", {}, kDescription);
  EXPECT_TRUE(describe.session.done());
  EXPECT_EQ(describe.session.reply().reached, RtspStage::describe);
  EXPECT_EQ(describe.session.reply().login, LoginAnswer::not_asked);

  Talk media(wanted(RtspStage::media));
  media.play();
  media.watch_for(1'200);
  EXPECT_THAT(media.heard(), StartsWith("TEARDOWN"));
  EXPECT_EQ(media.session.reply().reached, RtspStage::media);
}

TEST(RtspSession, KeepsALongWaitAlive) {
  RtspRequest request = wanted();
  request.key_frame_limit = 50'000;
  request.limit = 60'000;
  Talk talk(request);
  talk.answer("200 OK", {}, kDescription);
  talk.answer("200 OK", "Session: S1;timeout=6\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
  talk.answer("200 OK");
  talk.heard();
  for (int i = 0; i < 45; ++i) talk.watch_for(100), talk.session.time_passed(talk.now);
  EXPECT_THAT(talk.heard(), StartsWith("OPTIONS"));
  talk.answer("200 OK", "CSeq: 4\r\n");
  EXPECT_TRUE(talk.session.flowing());
}

TEST(RtspSession, OwesAGoodbyeOnlyWhileASessionIsOpen) {
  Talk talk(wanted());
  EXPECT_EQ(talk.session.farewell(), "");
  talk.play();
  EXPECT_THAT(talk.session.farewell(), StartsWith("TEARDOWN"));
}

constexpr std::size_t kMiB = 1024 * 1024;

// Says it over and over; how many bytes until the session had enough of it.
std::size_t taken(Talk& talk, const std::string& saying) {
  std::string much;
  while (much.size() < kMiB / 4) much += saying;
  std::size_t said = 0;
  for (; said < 200 * kMiB && talk.session.reply().trouble == Trouble::none && !talk.session.done();
       said += much.size())
    talk.say(much);
  return said;
}

TEST(RtspSession, MediaInPlaceOfAnAnswerIsTakenUpToEightMegabytes) {
  Talk talk(wanted());
  EXPECT_LE(taken(talk, Talk::framed(talk.rtp(std::string(1'000, 'x'), true, 1))), 9 * kMiB);
  EXPECT_TRUE(talk.session.done());
  EXPECT_EQ(talk.session.reply().trouble, Trouble::too_large);
  EXPECT_EQ(talk.session.reply().words, "more data than a visit may take");

  Talk set_up(wanted());
  set_up.answer("200 OK", {}, kDescription);
  EXPECT_LE(taken(set_up, Talk::framed(set_up.rtp(std::string(1'000, 'x'), true, 1))), 9 * kMiB);
  EXPECT_EQ(set_up.session.reply().trouble, Trouble::too_large);
  EXPECT_EQ(set_up.session.reply().reached, RtspStage::describe);
}

TEST(RtspSession, WhateverFloodsInAfterPlayIsTakenUpToSixtyFourMegabytes) {
  for (const char* kind : {"foreign", "own", "other channel", "no RTP", "empty lines"}) {
    SCOPED_TRACE(kind);
    Talk talk(wanted());
    talk.play();
    talk.p_frame();
    const std::string_view is = kind;
    const std::string packet = talk.rtp(std::string(1'000, 'x'), false, 1, is == "foreign" ? 8 : 7);
    const std::string saying = is == "no RTP"        ? Talk::framed("\x80" + std::string(1'000, '\xC8'))
                               : is == "empty lines" ? "\r\n"
                                                     : Talk::framed(packet, is == "other channel" ? 7 : 0);
    const std::size_t all = taken(talk, saying);
    EXPECT_GE(all, 63 * kMiB);
    EXPECT_LE(all, 65 * kMiB);
    EXPECT_EQ(talk.session.reply().trouble, Trouble::too_large);
    EXPECT_THAT(talk.heard(), StartsWith("TEARDOWN")) << "it has a session to end";
    for (int i = 0; i < 100 && !talk.session.done(); ++i) talk.say(std::string(kMiB, '\n'));
    EXPECT_TRUE(talk.session.done()) << "and floods into the goodbye, too";
  }
}

TEST(RtspSession, AnswersWithoutEndAreNotWaitedOut) {
  Talk talk(wanted());
  EXPECT_LE(taken(talk, "RTSP/1.0 100 Continue\r\nCSeq: 1\r\n\r\n"), kMiB);
  EXPECT_TRUE(talk.session.done());
  EXPECT_EQ(talk.session.reply().trouble, Trouble::too_large);
  EXPECT_EQ(talk.session.reply().words, "more answers than a visit has questions");
}

TEST(RtspSession, ADescriptionTooLargeToBeOneIsNotRead) {
  for (const char* length : {"10485760", "99999999999999999999"}) {
    Talk talk(wanted());
    talk.say("RTSP/1.0 200 OK\r\nContent-Length: "s + length + "\r\n\r\n");
    EXPECT_TRUE(talk.session.done()) << length;
    EXPECT_EQ(talk.session.reply().trouble, Trouble::too_large);
    EXPECT_EQ(talk.session.reply().reached, RtspStage::connect);
  }
}

TEST(RtspSession, NothingOutlastsTheWholeLimit) {
  RtspRequest request = wanted();
  request.limit = 2'000;
  Talk talk(request);
  talk.play();
  for (int i = 0; i < 40 && talk.session.flowing(); ++i)
    talk.watch_for(100), talk.session.time_passed(talk.now);
  EXPECT_FALSE(talk.session.flowing());
  EXPECT_NEAR(static_cast<double>(talk.now), 2'000 * kMs, 150 * kMs);
}

}  // namespace
}  // namespace commune_watch
