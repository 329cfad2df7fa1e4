// The rtsp driver: what an answer means for the ladder, what is remembered, and what the driver asks the
// world for.
#include "drivers/camera/rtsp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/scene.hpp"
#include "support/run.hpp"
#include "support/scripted_wire.hpp"

namespace commune_watch {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

RtspReply good_reply() {
  RtspReply reply;
  reply.reached = RtspStage::key_frame;
  reply.connected = true;
  reply.status = 200;
  reply.login = LoginAnswer::accepted;
  reply.codec = "H264";
  reply.transport = RtspTransport::tcp;
  reply.algorithm = DigestAlgorithm::md5;
  reply.rtp = {.packets = 320,
               .lost = 0,
               .bytes = 200'000,
               .foreign_ssrc = 0,
               .jitter_us = 0,
               .frames = 31,
               .span = 2'000,
               .media_span = 2'000};
  reply.key_frame_bytes = 20'000;
  reply.key_frame_after = 1'234;
  reply.connect_us = 300;
  reply.answer_us = 900;
  reply.took_us = 2'100'000;
  reply.credentialed_requests = 4;
  return reply;
}

Question question(Rung depth = Rung::useful, bool may_log_in = true) {
  Question asked;
  asked.id = 1;
  asked.depth = depth;
  asked.limit = 30'000;
  asked.may_log_in = may_log_in;
  return asked;
}

// "answering unknown bad-password": one line per check.
std::vector<std::string> ladder(const Finding& finding) {
  std::vector<std::string> lines;
  for (const Check& check : finding.checks) {
    std::string line = std::string(code(check.rung)) + " " + std::string(code(check.outcome));
    if (check.reason != ReasonId::none) line += " " + std::string(reason(check.reason).code);
    lines.push_back(line);
  }
  return lines;
}
using Ladder = std::vector<std::string>;

Finding judged(const RtspReply& reply, Rung depth = Rung::useful, bool has_login = true,
               bool may_log_in = true, RtspMemory memory = {}) {
  Finding finding = judge(reply, question(depth, may_log_in), has_login, memory);
  not_tested_up_to(finding, depth);
  return finding;
}

constexpr const char* kPin = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
constexpr Millis kDay = 86'400'000, kNow = 1'790'000'000'000;

// What was asked at kNow, by a clock that is trusted.
Finding judged_at(Millis now, const RtspReply& reply) {
  Question asked = question();
  asked.utc_now = now;
  return judge(reply, asked, true, {});
}

std::int64_t fact(const Finding& finding, FactId what) {
  for (const Fact& each : finding.facts)
    if (each.what == what) return each.value;
  return -1;
}

TEST(RtspDriver, AKeyFrameClimbsTheWholeLadder) {
  const Finding finding = judged(good_reply());
  EXPECT_EQ(ladder(finding), (Ladder{"reachable ok", "answering ok", "active ok", "useful ok"}));
  EXPECT_EQ(finding.login, LoginUse::accepted);
  EXPECT_THAT(finding.warnings, IsEmpty());
  EXPECT_EQ(fact(finding, FactId::frames_per_second_milli), 15'000);
  EXPECT_EQ(fact(finding, FactId::kilobits_per_second), 800);
  EXPECT_EQ(fact(finding, FactId::key_frame_after_ms), 1'234);
  EXPECT_EQ(fact(finding, FactId::credentialed_requests), 4);
  EXPECT_EQ(fact(finding, FactId::rtp_jitter_us), -1) << "not measured over TCP";
}

TEST(RtspDriver, AWrongPasswordIsUnknownWhileTheCameraIsReachable) {
  RtspReply reply;
  reply.connected = true;
  reply.status = 401;
  reply.words = "RTSP/1.0 401 Unauthorized";
  reply.login = LoginAnswer::refused;
  const Finding finding = judged(reply);
  EXPECT_EQ(ladder(finding), (Ladder{"reachable ok", "answering unknown bad-password", "active not-tested",
                                     "useful not-tested"}));
  EXPECT_EQ(finding.login, LoginUse::refused);
  EXPECT_EQ(finding.checks[1].words, "RTSP/1.0 401 Unauthorized");
}

TEST(RtspDriver, EveryWayNotToLogInHasItsOwnReason) {
  const struct {
    LoginAnswer answer;
    bool has_login, may_log_in;
    const char* reason;
  } cases[] = {{LoginAnswer::not_given, false, true, "login-needed"},
               {LoginAnswer::not_given, true, false, "login-blocked"},
               {LoginAnswer::wants_basic, true, true, "basic-refused"},
               {LoginAnswer::unsupported, true, true, "auth-unsupported"},
               {LoginAnswer::unsettled, true, true, "auth-unsupported"}};
  for (const auto& each : cases) {
    RtspReply reply;
    reply.connected = true;
    reply.status = 401;
    reply.login = each.answer;
    const Finding finding = judged(reply, Rung::answering, each.has_login, each.may_log_in);
    EXPECT_EQ(ladder(finding), (Ladder{"reachable ok", std::string("answering unknown ") + each.reason}));
    EXPECT_EQ(finding.login, LoginUse::none);
  }
}

TEST(RtspDriver, AStatusAtDescribeIsTheReason) {
  const struct {
    int status;
    const char* line;
  } cases[] = {{404, "answering failed wrong-path"},
               {400, "answering failed wrong-path"},
               {302, "answering unknown redirected"},
               {403, "answering unknown not-permitted"},
               {505, "answering failed protocol-error"}};
  for (const auto& each : cases) {
    RtspReply reply;
    reply.connected = true;
    reply.status = each.status;
    EXPECT_EQ(ladder(judged(reply)),
              (Ladder{"reachable ok", each.line, "active not-tested", "useful not-tested"}))
        << each.status;
  }
}

TEST(RtspDriver, AFullCameraLivesAndWhetherItsMediaFlowsIsNotKnown) {
  for (const RtspStage reached : {RtspStage::connect, RtspStage::describe, RtspStage::setup}) {
    for (const int status : {453, 500, 503}) {
      RtspReply reply = good_reply();
      reply.reached = reached;
      reply.status = status;
      reply.rtp = {};
      EXPECT_EQ(ladder(judged(reply)), (Ladder{"reachable ok", "answering ok", "active unknown session-limit",
                                               "useful not-tested"}));
      EXPECT_EQ(ladder(judged(reply, Rung::answering)), (Ladder{"reachable ok", "answering ok"}));
    }
  }
}

TEST(RtspDriver, TransportsThatAreAllRefusedAreSaidSo) {
  RtspReply reply = good_reply();
  reply.reached = RtspStage::describe;
  reply.status = 461;
  reply.rtp = {};
  EXPECT_EQ(ladder(judged(reply)),
            (Ladder{"reachable ok", "answering ok", "active failed transport-refused", "useful not-tested"}));
}

TEST(RtspDriver, TroubleBelowTheProtocolIsSortedByTheRungItStopsAt) {
  RtspReply reply;
  reply.trouble = Trouble::refused;
  EXPECT_EQ(ladder(judged(reply, Rung::answering)),
            (Ladder{"reachable ok", "answering failed connection-refused"}));
  reply.trouble = Trouble::timed_out;
  EXPECT_EQ(ladder(judged(reply, Rung::answering)),
            (Ladder{"reachable failed no-answer", "answering not-tested"}));
  reply.trouble = Trouble::name;
  EXPECT_EQ(ladder(judged(reply, Rung::answering)),
            (Ladder{"reachable unknown gateway-dns", "answering not-tested"}));
  reply.connected = true;
  reply.trouble = Trouble::timed_out;
  EXPECT_EQ(ladder(judged(reply, Rung::answering)), (Ladder{"reachable ok", "answering failed timed-out"}));
  reply.trouble = Trouble::malformed;
  EXPECT_EQ(ladder(judged(reply, Rung::answering)),
            (Ladder{"reachable ok", "answering failed protocol-error"}));
}

TEST(RtspDriver, MediaThatNeverComesAndMediaThatStopsAreTwoThings) {
  RtspReply reply = good_reply();
  reply.reached = RtspStage::play;
  reply.trouble = Trouble::timed_out;
  reply.rtp = {};
  EXPECT_THAT(ladder(judged(reply)), Contains("active failed no-media"));
  reply.rtp.packets = 40;
  for (const Trouble trouble : {Trouble::stalled, Trouble::closed, Trouble::reset, Trouble::timed_out}) {
    reply.trouble = trouble;
    EXPECT_THAT(ladder(judged(reply)), Contains("active failed stalled"));
  }
  reply.reached = RtspStage::media;  // it flowed for a while, and then stopped before a key frame
  reply.trouble = Trouble::stalled;
  EXPECT_EQ(ladder(judged(reply)),
            (Ladder{"reachable ok", "answering ok", "active failed stalled", "useful not-tested"}));
}

TEST(RtspDriver, AKeyFrameThatIsMissingCountsOnlyAfterALongEnoughWait) {
  RtspReply reply = good_reply();
  reply.reached = RtspStage::media;
  reply.trouble = Trouble::timed_out;
  reply.key_frame_bytes = 0;
  reply.rtp.span = 9'960;  // the wait of 10 s ended before the next frame of a good camera
  EXPECT_THAT(ladder(judged(reply)), Contains("useful failed no-key-frame"));
  reply.rtp.span = 8'900;
  EXPECT_THAT(ladder(judged(reply)), Contains("useful unknown overrun"));
  EXPECT_THAT(ladder(judged(reply, Rung::useful, true, true, {.key_frame_wait = 2'000})),
              Contains("useful failed no-key-frame"));
  EXPECT_THAT(ladder(judged(reply, Rung::useful, true, true, {.key_frame_wait = 12'000})),
              Contains("useful unknown overrun"));
}

TEST(RtspDriver, ACodecThatIsNotReadHereIsNoFailure) {
  RtspReply reply = good_reply();
  reply.reached = RtspStage::media;
  reply.codec = "SVAC";
  EXPECT_EQ(ladder(judged(reply)),
            (Ladder{"reachable ok", "answering ok", "active ok", "useful unknown codec-unsupported"}));
}

TEST(RtspDriver, NoVideoTrackIsADescriptionWithoutUse) {
  RtspReply reply = good_reply();
  reply.reached = RtspStage::describe;
  reply.codec.clear();
  EXPECT_THAT(ladder(judged(reply)), Contains("answering failed no-video"));
}

TEST(RtspDriver, WarnsOfOpenCamerasAndLossyLines) {
  RtspReply reply = good_reply();
  reply.login = LoginAnswer::not_asked;
  EXPECT_EQ(judged(reply).warnings, std::vector{reason_id("open-without-password")});
  reply.login = LoginAnswer::accepted;
  reply.rtp.lost = 10;
  reply.transport = RtspTransport::udp;
  reply.rtp.jitter_us = 777;
  const Finding finding = judged(reply);
  EXPECT_EQ(finding.warnings, std::vector{reason_id("lossy")});
  EXPECT_EQ(fact(finding, FactId::rtp_jitter_us), 777);
}

TEST(RtspDriver, RemembersWhatWorked) {
  RtspReply reply = good_reply();
  reply.transport = RtspTransport::udp;
  reply.algorithm = DigestAlgorithm::sha256;
  const RtspMemory memory = learned({}, reply);
  EXPECT_EQ(memory, (RtspMemory{.transport = RtspTransport::udp,
                                .algorithm = DigestAlgorithm::sha256,
                                .key_frame_wait = 1'500,
                                .patience = 0}));
  EXPECT_EQ(remembered(note_of(memory)), memory);
  EXPECT_LE(note_of(memory).body.size(), 16U);
  reply.key_frame_after = 1'400;
  EXPECT_EQ(learned(memory, reply), memory) << "a note that does not change is not written";
}

TEST(RtspDriver, UdpThatBringsNothingIsForgotten) {
  RtspReply reply = good_reply();
  reply.reached = RtspStage::play;
  reply.trouble = Trouble::timed_out;
  reply.rtp = {};
  EXPECT_EQ(learned({.transport = RtspTransport::udp}, reply).transport, RtspTransport::automatic);
}

TEST(RtspDriver, PatienceGrowsWithWaitsInVainAndIsBounded) {
  RtspReply reply = good_reply();
  reply.reached = RtspStage::media;
  reply.trouble = Trouble::timed_out;
  reply.rtp.span = 60'000;
  RtspMemory memory;
  EXPECT_EQ(memory.key_frame_limit(), 10'000);
  memory = learned(memory, reply);
  EXPECT_EQ(memory.key_frame_limit(), 25'000);
  memory = learned(learned(memory, reply), reply);
  EXPECT_EQ(memory.key_frame_limit(), 60'000);
  EXPECT_EQ(memory.enough(), 10'000) << "what proves an absence does not grow with it";
  reply = good_reply();
  reply.key_frame_after = 20'000;
  EXPECT_EQ(learned(memory, reply).key_frame_limit(), 50'000);
}

TEST(RtspDriver, ANoteThatIsNotUnderstoodIsNoNote) {
  Note note = note_of({.transport = RtspTransport::udp});
  note.body[0] = std::byte{9};
  EXPECT_EQ(remembered(note), RtspMemory{});
  note = note_of({.transport = RtspTransport::udp});
  note.version = 2;
  EXPECT_EQ(remembered(note), RtspMemory{});
  note = note_of({.transport = RtspTransport::udp});
  note.body.pop_back();
  EXPECT_EQ(remembered(note), RtspMemory{});
  EXPECT_EQ(remembered(std::nullopt), RtspMemory{});
}

TEST(RtspDriver, ACertificateIsToldOfAndItsKeyIsWhoItIs) {
  RtspReply reply = good_reply();
  reply.spki_sha256 = kPin;
  reply.certificate_not_after = kNow + 3 * kDay;
  const Finding soon = judged_at(kNow, reply);
  EXPECT_THAT(soon.warnings, Contains(reason_id("certificate-expiring")));
  EXPECT_EQ(fact(soon, FactId::certificate_days_left), 3);
  ASSERT_TRUE(soon.identity);
  EXPECT_EQ(soon.identity->spki_sha256, kPin);
  EXPECT_THAT(judged_at(kNow + 4 * kDay, reply).warnings, Contains(reason_id("certificate-expired")));
  EXPECT_FALSE(judged_at(kNow, good_reply()).identity) << "without TLS there is no key";
  reply.certificate_trouble = "self-signed certificate";
  EXPECT_THAT(judged_at(kNow, reply).warnings, Contains(reason_id("certificate-invalid")));
}

TEST(RtspDriver, AStrangersKeyIsAMismatchAndNobodysIdentity) {
  RtspReply reply;
  reply.connected = true;
  reply.trouble = Trouble::tls;
  reply.words = reply.certificate_trouble = "the certificate's key is not the pinned one";
  reply.spki_sha256 = kPin;
  reply.certificate_not_after = kNow + 300 * kDay;
  const Finding finding = judged_at(kNow, reply);
  EXPECT_EQ(ladder(finding), (Ladder{"reachable ok", "answering unknown certificate-mismatch"}));
  EXPECT_FALSE(finding.identity);
  reply.certificate_trouble.clear();
  reply.words = "wrong version number";
  EXPECT_EQ(ladder(judged_at(kNow, reply))[1], "answering failed tls-failed");
}

class RtspProbe : public ::testing::Test {
 protected:
  static Target target(std::map<std::string, std::string, std::less<>> options = {}) {
    options.emplace("url", "rtsp://192.0.2.21/Streaming/Channels/102");
    Target made;
    made.options = Options(std::move(options));
    made.login = Login{.username = "monitor", .password = "secret"};
    return made;
  }
  static const Driver& driver() { return *find_driver(drivers(), "rtsp"); }
  Finding ask(const Question& asked, const Target& of = target()) {
    return run(driver().make(of)->run(wire, asked));
  }
  ScriptedWire wire;
};

TEST_F(RtspProbe, AtTheFirstRungItOnlyConnects) {
  wire.expect(
      "connect 192.0.2.21:554",
      ConnectReply{.trouble = Trouble::refused, .error = 111, .words = "Connection refused", .took_us = 200});
  EXPECT_EQ(ladder(ask(question(Rung::reachable))), Ladder{"reachable ok"});
  EXPECT_THAT(wire.left(), IsEmpty());
}

TEST_F(RtspProbe, TheDepthOfTheQuestionLimitsTheVisit) {
  for (int i = 0; i < 3; ++i) wire.expect("rtsp rtsp://192.0.2.21/Streaming/Channels/102", good_reply());
  for (const Rung depth : {Rung::answering, Rung::active, Rung::useful})
    EXPECT_EQ(ask(question(depth)).checks.back().rung, depth);
  EXPECT_EQ(wire.rtsp_requests[0].until, RtspStage::describe);
  EXPECT_EQ(wire.rtsp_requests[1].until, RtspStage::media);
  EXPECT_EQ(wire.rtsp_requests[2].until, RtspStage::key_frame);
}

TEST_F(RtspProbe, TheVisitFitsTheQuestionsLimit) {
  wire.expect("rtsp rtsp://192.0.2.21/Streaming/Channels/102", good_reply());
  Question asked = question();
  asked.limit = 2'000;
  ask(asked);
  EXPECT_EQ(wire.rtsp_requests[0].limit, 1'700);
  EXPECT_EQ(wire.rtsp_requests[0].connect_limit, 1'700);
}

TEST_F(RtspProbe, NoLoginIsHandedOnWithoutPermission) {
  for (int i = 0; i < 2; ++i) wire.expect("rtsp rtsp://192.0.2.21/Streaming/Channels/102", good_reply());
  ask(question(Rung::useful, false));
  ask(question(Rung::useful, true));
  EXPECT_FALSE(wire.rtsp_requests[0].login);
  EXPECT_TRUE(wire.rtsp_requests[1].login);
}

TEST_F(RtspProbe, TheNoteSteersTheNextVisit) {
  RtspReply reply = good_reply();
  reply.transport = RtspTransport::udp;
  reply.key_frame_after = 9'000;
  for (int i = 0; i < 2; ++i) wire.expect("rtsp rtsp://192.0.2.21/Streaming/Channels/102", reply);
  Question asked = question();
  const Finding first = ask(asked);
  ASSERT_TRUE(first.note);
  asked.note = first.note;
  EXPECT_FALSE(ask(asked).note) << "nothing new";
  EXPECT_EQ(wire.rtsp_requests[1].transport, RtspTransport::udp);
  EXPECT_EQ(wire.rtsp_requests[1].algorithm, DigestAlgorithm::md5);
  EXPECT_EQ(wire.rtsp_requests[1].key_frame_limit, 22'500);
}

TEST_F(RtspProbe, APinIsAskedFor) {
  wire.expect("rtsp rtsp://192.0.2.21/Streaming/Channels/102", good_reply());
  ask(question(), target({{"spki_sha256", kPin}}));
  EXPECT_EQ(wire.rtsp_requests[0].tls.verify, TlsPolicy::Verify::pin);
  EXPECT_EQ(wire.rtsp_requests[0].tls.spki_sha256, kPin);
}

TEST_F(RtspProbe, AConfiguredTransportIsTaken) {
  wire.expect("rtsp rtsp://192.0.2.21/Streaming/Channels/102", good_reply());
  ask(question(), target({{"transport", "udp"}}));
  EXPECT_EQ(wire.rtsp_requests[0].transport, RtspTransport::udp);
}

// A visit that brought a picture, and what the inspector says of it.
RtspReply with_picture(const std::string& bytes = "picture") {
  RtspReply reply = good_reply();
  const std::string packet = "RTP header  " + bytes;  // 12 bytes of it
  reply.picture = {.codec = "H264",
                   .payload_type = 96,
                   .parameter_sets = {},
                   .packets = std::string{0, static_cast<char>(packet.size())} + packet};
  return reply;
}
PictureReply look(Look how, std::int32_t mean = 100'000) {
  PictureReply reply{.look = how, .words = "as the inspector says", .statistics = {}, .took_us = 5'000};
  reply.statistics.mean_milli = mean;
  reply.statistics.deviation_milli = mean > 20'000 ? 30'000 : 500;
  reply.statistics.textured_share = mean > 20'000 ? 6'000 : 0;
  reply.statistics.dark_share = mean > 20'000 ? 100 : 10'000;
  reply.statistics.entropy_milli = 6'000;
  reply.statistics.sharpness_milli = 60'000;
  reply.statistics.colour_milli = 8'000;
  return reply;
}

TEST_F(RtspProbe, ThePictureIsLookedAtOnlyAtFullDepthAndWhereItIsWanted) {
  for (int i = 0; i < 3; ++i) {
    wire.expect("rtsp rtsp://192.0.2.21/Streaming/Channels/102", with_picture());
    if (i == 0) wire.pictures.push_back(look(Look::seen));
  }
  EXPECT_EQ(ladder(ask(question())), (Ladder{"reachable ok", "answering ok", "active ok", "useful ok"}));
  ask(question(Rung::active));
  ask(question(), target({{"picture", "false"}}));
  EXPECT_TRUE(wire.rtsp_requests[0].keep_picture);
  EXPECT_FALSE(wire.rtsp_requests[2].keep_picture);
  EXPECT_THAT(wire.left(), IsEmpty()) << "one look";
}

TEST_F(RtspProbe, WhereTheSubStreamIsNotThereTheMainStreamIsVisitedAndRemembered) {
  const Target both =
      target({{"main_url", "rtsp://192.0.2.21/Streaming/Channels/101"}, {"picture", "false"}});
  const auto probe = driver().make(both);
  const auto visit = [&] { return ladder(run(probe->run(wire, question()))); };
  const auto expect = [&](const char* stream, RtspReply reply) {
    wire.expect(std::string("rtsp rtsp://192.0.2.21/Streaming/Channels/") + stream, std::move(reply));
  };
  RtspReply gone;
  gone.connected = true;
  gone.status = 404;
  const Ladder good{"reachable ok", "answering ok", "active ok", "useful ok"};
  expect("102", gone);
  expect("101", with_picture());
  EXPECT_EQ(visit(), good);
  expect("101", with_picture());
  EXPECT_EQ(visit(), good) << "nobody asks for the sub-stream again today";
  expect("101", gone);
  EXPECT_NE(visit(), good);
  expect("102", with_picture());
  EXPECT_EQ(visit(), good);
  expect("102", gone);
  expect("101", gone);
  EXPECT_NE(visit(), good);
  EXPECT_THAT(wire.left(), IsEmpty());
}

TEST_F(RtspProbe, TheMainStreamIsAtTheSameAddress) {
  EXPECT_EQ(driver().check(target({{"main_url", "rtsp://192.0.2.21/other"}}).options), "");
  for (const char* other : {"rtsp://192.0.2.22/x", "rtsps://192.0.2.21/x", "rtsp://192.0.2.21:8554/x"})
    EXPECT_NE(driver().check(target({{"main_url", other}}).options), "") << other;
}

TEST_F(RtspProbe, ASmallPictureIsHandedOnOnlyWhereSomebodyKeepsIt) {
  Target keeps = target();
  for (const bool kept : {false, true}) {
    wire.expect("rtsp rtsp://192.0.2.21/Streaming/Channels/102", with_picture());
    wire.pictures.push_back(look(Look::seen));
    if (kept) wire.pictures.back().small_picture = "JPEG";
    keeps.keeps_pictures = kept;
    EXPECT_EQ(ask(question(), keeps).small_picture, kept ? "JPEG" : "");
    EXPECT_EQ(wire.picture_requests.back().small_picture, kept);
  }
}

TEST_F(RtspProbe, AMissingDecoderOrADeadInspectorIsNobodysFault) {
  for (const Look how : {Look::not_able, Look::nobody, Look::undecodable}) {
    wire.expect("rtsp rtsp://192.0.2.21/Streaming/Channels/102", with_picture());
    wire.pictures.push_back(look(how));
    const Finding finding = ask(question());
    EXPECT_EQ(finding.checks.back().outcome, Outcome::ok) << static_cast<int>(how);
    EXPECT_THAT(finding.warnings, IsEmpty());
  }
}

TEST_F(RtspProbe, APictureThatCouldOnceBeDecodedAndNoLongerIsNone) {
  const auto probe = driver().make(target());
  for (const Look how : {Look::seen, Look::undecodable}) {
    wire.expect("rtsp rtsp://192.0.2.21/Streaming/Channels/102", with_picture());
    wire.pictures.push_back(look(how));
    const Finding finding = run(probe->run(wire, question()));
    EXPECT_EQ(ladder(finding).back(), how == Look::seen ? "useful ok" : "useful failed no-key-frame");
    if (how == Look::undecodable) {
      EXPECT_EQ(finding.checks.back().words, "as the inspector says");
    }
  }
}

TEST_F(RtspProbe, ABlackPictureIsAWarningAtFirstAndAFailureAfterItsPatience) {
  constexpr Millis kMinute = 60'000, kStart = 1'790'000'000'000;
  const auto probe = driver().make(target({{"dark_patience", "1800000"}}));
  Question asked = question();
  std::vector<std::string> said;
  for (int i = 0; i < 8; ++i) {
    asked.utc_now = kStart + i * 20 * kMinute;
    wire.expect("rtsp rtsp://192.0.2.21/Streaming/Channels/102",
                with_picture("picture " + std::to_string(i)));
    wire.pictures.push_back(look(Look::seen, i < 4 ? 100'000 : 16'000));
    const Finding finding = run(probe->run(wire, asked));
    said.push_back(
        ladder(finding).back() +
        (finding.warnings.empty() ? "" : " (" + std::string(reason(finding.warnings[0]).code) + ")"));
  }
  EXPECT_EQ(said,
            (std::vector<std::string>{"useful ok", "useful ok", "useful ok", "useful ok", "useful ok (black)",
                                      "useful ok (black)", "useful failed black", "useful failed black"}));
}

TEST_F(RtspProbe, WhatItLookedLikeIsAFactOfThatVisitUnlessItIsBlankOrStandsStill) {
  const auto probe = driver().make(target());
  const auto visited = [&](std::int32_t mean, const std::string& bits, Millis minute) {
    Question asked = question();
    asked.utc_now = 1'790'000'000'000 + minute * 60'000;
    wire.expect("rtsp rtsp://192.0.2.21/Streaming/Channels/102", with_picture(bits));
    wire.pictures.push_back(look(Look::seen, mean));
    return run(probe->run(wire, asked));
  };
  EXPECT_TRUE(scene_of(visited(100'000, "one", 0).facts, 0));
  EXPECT_TRUE(scene_of(visited(100'000, "two", 2).facts, 0));
  EXPECT_FALSE(scene_of(visited(16'000, "black", 4).facts, 0));
  const Finding frozen = visited(100'000, "two", 6);
  EXPECT_EQ(ladder(frozen).back(), "useful failed frozen");
  EXPECT_FALSE(scene_of(frozen.facts, 0));
  wire.expect("rtsp rtsp://192.0.2.21/Streaming/Channels/102", with_picture());
  wire.pictures.push_back(look(Look::nobody));
  EXPECT_FALSE(scene_of(run(probe->run(wire, question())).facts, 0));
}

TEST_F(RtspProbe, ThePastComesBackWithTheNote) {
  Question asked = question();
  asked.utc_now = 1'790'000'000'000;
  wire.expect("rtsp rtsp://192.0.2.21/Streaming/Channels/102", with_picture());
  wire.pictures.push_back(look(Look::seen));
  const Finding first = ask(asked);
  ASSERT_TRUE(first.note);
  EXPECT_LE(first.note->body.size(), 400U);
  asked.note = first.note;
  wire.expect("rtsp rtsp://192.0.2.21/Streaming/Channels/102", with_picture());
  wire.pictures.push_back(look(Look::undecodable));
  EXPECT_EQ(ladder(ask(asked)).back(), "useful failed no-key-frame")
      << "another prober knows that it could be decoded";
}

TEST_F(RtspProbe, OptionsThatCannotWorkAreRefused) {
  const auto check = [](std::map<std::string, std::string, std::less<>> values) {
    return driver().check(Options(std::move(values)));
  };
  EXPECT_EQ(check({{"url", "rtsp://192.0.2.21/"}}), "");
  EXPECT_EQ(check({{"url", "rtsps://192.0.2.21/"}, {"spki_sha256", kPin}}), "");
  EXPECT_EQ(check({{"url", "rtsps://192.0.2.21/"}, {"tls", "authority"}}), "");
  EXPECT_TRUE(check({{"url", "rtsps://192.0.2.21/"}, {"tls", "perhaps"}}).starts_with("tls:"));
  EXPECT_TRUE(check({{"url", "rtsps://192.0.2.21/"}, {"spki_sha256", "x"}}).starts_with("spki_sha256:"));
  EXPECT_EQ(check({{"url", "rtsp://192.0.2.21/"}, {"spki_sha256", kPin}}),
            "spki_sha256: needs an rtsps:// url");
  EXPECT_TRUE(check({{"url", "http://192.0.2.21/"}}).starts_with("url:"));
  EXPECT_TRUE(check({{"url", "rtsp://192.0.2.21/"}, {"transport", "sctp"}}).starts_with("transport:"));
}

}  // namespace
}  // namespace commune_watch
