// Pings on loopback. Where this machine permits none at all (a user without ping_group_range), the answer
// must name the sysctl.
#include "wire/pinger.hpp"

#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <set>

#include "support/run.hpp"
#include "wire/cancelled.hpp"
#include "wire/net_wire.hpp"

namespace commune_watch {
namespace {

class PingerTest : public ::testing::Test {
 protected:
  EchoReply ping(const std::string& host, Millis limit = 5'000) {
    EchoRequest request{.host = host, .limit = limit};
    return run(io, wire.echo(std::move(request)));
  }
  // The one case that a machine may forbid.
  [[nodiscard]] bool permitted() const { return wire.icmp_mode() != IcmpMode::none; }
  void expect_no_permission(const EchoReply& reply) {
    EXPECT_EQ(reply.trouble, Trouble::not_permitted);
    EXPECT_NE(reply.words.find("net.ipv4.ping_group_range"), std::string::npos);
  }

  asio::io_context io;
  NetWire wire{io};
};

TEST_F(PingerTest, LoopbackAnswers) {
  const EchoReply reply = ping("127.0.0.1");
  if (!permitted()) return expect_no_permission(reply);
  EXPECT_EQ(reply.trouble, Trouble::none) << reply.words;
  EXPECT_GT(reply.took_us, 0);
  EXPECT_LT(reply.took_us, 2'000'000);
}

TEST_F(PingerTest, Ipv6LoopbackAnswers) {
  const EchoReply reply = ping("::1");
  if (!permitted()) return expect_no_permission(reply);
  EXPECT_EQ(reply.trouble, Trouble::none) << reply.words;
}

TEST_F(PingerTest, NameIsLookedUp) {
  const EchoReply reply = ping("localhost");
  if (!permitted()) return expect_no_permission(reply);
  EXPECT_EQ(reply.trouble, Trouble::none) << reply.words;
}

TEST_F(PingerTest, AnswerFromAnotherAddressIsNotTaken) {
  // Linux sends a ping of 0.0.0.0 to itself, and the answer comes from 127.0.0.1.
  const EchoReply reply = ping("0.0.0.0", 30);
  if (!permitted()) return expect_no_permission(reply);
  EXPECT_EQ(reply.trouble, Trouble::timed_out);
  EXPECT_GE(reply.took_us, 30'000) << "the limit counts from the sending";
  EXPECT_LT(reply.took_us, 1'000'000);
}

TEST_F(PingerTest, AThousandAddressesAllAnswerTheirOwnPing) {
  int ended = 0;
  std::multiset<Trouble> troubles;
  const auto one = [&](std::string host) -> asio::awaitable<void> {
    EchoRequest request{.host = std::move(host), .limit = 10'000};
    const EchoReply reply = co_await wire.echo(std::move(request));
    troubles.insert(reply.trouble);
    ++ended;
  };
  for (int i = 0; i < 1'000; ++i)
    asio::co_spawn(io, one("127.1." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1)),
                   asio::detached);
  while (ended < 1'000) ASSERT_NE(io.run_one(), 0U);
  EXPECT_EQ(troubles.count(permitted() ? Trouble::none : Trouble::not_permitted), 1'000U);
}

TEST_F(PingerTest, CancelledPingUnwindsAtOnceAndOthersGoOn) {
  if (!permitted()) return expect_no_permission(ping("127.0.0.1"));
  EchoRequest request{.host = "0.0.0.0", .limit = 60'000};
  int turns = 0;
  EXPECT_TRUE(unwinds_at_once(io, wire.echo(std::move(request)), [&] { return ++turns > 3; }));
  EXPECT_EQ(ping("127.0.0.1").trouble, Trouble::none);
}

TEST_F(PingerTest, WithoutPermissionTheSysctlIsNamed) {
  NetWire forbidden(io, {.datagram = false, .raw = false});
  EXPECT_EQ(forbidden.icmp_mode(), IcmpMode::none);
  EchoRequest request{.host = "127.0.0.1"};
  expect_no_permission(run(io, forbidden.echo(std::move(request))));
}

TEST_F(PingerTest, NameThatDoesNotResolveIsTheGatewaysTrouble) {
  EXPECT_EQ(ping(std::string(70, 'a')).trouble, Trouble::name);
}

}  // namespace
}  // namespace commune_watch
