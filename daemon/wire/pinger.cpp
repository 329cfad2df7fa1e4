// The ICMP sockets. Linux: icmp(7), ip(7) IP_RECVERR.
#include "wire/pinger.hpp"

#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <array>
#include <asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <deque>
#include <unordered_map>
#include <utility>

#include "wire/icmp_packet.hpp"
#include "wire/real_clock.hpp"
#include "wire/signal.hpp"
#include "wire/trouble.hpp"

namespace commune_watch {
namespace {

constexpr std::size_t kBurst = 16;  // packets at once …
constexpr Millis kPace = 5;         // … every so many ms: 3,200 a second, 2 Mbit/s
constexpr std::size_t kBatch = 32;  // replies per recvmmsg
constexpr std::size_t kMaxPending = 50'000;

constexpr const char* kNotPermitted =
    "this process may not send ICMP echo: set the sysctl net.ipv4.ping_group_range to a range that includes "
    "its group "
    "(it rules IPv6 too), or use driver = \"tcp\"";

using Address = std::pair<sockaddr_storage, socklen_t>;

Address socket_address(const asio::ip::address& address) {
  Address result{};
  if (address.is_v4()) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&result.first);
    v4->sin_family = AF_INET;
    v4->sin_addr.s_addr = htonl(address.to_v4().to_uint());
    result.second = sizeof(sockaddr_in);
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&result.first);
    v6->sin6_family = AF_INET6;
    v6->sin6_scope_id = static_cast<std::uint32_t>(address.to_v6().scope_id());
    const auto bytes = address.to_v6().to_bytes();
    std::memcpy(&v6->sin6_addr, bytes.data(), bytes.size());
    result.second = sizeof(sockaddr_in6);
  }
  return result;
}

bool same_host(const sockaddr_storage& a, const sockaddr_storage& b) {
  if (a.ss_family != b.ss_family) return false;
  if (a.ss_family == AF_INET)
    return reinterpret_cast<const sockaddr_in&>(a).sin_addr.s_addr ==
           reinterpret_cast<const sockaddr_in&>(b).sin_addr.s_addr;
  return std::memcmp(&reinterpret_cast<const sockaddr_in6&>(a).sin6_addr,
                     &reinterpret_cast<const sockaddr_in6&>(b).sin6_addr, sizeof(in6_addr)) == 0;
}

template <class T>
void set_option(int socket, int level, int name, const T& value) {
  setsockopt(socket, level, name, &value, sizeof value);
}

// Echo replies only; errors come by IP_RECVERR all the same.
void filter_raw(int socket, IpFamily family) {
  if (family == IpFamily::v4) {
    set_option(socket, SOL_RAW, ICMP_FILTER, icmp_filter{.data = ~(1U << ICMP_ECHOREPLY)});
  } else {
    icmp6_filter filter{};
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
    set_option(socket, IPPROTO_ICMPV6, ICMP6_FILTER, filter);
  }
}

struct Opened {
  int socket = -1;
  IcmpMode mode = IcmpMode::none;
};

Opened open_socket(IpFamily family, IcmpAllowed allowed) {
  const int domain = family == IpFamily::v4 ? AF_INET : AF_INET6;
  const int protocol =
      family == IpFamily::v4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
  Opened opened;
  const auto attempt = [&](int type, IcmpMode mode) {
    opened.socket = socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (opened.socket >= 0) opened.mode = mode;
  };
  if (allowed.datagram) attempt(SOCK_DGRAM, IcmpMode::datagram);
  if (opened.socket < 0 && allowed.raw) attempt(SOCK_RAW, IcmpMode::raw);
  if (opened.socket < 0) return {};
  if (opened.mode == IcmpMode::raw) filter_raw(opened.socket, family);
  if (family == IpFamily::v4)
    set_option(opened.socket, IPPROTO_IP, IP_RECVERR, 1);
  else
    set_option(opened.socket, IPPROTO_IPV6, IPV6_RECVERR, 1);
  return opened;
}

// A router's or our own kernel's ICMP error, in words. Codes: RFC 792, RFC 1812 §5.2.7.1.
EchoReply reply_of(const sock_extended_err& error) {
  EchoReply reply;
  reply.trouble = error.ee_errno == ENETUNREACH ? Trouble::net_unreachable : Trouble::host_unreachable;
  const bool v4 = error.ee_origin == SO_EE_ORIGIN_ICMP;
  if ((v4 && error.ee_type == ICMP_TIME_EXCEEDED) ||
      (error.ee_origin == SO_EE_ORIGIN_ICMP6 && error.ee_type == ICMP6_TIME_EXCEEDED))
    reply.words = "time to live exceeded on the way";
  else
    reply.words = words_of(static_cast<int>(error.ee_errno));
  return reply;
}

std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  if (getrandom(&bits, sizeof bits, 0) != sizeof bits) bits = static_cast<std::uint64_t>(Stopwatch::now());
  return bits;
}

