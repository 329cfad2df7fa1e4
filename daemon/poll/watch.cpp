// until(due) → question → the seam → reading → recorder, for ever, for each device by itself.
#include "poll/watch.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <deque>

#include "poll/parking.hpp"

namespace commune_watch {
namespace {
constexpr std::size_t kRemembered = 1024;  // questions given up, whose refusal may still be told
constexpr Millis kNoProberPause = 250;     // asked while no prober is up: look again soon
constexpr std::chrono::milliseconds kSlot{100};

// Questions leave in slots, so that one waking of each process serves all that are due in it: at 40 a second
// this halves the CPU of a probe.
void aim_at_slot(asio::steady_timer& timer, Millis left) {
  timer.expires_after(std::chrono::milliseconds(left));
  const auto past = timer.expiry().time_since_epoch() % kSlot;
  if (past.count() != 0) timer.expires_at(timer.expiry() + (kSlot - past));
}

// A camera that is asked for its stream.
bool opens_session(const Target& target, Rung depth) {
  return target.kind == Kind::camera && depth >= Rung::active;
}
}  // namespace

struct Watch::Impl {
  struct Line {  // one device and its coroutine
    Line(asio::io_context& loop, Watched watched_in) : watched(std::move(watched_in)), timer(loop) {}
    Watched watched;
    asio::steady_timer timer;
    bool leaving = false;
  };

  Impl(asio::io_context& loop_in, Spawn spawn, Recorder& recorder_in, LoginLaw& law_in)
      : loop(loop_in),
        recorder(recorder_in),
        law(law_in),
        gates(GateLimits{}),
        link(loop, std::move(spawn),
             {.now = [this] { return recorder.now(); },
              .refused = [this](const seam::Refusal& refusal) { refused(refusal); },
              .died = [this](const auto& questions, const auto& devices) { died(questions, devices); },
              .say = [this](std::uint8_t level, const std::string& text) { recorder.say(level, text); }}) {}

  asio::awaitable<void> run(std::shared_ptr<Line> line) {
    ++running;
    const auto device = line->watched.target.device;
    while (!line->leaving) {
      const auto now = recorder.now();
      const Ask ask = recorder.next(device);
      if (ask.due > now) {
        std::error_code cancelled;  // hurried or leaving: look again
        aim_at_slot(line->timer, ask.due - now);
        co_await line->timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        continue;
      }
      if (!link.ready()) {
        std::error_code cancelled;
        line->timer.expires_after(std::chrono::milliseconds(kNoProberPause));
        co_await line->timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        continue;
      }
      std::optional<Reading> reading = co_await ask_once(line, ask.depth);
      // Nobody answered, or could be asked: the verdict expires by itself.
      if (!reading && !line->leaving) {
        std::error_code cancelled;
        line->timer.expires_after(std::chrono::milliseconds(kNoProberPause));
        co_await line->timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
      }
    }
    --running;
  }

  asio::awaitable<std::optional<Reading>> ask_once(std::shared_ptr<Line> line, Rung depth) {
    const auto& watched = line->watched;
    const auto device = watched.target.device;
    const auto manner = poison.manner(device, recorder.now());
    if (manner == Manner::shunned) {
      Reading reading = shunned(device, depth);
      recorder.record(reading, watched.target.driver);
      co_return reading;
    }
    Comer comer{watched.host, manner == Manner::alone, opens_session(watched.target, depth)};
    Gates::Pass pass = co_await gates.enter(std::move(comer));
    if (line->leaving || stopping) co_return std::nullopt;
    // Asked without its login a device would read as if it had been refused.
    if (watched.login && law.being_tried(*watched.login)) co_return std::nullopt;
    Question question;
    question.id = ++last_question;
    question.device = device;
    question.depth = depth;
    question.limit = watched.limit;
    question.note = recorder.note(device, watched.target.driver);
    question.utc_now = recorder.trusted_utc();
    question.may_log_in = watched.login && law.permit(*watched.login, question.id);
    const auto id = question.id;
    const bool permitted = question.may_log_in;
    const std::optional<LoginKey> key = watched.login;
    const std::string driver = watched.target.driver;
    LoginTag tag;
    if (permitted) tag = recorder.login_tag(*key, device);
    asked_by[id] = AskedBy{device, key, tag};
    ++asked;
    if (permitted && law.being_tried(*key)) recorder.login_tried(*key);
    std::optional<Reading> reading = co_await link.ask(std::move(question));
    if (!reading) {  // late, or the prober died: died() has counted that
      ++unanswered;
      if (permitted) law.unused(id);
      end_if_settled();
      given_up.push_back(id);
      for (; given_up.size() > kRemembered; given_up.pop_front()) asked_by.erase(given_up.front());
      co_return std::nullopt;
    }
    asked_by.erase(id);
    if (permitted) settle(id, device, *key, tag, reading->finding.login);
    reading->started.boot = reading->ended.boot = recorder.boot();
    recorder.record(*reading, driver);
    co_return reading;
  }

  // A refusal was told, and its block written, before this answer.
  void settle(std::uint64_t id, DeviceId device, const LoginKey& key, const LoginTag& tag, LoginUse use) {
    const bool tried = law.being_tried(key);
    if (use == LoginUse::unsettled) {
      if (law.given_in_vain(key, id)) block(key, device, tag, std::string(kNeverSettled));
    } else {
      use == LoginUse::accepted ? law.accepted(key, id) : law.unused(id);
      if (tried && !law.blocked(key)) recorder.login_settled(key);
    }
    end_if_settled();
  }

