// The first configuration that `init` writes: it loads, says what was answered, and no answer breaks out of
// its quotes.
#include "settings/draft.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "settings/fake_drivers.hpp"
#include "settings/loading.hpp"
#include "settings/vietnamese.hpp"

namespace commune_watch {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

DraftAnswers answers() {
  DraftAnswers answers;
  answers.code = "28765";
  answers.name = "Xã Tân Phú";
  answers.province = "Vĩnh Long";
  answers.hamlets = {"Ấp 1", "Ấp Phú Đông", "Ấp 1"};
  answers.mqtt_url = "mqtts://broker.example:8883";
  return answers;
}

TEST(Draft, LoadsAsItStands) {
  const LoadResult result = load_text(draft(answers()), fake::kDrivers);
  ASSERT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
  EXPECT_EQ(result.settings->commune.id, "tan-phu-28765");
  EXPECT_EQ(result.settings->commune.name, "Xã Tân Phú");
  EXPECT_EQ(result.settings->mqtt.url, "mqtts://broker.example:8883");
  ASSERT_EQ(result.settings->hamlets.size(), 3U);
  EXPECT_EQ(result.settings->hamlets[0].id, "ap-1");
  EXPECT_EQ(result.settings->hamlets[1].id, "ap-phu-dong");
  EXPECT_EQ(result.settings->hamlets[2].id, "ap-1-2");
}

TEST(Draft, LoadsWithoutHamletsAndBroker) {
  DraftAnswers few = answers();
  few.hamlets.clear();
  few.mqtt_url.clear();
  const LoadResult result = load_text(draft(few), fake::kDrivers);
  ASSERT_THAT(result.errors, IsEmpty());
  EXPECT_TRUE(result.settings->mqtt.url.empty());
}

// The examples are the first thing that an operator uncomments.
TEST(Draft, LoadsWithEveryExampleUncommented) {
  DraftAnswers few = answers();
  few.mqtt_url.clear();
  few.hamlets = {"Ấp 1"};
  std::string text;
  bool seen_hamlet = false;
  const std::string all = draft(few);
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = all.find('\n', at);
    std::string line = all.substr(at, end - at);
    at = end + 1;
    seen_hamlet = seen_hamlet || line == "[[hamlet]]";
    const bool is_example = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    if (is_example && line.find("holidays") == std::string::npos) line.erase(0, 1);
    text += line + "\n";
  }
  ASSERT_TRUE(seen_hamlet);
  text += "[login.broker]\nusername = \"gw\"\npassword = \"p\"\n";
  const LoadResult result = load_text(text, fake::kDrivers);
  ASSERT_EQ(result.errors.size(), 1U) << testing::PrintToString(result.errors);
  EXPECT_THAT(result.errors[0], HasSubstr("nvr.password is not here"));
}

TEST(Draft, IsVietnameseFirst) {
  EXPECT_THAT(draft(answers()), testing::StartsWith("# Cấu hình bộ giám sát"));
}

TEST(Draft, CommuneIdIsTheNameWithoutRankAndDiacritics) {
  EXPECT_EQ(commune_id_from("Xã Tân Phú", "28765"), "tan-phu-28765");
  EXPECT_EQ(commune_id_from("Phường Đông Hưng Thuận", "26785"), "dong-hung-thuan-26785");
  EXPECT_EQ(commune_id_from("Đặc khu Phú Quốc", "31078"), "phu-quoc-31078");
  EXPECT_EQ(commune_id_from("Xã", "1"), "xa-1");
  EXPECT_EQ(commune_id_from("", ""), "xa");
}

TEST(Vietnamese, LosesItsDiacriticsInIds) {
  EXPECT_EQ(id_from("ĐẶNG THÙY Trâm"), "dang-thuy-tram");
  EXPECT_EQ(id_from("  Ấp Kinh 5 / B – Lộ Tẻ "), "ap-kinh-5-b-lo-te");
  EXPECT_EQ(id_from("Nguye\xcc\x82\xcc\x83n"), "nguyen") << "decomposed letters too";
  EXPECT_EQ(id_from("lộ đá đỏ"), "lo-da-do");
  EXPECT_EQ(id_from("ươớợỹỷ"), "uoooyy");
}

TEST(Vietnamese, IsComposedWhateverTheOrderOfMarks) {
  EXPECT_EQ(composed("e\xcc\xa3\xcc\x82"), "ệ");  // dot below first: canonical order
  EXPECT_EQ(composed("e\xcc\x82\xcc\xa3"), "ệ");
  EXPECT_EQ(composed("o\xcc\x9b\xcc\xa3"), "ợ");
  EXPECT_EQ(composed("Ấp Phú Đông"), "Ấp Phú Đông");
  EXPECT_EQ(composed("n\xcc\x83"), "n\xcc\x83") << "not a Vietnamese letter: left alone";
}

RC_GTEST_PROP(Draft, WhateverIsAnsweredItLoads,
              (const std::string& name, const std::vector<std::string>& hamlets)) {
  DraftAnswers any = answers();
  any.name = "Xã " + composed(name);
  any.hamlets.clear();
  for (const std::string& hamlet : hamlets) any.hamlets.push_back("Ấp " + composed(hamlet));
  RC_PRE(any.name.size() <= 500);
  const LoadResult result = load_text(draft(any), fake::kDrivers);
  RC_ASSERT(result.errors == std::vector<std::string>{});
  RC_ASSERT(result.settings->hamlets.size() == hamlets.size());
}

}  // namespace
}  // namespace commune_watch