// splitmix64: a sequence that nobody can continue who does not know the start.
std::uint64_t next_cookie(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return (z ^ (z >> 31U)) | 1U;  // 0 means that an error quoted none
}

}  // namespace

class Pinger::Socket {
 public:
  // Lives on the frame of the coroutine that waits for it; gone = forgotten.
  struct Echo {
    Socket& socket;
    Address to;
    Millis limit = 0;
    EchoMark mark{};
    std::int64_t sent_at = 0;  // 0: still queued
    EchoReply reply{};
    Signal done{};
    Deadline deadline{};

    void end(EchoReply with) {
      reply = std::move(with);
      if (sent_at != 0) reply.took_us = Stopwatch::now() - sent_at;
      deadline.call_off();
      socket.pending_.erase(mark.sequence);
      done.set();
    }
    ~Echo() {
      if (const auto at = socket.pending_.find(mark.sequence);
          at != socket.pending_.end() && at->second == this)
        socket.pending_.erase(at);
    }
  };

  Socket(asio::io_context& io, Deadlines& deadlines, IpFamily family, Opened opened)
      : deadlines_(deadlines), family_(family), mode_(opened.mode), descriptor_(io, opened.socket) {
    const std::uint64_t bits = random_bits();
    id_ = static_cast<std::uint16_t>(bits);
    sequence_ = static_cast<std::uint16_t>(bits >> 16U);
    cookies_ = random_bits();
  }

  [[nodiscard]] IcmpMode mode() const { return mode_; }

  // False if too many are under way.
  bool queue(Echo& echo) {
    if (pending_.size() >= kMaxPending) return false;
    while (pending_.contains(++sequence_)) {
    }
    echo.mark = {.id = id_, .sequence = sequence_, .cookie = next_cookie(cookies_)};
    pending_.emplace(sequence_, &echo);
    queue_.push_back(sequence_);
    if (pace_.pending()) return true;
    const Millis since = (Stopwatch::now() - flushed_at_) / 1'000;
    if (since >= kPace)
      flush();
    else
      pace_.set(deadlines_, kPace - since, [this] { flush(); });
    return true;
  }

 private:
  // Takes up to a burst from the queue; those whose coroutine is gone meanwhile are passed over.
  void flush() {
    std::array<Echo*, kBurst> batch{};
    std::size_t count = 0;
    while (count < kBurst && !queue_.empty()) {
      const auto at = pending_.find(queue_.front());
      queue_.pop_front();
      if (at != pending_.end() && at->second->sent_at == 0) batch[count++] = at->second;
    }
    flushed_at_ = Stopwatch::now();
    for (std::size_t i = 0; i < count; ++i) {
      batch[i]->sent_at = flushed_at_;
      batch[i]->deadline.set(deadlines_, batch[i]->limit,
                             [echo = batch[i]] { echo->end({.trouble = Trouble::timed_out, .words = {}}); });
    }
    send(std::span(batch).first(count));
    if (!queue_.empty()) pace_.set(deadlines_, kPace, [this] { flush(); });
    listen();
  }

  void send(std::span<Echo*> batch) {
    std::array<EchoPacket, kBurst> packets;
    std::array<iovec, kBurst> parts{};
    std::array<mmsghdr, kBurst> messages{};
    for (std::size_t i = 0; i < batch.size(); ++i) {
      packets[i] = echo_request(family_, batch[i]->mark);
      parts[i] = {.iov_base = packets[i].data(), .iov_len = packets[i].size()};
      messages[i].msg_hdr.msg_name = &batch[i]->to.first;
      messages[i].msg_hdr.msg_namelen = batch[i]->to.second;
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    bool retried = false;
    for (std::size_t sent = 0; sent < batch.size();) {
      const int n = sendmmsg(descriptor_.native_handle(), &messages[sent],
                             static_cast<unsigned>(batch.size() - sent), 0);
      if (n > 0) {
        sent += static_cast<std::size_t>(n);
        retried = false;
      } else if (!std::exchange(retried, true)) {
        read_errors();  // an earlier packet's error is reported by the next call: that says nothing of this
                        // one
      } else {
        refused(*batch[sent++], errno);
        retried = false;
      }
    }
  }

  // The kernel did not take the packet: our own routing, firewall or memory.
  static void refused(Echo& echo, int error) {
    const bool no_way = error == ENETUNREACH || error == EHOSTUNREACH;
    echo.end({.trouble = no_way ? Trouble::no_route : trouble_of(error), .words = words_of(error)});
  }

  void listen() {
    if (listening_ || pending_.empty()) return;
    listening_ = true;
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read, [this](std::error_code error) {
      if (error) return;
      listening_ = false;
      read_errors();
      read_replies();
      listen();
    });
  }

