// One thread that listens, one per visitor; plain sockets.
#include "support/rtsp_camera.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <pthread.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace commune_watch {
namespace {

using Ticks = std::chrono::steady_clock;

std::string digest_hex(const std::string& text, bool sha256) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), out, &size, sha256 ? EVP_sha256() : EVP_md5(), nullptr);
  std::string hex;
  char pair[3];
  for (unsigned i = 0; i < size; ++i) std::snprintf(pair, sizeof pair, "%02x", out[i]), hex += pair;
  return hex;
}

// Plain searches: std::regex writes to the global locale, which the visitors' threads would race for.
std::string field(const std::string& text, const std::string& name) {
  for (std::size_t at = text.find(name + "="); at != std::string::npos; at = text.find(name + "=", at + 1)) {
    if (at == 0 || !std::strchr(" ,;", text[at - 1])) continue;
    const std::size_t value = at + name.size() + 1;
    if (text[value] == '"') return text.substr(value + 1, text.find('"', value + 1) - value - 1);
    return text.substr(value, text.find_first_of("\", ;", value) - value);
  }
  return {};
}

std::string header(const std::string& request, const std::string& name) {
  for (std::size_t at = request.find("\r\n"); at != std::string::npos; at = request.find("\r\n", at + 2)) {
    if (::strncasecmp(request.c_str() + at + 2, (name + ":").c_str(), name.size() + 1) != 0) continue;
    const std::size_t value = request.find_first_not_of(' ', at + 2 + name.size() + 1);
    return request.substr(value, request.find("\r\n", value) - value);
  }
  return {};
}

