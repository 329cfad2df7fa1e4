// A TLS client on a non-blocking socket that somebody else owns and waits for.
//
// Each call does what can be done now and says what to wait for, so that whoever has deadlines keeps them.
// The server is checked by TlsCheck within the handshake: before handshake() is done, nothing of ours has
// left.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "wire/tls_check.hpp"

namespace commune_watch {

struct TlsStep {
  enum class Is : std::uint8_t { done, wants_read, wants_write, ended, failed } is = Is::done;
  std::size_t count = 0;  // bytes read or written, with done
};

class TlsSocket {
 public:
  // `check` must outlive this; `host` is the name or address that was dialled.
  TlsSocket(TlsCheck& check, const TlsPolicy& policy, const std::string& host, int socket);
  ~TlsSocket();
  TlsSocket(const TlsSocket&) = delete;
  TlsSocket& operator=(const TlsSocket&) = delete;

  TlsStep handshake();
  TlsStep read(std::span<std::byte> room);
  TlsStep write(std::string_view text);    // may take a part of it
  [[nodiscard]] bool holds_bytes() const;  // to be read without the socket having more
  [[nodiscard]] const Handshake& seen() const { return *handshake_; }
  // After `failed`: the socket's errno, or 0 where TLS itself failed; and why, in words.
  [[nodiscard]] int error() const;
  [[nodiscard]] const std::string& words() const { return words_; }

 private:
  struct Line;
  TlsStep step(int result);

  std::shared_ptr<Handshake> handshake_;
  std::unique_ptr<Line> line_;
  ssl_ctx_st* context_ = nullptr;
  ssl_st* ssl_ = nullptr;
  std::string words_;
};

}  // namespace commune_watch
