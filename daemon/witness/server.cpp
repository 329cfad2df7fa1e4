// cpp-httplib parses and routes; connections and their deadlines are kept here, for it knows of none that
// covers a whole request.
#include "witness/server.hpp"

#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "wire/real_clock.hpp"
#include "witness/page.hpp"

namespace commune_watch::witness {
namespace {

constexpr std::size_t kConnections = 32;
constexpr std::size_t kMostBytes = kMaxBody + 16 * 1024;  // of one request, its header included
constexpr std::size_t kRequestsPerConnection = 64;
constexpr int kBacklog = 256;
constexpr int kLookMs = 100;  // how soon a stop is noticed
constexpr std::int64_t kHearOutUs = 1'000'000;

// One request and its answer on a socket: so much time, so many bytes.
class Bounded final : public httplib::Stream {
 public:
  Bounded(int socket, Millis limit, const std::atomic<bool>& stopping)
      : socket_(socket), until_(Stopwatch::now() + limit * 1000), limit_(limit), stopping_(stopping) {}

  [[nodiscard]] bool is_readable() const override { return wait(POLLIN); }
  [[nodiscard]] bool is_writable() const override { return wait(POLLOUT); }
  ssize_t read(char* into, std::size_t size) override {
    if (read_ >= kMostBytes || !wait(POLLIN)) return -1;
    const auto got = ::recv(socket_, into, std::min(size, kMostBytes - read_), 0);
    if (got > 0) read_ += static_cast<std::size_t>(got);
    return got;
  }
  ssize_t write(const char* bytes, std::size_t size) override {
    if (!answering_) {  // the answer has as long again
      answering_ = true;
      const std::string_view status(bytes, std::min<std::size_t>(size, 12));
      over_ = status.ends_with(" 400") || status.ends_with(" 413");
      until_ = Stopwatch::now() + limit_ * 1000;
    }
    if (!wait(POLLOUT)) return -1;
    return ::send(socket_, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { name(::getpeername, ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { name(::getsockname, ip, port); }
  [[nodiscard]] socket_t socket() const override { return socket_; }
  // The request was refused unread: what comes behind it is no beginning of another.
  [[nodiscard]] bool over() const { return over_; }

 private:
  [[nodiscard]] bool wait(short what) const {
    while (!stopping_) {
      const auto left = (until_ - Stopwatch::now()) / 1000;
      if (left <= 0) return false;
      pollfd one{.fd = socket_, .events = what, .revents = 0};
      const int ready = ::poll(&one, 1, static_cast<int>(std::min<Millis>(left, kLookMs)));
      if (ready > 0) return true;
      if (ready < 0 && errno != EINTR) return false;
    }
    return false;
  }
  template <class Ask>
  void name(Ask ask, std::string& ip, int& port) const {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> service{};
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (ask(socket_, any, &length) != 0 ||
        ::getnameinfo(any, length, host.data(), host.size(), service.data(), service.size(),
                      NI_NUMERICHOST | NI_NUMERICSERV) != 0)
      return;
    ip = host.data();
    port = std::atoi(service.data());
  }

  int socket_;
  std::int64_t until_;  // microseconds of Stopwatch::now()
  Millis limit_;
  const std::atomic<bool>& stopping_;
  std::size_t read_ = 0;
  bool answering_ = false, over_ = false;
};

// Reads away what is still coming, a little and not for long: the system would otherwise throw the answer
// away with it.
void hear_out(int socket) {
  std::array<char, 16 * 1024> some{};
  const auto until = Stopwatch::now() + kHearOutUs;
  for (std::size_t heard = 0; heard < 4 * kMostBytes && Stopwatch::now() < until;) {
    pollfd one{.fd = socket, .events = POLLIN, .revents = 0};
    if (::poll(&one, 1, kLookMs) <= 0) return;
    const auto got = ::recv(socket, some.data(), some.size(), MSG_DONTWAIT);
    if (got <= 0) return;
    heard += static_cast<std::size_t>(got);
  }
}

// Takes no more connections than it has threads: the accepting thread waits, and with it those who knock.
class Crew final : public httplib::TaskQueue {
 public:
  explicit Crew(std::size_t size) : free_(size), pool_(size) {}
  void enqueue(std::function<void()> task) override {
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return free_ > 0; });
      --free_;
    }
    pool_.enqueue([this, task = std::move(task)] {
      task();
      const std::lock_guard lock(mutex_);
      ++free_;
      room_.notify_one();
    });
  }
  void shutdown() override { pool_.shutdown(); }

 private:
  std::mutex mutex_;
  std::condition_variable room_;
  std::size_t free_;
  httplib::ThreadPool pool_;
};

class Http final : public httplib::Server {
 public:
  explicit Http(Millis limit) : limit_(limit) {}
  void widen() { ::listen(svr_sock_, kBacklog); }  // cpp-httplib lets five knock
  void break_off() { stopping_ = true; }

