// The onvif-nvr driver: channels and jobs as literals, and visits on written dialogues.
#include "drivers/monitoring_point/onvif_nvr.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/visit.hpp"

namespace commune_watch {
namespace {

using ::testing::IsEmpty;

constexpr Millis kNow = 1'790'000'000'000;
const Login kLogin{.username = "monitor", .password = "bi-mat-42"};

const OnvifChannel kChannel{.number = "1", .source = "V1", .profiles = {"P1m", "P1s"}};

onvif::Job job(std::string source, bool idle = false) {
  return {.token = "J", .recording = "R", .sources = {std::move(source)}, .idle = idle};
}
onvif::JobState state(std::string said, std::string source = "P1m") {
  return {
      .recording = "R", .state = said, .sources = {{.token = std::move(source), .state = said}}, .words = {}};
}

// "on rec", "? rec", "? off", "? ?"
std::string told(const OnvifRecorded& recorded) {
  const RecorderChannel it = judge(kChannel, recorded);
  return std::string(!it.online   ? "?"
                     : *it.online ? "on"
                                  : "off") +
         " " +
         (!it.recording   ? "?"
          : *it.recording ? "rec"
                          : "off");
}

TEST(OnvifNvr, OnlyAJobThatIsActiveSaysThatAChannelShows) {
  EXPECT_EQ(told({}), "? ?");
  EXPECT_EQ(told({.jobs = {job("P1m")}}), "? ?");
  EXPECT_EQ(told({.jobs = {job("P1m")}, .states = {{"J", state("Active")}}}), "on rec");
  EXPECT_EQ(told({.jobs = {job("V1")}, .states = {{"J", state("PartiallyActive", "V1")}}}), "on rec");
  EXPECT_EQ(told({.jobs = {job("P1m")}, .states = {{"J", state("Error")}}}), "? off");
  EXPECT_EQ(told({.jobs = {job("P1m")}, .states = {{"J", state("Idle")}}}), "? ?")
      << "it may wait for an event";
  EXPECT_EQ(told({.jobs = {job("P1m", true)}}), "? off");
  EXPECT_EQ(told({.jobs = {job("P1m")}, .states = {{"J", state("Dreaming")}}}), "? ?");
  EXPECT_EQ(told({.jobs = {job("P2m")}, .states = {{"J", state("Active", "P2m")}}}), "? ?") << "another's";
}

TEST(OnvifNvr, JobOfSeveralSourcesSpeaksOfEachByItself) {
  onvif::Job both = job("P1m");
  both.sources.emplace_back("P2m");
  onvif::JobState said = state("PartiallyActive", "P2m");
  said.sources.push_back({.token = "P1s", .state = "Error"});
  EXPECT_EQ(told({.jobs = {both}, .states = {{"J", said}}}), "? off");
  said.sources[1].token = "P9";
  EXPECT_EQ(told({.jobs = {both}, .states = {{"J", said}}}), "? ?") << "nothing is said of this one";
}

TEST(OnvifNvr, RecordingIsProvenByItsNewestData) {
  const auto made = [](std::string status, std::optional<Millis> latest) {
    OnvifRecorded recorded;
    recorded.recordings = {{.token = "R",
                            .source = "V1",
                            .name = {},
                            .status = std::move(status),
                            .earliest = kNow - 40 * 86'400'000LL,
                            .latest = latest}};
    recorded.at = kNow;
    return recorded;
  };
  EXPECT_EQ(told(made("Recording", kNow - 60'000)), "? rec");
  EXPECT_EQ(told(made("Recording", kNow - 16 * 60'000)), "? off");
  EXPECT_EQ(told(made("Recording", std::nullopt)), "? ?");
  EXPECT_EQ(told(made("Stopped", kNow)), "? off");
  EXPECT_EQ(told(made("Unknown", kNow)), "? ?");
  const RecorderChannel it = judge(kChannel, made("Recording", kNow - 60'000));
  EXPECT_EQ(it.recorded_ago_s, 60);
  EXPECT_EQ(it.recorded_days, 40);
  OnvifRecorded no_clock = made("Recording", kNow);
  no_clock.at.reset();
  EXPECT_EQ(told(no_clock), "? ?");
  EXPECT_FALSE(judge(kChannel, no_clock).recorded_ago_s);
}

TEST(OnvifNvr, ChannelsAreVideoSourcesInTheirOrder) {
  const auto channels = channels_of({{.token = "a", .name = {}, .source = "V9"},
                                     {.token = "b", .name = {}, .source = "V2"},
                                     {.token = "c", .name = {}, .source = "V9"},
                                     {.token = "d", .name = {}, .source = ""}});
  ASSERT_EQ(channels.size(), 2U);
  EXPECT_EQ(channels[0].number, "1");
  EXPECT_EQ(channels[0].source, "V9");
  EXPECT_EQ(channels[0].profiles, (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(channels[1].number, "2");
}

Target recorder() {
  Target target = target_of("onvif-nvr", {{"url", "http://192.0.2.11"}}, kLogin, Kind::monitoring_point);
  target.bound_keys = {"V2", "3"};
  return target;
}

TEST(OnvifNvr, VisitTellsOfEachChannelAndTheNextAsksOnlyForWhatChanges) {
  ScriptedWire wire = ScriptedWire::from_file("onvif/nvr");
  const auto probe = probe_of(recorder());
  const Finding first = visit(*probe, wire, question_of(Rung::connected));
  EXPECT_EQ(ladder(first), "reachable:ok answering:ok connected:ok");
  EXPECT_TRUE(first.complete);
  EXPECT_EQ(seen(first),
            "1:ok 2:unknown(monitoring-point-silent) 3:unknown(monitoring-point-silent) "
            "V2:unknown(monitoring-point-silent)");
  EXPECT_EQ(first.sightings[1].checks[0].words, "no signal");
  EXPECT_EQ(fact(first.sightings[0].facts, FactId::recorded_ago_s), 10);
  EXPECT_EQ(fact(first.sightings[0].facts, FactId::recording), 1);
  EXPECT_EQ(fact(first.sightings[1].facts, FactId::recording), 0);
  EXPECT_EQ(fact(first.facts, FactId::channels), 3);
  EXPECT_EQ(fact(first.facts, FactId::recorded_days), 10);
  EXPECT_EQ(first.identity->model, "IPC-1");
  EXPECT_EQ(first.login, LoginUse::accepted);

  const Finding second = visit(*probe, wire, question_of(Rung::connected));
  EXPECT_EQ(seen(second), "1:unknown(monitoring-point-silent) 2:ok 3:unknown(monitoring-point-silent) V2:ok");
  EXPECT_EQ(second.identity->model, "IPC-1");
  EXPECT_THAT(wire.left(), IsEmpty());
  for (const HttpRequest& each : wire.http_requests) EXPECT_TRUE(each.keep_alive);
  EXPECT_NE(wire.http_requests[9].body.find("<EndSearch "), std::string::npos);
  EXPECT_NE(wire.http_requests[9].body.find("<SearchToken>S&amp;1<"), std::string::npos);
}

TEST(OnvifNvr, WhatAJobSaidInAnEarlierVisitIsNoNews) {
  ScriptedWire wire = ScriptedWire::from_file("onvif/nvr-slow");
  const auto probe = probe_of(recorder());
  visit(*probe, wire, question_of(Rung::connected));
  EXPECT_EQ(seen(visit(*probe, wire, question_of(Rung::connected))),
            "1:unknown(monitoring-point-silent) 2:unknown(monitoring-point-silent) "
            "3:unknown(monitoring-point-silent) V2:unknown(monitoring-point-silent)");
  EXPECT_THAT(wire.left(), IsEmpty());
}

TEST(OnvifNvr, LoginThatTheListOfServicesRefusedIsNotTriedAgain) {
  ScriptedWire wire = ScriptedWire::from_file("onvif/nvr-refuses-services");
  EXPECT_EQ(ladder(visit(recorder(), wire, question_of(Rung::connected))),
            "reachable:ok answering:ok connected:unknown(bad-password)");
}

TEST(OnvifNvr, RefusedLoginIsOneAttemptAndBlamesNoChannel) {
  ScriptedWire wire = ScriptedWire::from_file("onvif/nvr-wrong-password");
  const Finding finding = visit(recorder(), wire, question_of(Rung::connected));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok connected:unknown(bad-password)");
  EXPECT_EQ(finding.login, LoginUse::refused);
  EXPECT_FALSE(finding.complete);
  EXPECT_THAT(finding.sightings, IsEmpty());
  EXPECT_THAT(wire.left(), IsEmpty());
}

TEST(OnvifNvr, WithoutProfileGNothingIsKnownOfItsChannels) {
  ScriptedWire wire = ScriptedWire::from_file("onvif/nvr-without-recording");
  const Finding finding = visit(recorder(), wire, question_of(Rung::connected));
  EXPECT_EQ(seen(finding),
            "1:unknown(monitoring-point-silent) 2:unknown(monitoring-point-silent) "
            "3:unknown(monitoring-point-silent) V2:unknown(monitoring-point-silent)");
  EXPECT_THAT(wire.left(), IsEmpty());
}

TEST(OnvifNvr, WebPageIsUnparsable) {
  ScriptedWire wire = ScriptedWire::from_file("onvif/nvr-no-soap");
  EXPECT_EQ(ladder(visit(recorder(), wire, question_of(Rung::connected))),
            "reachable:ok answering:ok connected:unknown(unparsable)");
}

TEST(OnvifNvr, OptionsAreCheckedAtTheDoor) {
  EXPECT_EQ(refusal("onvif-nvr", {{"url", "http://192.0.2.11"}}), "");
  EXPECT_EQ(refusal("onvif-nvr", {{"url", "rtsp://192.0.2.11"}}), "url: must begin with http:// or https://");
  EXPECT_EQ(refusal("onvif-nvr", {{"url", "http://192.0.2.11"}, {"min_retention_days", "91"}}),
            "min_retention_days: must be from 0 to 90");
}

}  // namespace
}  // namespace commune_watch
