// The arithmetic of RFC 3550's appendix, and whose packet it is.
#include "wire/rtp_meter.hpp"

#include <algorithm>
#include <cstdlib>

namespace commune_watch {
namespace {

constexpr int kMaxDropout = 3000;  // A.1: a larger jump is a new numbering, not loss
constexpr std::int64_t kAdoptAfterUs =
    1'000'000;  // cameras that announce a wrong SSRC: believed after a second of nothing else
constexpr std::int64_t kAdoptPackets = 10;
constexpr std::int64_t kMaxPauseSeconds = 30;  // between two frames; more is a new origin of the timestamps

}  // namespace

bool RtpMeter::belongs(const RtpPacket& packet, std::int64_t at_us, bool playing) {
  if (ours_ == packet.ssrc) return true;
  if (!playing) {
    stale_ = packet.ssrc;
    return false;
  }
  if (counted_.packets > 0 || stale_ == packet.ssrc) return false;
  if (!ours_) {
    ours_ = packet.ssrc;
    return true;
  }
  if (other_ != packet.ssrc) {
    other_ = packet.ssrc;
    other_since_us_ = at_us;
    other_packets_ = 0;
  }
  if (++other_packets_ < kAdoptPackets || at_us - other_since_us_ < kAdoptAfterUs) return false;
  ours_ = packet.ssrc;
  return true;
}

void RtpMeter::restart(const RtpPacket& packet) {
  lost_before_ += std::max<std::int64_t>(0, expected_ - received_);
  highest_ = packet.sequence;
  expected_ = received_ = 1;
}

bool RtpMeter::add(const RtpPacket& packet, std::size_t bytes, std::int64_t at_us, bool playing) {
  if (!belongs(packet, at_us, playing)) {
    ++counted_.foreign_ssrc;
    return false;
  }
  const auto arrival = static_cast<std::uint32_t>(at_us * std::int64_t{clock_rate_} / 1'000'000);
  const auto transit = static_cast<std::int64_t>(arrival - packet.timestamp);
  if (counted_.packets == 0) {
    first_us_ = at_us;
    counted_.frames = 1;
    restart(packet);
  } else {
    const int step = static_cast<std::int16_t>(static_cast<std::uint16_t>(packet.sequence - highest_));
    if (std::abs(step) > kMaxDropout) {
      restart(packet);
    } else {
      ++received_;
      if (step > 0) {
        expected_ += step;
        highest_ = packet.sequence;
      }
    }
    if (packet.timestamp != timestamp_ && step > 0) {
      ++counted_.frames;
      const auto advanced = static_cast<std::int32_t>(packet.timestamp - timestamp_);
      if (advanced > 0 && advanced < kMaxPauseSeconds * std::int64_t{clock_rate_}) media_units_ += advanced;
    }
    const auto difference = static_cast<std::int32_t>(static_cast<std::uint32_t>(transit - transit_));
    jitter_16_ += std::abs(std::int64_t{difference}) - ((jitter_16_ + 8) >> 4);
  }
  transit_ = transit;
  timestamp_ = packet.timestamp;
  last_us_ = at_us;
  ++counted_.packets;
  counted_.bytes += static_cast<std::int64_t>(bytes);
  return true;
}

RtpStatistics RtpMeter::statistics() const {
  RtpStatistics out = counted_;
  out.lost = lost_before_ + std::max<std::int64_t>(0, expected_ - received_);
  out.jitter_us = (jitter_16_ >> 4) * 1'000'000 / std::max<std::int64_t>(1, clock_rate_);
  out.span = (last_us_ - first_us_) / 1000;
  out.media_span = media_units_ * 1000 / std::max<std::int64_t>(1, clock_rate_);
  return out;
}

}  // namespace commune_watch
