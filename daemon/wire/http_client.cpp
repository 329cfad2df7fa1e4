// One HTTP request: one transfer, or two where the device asks for a login, or three where its nonce had
// become stale.
#include "wire/http_client.hpp"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <utility>

#include "wire/curl_loop.hpp"
#include "wire/http_login.hpp"
#include "wire/real_clock.hpp"
#include "wire/tls_check.hpp"
#include "wire/trouble.hpp"

namespace commune_watch {
namespace {

constexpr std::size_t kMaxHeaders = 100;
constexpr std::size_t kIdleHandles = 32;
constexpr const char* kUserAgent = "commune-watch/" CW_VERSION;

std::string random_bytes(std::size_t many) {
  std::string bytes(many, '\0');
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    std::abort();  // it never blocks after boot
  return bytes;
}

std::string client_nonce() {
  std::string text;
  for (const unsigned char each : random_bytes(8)) {
    text.push_back("0123456789abcdef"[each >> 4U]);
    text.push_back("0123456789abcdef"[each & 0xfU]);
  }
  return text;
}

class List {  // of libcurl's, owned
 public:
  List() = default;
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  ~List() { curl_slist_free_all(list_); }
  void add(const std::string& line) { list_ = curl_slist_append(list_, line.c_str()); }
  void clear() { curl_slist_free_all(std::exchange(list_, nullptr)); }
  [[nodiscard]] curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

// What libcurl's callbacks gather of one request; on the frame of HttpClient::http.
struct Gathering {
  Gathering(const HttpRequest& from, TlsCheck& tls_check)
      : request(from),
        tls(tls_check),
        login(from.login, from.login ? client_nonce() : std::string(), from.soap.has_value()) {}

  const HttpRequest& request;
  TlsCheck& tls;
  CURL* easy = nullptr;
  HttpReply reply{};
  HttpLogin login;
  std::shared_ptr<Handshake> handshake{};
  std::size_t header_bytes = 0;
  bool with_login = false;  // this transfer bears the login …
  bool login_sent = false;  // … and it went out
  bool too_large = false, cut = false;
};

void note_certificate(Gathering& to, const Handshake& from) {
  to.reply.certificate_not_after = from.not_after;
  to.reply.spki_sha256 = from.spki_sha256;
  to.reply.certificate_trouble = from.trouble;
}

// "HTTP/1.1 200 OK" begins an answer (an interim one, too, or one more after a login).
bool status_line(Gathering& to, std::string_view line) {
  if (!line.starts_with("HTTP/")) return false;
  const auto space = line.find(' ');
  int status = 0;
  if (space != std::string_view::npos)
    std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
  to.reply.status = status;
  to.reply.headers.clear();
  to.reply.body.clear();
  return true;
}

void head_is_whole(Gathering& to) {
  if (to.reply.status < 200) return;
  if (to.reply.spki_sha256.empty() && to.request.url.scheme == "https") {
    curl_tlssessioninfo* session = nullptr;
    if (curl_easy_getinfo(to.easy, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK && session != nullptr)
      if (const Handshake* shaken = TlsCheck::of(static_cast<const SSL*>(session->internals)))
        note_certificate(to, *shaken);
  }
  // A connection is kept for the login's sake only.
  if (!to.request.keep_alive && !to.login.will_ask_again(to.reply.status, to.reply.headers))
    curl_easy_setopt(to.easy, CURLOPT_FORBID_REUSE, 1L);
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  Gathering& to = *static_cast<Gathering*>(user);
  to.header_bytes += size;
  std::string_view line(data, size);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (to.header_bytes > to.request.max_header || to.reply.headers.size() >= kMaxHeaders) {
    to.too_large = true;
    return 0;
  }
  if (line.empty()) {
    head_is_whole(to);
  } else if (!status_line(to, line)) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos)
      return size;  // a folded or broken line says nothing that is looked at
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto value = line.find_first_not_of(" \t", colon + 1);
    to.reply.headers.emplace_back(std::move(name),
                                  value == std::string_view::npos ? "" : std::string(line.substr(value)));
  }
  return size;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  Gathering& to = *static_cast<Gathering*>(user);
  const std::size_t room = to.request.max_body - to.reply.body.size();
  to.reply.body.append(data, std::min(size, room));
  if (size <= room) return size;
  (to.request.cut_body ? to.cut : to.too_large) = true;
  return 0;
}

// Called before a request goes out on a connection. libcurl sends a request again by itself when a reused
// connection turns out to be dead; one that bears a login never goes out twice.
int before_request(void* user, char*, char*, int, int) {
  Gathering& to = *static_cast<Gathering*>(user);
  to.reply.connected = true;
  if (!to.with_login) return CURL_PREREQFUNC_OK;
  if (std::exchange(to.login_sent, true)) return CURL_PREREQFUNC_ABORT;
  ++to.reply.credentialed_requests;
  return CURL_PREREQFUNC_OK;
}

CURLcode on_context(CURL*, void* context, void* user) {
  Gathering& to = *static_cast<Gathering*>(user);
  to.reply.connected = true;  // the handshake begins on a connection
  to.handshake = std::make_shared<Handshake>();
  to.handshake->policy = to.request.tls;
  to.handshake->host = to.request.url.host;
  to.tls.prepare(static_cast<SSL_CTX*>(context), to.handshake);
  return CURLE_OK;
}

void prepare_method(CURL* easy, const HttpRequest& request) {
  if (request.method == "HEAD")
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  else if (request.method != "GET")
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (!request.body.empty() || request.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
  }
}

void prepare_tls(CURL* easy, Gathering& to) {
  using Verify = TlsPolicy::Verify;
  const TlsPolicy& policy = to.request.tls;
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &on_context);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &to);
  // The check is TlsCheck's; these keep connections apart that were made under different policies.
  const bool authority = policy.verify == Verify::authority;
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, authority ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, authority ? 2L : 0L);
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);  // a resumed session shows no certificate
  curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
  if (policy.verify == Verify::pin)
    curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, ("sha256//" + policy.spki_sha256).c_str());
  if (policy.verify == Verify::pin || policy.verify == Verify::off)
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_0));
}

