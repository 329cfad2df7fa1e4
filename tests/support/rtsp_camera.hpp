// A camera on loopback that misbehaves on command and counts what reaches it. Its parser, Digest and framing
// are its own.
//
// Where each fault was met: research of go2rtc, retina, frigate and SharpRTSP issues, named at the
// enumerators.
#pragma once
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/certificate.hpp"

struct ssl_ctx_st;

namespace commune_watch {

class RtspCamera {
 public:
  enum class Fault {
    redirect,       // DESCRIBE: 302 to another host
    silent,         // takes the connection, says nothing
    http,           // an HTTP server listens there
    not_found,      // 404
    forbidden,      // 403 after a good login (frigate: locked, no permission)
    describe_full,  // 453 at DESCRIBE (HikLoad#4)
    setup_full,     // 453 at SETUP (unifi-cam-proxy#340)
    play_full,      // 503 at PLAY
    busy_once,      // 503 to the first DESCRIBE while a pipeline starts
    busy_at_login,  // 503 to the first DESCRIBE with a login
    busy_always,    // 503 to every DESCRIBE
    udp_only_461,   // TCP transport: 461
    no_transport,   // every transport: 461
    udp_only_400,   // TCP transport: 400 (rtsp-streaming-server)
    stale_once,     // the first login's nonce is called stale
    stale_always,
    new_nonce_at_setup,  // 401 to SETUP with a new nonce (Axis M5525)
    closes_at_login,     // hangs up instead of an answer to a login
    options_first,       // DESCRIBE before OPTIONS: 455
    split,               // every answer in pieces of a few bytes
    lf_only,             // lines end with LF
    no_cseq,
    data_first,      // media before PLAY's answer
    other_channels,  // interleaved=10-11 although 0-1 was asked
    plain_avp,       // answers RTP/AVP to a TCP SETUP (Escam Q6)
    foreign_ssrc,    // the last visitor's stream goes on inside this connection (live555 before 2017.06.04)
    garbage,         // bytes between frames
    no_media,        // PLAY: 200, then nothing
    stalls,          // media stops after `stall_after` packets, the connection stays
    closes,          // media ends by closing after `stall_after` packets
    no_key_frame,    // P frames only
    torn_key_frame,  // a packet of each key frame is missing
    slow_teardown,   // TEARDOWN is never answered
    no_video,        // audio only
    doubled_base,    // Content-Base: rtsp://rtsp://
    lossy,           // every fifth picture between key frames never arrives
    one_viewer,      // 453 at SETUP while somebody else is watching
  };
  struct Script {
    std::string user, password;  // empty user: open to all
    std::vector<std::string> challenges{
        "Digest realm=\"cam\", nonce=\"%\""};  // WWW-Authenticate values; % is the nonce
    std::set<Fault> faults;
    std::string control = "trackID=1";
    std::string codec = "H264";
    int frames_per_second = 25, key_frame_every = 25, stall_after = 40;
    std::uint8_t host = 1;                   // it listens at 127.0.0.host
    std::optional<Certificate> certificate;  // it speaks TLS: rtsps
    bool sprop = true;  // parameter sets in the SDP; in band always before a key frame unless `sprop`
  };

  explicit RtspCamera(Script script, std::uint16_t port = 0);
  ~RtspCamera();
  RtspCamera(const RtspCamera&) = delete;
  RtspCamera& operator=(const RtspCamera&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& path = "/live") const;

  // Counts of requests that arrived.
  std::atomic<int> connections{0}, requests{0}, credentialed{0}, basic{0}, refused{0}, teardowns{0};
  [[nodiscard]] std::vector<std::string> seen();  // the requests as they came

 private:
  struct Visitor;
  void serve();
  Script script_;
  ssl_ctx_st* tls_ = nullptr;
  std::atomic<const Visitor*> viewer_{nullptr};  // who is watching
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::mutex lock_;
  std::vector<std::string> seen_;
  std::list<std::unique_ptr<Visitor>> visitors_;
  std::thread thread_;
};

}  // namespace commune_watch
