// Self-signed certificates for tests, with the dates and the name that a test wants.
#pragma once
#include <string>

#include "domain/clock.hpp"

namespace commune_watch {

struct Certificate {
  std::string certificate_pem, key_pem;
};

// P-256; `host` becomes the subject and a DNS or IP alternative name. Dates in UTC milliseconds.
Certificate make_certificate(const std::string& host, Millis not_before, Millis not_after);

}  // namespace commune_watch
