// Networks and the ARP table as text; the search itself is shown by tests/cli/discover_test.py.
#include "wire/searcher.hpp"

#include <gmock/gmock.h>

namespace commune_watch {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::string hosts(const std::string& cidr) {
  HostRange range;
  if (!read_range(cidr, range)) return "refused";
  return address_text(range.first) + " " + address_text(range.first + range.count - 1) + " " +
         std::to_string(range.count);
}

TEST(HostRanges, LeaveOutTheNetworkAndItsBroadcastAddress) {
  EXPECT_EQ(hosts("192.0.2.77/24"), "192.0.2.1 192.0.2.254 254");
  EXPECT_EQ(hosts("192.0.2.0/30"), "192.0.2.1 192.0.2.2 2");
  EXPECT_EQ(hosts("10.0.0.0/8"), "10.0.0.1 10.255.255.254 16777214");
}

TEST(HostRanges, OfTwoAndOneAreWhole) {
  EXPECT_EQ(hosts("192.0.2.4/31"), "192.0.2.4 192.0.2.5 2");
  EXPECT_EQ(hosts("192.0.2.4"), "192.0.2.4 192.0.2.4 1");
  EXPECT_EQ(hosts("255.255.255.255/32"), "255.255.255.255 255.255.255.255 1");
}

TEST(HostRanges, WhatIsNoIpv4NetworkIsRefused) {
  for (const char* text : {"", "/24", "192.0.2.0/", "192.0.2.0/7", "192.0.2.0/33", "192.0.2.0/x",
                           "192.0.2.0/24 ", "192.0.2/24", "fd00::/120", "cam.example/24", "192.0.2.0/-1"})
    EXPECT_EQ(hosts(text), "refused") << text;
}

TEST(ArpTable, WholeEntriesAreRead) {
  EXPECT_THAT(read_arp("IP address       HW type     Flags       HW address            Mask     Device\n"
                       "192.0.2.21       0x1         0x2         44:19:b6:01:02:03     *        eth0\n"
                       "192.0.2.22       0x1         0x0         00:00:00:00:00:00     *        eth0\n"
                       "nonsense\n"),
              ElementsAre(Pair("192.0.2.21", "44:19:b6:01:02:03")));
}

}  // namespace
}  // namespace commune_watch
