// The switch between sockets and session. Media is read in pieces of a burst, not packet by packet: waking up
// costs more than parsing.
#include "wire/rtsp_client.hpp"

#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "wire/real_clock.hpp"
#include "wire/rtsp_session.hpp"
#include "wire/tls_socket.hpp"
#include "wire/trouble.hpp"

namespace commune_watch {
namespace {

using asio::ip::tcp;
using asio::ip::udp;

// Media over TCP is fetched when a fair piece of it has gathered: a wake-up costs more than the packets that
// it brings (two seconds of a stream cost 9.6 ms of CPU in 100 wake-ups and 1.6 ms in 15). Arrival times are
// then as coarse as this, which is why jitter is worked out for UDP only.
constexpr std::int64_t kPieceBytes = 64 * 1024;
constexpr std::int64_t kShortestGatherMs = 20, kLongestGatherMs = 300;
constexpr int kSleepingLowWater = 256 * 1024;  // while we gather, the kernel keeps still (SO_RCVLOWAT)
constexpr int kReadsPerTurn = 16;              // then others have their turn
constexpr int kRecordsPerTurn = 64;            // of TLS: each of 16 KiB at most
constexpr std::size_t kDatagram = 64 * 1024;

// TlsSocket has the words.
asio::error_code tls_failed() { return std::make_error_code(std::errc::protocol_error); }

std::string client_nonce() {
  std::array<unsigned char, 8> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return "0";  // cannot fail for 8 bytes
  std::string hex;
  for (const unsigned char byte : bytes)
    hex.append(1, "0123456789abcdef"[byte >> 4U]).append(1, "0123456789abcdef"[byte & 15U]);
  return hex;
}

class Visit {
 public:
  Visit(const asio::any_io_executor& executor, Deadlines& deadlines, Resolver& resolver, TlsCheck& check,
        RtspRequest request)
      : deadlines_(deadlines),
        resolver_(resolver),
        check_(check),
        url_(request.url),
        policy_(request.tls),
        connect_limit_(std::min(request.connect_limit, request.limit)),
        session_(std::move(request), client_nonce(), Stopwatch::now()),
        tcp_(executor),
        rtp_(executor),
        rtcp_(executor),
        burst_(executor) {}
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  ~Visit() {
    const std::string goodbye = session_.farewell();  // owed only when we were called off
    if (goodbye.empty() || !tcp_.is_open()) return;
    if (tls_)
      tls_->write(goodbye);
    else
      ::send(tcp_.native_handle(), goodbye.data(), goodbye.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  asio::awaitable<RtspReply> run() {
    co_await connect();
    while (!session_.done()) {
      while (auto action = session_.next()) co_await perform(std::move(*action));
      keep_time();
      if (session_.done()) break;
      if (!session_.flowing()) {
        co_await read_stream();
      } else if (session_.over_udp()) {
        co_await read_datagrams();
      } else {
        co_await gather_stream();
      }
    }
    const auto cancelled = co_await asio::this_coro::cancellation_state;
    if (cancelled.cancelled() != asio::cancellation_type::none)
      throw asio::system_error(asio::error::operation_aborted);
    co_return reply();
  }

 private:
  // One deadline, looked at again only when it comes or when a nearer one is needed.
  void keep_time() {
    const std::int64_t due = session_.deadline();
    if (deadline_.pending() && due >= armed_for_) return;
    armed_for_ = due;
    const std::int64_t left_ms = (due - Stopwatch::now() + 999) / 1000;
    deadline_.set(deadlines_, left_ms > 0 ? left_ms : 0, [this] {
      const std::int64_t now = Stopwatch::now();
      if (now < session_.deadline()) return keep_time();  // it moved on meanwhile
      session_.time_passed(now);
      if (!session_.done()) keep_time();
      interrupt();
    });
  }

  // The wait that is open ends, and run() looks at what the session wants now.
  void interrupt() {
    asio::error_code ignored;
    tcp_.cancel(ignored);
    rtp_.cancel(ignored);
    burst_.cancel();
  }

  [[nodiscard]] RtspReply reply() {
    RtspReply reply = session_.reply();
    if (!tls_) return reply;
    reply.connected = true;  // whatever became of the handshake
    reply.connect_us = connect_us_;
    reply.certificate_not_after = tls_->seen().not_after;
    reply.certificate_trouble = tls_->seen().trouble;
    reply.spki_sha256 = tls_->seen().spki_sha256;
    return reply;
  }

  void lost(const asio::error_code& error) {
    if (error == asio::error::operation_aborted) return;
    if (error == tls_failed()) return session_.lost(Stopwatch::now(), Trouble::tls, tls_->words());
    if (error == asio::error::eof)
      return session_.lost(Stopwatch::now(), Trouble::closed, "the camera closed the connection");
    session_.lost(Stopwatch::now(), trouble_of(error.value()), words_of(error.value()));
  }

  asio::awaitable<void> connect() {
    const Addresses addresses = co_await resolver_.resolve(url_.host, connect_limit_);
    if (addresses.trouble != Trouble::none)
      session_.lost(Stopwatch::now(), addresses.trouble, addresses.words);
    keep_time();
    for (std::size_t i = 0; i < addresses.list.size() && !session_.done(); ++i) {
      const tcp::endpoint to(addresses.list[i], url_.port);
      asio::error_code error;
      tcp_.close(error);
      tcp_.open(to.protocol(), error);
      if (!error) tcp_.non_blocking(true, error);
      if (!error) co_await tcp_.async_connect(to, asio::redirect_error(asio::use_awaitable, error));
      if (!error) {
        remote_ = to.address();
        if (url_.scheme == "rtsps" && !co_await shake_hands()) co_return;
        session_.connected(Stopwatch::now());
        co_return;
      }
      if (i + 1 < addresses.list.size()) continue;
      Trouble trouble = trouble_of(error.value());
      if (trouble == Trouble::net_unreachable && !has_route(to.address().to_string()))
        trouble = Trouble::no_route;
      if (error != asio::error::operation_aborted)
        session_.lost(Stopwatch::now(), trouble, words_of(error.value()));
    }
  }

  // Within the time for the connection. False: the session knows why not.
  asio::awaitable<bool> shake_hands() {
    connect_us_ = Stopwatch::now() - began_;
    tls_.emplace(check_, policy_, url_.host, tcp_.native_handle());
    for (;;) {
      const TlsStep step = tls_->handshake();
      if (step.is == TlsStep::Is::done) co_return true;
      asio::error_code error = error_of(step);
      if (error == asio::error::would_block) error = co_await wait_for(step);
      if (error) lost(error);
      if (session_.done()) co_return false;
    }
  }

  // would_block: what wait_for() waits for; none: done.
  [[nodiscard]] asio::error_code error_of(const TlsStep& step) const {
    switch (step.is) {
      case TlsStep::Is::done:
        return {};
      case TlsStep::Is::wants_read:
      case TlsStep::Is::wants_write:
        return asio::error::would_block;
      case TlsStep::Is::ended:
        return asio::error::eof;
      case TlsStep::Is::failed:
        break;
    }
    return tls_->error() != 0 ? asio::error_code(tls_->error(), asio::error::get_system_category())
                              : tls_failed();
  }

  asio::awaitable<asio::error_code> wait_for(const TlsStep& step) {
    asio::error_code error;
    const auto what = step.is == TlsStep::Is::wants_write ? tcp::socket::wait_write : tcp::socket::wait_read;
    co_await tcp_.async_wait(what, asio::redirect_error(asio::use_awaitable, error));
    co_return error;
  }

  asio::awaitable<void> send_by_tls(std::string_view text) {
    while (!text.empty() && !session_.done()) {
      const TlsStep step = tls_->write(text);
      text.remove_prefix(step.count);
      asio::error_code error = error_of(step);
      if (error == asio::error::would_block) error = co_await wait_for(step);
      if (error) co_return lost(error);
    }
  }

  asio::awaitable<void> perform(RtspAction action) {
    if (const auto* send = std::get_if<RtspSend>(&action)) {
      if (tls_) co_return co_await send_by_tls(send->text);
      asio::error_code error;
      const std::size_t sent = tcp_.write_some(asio::buffer(send->text), error);
      if (error == asio::error::would_block || (!error && sent < send->text.size()))
        co_await asio::async_write(tcp_, asio::buffer(send->text) + sent,
                                   asio::redirect_error(asio::use_awaitable, error));
      if (error) lost(error);
    } else if (const auto* open = std::get_if<RtspOpenPath>(&action)) {
      asio::error_code ignored;
      rtp_.send_to(asio::buffer(kPathOpener), udp::endpoint(remote_, open->server_port), 0, ignored);
    } else {
      session_.udp_opened(Stopwatch::now(), open_ports());
    }
  }

  // RFC 3550 §11: RTP on an even port, RTCP on the next; the latter only so that nobody gets an ICMP error
  // for it.
  std::optional<std::uint16_t> open_ports() {
    asio::error_code error;
    const auto local = tcp_.local_endpoint(error).address();
    for (int attempt = 0; attempt < 20 && !error; ++attempt) {
      rtp_.close(error);
      rtcp_.close(error);
      const udp::endpoint any(local, 0);
      rtp_.open(any.protocol(), error);
      if (!error) rtp_.bind(any, error);
      if (error) return std::nullopt;
      const std::uint16_t port = rtp_.local_endpoint(error).port();
      if (port % 2 != 0 || port == 65'534) continue;
      rtcp_.open(any.protocol(), error);
      rtcp_.bind(udp::endpoint(local, static_cast<std::uint16_t>(port + 1)), error);
      if (error) {
        error.clear();
        continue;
      }
      rtp_.non_blocking(true, error);
      rtp_.set_option(asio::socket_base::receive_buffer_size(1024 * 1024),
                      error);  // as much of it as the kernel allows
      if (!datagram_) datagram_ = std::make_unique_for_overwrite<std::byte[]>(kDatagram);
      return port;
    }
    return std::nullopt;
  }

  void low_water(int bytes) {
    ::setsockopt(tcp_.native_handle(), SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
  }

  // What is there now; would_block: nothing.
  std::size_t take_some(std::span<std::byte> room, asio::error_code& error) {
    if (!tls_) return tcp_.read_some(asio::buffer(room.data(), room.size()), error);
    const TlsStep step = tls_->read(room);
    error = error_of(step);
    return step.count;
  }

  asio::awaitable<void> read_tls() {
    asio::error_code error;
    if (!tls_->holds_bytes()) {
      co_await tcp_.async_wait(tcp::socket::wait_read, asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return lost(error);
    }
    const std::size_t count = take_some(session_.room(), error);
    if (error == asio::error::would_block) co_return;
    if (error) co_return lost(error);
    session_.received(Stopwatch::now(), count);
  }

  asio::awaitable<void> read_stream() {
    if (tls_) co_return co_await read_tls();
    asio::error_code error;
    const std::span<std::byte> room = session_.room();
    const std::size_t count = co_await tcp_.async_read_some(asio::buffer(room.data(), room.size()),
                                                            asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return lost(error);
    session_.received(Stopwatch::now(), count);
  }

  asio::awaitable<void> gather_stream() {
    asio::error_code error;
    low_water(kSleepingLowWater);
    while (session_.flowing()) {
      burst_.expires_after(std::chrono::milliseconds(gather_ms_));
      co_await burst_.async_wait(asio::redirect_error(asio::use_awaitable, error));
      std::int64_t fetched = 0;
      const std::int64_t now = Stopwatch::now();
      for (int turn = 0; turn < (tls_ ? kRecordsPerTurn : kReadsPerTurn) && session_.flowing(); ++turn) {
        const std::span<std::byte> room = session_.room();
        const std::size_t count = take_some(room, error);
        if (error == asio::error::would_block) break;
        if (error) co_return lost(error);
        session_.received(now, count);
        fetched += static_cast<std::int64_t>(count);
        if (count < room.size() && !tls_) break;
      }
      keep_time();  // a first packet brings nearer deadlines than it ended
      gather_ms_ = std::clamp(gather_ms_ * kPieceBytes / std::max<std::int64_t>(1, fetched),
                              kShortestGatherMs, kLongestGatherMs);
    }
    low_water(1);
  }

  asio::awaitable<void> read_datagrams() {
    asio::error_code error;
    co_await rtp_.async_wait(udp::socket::wait_read, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return lost(error);
    const std::int64_t now = Stopwatch::now();
    for (int turn = 0; turn < kReadsPerTurn * 4 && session_.flowing(); ++turn) {
      udp::endpoint from;
      const std::size_t count = rtp_.receive_from(asio::buffer(datagram_.get(), kDatagram), from, 0, error);
      if (error) co_return;  // nothing more, or an ICMP error that one send met
      if (from.address() == remote_) session_.datagram(now, {datagram_.get(), count});
    }
  }

  Deadlines& deadlines_;
  Resolver& resolver_;
  TlsCheck& check_;
  Url url_;
  TlsPolicy policy_;
  Millis connect_limit_;
  std::int64_t began_ = Stopwatch::now(), connect_us_ = 0;
  RtspSession session_;
  tcp::socket tcp_;
  udp::socket rtp_, rtcp_;
  asio::steady_timer burst_;
  std::optional<TlsSocket> tls_;
  asio::ip::address remote_;
  std::unique_ptr<std::byte[]> datagram_;
  std::int64_t gather_ms_ = kLongestGatherMs;
  std::int64_t armed_for_ = 0;
  Deadline deadline_;  // dies first
};

}  // namespace

asio::awaitable<RtspReply> rtsp_exchange(Deadlines& deadlines, Resolver& resolver, TlsCheck& check,
                                         RtspRequest request) {
  Visit visit(co_await asio::this_coro::executor, deadlines, resolver, check, std::move(request));
  co_return co_await visit.run();
}

}  // namespace commune_watch
