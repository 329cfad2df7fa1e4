// One buffer for what comes in, two for what goes out: everything written during a turn of the loop leaves in
// one send.
#include "poll/channel.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <cstring>

namespace commune_watch {
namespace {
constexpr std::size_t kMostWaiting = 64UL * 1024 * 1024;
constexpr std::size_t kReadChunk = 64UL * 1024;

std::uint32_t length_of(const char* bytes) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i)
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}
}  // namespace

struct Channel::State : std::enable_shared_from_this<Channel::State> {
  State(const asio::any_io_executor& executor, int descriptor)
      : socket(executor, asio::local::stream_protocol(), descriptor), patience(executor) {}

  void flush_soon() {
    if (sending || scheduled) return;
    scheduled = true;
    asio::post(socket.get_executor(), [self = shared_from_this()] {
      self->scheduled = false;
      self->flush();
    });
  }
  void flush_within(std::chrono::milliseconds wait) {
    if (sending || scheduled || patient) return;
    patient = true;
    patience.expires_after(wait);
    patience.async_wait([self = shared_from_this()](std::error_code called_off) {
      self->patient = false;
      if (!called_off) self->flush();
    });
  }
  void flush() {
    if (sending || waiting.empty() || !socket.is_open()) return;
    sending = true;
    leaving.swap(waiting);
    asio::async_write(socket, asio::buffer(leaving),
                      [self = shared_from_this()](std::error_code error, std::size_t) {
                        self->sending = false;
                        self->leaving.clear();
                        if (self->leaving.capacity() > 4 * kReadChunk) self->leaving.shrink_to_fit();
                        if (!error) self->flush();  // on error the reading side says why
                      });
  }

  asio::local::stream_protocol::socket socket;
  asio::steady_timer patience;
  std::string waiting, leaving;
  bool sending = false, scheduled = false, patient = false;
};

Channel::Channel(const asio::any_io_executor& executor, int descriptor)
    : state_(std::make_shared<State>(executor, descriptor)) {
  state_->socket.non_blocking(true);
}

Channel::~Channel() { close(); }

void Channel::close() {
  std::error_code ignored;
  state_->socket.close(ignored);
  state_->patience.cancel();
}

bool Channel::write(const seam::Frame& frame, std::chrono::milliseconds may_wait) {
  if (state_->waiting.size() > kMostWaiting) return false;
  if (!seam::encode(frame, state_->waiting)) return false;
  if (may_wait.count() > 0)
    state_->flush_within(may_wait);
  else
    state_->flush_soon();
  return true;
}

asio::awaitable<std::string> Channel::read(std::function<void(seam::Frame)> take) {
  auto state = state_;
  std::string buffer;
  std::size_t filled = 0;
  for (;;) {
    std::size_t used = 0;
    while (filled - used >= 4) {
      const auto length = length_of(buffer.data() + used);
      if (length > seam::kMaxFrame) co_return "a frame over the cap";
      if (filled - used - 4 < length) break;
      auto frame = seam::decode({buffer.data() + used + 4, length});
      if (!frame) co_return frame.error().why;
      used += 4 + length;
      take(std::move(*frame));
      if (!state->socket.is_open()) co_return "closed";
    }
    if (used > 0) {
      std::memmove(buffer.data(), buffer.data() + used, filled - used);
      filled -= used;
      if (filled == 0 && buffer.size() > 8 * kReadChunk) {
        buffer.resize(kReadChunk);
        buffer.shrink_to_fit();
      }
    }
    if (buffer.size() - filled < kReadChunk / 2) buffer.resize(filled + kReadChunk);
    std::error_code error;
    const auto room = asio::buffer(buffer.data() + filled, buffer.size() - filled);
    const std::size_t count =
        co_await state->socket.async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return error.message();
    filled += count;
  }
}

}  // namespace commune_watch