  void block(const LoginKey& key, DeviceId device, const LoginTag& tag, const std::string& words) {
    if (!recorder.login_refused(key, device, tag, words)) law.lift(key);
  }

  // Who stops while a login is being tried waits for the device's word: untold it would be tried again.
  void end_if_settled() {
    if (stopping && !law.trying()) link.stop();
  }

  Reading shunned(DeviceId device, Rung depth) {
    Reading reading;
    reading.device = device;
    reading.depth = depth;
    reading.started = reading.ended = {recorder.boot(), recorder.now()};
    Check check;
    check.outcome = Outcome::unknown;
    check.reason = reason_id("internal-error");
    check.words = "left alone for an hour: three probers died while it was asked";
    reading.finding.checks.push_back(std::move(check));
    return reading;
  }

  void refused(const seam::Refusal& refusal) {
    auto found = asked_by.find(refusal.question);
    if (found == asked_by.end() || !found->second.key) return;
    const bool known = law.blocked(*found->second.key);  // a prober may say it a thousand times
    law.refused(*found->second.key, refusal.question);
    if (!known) block(*found->second.key, found->second.device, found->second.tag, refusal.words);
  }

  void died(const std::vector<std::uint64_t>& questions, const std::vector<DeviceId>& devices) {
    for (auto id : questions) {
      auto asked_for = asked_by.find(id);
      if (asked_for == asked_by.end() || !asked_for->second.key || !law.died(id)) continue;
      block(*asked_for->second.key, asked_for->second.device, asked_for->second.tag,
            std::string(kNeverSettled));
    }
    for (auto device : poison.died(devices, recorder.now())) {
      auto line = lines.find(device);
      if (line == lines.end()) continue;
      recorder.left_alone(
          device, recorder.now() + Poison::kShunFor,
          line->second->watched.target.name +
              ": three probers died within ten minutes while it was asked; it is left alone for an hour");
    }
  }

  struct AskedBy {
    DeviceId device{};
    std::optional<LoginKey> key;
    LoginTag tag;  // of the secret that it was permitted to give
  };

  asio::io_context& loop;
  Recorder& recorder;
  LoginLaw& law;
  Gates gates;
  Poison poison;
  ProberLink link;
  std::map<DeviceId, std::shared_ptr<Line>>
      lines;  // each shared with its coroutine, which may outlast its row by one question
  std::map<std::uint64_t, AskedBy> asked_by;  // open, or given up lately
  std::deque<std::uint64_t> given_up;
  std::uint64_t last_question = 0, asked = 0, unanswered = 0;
  std::size_t running = 0;
  bool stopping = false;
};

Watch::Watch(asio::io_context& loop, Spawn spawn, Recorder& recorder, LoginLaw& law)
    : impl_(std::make_unique<Impl>(loop, std::move(spawn), recorder, law)) {}
Watch::~Watch() = default;

void Watch::assign(std::vector<Watched> table, GateLimits limits) {
  impl_->gates.resize(limits);
  std::vector<Target> targets;
  std::map<DeviceId, std::shared_ptr<Impl::Line>> lines;
  std::vector<std::shared_ptr<Impl::Line>> fresh;
  for (auto& watched : table) {
    targets.push_back(watched.target);
    const auto device = watched.target.device;
    auto old = impl_->lines.find(device);
    if (old == impl_->lines.end()) {
      auto line = std::make_shared<Impl::Line>(impl_->loop, std::move(watched));
      lines[device] = line;
      fresh.push_back(line);
    } else {
      old->second->watched = std::move(watched);
      lines[device] = old->second;
    }
  }
  for (auto& [device, line] : impl_->lines) {
    if (lines.contains(device)) continue;
    line->leaving = true;
    line->timer.cancel();
  }
  impl_->lines = std::move(lines);
  impl_->link.load(std::move(targets));
  for (auto& line : fresh) asio::co_spawn(impl_->loop, impl_->run(line), Loudly());
}

void Watch::hurry(const std::vector<DeviceId>& devices) {
  for (auto device : devices)
    if (auto line = impl_->lines.find(device); line != impl_->lines.end()) line->second->timer.cancel();
}

asio::awaitable<std::optional<Reading>> Watch::probe(DeviceId device, Rung depth) {
  auto line = impl_->lines.find(device);
  if (line == impl_->lines.end()) co_return std::nullopt;
  auto keep = line->second;
  std::optional<Reading> reading = co_await impl_->ask_once(keep, depth);
  co_return reading;
}

void Watch::tick() { impl_->link.tick(); }

void Watch::stop() {
  impl_->stopping = true;
  for (auto& [device, line] : impl_->lines) {
    line->leaving = true;
    line->timer.cancel();
  }
  impl_->end_if_settled();
}

void Watch::abandon() { impl_->link.stop(); }

std::size_t Watch::running() const { return impl_->running; }
const ProberLink& Watch::prober() const { return impl_->link; }
std::uint64_t Watch::asked() const { return impl_->asked; }
std::uint64_t Watch::unanswered() const { return impl_->unanswered; }

}  // namespace commune_watch
