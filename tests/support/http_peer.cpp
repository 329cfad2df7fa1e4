// The peer's coroutines.
#include "support/http_peer.hpp"

#include <algorithm>
#include <array>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <cctype>
#include <list>

namespace commune_watch {

using asio::ip::tcp;

struct HttpPeer::Parts : std::enable_shared_from_this<Parts> {
  Parts(asio::io_context& loop, std::function<Answer(const Request&)> from)
      : io(loop),
        acceptor(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        answer(std::move(from)) {}

  static asio::awaitable<void> accept(std::shared_ptr<Parts> self) {
    for (;;) {
      asio::error_code error;
      tcp::socket socket =
          co_await self->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      self->sockets.push_back(std::move(socket));
      asio::co_spawn(self->io, serve(self, self->sockets.back(), ++self->connections), asio::detached);
    }
  }

  static asio::awaitable<void> serve(std::shared_ptr<Parts> self, tcp::socket& socket, int connection) {
    std::string received;
    asio::error_code error;
    for (;;) {
      std::size_t end = 0;
      while ((end = received.find("\r\n\r\n")) == std::string::npos) {
        std::array<char, 4096> buffer{};
        const std::size_t n = co_await socket.async_read_some(
            asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
        if (error) {
          socket.close(error);
          co_return;
        }
        received.append(buffer.data(), n);
      }
      Request request{received.substr(0, end + 2), {}, connection};
      received.erase(0, end + 4);
      const std::string length = request.header("content-length");
      const std::size_t size = length.empty() ? 0 : std::stoul(length);
      while (received.size() < size) {
        std::array<char, 4096> buffer{};
        const std::size_t n = co_await socket.async_read_some(
            asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
        if (error) {
          socket.close(error);
          co_return;
        }
        received.append(buffer.data(), n);
      }
      request.body = received.substr(0, size);
      received.erase(0, size);
      self->requests.push_back(std::move(request));
      const Answer reply = self->answer(self->requests.back());
      co_await asio::async_write(socket, asio::buffer(reply.bytes),
                                 asio::redirect_error(asio::use_awaitable, error));
      if (reply.then == Answer::Then::wait) co_return;
      if (reply.then == Answer::Then::reset) socket.set_option(asio::socket_base::linger(true, 0), error);
      if (reply.then != Answer::Then::keep || error) {
        socket.close(error);
        co_return;
      }
    }
  }

  asio::io_context& io;
  tcp::acceptor acceptor;
  std::function<Answer(const Request&)> answer;
  std::vector<Request> requests;
  std::list<tcp::socket> sockets;
  int connections = 0;
};

HttpPeer::HttpPeer(asio::io_context& io, std::function<Answer(const Request&)> answer)
    : parts_(std::make_shared<Parts>(io, std::move(answer))) {
  asio::co_spawn(io, Parts::accept(parts_), asio::detached);
}

HttpPeer::~HttpPeer() {
  asio::error_code ignored;
  parts_->acceptor.close(ignored);
  for (tcp::socket& socket : parts_->sockets) socket.close(ignored);
}

std::uint16_t HttpPeer::port() const { return parts_->acceptor.local_endpoint().port(); }
std::string HttpPeer::url(const std::string& target) const {
  return "http://127.0.0.1:" + std::to_string(port()) + target;
}
const std::vector<HttpPeer::Request>& HttpPeer::requests() const { return parts_->requests; }
int HttpPeer::connections() const { return parts_->connections; }
int HttpPeer::logins() const {
  return static_cast<int>(
      std::ranges::count_if(parts_->requests, [](const Request& each) { return each.bears_login(); }));
}

bool HttpPeer::Request::bears_login() const {
  return !header("authorization").empty() || body.find("<UsernameToken>") != std::string::npos;
}

std::string HttpPeer::Request::header(const std::string& name) const {
  std::string lower = head;
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto at = lower.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::string http_answer(int status, const std::string& body, const std::string& extra_headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Because\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + extra_headers + "\r\n" + body;
}

}  // namespace commune_watch
