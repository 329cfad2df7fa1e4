// The ping driver: on written answers, and against this machine's own kernel.
#include <gtest/gtest.h>

#include <asio/ip/tcp.hpp>

#include "drivers/visit.hpp"
#include "wire/net_wire.hpp"

namespace commune_watch {
namespace {

const EchoReply kAnswer{.trouble = Trouble::none, .words = {}, .took_us = 1'200};
const EchoReply kSilence{.trouble = Trouble::timed_out, .words = {}, .took_us = 1'000'000};
const EchoReply kForbidden{.trouble = Trouble::not_permitted, .words = "set the sysctl", .took_us = 0};

Target ping(OptionTexts more = {}) {
  more.insert({"host", "192.0.2.21"});
  return target_of("ping", std::move(more));
}

TEST(Ping, AnswerIsReachable) {
  ScriptedWire wire;
  wire.expect("echo 192.0.2.21", kAnswer);
  const Finding finding = visit(ping(), wire, question_of(Rung::reachable));
  EXPECT_EQ(ladder(finding), "reachable:ok");
  EXPECT_EQ(finding.checks[0].took_us, 1'200);
  EXPECT_EQ(fact(finding.facts, FactId::round_trip_us), 1'200);
  EXPECT_TRUE(wire.left().empty());
}

TEST(Ping, OneLostPacketIsNoFailure) {
  ScriptedWire wire;
  wire.expect("echo 192.0.2.21", kSilence).expect("echo 192.0.2.21", kAnswer);
  EXPECT_EQ(ladder(visit(ping(), wire, question_of(Rung::reachable))), "reachable:ok");
  EXPECT_TRUE(wire.left().empty());
}

TEST(Ping, SilenceIsBelievedAfterThree) {
  ScriptedWire wire;
  for (int i = 0; i < 4; ++i) wire.expect("echo 192.0.2.21", kSilence);
  EXPECT_EQ(ladder(visit(ping(), wire, question_of(Rung::reachable))), "reachable:failed(no-answer)");
  EXPECT_EQ(wire.left().size(), 1U);
}

TEST(Ping, RoutersWordIsBelievedAtOnce) {
  ScriptedWire wire;
  wire.expect("echo 192.0.2.21",
              EchoReply{.trouble = Trouble::host_unreachable, .words = "No route to host", .took_us = 5});
  const Finding finding = visit(ping(), wire, question_of(Rung::reachable));
  EXPECT_EQ(ladder(finding), "reachable:failed(host-unreachable)");
  EXPECT_EQ(finding.checks[0].words, "No route to host");
}

TEST(Ping, WithoutPermissionNothingIsSaidOfTheDevice) {
  ScriptedWire wire;
  wire.expect("echo 192.0.2.21", kForbidden);
  const Finding finding = visit(ping(), wire, question_of(Rung::reachable));
  EXPECT_EQ(ladder(finding), "reachable:unknown(gateway-no-icmp)");
  EXPECT_EQ(finding.checks[0].words, "set the sysctl");
}

TEST(Ping, WithoutPermissionAConfiguredPortIsTriedInstead) {
  ScriptedWire wire;
  wire.expect("echo 192.0.2.21", kForbidden);
  wire.expect("connect 192.0.2.21:80",
              ConnectReply{.trouble = Trouble::refused, .error = 111, .words = "", .took_us = 9});
  EXPECT_EQ(ladder(visit(ping({{"port", "80"}}), wire, question_of(Rung::reachable))), "reachable:ok")
      << "who refuses is there";
}

TEST(Ping, OptionsBeyondReasonAreRefused) {
  EXPECT_EQ(refusal("ping", {{"host", "a"}}), "");
  EXPECT_EQ(refusal("ping", {{"tries", "0"}}), "tries: must be between 1 and 10");
  EXPECT_EQ(refusal("ping", {{"wait", "10"}}), "wait: must be at least 50ms");
}

TEST(Ping, ThisMachineAnswersItself) {
  asio::io_context io;
  NetWire wire(io);
  asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  // The port is for machines that permit this test no pings: the ladder is the same.
  const auto probe = probe_of(
      target_of("ping", {{"host", "127.0.0.1"}, {"port", std::to_string(acceptor.local_endpoint().port())}}));
  const Question question = question_of(Rung::reachable);
  EXPECT_EQ(ladder(run(io, probe->run(wire, question))), "reachable:ok");
}

}  // namespace
}  // namespace commune_watch
