// Probing without a daemon: the same login law over the same state, no reading kept. The prober is a child
// that a test scripts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/house.hpp"
#include "gateway_logins.hpp"
#include "gateway_trial.hpp"
#include "poll/seam_peer.hpp"

namespace commune_watch {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

enum class Script { answers, refuses_logins, dies };

// Says in its words whether it might log in.
void play(int descriptor, Script script) {
  SeamPeer seam(descriptor);
  while (auto frame = seam.read()) {
    const auto* ask = std::get_if<seam::Ask>(&*frame);
    if (ask == nullptr) continue;
    if (script == Script::dies) ::_exit(1);
    const auto& question = ask->question;
    Reading reading;
    reading.question = question.id;
    reading.device = question.device;
    reading.depth = question.depth;
    reading.finding.checks.push_back(
        {Rung::reachable, Outcome::ok, ReasonId::none, question.may_log_in ? "with login" : "without", 10});
    if (question.may_log_in && script == Script::refuses_logins) {
      seam.write(seam::Refusal{question.id, question.device, {}, {}, "401 Unauthorized"});
      reading.finding.login = LoginUse::refused;
    }
    seam.write(seam::Answer{reading});
  }
}

class TrialProbeTest : public testing::Test {
 protected:
  TrialProbeTest() {
    EXPECT_TRUE(small.house.store->commit());
    small.house.store.reset();  // no daemon
  }

  std::vector<ProbeView> probe(Script script, const std::vector<std::string>& devices = {"cam-a"}) {
    GatewayOptions options;
    options.places = small.files.places();
    options.state = state;
    options.version = "test";
    options.spawn = [script]() -> Spawned {
      int ends[2];
      if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        throw std::runtime_error("socketpair");
      const int pid = ::fork();
      if (pid == 0) {
        ::close(ends[0]);
        play(ends[1], script);
        ::_exit(0);
      }
      ::close(ends[1]);
      return {pid, ends[0]};
    };
    std::vector<ProbeView> views;
    outcome = probe_without_daemon(options, fake::kDrivers, small.clock, small.journal, devices,
                                   [&](const Settings&, const ProbeView& view) { views.push_back(view); });
    return views;
  }
  std::vector<LoginBlock> blocks() {
    small.open();
    auto all = small.house.store->login_blocks();
    small.house.store.reset();
    return all;
  }
  void configure(const std::string& devices) { small.write(devices); }

  TestHouse small{login("cam", "wrong") + camera("cam-a", "login = \"cam\"\n")};
  std::string state = small.files.path("state");
  Result<void> outcome;
};

TEST_F(TrialProbeTest, ARefusalIsWrittenAndTheNextProbeGoesWithoutTheLoginAndSaysSo) {
  auto first = probe(Script::refuses_logins);
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first.front().finding.checks.front().words, "with login");
  EXPECT_FALSE(first.front().recorded);
  EXPECT_FALSE(first.front().without_login);
  const auto kept = blocks();
  ASSERT_THAT(kept, SizeIs(1));
  EXPECT_EQ(kept.front().host, "127.0.0.9");
  EXPECT_EQ(kept.front().device, "cam-a");
  EXPECT_EQ(kept.front().words, "401 Unauthorized");
  EXPECT_EQ(kept.front().left, LoginLaw::kBlockFor);
  const auto second = probe(Script::refuses_logins);
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second.front().finding.checks.front().words, "without");
  EXPECT_TRUE(second.front().without_login);
  EXPECT_THAT(second.front().note, HasSubstr("login list"));
}

TEST_F(TrialProbeTest, ABlockOfTheDaemonsIsHonouredUntilTheSecretChanges) {
  small.open();
  const LoginKey key{"127.0.0.9", "monitor"};
  const auto cam = small.id("cam-a");
  ASSERT_TRUE(put_refusal(small.house, key, cam, login_tag(small.house, key, cam), "401"));
  ASSERT_TRUE(small.house.store->commit());
  small.house.store.reset();
  EXPECT_EQ(probe(Script::answers).at(0).finding.checks.front().words, "without");
  configure(login("cam", "right") + camera("cam-a", "login = \"cam\"\n"));
  EXPECT_EQ(probe(Script::answers).at(0).finding.checks.front().words, "with login");
  EXPECT_THAT(blocks(), IsEmpty());
}

TEST_F(TrialProbeTest, NoReadingIsKept) {
  probe(Script::answers);
  small.open();
  const auto now = small.house.utc_now();
  for (const auto& span : small.house.store->spans(small.id("cam-a"), {0, now}, small.house.now()))
    EXPECT_EQ(span.state, State::unknown);
}

TEST_F(TrialProbeTest, WithoutItsStateNoLoginIsUsedAndEachViewSaysWhy) {
  state = small.files.path("gateway.toml");  // no directory
  const auto views = probe(Script::refuses_logins);
  ASSERT_THAT(views, SizeIs(1));
  EXPECT_EQ(views.front().finding.checks.front().words, "without");
  EXPECT_TRUE(views.front().without_login);
  EXPECT_THAT(views.front().note, HasSubstr("no credentials were used"));
}

TEST_F(TrialProbeTest, ADeviceThatKillsItsProberIsUnknownAndTheProbeEnds) {
  const auto views = probe(Script::dies);
  ASSERT_THAT(views, SizeIs(1));
  EXPECT_EQ(views.front().finding.checks.front().outcome, Outcome::unknown);
  EXPECT_EQ(views.front().finding.checks.front().reason, reason_id("internal-error"));
}

TEST_F(TrialProbeTest, AllDevicesAreProbedWhereNoneIsNamed) {
  configure(camera("cam-a") + camera("cam-b", {}, "127.0.0.8") + camera("cam-c", {}, "127.0.0.7"));
  std::vector<std::string> names;
  for (const auto& view : probe(Script::answers, {})) names.push_back(view.id);
  EXPECT_THAT(names, testing::UnorderedElementsAre("cam-a", "cam-b", "cam-c"));
}

TEST_F(TrialProbeTest, AnUnknownDeviceAndABadFileAreRefusedBeforeAnythingIsAsked) {
  EXPECT_THAT(probe(Script::dies, {"no-such"}), IsEmpty());
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().why, HasSubstr("no-such"));
  configure("nonsense");
  EXPECT_THAT(probe(Script::dies), IsEmpty());
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().why, HasSubstr("gateway.toml"));
}

}  // namespace
}  // namespace commune_watch
