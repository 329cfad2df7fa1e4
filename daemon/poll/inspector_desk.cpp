// One wait at a time; children are reaped when the next one is wanted and when the desk goes.
#include "poll/inspector_desk.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <system_error>

#include "inspect/parcel.hpp"

namespace commune_watch {
namespace {

// A decoder that dies of every picture is not started for every picture.
constexpr Millis kQuick = 10'000, kPause = 60'000;
constexpr int kMostQuick = 3;

}  // namespace

struct InspectorDesk::State : std::enable_shared_from_this<State> {
  State(asio::io_context& loop, int descriptor, Start start_in, Hooks hooks_in)
      : desk(loop, descriptor), start(std::move(start_in)), hooks(std::move(hooks_in)) {}

  void listen() {
    desk.async_wait(asio::posix::stream_descriptor::wait_read,
                    [self = shared_from_this()](const asio::error_code& error) {
                      if (!error && self->read()) self->listen();
                    });
  }

  // False at the end of the conversation.
  bool read() {
    char word = 0;
    const ssize_t size = ::recv(desk.native_handle(), &word, 1, MSG_DONTWAIT);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0 || (word != kWanted && word != kLate)) return false;
    end(word == kLate);
    if (word == kWanted) begin();
    return true;
  }

  void begin() {
    const Millis now = hooks.now();
    if (now < not_before) return refuse();
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return refuse();
    try {
      pid = start(ends[1]);
      started = now;
      if (!inspect::send_parcel(desk.native_handle(), {&kHere, 1}, ends[0])) end(false);
    } catch (const std::system_error& error) {
      hooks.say(2, std::string("no inspector: ") + error.what());
      not_before = now + kPause;
      refuse();
    }
    ::close(ends[0]);
    ::close(ends[1]);
  }

  void refuse() {
    const char word = kNotNow;
    ::send(desk.native_handle(), &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  // The one that is there, by force if it did not leave by itself.
  void end(bool late) {
    if (pid == 0) return;
    int status = 0;
    const bool gone = ::waitpid(pid, &status, WNOHANG) == pid;
    if (!gone) {
      ::kill(pid, SIGKILL);
      while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
      }
    }
    pid = 0;
    // Its socket closes a moment before it can be waited for: only our own SIGKILL says that it was still
    // well.
    const bool by_us = !gone && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    const bool died = late || (!by_us && (WIFSIGNALED(status) || WEXITSTATUS(status) != 0));
    if (!died) {
      quick = 0;
      return;
    }
    ++deaths;
    const std::string how = by_us                 ? "it was late"
                            : WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                                  : "exit code " + std::to_string(WEXITSTATUS(status));
    hooks.say(2, "the inspector is gone (" + how + "): one picture was not judged");
    const Millis now = hooks.now();
    quick = now - started < kQuick ? quick + 1 : 0;
    if (quick < kMostQuick) return;
    quick = 0;
    not_before = now + kPause;
    hooks.say(2, "the inspector keeps dying: pictures are not judged for a minute");
  }

  asio::posix::stream_descriptor desk;
  Start start;
  Hooks hooks;
  int pid = 0, quick = 0;
  Millis started = 0, not_before = 0;
  std::uint64_t deaths = 0;
};

InspectorDesk::InspectorDesk(asio::io_context& loop, int descriptor, Start start, Hooks hooks)
    : state_(std::make_shared<State>(loop, descriptor, std::move(start), std::move(hooks))) {
  state_->listen();
}

InspectorDesk::~InspectorDesk() {
  asio::error_code ignored;
  state_->desk.close(ignored);
  if (state_->pid == 0) return;
  ::kill(state_->pid, SIGKILL);
  while (::waitpid(state_->pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

int InspectorDesk::pid() const { return state_->pid; }
std::uint64_t InspectorDesk::deaths() const { return state_->deaths; }

}  // namespace commune_watch
