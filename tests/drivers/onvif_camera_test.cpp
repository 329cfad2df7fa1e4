// The onvif driver: what it remembers, how it joins the stream's ladder, and visits on written dialogues.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/camera/onvif.hpp"
#include "drivers/camera/rtsp.hpp"
#include "drivers/onvif.hpp"
#include "drivers/visit.hpp"

namespace commune_watch {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr Millis kNow = 1'790'000'000'000;  // question_of's; 2026-09-21T14:13:20Z
constexpr Millis kHour = 3'600'000;
const Login kLogin{.username = "monitor", .password = "bi-mat-42"};

Target camera(OptionTexts more = {}) {
  OptionTexts options{{"url", "http://192.0.2.20/"}};
  options.merge(more);
  return target_of("onvif", std::move(options), kLogin, Kind::camera);
}

Finding visit_of(const std::string& dialogue, const Question& question, const Target& target = camera()) {
  ScriptedWire wire = ScriptedWire::from_file("onvif/" + dialogue);
  Finding finding = visit(target, wire, question);
  EXPECT_THAT(wire.left(), IsEmpty()) << dialogue;
  return finding;
}

Question with_memory(OnvifMemory memory, Rung depth = Rung::useful) {
  Question question = question_of(depth);
  question.note = note_of(memory);
  return question;
}

const OnvifMemory kKnown{
    .learned = kNow / kHour * kHour,
    .port = 10554,
    .target = "/stream?channel=1&subtype=1",
    .identity = Identity{.maker = "Maker", .model = "IPC-1"},
    .stream = note_of(RtspMemory{
        .transport = RtspTransport::tcp, .algorithm = DigestAlgorithm::md5, .key_frame_wait = 1'000})};

TEST(OnvifCamera, RemembersWhetherTheStreamIsBehindTls) {
  EXPECT_FALSE(remembered(note_of(kKnown), "").secure);
  OnvifMemory secure = kKnown;
  secure.secure = true;
  EXPECT_EQ(remembered(note_of(secure), ""), secure);
}

const char* const kGood = "reachable:ok answering:ok active:ok useful:ok";

TEST(OnvifCamera, FirstVisitAsksForTheStreamAndRemembersItWithoutItsPassword) {
  const Finding finding = visit_of("first-visit", question_of(Rung::useful));
  EXPECT_EQ(ladder(finding), kGood);
  EXPECT_EQ(warnings(finding), "");
  EXPECT_EQ(finding.login, LoginUse::accepted);
  ASSERT_TRUE(finding.identity);
  EXPECT_EQ(finding.identity->maker, "Maker");
  EXPECT_EQ(finding.identity->serial, "0001");
  EXPECT_EQ(fact(finding.facts, FactId::clock_off_ms), -10) << "half of a round trip of 20 ms";
  EXPECT_EQ(fact(finding.facts, FactId::credentialed_requests), 3);
  ASSERT_TRUE(finding.note);
  const OnvifMemory memory = remembered(finding.note, "");
  EXPECT_EQ(memory.target, kKnown.target);
  EXPECT_EQ(memory.port, 10554);
  EXPECT_EQ(memory.learned, kNow / kHour * kHour);
  ASSERT_TRUE(memory.stream);
  EXPECT_EQ(remembered(memory.stream).transport, RtspTransport::tcp);
  const std::string kept(reinterpret_cast<const char*>(finding.note->body.data()), finding.note->body.size());
  EXPECT_THAT(kept, Not(HasSubstr("bi-mat-42")));
}

TEST(OnvifCamera, RequestsAreSoapAndTokensBearTheCamerasTime) {
  ScriptedWire wire = ScriptedWire::from_file("onvif/first-visit");
  visit(camera(), wire, question_of(Rung::useful));
  ASSERT_EQ(wire.http_requests.size(), 5U);
  const char* const actions[] = {"GetSystemDateAndTime", "GetServices", "GetProfiles", "GetStreamUri",
                                 "GetDeviceInformation"};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_THAT(wire.http_requests[i].body, HasSubstr(std::string("<s:Body><") + actions[i] + " xmlns="));
    EXPECT_EQ(wire.http_requests[i].soap.has_value(), i > 0);
  }
  const HttpRequest& last = wire.http_requests[4];
  EXPECT_EQ(last.soap->created, "2026-09-21T14:13:20Z");
  EXPECT_TRUE(std::string_view(last.body).substr(last.soap->at).starts_with("<s:Body>"));
  EXPECT_THAT(wire.http_requests[3].body, HasSubstr("<ProfileToken>Profile_2</ProfileToken>"));
}

TEST(OnvifCamera, WhatIsRememberedIsNotAskedAgain) {
  const Finding finding = visit_of("remembered", with_memory(kKnown));
  EXPECT_EQ(ladder(finding), kGood);
  EXPECT_EQ(finding.identity->model, "IPC-1");
  EXPECT_FALSE(finding.note) << "nothing changed";
}

TEST(OnvifCamera, AskedAgainAfterADayOnceTheStreamWasSeen) {
  OnvifMemory old = kKnown;
  old.learned = kNow - 25 * kHour;
  const Finding finding = visit_of("after-a-day", with_memory(old));
  EXPECT_EQ(ladder(finding), kGood);
  EXPECT_EQ(remembered(finding.note, "").target, "/new");
  old.learned = kNow - 23 * kHour;
  visit_of("remembered", with_memory(old));
}

TEST(OnvifCamera, StreamThatMovedIsAskedForAtOnce) {
  const Finding finding = visit_of("stream-moved", with_memory(kKnown));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok active:failed(wrong-path) useful:not-tested");
  EXPECT_EQ(remembered(finding.note, "").target, "/new");
  EXPECT_EQ(remembered(finding.note, "").port, 554);
}

TEST(OnvifCamera, RefusedTokenEndsTheQuestion) {
  const Finding finding = visit_of("wrong-password", question_of(Rung::useful));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok active:unknown(bad-password) useful:not-tested");
  EXPECT_EQ(finding.checks[2].words, "Sender not Authorized");
  EXPECT_EQ(finding.login, LoginUse::refused);
}

TEST(OnvifCamera, RefusalByACameraWhoseClockWasSetMeanwhileIsNoWordOnThePassword) {
  const Finding finding = visit_of("clock-set", question_of(Rung::useful));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok active:unknown(unconfirmed) useful:not-tested");
  EXPECT_EQ(finding.login, LoginUse::unsettled);
}

TEST(OnvifCamera, LockedAccountIsSaidToBeLocked) {
  const Finding finding = visit_of("locked", question_of(Rung::useful));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok active:unknown(locked) useful:not-tested");
  EXPECT_EQ(finding.checks[2].words, "Device is locked, try again in 5 minutes");
  EXPECT_EQ(finding.login, LoginUse::refused);
}

TEST(OnvifCamera, LoginThatTheLastAnswerRefusedIsNotTriedOnTheStream) {
  const Finding finding = visit_of("refused-later", question_of(Rung::useful));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok active:unknown(bad-password) useful:not-tested");
  EXPECT_EQ(finding.login, LoginUse::refused);
}

TEST(OnvifCamera, TokensBearTheTimeOfACameraThatIsAnHourBehind) {
  ScriptedWire wire = ScriptedWire::from_file("onvif/skewed");
  const Finding finding = visit(camera(), wire, question_of(Rung::useful));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok(clock-wrong) active:ok useful:ok");
  EXPECT_EQ(wire.http_requests[1].soap->created, "2026-09-21T13:13:20Z");
}

TEST(OnvifCamera, WithoutPermissionTheClockIsStillRead) {
  ScriptedWire wire = ScriptedWire::from_file("onvif/wrong-password");
  const Finding finding = visit(camera(), wire, question_of(Rung::answering, false));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok");
  EXPECT_EQ(fact(finding.facts, FactId::clock_off_ms), -10);
  EXPECT_EQ(wire.asked().size(), 1U);
}

TEST(OnvifCamera, OlderAndNewerServicesAreSpokenTo) {
  EXPECT_EQ(ladder(visit_of("old-firmware", question_of(Rung::useful))), kGood);
  EXPECT_EQ(ladder(visit_of("media-two", question_of(Rung::useful))), kGood);
}

TEST(OnvifCamera, PathThatHoldsAPasswordIsUsedAndNotKept) {
  const Finding finding = visit_of("password-in-path", question_of(Rung::useful));
  EXPECT_EQ(ladder(finding), kGood);
  ASSERT_TRUE(finding.note);
  const std::string kept(reinterpret_cast<const char*>(finding.note->body.data()), finding.note->body.size());
  EXPECT_THAT(kept, Not(HasSubstr("tlJwpbo6")));
  EXPECT_THAT(kept, HasSubstr("maker Maker"));
}

TEST(OnvifCamera, TroubleOfTheStreamIsTroubleOfItsRung) {
  EXPECT_EQ(ladder(visit_of("stream-refuses", with_memory(kKnown))),
            "reachable:ok answering:ok active:failed(connection-refused) useful:not-tested");
  EXPECT_EQ(ladder(visit_of("no-video", question_of(Rung::useful))),
            "reachable:ok answering:ok active:failed(no-video) useful:not-tested");
}

TEST(OnvifCamera, DeviceThatWantsALoginForItsTimeAnswers) {
  const Finding finding = visit_of("http-digest", with_memory(kKnown));
  EXPECT_EQ(ladder(finding), kGood);
  EXPECT_FALSE(fact(finding.facts, FactId::clock_off_ms));
}

TEST(OnvifCamera, FaultInsteadOfItsTimeIsAnAnswer) {
  HttpReply reply{.status = 400, .connected = true};
  reply.body =
      "<s:Envelope><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized"
      "</s:Value></s:Subcode></s:Code></s:Fault></s:Body></s:Envelope>";
  ScriptedWire wire;
  wire.expect("http POST http://192.0.2.20/onvif/device_service", reply);
  EXPECT_EQ(ladder(visit(camera(), wire, question_of(Rung::answering))), "reachable:ok answering:ok");
}

TEST(OnvifCamera, WebServerIsNoCamera) {
  const Finding finding = visit_of("not-onvif", question_of(Rung::useful));
  EXPECT_EQ(ladder(finding),
            "reachable:ok answering:failed(protocol-error) active:not-tested useful:not-tested");
  EXPECT_EQ(finding.checks[1].words, "HTTP 404 without SOAP");
}

TEST(OnvifCamera, ReachableIsAConnectionToTheService) {
  ScriptedWire wire;
  wire.expect("connect 192.0.2.20:80", ConnectReply{.trouble = Trouble::refused});
  EXPECT_EQ(ladder(visit(camera(), wire, question_of(Rung::reachable))), "reachable:ok");
}

TEST(OnvifCamera, SilentCameraHasTheReasonOfItsConnection) {
  ScriptedWire wire;
  wire.expect("http POST http://192.0.2.20/onvif/device_service", HttpReply{.trouble = Trouble::timed_out});
  EXPECT_EQ(ladder(visit(camera(), wire, question_of(Rung::answering))),
            "reachable:failed(no-answer) answering:not-tested");
}

// The camera says `hour`:13:20 of that day when it is 14:13:20.
Finding clock_of(int year, int hour, int second, std::optional<Millis> now = kNow) {
  HttpReply reply{.status = 200, .connected = true};
  reply.body =
      "<e:Envelope><e:Body><GetSystemDateAndTimeResponse><SystemDateAndTime><UTCDateTime><Time><Hour>" +
      std::to_string(hour) + "</Hour><Minute>13</Minute><Second>" + std::to_string(second) +
      "</Second></Time><Date><Year>" + std::to_string(year) +
      "</Year><Month>9</Month><Day>21</Day></Date></UTCDateTime></SystemDateAndTime>"
      "</GetSystemDateAndTimeResponse></e:Body></e:Envelope>";
  ScriptedWire wire;
  wire.expect("http POST http://192.0.2.20/onvif/device_service", reply);
  Question question = question_of(Rung::answering);
  question.utc_now = now;
  return visit(camera(), wire, question);
}

TEST(OnvifCamera, ClockThatIsOffIsAWarningWithItsKind) {
  EXPECT_EQ(ladder(clock_of(2026, 14, 59)), "reachable:ok answering:ok") << "39 s are no matter";
  const Finding hours = clock_of(2026, 21, 23);
  EXPECT_EQ(ladder(hours), "reachable:ok answering:ok(clock-wrong)");
  EXPECT_EQ(hours.checks[1].words,
            "nhanh đúng 7 giờ: sai múi giờ / 7 h ahead to the second: the time zone is wrong");
  EXPECT_EQ(fact(hours.facts, FactId::clock_off_ms), 7 * kHour + 3'000);
  EXPECT_EQ(clock_of(2026, 13, 20).checks[1].words,
            "chậm đúng 1 giờ: sai múi giờ / 1 h behind to the second: the time zone is wrong");
  EXPECT_EQ(clock_of(2026, 21, 17).checks[1].words,
            "nhanh đúng 7 giờ: sai múi giờ / 7 h ahead to the second: the time zone is wrong");
  EXPECT_EQ(clock_of(2026, 13, 30).checks[1].words, "chậm 3590 giây / 3590 s behind");
  EXPECT_EQ(clock_of(2000, 14, 20).checks[1].words,
            "mất giờ, đang báo 2000-09-21T14:13:20Z / the clock was lost, it says 2000-09-21T14:13:20Z");
  EXPECT_EQ(clock_of(1970, 14, 20).checks[1].words,
            "mất giờ, đang báo 1970-09-21T14:13:20Z / the clock was lost, it says 1970-09-21T14:13:20Z");
}

TEST(OnvifCamera, ClockIsNotJudgedByOneThatIsNotTrusted) {
  const Finding finding = clock_of(2000, 14, 20, std::nullopt);
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok");
  EXPECT_FALSE(fact(finding.facts, FactId::clock_off_ms));
}

TEST(OnvifMemory, ComesBackFromItsNote) {
  OnvifMemory memory = kKnown;
  memory.wanted = "main stream";
  EXPECT_EQ(remembered(note_of(memory), "main stream"), memory);
  EXPECT_EQ(remembered(note_of(memory), ""), OnvifMemory()) << "another profile is wanted now";
  EXPECT_EQ(remembered(note_of(OnvifMemory()), ""), OnvifMemory());
  EXPECT_LE(note_of(memory).body.size(), kMaxNote);
  memory.stream->body.resize(kMaxNote);
  EXPECT_LE(note_of(memory).body.size(), kMaxNote);
  EXPECT_FALSE(remembered(note_of(memory), "main stream").stream);
}

TEST(OnvifMemory, NothingOfWhatIsNotItsOwn) {
  EXPECT_EQ(remembered(note_of(RtspMemory()), ""), OnvifMemory());
  const auto note = [](std::string_view text) {
    Note made = note_of(OnvifMemory());
    made.body.clear();
    for (const char c : text) made.body.push_back(static_cast<std::byte>(c));
    return made;
  };
  for (const char* text :
       {"", "onvif 2\n", "onvif 1\ntarget /x\n", "onvif 1\ntarget x\n", "onvif 1\nport 0\n",
        "onvif 1\nport 70000\n", "onvif 1\nport 5\n", "onvif 1\nstrange x\n", "onvif 1\nport",
        "onvif 1\nport5\n", "onvif 1\nport 554\ntarget x\n", "onvif 1\nport 554\ntarget /a b\n",
        "onvif 1\nlearned -1\n"})
    EXPECT_EQ(remembered(note(text), ""), OnvifMemory()) << text;
  EXPECT_EQ(remembered(note("onvif 1\nport 554\ntarget /x\n"), "").target, "/x");
}

TEST(OnvifCamera, SessionLimitOfTheStreamIsNotKnowing) {
  Finding finding;
  finding.checks = {good(Rung::reachable, 1), good(Rung::answering, 1)};
  Finding stream;
  Check full = bad(Rung::active, reason_id("session-limit"), "503", 1);
  full.outcome = Outcome::unknown;
  stream.checks = {good(Rung::reachable, 1), good(Rung::answering, 1), full};
  not_tested_up_to(stream, Rung::useful);
  join_stream(finding, stream);
  not_tested_up_to(finding, Rung::useful);
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok active:unknown(session-limit) useful:not-tested");
}

TEST(OnvifCamera, OptionsAreCheckedAtTheDoor) {
  EXPECT_EQ(refusal("onvif", {{"url", "http://192.0.2.20"}}), "");
  EXPECT_EQ(refusal("onvif", {{"url", "rtsp://192.0.2.20"}}), "url: must begin with http:// or https://");
  EXPECT_EQ(refusal("onvif", {{"url", "http://192.0.2.20"}, {"transport", "x"}}),
            "transport: must be \"auto\", \"tcp\" or \"udp\"");
  EXPECT_EQ(refusal("onvif", {{"url", "http://192.0.2.20"}, {"profile", std::string(129, 'x')}}),
            "profile: must be one line of at most 128 bytes");
  EXPECT_EQ(refusal("onvif", {{"url", "http://192.0.2.20"}, {"profile", "a\nb"}}),
            "profile: must be one line of at most 128 bytes");
}

}  // namespace
}  // namespace commune_watch
