// What a TLS server showed of itself in the handshake, and whether that is good enough: our own check in
// place of libcurl's, so that the certificate's dates and key are known even where it is refused, and one set
// of authorities is read once for all.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "wire/wire.hpp"

struct ssl_ctx_st;
struct ssl_st;
struct x509_store_st;

namespace commune_watch {

// Filled during the handshake; shared by the request and the connection, which may outlive it.
struct Handshake {
  TlsPolicy policy;
  std::string host;
  std::optional<Millis> not_after;
  std::string spki_sha256;  // base64 of the SHA-256 of the DER SubjectPublicKeyInfo (RFC 7469 §2.4)
  std::string trouble;  // what is wrong with the certificate under `authority` or `observe`, or that it is
                        // not the pinned one
};

class TlsCheck {
 public:
  TlsCheck();
  ~TlsCheck();

  // Makes this context check by the handshake's policy. The authorities of the machine are read at the first
  // use.
  void prepare(ssl_ctx_st* context, std::shared_ptr<Handshake> handshake);
  // The handshake of a connection that prepare() saw being made.
  static const Handshake* of(const ssl_st* connection);

 private:
  x509_store_st* authorities_ = nullptr;
};

}  // namespace commune_watch
