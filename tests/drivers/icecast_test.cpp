// The icecast driver: on foreign bytes, on written dialogues, and against Debian's icecast2 with real
// listeners.
#include "drivers/monitoring_point/icecast.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/visit.hpp"
#include "support/icecast.hpp"
#include "wire/net_wire.hpp"

namespace commune_watch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Login kAdmin{.username = "admin", .password = "quan-tri-9", .allow_basic = true};

Target point(std::vector<std::string> keys, OptionTexts more = {}, std::optional<Login> login = kAdmin,
             const std::string& url = "http://192.0.2.30:8000/") {
  more.insert({"url", url});
  Target target = target_of("icecast", std::move(more), std::move(login), Kind::monitoring_point);
  target.bound_keys = std::move(keys);
  return target;
}

std::vector<std::string> keys(const Finding& finding) {
  std::vector<std::string> keys;
  for (const Sighting& each : finding.sightings) keys.push_back(each.key);
  return keys;
}

Finding visited(const std::string& dialogue, const Target& target,
                const Question& question = question_of(Rung::connected)) {
  ScriptedWire wire = ScriptedWire::from_file("icecast/" + dialogue);
  Finding finding = visit(target, wire, question);
  EXPECT_TRUE(wire.left().empty()) << dialogue;
  return finding;
}

const std::string kConnected = "reachable:ok answering:ok connected:";

// Reading.

TEST(IcecastRead, NamesOfBothVersionsMeanTheSame) {
  const auto old_names = read_listeners(
      "<icestats><source "
      "mount=\"/x\"><listener><IP>1.2.3.4</IP><UserAgent>a</UserAgent><Connected>9</Connected></listener></"
      "source></icestats>");
  const auto new_names = read_listeners(
      "<icestats><source "
      "mount=\"/x\"><listener><ip>1.2.3.4</ip><useragent>a</useragent><connected>9</connected></listener></"
      "source></icestats>");
  for (const auto& listeners : {old_names, new_names}) {
    ASSERT_TRUE(listeners && listeners->size() == 1);
    EXPECT_EQ(listeners->front().address, "1.2.3.4");
    EXPECT_EQ(listeners->front().user_agent, "a");
    EXPECT_EQ(listeners->front().connected_seconds, 9);
    EXPECT_EQ(listeners->front().username, "");
  }
}

TEST(IcecastRead, WhatIsNotIcecastIsNotRead) {
  for (const char* body : {"", "x", "<html/>", "{\"icestats\":{}}", "<icestats><source mount=\"/x\">",
                           "<!DOCTYPE a [<!ENTITY b \"c\">]>"}) {
    EXPECT_FALSE(read_mounts(body)) << body;
    EXPECT_FALSE(read_listeners(body)) << body;
  }
  EXPECT_FALSE(read_mounts("<icestats><source/></icestats>")) << "a mount without a name";
  EXPECT_FALSE(read_listeners("<icestats/>")) << "a list that names no mount lists nobody";
}

TEST(IcecastRead, NobodyListeningIsAListToo) {
  const auto listeners =
      read_listeners("<icestats><source mount=\"/x\"><Listeners>0</Listeners></source></icestats>");
  ASSERT_TRUE(listeners);
  EXPECT_THAT(*listeners, IsEmpty());
}

