// cpp-httplib on an AF_UNIX socket; each handler carries one question to the loop and waits for its answer,
// bounded.
#include "console/console.hpp"

#include <httplib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>

#include "console/json.hpp"
#include "console/routes.hpp"

namespace commune_watch {
namespace {

constexpr auto kAnswerWithin = std::chrono::seconds(10);
constexpr auto kProbeWithin = std::chrono::seconds(90);
constexpr auto kLook = std::chrono::milliseconds(50);
constexpr auto kGone = std::chrono::milliseconds(500);  // how soon a reader that hung up is noticed
constexpr auto kHeartbeat = std::chrono::seconds(15);   // of a live stream without news
constexpr std::size_t kThreads = 8, kMostStreams = 4;   // a stream holds a thread
constexpr std::size_t kMaxBody = 64 * 1024;
constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;

// Whether somebody answers on that socket.
bool alive(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  const bool connected = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return connected;
}

// Answers are whole, whatever Range is asked for (RFC 9110 §14.2 allows that): cpp-httplib would copy the
// answer once for each of thousands of ranges in one header.
void forget_ranges(const httplib::Request& request) {
  const_cast<httplib::Request&>(request).ranges.clear();  // the server's own object, lent as const
}

// Of those that cpp-httplib gives by itself.
std::string why(const httplib::Request& request, int status) {
  switch (status) {
    case 404:
      return "no such address: " + request.method + " " + request.path;
    case 413:
      return "the body is longer than " + std::to_string(kMaxBody) + " bytes";
    case 414:
      return "the address is longer than " + std::to_string(CPPHTTPLIB_REQUEST_URI_MAX_LENGTH) + " bytes";
    case 416:
      return "the header Range cannot be read";
    case 500:
      return "the gateway failed at this question";
    default:
      return "this is no HTTP request that can be read";
  }
}

void refuse(httplib::Response& response, int status, std::string_view code, std::string_view why) {
  response.status = status;
  response.set_content(error_json(code, why), kJson);
}

}  // namespace

struct Console::Impl {
  Impl(ConsoleOptions options_in, Desk& desk_in, OnLoop on_loop_in)
      : options(std::move(options_in)), desk(desk_in), on_loop(std::move(on_loop_in)) {}

  // Runs `question(desk)` on the loop; nothing if the loop did not get to it in time.
  template <class T>
  std::optional<T> ask(std::function<T(Desk&)> question) {
    auto promise = std::make_shared<std::promise<T>>();  // outlives a caller that gave up
    auto answer = promise->get_future();
    on_loop([this, promise, question = std::move(question)] { promise->set_value(question(desk)); });
    return wait(answer, kAnswerWithin);
  }
  // Gives up when the console stops: the loop may be the one that waits for us.
  template <class T>
  std::optional<T> wait(std::future<T>& answer, std::chrono::milliseconds most) {
    for (auto waited = kLook * 0; waited < most; waited += kLook) {
      if (answer.wait_for(kLook) == std::future_status::ready) return answer.get();
      if (stopping) return std::nullopt;
    }
    return std::nullopt;
  }

  using Answer = Result<std::string>;
  // What a client needs to speak to people: their language and their clock.
  static httplib::Headers introduction(Desk& on) {
    return {{"Commune-Language", on.language() == Language::vi ? "vi" : "en"},
            {"Commune-Utc-Offset", std::to_string(on.zone().offset(on.utc_now()))}};
  }
  // Every answer leaves through here; what a simulation made says so.
  struct Introduced {
    httplib::Headers headers;
    Answer answer;
  };
  static Introduced introduced(Desk& on, Answer answer, std::string_view type) {
    if (answer && on.simulated())
      answer = type == kJson ? simulated_json(*answer) : "# " + std::string(kSimulatedNote) + "\n" + *answer;
    return {introduction(on), std::move(answer)};
  }
  static void give(httplib::Response& response, const Introduced& told, const char* type) {
    response.headers.insert(told.headers.begin(), told.headers.end());
    if (!told.answer) return refuse(response, 400, "refused", told.answer.error().why);
    response.set_content(*told.answer, type);
  }
  httplib::Server::Handler handler(Route::Question question, const char* type) {
    return [this, question = std::move(question), type](const httplib::Request& request,
                                                        httplib::Response& response) {
      Asked asked{request.matches.size() > 1 ? request.matches[1].str() : "", request.params};
      auto told = ask<Introduced>([&question, asked = std::move(asked), type](Desk& on) {
        return introduced(on, question(on, asked), type);
      });
      if (!told) return refuse(response, 503, "busy", "the gateway did not answer in time: try again");
      give(response, *told, type);
    };
  }

  void serve();
  void probe(const httplib::Request& request, httplib::Response& response);
  void stream(const httplib::Request& request, httplib::Response& response);

  ConsoleOptions options;
  Desk& desk;
  OnLoop on_loop;
  httplib::Server server;
  std::thread thread;
  std::mutex mutex;
  std::condition_variable grew;
  std::uint64_t growth = 0;
  std::size_t streams = 0;
  std::atomic<bool> stopping = false;
  bool bound = false;
};

void Console::Impl::serve() {
  for (auto& [method, path, question, type] : routes()) {
    auto answer = handler(std::move(question), type);
    if (method == Route::Method::get)
      server.Get(path, std::move(answer));
    else
      server.Post(path, std::move(answer));
  }
  server.Post(
      R"(/api/v1/probe/([a-z0-9-]+))",
      [this](const httplib::Request& request, httplib::Response& response) { probe(request, response); });
  server.Get("/api/v1/events", [this](const httplib::Request& request, httplib::Response& response) {
    stream(request, response);
  });
  server.set_error_handler([](const httplib::Request& request, httplib::Response& response) {
    forget_ranges(request);
    if (response.body.empty()) refuse(response, response.status, "refused", why(request, response.status));
  });
  server.set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
    forget_ranges(request);
    // cpp-httplib bounds only what Content-Length counts.
    if (!request.has_header("Transfer-Encoding") && !request.has_header("Content-Encoding"))
      return httplib::Server::HandlerResponse::Unhandled;
    refuse(response, 400, "refused", "a body comes as it is, in one piece with its Content-Length");
    return httplib::Server::HandlerResponse::Handled;
  });
}

