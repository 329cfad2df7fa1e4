// The prober as a process of its own, spoken to over the seam by its bytes: what it answers, and how it ends.
#include "poll/prober/prober.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/wait.h>

#include <array>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <cstdlib>
#include <thread>

#include "poll/seam_peer.hpp"
#include "support/rtsp_camera.hpp"
#include "wire/real_clock.hpp"

namespace commune_watch {
namespace {

using testing::HasSubstr;

// Its second look finds every limit passed.
class HastyClock final : public Clock {
 public:
  Millis boot_now() override { return now_ += 60'000; }
  Anchor anchor() override { return {}; }
  std::string boot_uuid() override { return {}; }

 private:
  Millis now_ = 0;
};

int connected_pair(int (&ends)[2]) { return ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends); }

class ProberProcess {
 public:
  explicit ProberProcess(std::span<const Driver* const> table, bool hasty = false) {
    int ends[2];
    if (connected_pair(ends) != 0) throw std::runtime_error("socketpair");
    std::fflush(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      RealClock real;
      HastyClock ahead;
      std::exit(
          run_prober(ends[1], -1, table, hasty ? static_cast<Clock&>(ahead) : real));  // leaks are counted
    }
    ::close(ends[1]);
    seam_.emplace(ends[0]);
  }
  ~ProberProcess() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    end();
  }

  SeamPeer& seam() { return *seam_; }
  // Closes the seam; the status that it ended with.
  int end() {
    seam_->close();
    if (pid_ > 0) ::waitpid(std::exchange(pid_, -1), &status_, 0);
    return status_;
  }

  void add(std::uint32_t device, std::string driver, std::map<std::string, std::string, std::less<>> options,
           std::optional<Login> login = {}) {
    Target target;
    target.device = DeviceId{device};
    target.name = "device-" + std::to_string(device);
    target.driver = std::move(driver);
    target.options = Options(std::move(options));
    target.login = std::move(login);
    seam_->write(seam::AddTarget{target});
  }
  std::uint64_t ask(std::uint32_t device, Millis limit = 60'000, bool may_log_in = false) {
    Question question;
    question.id = ++last_;
    question.device = DeviceId{device};
    question.depth = Rung::useful;
    question.limit = limit;
    question.may_log_in = may_log_in;
    seam_->write(seam::Ask{question});
    return question.id;
  }
  // All that was written before is taken when this returns.
  void taken() {
    seam_->write(seam::Beat{++beat_});
    while (seam_->next<seam::Beat>().number != beat_) {
    }
  }

 private:
  pid_t pid_ = -1;
  int status_ = -1;
  std::optional<SeamPeer> seam_;
  std::uint64_t last_ = 0, beat_ = 0;
};

// Takes connections into its queue and says nothing, ever.
class Silent {
 public:
  Silent() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 200) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no silent server");
    authority = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~Silent() { ::close(listener_); }
  std::string authority;

 private:
  int listener_;
};

// --- drivers of the test's own ---

class Endless final : public Probe {
  asio::awaitable<Finding> run(Wire&, const Question&) override {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
    co_await timer.async_wait(asio::use_awaitable);
    co_return Finding{};
  }
};

// More than any frame holds.
class Talkative final : public Probe {
  asio::awaitable<Finding> run(Wire&, const Question&) override {
    Finding finding;
    Sighting sighting{std::string(kMaxWords, 'k'), {}, {}};
    for (int i = 0; i < 2; ++i)
      sighting.checks.push_back(
          bad(static_cast<Rung>(i), reason_id("overrun"), std::string(kMaxWords, 'w'), 0));
    finding.sightings.assign(kMaxSightings, sighting);
    co_return finding;
  }
};

class Fickle final : public Probe {
  asio::awaitable<Finding> run(Wire&, const Question&) override {
    throw std::runtime_error("no such luck");
    co_return Finding{};
  }
};

template <class T>
std::unique_ptr<Probe> make(const Target&) {
  return std::make_unique<T>();
}
std::unique_ptr<Probe> refuse(const Target&) { throw std::runtime_error("cannot be made"); }

constexpr Driver kEndless{.name = "endless", .make = &make<Endless>};
constexpr Driver kTalkative{.name = "talkative", .make = &make<Talkative>};
constexpr Driver kFickle{.name = "fickle", .make = &make<Fickle>};
constexpr Driver kUnmade{.name = "unmade", .make = &refuse};
constexpr std::array kOwn{&kEndless, &kTalkative, &kFickle, &kUnmade};

void expect_ours(const Reading& reading, const std::string& words) {
  ASSERT_EQ(reading.finding.checks.size(), 1U);
  const auto& check = reading.finding.checks.front();
  EXPECT_EQ(check.outcome, Outcome::unknown);
  EXPECT_EQ(check.reason, reason_id("internal-error"));
  EXPECT_THAT(check.words, HasSubstr(words));
}

// --- how it ends ---