 private:
  bool process_and_close_socket(socket_t socket) override {
    bool going_on = true;
    for (std::size_t done = 0; going_on && done < kRequestsPerConnection; ++done) {
      Bounded stream(socket, limit_, stopping_);
      bool closed = false;
      going_on = stream.is_readable() &&
                 process_request(stream, done + 1 == kRequestsPerConnection, closed, nullptr) && !closed &&
                 !stream.over();
    }
    ::shutdown(socket, SHUT_WR);
    if (!stopping_) hear_out(socket);
    ::close(socket);
    return going_on;
  }

  Millis limit_;
  std::atomic<bool> stopping_ = false;
};

// See the console: cpp-httplib would copy the answer once for each of thousands of ranges in one header.
void forget_ranges(const httplib::Request& request) {
  const_cast<httplib::Request&>(request).ranges.clear();  // the server's own object, lent as const
}

void give(httplib::Response& response, const Reply& reply) {
  response.status = reply.status;
  if (reply.retry_after > 0) response.set_header("Retry-After", std::to_string(reply.retry_after));
  response.set_content(reply.body, std::string(reply.type));
}

}  // namespace

struct Server::Impl {
  Impl(ServerOptions options_in, Witness& witness_in)
      : options(std::move(options_in)), witness(witness_in), http(options.request_limit) {}
  void routes();

  ServerOptions options;
  Witness& witness;
  Http http;
  std::thread thread;
  int port = 0;
  bool started = false;
};

void Server::Impl::routes() {
  http.Post("/add-checkpoint", [this](const httplib::Request& request, httplib::Response& response,
                                      const httplib::ContentReader& read) {
    std::string body;
    bool fits = true;
    read([&](const char* bytes, std::size_t size) {
      fits = body.size() + size <= kMaxBody;
      if (fits) body.append(bytes, size);
      return fits;
    });
    if (!fits) return give(response, {.status = 413, .body = "the body is longer than 64 KiB\n"});
    if (response.status >= 400) return;  // the library's own word: too long, or broken off
    give(response, witness.add_checkpoint(body, request.remote_addr));
  });
  http.Get("/", [this](const httplib::Request&, httplib::Response& response) {
    response.set_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    response.set_content(page(witness.view()), "text/html; charset=utf-8");
  });
  http.Get("/witness-key", [this](const httplib::Request&, httplib::Response& response) {
    give(response, {.body = witness.vkey() + '\n'});
  });
  http.Get("/latest/(.+)", [this](const httplib::Request& request, httplib::Response& response) {
    const auto note = witness.latest(std::string(request.matches[1]));
    give(response, note ? Reply{.body = *note}
                        : Reply{.status = 404, .body = "nothing of that log was cosigned here\n"});
  });
  http.set_error_handler([](const httplib::Request& request, httplib::Response& response) {
    forget_ranges(request);
    if (response.body.empty())
      response.set_content(std::to_string(response.status) + '\n', std::string(kPlain));
  });
  http.set_exception_handler([](const httplib::Request&, httplib::Response& response, std::exception_ptr) {
    give(response, {.status = 500, .body = "the witness failed at this question\n"});
  });
  http.set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
    forget_ranges(request);
    response.set_header("Cache-Control", "no-store");
    // cpp-httplib bounds only what Content-Length counts.
    if (!request.has_header("Transfer-Encoding") && !request.has_header("Content-Encoding"))
      return httplib::Server::HandlerResponse::Unhandled;
    give(response, {.status = 400, .body = "a body comes as it is, in one piece with its Content-Length\n"});
    return httplib::Server::HandlerResponse::Handled;
  });
}

Server::Server(ServerOptions options, Witness& witness)
    : impl_(std::make_unique<Impl>(std::move(options), witness)) {}

Server::~Server() { stop(); }

Result<void> Server::start() {
  auto& http = impl_->http;
  const auto& options = impl_->options;
  impl_->routes();
  http.set_payload_max_length(kMaxBody);
  http.set_keep_alive_max_count(kRequestsPerConnection);
  http.set_tcp_nodelay(true);
  // Not SO_REUSEPORT, as cpp-httplib would: two servers would share a port and nobody would be told.
  http.set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  http.new_task_queue = [] { return new Crew(kConnections); };
  if (options.port == 0)
    impl_->port = http.bind_to_any_port(options.host);
  else if (http.bind_to_port(options.host, options.port))
    impl_->port = options.port;
  if (impl_->port <= 0)
    return fail(options.host + ":" + std::to_string(options.port) +
                ": không mở được cổng / cannot listen here: is it in use, is it an address of this machine?");
  http.widen();
  impl_->started = true;
  impl_->thread = std::thread([this] { impl_->http.listen_after_bind(); });
  while (!http.is_running()) std::this_thread::yield();  // a stop() before that would be lost
  return {};
}

void Server::stop() {
  if (!impl_->started) return;
  impl_->started = false;
  impl_->http.break_off();
  impl_->http.stop();
  impl_->thread.join();
}

std::uint16_t Server::port() const { return static_cast<std::uint16_t>(impl_->port); }

}  // namespace commune_watch::witness
