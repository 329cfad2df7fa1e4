// Turns, the desk, and the conversation.
#include "poll/prober/inspector.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/system_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <list>
#include <utility>

#include "inspect/frames.hpp"
#include "inspect/parcel.hpp"
#include "poll/inspector_desk.hpp"
#include "wire/real_clock.hpp"

namespace commune_watch {
namespace {

using Socket = asio::posix::stream_descriptor;

// A file in memory that nobody can change any more; negative: there is none to be had.
int sealed(const std::string& bytes) {
  const int file = ::memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file < 0) return -1;
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t size = ::write(file, bytes.data() + written, bytes.size() - written);
    if (size <= 0) break;
    written += static_cast<std::size_t>(size);
  }
  if (written == bytes.size() &&
      ::fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
    return file;
  ::close(file);
  return -1;
}

asio::awaitable<void> throw_if_called_off() {
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none)
    throw asio::system_error(asio::error::operation_aborted);
}

}  // namespace

struct Inspector::State {
  State(asio::io_context& loop_in, int desk_in)
      : loop(loop_in), desk(desk_in < 0 ? nullptr : std::make_shared<Socket>(loop_in, desk_in)) {}

  // Held by one look at a time; the next in line is woken when it goes.
  class Turn {
   public:
    explicit Turn(State& state) : state_(&state) { state.busy = true; }
    Turn(Turn&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (state_ == nullptr) return;
      state_->busy = false;
      if (!state_->line.empty()) state_->line.front()->cancel();
    }

   private:
    State* state_;
  };

  // False when `until` came first.
  asio::awaitable<bool> wait_turn(std::int64_t until) {
    while (busy) {
      const std::int64_t left = until - Stopwatch::now();
      if (left <= 0) co_return false;
      asio::steady_timer timer(loop, std::chrono::microseconds(left));
      const auto place = line.insert(line.end(), &timer);
      asio::error_code ignored;
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      line.erase(place);
      co_await throw_if_called_off();
    }
    co_return true;
  }

  asio::awaitable<bool> readable(std::shared_ptr<Socket> what, Millis limit) {
    asio::steady_timer timer(loop, std::chrono::milliseconds(limit));
    timer.async_wait([what](const asio::error_code& error) {
      if (!error && what->is_open()) what->cancel();
    });
    asio::error_code error;
    co_await what->async_wait(Socket::wait_read, asio::redirect_error(asio::use_awaitable, error));
    timer.cancel();
    co_await throw_if_called_off();
    co_return !error;
  }

  // The gateway's next word, empty if there is none; the socket that came with it is the one to use now.
  std::string take_word() {
    inspect::Parcel parcel = inspect::receive_parcel(desk->native_handle(), 1, MSG_DONTWAIT);
    if (parcel.descriptor >= 0) socket = std::make_shared<Socket>(loop, parcel.descriptor);
    return std::move(parcel.bytes);
  }

  asio::awaitable<std::string> have_socket(std::int64_t until) {  // empty, or why there is none
    if (socket) co_return std::string{};
    // Of an earlier look that did not wait for it there may be an answer.
    std::string word;
    while (!(word = take_word()).empty()) {
    }
    if (socket) co_return std::string{};
    if (::send(desk->native_handle(), &InspectorDesk::kWanted, 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
      co_return std::string("the gateway is gone");
    const bool answered = co_await readable(desk, (until - Stopwatch::now()) / 1'000);
    if (answered) word = take_word();
    if (!socket)
      co_return std::string(word == std::string(1, InspectorDesk::kNotNow) ? "no inspector can be had now"
                                                                           : "no inspector was handed over");
    co_return std::string{};
  }

  void late() {
    socket.reset();
    ::send(desk->native_handle(), &InspectorDesk::kLate, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  // Ends the inspector unless it was heard: also where the asker was called off.
  class Owed {
   public:
    explicit Owed(State& state) : state_(state) {}
    Owed(const Owed&) = delete;
    Owed& operator=(const Owed&) = delete;
    ~Owed() {
      if (!settled) state_.late();
    }
    bool settled = false;

   private:
    State& state_;
  };

  // The answer to `job`, or nothing: the inspector is gone.
  asio::awaitable<std::optional<inspect::Answer>> answer_to(std::uint64_t job, std::int64_t until) {
    std::string bytes(inspect::kMaxPacket, '\0');
    Owed owed(*this);
    for (;;) {
      const std::int64_t left = (until - Stopwatch::now()) / 1'000;
      if (left <= 0) co_return std::nullopt;
      const bool heard = co_await readable(socket, left);
      if (!heard) co_return std::nullopt;
      const ssize_t size = ::recv(socket->native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (size < 0 && errno == EAGAIN) continue;
      if (size <= 0) {
        owed.settled = true;
        socket.reset();
        co_return std::nullopt;
      }
      auto answer = inspect::decode_answer(std::string_view(bytes).substr(0, static_cast<std::size_t>(size)));
      if (!answer || answer->job != job) co_return std::nullopt;  // it talks nonsense
      owed.settled = true;
      if (answer->last) socket.reset();
      co_return std::move(*answer);
    }
  }

  asio::io_context& loop;
  std::shared_ptr<Socket> desk, socket;  // shared with the wait that is open
  std::list<asio::steady_timer*> line;
  bool busy = false;
  std::uint64_t jobs = 0;
};

Inspector::Inspector(asio::io_context& loop, int desk) : state_(std::make_shared<State>(loop, desk)) {}
Inspector::~Inspector() = default;

asio::awaitable<PictureReply> Inspector::look(PictureRequest request) {
  const auto state = state_;
  const Stopwatch watch;
  PictureReply reply;
  const auto nobody = [&](std::string words) {
    reply.look = Look::nobody;
    reply.words = std::move(words);
    reply.took_us = watch.us();
    return std::move(reply);
  };
  if (!state->desk) co_return nobody("no inspector");
  const std::int64_t until = Stopwatch::now() + request.limit * 1'000;
  const bool mine = co_await state->wait_turn(until);
  if (!mine) co_return nobody("the inspector was busy");
  const State::Turn turn(*state);
  const int file = sealed(request.picture.packets);
  if (file < 0) co_return nobody("no memory for the picture");
  inspect::Job job{.id = ++state->jobs,
                   .limit = std::max<Millis>(1, (until - Stopwatch::now()) / 1'000),
                   .codec = request.picture.codec,
                   .parameter_sets = request.picture.parameter_sets,
                   .payload_type = request.picture.payload_type,
                   .clock_rate = request.picture.clock_rate,
                   .small_picture = request.small_picture};
  const std::string bytes = inspect::encode(job);
  std::string trouble;
  bool sent = false;
  for (int attempt = 0; attempt < 2 && !sent; ++attempt) {  // the one there was may have left since
    trouble = co_await state->have_socket(until);
    if (!trouble.empty()) break;
    sent = inspect::send_parcel(state->socket->native_handle(), bytes, file);
    if (!sent) state->socket.reset();
  }
  ::close(file);
  if (!sent) co_return nobody(trouble.empty() ? "the inspector does not listen" : trouble);
  auto answer = co_await state->answer_to(job.id, until);
  if (!answer) co_return nobody("the inspector died or was late");
  reply.look = answer->look;
  reply.words = std::move(answer->words);
  reply.statistics = answer->statistics;
  reply.small_picture = std::move(answer->small_picture);
  reply.took_us = watch.us();
  co_return reply;
}

}  // namespace commune_watch
