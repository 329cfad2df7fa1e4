// Readings: which check is the trouble, and how device text is made safe.
#include "domain/reading.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "domain/utf8.hpp"

namespace commune_watch {
namespace {

Check check(Rung rung, Outcome outcome) { return {.rung = rung, .outcome = outcome}; }

TEST(FirstTrouble, IsTheLowestRungThatFailedOrIsUnknown) {
  Finding finding;
  EXPECT_EQ(first_trouble(finding), nullptr);
  finding.checks = {check(Rung::reachable, Outcome::ok), check(Rung::answering, Outcome::unknown),
                    check(Rung::active, Outcome::failed)};
  ASSERT_NE(first_trouble(finding), nullptr);
  EXPECT_EQ(first_trouble(finding)->rung, Rung::answering);
  finding.checks = {check(Rung::reachable, Outcome::ok), check(Rung::answering, Outcome::not_tested)};
  EXPECT_EQ(first_trouble(finding), nullptr);
}

TEST(Codes, OfOutcomesPathsAndFacts) {
  EXPECT_EQ(code(Outcome::ok), "ok");
  EXPECT_EQ(code(Outcome::failed), "failed");
  EXPECT_EQ(code(Outcome::unknown), "unknown");
  EXPECT_EQ(code(Outcome::not_tested), "not-tested");
  EXPECT_EQ(code(Path::device), "device");
  EXPECT_EQ(code(Path::monitor), "monitor");
  EXPECT_EQ(code(Path::witness), "witness");
  for (std::size_t i = 0; i < kFacts; ++i)
    EXPECT_EQ(fact_of(code(static_cast<FactId>(i))), static_cast<FactId>(i));
  EXPECT_EQ(code(FactId::round_trip_us), "round-trip-us");
  EXPECT_EQ(code(FactId::key_frame_after_ms), "key-frame-after-ms");
  EXPECT_EQ(code(FactId::credentialed_requests), "credentialed-requests");
  EXPECT_EQ(fact_of("mood"), std::nullopt);
}

TEST(CleanWords, KeepsWhatADeviceSaysInAnyLanguage) {
  EXPECT_EQ(clean_words("404 Stream Not Found"), "404 Stream Not Found");
  EXPECT_EQ(clean_words("Không có tín hiệu"), "Không có tín hiệu");
  EXPECT_EQ(clean_words("网络断开"), "网络断开");
}

TEST(CleanWords, TakesOutWhatMovesACursorOrTurnsALine) {
  EXPECT_EQ(clean_words("\x1b[31mred\x07"), "[31mred");
  EXPECT_EQ(clean_words("a\xE2\x80\xAE"
                        "b\xEF\xBB\xBF"
                        "c\xC2\x9B"
                        "d"),
            "abcd");
  EXPECT_EQ(clean_words(std::string_view("a\0b", 3)), "ab");
}

TEST(CleanWords, JoinsLinesAndTrims) {
  EXPECT_EQ(clean_words("  HTTP/1.1 401\r\n\tUnauthorized \n"), "HTTP/1.1 401 Unauthorized");
  EXPECT_EQ(clean_words(" \r\n "), "");
}

TEST(CleanWords, DropsBytesThatAreNotUtf8) {
  EXPECT_EQ(clean_words("a\xFF"
                        "b\xC3"),
            "ab");
  EXPECT_EQ(clean_words("\xC0\xAF"
                        "/etc"),
            "/etc");  // overlong
  EXPECT_EQ(clean_words("\xE0\x80\xAF"
                        "\xF0\x80\x80\xAF"
                        "x"),
            "x");  // overlong in three and four bytes
  EXPECT_EQ(clean_words("\xED\xA0\x80"
                        "x"),
            "x");  // surrogate
  EXPECT_EQ(clean_words("\xF4\x90\x80\x80"
                        "x"),
            "x");  // above U+10FFFF
}

TEST(CleanWords, CutsOnACharacter) {
  const std::string vi = std::string(255, 'a') + "ệ";
  EXPECT_EQ(clean_words(vi), std::string(255, 'a'));
  EXPECT_EQ(clean_words(std::string(1000, 'a')), std::string(kMaxWords, 'a'));
}

RC_GTEST_PROP(CleanWords, AreSafeWhateverTheBytes, (const std::string& bytes)) {
  const std::string words = clean_words(bytes);
  RC_ASSERT(words.size() <= kMaxWords);
  RC_ASSERT(clean_words(words) == words);
  for (std::string_view rest = words; !rest.empty();) {
    const Utf8 c = first_character(rest);
    RC_ASSERT(c.bytes > 0);
    RC_ASSERT(c.value >= 0x20 && c.value != 0x7F);
    rest.remove_prefix(c.bytes);
  }
}

}  // namespace
}  // namespace commune_watch