TEST(IcecastRead, AbsurdNumbersAreHeldInRange) {
  const auto listeners = read_listeners(
      "<icestats><source mount=\"/x\"><listener><Connected>99999999999999999999</Connected></listener>"
      "<listener><Connected>-5</Connected></listener><listener><Connected>many</Connected></listener></"
      "source></icestats>");
  ASSERT_TRUE(listeners);
  for (const IcecastListener& each : *listeners) {
    EXPECT_GE(each.connected_seconds, 0);
    EXPECT_LE(each.connected_seconds, 100LL * 366 * 86'400);
  }
}

TEST(IcecastRead, MoreListenersThanASeamCarriesAreNoList) {
  std::string body = "<icestats><source mount=\"/x\">";
  for (std::size_t i = 0; i <= kMaxSightings; ++i) body += "<listener><IP>1.2.3.4</IP></listener>";
  EXPECT_FALSE(read_listeners(body + "</source></icestats>"));
}

// Matching.

TEST(IcecastMatching, KeyIsAUserNameElseAWordOfTheAgentElseAnAddress) {
  const IcecastListener listener{
      .username = "loa-1", .user_agent = "VSSL_862000000000002/1.4", .address = "192.0.2.52"};
  EXPECT_TRUE(means("loa-1", listener, IcecastMatch::automatic));
  EXPECT_TRUE(means("862000000000002", listener, IcecastMatch::automatic));
  EXPECT_TRUE(means("VSSL_862000000000002", listener, IcecastMatch::automatic));
  EXPECT_TRUE(means("192.0.2.52", listener, IcecastMatch::automatic));
  EXPECT_FALSE(means("86200000000000", listener, IcecastMatch::automatic))
      << "half a number is another device's";
  EXPECT_FALSE(means("192.0.2.5", listener, IcecastMatch::automatic));
  EXPECT_FALSE(means("192.0.2.52", listener, IcecastMatch::username));
  EXPECT_FALSE(means("loa-1", listener, IcecastMatch::address));
}

TEST(IcecastMatching, UserNameOutranksAForgedAgent) {
  const std::vector<IcecastListener> listeners{
      {.username = "loa-2", .user_agent = "loa-1", .address = "192.0.2.9"}};
  const auto result = sightings(listeners, {"loa-1", "loa-2"}, IcecastMatch::automatic);
  ASSERT_EQ(result.size(), 1U);
  EXPECT_EQ(result[0].key, "loa-2");
}

TEST(IcecastMatching, SeveralConnectionsOfOneSpeakerCountOnceWithTheLongest) {
  const std::vector<IcecastListener> listeners{{.username = "loa-1", .connected_seconds = 5},
                                               {.username = "loa-1", .connected_seconds = 500}};
  const auto result = sightings(listeners, {"loa-1"}, IcecastMatch::automatic);
  ASSERT_EQ(result.size(), 1U);
  EXPECT_EQ(fact(result[0].facts, FactId::connected_seconds), 500);
}

TEST(IcecastMatching, StrangerNeverTakesABoundKey) {
  // Bound by user name only: somebody whose address happens to be the key is not that speaker.
  const std::vector<IcecastListener> listeners{{.address = "192.0.2.9"}};
  EXPECT_THAT(sightings(listeners, {"192.0.2.9"}, IcecastMatch::username), IsEmpty());
}

TEST(IcecastPlanning, AllMountsByDefault) {
  const IcecastPlan steps = plan({{"/a", ""}, {"/b", ""}}, {}, {});
  EXPECT_THAT(steps.mounts, ElementsAre("/a", "/b"));
  EXPECT_FALSE(steps.source_missing);
}

TEST(IcecastPlanning, AskedForMountsBringTheirFallbacksRoundACircleToo) {
  const IcecastPlan steps = plan({{"/a", "/b"}, {"/b", "/a"}, {"/c", ""}}, {"/a"}, {});
  EXPECT_THAT(steps.mounts, ElementsAre("/a", "/b"));
}

TEST(IcecastPlanning, MountWithoutASourceMeansLookingEverywhere) {
  const IcecastPlan steps = plan({{"/b", ""}, {"/c", ""}}, {"/a"}, {});
  EXPECT_THAT(steps.mounts, ElementsAre("/b", "/c"));
  EXPECT_TRUE(steps.source_missing);
}

TEST(IcecastPlanning, ListenersMovedToAFileAreHidden) {
  EXPECT_TRUE(plan({}, {"/a"}, {{"/a", "/silence.mp3"}}).listeners_hidden);
  EXPECT_FALSE(plan({{"/silence.mp3", ""}}, {"/a"}, {{"/a", "/silence.mp3"}}).listeners_hidden);
  EXPECT_FALSE(plan({{"/a", "/silence.mp3"}}, {"/a"}, {{"/a", "/silence.mp3"}}).listeners_hidden);
  EXPECT_FALSE(plan({{"/a", ""}}, {"/a"}, {{"/other", "/silence.mp3"}}).listeners_hidden) << "not asked for";
}

TEST(IcecastQuery, MountIsEscaped) { EXPECT_EQ(query_value("/xã 1&b.mp3"), "/x%C3%A3%201%26b.mp3"); }

// Visits.

TEST(Icecast, ListenersOfAllMountsAreSeenByTheirKeys) {
  const Finding finding = visited("two-mounts", point({"loa-ap-1", "862000000000002", "loa-ap-3"}));
  EXPECT_EQ(ladder(finding), kConnected + "ok");
  EXPECT_THAT(keys(finding), ElementsAre("192.0.2.77", "862000000000002", "loa-ap-1"));
  EXPECT_TRUE(finding.complete) << "loa-ap-3 is missing for sure";
  EXPECT_EQ(fact(finding.facts, FactId::listeners), 3);
  EXPECT_EQ(fact(finding.sightings[2].facts, FactId::connected_seconds), 3599);
  EXPECT_EQ(finding.login, LoginUse::accepted);
  EXPECT_EQ(warnings(finding), "");
}

TEST(Icecast, LowerCaseVersionIsReadTheSame) {
  const Finding finding = visited("lower-case", point({"loa-ap-1"}));
  EXPECT_EQ(ladder(finding), kConnected + "ok");
  EXPECT_THAT(keys(finding), ElementsAre("loa-ap-1"));
  EXPECT_EQ(fact(finding.sightings[0].facts, FactId::connected_seconds), 55);
}

TEST(Icecast, OffAirIsAWarningAndAWholeListOfNobody) {
  const Finding finding = visited("off-air", point({"loa-ap-1"}));
  EXPECT_EQ(ladder(finding), kConnected + "ok");
  EXPECT_TRUE(finding.complete);
  EXPECT_THAT(keys(finding), IsEmpty());
  EXPECT_EQ(warnings(finding), "no-source");
}

TEST(Icecast, SourceThatDiesBetweenTheQuestionsIsOffAir) {
  const Finding finding = visited("dies-between", point({"loa-ap-1"}));
  EXPECT_EQ(warnings(finding), "no-source");
  EXPECT_TRUE(finding.complete);
}

TEST(Icecast, ListThatCannotBeReadLeavesTheMissingUnknown) {
  const Finding finding = visited("broken-list", point({"loa-ap-1", "loa-ap-2"}));
  EXPECT_FALSE(finding.complete);
  EXPECT_THAT(keys(finding), ElementsAre("loa-ap-1")) << "who is seen is seen";
}

TEST(Icecast, RefusedLoginIsToldAtOnceAndAsksNoFurther) {
  const Finding finding = visited("wrong-password", point({"loa-ap-1"}));
  EXPECT_EQ(ladder(finding), kConnected + "unknown(bad-password)");
  EXPECT_EQ(finding.login, LoginUse::refused);
  EXPECT_FALSE(finding.complete);
}

TEST(Icecast, BasicNeedsTheConfigurationsWord) {
  const Login digest_only{.username = "admin", .password = "x"};
  EXPECT_EQ(ladder(visited("basic-not-allowed", point({}, {}, digest_only))),
            kConnected + "unknown(basic-refused)");
}

TEST(Icecast, WithoutALoginThePointAnswersAndTellsNothing) {
  EXPECT_EQ(ladder(visited("no-login", point({}, {}, std::nullopt))), kConnected + "unknown(login-needed)");
  EXPECT_EQ(ladder(visited("no-login", point({}), question_of(Rung::connected, false))),
            kConnected + "unknown(login-blocked)");
}

TEST(Icecast, DeadServerIsNotReachedAndARefusingOneIsNotAnswering) {
  EXPECT_EQ(ladder(visited("dead", point({"a"}))),
            "reachable:failed(no-answer) answering:not-tested active:not-tested useful:not-tested "
            "connected:not-tested");
  EXPECT_EQ(ladder(visited("refuses", point({"a"}))),
            "reachable:ok answering:failed(connection-refused) active:not-tested useful:not-tested "
            "connected:not-tested");
}

TEST(Icecast, AnotherServersPageTellsNothing) {
  const Finding finding = visited("not-icecast", point({"a"}));
  EXPECT_EQ(ladder(finding), kConnected + "unknown(unparsable)");
  EXPECT_FALSE(finding.complete);
}

TEST(Icecast, LivenessNeedsNoLogin) {
  EXPECT_EQ(ladder(visited("liveness", point({"a"}), question_of(Rung::answering))),
            "reachable:ok answering:ok");
}

TEST(Icecast, OptionsThatDoNotFitAreRefused) {
  EXPECT_EQ(refusal("icecast", {{"url", "http://a:8000"}}), "");
  EXPECT_TRUE(refusal("icecast", {{"url", "http://a:8000/admin/"}}).starts_with("url: "));
  EXPECT_TRUE(refusal("icecast", {{"url", "http://a:8000"}, {"match", "name"}}).starts_with("match: "));
  EXPECT_TRUE(refusal("icecast", {{"url", "http://a:8000"}, {"mounts", "/a\nb"}}).starts_with("mounts: "));
}

// Debian's icecast2: who listens is seen, who leaves is missing, and a wrong password is sent once.

class RealIcecast : public ::testing::Test {
 protected:
  Finding ask(const Target& target) {
    if (!probe_) probe_ = probe_of(target);
    const Question question = question_of(Rung::connected);
    return run(io_, probe_->run(wire_, question));
  }
  Target at(const Icecast& server, std::vector<std::string> keys, std::optional<Login> login = kAdmin) {
    return point(std::move(keys), {}, std::move(login), server.url("/"));
  }

 private:
  asio::io_context io_;
  NetWire wire_{io_};
  std::unique_ptr<Probe> probe_;
};

TEST_F(RealIcecast, TellsWhoListensAndWhoLeft) {
  Icecast server;
  const auto source = server.play("/xa.mp3");
  const auto speaker = server.listen("/xa.mp3", "VSSL_862000000000002/1.4");
  const Target target = at(server, {"862000000000002", "loa-ap-3"});

  const Finding before = ask(target);
  EXPECT_EQ(ladder(before), kConnected + "ok");
  EXPECT_TRUE(before.complete);
  EXPECT_THAT(keys(before), ::testing::Contains("862000000000002"));
  EXPECT_THAT(keys(before), ::testing::Not(::testing::Contains("loa-ap-3")));
  EXPECT_EQ(warnings(before), "");

  speaker->stop();
  // The server notices a closed socket at its next packet to it.
  Finding after = ask(target);
  for (int i = 0; i < 500 && keys(after) == keys(before); ++i) after = ask(target);
  EXPECT_THAT(keys(after), ::testing::Not(::testing::Contains("862000000000002")));
  EXPECT_TRUE(after.complete);
}

TEST_F(RealIcecast, UserNamesOfListenersAreTold) {
  const TempDirectory directory;
  const std::string users =
      directory.write("listeners", "loa-ap-1:5f4dcc3b5aa765d61d8327deb882cf99\n");  // md5("password")
  Icecast server(
      "<mount type=\"normal\"><mount-name>/xa.mp3</mount-name><authentication type=\"htpasswd\"><option "
      "name=\"filename\" value=\"" +
      users + "\"/></authentication></mount>");
  const auto source = server.play("/xa.mp3", "loa-ap-1:password");
  const auto speaker = server.listen("/xa.mp3", "cumloa/1.0", "loa-ap-1:password");
  EXPECT_THAT(keys(ask(at(server, {"loa-ap-1"}))), ElementsAre("loa-ap-1"));
}

TEST_F(RealIcecast, OffAirIsAWarning) {
  Icecast server;
  const Finding finding = ask(at(server, {"loa-ap-1"}));
  EXPECT_EQ(ladder(finding), kConnected + "ok");
  EXPECT_EQ(warnings(finding), "no-source");
  EXPECT_TRUE(finding.complete);
}

TEST_F(RealIcecast, WrongPasswordIsRefusedOnce) {
  Icecast server;
  const Finding finding =
      ask(at(server, {"loa-ap-1"}, Login{.username = "admin", .password = "wrong", .allow_basic = true}));
  EXPECT_EQ(ladder(finding), kConnected + "unknown(bad-password)");
  EXPECT_EQ(finding.login, LoginUse::refused);
}

}  // namespace
}  // namespace commune_watch
