// The witness on HTTP: POST /add-checkpoint for gateways; GET /, /latest/ORIGIN, /witness-key for people.
//
// Bounded: 32 connections (more wait in the kernel), 64 KiB of body, 16 KiB of header, ten seconds for a
// whole request however slowly it drips. Plain HTTP: nothing here is secret and no answer can be forged; TLS
// is a reverse proxy's business.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "domain/result.hpp"
#include "witness/witness.hpp"

namespace commune_watch::witness {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;         // 0: any; port() says which
  Millis request_limit = 10'000;  // from a request's first byte to its last, and of the wait for the next one
};

class Server {
 public:
  Server(ServerOptions options, Witness& witness);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Result<void> start();  // listens, serves on threads of its own
  void stop();           // what is under way is broken off
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace commune_watch::witness
