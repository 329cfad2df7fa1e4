// Why TLS to the broker fails, in words that name the certificate's fault.
//
// Paho says "TCP/TLS connect failure" for everything, and the error handler of its C++ library 1.2.0 cannot
// be used (it is called in a copy of the options that is gone). So, after such a failure, the handshake is
// made once more by hand.
#pragma once
#include <functional>
#include <string>

#include "domain/clock.hpp"

namespace commune_watch::publish {

// Empty: the handshake is good, or it does not get that far. Waits at most `limit`, save for name resolution.
std::string tls_trouble(const std::string& url, const std::string& ca_file, Millis limit,
                        const std::function<Millis()>& clock);

}  // namespace commune_watch::publish
