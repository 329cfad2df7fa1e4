// One TLS handshake through OpenSSL; see tls_words.hpp.
#include "publish/tls_words.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <poll.h>

#include <memory>

#include "domain/url.hpp"

namespace commune_watch::publish {
namespace {

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};

}  // namespace

std::string tls_trouble(const std::string& url, const std::string& ca_file, Millis limit,
                        const std::function<Millis()>& clock) {
  const Result<Url> broker = parse_url(url);
  if (!broker) return {};
  ERR_clear_error();
  const std::unique_ptr<SSL_CTX, Free> context{SSL_CTX_new(TLS_client_method())};
  if (!context) return {};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else if (SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr) != 1) {
    return "cannot read the certificates of " + ca_file;
  }
  const std::unique_ptr<BIO, Free> bio{BIO_new_ssl_connect(context.get())};
  SSL* ssl = nullptr;
  if (!bio || BIO_get_ssl(bio.get(), &ssl) != 1 || ssl == nullptr) return {};
  const std::string port = std::to_string(broker->port);
  BIO_set_conn_hostname(bio.get(), (broker->ipv6() ? "[" + broker->host + "]" : broker->host).c_str());
  BIO_set_conn_port(bio.get(), port.c_str());
  BIO_set_nbio(bio.get(), 1);
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), broker->host.c_str()) != 1) {
    SSL_set1_host(ssl, broker->host.c_str());
    SSL_set_tlsext_host_name(ssl, broker->host.c_str());
  }
  const auto deadline = clock() + limit;
  while (BIO_do_handshake(bio.get()) <= 0) {
    int fd = -1;
    if (!BIO_should_retry(bio.get()) || BIO_get_fd(bio.get(), &fd) < 0 || clock() >= deadline) {
      const long verdict = SSL_get_verify_result(ssl);
      if (verdict != X509_V_OK) return X509_verify_cert_error_string(verdict);
      const unsigned long error = ERR_peek_last_error();
      const char* reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_reason_error_string(error) : nullptr;
      return reason != nullptr ? reason : "";
    }
    pollfd ready{fd,
                 static_cast<short>(BIO_should_write(bio.get()) || BIO_should_io_special(bio.get()) ? POLLOUT
                                                                                                    : POLLIN),
                 0};
    ::poll(&ready, 1, 20);
  }
  return {};
}

}  // namespace commune_watch::publish
