// libcurl's multi interface, for only that can be woken: no redirect, no proxy, no cookie, certificates
// checked.
#include "publish/witness_http.hpp"

#include <curl/curl.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace commune_watch::publish {
namespace {

constexpr std::size_t kMostBody = 64 * 1024;
constexpr int kLookMs = 1000;

struct Sink {
  std::string body;
  bool too_long = false;
};

std::size_t take(char* bytes, std::size_t, std::size_t size, void* into) {
  auto& sink = *static_cast<Sink*>(into);
  if (sink.body.size() + size > kMostBody) {
    sink.too_long = true;
    return CURL_WRITEFUNC_ERROR;
  }
  sink.body.append(bytes, size);
  return size;
}

// What people can do something about is said in their words; the library's own follow.
std::string words(CURLcode code, const char* detail, bool too_long) {
  const std::string own = std::string(" (") + (*detail != '\0' ? detail : curl_easy_strerror(code)) + ")";
  if (too_long) return "nhân chứng trả lời quá dài / the witness's answer is too long";
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "không phân giải được tên máy nhân chứng / the witness's name does not resolve" + own;
    case CURLE_COULDNT_CONNECT:
      return "không kết nối được với nhân chứng / the witness cannot be reached" + own;
    case CURLE_OPERATION_TIMEDOUT:
      return "nhân chứng không trả lời kịp / the witness did not answer in time" + own;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return "chứng thư TLS của nhân chứng không được chấp nhận / the witness's certificate is not good" +
             own;
    default:
      return "không hỏi được nhân chứng / the witness could not be asked" + own;
  }
}

void set_up(CURL* easy, const WitnessPost& post, curl_slist* headers, Sink& sink, char* detail) {
  curl_easy_setopt(easy, CURLOPT_URL, post.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, post.url.starts_with("https:") ? "https" : "http");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(post.limit));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!post.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, post.ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post.body.data());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(post.body.size()));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &sink);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
}

}  // namespace

struct WitnessHttp::Thread {
  explicit Thread(std::function<void(WitnessAnswer)> told_in) : told(std::move(told_in)) {
    static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
    static_cast<void>(kReady);
    multi = curl_multi_init();
    thread = std::thread([this] { run(); });
  }
  ~Thread() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_one();
    curl_multi_wakeup(multi);
    thread.join();
    curl_multi_cleanup(multi);
  }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  void run() {
    while (true) {
      WitnessPost post;
      {
        std::unique_lock lock(mutex);
        wake.wait(lock, [&] { return stopping || next; });
        if (stopping) return;
        post = std::move(*next);
        next.reset();
      }
      if (auto answer = exchange(post)) told(std::move(*answer));
    }
  }

  bool is_stopping() {
    const std::lock_guard lock(mutex);
    return stopping;
  }

  // Absent: broken off.
  std::optional<WitnessAnswer> exchange(const WitnessPost& post) {
    Sink sink;
    std::array<char, CURL_ERROR_SIZE> detail{};
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(), &curl_easy_cleanup);
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
        curl_slist_append(nullptr, "Content-Type: text/plain; charset=utf-8"), &curl_slist_free_all);
    curl_slist_append(headers.get(), "Expect:");  // a body this small is not announced first
    set_up(easy.get(), post, headers.get(), sink, detail.data());
    curl_multi_add_handle(multi, easy.get());
    int running = 1;
    while (running > 0 && !is_stopping()) {
      if (curl_multi_perform(multi, &running) != CURLM_OK) break;
      if (running > 0) curl_multi_poll(multi, nullptr, 0, kLookMs, nullptr);
    }
    std::optional<WitnessAnswer> answer;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left))
      if (message->msg == CURLMSG_DONE && !answer)  // there is one request, and one end of it
        answer = judge(easy.get(), message->data.result, detail.data(), sink);
    curl_multi_remove_handle(multi, easy.get());
    if (!answer && !is_stopping())
      answer = WitnessAnswer{.why = "không hỏi được nhân chứng / the witness could not be asked"};
    return answer;
  }

  static WitnessAnswer judge(CURL* easy, CURLcode code, const char* detail, Sink& sink) {
    WitnessAnswer answer;
    if (code != CURLE_OK) {
      answer.why = words(code, detail, sink.too_long);
      return answer;
    }
    long status = 0;
    const char* type = nullptr;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    answer.status = static_cast<int>(status);
    answer.type = type != nullptr ? type : "";
    std::swap(answer.body, sink.body);
    return answer;
  }

  std::function<void(WitnessAnswer)> told;
  CURLM* multi = nullptr;
  std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;
  std::optional<WitnessPost> next;
  std::thread thread;
};

WitnessHttp::WitnessHttp(std::function<void(WitnessAnswer)> told)
    : thread_(std::make_unique<Thread>(std::move(told))) {}

WitnessHttp::~WitnessHttp() = default;

void WitnessHttp::send(WitnessPost post) {
  {
    const std::lock_guard lock(thread_->mutex);
    thread_->next = std::move(post);
  }
  thread_->wake.notify_one();
}

}  // namespace commune_watch::publish
