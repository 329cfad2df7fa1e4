// A server on the test's own loop that answers each request with the bytes a test hands it: for behaviour
// that no real server shows on demand.
#pragma once
#include <asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace commune_watch {

class HttpPeer {
 public:
  struct Request {
    std::string head;  // request line and headers as received
    std::string body;
    int connection = 0;                                               // 1, 2, …
    [[nodiscard]] bool bears_login() const;                           // HTTP's, or a SOAP token
    [[nodiscard]] std::string header(const std::string& name) const;  // empty: not there
  };
  struct Answer {
    std::string bytes;
    enum class Then { keep, close, reset, wait } then = Then::keep;  // wait: say nothing more, ever
  };

  HttpPeer(asio::io_context& io, std::function<Answer(const Request&)> answer);
  ~HttpPeer();

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string url(const std::string& target = "/") const;
  [[nodiscard]] const std::vector<Request>& requests() const;
  [[nodiscard]] int connections() const;
  [[nodiscard]] int logins() const;  // requests that bore one

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

// A whole answer with its length.
std::string http_answer(int status, const std::string& body = {}, const std::string& extra_headers = {});

}  // namespace commune_watch
