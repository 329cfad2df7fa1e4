// Visits to a camera that nobody here wrote: gst-rtsp-server with x264 and x265, Digest without qop.
#include <gtest/gtest.h>

#include <csignal>

#include "support/rtsp_gst_server.hpp"
#include "support/run.hpp"
#include "wire/real_clock.hpp"
#include "wire/rtsp_client.hpp"

namespace commune_watch {
namespace {

class RtspGst : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server = new RtspGstServer(CW_SOURCE_DIR, "viewer", "secret"); }
  static void TearDownTestSuite() { delete server; }

  RtspReply visit(const std::string& path, RtspTransport transport = RtspTransport::automatic,
                  const std::string& password = "secret") {
    RtspRequest request;
    request.url = *parse_url("rtsp://127.0.0.1:" + std::to_string(server->port()) + path);
    request.login = Login{.username = "viewer", .password = password};
    request.transport = transport;
    // Its encoder starts with the first visitor, on a machine that may be busy.
    request.connect_limit = request.answer_limit = 30'000;
    request.first_packet_limit = request.stall_limit = request.key_frame_limit = 30'000;
    request.limit = 90'000;
    return run(io, rtsp_exchange(deadlines, resolver, tls, std::move(request)));
  }

  static void expect_whole(const RtspReply& reply, const std::string& codec, RtspTransport transport) {
    EXPECT_EQ(reply.reached, RtspStage::key_frame) << reply.words;
    EXPECT_EQ(reply.trouble, Trouble::none) << reply.words;
    EXPECT_EQ(reply.login, LoginAnswer::accepted);
    EXPECT_EQ(reply.algorithm, DigestAlgorithm::md5);
    EXPECT_EQ(reply.codec, codec);
    EXPECT_EQ(reply.transport, transport);
    EXPECT_GT(reply.key_frame_bytes, 500);
    EXPECT_EQ(reply.rtp.lost, 0);
    EXPECT_GE(reply.rtp.frames, 2);
    // Fifteen frames a second by its timestamps, fewer where the machine is too busy to encode them all.
    EXPECT_GE(reply.rtp.media_span, (reply.rtp.frames - 1) * 66);
  }

  static RtspGstServer* server;
  asio::io_context io;
  Deadlines deadlines{io};
  Resolver resolver{io, deadlines};
  TlsCheck tls;
};
RtspGstServer* RtspGst::server = nullptr;

TEST_F(RtspGst, H264OverTcpIsSeenWhole) { expect_whole(visit("/h264"), "H264", RtspTransport::tcp); }

TEST_F(RtspGst, H264OverUdpIsSeenWhole) {
  expect_whole(visit("/h264", RtspTransport::udp), "H264", RtspTransport::udp);
}

TEST_F(RtspGst, AServerThatOffersUdpOnlyIsFollowedThere) {
  expect_whole(visit("/udp"), "H264", RtspTransport::udp);
}

TEST_F(RtspGst, H265IsSeenWhole) { expect_whole(visit("/h265"), "H265", RtspTransport::tcp); }

TEST_F(RtspGst, AWrongPasswordIsRefusedAfterOneRequest) {
  const RtspReply reply = visit("/h264", RtspTransport::automatic, "wrong");
  EXPECT_EQ(reply.login, LoginAnswer::refused);
  EXPECT_EQ(reply.credentialed_requests, 1);
}

TEST_F(RtspGst, AnUnknownPathIsNotFound) {
  const RtspReply reply = visit("/nothing");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.reached, RtspStage::connect);
}

TEST_F(RtspGst, RtspsIsSeenWholeByWhomItsKeyIsPinned) {
  constexpr Millis kDay = 86'400'000;
  const Millis now = RealClock().anchor().utc;
  const Certificate certificate = make_certificate("127.0.0.1", now - kDay, now + 30 * kDay);
  const RtspGstServer secure(CW_SOURCE_DIR, "viewer", "secret", false, &certificate);
  RtspRequest request;
  request.url = *parse_url("rtsps://127.0.0.1:" + std::to_string(secure.port()) + "/h264");
  request.login = Login{.username = "viewer", .password = "secret"};
  request.tls.verify = TlsPolicy::Verify::off;
  request.connect_limit = request.answer_limit = 30'000;
  request.first_packet_limit = request.stall_limit = request.key_frame_limit = 30'000;
  request.limit = 90'000;
  const RtspReply first = run(io, rtsp_exchange(deadlines, resolver, tls, request));
  expect_whole(first, "H264", RtspTransport::tcp);
  request.tls = {.verify = TlsPolicy::Verify::pin, .spki_sha256 = first.spki_sha256};
  expect_whole(run(io, rtsp_exchange(deadlines, resolver, tls, request)), "H264", RtspTransport::tcp);
  request.tls.spki_sha256.replace(0, 4, "AAAA");
  const RtspReply stranger = run(io, rtsp_exchange(deadlines, resolver, tls, request));
  EXPECT_EQ(stranger.trouble, Trouble::tls);
  EXPECT_EQ(stranger.credentialed_requests, 0);
}

TEST_F(RtspGst, AFrozenServerTakesTheConnectionAndSaysNothing) {
  ::kill(server->pid(), SIGSTOP);
  RtspRequest request;
  request.url = *parse_url("rtsp://127.0.0.1:" + std::to_string(server->port()) + "/h264");
  request.answer_limit = 300;
  const RtspReply reply = run(io, rtsp_exchange(deadlines, resolver, tls, std::move(request)));
  ::kill(server->pid(), SIGCONT);
  EXPECT_TRUE(reply.connected);
  EXPECT_EQ(reply.trouble, Trouble::timed_out);
}

}  // namespace
}  // namespace commune_watch
