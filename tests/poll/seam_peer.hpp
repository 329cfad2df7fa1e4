// The other end of the seam, held by a test: whole frames, blocking, with patience.
#pragma once
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "poll/seam.hpp"

namespace commune_watch {

class SeamPeer {
 public:
  explicit SeamPeer(int descriptor) : descriptor_(descriptor) {
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  SeamPeer(const SeamPeer&) = delete;
  SeamPeer& operator=(const SeamPeer&) = delete;
  ~SeamPeer() { close(); }

  void close() {
    if (descriptor_ < 0) return;
    ::shutdown(descriptor_, SHUT_RDWR);  // a process that a test forked may hold a copy
    ::close(std::exchange(descriptor_, -1));
  }

  void write(const seam::Frame& frame) const {
    std::string bytes;
    if (!seam::encode(frame, bytes)) throw std::logic_error("the test's own frame is too large");
    write_bytes(bytes);
  }
  void write_bytes(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) throw std::runtime_error(std::string("the seam is gone: ") + std::strerror(errno));
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // The next frame; nothing once the other side has closed.
  std::optional<seam::Frame> read() {
    std::string length = exactly(4);
    if (length.empty()) return std::nullopt;
    std::size_t size = 0;
    for (unsigned i = 0; i < 4; ++i)
      size |= static_cast<std::size_t>(static_cast<unsigned char>(length[i])) << (8 * i);
    auto frame = seam::decode(exactly(size));
    if (!frame) throw std::runtime_error("a frame that cannot be read: " + frame.error().why);
    return std::move(*frame);
  }
  // The next one of this kind; others are passed over.
  template <class T>
  T next() {
    for (;;) {
      auto frame = read();
      if (!frame) throw std::runtime_error("the other side closed");
      if (auto* wanted = std::get_if<T>(&*frame)) return std::move(*wanted);
    }
  }

 private:
  // All of them, or none where the other side has closed before the first.
  std::string exactly(std::size_t count) const {
    std::string bytes(count, '\0');
    for (std::size_t filled = 0; filled < count;) {
      const ssize_t got = ::recv(descriptor_, bytes.data() + filled, count - filled, 0);
      if (got == 0 || (got < 0 && errno == ECONNRESET)) return {};
      if (got < 0) throw std::runtime_error(std::string("nothing came: ") + std::strerror(errno));
      filled += static_cast<std::size_t>(got);
    }
    return bytes;
  }

  int descriptor_;
};

}  // namespace commune_watch
