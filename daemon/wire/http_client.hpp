// HTTP(S) requests through libcurl, with this project's own login, caps and certificate checks.
#pragma once
#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <memory>
#include <vector>

#include "wire/deadlines.hpp"
#include "wire/resolver.hpp"
#include "wire/wire.hpp"

namespace commune_watch {

class HttpClient {
 public:
  HttpClient(asio::io_context& io, Deadlines& deadlines, Resolver& resolver);
  ~HttpClient();

  asio::awaitable<HttpReply> http(HttpRequest request);

 private:
  struct Parts;
  Resolver& resolver_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace commune_watch
