// Echo messages, byte by byte.
#include "wire/icmp_packet.hpp"

namespace commune_watch {
namespace {

constexpr std::size_t kHeader = 8;
constexpr std::size_t kMarked = kHeader + 8;

// RFC 792: reply 0, request 8; RFC 4443: request 128, reply 129.
constexpr std::byte request_type(IpFamily family) {
  return family == IpFamily::v4 ? std::byte{8} : std::byte{128};
}
constexpr std::byte reply_type(IpFamily family) {
  return family == IpFamily::v4 ? std::byte{0} : std::byte{129};
}

void put16(std::byte* to, std::uint32_t value) {
  to[0] = static_cast<std::byte>(value >> 8U);
  to[1] = static_cast<std::byte>(value);
}
std::uint16_t get16(const std::byte* from) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(from[0]) << 8U |
                                    std::to_integer<unsigned>(from[1]));
}

// RFC 1071.
std::uint16_t checksum(std::span<const std::byte> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += get16(&bytes[i]);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

EchoMark mark_of(std::span<const std::byte> message) {
  EchoMark mark{.id = get16(&message[4]), .sequence = get16(&message[6])};
  if (message.size() >= kMarked)
    for (std::size_t i = kHeader; i < kMarked; ++i)
      mark.cookie = mark.cookie << 8U | std::to_integer<std::uint64_t>(message[i]);
  return mark;
}

}  // namespace

EchoPacket echo_request(IpFamily family, const EchoMark& mark) {
  EchoPacket packet{};
  packet[0] = request_type(family);
  put16(&packet[4], mark.id);
  put16(&packet[6], mark.sequence);
  for (std::size_t i = 0; i < 8; ++i)
    packet[kHeader + i] = static_cast<std::byte>(mark.cookie >> (56 - 8 * i));
  for (std::size_t i = kMarked; i < packet.size(); ++i) packet[i] = static_cast<std::byte>(i - kHeader);
  if (family == IpFamily::v4) put16(&packet[2], checksum(packet));
  return packet;
}

std::optional<EchoMark> echo_reply_mark(IpFamily family, std::span<const std::byte> message) {
  if (message.size() < kMarked || message[0] != reply_type(family) || message[1] != std::byte{0})
    return std::nullopt;
  return mark_of(message);
}

std::optional<EchoMark> quoted_mark(IpFamily family, std::span<const std::byte> message) {
  if (message.size() < kHeader || message[0] != request_type(family)) return std::nullopt;
  return mark_of(message);
}

std::span<const std::byte> without_ip_header(std::span<const std::byte> datagram) {
  if (datagram.empty()) return {};
  const std::size_t length = (std::to_integer<std::size_t>(datagram[0]) & 0xfU) * 4;
  if (length < 20 || datagram.size() < length) return {};
  return datagram.subspan(length);
}

}  // namespace commune_watch