void prepare(CURL* easy, Gathering& to) {
  const HttpRequest& request = to.request;
  const bool kept = request.keep_alive && request.tls.verify != TlsPolicy::Verify::observe;
  curl_easy_setopt(easy, CURLOPT_URL, request.url.text().c_str());
  curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET,
                   request.url.target.c_str());  // byte for byte: Digest signs it
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, kUserAgent);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_limit));
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT,
                   2L);  // the cache is swept after every transfer: keep it short
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, kept ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, kept || request.login ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &to);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &to);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &before_request);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, &to);
  prepare_method(easy, request);
  if (request.url.scheme == "https") prepare_tls(easy, to);
}

// The request's body with a token in it.
std::string body_with_token(const HttpRequest& request) {
  std::string body = request.body;
  const std::size_t at = std::min(request.soap->at, body.size());
  return body.insert(at, security_header(*request.login, request.soap->created, random_bytes(16)));
}

// libcurl is told the addresses that we looked up; a look-up of its own could not be called off.
void prepare_addresses(CURL* easy, const HttpRequest& request, const Addresses& addresses, List& names) {
  if (addresses.list.size() == 1 && addresses.list.front().to_string() == request.url.host) return;
  std::string line = "+" + request.url.host + ":" + std::to_string(request.url.port) + ":";
  if (request.url.ipv6()) return;
  for (std::size_t i = 0; i < addresses.list.size(); ++i)
    line += (i == 0 ? "" : ",") + addresses.list[i].to_string();
  names.add(line);
  curl_easy_setopt(easy, CURLOPT_RESOLVE, names.get());
}

long number_of(CURL* easy, CURLINFO what) {
  long value = 0;
  curl_easy_getinfo(easy, what, &value);
  return value;
}

bool is_tls(CURLcode code) {
  switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return true;
    default:
      return false;
  }
}

Trouble trouble_with(CURLcode code, int error, const Gathering& by, const std::string& address) {
  switch (code) {
    case CURLE_OK:
      return Trouble::none;
    case CURLE_WRITE_ERROR:
      return by.cut ? Trouble::none : Trouble::too_large;
    case CURLE_OUT_OF_MEMORY:  // so libcurl 7.88 calls a header line of more than 100 kB
      return Trouble::too_large;
    case CURLE_OPERATION_TIMEDOUT:
      return by.reply.status != 0 ? Trouble::stalled : Trouble::timed_out;
    case CURLE_COULDNT_RESOLVE_HOST:
      return Trouble::name;
    case CURLE_COULDNT_CONNECT: {
      const Trouble trouble = error == 0 ? Trouble::host_unreachable : trouble_of(error);
      return trouble == Trouble::net_unreachable && !has_route(address) ? Trouble::no_route : trouble;
    }
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_ABORTED_BY_CALLBACK:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return error == ECONNRESET || error == EPIPE ? Trouble::reset : Trouble::closed;
    case CURLE_FAILED_INIT:
      return Trouble::local;
    default:
      break;
  }
  if (is_tls(code)) return error == ECONNRESET ? Trouble::reset : Trouble::tls;
  return Trouble::malformed;
}

