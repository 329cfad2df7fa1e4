// What the gateway reads of itself in the kernel's own files, written here as the kernel writes them.
#include <gtest/gtest.h>
#include <unistd.h>

#include "gateway_surroundings.hpp"
#include "settings/trial.hpp"

namespace commune_watch {
namespace {

constexpr const char* kTitles =
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

TEST(Surroundings, OnlyLoopbackNeedsNoCarrier) {
  EXPECT_TRUE(all_on_loopback({}));
  EXPECT_TRUE(all_on_loopback({"127.0.0.1", "127.9.9.9", "::1", "localhost"}));
  EXPECT_FALSE(all_on_loopback({"127.0.0.1", "192.0.2.1"}));
  EXPECT_FALSE(all_on_loopback({"nvr.xa"}));
}

TEST(Surroundings, OneInterfaceWithACarrierIsEnoughAndLoopbackIsNone) {
  const Trial files;
  files.write("net/lo/carrier", "1\n");
  EXPECT_FALSE(any_carrier(files.path("net")));
  files.write("net/eth0/carrier", "0\n");
  files.write("net/wlan0/operstate", "down\n");  // while it is down, `carrier` cannot be read
  EXPECT_FALSE(any_carrier(files.path("net")));
  files.write("net/eth1/carrier", "1\n");
  EXPECT_TRUE(any_carrier(files.path("net")));
}

TEST(Surroundings, WhereTheKernelDoesNotTellACarrierIsBelieved) {
  EXPECT_TRUE(any_carrier(Trial().path("no-such")));
}

TEST(Surroundings, TheDefaultRouterIsReadInTheKernelsByteOrder) {
  const Trial files;
  files.write("route", std::string(kTitles) +
                           "eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n" +
                           "eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n");
  EXPECT_EQ(default_router(files.path("route")), "192.168.0.1");
}

TEST(Surroundings, WithoutADefaultRouteThereIsNoRouter) {
  const Trial files;
  EXPECT_EQ(default_router(files.path("no-such")), "");
  files.write("route", kTitles);
  EXPECT_EQ(default_router(files.path("route")), "");
  files.write("route", std::string(kTitles) + "ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n" +
                           "eth0\t00000000\tnonsense\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\neth0\n");
  EXPECT_EQ(default_router(files.path("route")), "");
}

TEST(Surroundings, MemoryIsSummedOverThoseThatAreThere) {
  const auto own = resident_bytes({::getpid()});
  EXPECT_GT(own, 100'000);
  EXPECT_EQ(resident_bytes({}), 0);
  EXPECT_GE(resident_bytes({::getpid(), -1}), own / 2);
}

}  // namespace
}  // namespace commune_watch
