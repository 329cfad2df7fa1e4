// The world as one interface: what a driver may do to a device. Real in wire/net_wire, scripted in
// tests/support.
//
// Every operation has a deadline and size caps, is read-only, follows no redirect, and answers with what
// happened as values: no exceptions, no clocks (answers carry their durations). Cancelling the coroutine ends
// the operation at once: it unwinds with asio's operation_aborted. Whoever made a Wire ends all its
// operations before it dies. Shapes: durations in milliseconds unless named _us; texts are raw device bytes,
// to be cleaned before anybody reads them.
#pragma once
#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/clock.hpp"
#include "domain/picture.hpp"
#include "domain/url.hpp"

namespace commune_watch {

// How an operation ended below the protocol. `name`, `local`, `not_permitted` and `no_route` are the
// gateway's own troubles.
enum class Trouble : std::uint8_t {
  none,
  refused,           // ECONNREFUSED
  host_unreachable,  // EHOSTUNREACH, ICMP
  net_unreachable,   // ENETUNREACH that a router on the way reported (ICMP)
  timed_out,         // our deadline, or ETIMEDOUT
  reset,             // ECONNRESET, EPIPE
  closed,            // orderly end before the answer was whole
  stalled,           // bytes flowed, then nothing
  name,              // the host name does not resolve
  tls,               // handshake or certificate refused (words say which)
  too_large,         // a cap was hit
  malformed,         // not this protocol
  local,             // our descriptors, memory, interfaces
  not_permitted,     // our kernel or unit does not allow it (ICMP sockets)
  no_route,          // ENETUNREACH of our own routing table
};

struct Login {
  std::string username, password;
  bool allow_basic = false;  // only where the configuration says auth = "basic"
};

// What became of a login: at most one credentialed attempt per operation (a `stale` nonce may be answered
// once more).
enum class LoginAnswer : std::uint8_t {
  not_asked,  // the device wanted none
  not_given,  // it wanted one, and none was permitted or configured
  accepted,
  refused,      // definite: 401 (or SOAP's NotAuthorized) to a correct answer with a fresh nonce
  wants_basic,  // only Basic was offered and that is not allowed: nothing was sent
  unsupported,  // none of the offered kinds is spoken here: nothing was sent
  unsettled,    // given, and what came back settles nothing (403, 5xx, the connection was cut)
};

struct EchoRequest {
  std::string host;  // address or name
  Millis limit = 2'000;
};
struct EchoReply {
  Trouble trouble = Trouble::none;
  std::string words;  // our kernel's or resolver's, with the sysctl to set where that is the matter
  std::int64_t took_us = 0;
};

struct ConnectRequest {
  std::string host;
  std::uint16_t port = 0;
  Millis limit = 3'000;
};
struct ConnectReply {
  Trouble trouble = Trouble::none;
  int error = 0;  // errno
  std::string words;
  std::int64_t took_us = 0;
};

// authority: the machine's certificate authorities and the host's name; observe: the same, but what is wrong
// is only reported; pin: this very public key, whoever signed it, whatever its dates;
// off: encrypted, by whom is not asked.
struct TlsPolicy {
  enum class Verify : std::uint8_t { authority, observe, pin, off } verify = Verify::authority;
  std::string spki_sha256;  // base64, for pin
};

// For a SOAP request: a login may also be asked for by a fault in the answer's body, and is then given as a
// WS-Security UsernameToken in the request's. Once, and not after another kind of login was given. Basic is
// never given to a SOAP service.
struct SoapLogin {
  std::string created;  // now by the device's own clock, "2026-11-22T14:00:00Z"; empty: no token can be made
  std::size_t at = 0;   // where in the body a Header may stand; the envelope's prefix is `s`
};

struct HttpRequest {
  Url url;
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::optional<Login> login;  // Digest; Basic only if login.allow_basic
  std::optional<SoapLogin> soap;
  TlsPolicy tls;
  bool keep_alive =
      false;  // true only towards monitoring points: a device's probe must prove that one can connect
  Millis connect_limit = 3'000, limit = 10'000;
  std::size_t max_header = 32 * 1024, max_body = 256 * 1024;
  bool cut_body = false;  // what is over max_body is left unread, and is no trouble
};
struct HttpReply {
  Trouble trouble = Trouble::none;
  std::string words;
  int status = 0;                                            // 0: no answer
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  bool connected = false;  // TCP was established (tells "host gone" from "service silent")
  LoginAnswer login = LoginAnswer::not_asked;
  std::optional<Millis> certificate_not_after;  // UTC, of the leaf
  std::string certificate_trouble;  // what verification had to say; empty: nothing wrong, or not asked
  std::string spki_sha256;          // of the leaf, base64; empty without TLS
  std::int64_t connect_us = 0, took_us = 0;
  int credentialed_requests = 0;  // that left this machine
  [[nodiscard]] const std::string* header(std::string_view lower_name) const {
    for (const auto& [name, value] : headers)
      if (name == lower_name) return &value;
    return nullptr;
  }
};

enum class RtspTransport : std::uint8_t { automatic, tcp, udp };
enum class DigestAlgorithm : std::uint8_t { automatic, md5, sha256 };
enum class RtspStage : std::uint8_t {
  connect,
  describe,
  setup,
  play,
  media,
  key_frame
};  // reached, in order

struct RtspRequest {
  Url url;  // rtsp:// or rtsps://
  std::optional<Login> login;
  TlsPolicy tls;                                       // for rtsps
  RtspStage until = RtspStage::key_frame;              // stop (and TEARDOWN) once this is proven
  RtspTransport transport = RtspTransport::automatic;  // remembered from last time
  DigestAlgorithm algorithm = DigestAlgorithm::automatic;
  Millis connect_limit = 3'000, answer_limit = 5'000;
  Millis first_packet_limit = 3'000;  // after PLAY: none by then = no media
  Millis key_frame_limit = 10'000;    // after the first packet
  Millis stall_limit = 3'000;         // between packets
  Millis media_window = 1'000;        // media is proven by packets over this long, not by the first one
  Millis limit = 25'000;
  std::size_t max_sdp = 16 * 1024, max_key_frame = 2 * 1024 * 1024;
  bool keep_picture = false;  // the key frame's packets are wanted (RtspReply::picture)
};
// One picture as it came: what a decoder needs.
struct CodedPicture {
  std::string codec;  // "H264", "H265", "JPEG"; or kJpegFile
  std::uint8_t payload_type = 0;
  std::uint32_t clock_rate = 90'000;
  std::string parameter_sets;  // as the SDP has them: H.264 sprop-parameter-sets; H.265 VPS;SPS;PPS; base64
  std::string packets;         // RTP packets, each after its length in two bytes (RFC 4571); or the file
};
struct RtpStatistics {
  std::int64_t packets = 0, lost = 0, bytes = 0, foreign_ssrc = 0;
  std::int64_t jitter_us = 0;  // RFC 3550 §6.4.1; over UDP only: TCP's pieces say nothing of the network
  std::int64_t frames = 0;     // distinct timestamps
  Millis span = 0;             // first to last packet
  Millis media_span = 0;       // the same by RTP timestamps: what frame and bit rates are worked out from
};
struct RtspReply {
  RtspStage reached =
      RtspStage::connect;  // the last stage that succeeded; meaningless while connected is false
  bool connected = false;
  Trouble trouble =
      Trouble::none;  // at the stage after `reached`; none with status >= 300: the device said no
  int status = 0;     // last RTSP status
  std::string words;  // status line or what was wrong
  LoginAnswer login = LoginAnswer::not_asked;
  std::string codec;                                   // "H264", "H265", "JPEG" …; empty: no video track
  RtspTransport transport = RtspTransport::automatic;  // that worked
  DigestAlgorithm algorithm = DigestAlgorithm::automatic;
  RtpStatistics rtp;
  std::int64_t key_frame_bytes = 0;
  Millis key_frame_after = 0;                   // from PLAY's answer
  CodedPicture picture;                         // of the key frame, if it was to be kept
  std::optional<Millis> certificate_not_after;  // as HttpReply's
  std::string certificate_trouble, spki_sha256;
  std::int64_t connect_us = 0, answer_us = 0, took_us = 0;
  int credentialed_requests = 0;  // that left this machine
};

struct PictureRequest {
  CodedPicture picture;
  Millis limit = 4'000;        // waiting for its turn and for an inspector included
  bool small_picture = false;  // a small JPEG of it is wanted, too
};
struct PictureReply {
  Look look = Look::nobody;
  std::string words;
  PictureStatistics statistics;
  std::string
      small_picture{};  // JPEG, at most kMaxSmallPicture bytes; foreign bytes, to be kept and not read
  std::int64_t took_us = 0;
};

// A file on this machine that somebody else writes: a platform's export.
struct FileRequest {
  std::string path;  // absolute
  std::size_t max_bytes = 4 * 1024 * 1024;
};
struct FileReply {
  Trouble trouble = Trouble::none;  // local: it is not there, is no plain file, or cannot be read;
                                    // not_permitted; too_large; closed: it was written to while it was read
  std::string words;
  std::string text;
  Millis modified = 0;  // UTC, by this machine's clock
  std::int64_t took_us = 0;
};

class Wire {
 public:
  virtual ~Wire() = default;
  virtual asio::awaitable<EchoReply> echo(EchoRequest request) = 0;
  virtual asio::awaitable<ConnectReply> connect(ConnectRequest request) = 0;
  virtual asio::awaitable<HttpReply> http(HttpRequest request) = 0;
  virtual asio::awaitable<RtspReply> rtsp(RtspRequest request) = 0;
  virtual asio::awaitable<FileReply> file(FileRequest) {
    co_return FileReply{
        .trouble = Trouble::local, .words = "no files here", .text = {}, .modified = 0, .took_us = 0};
  }
  // Has a picture decoded and measured, outside this process. Where nobody does that: Look::nobody.
  virtual asio::awaitable<PictureReply> picture(PictureRequest) {
    co_return PictureReply{.look = Look::nobody, .words = "no inspector", .statistics = {}, .took_us = 0};
  }
};

}  // namespace commune_watch
