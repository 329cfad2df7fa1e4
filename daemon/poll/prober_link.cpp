// One session per prober process; the newest is asked, older ones finish.
#include "poll/prober_link.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <list>
#include <map>
#include <span>
#include <system_error>
#include <utility>

#include "poll/channel.hpp"
#include "poll/parking.hpp"
#include "poll/spawn.hpp"

namespace commune_watch {

namespace {

// A pair of sockets of which the child gets the other end.
struct Pair {
  explicit Pair(int type) {
    int ends[2];
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0)
      throw std::system_error(errno, std::generic_category(), "socketpair for the prober");
    ours = ends[0];
    theirs = ends[1];
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    ::close(theirs);
    if (ours >= 0) ::close(ours);
  }
  int take() { return std::exchange(ours, -1); }
  int ours = -1, theirs = -1;
};

}  // namespace

Spawn spawn_program(std::string program, std::vector<std::string> arguments, InspectorProgram inspector) {
  return [program = std::move(program), arguments = std::move(arguments),
          inspector = std::move(inspector)]() -> Spawned {
    Pair seam(SOCK_STREAM), desk(SOCK_SEQPACKET);
    const std::array<int, 2> descriptors{seam.theirs, desk.theirs};
    const std::span<const int> given(descriptors.data(), inspector.program.empty() ? 1 : 2);
    Spawned spawned{.pid = spawn(program, arguments, given, {}), .descriptor = seam.take()};
    if (inspector.program.empty()) return spawned;
    spawned.desk = desk.take();
    spawned.start_inspector = [inspector](int socket) {
      return spawn(inspector.program, inspector.arguments, std::span(&socket, 1), inspector.environment);
    };
    return spawned;
  };
}

namespace {
constexpr Millis kFirstPause = 500, kLongestPause = 30'000, kProvenAfter = 60'000;
constexpr std::size_t kMostLate = 4'096;  // a probe that is cancelled answers too
constexpr int kGoodbye = 1'500;  // ms for a prober whose seam was closed to take leave of its devices

// All that a prober is told of its targets.
std::string bytes_of(const std::vector<Target>& table) {
  std::string bytes;
  for (const auto& target : table) seam::encode(seam::AddTarget{target}, bytes);
  return bytes;
}

void reap(int pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
}

void wait_and_reap(int pid) {
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  pollfd gone{.fd = handle, .events = POLLIN, .revents = 0};
  if (handle < 0 || ::poll(&gone, 1, kGoodbye) <= 0) ::kill(pid, SIGKILL);
  if (handle >= 0) ::close(handle);
  reap(pid);
}

}  // namespace

struct ProberLink::Impl {
  struct Open {
    DeviceId device{};
    Rung depth{};
    Millis asked = 0, deadline = 0;
    std::optional<Reading>* reading = nullptr;  // on the asking coroutine's frame
    Wake wake;
  };
  struct Session {
    Session(asio::io_context& loop, const Spawned& spawned)
        : pid(spawned.pid), channel(loop.get_executor(), spawned.descriptor) {}
    int pid;
    Channel channel;
    std::unique_ptr<InspectorDesk> desk;  // none: the prober has nobody to look at pictures
    std::map<std::uint64_t, Open> open;
    std::map<std::uint64_t, DeviceId> late;  // given up, not answered yet
    Millis started = 0, beat_sent = 0, beat_heard = 0;
    std::uint64_t beat = 0;
    bool ready = false, retiring = false, gone = false;
    Millis retiring_since = 0;
  };

  Impl(asio::io_context& loop_in, Spawn spawn_in, Hooks hooks_in)
      : loop(loop_in), spawn(std::move(spawn_in)), hooks(std::move(hooks_in)) {}

  void start() {
    try {
      Spawned spawned = spawn();
      auto session = std::make_shared<Session>(loop, spawned);
      if (spawned.desk >= 0)
        session->desk =
            std::make_unique<InspectorDesk>(loop, spawned.desk, std::move(spawned.start_inspector),
                                            InspectorDesk::Hooks{hooks.now, hooks.say});
      session->started = session->beat_heard = session->beat_sent = hooks.now();
      for (const auto& target : table) session->channel.write(seam::AddTarget{target});
      session->channel.write(seam::TableEnd{static_cast<std::uint32_t>(table.size())});
      session->ready = true;
      sessions.push_back(session);
      asio::co_spawn(loop, listen(session), Loudly());
    } catch (const std::exception& error) {
      hooks.say(3, std::string("the prober could not be started: ") + error.what());
      delay_next_start();
    }
  }

