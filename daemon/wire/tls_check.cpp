// Certificate checks through OpenSSL 3.
#include "wire/tls_check.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <new>
#include <utility>

namespace commune_watch {
namespace {

void free_handshake(void*, void* held, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<std::shared_ptr<Handshake>*>(held);
}

int index_in_context() {
  static const int kIndex = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_handshake);
  return kIndex;
}

std::string spki_of(const X509* certificate) {
  unsigned char* der = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (length <= 0) return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int size = 0;
  const bool hashed =
      EVP_Digest(der, static_cast<std::size_t>(length), hash.data(), &size, EVP_sha256(), nullptr) == 1;
  OPENSSL_free(der);
  if (!hashed) return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE * 2> text{};
  const int written = EVP_EncodeBlock(text.data(), hash.data(), static_cast<int>(size));
  return {text.begin(), text.begin() + written};
}

std::optional<Millis> not_after_of(const X509* certificate) {
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) != 1) return std::nullopt;
  return Millis{timegm(&time)} * 1'000;
}

bool is_address(const std::string& host) {
  in6_addr any{};
  return inet_pton(AF_INET, host.c_str(), &any) == 1 || inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

// In place of OpenSSL's whole verification. 1 lets the handshake go on.
int verify(X509_STORE_CTX* chain, void* held) {
  Handshake& handshake = *static_cast<Handshake*>(held);
  const X509* leaf = X509_STORE_CTX_get0_cert(chain);
  if (leaf == nullptr) return 0;
  handshake.not_after = not_after_of(leaf);
  handshake.spki_sha256 = spki_of(leaf);
  handshake.trouble.clear();
  using Verify = TlsPolicy::Verify;
  switch (handshake.policy.verify) {
    case Verify::off:
      break;
    case Verify::pin:
      if (handshake.spki_sha256 != handshake.policy.spki_sha256)
        handshake.trouble = "the certificate's key is not the pinned one";
      break;
    case Verify::authority:
    case Verify::observe:
      if (X509_verify_cert(chain) != 1)
        handshake.trouble = X509_verify_cert_error_string(X509_STORE_CTX_get_error(chain));
      break;
  }
  if (handshake.trouble.empty() || handshake.policy.verify == Verify::observe) {
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
  }
  if (X509_STORE_CTX_get_error(chain) == X509_V_OK)
    X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

}  // namespace

TlsCheck::TlsCheck() = default;
TlsCheck::~TlsCheck() { X509_STORE_free(authorities_); }

void TlsCheck::prepare(SSL_CTX* context, std::shared_ptr<Handshake> handshake) {
  using Verify = TlsPolicy::Verify;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &verify, handshake.get());
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  if (handshake->policy.verify == Verify::authority || handshake->policy.verify == Verify::observe) {
    if (authorities_ == nullptr) {
      authorities_ = X509_STORE_new();
      if (authorities_ == nullptr) throw std::bad_alloc();
      X509_STORE_set_default_paths(authorities_);
    }
    SSL_CTX_set1_cert_store(context, authorities_);
    X509_VERIFY_PARAM* names = SSL_CTX_get0_param(context);
    // Under observe the dates are left to whoever knows how far our clock is to be trusted.
    if (handshake->policy.verify == Verify::observe)
      X509_VERIFY_PARAM_set_flags(names, X509_V_FLAG_NO_CHECK_TIME);
    if (is_address(handshake->host)) {
      X509_VERIFY_PARAM_set1_ip_asc(names, handshake->host.c_str());
    } else {
      X509_VERIFY_PARAM_set_hostflags(names, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
      X509_VERIFY_PARAM_set1_host(names, handshake->host.c_str(), 0);
    }
  } else {
    // Devices of ten years: whoever does not ask for an authority takes old protocols and small keys too
    // (Debian's default is TLS 1.2).
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT);
  }
  auto* held = new std::shared_ptr<Handshake>(std::move(handshake));
  if (SSL_CTX_set_ex_data(context, index_in_context(), held) != 1) delete held;
}

const Handshake* TlsCheck::of(const SSL* connection) {
  if (connection == nullptr) return nullptr;
  const auto* held = static_cast<std::shared_ptr<Handshake>*>(
      SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), index_in_context()));
  return held == nullptr ? nullptr : held->get();
}

}  // namespace commune_watch
