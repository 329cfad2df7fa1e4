// What JSON is refused before anything is built of it.
#include "drivers/json_shape.hpp"

#include <gtest/gtest.h>

#include <string>

#include "drivers/monitoring_point/dahua.hpp"
#include "drivers/monitoring_point/hikvision.hpp"
#include "drivers/monitoring_point/http_map.hpp"
#include "drivers/xml.hpp"

namespace commune_watch {
namespace {

// `piece` over and over, `bytes` in all.
std::string much(const std::string& piece, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + piece.size());
  while (text.size() < bytes) text += piece;
  return text;
}
constexpr std::size_t kMegabytes = 4 * 1024 * 1024;

TEST(JsonShape, DepthIsCountedOutsideStringsOnly) {
  EXPECT_TRUE(modest_json(R"({"a":[1,{"b":2}]})", 3));
  EXPECT_FALSE(modest_json(R"({"a":[1,{"b":2}]})", 2));
  EXPECT_TRUE(modest_json(R"({"a":"[[[[[[\"[[[","b":"\\"})", 1));
  EXPECT_FALSE(modest_json("]", 8)) << "nothing is open";
  EXPECT_TRUE(modest_json("", 1)) << "the parser's business";
}

TEST(JsonShape, ValuesAreCountedWhereverTheyStand) {
  const auto list = [](std::size_t values) { return "[" + much("0,", 2 * values - 2) + "0]"; };
  EXPECT_TRUE(modest_json(list(kMaxJsonValues - 1), 2));
  EXPECT_FALSE(modest_json(list(kMaxJsonValues + 1), 2));
  EXPECT_FALSE(modest_json("[" + much("[]", 2 * kMaxJsonValues) + "]", 2)) << "without commas, too";
}

// Each of these took minutes once, in the one thread that asks all devices.
TEST(JsonShape, AnswersOfMegabytesAreReadOrRefusedInAMoment) {
  const HttpMap map = map_of(Options({{"format", "json"},
                                      {"list", "/items"},
                                      {"key", "/name"},
                                      {"state", "/ready"},
                                      {"online", "true"}}),
                             "json");
  for (const char* item : {"{},", "[],", "0,", "{\"name\":{}},"}) {
    EXPECT_FALSE(read_map("{\"items\":[" + much(item, kMegabytes) + "0]}", map, 1)) << item;
    EXPECT_FALSE(dahua::read_states("{\"states\":[" + much(item, kMegabytes) + "0]}")) << item;
  }
  const auto few =
      read_map("{\"items\":[" + much("{},", 3 * 90'000) + "{\"name\":\"a\",\"ready\":true}]}", map, 1);
  ASSERT_TRUE(few);
  EXPECT_EQ(few->size(), 1U);
  EXPECT_FALSE(xml::Document("<a>" + much("<", 90'000) + std::string(kMegabytes, ' ') + "/></a>").root());
  EXPECT_FALSE(hikvision::read_status(
      "<InputProxyChannelStatusList>" +
      much("<InputProxyChannelStatus><id>7</id></InputProxyChannelStatus>", kMegabytes) +
      "</InputProxyChannelStatusList>"));
}

}  // namespace
}  // namespace commune_watch
