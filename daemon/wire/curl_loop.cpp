// libcurl driven by readiness and deadlines.
#include "wire/curl_loop.hpp"

#include <new>
#include <utility>

namespace commune_watch {
namespace {

constexpr long kKeptConnections = 64;  // to monitoring points only

// libcurl keeps a pointer, we a number.
void* as_pointer(std::uint64_t id) {
  return reinterpret_cast<void*>(id);  // NOLINT(performance-no-int-to-ptr)
}
std::uint64_t as_id(void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); }

}  // namespace

CurlLoop::CurlLoop(asio::io_context& io, Deadlines& deadlines) : io_(io), deadlines_(deadlines) {
  static const CURLcode kOnce = curl_global_init(CURL_GLOBAL_DEFAULT);
  multi_ = kOnce == CURLE_OK ? curl_multi_init() : nullptr;
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kKeptConnections);
}

CurlLoop::~CurlLoop() { curl_multi_cleanup(multi_); }

CurlLoop::Running::~Running() {
  if (added) curl_multi_remove_handle(loop.multi_, easy);
}

void CurlLoop::Running::end(CURLcode with) {
  result = with;
  curl_multi_remove_handle(loop.multi_, easy);
  added = false;
  done.set();
}

asio::awaitable<CURLcode> CurlLoop::perform(CURL* easy, Millis limit) {
  Running running{.loop = *this, .easy = easy};
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &running);
  if (limit <= 0) limit = 1;
  Deadline deadline;
  deadline.set(deadlines_, limit, [&running] { running.end(CURLE_OPERATION_TIMEDOUT); });
  if (curl_multi_add_handle(multi_, easy) != CURLM_OK) {
    running.added = false;
    co_return CURLE_FAILED_INIT;
  }
  act(CURL_SOCKET_TIMEOUT, 0);
  if (!running.added) deadline.call_off();
  co_await running.done.wait();
  co_return running.result;
}

int CurlLoop::on_socket(CURL*, curl_socket_t socket, int what, void* self, void* watch) {
  auto& loop = *static_cast<CurlLoop*>(self);
  std::uint64_t id = as_id(watch);
  if (what == CURL_POLL_REMOVE) {
    loop.watches_.erase(id);
    return 0;
  }
  if (id == 0) {
    id = loop.next_watch_++;
    loop.watches_.try_emplace(id, loop.io_, socket);
    curl_multi_assign(loop.multi_, socket, as_pointer(id));
  }
  Watch& at = loop.watches_.at(id);
  at.wanted = what;
  loop.wait(id, at);
  return 0;
}

int CurlLoop::on_timer(CURLM*, long milliseconds, void* self) {
  auto& loop = *static_cast<CurlLoop*>(self);
  loop.due_now_ = milliseconds == 0;
  if (milliseconds > 0)
    loop.timer_.set(loop.deadlines_, milliseconds, [&loop] { loop.act(CURL_SOCKET_TIMEOUT, 0); });
  else
    loop.timer_.call_off();
  return 0;
}

void CurlLoop::wait(std::uint64_t id, Watch& watch) {
  if ((watch.wanted & CURL_POLL_IN) != 0 && !std::exchange(watch.reading, true))
    watch.descriptor.async_wait(asio::posix::stream_descriptor::wait_read, [this, id](std::error_code error) {
      if (!error) ready(id, false);
    });
  if ((watch.wanted & CURL_POLL_OUT) != 0 && !std::exchange(watch.writing, true))
    watch.descriptor.async_wait(asio::posix::stream_descriptor::wait_write,
                                [this, id](std::error_code error) {
                                  if (!error) ready(id, true);
                                });
}

void CurlLoop::ready(std::uint64_t id, bool writable) {
  const auto at = watches_.find(id);
  if (at == watches_.end()) return;
  (writable ? at->second.writing : at->second.reading) = false;
  if ((at->second.wanted & (writable ? CURL_POLL_OUT : CURL_POLL_IN)) == 0) return;
  act(at->second.descriptor.native_handle(), writable ? CURL_CSELECT_OUT : CURL_CSELECT_IN);
  if (const auto still = watches_.find(id); still != watches_.end()) wait(id, still->second);
}

void CurlLoop::act(curl_socket_t socket, int events) {
  int running = 0;
  due_now_ = false;
  curl_multi_socket_action(multi_, socket, events, &running);
  // "Now" is answered here rather than by a timer: one transfer asks for it several times.
  for (int rounds = 0; due_now_ && rounds < 16; ++rounds) {
    due_now_ = false;
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  }
  if (std::exchange(due_now_, false)) timer_.set(deadlines_, 1, [this] { act(CURL_SOCKET_TIMEOUT, 0); });
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Running* ended = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &ended);
    ended->end(message->data.result);
  }
}

}  // namespace commune_watch
