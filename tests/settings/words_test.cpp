// The small languages inside values, on literals.
#include "settings/words.hpp"

#include <gtest/gtest.h>

namespace commune_watch {
namespace {

TEST(Durations, HaveUnits) {
  EXPECT_EQ(parse_duration("300ms"), 300);
  EXPECT_EQ(parse_duration("60s"), 60'000);
  EXPECT_EQ(parse_duration("5min"), 300'000);
  EXPECT_EQ(parse_duration("2h"), 7'200'000);
  EXPECT_EQ(parse_duration("1d"), 86'400'000);
}

TEST(Durations, WithoutUnitOrNumberAreRefused) {
  for (const char* text :
       {"", "60", "s", "-5s", "1.5h", "5 min", "5m", "5S", "99999999999999999999s", "1000000d"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST(Durations, AreWrittenInTheirLargestUnit) {
  EXPECT_EQ(duration_text(7'200'000), "2h");
  EXPECT_EQ(duration_text(90'000), "90s");
  EXPECT_EQ(duration_text(0), "0ms");
}

TEST(Hours, OverlapsAreMerged) {
  const auto hours = parse_hours({"mon 08:00-12:00", "mon 11:00-17:00", "mon 17:00-18:00"});
  ASSERT_TRUE(hours.has_value());
  EXPECT_EQ(*hours, (std::vector<Hours::Slot>{{480, 1080}}));
}

TEST(Hours, TheWholeWeekIsNone) {
  EXPECT_EQ(parse_hours({"daily 00:00-24:00"}), std::vector<Hours::Slot>{});
  EXPECT_EQ(parse_hours({"mon-sun 07:00-07:00"}), std::vector<Hours::Slot>{})
      << "an end at the start is the next day's";
}

TEST(Hours, ADayRangeMayRunOverSunday) {
  EXPECT_EQ(parse_hours({"sat-mon 08:00-09:00"}),
            (std::vector<Hours::Slot>{
                {480, 540}, {5 * 1440 + 480, 5 * 1440 + 540}, {6 * 1440 + 480, 6 * 1440 + 540}}));
}

TEST(Hours, MalformedOnesAreRefused) {
  for (const char* text :
       {"", "mon", "mon 08:00", "mon 8:00-17:00", "mon 24:00-17:00", "mon 08:00-24:01", "mon 08:60-17:00",
        "08:00-17:00", "mon- 08:00-17:00", "mon,, 08:00-17:00", "mon  08:00-17:00", "mon 08:00-17:00 x"}) {
    EXPECT_FALSE(parse_hours({text}).has_value()) << text;
  }
}

TEST(Hosts, AddressesAndNames) {
  for (const char* text :
       {"192.0.2.1", "::1", "2001:db8::1", "fe80::1%eth0", "cam-1.example", "camera", "a_b.example"})
    EXPECT_TRUE(is_host(text)) << text;
  for (const char* text : {"", "192.0.2.256", "192.0.2", "-a.example", "a..b", "a b", "192.0.2.1:80", "[::1]",
                           "fe80::1%eth 0", "a@b", "http://a"}) {
    EXPECT_FALSE(is_host(text)) << text;
  }
}

TEST(Ids, AreForTopicsAndFileNames) {
  EXPECT_EQ(trouble_with_id("cam-1"), "");
  for (const char* text : {"", "-a", "a-", "A", "a_b", "a/b", "ấp"})
    EXPECT_NE(trouble_with_id(text), "") << text;
  EXPECT_EQ(trouble_with_id(std::string(63, 'a')), "");
  EXPECT_NE(trouble_with_id(std::string(64, 'a')), "");
}

TEST(Urls, WithALoginAreRecognised) {
  EXPECT_TRUE(has_login("rtsp://admin:secret@192.0.2.1/"));
  EXPECT_TRUE(has_login("http://admin@192.0.2.1"));
  EXPECT_FALSE(has_login("http://192.0.2.1/a@b"));
  EXPECT_FALSE(has_login("http://192.0.2.1?mail=a@b"));
  EXPECT_FALSE(has_login("a@b"));
}

}  // namespace
}  // namespace commune_watch
