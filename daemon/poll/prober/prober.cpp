// One coroutine per open question; a probe that does not end by itself is cancelled, one that throws is our
// error, not the device's.
#include "poll/prober/prober.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "poll/channel.hpp"
#include "poll/parking.hpp"
#include "poll/prober/law_wire.hpp"
#include "poll/seam.hpp"
#include "wire/net_wire.hpp"

namespace commune_watch {
namespace {

constexpr Millis kCancelAfter = 500;  // past the limit; the gateway gives the question up at 2,000
constexpr std::chrono::milliseconds kSweep{500};
constexpr std::chrono::milliseconds kGoodbye{1'000}, kMoment{5};
constexpr std::chrono::milliseconds kAnswersGather{25};

std::string_view words(IcmpMode mode) {
  switch (mode) {
    case IcmpMode::datagram:
      return "ping: datagram socket";
    case IcmpMode::raw:
      return "ping: raw socket";
    case IcmpMode::none:
      break;
  }
  return "ping: not permitted here (sysctl net.ipv4.ping_group_range), use tcp checks";
}

class Prober {
 public:
  Prober(asio::io_context& loop, int descriptor, int desk, std::span<const Driver* const> table, Clock& clock)
      : loop_(loop),
        drivers_(table),
        clock_(clock),
        wire_(loop),
        inspector_(loop, desk),
        channel_(loop.get_executor(), descriptor),
        sweep_(loop) {}

  asio::awaitable<void> serve() {
    asio::co_spawn(loop_, sweep(), asio::detached);
    seam::Hello hello{static_cast<std::uint32_t>(::getpid()), std::string(words(wire_.icmp_mode()))};
    channel_.write(hello);
    auto take = [this](seam::Frame frame) { handle(std::move(frame)); };
    co_await channel_.read(take);
    co_await call_off();
    loop_.stop();
  }

 private:
  struct Open {
    asio::cancellation_signal cancel;
    Millis deadline = 0;
    bool cancelled = false;
  };

  void handle(seam::Frame frame) {
    if (auto* add = std::get_if<seam::AddTarget>(&frame)) {
      take(add->target);
    } else if (auto* ask = std::get_if<seam::Ask>(&frame)) {
      begin(std::move(ask->question));
    } else if (std::holds_alternative<seam::Beat>(frame)) {
      channel_.write(frame);
    }
  }

  void take(const Target& target) {
    const auto* driver = find_driver(drivers_, target.driver);
    if (driver == nullptr) return say(3, "no driver " + target.driver + " for " + target.name);
    // A probe may be under way in the one that is there: a new table goes to a new prober.
    if (probes_.contains(target.device)) return say(3, target.name + " is known already");
    try {
      probes_.emplace(target.device, driver->make(target));
    } catch (const std::exception& error) {
      say(3, target.driver + " cannot take " + target.name + ": " + error.what());
    }
  }

  void begin(Question question) {
    const auto id = question.id;
    const auto [open, is_new] = open_.try_emplace(id);
    if (!is_new) return say(3, "question " + std::to_string(id) + " is open already");
    open->second.deadline = clock_.boot_now() + question.limit + kCancelAfter;
    auto slot = open->second.cancel.slot();
    asio::co_spawn(loop_, answer(std::move(question)),
                   asio::bind_cancellation_slot(slot, [this, id](std::exception_ptr) { open_.erase(id); }));
  }

  void cancel_overdue(Millis now) {
    std::vector<std::uint64_t> overdue;
    for (const auto& [id, open] : open_)
      if (now >= open.deadline) overdue.push_back(id);
    for (const auto id : overdue) {
      auto open = open_.find(id);  // a cancellation may end others at once
      if (open == open_.end() || std::exchange(open->second.cancelled, true)) continue;
      open->second.cancel.emit(asio::cancellation_type::terminal);
    }
  }

  // What is open ends, and says goodbye to its device, before what it borrows from us is gone.
  asio::awaitable<void> call_off() {
    cancel_overdue(std::numeric_limits<Millis>::max());
    asio::steady_timer moment(loop_);
    for (auto waited = kMoment * 0; !open_.empty() && waited < kGoodbye; waited += kMoment) {
      moment.expires_after(kMoment);
      co_await moment.async_wait(asio::use_awaitable);
    }
    if (!open_.empty()) ::_exit(1);  // nothing is lost: a prober may forget all of it
  }

  asio::awaitable<void> answer(Question question) {
    Reading reading;
    reading.question = question.id;
    reading.device = question.device;
    reading.depth = question.depth;
    reading.started.bt = clock_.boot_now();
    LawWire wire(wire_, inspector_, question.may_log_in, [&](const std::string& words) {
      seam::Refusal refusal{question.id, question.device, {}, {}, words};
      channel_.write(refusal);
    });
    std::string trouble;
    auto probe = probes_.find(question.device);
    if (probe == probes_.end()) {
      trouble = "the prober does not know this device";
    } else {
      try {
        reading.finding = co_await probe->second->run(wire, question);
      } catch (const std::exception& error) {
        trouble = open_[question.id].cancelled ? "the probe did not end within its limit" : error.what();
      }
    }
    const LoginUse use = wire.end(trouble.empty() ? reading.finding.login : LoginUse::none);
    if (!trouble.empty()) reading.finding = ours(trouble);
    if (use != LoginUse::none) reading.finding.login = use;
    reading.ended.bt = clock_.boot_now();
    seam::Answer answer{std::move(reading)};
    if (channel_.write(answer, kAnswersGather)) co_return;
    answer.reading.finding = ours("the finding is too large for the seam");
    answer.reading.finding.login = use;
    channel_.write(answer);
  }

  static Finding ours(const std::string& trouble) {
    Finding finding;
    finding.checks.push_back(bad(Rung::reachable, reason_id("internal-error"), trouble, 0));
    return finding;
  }

  asio::awaitable<void> sweep() {
    for (;;) {
      sweep_.expires_after(kSweep);
      co_await sweep_.async_wait(asio::use_awaitable);
      cancel_overdue(clock_.boot_now());
    }
  }

  void say(std::uint8_t level, const std::string& text) {
    seam::Say frame{level, clean_words(text)};
    channel_.write(frame);
  }

  asio::io_context& loop_;
  std::span<const Driver* const> drivers_;
  Clock& clock_;
  NetWire wire_;
  Inspector inspector_;
  Channel channel_;
  asio::steady_timer sweep_;
  std::map<DeviceId, std::unique_ptr<Probe>> probes_;
  std::map<std::uint64_t, Open> open_;
};

}  // namespace

int run_prober(int descriptor, int desk, std::span<const Driver* const> table, Clock& clock) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "cw-prober");
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGINT, SIG_IGN);  // a Ctrl-C in the terminal reaches the whole group; the gateway decides
  ::signal(SIGHUP, SIG_IGN);
  asio::io_context loop(1);
  Prober prober(loop, descriptor, desk, table, clock);
  asio::co_spawn(loop, prober.serve(), Loudly());
  loop.run();
  return 0;
}

}  // namespace commune_watch