  void delay_next_start() {
    pause = pause == 0 ? kFirstPause : std::min(pause * 2, kLongestPause);
    start_at = hooks.now() + pause;
  }

  asio::awaitable<void> listen(std::shared_ptr<Session> session) {
    auto take = [this, weak = std::weak_ptr(session)](seam::Frame frame) {
      if (auto alive = weak.lock()) handle(*alive, std::move(frame));
    };
    std::string why = co_await session->channel.read(take);
    ended(session, why);
  }

  void handle(Session& session, seam::Frame frame) {
    if (auto* answer = std::get_if<seam::Answer>(&frame))
      return answered(session, std::move(answer->reading));
    if (auto* refusal = std::get_if<seam::Refusal>(&frame)) {
      auto open = session.open.find(refusal->question);
      auto late = session.late.find(refusal->question);  // given up, but what it burnt still counts
      if ((open != session.open.end() && open->second.device == refusal->device) ||
          (late != session.late.end() && late->second == refusal->device))
        return hooks.refused(*refusal);
      return kill(session, "it told of a refusal that nothing was asked for");
    }
    if (auto* beat = std::get_if<seam::Beat>(&frame)) {
      if (beat->number == session.beat) session.beat_heard = hooks.now();
      return;
    }
    if (auto* hello = std::get_if<seam::Hello>(&frame)) {
      echo_mode = hello->echo_mode;
      return;
    }
    if (auto* say = std::get_if<seam::Say>(&frame)) return hooks.say(say->level, clean_words(say->text));
    kill(session, "it sent a frame that only the gateway sends");
  }

  void answered(Session& session, Reading reading) {
    auto found = session.open.find(reading.question);
    if (found == session.open.end()) {
      if (session.late.erase(reading.question) > 0) return;  // given up already
      return kill(session, "it answered what nobody asked");
    }
    auto& open = found->second;
    if (open.device != reading.device) return kill(session, "it answered for another device");
    const auto now = hooks.now();
    // Instants from the other side are believed only where they are possible.
    reading.ended.bt = std::clamp(reading.ended.bt, open.asked, now);
    reading.started.bt = std::clamp(reading.started.bt, open.asked, reading.ended.bt);
    reading.depth = open.depth;
    const std::int64_t longest = (now - open.asked + 1) * 1'000;
    for (auto& check : reading.finding.checks)
      check.took_us = std::clamp<std::int64_t>(check.took_us, 0, longest);
    *open.reading = std::move(reading);
    auto wake = std::move(open.wake);
    session.open.erase(found);
    wake();
  }

  void kill(Session& session, const std::string& why) {
    hooks.say(2, "the prober is ended: " + why);
    ::kill(session.pid, SIGKILL);
    session.channel.close();
  }

  // The socket is closed: the process is dead, dying, or to be killed; at the stop it has time for its
  // goodbyes.
  void ended(const std::shared_ptr<Session>& session, const std::string& why) {
    if (session->gone) return;
    session->gone = true;
    session->ready = false;
    if (session->desk) inspector_deaths += session->desk->deaths();
    session->desk.reset();
    if (stopping) {
      leaving.push_back(session->pid);
    } else {
      ::kill(session->pid, SIGKILL);
      reap(session->pid);
    }
    const bool was_current = !session->retiring && !stopping;
    std::vector<std::uint64_t> questions;
    std::vector<DeviceId> devices;
    for (const auto& [id, open] : session->open) {
      questions.push_back(id);
      devices.push_back(open.device);
    }
    if (was_current) {
      ++restarts;
      if (hooks.now() - session->started > kProvenAfter) pause = 0;
      delay_next_start();
      hooks.say(2, "the prober is gone (" + why + "), " + std::to_string(devices.size()) +
                       " questions unanswered; a new one starts in " + std::to_string(pause) + " ms");
    }
    if (!stopping) hooks.died(questions, devices);
    auto open = std::move(session->open);
    session->open.clear();
    for (auto& [id, question] : open) question.wake();
    std::erase(sessions, session);
  }

