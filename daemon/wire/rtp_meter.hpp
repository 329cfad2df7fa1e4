// Counts one RTP stream: packets, loss by extended sequence number, jitter, frames (RFC 3550 §6.4.1, A.1,
// A.3, A.8).
//
// Picks the stream out of what arrives: the announced SSRC, else the first that comes after PLAY was sent.
// Cameras with live555 older than 2017.06 go on sending the last visitor's stream into the next connection,
// under another SSRC (retina#17).
#pragma once
#include <cstdint>
#include <optional>

#include "wire/rtp_packet.hpp"
#include "wire/wire.hpp"

namespace commune_watch {

class RtpMeter {
 public:
  void clock_rate(std::uint32_t rate) { clock_rate_ = rate; }
  void announce(std::uint32_t ssrc) { ours_ = ssrc; }  // from SETUP's answer

  // False: not of our stream (counted as foreign). `bytes` with header; `at` in microseconds of a steady
  // clock. `playing`: PLAY was sent, what comes may be ours.
  bool add(const RtpPacket& packet, std::size_t bytes, std::int64_t at_us, bool playing);

  [[nodiscard]] RtpStatistics statistics() const;
  [[nodiscard]] std::int64_t packets() const { return counted_.packets; }
  [[nodiscard]] std::int64_t frames() const { return counted_.frames; }
  [[nodiscard]] std::int64_t first_us() const { return first_us_; }
  [[nodiscard]] std::int64_t last_us() const { return last_us_; }

 private:
  bool belongs(const RtpPacket& packet, std::int64_t at_us, bool playing);
  void restart(const RtpPacket& packet);

  RtpStatistics counted_;  // loss and jitter are worked out when asked
  std::uint32_t clock_rate_ = 90'000;
  std::optional<std::uint32_t> ours_, stale_;
  std::optional<std::uint32_t> other_;  // the only one that flows although another was announced
  std::int64_t other_since_us_ = 0, other_packets_ = 0;
  std::uint16_t highest_ = 0;
  std::int64_t expected_ = 0, received_ = 0;  // since the last restart of the numbering
  std::int64_t lost_before_ = 0;
  std::int64_t first_us_ = 0, last_us_ = 0;
  std::uint32_t timestamp_ = 0;
  std::int64_t media_units_ = 0;  // RTP clock, first to last frame
  std::int64_t transit_ = 0;      // in units of the RTP clock, modulo 2^32
  std::int64_t jitter_16_ = 0;    // times 16
};

}  // namespace commune_watch
