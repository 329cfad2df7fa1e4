// MQTT spoken by hand over plain sockets, from the specification (OASIS MQTT 3.1.1 and 5.0): what the tests
// hold beside the publisher's library. A subscriber, a scripted broker, a relay that can be cut, and a port
// that is free.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace commune_watch::publish {

using Deadline = std::chrono::steady_clock::time_point;
inline Deadline within(int milliseconds) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds{milliseconds};
}

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Listens on 127.0.0.1; port 0 chooses.
inline int listen_on(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address = loopback(port);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 16) != 0) {
    ::close(fd);
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  socklen_t length = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  port = ntohs(address.sin_port);
  return fd;
}

inline int dial(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(port);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

struct Packet {
  int type = 0;  // CONNECT 1, CONNACK 2, PUBLISH 3, PUBACK 4, SUBSCRIBE 8, SUBACK 9, PINGREQ 12, PINGRESP 13,
                 // DISCONNECT 14
  int flags = 0;
  std::string body;
};

inline bool read_exactly(int fd, char* to, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t got = ::recv(fd, to, bytes, 0);
    if (got <= 0) return false;
    to += got;
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

// Empty when the other side has closed.
inline std::optional<Packet> read_packet(int fd) {
  char head = 0;
  if (!read_exactly(fd, &head, 1)) return std::nullopt;
  std::size_t length = 0;
  for (unsigned shift = 0; shift < 28; shift += 7) {
    char byte = 0;
    if (!read_exactly(fd, &byte, 1)) return std::nullopt;
    length |= static_cast<std::size_t>(static_cast<unsigned char>(byte) & 0x7FU) << shift;
    if ((static_cast<unsigned char>(byte) & 0x80U) == 0) break;
  }
  Packet packet{static_cast<unsigned char>(head) >> 4, static_cast<unsigned char>(head) & 15,
                std::string(length, '\0')};
  if (length > 0 && !read_exactly(fd, packet.body.data(), length)) return std::nullopt;
  return packet;
}

inline void write_packet(int fd, int type, int flags, const std::string& body) {
  std::string out{static_cast<char>(type << 4 | flags)};
  std::size_t length = body.size();
  do {
    auto byte = static_cast<unsigned char>(length & 0x7FU);
    length >>= 7U;
    if (length > 0) byte |= 0x80U;
    out += static_cast<char>(byte);
  } while (length > 0);
  out += body;
  ::send(fd, out.data(), out.size(), MSG_NOSIGNAL);
}

inline std::string two(std::size_t value) {
  return {static_cast<char>(value >> 8U), static_cast<char>(value & 0xFFU)};
}
inline std::string with_length(const std::string& text) { return two(text.size()) + text; }
inline std::size_t two_at(const std::string& body, std::size_t at) {
  return static_cast<std::size_t>(static_cast<unsigned char>(body.at(at))) << 8U |
         static_cast<unsigned char>(body.at(at + 1));
}

// A 3.1.1 subscriber to everything; collects until it is destroyed or cut off.
class Subscriber {
 public:
  struct Seen {
    std::string topic, payload;
    bool retained = false;
  };

  explicit Subscriber(std::uint16_t port, const std::string& id = "subscriber", const std::string& user = {},
                      const std::string& password = {}) {
    fd_ = dial(port);
    if (fd_ < 0) throw std::runtime_error("the subscriber finds no broker");
    const int flags = 2 | (user.empty() ? 0 : 0xC0);
    std::string hello = with_length("MQTT") + '\4' + static_cast<char>(flags) + two(0) + with_length(id);
    if (!user.empty()) hello += with_length(user) + with_length(password);
    write_packet(fd_, 1, 0, hello);
    const auto welcome = read_packet(fd_);
    if (!welcome || welcome->type != 2 || welcome->body.at(1) != 0)
      throw std::runtime_error("the subscriber is refused");
    write_packet(fd_, 8, 2, two(1) + with_length("#") + '\1');
    const auto granted = read_packet(fd_);
    if (!granted || granted->type != 9) throw std::runtime_error("the subscription is refused");
    thread_ = std::thread{[this] { collect(); }};
  }
  ~Subscriber() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  std::vector<Seen> seen() {
    const std::lock_guard lock{mutex_};
    return seen_;
  }
  std::size_t count() {
    const std::lock_guard lock{mutex_};
    return seen_.size();
  }
  void join_broken() {  // everything that the broker wrote before it died is in
    std::unique_lock lock{mutex_};
    ended_.wait_for(lock, std::chrono::seconds{10}, [this] { return over_; });
  }

 private:
  void collect() {
    while (const auto packet = read_packet(fd_)) {
      if (packet->type != 3) continue;
      const std::size_t length = two_at(packet->body, 0);
      std::size_t at = 2 + length;
      if ((packet->flags & 6) != 0) {
        write_packet(fd_, 4, 0, packet->body.substr(at, 2));
        at += 2;
      }
      const std::lock_guard lock{mutex_};
      seen_.push_back({packet->body.substr(2, length), packet->body.substr(at), (packet->flags & 1) != 0});
    }
    const std::lock_guard lock{mutex_};
    over_ = true;
    ended_.notify_all();
  }

  int fd_ = -1;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::vector<Seen> seen_;
  std::thread thread_;
};

// Accepts connections one after the other and gives each, with its number from 1, to the script.
class ScriptedBroker {
 public:
  explicit ScriptedBroker(std::function<void(int fd, int number)> script) : script_{std::move(script)} {
    listener_ = listen_on(port_);
    thread_ = std::thread{[this] {
      int number = 0;
      for (;;) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        const std::lock_guard lock{mutex_};
        if (over_) {
          ::close(fd);
          return;
        }
        open_.push_back(fd);
        ++number;
        serving_.emplace_back([this, fd, number] {
          script_(fd, number);
          ::shutdown(fd, SHUT_RDWR);
        });
      }
    }};
  }
  ~ScriptedBroker() {
    {
      const std::lock_guard lock{mutex_};
      over_ = true;
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (std::thread& one : serving_) one.join();
    for (const int fd : open_) ::close(fd);
    ::close(listener_);
  }
  ScriptedBroker(const ScriptedBroker&) = delete;
  ScriptedBroker& operator=(const ScriptedBroker&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  std::function<void(int, int)> script_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::mutex mutex_;
  bool over_ = false;
  std::vector<int> open_;
  std::vector<std::thread> serving_;
  std::thread thread_;
};

inline int version_of(const Packet& connect) { return connect.type == 1 ? connect.body.at(6) : 0; }

// Between the publisher and its broker: can be closed (nobody listens) and cut (no DISCONNECT was sent).
class Relay {
 public:
  explicit Relay(std::uint16_t to) : to_{to} {}
  ~Relay() { close(); }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  void open() {
    listener_ = listen_on(port_);
    accepting_ = std::thread{[this, listener = listener_] {
      for (;;) {
        const int near = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (near < 0) return;
        const int far = dial(to_);
        const std::lock_guard lock{mutex_};
        pairs_.emplace_back(near, far);
        if (far < 0) {
          ::shutdown(near, SHUT_RDWR);
          continue;
        }
        pumps_.emplace_back([near, far] { pump(near, far); });
        pumps_.emplace_back([near, far] { pump(far, near); });
      }
    }};
  }
  void close() {
    if (listener_ < 0) return;
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    ::close(listener_);
    listener_ = -1;
    cut();
    for (std::thread& one : pumps_) one.join();
    pumps_.clear();
    for (const auto& [near, far] : pairs_) {
      ::close(near);
      if (far >= 0) ::close(far);
    }
    pairs_.clear();
  }
  void cut() {
    const std::lock_guard lock{mutex_};
    for (const auto& [near, far] : pairs_) {
      ::shutdown(near, SHUT_RDWR);
      if (far >= 0) ::shutdown(far, SHUT_RDWR);
    }
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  static void pump(int from, int to) {
    char bytes[16384];
    for (;;) {
      const ssize_t got = ::recv(from, bytes, sizeof bytes, 0);
      if (got <= 0) break;
      if (::send(to, bytes, static_cast<std::size_t>(got), MSG_NOSIGNAL) != got) break;
    }
    ::shutdown(from, SHUT_RDWR);
    ::shutdown(to, SHUT_RDWR);
  }

  std::uint16_t to_, port_ = 0;
  int listener_ = -1;
  std::mutex mutex_;
  std::vector<std::pair<int, int>> pairs_;
  std::vector<std::thread> pumps_;
  std::thread accepting_;
};

}  // namespace commune_watch::publish
