// OpenSSL over a BIO of our own: its socket BIO writes with SIGPIPE.
#include "wire/tls_socket.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <new>

#include "wire/trouble.hpp"

namespace commune_watch {

struct TlsSocket::Line {
  int socket = -1;
  int error = 0;

  static Line& of(BIO* bio) { return *static_cast<Line*>(BIO_get_data(bio)); }
  static bool later(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }
  static int put(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t sent = ::send(of(bio).socket, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<int>(sent);
    if (later(errno))
      BIO_set_retry_write(bio);
    else
      of(bio).error = errno;
    return -1;
  }
  static int take(BIO* bio, char* data, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t got = ::recv(of(bio).socket, data, static_cast<std::size_t>(size), 0);
    if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    if (got >= 0) return static_cast<int>(got);
    if (later(errno))
      BIO_set_retry_read(bio);
    else
      of(bio).error = errno;
    return -1;
  }
  static long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }
  static const BIO_METHOD* method() {
    static const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> kMethod = [] {
      std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> method(
          BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket"), &BIO_meth_free);
      if (!method) throw std::bad_alloc();
      BIO_meth_set_write(method.get(), &put);
      BIO_meth_set_read(method.get(), &take);
      BIO_meth_set_ctrl(method.get(), &control);
      return method;
    }();
    return kMethod.get();
  }
};

namespace {

bool is_address(const std::string& host) {
  in6_addr any{};
  return inet_pton(AF_INET, host.c_str(), &any) == 1 || inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

}  // namespace

TlsSocket::TlsSocket(TlsCheck& check, const TlsPolicy& policy, const std::string& host, int socket)
    : handshake_(std::make_shared<Handshake>()), line_(std::make_unique<Line>()) {
  line_->socket = socket;
  handshake_->policy = policy;
  handshake_->host = host;
  context_ = SSL_CTX_new(TLS_client_method());
  if (context_ == nullptr) throw std::bad_alloc();
  check.prepare(context_, handshake_);
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context_, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_TICKET);  // cameras just hang up
  // One record at a time: whoever sends session tickets without end must not keep us inside one call.
  SSL_CTX_clear_mode(context_, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ssl_ = SSL_new(context_);
  BIO* const bio = BIO_new(Line::method());
  if (ssl_ == nullptr || bio == nullptr) {
    BIO_free(bio);
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, line_.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_connect_state(ssl_);
  if (!is_address(host)) SSL_set_tlsext_host_name(ssl_, host.c_str());
}

TlsSocket::~TlsSocket() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
}

TlsStep TlsSocket::step(int result) {
  using Is = TlsStep::Is;
  if (result > 0) return {.is = Is::done, .count = static_cast<std::size_t>(result)};
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return {.is = Is::wants_read};
    case SSL_ERROR_WANT_WRITE:
      return {.is = Is::wants_write};
    case SSL_ERROR_ZERO_RETURN:
      return {.is = Is::ended};
    case SSL_ERROR_SYSCALL:
      if (line_->error == 0) return {.is = Is::ended};
      words_ = words_of(line_->error);
      return {.is = Is::failed};
    default:
      break;
  }
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  words_ = !handshake_->trouble.empty() ? handshake_->trouble : reason != nullptr ? reason : "TLS failed";
  return {.is = Is::failed};
}

TlsStep TlsSocket::handshake() {
  ERR_clear_error();
  return step(SSL_do_handshake(ssl_));
}

TlsStep TlsSocket::read(std::span<std::byte> room) {
  ERR_clear_error();
  return step(SSL_read(ssl_, room.data(), static_cast<int>(std::min<std::size_t>(room.size(), INT_MAX))));
}

TlsStep TlsSocket::write(std::string_view text) {
  ERR_clear_error();
  return step(SSL_write(ssl_, text.data(), static_cast<int>(std::min<std::size_t>(text.size(), INT_MAX))));
}

bool TlsSocket::holds_bytes() const { return SSL_pending(ssl_) > 0; }

int TlsSocket::error() const { return line_->error; }

}  // namespace commune_watch
