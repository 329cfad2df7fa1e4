// The csv-drop driver over files that a test says are there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/visit.hpp"

namespace commune_watch {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::string_view kDriver = "csv-drop";
constexpr Millis kNow = 1'790'000'000'000, kMinute = 60'000;  // 2026-09-21 21:13:20 in Vietnam
constexpr const char* kTable =
    "Mã camera;Trạng thái;Ghi hình;Cập nhật\n"
    "cong;Trực tuyến;Có;21/09/2026 21:13\n"
    "cho;Ngoại tuyến;Không;21/09/2026 21:13:01\n"
    "san;Bảo trì;Có;2026-09-21 21:10:00\n"
    "ben-xe;Trực tuyến;Không;21/09/2026 19:00:00\n";

const OptionTexts kOptions{{"file", "/srv/vms/camera.csv"},
                           {"max_age", "900000"},
                           {"key", "Mã camera"},
                           {"state", "Trạng thái"},
                           {"online", "Trực tuyến"},
                           {"offline", "Ngoại tuyến"},
                           {"recording", "Ghi hình"},
                           {"recording_on", "Có"},
                           {"recording_off", "Không"},
                           {"seen", "Cập nhật"},
                           {"seen_within", "600000"}};

FileReply file(std::string text, Millis age = kMinute) {
  return {
      .trouble = Trouble::none, .words = {}, .text = std::move(text), .modified = kNow - age, .took_us = 90};
}

FileReply trouble(Trouble trouble, std::string words) {
  return {.trouble = trouble, .words = std::move(words), .text = {}, .modified = 0, .took_us = 90};
}

class CsvDropTest : public testing::Test {
 protected:
  Finding read(FileReply reply, std::optional<Millis> utc_now = kNow) {
    ScriptedWire wire;
    wire.expect("file /srv/vms/camera.csv", std::move(reply));
    Question question = question_of(Rung::connected);
    question.utc_now = utc_now;
    return visit(*probe_, wire, question);
  }

  Target target_ = [] {
    Target target = target_of(kDriver, kOptions, {}, Kind::monitoring_point);
    target.bound_keys = {"cong", "cho"};
    return target;
  }();
  std::unique_ptr<Probe> probe_ = probe_of(target_);
};

TEST_F(CsvDropTest, EachDeviceIsAsItsRowSaysAndAnotherWordSaysNothing) {
  const Finding finding = read(file(kTable));
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok connected:ok");
  EXPECT_EQ(seen(finding),
            "cong:ok cho:failed(offline-on-monitor) san:unknown(monitoring-point-silent) "
            "ben-xe:failed(offline-on-monitor)");
  EXPECT_FALSE(finding.complete) << "who is missing is unknown: the table may have been cut between two rows";
}

TEST_F(CsvDropTest, RowsThatContradictEachOtherSayNothing) {
  const char* const head = "Mã camera;Trạng thái\n";
  EXPECT_EQ(seen(read(file(std::string(head) + "cong;Trực tuyến\ncong;Ngoại tuyến\ncho;Trực tuyến\n"))),
            "cong:unknown(monitoring-point-silent) cho:ok");
  EXPECT_EQ(seen(read(file(std::string(head) + "cong;Trực tuyến\ncong;Trực tuyến\n"))), "cong:ok");
}

TEST_F(CsvDropTest, AFileThatIsGoneOldOrFromTheFutureTellsNothing) {
  EXPECT_THAT(ladder(read(trouble(Trouble::local, "No such file or directory"))),
              StartsWith("reachable:unknown(monitoring-point-silent)"));
  const Finding old = read(file(kTable, 16 * kMinute));
  EXPECT_THAT(ladder(old), StartsWith("reachable:ok answering:unknown(monitoring-point-silent)"));
  EXPECT_THAT(old.checks.at(1).words, HasSubstr("16 min"));
  EXPECT_THAT(ladder(read(file(kTable, -6 * kMinute))),
              StartsWith("reachable:ok answering:unknown(clock-unsure)"));
  EXPECT_THAT(ladder(read(file(kTable), std::nullopt)),
              StartsWith("reachable:ok answering:unknown(clock-unsure)"));
  EXPECT_THAT(old.sightings, IsEmpty());
  EXPECT_FALSE(old.complete);
}

TEST_F(CsvDropTest, OurOwnTroubleWithTheFileIsOurs) {
  EXPECT_THAT(ladder(read(trouble(Trouble::not_permitted, "Permission denied"))),
              StartsWith("reachable:unknown(gateway-limit)"));
  EXPECT_THAT(ladder(read(trouble(Trouble::too_large, "more than 4194304 bytes"))),
              StartsWith("reachable:unknown(answer-too-large)"));
}

TEST_F(CsvDropTest, AnExportThatFailedIsNoFleetThatIsGone) {
  for (const char* text : {"", "Mã camera;Trạng thái\n", "<html>", "Mã;Trạng thái\ncong;Trực tuyến\n",
                           "Mã camera;Trạng thái\ncong;Trực tuyến\ncho"})
    EXPECT_EQ(ladder(read(file(text))), "reachable:ok answering:ok connected:unknown(unparsable)") << text;
}

TEST_F(CsvDropTest, WhileItIsWrittenTheLastWholeOneHoldsAsLongAsItWouldHave) {
  EXPECT_THAT(ladder(read(trouble(Trouble::closed, "it is being written"))),
              StartsWith("reachable:unknown(monitoring-point-silent)"));
  read(file(kTable));
  EXPECT_EQ(ladder(read(trouble(Trouble::closed, "it is being written"))),
            "reachable:ok answering:ok connected:ok");
  EXPECT_THAT(ladder(read(trouble(Trouble::closed, "it is being written"), kNow + 15 * kMinute)),
              StartsWith("reachable:ok answering:unknown(monitoring-point-silent)"));
}

TEST(CsvDropOptions, WhatIsWrongIsSaid) {
  const auto with = [](const char* key, const char* value) {
    OptionTexts options = kOptions;
    options[key] = value;
    return refusal(kDriver, options);
  };
  EXPECT_EQ(refusal(kDriver, kOptions), "");
  EXPECT_THAT(with("file", "camera.csv"), HasSubstr("absolute path"));
  EXPECT_THAT(with("max_age", "0"), HasSubstr("max_age"));
  EXPECT_THAT(with("zone", "Asia/Ho_Chi_Minh"), HasSubstr("+07:00"));
  EXPECT_THAT(with("online", ""), HasSubstr("online"));
}

}  // namespace
}  // namespace commune_watch
