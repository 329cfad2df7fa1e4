// One RTP packet taken apart (RFC 3550 §5.1); a view into the bytes it was read from.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace commune_watch {

struct RtpPacket {
  std::uint8_t payload_type = 0;
  bool marker = false;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0, ssrc = 0;
  std::span<const std::byte> payload;  // without extension and padding
};

// Nothing for what is not RTP version 2, for RTCP (RFC 5761 §4: types 64–95 of the byte) and for lengths that
// contradict themselves.
std::optional<RtpPacket> read_rtp(std::span<const std::byte> bytes);

}  // namespace commune_watch
