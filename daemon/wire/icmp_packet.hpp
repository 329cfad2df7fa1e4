// ICMP echo messages as bytes (RFC 792, RFC 4443 §4): pure.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace commune_watch {

enum class IpFamily : std::uint8_t { v4, v6 };

// What marks an echo as ours. The cookie is nobody's to guess, so that an answer to another's ping, or a
// made-up one, is not taken for ours.
struct EchoMark {
  std::uint16_t id = 0;  // a datagram ICMP socket puts its own here
  std::uint16_t sequence = 0;
  std::uint64_t cookie = 0;
  friend bool operator==(const EchoMark&, const EchoMark&) = default;
};

// 8 bytes of header and 56 of data, the size that every ping has had since 1983: firewalls and cheap stacks
// know it.
using EchoPacket = std::array<std::byte, 64>;

// The request; for IPv6 the kernel fills the checksum in.
EchoPacket echo_request(IpFamily family, const EchoMark& mark);

// The mark of an echo reply; absent if the message is anything else. The message begins at its ICMP header.
std::optional<EchoMark> echo_reply_mark(IpFamily family, std::span<const std::byte> message);

// The mark of our own request as an ICMP error quotes it: often its first 8 bytes only, then without the
// cookie (0).
std::optional<EchoMark> quoted_mark(IpFamily family, std::span<const std::byte> message);

// What a raw IPv4 socket delivers, without its IP header; empty if that is broken.
std::span<const std::byte> without_ip_header(std::span<const std::byte> datagram);

}  // namespace commune_watch