void Console::Impl::probe(const httplib::Request& request, httplib::Response& response) {
  auto promise = std::make_shared<std::promise<Introduced>>();
  auto answer = promise->get_future();
  on_loop([this, promise, id = std::string(request.matches[1])] {
    desk.probe(id, [promise, &on = desk](const Result<ProbeView>& view) {
      promise->set_value(
          introduced(on, view ? Answer(probe_json(*view)) : std::unexpected(view.error()), kJson));
    });
  });
  auto told = wait(answer, kProbeWithin);
  if (!told) return refuse(response, 503, "busy", "the probe did not end in time: try again");
  give(response, *told, kJson);
}

// Server-sent events from `?from=SEQ`, else from now on: changes, blips and incidents as they become durable.
void Console::Impl::stream(const httplib::Request& request, httplib::Response& response) {
  {
    std::lock_guard lock(mutex);
    if (streams >= kMostStreams) return refuse(response, 503, "busy", "too many live readers");
    ++streams;
  }
  struct Start {
    httplib::Headers headers;
    bool simulated = false;
    Seq next = 0;
  };
  const auto start = ask<Start>([](Desk& on) {
    return Start{introduction(on), on.simulated(), on.next_event()};
  });
  auto at = std::make_shared<Seq>(start ? start->next : 0);
  if (start) response.headers.insert(start->headers.begin(), start->headers.end());
  if (!start || (request.has_param("from") && !read_number(request.get_param_value("from"), *at))) {
    std::lock_guard lock(mutex);
    --streams;
    if (!start) return refuse(response, 503, "busy", "the gateway did not answer in time: try again");
    return refuse(response, 400, "refused", "from: the number of a record, such as 1200");
  }
  response.set_chunked_content_provider(
      "text/event-stream",
      [this, at, simulated = start->simulated](std::size_t, httplib::DataSink& sink) {
        std::uint64_t seen = 0;
        {
          std::lock_guard lock(mutex);
          if (stopping) return false;
          seen = growth;
        }
        auto tail = ask<Seq>([](Desk& on) { return on.next_event(); });
        if (!tail) return false;
        std::string out;
        while (*at < *tail) {
          constexpr std::size_t kPiece = 256;
          const auto from = *at;
          auto events = ask<std::vector<EventView>>([from](Desk& on) { return on.events(from, kPiece); });
          if (!events) return false;
          for (const auto& event : *events) {
            const auto json = event_json(event);
            out += "id: " + std::to_string(event.record.seq) +
                   "\ndata: " + (simulated ? simulated_json(json) : json) + "\n\n";
          }
          *at = std::min<Seq>(*at + kPiece, *tail);
        }
        if (!out.empty()) return sink.write(out.data(), out.size());
        for (auto waited = kLook * 0; waited < kHeartbeat; waited += kGone) {
          std::unique_lock lock(mutex);
          if (grew.wait_for(lock, kGone, [&] { return growth != seen || stopping; })) return !stopping;
          lock.unlock();
          if (!sink.is_writable()) return false;  // the reader has hung up: its place is free
        }
        static constexpr std::string_view kAlive = ": \n\n";
        return sink.write(kAlive.data(), kAlive.size());
      },
      [this](bool) {
        std::lock_guard lock(mutex);
        --streams;
      });
}

Console::Console(ConsoleOptions options, Desk& desk, OnLoop on_loop)
    : impl_(std::make_unique<Impl>(std::move(options), desk, std::move(on_loop))) {}

Console::~Console() { stop(); }

Result<void> Console::start() {
  const auto& path = impl_->options.socket;
  if (path.size() > kLongestPath)
    return fail(path + ": this path is too long for a socket: " + std::to_string(path.size()) +
                " bytes, at most " + std::to_string(kLongestPath));
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0 && !S_ISSOCK(there.st_mode))
    return fail(path + ": something that is no socket is here already; use another --socket");
  if (alive(path)) return fail(path + ": another commune-watch already answers here; use another --socket");
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  ::unlink(path.c_str());
  auto& server = impl_->server;
  impl_->serve();
  server.set_address_family(AF_UNIX);
  server.set_payload_max_length(kMaxBody);
  server.set_read_timeout(10);
  server.set_write_timeout(10);
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  const auto mask = ::umask(0117);  // the socket is born 0660
  impl_->bound = server.bind_to_port(path, 80);
  ::umask(mask);
  if (!impl_->bound)
    return fail(path + ": cannot listen here: does the directory exist, may this user write to it?");
  impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
  while (!server.is_running()) std::this_thread::yield();  // a stop() before that would be lost
  return {};
}

void Console::stop() {
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->stopping.exchange(true)) return;
  }
  impl_->grew.notify_all();
  impl_->server.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
  if (impl_->bound) ::unlink(impl_->options.socket.c_str());
}

void Console::notify() {
  {
    std::lock_guard lock(impl_->mutex);
    ++impl_->growth;
  }
  impl_->grew.notify_all();
}

}  // namespace commune_watch