  void read_replies() {
    std::array<std::array<std::byte, 256>, kBatch> buffers;
    std::array<sockaddr_storage, kBatch> from;
    std::array<iovec, kBatch> parts{};
    std::array<mmsghdr, kBatch> messages{};
    for (;;) {
      for (std::size_t i = 0; i < kBatch; ++i) {
        parts[i] = {.iov_base = buffers[i].data(), .iov_len = buffers[i].size()};
        messages[i].msg_hdr = {};
        messages[i].msg_hdr.msg_name = &from[i];
        messages[i].msg_hdr.msg_namelen = sizeof from[i];
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
      }
      const int n = recvmmsg(descriptor_.native_handle(), messages.data(), kBatch, MSG_DONTWAIT, nullptr);
      for (int i = 0; i < n; ++i) {
        const auto at = static_cast<std::size_t>(i);
        taken(std::span(buffers[at]).first(messages[at].msg_len), from[at]);
      }
      if (n < static_cast<int>(kBatch)) return;
    }
  }

  void taken(std::span<const std::byte> datagram, const sockaddr_storage& from) {
    if (mode_ == IcmpMode::raw && family_ == IpFamily::v4) datagram = without_ip_header(datagram);
    const auto mark = echo_reply_mark(family_, datagram);
    if (!mark || (mode_ == IcmpMode::raw && mark->id != id_)) return;
    const auto at = pending_.find(mark->sequence);
    if (at == pending_.end() || at->second->mark.cookie != mark->cookie ||
        !same_host(at->second->to.first, from))
      return;
    at->second->end({});
  }

  void read_errors() {
    std::array<std::byte, 256> buffer;
    alignas(cmsghdr) std::array<std::byte, 512> control;
    for (;;) {
      sockaddr_storage to{};
      iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
      msghdr message{};
      message.msg_name = &to;
      message.msg_namelen = sizeof to;
      message.msg_iov = &part;
      message.msg_iovlen = 1;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      const ssize_t length = recvmsg(descriptor_.native_handle(), &message, MSG_ERRQUEUE | MSG_DONTWAIT);
      if (length < 0) return;
      for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
        const bool v4 = each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_RECVERR;
        const bool v6 = each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_RECVERR;
        if (!v4 && !v6) continue;
        sock_extended_err error{};
        std::memcpy(&error, CMSG_DATA(each), sizeof error);
        failed(std::span(buffer).first(static_cast<std::size_t>(length)), to, error);
      }
    }
  }

  void failed(std::span<const std::byte> quoted, const sockaddr_storage& to, const sock_extended_err& error) {
    const auto mark = quoted_mark(family_, quoted);
    if (!mark || (mode_ == IcmpMode::raw && mark->id != id_)) return;
    const auto at = pending_.find(mark->sequence);
    if (at == pending_.end() || !same_host(at->second->to.first, to)) return;
    if (mark->cookie != 0 && mark->cookie != at->second->mark.cookie) return;
    at->second->end(reply_of(error));
  }

  Deadlines& deadlines_;
  const IpFamily family_;
  const IcmpMode mode_;
  asio::posix::stream_descriptor descriptor_;
  std::unordered_map<std::uint16_t, Echo*> pending_;  // by sequence: queued and sent ones
  std::deque<std::uint16_t> queue_;
  Deadline pace_;
  std::int64_t flushed_at_ = 0;
  std::uint16_t id_ = 0, sequence_ = 0;
  std::uint64_t cookies_ = 0;
  bool listening_ = false;
};

Pinger::Pinger(asio::io_context& io, Deadlines& deadlines, Resolver& resolver, IcmpAllowed allowed)
    : deadlines_(deadlines), resolver_(resolver) {
  if (const Opened opened = open_socket(IpFamily::v4, allowed); opened.mode != IcmpMode::none)
    v4_ = std::make_unique<Socket>(io, deadlines, IpFamily::v4, opened);
  if (const Opened opened = open_socket(IpFamily::v6, allowed); opened.mode != IcmpMode::none)
    v6_ = std::make_unique<Socket>(io, deadlines, IpFamily::v6, opened);
}

Pinger::~Pinger() = default;

IcmpMode Pinger::mode() const { return v4_ ? v4_->mode() : IcmpMode::none; }

asio::awaitable<EchoReply> Pinger::echo(EchoRequest request) {
  const Addresses addresses = co_await resolver_.resolve(std::move(request.host), request.limit);
  if (addresses.trouble != Trouble::none)
    co_return EchoReply{.trouble = addresses.trouble, .words = addresses.words};
  const asio::ip::address& address = addresses.list.front();
  Socket* socket = address.is_v4() ? v4_.get() : v6_.get();
  if (socket == nullptr) co_return EchoReply{.trouble = Trouble::not_permitted, .words = kNotPermitted};
  Socket::Echo echo{.socket = *socket, .to = socket_address(address), .limit = request.limit};
  if (!socket->queue(echo))
    co_return EchoReply{.trouble = Trouble::local, .words = "too many pings under way"};
  co_await echo.done.wait();
  co_return std::move(echo.reply);
}

}  // namespace commune_watch
