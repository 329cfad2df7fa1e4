// The words for kinds, rungs, places and duties are what DESIGN's table says, both ways.
#include "domain/device.hpp"

#include <gtest/gtest.h>

namespace commune_watch {
namespace {

TEST(Kinds, AreSpelledAsInConfigurationAndReadBack) {
  const std::string_view codes[] = {"access-point", "speaker-cluster", "camera",          "website",
                                    "uplink",       "switch",          "monitoring-point"};
  static_assert(std::size(codes) == kKinds);
  for (std::size_t i = 0; i < kKinds; ++i) {
    EXPECT_EQ(code(static_cast<Kind>(i)), codes[i]);
    EXPECT_EQ(kind_of(codes[i]), static_cast<Kind>(i));
  }
  EXPECT_EQ(kind_of("toaster"), std::nullopt);
  EXPECT_EQ(name(Kind::access_point, Language::vi), "trạm phát Wi-Fi");
  EXPECT_EQ(name(Kind::network_switch, Language::vi), "thiết bị chuyển mạch");
  EXPECT_EQ(name(Kind::uplink, Language::vi), "đường truyền Internet");
}

TEST(Rungs, ClimbInTheOrderOfTheLadder) {
  const std::string_view codes[] = {"reachable", "answering", "active", "useful", "connected", "witnessed"};
  static_assert(std::size(codes) == kRungs);
  for (std::size_t i = 0; i < kRungs; ++i) {
    EXPECT_EQ(code(static_cast<Rung>(i)), codes[i]);
    EXPECT_EQ(rung_of(codes[i]), static_cast<Rung>(i));
  }
  EXPECT_EQ(rung_of("perfect"), std::nullopt);
}

TEST(PlaceKinds, AreSpelledAsInConfigurationAndReadBack) {
  const std::pair<std::string_view, std::string_view> rows[] = {{"commune-hq", "Trụ sở UBND xã"},
                                                                {"police-post", "trụ sở công an xã"},
                                                                {"culture-house", "nhà văn hóa"},
                                                                {"library", "thư viện"},
                                                                {"health-station", "Trạm Y tế"},
                                                                {"school", "trường học"},
                                                                {"market", "chợ"},
                                                                {"tourist-spot", "điểm du lịch"},
                                                                {"playground", "khu vui chơi"},
                                                                {"post-office", "điểm phục vụ bưu chính"},
                                                                {"one-stop-office", "Bộ phận Một cửa"},
                                                                {"entry-point", "điểm ra vào khu dân cư"},
                                                                {"key-spot", "điểm trọng yếu"},
                                                                {"community-spot", "nơi sinh hoạt cộng đồng"},
                                                                {"other", "khác"}};
  static_assert(std::size(rows) == kPlaceKinds);
  for (std::size_t i = 0; i < kPlaceKinds; ++i) {
    const auto kind = static_cast<PlaceKind>(i);
    EXPECT_EQ(code(kind), rows[i].first);
    EXPECT_EQ(name(kind, Language::vi), rows[i].second);
    EXPECT_EQ(place_kind_of(rows[i].first), kind);
  }
  EXPECT_EQ(place_kind_of("castle"), std::nullopt);
}

TEST(Duties, AreSpelledAsInConfigurationAndReadBack) {
  const std::string_view codes[] = {"wifi", "camera", "speaker", "website", "uplink"};
  static_assert(std::size(codes) == kMusts);
  for (std::size_t i = 0; i < kMusts; ++i) {
    EXPECT_EQ(code(static_cast<Must>(i)), codes[i]);
    EXPECT_EQ(must_of(codes[i]), static_cast<Must>(i));
  }
  EXPECT_EQ(must_of("fax"), std::nullopt);
}

TEST(Cadence, AsksForTheWholePictureLessOftenThanForLife) {
  const Cadence cadence;
  EXPECT_EQ(cadence.of(Rung::reachable), 60'000);
  EXPECT_EQ(cadence.of(Rung::active), 300'000);
  EXPECT_EQ(cadence.of(Rung::witnessed), 1'800'000);
}

}  // namespace
}  // namespace commune_watch
