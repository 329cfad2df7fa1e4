// The tcp driver: on written answers, and against Debian's nginx.
#include <gtest/gtest.h>

#include "drivers/visit.hpp"
#include "support/nginx.hpp"
#include "wire/net_wire.hpp"

namespace commune_watch {
namespace {

Finding judged(Trouble trouble, Rung depth = Rung::answering) {
  ScriptedWire wire;
  wire.expect("connect 192.0.2.21:554",
              ConnectReply{.trouble = trouble, .error = 0, .words = "words", .took_us = 700});
  return visit(target_of("tcp", {{"host", "192.0.2.21"}, {"port", "554"}}), wire, question_of(depth));
}

TEST(Tcp, AcceptedConnectionAnswers) {
  const Finding finding = judged(Trouble::none);
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok");
  EXPECT_EQ(fact(finding.facts, FactId::connect_us), 700);
}

TEST(Tcp, RefusalProvesTheHostAndFailsTheService) {
  const Finding finding = judged(Trouble::refused);
  EXPECT_EQ(ladder(finding), "reachable:ok answering:failed(connection-refused)");
  EXPECT_EQ(finding.checks[1].words, "words");
}

TEST(Tcp, SilenceIsAHostThatIsNotThere) {
  EXPECT_EQ(ladder(judged(Trouble::timed_out)), "reachable:failed(no-answer) answering:not-tested");
  EXPECT_EQ(ladder(judged(Trouble::host_unreachable)),
            "reachable:failed(host-unreachable) answering:not-tested");
}

TEST(Tcp, OwnTroubleIsUnknown) {
  EXPECT_EQ(ladder(judged(Trouble::no_route)), "reachable:unknown(gateway-no-route) answering:not-tested");
  EXPECT_EQ(ladder(judged(Trouble::name)), "reachable:unknown(gateway-dns) answering:not-tested");
}

TEST(Tcp, SpeaksOfNothingDeeperThanAsked) {
  EXPECT_EQ(ladder(judged(Trouble::refused, Rung::reachable)), "reachable:ok");
}

TEST(Tcp, NginxAnswersAndItsNeighbourPortRefuses) {
  const Nginx nginx("");
  asio::io_context io;
  NetWire wire(io);
  const auto ask = [&](std::uint16_t port) {
    const auto probe = probe_of(target_of("tcp", {{"host", "127.0.0.1"}, {"port", std::to_string(port)}}));
    const Question question = question_of(Rung::answering);
    return ladder(run(io, probe->run(wire, question)));
  };
  EXPECT_EQ(ask(nginx.port()), "reachable:ok answering:ok");
  EXPECT_EQ(ask(free_port()), "reachable:ok answering:failed(connection-refused)");
}

}  // namespace
}  // namespace commune_watch
