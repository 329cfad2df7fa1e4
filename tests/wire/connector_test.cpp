// TCP connects on loopback, with errno kept.
#include "wire/connector.hpp"

#include <gtest/gtest.h>

#include <asio/ip/tcp.hpp>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <list>
#include <tuple>

#include "support/process.hpp"
#include "support/run.hpp"
#include "wire/cancelled.hpp"
#include "wire/net_wire.hpp"
#include "wire/trouble.hpp"

namespace commune_watch {
namespace {

using asio::ip::tcp;

class ConnectorTest : public ::testing::Test {
 protected:
  ConnectReply connect(const std::string& host, std::uint16_t port, Millis limit = 5'000) {
    ConnectRequest request{.host = host, .port = port, .limit = limit};
    return run(io, wire.connect(std::move(request)));
  }

  asio::io_context io;
  NetWire wire{io};
};

// A listener whose queue is full: further connects get no answer at all.
struct FullListener {
  explicit FullListener(asio::io_context& io) : acceptor(io) {
    acceptor.open(tcp::v4());
    acceptor.bind({asio::ip::address_v4::loopback(), 0});
    acceptor.listen(0);
    for (int i = 0; i < 8; ++i) {
      tcp::socket& socket = waiting.emplace_back(io);
      socket.open(tcp::v4());
      socket.non_blocking(true);
      const auto to = acceptor.local_endpoint();
      std::ignore = ::connect(socket.native_handle(), to.data(),
                              static_cast<socklen_t>(to.size()));  // asio's own would wait
    }
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor.local_endpoint().port(); }
  tcp::acceptor acceptor;
  std::list<tcp::socket> waiting;
};

TEST_F(ConnectorTest, ListenerTakesTheConnection) {
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const ConnectReply reply = connect("127.0.0.1", acceptor.local_endpoint().port());
  EXPECT_EQ(reply.trouble, Trouble::none) << reply.words;
  EXPECT_EQ(reply.error, 0);
  EXPECT_GT(reply.took_us, 0);
}

TEST_F(ConnectorTest, Ipv6ListenerTakesTheConnection) {
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v6::loopback(), 0));
  EXPECT_EQ(connect("::1", acceptor.local_endpoint().port()).trouble, Trouble::none);
}

TEST_F(ConnectorTest, SecondAddressOfANameIsTriedToo) {
  // localhost is ::1 and 127.0.0.1, in whichever order; only one of them listens.
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  EXPECT_EQ(connect("localhost", acceptor.local_endpoint().port()).trouble, Trouble::none);
}

TEST_F(ConnectorTest, RefusalKeepsItsErrno) {
  const ConnectReply reply = connect("127.0.0.1", free_port());
  EXPECT_EQ(reply.trouble, Trouble::refused);
  EXPECT_EQ(reply.error, ECONNREFUSED);
  EXPECT_EQ(reply.words, "Connection refused");
}

TEST_F(ConnectorTest, SilenceEndsAtTheLimit) {
  const FullListener listener(io);
  const ConnectReply reply = connect("127.0.0.1", listener.port(), 40);
  EXPECT_EQ(reply.trouble, Trouble::timed_out);
  EXPECT_GE(reply.took_us, 40'000);
  EXPECT_LT(reply.took_us, 2'000'000);
}

TEST_F(ConnectorTest, CancelledConnectUnwindsAtOnce) {
  const FullListener listener(io);
  ConnectRequest request{.host = "127.0.0.1", .port = listener.port(), .limit = 60'000};
  int turns = 0;
  EXPECT_TRUE(unwinds_at_once(io, wire.connect(std::move(request)), [&] { return ++turns > 1; }));
}

TEST_F(ConnectorTest, LookUpCanBeCancelledThoughItsThreadCannot) {
  // The first turn starts the look-up. On a busy machine its thread may be through within that turn: then
  // there was nothing to cancel, and it is tried again.
  bool unwound = false;
  for (int attempt = 0; attempt < 100 && !unwound; ++attempt) {
    ConnectRequest request{.host = "localhost", .port = 1, .limit = 60'000};
    int turns = 0;
    unwound = unwinds_at_once(io, wire.connect(std::move(request)), [&] { return ++turns > 1; });
  }
  EXPECT_TRUE(unwound);
}

TEST_F(ConnectorTest, NumericHostsNeedNoThread) {
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
  };
  const auto before = threads();
  connect("127.0.0.1", free_port());
  EXPECT_EQ(threads(), before);
}

TEST_F(ConnectorTest, NameThatDoesNotResolveIsTheGatewaysTrouble) {
  EXPECT_EQ(connect(std::string(70, 'a'), 80).trouble, Trouble::name);
}

TEST(TroubleOf, SortsErrnoByWhoHasToAct) {
  EXPECT_EQ(trouble_of(EHOSTUNREACH), Trouble::host_unreachable);
  EXPECT_EQ(trouble_of(ENETUNREACH), Trouble::net_unreachable);
  EXPECT_EQ(trouble_of(ETIMEDOUT), Trouble::timed_out);
  EXPECT_EQ(trouble_of(ECONNRESET), Trouble::reset);
  EXPECT_EQ(trouble_of(EPERM), Trouble::not_permitted);
  EXPECT_EQ(trouble_of(EMFILE), Trouble::local);
}

TEST(HasRoute, LoopbackIsAlwaysThere) {
  EXPECT_TRUE(has_route("127.0.0.1"));
  EXPECT_TRUE(has_route("no address at all")) << "nothing is said of what is not an address";
}

}  // namespace
}  // namespace commune_watch