std::string words_for(Trouble trouble, CURLcode code, int error, const Gathering& by, const char* details) {
  if (trouble == Trouble::none || trouble == Trouble::timed_out || trouble == Trouble::stalled) return {};
  if (trouble == Trouble::tls && by.handshake && !by.handshake->trouble.empty()) return by.handshake->trouble;
  if (trouble == Trouble::too_large)
    return by.reply.status == 0 ? "the answer's head is too large" : "the answer is too large";
  if (code == CURLE_COULDNT_CONNECT && error != 0) return words_of(error);
  return *details != '\0' ? details : curl_easy_strerror(code);
}

std::string header_line(const std::string& name, const std::string& value) {
  std::string line = name;
  line += ": ";
  line += value;
  return line;
}

}  // namespace

struct HttpClient::Parts {
  Parts(asio::io_context& io, Deadlines& deadlines) : loop(io, deadlines) {}
  ~Parts() {
    for (CURL* each : idle) curl_easy_cleanup(each);
  }

  CURL* take() {
    if (idle.empty()) return curl_easy_init();
    CURL* easy = idle.back();
    idle.pop_back();
    return easy;
  }
  void give_back(CURL* easy) {
    if (idle.size() >= kIdleHandles) return curl_easy_cleanup(easy);
    curl_easy_reset(easy);
    idle.push_back(easy);
  }

  CurlLoop loop;
  TlsCheck tls;
  std::vector<CURL*> idle;
};

HttpClient::HttpClient(asio::io_context& io, Deadlines& deadlines, Resolver& resolver)
    : resolver_(resolver), parts_(std::make_unique<Parts>(io, deadlines)) {}

HttpClient::~HttpClient() = default;

asio::awaitable<HttpReply> HttpClient::http(HttpRequest request) {
  const Stopwatch watch;
  Addresses addresses = co_await resolver_.resolve(request.url.host, request.limit);
  Gathering gathering(request, parts_->tls);
  HttpReply& reply = gathering.reply;
  if (addresses.trouble != Trouble::none) {
    reply.trouble = addresses.trouble;
    reply.words = std::move(addresses.words);
    reply.took_us = watch.us();
    co_return std::move(reply);
  }

  struct Handle {
    Parts& parts;
    CURL* easy;
    ~Handle() { parts.give_back(easy); }
  };
  List names, headers, headers_with_login;
  std::array<char, CURL_ERROR_SIZE> details{};
  const Handle handle{*parts_, parts_->take()};
  CURL* const easy = gathering.easy = handle.easy;
  prepare(easy, gathering);
  prepare_addresses(easy, request, addresses, names);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, details.data());
  for (const auto& [name, value] : request.headers) headers.add(header_line(name, value));
  if (headers.get() != nullptr) curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());

  std::optional<std::string> authorization;
  std::string token_body;
  bool once_more = false;
  do {
    gathering.with_login = once_more;
    gathering.login_sent = false;
    gathering.header_bytes = 0;
    if (authorization) {
      headers_with_login.clear();
      for (const auto& [name, value] : request.headers) headers_with_login.add(header_line(name, value));
      headers_with_login.add("Authorization: " + *authorization);
      curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_with_login.get());
      curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT,
                       0L);  // the connection of the challenge, where the device kept it
    }
    const CURLcode code = co_await parts_->loop.perform(easy, request.limit - watch.us() / 1'000);
    const int error = static_cast<int>(number_of(easy, CURLINFO_OS_ERRNO));
    curl_off_t connect_us = 0;
    curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connect_us);
    reply.connect_us = std::max<std::int64_t>(reply.connect_us, connect_us);
    reply.connected = reply.connected || connect_us > 0 || reply.status != 0;
    if (gathering.handshake) note_certificate(gathering, *gathering.handshake);
    if (gathering.too_large) gathering.cut = false;
    reply.trouble = trouble_with(code, error, gathering, addresses.list.front().to_string());
    reply.words = words_for(reply.trouble, code, error, gathering, details.data());
    authorization.reset();
    if (reply.trouble != Trouble::none) break;
    const auto fault = request.soap ? soap_fault(reply.body) : std::nullopt;
    if (request.soap && !request.soap->created.empty() &&
        gathering.login.give_token(reply.status, reply.headers, fault)) {
      once_more = true;
      token_body = body_with_token(request);
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(token_body.size()));
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, token_body.c_str());
    } else {
      authorization =
          gathering.login.next(reply.status, reply.headers, request.method, request.url.target, fault);
      once_more = authorization.has_value();
    }
  } while (once_more);
  reply.login = gathering.login.standing();
  reply.took_us = watch.us();
  co_return std::move(reply);
}

}  // namespace commune_watch
