// The fixed header, then what it says stands behind it.
#include "wire/rtp_packet.hpp"

namespace commune_watch {
namespace {

std::uint32_t big_endian(std::span<const std::byte> bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8U | std::to_integer<std::uint32_t>(bytes[at + i]);
  return value;
}

}  // namespace

std::optional<RtpPacket> read_rtp(std::span<const std::byte> bytes) {
  constexpr std::size_t kHeader = 12;
  if (bytes.size() < kHeader) return std::nullopt;
  const auto first = std::to_integer<unsigned>(bytes[0]), second = std::to_integer<unsigned>(bytes[1]);
  if (first >> 6U != 2) return std::nullopt;
  RtpPacket packet;
  packet.marker = (second & 0x80U) != 0;
  packet.payload_type = static_cast<std::uint8_t>(second & 0x7FU);
  if (packet.payload_type >= 64 && packet.payload_type < 96) return std::nullopt;
  packet.sequence = static_cast<std::uint16_t>(big_endian(bytes, 2, 2));
  packet.timestamp = big_endian(bytes, 4, 4);
  packet.ssrc = big_endian(bytes, 8, 4);

  std::size_t header = kHeader + std::size_t{first & 0x0FU} * 4;  // contributing sources
  if ((first & 0x10U) != 0) {                                     // extension
    if (bytes.size() < header + 4) return std::nullopt;
    header += 4 + std::size_t{big_endian(bytes, header + 2, 2)} * 4;
  }
  std::size_t padding = 0;
  if ((first & 0x20U) != 0) padding = std::to_integer<std::size_t>(bytes.back());
  if (bytes.size() < header + padding) return std::nullopt;
  packet.payload = bytes.subspan(header, bytes.size() - header - padding);
  return packet;
}

}  // namespace commune_watch
