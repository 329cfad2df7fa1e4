// Echo messages on literal bytes.
#include "wire/icmp_packet.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace commune_watch {
namespace {

constexpr EchoMark kMark{.id = 0x1234, .sequence = 0x5678, .cookie = 0x0102030405060708};

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> result;
  for (const int each : values) result.push_back(static_cast<std::byte>(each));
  return result;
}

// The reply that a host makes of a request: the type changes, all else comes back.
std::vector<std::byte> reply_to(const EchoPacket& request, IpFamily family) {
  std::vector<std::byte> reply(request.begin(), request.end());
  reply[0] = family == IpFamily::v4 ? std::byte{0} : std::byte{129};
  return reply;
}

TEST(IcmpPacket, RequestIsWhatRfc792Says) {
  const EchoPacket packet = echo_request(IpFamily::v4, kMark);
  EXPECT_EQ(packet[0], std::byte{8});
  EXPECT_EQ(packet[1], std::byte{0});
  EXPECT_EQ(std::vector(packet.begin() + 4, packet.begin() + 16),
            bytes({0x12, 0x34, 0x56, 0x78, 1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(IcmpPacket, ChecksumMakesTheWholeAddUpToAllOnes) {
  const EchoPacket packet = echo_request(IpFamily::v4, kMark);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < packet.size(); i += 2)
    sum += std::to_integer<std::uint32_t>(packet[i]) << 8U | std::to_integer<std::uint32_t>(packet[i + 1]);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16U);
  EXPECT_EQ(sum, 0xffffU);
}

TEST(IcmpPacket, Ipv6LeavesTheChecksumToTheKernel) {
  const EchoPacket packet = echo_request(IpFamily::v6, kMark);
  EXPECT_EQ(packet[0], std::byte{128});
  EXPECT_EQ(packet[2], std::byte{0});
  EXPECT_EQ(packet[3], std::byte{0});
}

TEST(IcmpPacket, ReplyBringsTheMarkBack) {
  for (const IpFamily family : {IpFamily::v4, IpFamily::v6})
    EXPECT_EQ(echo_reply_mark(family, reply_to(echo_request(family, kMark), family)), kMark);
}

TEST(IcmpPacket, OwnRequestHeardOnLoopbackIsNoReply) {
  const EchoPacket request = echo_request(IpFamily::v4, kMark);
  EXPECT_EQ(echo_reply_mark(IpFamily::v4, request), std::nullopt);
}

TEST(IcmpPacket, ShortOrForeignMessagesAreNoReply) {
  EXPECT_EQ(echo_reply_mark(IpFamily::v4, {}), std::nullopt);
  EXPECT_EQ(echo_reply_mark(IpFamily::v4, bytes({0, 0, 0, 0, 0x12, 0x34, 0x56, 0x78})), std::nullopt)
      << "no cookie";
  auto unreachable = reply_to(echo_request(IpFamily::v4, kMark), IpFamily::v4);
  unreachable[0] = std::byte{3};
  EXPECT_EQ(echo_reply_mark(IpFamily::v4, unreachable), std::nullopt);
}

TEST(IcmpPacket, ErrorThatQuotesEightBytesStillNamesTheRequest) {
  const EchoPacket request = echo_request(IpFamily::v4, kMark);
  const auto mark = quoted_mark(IpFamily::v4, std::span(request).first(8));
  ASSERT_TRUE(mark);
  EXPECT_EQ(*mark, (EchoMark{.id = 0x1234, .sequence = 0x5678, .cookie = 0}));
  EXPECT_EQ(quoted_mark(IpFamily::v4, request), kMark) << "a long quotation brings the cookie, too";
  EXPECT_EQ(quoted_mark(IpFamily::v4, std::span(request).first(7)), std::nullopt);
}

TEST(IcmpPacket, IpHeaderWithOptionsIsTakenOff) {
  std::vector<std::byte> datagram(24 + 3, std::byte{0});
  datagram[0] = std::byte{0x46};
  datagram[24] = std::byte{42};
  const auto rest = without_ip_header(datagram);
  ASSERT_EQ(rest.size(), 3U);
  EXPECT_EQ(rest[0], std::byte{42});
}

TEST(IcmpPacket, BrokenIpHeadersLeaveNothing) {
  EXPECT_TRUE(without_ip_header({}).empty());
  EXPECT_TRUE(without_ip_header(bytes({0x41, 0, 0, 0})).empty()) << "a header of four bytes";
  EXPECT_TRUE(without_ip_header(bytes({0x4f, 0, 0, 0})).empty()) << "longer than what came";
}

}  // namespace
}  // namespace commune_watch