TEST(Prober, StopsWhileFiftyProbesAreOpenAndTakesLeaveOfItsCameras) {
  constexpr std::uint32_t kEach = 15, kCameras = 10;
  ProberProcess prober(drivers());
  const Silent silent;
  RtspCamera camera({.user = {}, .password = {}, .faults = {RtspCamera::Fault::no_key_frame}});
  std::uint32_t device = 0;
  for (std::uint32_t i = 0; i < kEach; ++i) {
    prober.add(++device, "http", {{"url", "http://" + silent.authority + "/"}});
    prober.add(++device, "http", {{"url", "https://" + silent.authority + "/"}});
    prober.add(++device, "rtsp", {{"url", "rtsp://" + silent.authority + "/"}});
  }
  for (std::uint32_t i = 0; i < kCameras; ++i) prober.add(++device, "rtsp", {{"url", camera.url()}});
  for (std::uint32_t i = 0; i < kEach; ++i)
    prober.add(++device, "tcp", {{"host", "localhost"}, {"port", "9"}});
  for (std::uint32_t each = 1; each <= device - kEach; ++each) prober.ask(each);
  const auto playing = [&] {
    const auto seen = camera.seen();
    return std::ranges::count_if(seen, [](const auto& request) { return request.starts_with("PLAY"); });
  };
  while (playing() < static_cast<std::ptrdiff_t>(kCameras)) prober.taken();
  EXPECT_GE(device - kEach, 50U);
  for (std::uint32_t each = device - kEach + 1; each <= device; ++each)
    prober.ask(each);  // look-ups on threads
  prober.taken();
  EXPECT_EQ(prober.end(), 0);
  for (int patience = 0; camera.teardowns < static_cast<int>(kCameras) && patience < 20'000'000; ++patience)
    std::this_thread::yield();
  EXPECT_EQ(camera.teardowns, static_cast<int>(kCameras));
}

TEST(Prober, EndsWithTheGatewayAlsoWhenNothingWasAsked) {
  ProberProcess prober(drivers());
  EXPECT_FALSE(prober.seam().next<seam::Hello>().echo_mode.empty());
  EXPECT_EQ(prober.end(), 0);
}

TEST(Prober, EndsWhenWhatItReadsIsNoFrame) {
  ProberProcess prober(drivers());
  prober.seam().next<seam::Hello>();
  prober.seam().write_bytes(std::string("\x02\x00\x00\x00\x01\x63", 6));
  EXPECT_FALSE(prober.seam().read());
  EXPECT_EQ(prober.end(), 0);
}

// --- what it answers ---

TEST(Prober, AProbeThatDoesNotEndIsCancelledAndIsOurError) {
  ProberProcess prober(kOwn, true);
  prober.add(1, "endless", {});
  prober.ask(1, 1'000);
  expect_ours(prober.seam().next<seam::Answer>().reading, "did not end within its limit");
  EXPECT_EQ(prober.end(), 0);
}

TEST(Prober, AProbeThatThrowsIsOurError) {
  ProberProcess prober(kOwn);
  prober.add(1, "fickle", {});
  prober.ask(1);
  expect_ours(prober.seam().next<seam::Answer>().reading, "no such luck");
}

TEST(Prober, AFindingTooLargeForTheSeamIsOurError) {
  ProberProcess prober(kOwn);
  prober.add(1, "talkative", {});
  const auto id = prober.ask(1);
  const auto reading = prober.seam().next<seam::Answer>().reading;
  EXPECT_EQ(reading.question, id);
  expect_ours(reading, "too large");
}

TEST(Prober, ATargetThatItsDriverCannotTakeIsToldAndTheOthersAreAsked) {
  ProberProcess prober(kOwn);
  prober.add(1, "unmade", {});
  EXPECT_THAT(prober.seam().next<seam::Say>().text, HasSubstr("device-1"));
  prober.add(2, "no-such", {});
  EXPECT_THAT(prober.seam().next<seam::Say>().text, HasSubstr("no-such"));
  prober.add(3, "fickle", {});
  prober.ask(1);
  expect_ours(prober.seam().next<seam::Answer>().reading, "does not know this device");
  prober.ask(3);
  expect_ours(prober.seam().next<seam::Answer>().reading, "no such luck");
}

TEST(Prober, AQuestionThatIsOpenAlreadyIsNotAskedTwice) {
  ProberProcess prober(kOwn);
  prober.add(1, "endless", {});
  Question question;
  question.id = 7;
  question.device = DeviceId{1};
  question.limit = 60'000;
  prober.seam().write(seam::Ask{question});
  prober.seam().write(seam::Ask{question});
  EXPECT_THAT(prober.seam().next<seam::Say>().text, HasSubstr("7"));
  prober.add(1, "fickle", {});  // nor is a device taken away from under its question
  EXPECT_THAT(prober.seam().next<seam::Say>().text, HasSubstr("device-1"));
  EXPECT_EQ(prober.end(), 0);
}

TEST(Prober, ARefusalIsToldBeforeTheAnswerAndOnlyWhereTheLoginWasPermitted) {
  ProberProcess prober(drivers());
  RtspCamera camera({.user = "monitor", .password = "right", .faults = {}});
  prober.add(1, "rtsp", {{"url", camera.url()}}, Login{"monitor", "wrong", false});
  prober.ask(1);
  const auto quiet = prober.seam().next<seam::Answer>().reading;
  EXPECT_EQ(quiet.finding.login, LoginUse::none);
  EXPECT_EQ(camera.credentialed, 0);
  const auto id = prober.ask(1, 60'000, true);
  std::vector<std::string> order;
  while (order.empty() || order.back() != "answer") {
    auto frame = prober.seam().read();
    ASSERT_TRUE(frame);
    if (const auto* refusal = std::get_if<seam::Refusal>(&*frame)) {
      EXPECT_EQ(refusal->question, id);
      order.emplace_back("refusal");
    } else if (const auto* answer = std::get_if<seam::Answer>(&*frame)) {
      EXPECT_EQ(answer->reading.finding.login, LoginUse::refused);
      order.emplace_back("answer");
    }
  }
  EXPECT_THAT(order, testing::ElementsAre("refusal", "answer"));
  EXPECT_EQ(camera.credentialed, 1);
}

}  // namespace
}  // namespace commune_watch
