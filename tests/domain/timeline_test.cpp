// Thirty days of one camera behind one switch, events in exact time: an outage of 2 h, five blips of 40 s,
// four hours of declared works with the camera off, the gateway without power for 12 h, the switch down for 3
// h.
#include <gtest/gtest.h>

#include <optional>

#include "domain/availability.hpp"
#include "domain/ledger_diary.hpp"

namespace commune_watch::testing {
namespace {

constexpr Millis kHour = 3'600, kDay = 24 * kHour, kMonth = 30 * kDay;  // seconds, as everything here
constexpr std::uint32_t kCamera = 1, kSwitch = 2;

struct Stretch {
  Millis from, to;
  [[nodiscard]] bool holds(Millis at) const { return from <= at && at < to; }
};
constexpr Stretch kOutage{5 * kDay + 9 * kHour, 5 * kDay + 11 * kHour};
constexpr Stretch kWorks{10 * kDay + 1 * kHour, 10 * kDay + 5 * kHour};
constexpr Stretch kGatewayOff{16 * kDay, 16 * kDay + 12 * kHour};
constexpr Stretch kSwitchDown{22 * kDay + 8 * kHour, 22 * kDay + 11 * kHour};

bool blip(Millis at) {
  for (const Millis day : {2, 8, 14, 20, 26}) {
    const Millis from = day * kDay + 13 * kHour + 30;
    if (from <= at && at < from + 40) return true;
  }
  return false;
}
bool camera_fails(Millis at) {
  return kOutage.holds(at) || blip(at) || kWorks.holds(at) || kSwitchDown.holds(at);
}

// Both are asked every minute, and every 20 s while anything is provisional.
void watch(Diary& diary, Millis from, Millis to) {
  for (Millis at = from; at < to;) {
    diary.probe(kSwitch, at, {kSwitchDown.holds(at) ? bad("no-answer") : good()});
    diary.probe(kCamera, at, {camera_fails(at) ? bad("host-unreachable") : good()});
    const auto open = [&](std::uint32_t device) { return diary.ledger.live(id(device)).failing > 0; };
    at = open(kCamera) || open(kSwitch) ? at + 20 : (at / 60 + 1) * 60;
    diary.advance(at);
  }
}

void add_spans(const Diary& diary, Millis from, Millis to, AvailabilityInput& input) {
  Span span;
  span.reason = why("starting");
  span.period.from = from * kSecond;
  for (const auto& change : diary.changes(kCamera)) {
    span.period.to = change.at.bt;
    input.spans.push_back(span);
    span = {{change.at.bt, 0}, change.to.state,    change.to.cause,
            change.to.reason,  change.to.warnings, change.to.root};
  }
  span.period.to = to * kSecond;
  input.spans.push_back(span);
  for (const auto& blip : diary.blips(kCamera))
    input.blips.push_back({{blip.from.bt, blip.to.bt}, blip.reason});
}

TEST(Timeline, ThirtyDaysGiveTheFiguresToTheSecond) {
  const std::vector<Subject> subjects{behind(subject(kCamera), kSwitch),
                                      subject(kSwitch, Kind::network_switch)};
  Diary before(subjects);
  watch(before, 0, kGatewayOff.from);
  Diary after(subjects, kGatewayOff.to);
  watch(after, kGatewayOff.to, kMonth);

  AvailabilityInput input;
  add_spans(before, 0, kGatewayOff.from, input);
  add_spans(after, kGatewayOff.to, kMonth, input);
  input.terms.push_back({0, {}});
  input.maintenance.push_back(
      {{kWorks.from * kSecond, kWorks.to * kSecond}, (kWorks.from - kDay) * kSecond, 0, "UBND", "thay cáp"});
  const Availability month = availability(input, {0, kMonth * kSecond}, kMonth * kSecond, Zone());

  EXPECT_EQ(month.totals.up, 2'516'400 * kSecond);
  EXPECT_EQ(month.totals.down, 18'000 * kSecond);
  EXPECT_EQ(month.totals.down_upstream, 10'800 * kSecond);
  EXPECT_EQ(month.totals.down_others(), 10'800 * kSecond);
  EXPECT_EQ(month.totals.maintenance, 14'400 * kSecond);
  EXPECT_EQ(month.totals.unknown, 43'200 * kSecond);
  EXPECT_EQ(month.totals.blip_count, 5);
  EXPECT_EQ(month.totals.outages, 2);
  EXPECT_EQ(month.totals.longest, 10'800 * kSecond);
  ASSERT_TRUE(month.connected && month.device && month.coverage);
  EXPECT_EQ(month.connected->floor_1e4, 9928);
  EXPECT_EQ(month.device->floor_1e4, 9971);
  EXPECT_EQ(month.coverage->floor_1e4, 9832);
  EXPECT_EQ(after.incidents().size(), 2u);  // the switch's alone, opened and closed
}

}  // namespace
}  // namespace commune_watch::testing