SSL_CTX* tls_of(const Certificate& from) {
  const auto text = [](const std::string& pem) {
    return BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  };
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  BIO* const first = text(from.certificate_pem);
  BIO* const second = text(from.key_pem);
  X509* const certificate = PEM_read_bio_X509(first, nullptr, nullptr, nullptr);
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(second, nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(context, certificate);
  SSL_CTX_use_PrivateKey(context, key);
  X509_free(certificate);
  EVP_PKEY_free(key);
  BIO_free(first);
  BIO_free(second);
  return context;
}

void big_endian(std::string& out, unsigned long value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

}  // namespace

struct RtspCamera::Visitor {
  Visitor(RtspCamera& owner, int connection)
      : camera(owner), fd(connection), thread([this] {
          run();
          leave();
        }) {}
  ~Visitor() {
    ::shutdown(fd, SHUT_RDWR);
    thread.join();
    SSL_free(ssl);
    ::close(fd);
    if (udp >= 0) ::close(udp);
  }
  [[nodiscard]] bool has(Fault fault) const { return camera.script_.faults.contains(fault); }

  void write(const std::string& bytes) const {
    for (std::size_t at = 0; at < bytes.size();) {
      const ssize_t sent = ssl != nullptr
                               ? SSL_write(ssl, bytes.data() + at, static_cast<int>(bytes.size() - at))
                               : ::send(fd, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
      if (sent <= 0) return;
      at += static_cast<std::size_t>(sent);
    }
  }

  void answer(const std::string& request, const std::string& status, const std::string& more = {},
              const std::string& body = {}) const {
    std::string text = "RTSP/1.0 " + status + "\r\n";
    if (!has(Fault::no_cseq)) text += "CSeq: " + header(request, "CSeq") + "\r\n";
    text += more;
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text += "\r\n";
    if (has(Fault::lf_only)) std::erase(text, '\r');
    text += body;
    if (!has(Fault::split)) return write(text);
    for (std::size_t at = 0; at < text.size(); at += 7) {
      write(text.substr(at, 7));
      ::poll(nullptr, 0, 1);
    }
  }

  void challenge(const std::string& request, bool is_stale) {
    nonce = "n" + std::to_string(++nonces) + "f00d";
    std::string headers;
    for (std::string value : camera.script_.challenges) {
      if (const auto at = value.find('%'); at != std::string::npos) value.replace(at, 1, nonce);
      headers += "WWW-Authenticate: " + value + (is_stale ? ", stale=true" : "") + "\r\n";
    }
    answer(request, "401 Unauthorized", headers);
  }

  // Is it the right answer to the nonce that is in force?
  [[nodiscard]] bool login_is_good(const std::string& method, const std::string& uri,
                                   const std::string& given) const {
    const Script& script = camera.script_;
    if (given.starts_with("Basic ")) {
      unsigned char plain[256] = {};
      EVP_DecodeBlock(plain, reinterpret_cast<const unsigned char*>(given.data()) + 6,
                      static_cast<int>(given.size()) - 6);
      return reinterpret_cast<char*>(plain) == script.user + ":" + script.password;
    }
    const bool sha256 = field(given, "algorithm") == "SHA-256";
    const bool offered = std::ranges::any_of(script.challenges, [&](const std::string& c) {
      return (c.find("SHA-256") != std::string::npos) == sha256;
    });
    const std::string a1 =
        digest_hex(script.user + ":" + field(given, "realm") + ":" + script.password, sha256);
    const std::string a2 = digest_hex(method + ":" + field(given, "uri"), sha256);
    const std::string qop = field(given, "qop");
    const std::string wanted = qop.empty() ? digest_hex(a1 + ":" + nonce + ":" + a2, sha256)
                                           : digest_hex(a1 + ":" + nonce + ":" + field(given, "nc") + ":" +
                                                            field(given, "cnonce") + ":" + qop + ":" + a2,
                                                        sha256);
    return offered && field(given, "uri") == uri && field(given, "username") == script.user &&
           field(given, "nonce") == nonce && field(given, "response") == wanted;
  }

  [[nodiscard]] std::string description() const {
    const Script& script = camera.script_;
    std::string text =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=cam\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n";
    if (!has(Fault::no_video)) {
      text += "m=video 0 RTP/AVP 96\r\na=rtpmap:96 " + script.codec + "/90000\r\n";
      if (script.codec == "H264" && script.sprop)
        text += "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0IAHpWoKAv+WQ==,aM48gA==\r\n";
      text += "a=control:" + script.control + "\r\n";
    }
    return text + "m=audio 0 RTP/AVP 8\r\na=control:audio";
  }

  // False: hang up.
  bool take(const std::string& request) {
    const std::string method = request.substr(0, request.find(' '));
    const std::string uri =
        request.substr(method.size() + 1, request.find(' ', method.size() + 1) - method.size() - 1);
    const std::string given = header(request, "Authorization");
    ++camera.requests;
    {
      const std::lock_guard hold(camera.lock_);
      camera.seen_.push_back(request);
    }
    if (!given.empty()) ++camera.credentialed;
    if (given.starts_with("Basic")) ++camera.basic;
    if (has(Fault::silent)) return true;
    if (has(Fault::http)) {
      write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
      return false;
    }
    if (method == "OPTIONS") {
      options = true;
      answer(request, "200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n");
      return true;
    }
    if (method == "TEARDOWN") {
      ++camera.teardowns;
      playing = false;
      leave();
      if (!has(Fault::slow_teardown)) answer(request, "200 OK");
      return true;
    }
    if (has(Fault::redirect))
      return answer(request, "302 Moved Temporarily", "Location: rtsp://192.0.2.66/elsewhere\r\n"), true;
    if (has(Fault::options_first) && !options)
      return answer(request, "455 Method Not Valid In This State"), true;
    if (method == "DESCRIBE" &&
        (has(Fault::busy_always) || (has(Fault::busy_once) && !std::exchange(busy, true))))
      return answer(request, "503 Service Unavailable"), true;
    if (!camera.script_.user.empty()) {
      if (given.empty()) return challenge(request, false), true;
      if (has(Fault::closes_at_login)) return false;
      if (has(Fault::busy_at_login) && !std::exchange(busy, true))
        return answer(request, "503 Service Unavailable"), true;
      if (has(Fault::stale_always) || (has(Fault::stale_once) && !std::exchange(stale, true)))
        return challenge(request, true), true;
      if (!login_is_good(method, uri, given)) {
        ++camera.refused;
        return challenge(request, false), true;
      }
      if (has(Fault::forbidden)) return answer(request, "403 Forbidden"), true;
      if (method == "SETUP" && has(Fault::new_nonce_at_setup) && !std::exchange(stale, true))
        return challenge(request, false), true;
    }
    if (method == "DESCRIBE") return describe(request, uri), true;
    if (method == "SETUP") return set_up(request, uri), true;
    if (method == "PLAY") return play(request), true;
    answer(request, "501 Not Implemented");
    return true;
  }

  void describe(const std::string& request, const std::string& uri) {
    if (has(Fault::not_found)) return answer(request, "404 Not Found");
    if (has(Fault::describe_full)) return answer(request, "453 Not Enough Bandwidth");
    base = uri + "/";
    answer(request, "200 OK",
           "Content-Type: application/sdp\r\nContent-Base: " +
               std::string(has(Fault::doubled_base) ? "rtsp://" : "") + base + "\r\n",
           description());
  }

  void set_up(const std::string& request, const std::string& uri) {
    const std::string transport = header(request, "Transport");
    const std::string& control = camera.script_.control;
    const bool right = control.starts_with("rtsp:")
                           ? uri == control
                           : uri == base + control.substr(control.starts_with('/') ? 1 : 0);
    if (!right) return answer(request, "404 Stream Not Found");
    const Visitor* const viewer = camera.viewer_;
    const bool taken = has(Fault::one_viewer) && viewer != nullptr && viewer != this;
    if (taken || has(Fault::setup_full)) return answer(request, "453 Not Enough Bandwidth");
    const bool tcp = transport.find("TCP") != std::string::npos;
    if (has(Fault::no_transport) || (tcp && has(Fault::udp_only_461)))
      return answer(request, "461 Unsupported Transport");
    if (tcp && has(Fault::udp_only_400)) return answer(request, "400 Bad Request");
    std::string granted;
    if (tcp) {
      channel = has(Fault::other_channels) ? 10 : 0;
      granted = std::string(has(Fault::plain_avp) ? "RTP/AVP" : "RTP/AVP/TCP") +
                ";unicast;interleaved=" + std::to_string(channel) + "-" + std::to_string(channel + 1) +
                ";ssrc=0CAFE001";
    } else {
      udp = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      sockaddr_in local{};
      local.sin_family = AF_INET;
      local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      if (::bind(udp, reinterpret_cast<sockaddr*>(&local), sizeof local) != 0)
        return answer(request, "500 No Port");
      socklen_t size = sizeof local;
      ::getsockname(udp, reinterpret_cast<sockaddr*>(&local), &size);
      const std::string port = std::to_string(std::stoi(field(transport, "client_port")));
      local.sin_port = ntohs(local.sin_port);
      granted = "RTP/AVP;unicast;client_port=" + port + ";server_port=" + std::to_string(local.sin_port) +
                "-" + std::to_string(local.sin_port + 1);
      local.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
      if (::connect(udp, reinterpret_cast<sockaddr*>(&local), sizeof local) != 0)
        return answer(request, "500 No Way");
    }
    answer(request, "200 OK", "Transport: " + granted + "\r\nSession: 1DA7A; timeout=60\r\n");
  }

  void leave() {
    const Visitor* me = this;
    camera.viewer_.compare_exchange_strong(me, nullptr);
  }

  void play(const std::string& request) {
    if (header(request, "Session") != "1DA7A") return answer(request, "454 Session Not Found");
    if (has(Fault::play_full)) return answer(request, "503 Service Unavailable");
    if (has(Fault::data_first)) frame();
    answer(request, "200 OK", "Session: 1DA7A\r\nRTP-Info: url=x;seq=1\r\n");
    playing = !has(Fault::no_media);
    const Visitor* nobody = nullptr;
    camera.viewer_.compare_exchange_strong(nobody, this);
    due = Ticks::now();
  }

  void packet(const std::string& payload, bool marker, bool drop = false) {
    ++sequence;
    if (drop) return;
    if ((has(Fault::stalls) || has(Fault::closes)) && packets >= camera.script_.stall_after) {
      playing = false;
      if (has(Fault::closes)) ::shutdown(fd, SHUT_RDWR);
      return;
    }
    ++packets;
    for (const bool foreign : {true, false}) {
      if (foreign && !has(Fault::foreign_ssrc)) continue;
      std::string rtp = "\x80";
      rtp += static_cast<char>(96 | (marker ? 0x80 : 0));
      big_endian(rtp, foreign ? sequence + 5000 : sequence, 2);
      big_endian(rtp, timestamp, 4);
      big_endian(rtp, foreign ? 0x0BAD0BAD : 0x0CAFE001, 4);
      rtp += payload;
      if (udp >= 0) {
        ::send(udp, rtp.data(), rtp.size(), MSG_NOSIGNAL);
        continue;
      }
      std::string framed = has(Fault::garbage) ? "\x01\x02 trash \x24\x63" : "";
      framed += '$';
      framed += static_cast<char>(channel);
      big_endian(framed, rtp.size(), 2);
      write(framed + rtp);
    }
  }

  void frame() {
    const Script& script = camera.script_;
    const bool key = frames % script.key_frame_every == 0 && !has(Fault::no_key_frame);
    timestamp += 90'000U / static_cast<unsigned>(script.frames_per_second);
    if (script.codec == "H265") {
      if (key)
        for (const char* set : {"\x40\x01\x0c", "\x42\x01\x01", "\x44\x01\xc1"}) packet(set, false);
      fragmented(key ? std::string("\x62\x01") + '\x93' : std::string("\x62\x01") + '\x81', key);
    } else if (key) {
      if (!script.sprop) packet(std::string("\x67\x42\x00\x1e", 4), false), packet("\x68\xce\x3c\x80", false);
      fragmented(std::string("\x7c") + '\x85', true);
    } else {
      packet(std::string("\x41\x9a") + std::string(300, 'p'), true, has(Fault::lossy) && frames % 5 == 3);
    }
    ++frames;
  }

  // A slice in four fragments; `first` ends with the FU header that bears the start bit.
  void fragmented(std::string first, bool key) {
    const bool torn = key && has(Fault::torn_key_frame);
    packet(first + '\xb8' + std::string(1000, 'k'), false);
    first.back() = static_cast<char>(first.back() & 0x3F);
    packet(first + std::string(1000, 'k'), false, torn);
    packet(first + std::string(1000, 'k'), false);
    first.back() = static_cast<char>(first.back() | 0x40);
    packet(first + std::string(500, 'k'), true);
  }

  // SIGPIPE of SSL_write ends with the thread's mask; the camera's other threads write with MSG_NOSIGNAL.
  bool shake_hands() {
    if (camera.tls_ == nullptr) return true;
    sigset_t pipes;
    sigemptyset(&pipes);
    sigaddset(&pipes, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipes, nullptr);
    ssl = SSL_new(camera.tls_);
    SSL_set_fd(ssl, fd);
    return SSL_accept(ssl) == 1;
  }

  void run() {
    if (!shake_hands()) return static_cast<void>(::shutdown(fd, SHUT_RDWR));
    std::string text;
    for (;;) {
      int wait = -1;
      if (playing) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(due - Ticks::now()).count();
        if (left <= 0) {
          frame();
          due += std::chrono::milliseconds(1000 / camera.script_.frames_per_second);
          continue;
        }
        wait = static_cast<int>(left);
      }
      pollfd ready{fd, POLLIN, 0};
      if ((ssl == nullptr || SSL_pending(ssl) == 0) && ::poll(&ready, 1, wait) <= 0) {
        if (playing) continue;
        return;
      }
      char piece[4096];
      const ssize_t count =
          ssl != nullptr ? SSL_read(ssl, piece, sizeof piece) : ::recv(fd, piece, sizeof piece, 0);
      if (count <= 0) return;
      text.append(piece, static_cast<std::size_t>(count));
      for (std::size_t end = text.find("\r\n\r\n"); end != std::string::npos; end = text.find("\r\n\r\n")) {
        const std::string request = text.substr(0, end + 4);
        text.erase(0, end + 4);
        if (take(request)) continue;
        ::shutdown(fd, SHUT_RDWR);
        return;
      }
    }
  }

  RtspCamera& camera;
  ssl_st* ssl = nullptr;
  int fd, udp = -1, channel = 0;
  std::string nonce, base;
  int nonces = 0, packets = 0, frames = 0;
  bool options = false, busy = false, stale = false, playing = false;
  unsigned long sequence = 65'500, timestamp = 4'294'900'000UL;
  Ticks::time_point due;
  std::thread thread;
};

RtspCamera::RtspCamera(Script script, std::uint16_t port) : script_(std::move(script)) {
  if (script_.certificate) tls_ = tls_of(*script_.certificate);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + script_.host);
  local.sin_port = htons(port);
  socklen_t size = sizeof local;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&local), size) != 0 || ::listen(listener_, 64) != 0)
    throw std::runtime_error("the simulated camera cannot listen");
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&local), &size);
  port_ = ntohs(local.sin_port);
  thread_ = std::thread([this] { serve(); });
}

RtspCamera::~RtspCamera() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  visitors_.clear();
  SSL_CTX_free(tls_);
  ::close(listener_);
}

void RtspCamera::serve() {
  while (!stopping_) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    ++connections;
    visitors_.push_back(std::make_unique<Visitor>(*this, connection));
  }
}

std::string RtspCamera::url(const std::string& path) const {
  return (tls_ != nullptr ? "rtsps://127.0.0." : "rtsp://127.0.0.") + std::to_string(script_.host) + ":" +
         std::to_string(port_) + path;
}

std::vector<std::string> RtspCamera::seen() {
  const std::lock_guard hold(lock_);
  return seen_;
}

}  // namespace commune_watch
