// Periods, instants and lengths as people write and read them.
#include "domain/period.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace commune_watch {
namespace {

constexpr Millis kSecond = 1'000;
constexpr Millis kHour = 3'600 * kSecond;
constexpr Millis kDay = 24 * kHour;
const Zone kZone;

Millis local(int month, int day, Millis time) { return kZone.midnight(2026, month, day) + time; }
const Millis kNow = local(11, 22, 16 * kHour + 5'000);

Period period(std::string_view text) {
  const auto period = parse_period(text, kZone, kNow);
  EXPECT_TRUE(period.has_value()) << text;
  return period.value_or(Period{});
}

TEST(ParsePeriod, CalendarPeriodsAreWholeLocalDays) {
  EXPECT_EQ(period("2026"), (Period{local(1, 1, 0), kZone.midnight(2027, 1, 1)}));
  EXPECT_EQ(period("2026-Q3"), (Period{local(7, 1, 0), local(10, 1, 0)}));
  EXPECT_EQ(period("2026-Q4"), (Period{local(10, 1, 0), kZone.midnight(2027, 1, 1)}));
  EXPECT_EQ(period("2026-11"), (Period{local(11, 1, 0), local(12, 1, 0)}));
  EXPECT_EQ(period("2026-12"), (Period{local(12, 1, 0), kZone.midnight(2027, 1, 1)}));
  EXPECT_EQ(period("2026-11-14"), (Period{local(11, 14, 0), local(11, 15, 0)}));
  EXPECT_EQ(period("2026-11-01..2026-11-15"), (Period{local(11, 1, 0), local(11, 16, 0)}));
  EXPECT_EQ(period("today"), (Period{local(11, 22, 0), local(11, 23, 0)}));
  EXPECT_EQ(period("yesterday"), (Period{local(11, 21, 0), local(11, 22, 0)}));
  EXPECT_EQ(period("month"), (Period{local(11, 1, 0), local(12, 1, 0)}));
}

TEST(ParsePeriod, LengthsReachBackFromNow) {
  EXPECT_EQ(period("7d"), (Period{kNow - 7 * kDay, kNow}));
  EXPECT_EQ(period("24h"), (Period{kNow - kDay, kNow}));
  EXPECT_EQ(period("30m"), (Period{kNow - kHour / 2, kNow}));
  EXPECT_EQ(period("90s"), (Period{kNow - 90 * kSecond, kNow}));
}

TEST(ParsePeriod, RefusesWhatIsNoPeriod) {
  for (const char* text : {"",
                           "26",
                           "1969",
                           "2026-13",
                           "2026-00",
                           "2026-Q5",
                           "2026-Q",
                           "2026-Q33",
                           "2026-11-31",
                           "2026-02-29",
                           "2026-11-",
                           "2026-11-14x",
                           "2026-11-15..2026-11-14",
                           "2026-11-01..",
                           "2026-11-01.2026-11-02",
                           "0d",
                           "d",
                           "-1d",
                           "7w",
                           "7",
                           "1234567d",
                           "tomorrow",
                           "2026-11-01..2026-11-15x"})
    EXPECT_FALSE(parse_period(text, kZone, kNow).has_value()) << text;
}

TEST(ParsePeriod, BeginsIn1970AtTheEarliestAndLastsAHundredYearsAtMost) {
  EXPECT_EQ(period("1970"), (Period{kZone.midnight(1970, 1, 1), kZone.midnight(1971, 1, 1)}));
  EXPECT_EQ(period("20000d").length(), 20'000 * kDay);
  for (const char* text : {"999999d", "30000d", "1970-01-01..2070-01-01", "2026-01-01..9999-12-31"}) {
    const auto refused = parse_period(text, kZone, kNow);
    ASSERT_FALSE(refused.has_value()) << text;
    EXPECT_NE(refused.error().why.find("1970"), std::string::npos) << refused.error().why;
  }
}

TEST(ParseInstant, IsLocalUnlessItSaysZ) {
  EXPECT_EQ(parse_instant("2026-11-14 21:30", kZone, kNow), local(11, 14, 21 * kHour + kHour / 2));
  EXPECT_EQ(parse_instant("2026-11-14T21:30:05", kZone, kNow), local(11, 14, 21 * kHour + kHour / 2 + 5'000));
  EXPECT_EQ(parse_instant("2026-11-14T14:30:05Z", kZone, kNow),
            local(11, 14, 21 * kHour + kHour / 2 + 5'000));
  EXPECT_EQ(parse_instant("2026-11-14 14:30Z", kZone, kNow), local(11, 14, 21 * kHour + kHour / 2));
}

TEST(ParseInstant, ATimeAloneIsTheLatestOneNotAfterNow) {
  EXPECT_EQ(parse_instant("15:59", kZone, kNow), local(11, 22, 15 * kHour + 59 * 60'000));
  EXPECT_EQ(parse_instant("16:00:05", kZone, kNow), kNow);
  EXPECT_EQ(parse_instant("16:00:06", kZone, kNow), kNow + kSecond - kDay);
}

TEST(ParseInstant, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "24:00", "12:60", "12:00:60", "1:00", "12:0", "12", "2026-11-14", "2026-11-14 ",
        "2026-11-31 10:00", "2026-11-14  10:00", "2026-11-14 10:00 ", "2026-11-14 10:00+07", "12:00Z"})
    EXPECT_FALSE(parse_instant(text, kZone, kNow).has_value()) << text;
}

TEST(ParseInstant, FollowsSummerTime) {
  const Millis change = 1'774'746'000'000;  // Berlin, 29 March 2026: 02:00 becomes 03:00
  const Zone berlin({{0, kHour}, {change, 2 * kHour}});
  EXPECT_EQ(parse_instant("2026-03-29 01:59", berlin, kNow), change - 60'000);
  EXPECT_EQ(parse_instant("2026-03-29 03:00", berlin, kNow), change);
  EXPECT_EQ(parse_instant("2026-03-29 12:00", berlin, kNow), change + 9 * kHour);
}

TEST(TimeTexts, SayTheInstantInUtcAndLocally) {
  EXPECT_EQ(utc_text(1'795'280'400'123), "2026-11-21T17:00:00.123Z");
  EXPECT_EQ(local_text(1'795'280'400'123, kZone), "2026-11-22 00:00:00");
  EXPECT_EQ(utc_text(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(utc_text(951'782'399'999), "2000-02-28T23:59:59.999Z");
  EXPECT_EQ(utc_text(951'782'400'000), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(utc_text(4'107'542'400'000), "2100-03-01T00:00:00.000Z");
}

RC_GTEST_PROP(TimeTexts, AreReadBack, ()) {
  const Millis utc = *rc::gen::inRange<Millis>(0, 4'000'000'000) * kSecond;
  RC_ASSERT(parse_instant(local_text(utc, kZone), kZone, kNow).value_or(-1) == utc);
  const std::string text = utc_text(utc);
  RC_ASSERT(parse_instant(text.substr(0, 19) + "Z", kZone, kNow).value_or(-1) == utc);
}

RC_GTEST_PROP(ParsePeriod, NeverCrashesOnAnyText, (const std::string& text)) {
  (void)parse_period(text, kZone, kNow);
  (void)parse_period("2026-" + text, kZone, kNow);
  (void)parse_instant(text, kZone, kNow);
  (void)parse_instant("2026-11-14 " + text, kZone, kNow);
}

TEST(DurationText, ReadsAsPeopleSayIt) {
  const std::pair<Millis, std::pair<const char*, const char*>> rows[] = {
      {0, {"0 giây", "0 s"}},
      {59'999, {"59 giây", "59 s"}},
      {60'000, {"1 phút", "1 min"}},
      {59 * 60'000 + 59'000, {"59 phút", "59 min"}},
      {2 * kHour + 5 * 60'000, {"2 giờ 05 phút", "2 h 05 min"}},
      {2 * kDay, {"48 giờ 00 phút", "48 h 00 min"}},
      {2 * kDay + kHour, {"2 ngày 1 giờ", "2 d 1 h"}},
      {33 * kDay + 23 * kHour, {"33 ngày 23 giờ", "33 d 23 h"}},
      {-5, {"0 giây", "0 s"}},
  };
  for (const auto& [length, texts] : rows) {
    EXPECT_EQ(duration_text(length, Language::vi), texts.first);
    EXPECT_EQ(duration_text(length, Language::en), texts.second);
  }
}

}  // namespace
}  // namespace commune_watch