  Session* current() {
    for (auto& session : sessions)
      if (session->ready && !session->retiring) return session.get();
    return nullptr;
  }

  asio::io_context& loop;
  Spawn spawn;
  Hooks hooks;
  std::vector<Target> table;
  std::vector<std::shared_ptr<Session>> sessions;  // each shared with its listening coroutine only
  std::vector<int> leaving;                        // told to go by stop()
  Millis pause = 0, start_at = 0;
  std::uint64_t restarts = 0, inspector_deaths = 0;  // of sessions that are over
  std::string echo_mode;
  bool wanted = false, stopping = false;
};

ProberLink::ProberLink(asio::io_context& loop, Spawn spawn, Hooks hooks)
    : impl_(std::make_unique<Impl>(loop, std::move(spawn), std::move(hooks))) {}

ProberLink::~ProberLink() {
  stop();
  for (auto& session : impl_->sessions) impl_->leaving.push_back(session->pid);
  for (int pid : impl_->leaving) wait_and_reap(pid);
}

void ProberLink::load(std::vector<Target> table) {
  if (impl_->current() != nullptr && bytes_of(table) == bytes_of(impl_->table)) return;
  impl_->table = std::move(table);
  impl_->wanted = true;
  for (auto& session : impl_->sessions) {
    if (session->retiring) continue;
    session->retiring = true;
    session->retiring_since = impl_->hooks.now();
    if (session->open.empty()) session->channel.close();
  }
  impl_->start();
}

asio::awaitable<std::optional<Reading>> ProberLink::ask(Question question) {
  auto* session = impl_->current();
  if (session == nullptr) co_return std::nullopt;
  const auto id = question.id;
  Impl::Open open;
  open.device = question.device;
  open.depth = question.depth;
  open.asked = impl_->hooks.now();
  open.deadline = open.asked + question.limit + kGrace;
  if (!session->channel.write(seam::Ask{std::move(question)})) co_return std::nullopt;
  std::optional<Reading> reading;
  open.reading = &reading;
  const std::function<void(Wake)> keep = [&](Wake wake) {
    open.wake = std::move(wake);
    session->open.emplace(id, std::move(open));
  };
  co_await park(keep);
  co_return reading;
}

void ProberLink::tick() {
  const auto now = impl_->hooks.now();
  auto sessions = impl_->sessions;  // ended() may erase
  for (auto& session : sessions) {
    std::vector<Wake> late;
    for (auto open = session->open.begin(); open != session->open.end();) {
      if (now < open->second.deadline) {
        ++open;
        continue;
      }
      late.push_back(std::move(open->second.wake));
      session->late.emplace(open->first, open->second.device);
      open = session->open.erase(open);
    }
    for (auto& wake : late) wake();
    if (session->late.size() > kMostLate) {
      impl_->kill(*session, "it owes the answers to " + std::to_string(session->late.size()) + " questions");
      continue;
    }
    if (session->retiring) {
      if (session->open.empty()) session->channel.close();
      continue;
    }
    if (now - session->beat_heard > kBeatLate) {
      impl_->kill(*session,
                  "no sign of life for " + std::to_string((now - session->beat_heard) / 1000) + " s");
    } else if (now - session->beat_sent >= kBeatEvery) {
      session->beat_sent = now;
      session->channel.write(seam::Beat{++session->beat});
    }
  }
  if (impl_->wanted && !impl_->stopping && impl_->current() == nullptr && now >= impl_->start_at)
    impl_->start();
}

void ProberLink::stop() {
  impl_->stopping = true;
  for (auto& session : impl_->sessions) session->channel.close();
}

bool ProberLink::ready() const { return impl_->current() != nullptr; }
int ProberLink::pid() const {
  auto* session = impl_->current();
  return session == nullptr ? 0 : session->pid;
}
std::uint64_t ProberLink::restarts() const { return impl_->restarts; }
std::uint64_t ProberLink::inspector_deaths() const {
  std::uint64_t deaths = impl_->inspector_deaths;
  for (const auto& session : impl_->sessions)
    if (session->desk) deaths += session->desk->deaths();
  return deaths;
}
const std::string& ProberLink::echo_mode() const { return impl_->echo_mode; }

}  // namespace commune_watch
