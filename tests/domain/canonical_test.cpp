// Restricted canonical JSON: one byte sequence per value, and nothing else is read.
#include "domain/canonical.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace commune_watch::canonical {
namespace {

TEST(Canonical, WritesEachKindOfValueInOneWay) {
  EXPECT_EQ(write(Value(std::int64_t{-42})), "-42");
  EXPECT_EQ(write(Value(INT64_MIN)), "-9223372036854775808");
  EXPECT_EQ(write("Xã \"Tân\\Phú\"\n\t\x01\x1f/\x7f"), "\"Xã \\\"Tân\\\\Phú\\\"\\n\\t\\u0001\\u001f/\x7f\"");
  EXPECT_EQ(write(Array{}), "[]");
  EXPECT_EQ(write(Object{}), "{}");
  EXPECT_EQ(write(Object{{"b", std::int64_t{1}}, {"a", Array{"x", std::int64_t{2}}}}),
            R"({"b":1,"a":["x",2]})");
}

TEST(Canonical, WritesNothingThatItCouldNotRead) {
  EXPECT_EQ(write(Value(std::string("a\xFFz"))), "\"a\xEF\xBF\xBDz\"");
  EXPECT_TRUE(read(write(Value(std::string("\xC0\xAF\xED\xA0\x80")))).has_value());
}

TEST(Canonical, ReadsValuesAndFindsMembers) {
  const auto value = read(R"({"name":"ấp 1","list":[1,-2,[]],"deep":{"x":{}}})");
  ASSERT_TRUE(value.has_value());
  ASSERT_NE(value->find("name"), nullptr);
  EXPECT_EQ(*value->find("name")->text(), "ấp 1");
  EXPECT_EQ(value->find("list")->array()->size(), 3U);
  EXPECT_EQ(*value->find("list")->array()->at(1).number(), -2);
  EXPECT_NE(value->find("deep")->object(), nullptr);
  EXPECT_EQ(value->find("nobody"), nullptr);
  EXPECT_EQ(value->find("name")->number(), nullptr);
  EXPECT_EQ(value->find("name")->find("x"), nullptr);
}

TEST(Canonical, RefusesEveryOtherSpelling) {
  for (const char* text : {"",
                           " 1",
                           "1 ",
                           "01",
                           "-0",
                           "-",
                           "+1",
                           "1.0",
                           "1e3",
                           "9223372036854775808",
                           "-9223372036854775809",
                           "true",
                           "null",
                           "[1,]",
                           "[,1]",
                           "[1",
                           "[1 ,2]",
                           "{",
                           "{\"a\":1,}",
                           "{\"a\" :1}",
                           "{a:1}",
                           "{\"a\"}",
                           "{\"a\":1,\"a\":2}",
                           "\"a",
                           "\"\\/\"",
                           "\"\\u0041\"",
                           "\"\\u000a\"",
                           "\"\\u001F\"",
                           "\"\\x41\"",
                           "\"\\",
                           "\"\\u00",
                           "\"\n\"",
                           "\"\xFF\"",
                           "\"\xC0\xAF\"",
                           "'a'",
                           "1,2",
                           "{}{}",
                           "\xEF\xBB\xBF{}"})
    EXPECT_FALSE(read(text).has_value()) << text;
}

TEST(Canonical, HasLimits) {
  const std::string deep = std::string(kMaxDepth, '[') + std::string(kMaxDepth, ']');
  EXPECT_TRUE(read(deep).has_value());
  EXPECT_FALSE(read("[" + deep + "]").has_value());
  EXPECT_FALSE(read(std::string(1'000'000, '[')).has_value());
  EXPECT_TRUE(read("\"abc\"", 5).has_value());
  EXPECT_FALSE(read("\"abc\"", 4).has_value());
  EXPECT_FALSE(read("\"" + std::string(kMaxBytes, 'a') + "\"").has_value());
}

TEST(Canonical, SaysWhereAMistakeIs) {
  EXPECT_EQ(read("{\"a\":tru}").error().why, "byte 5: expected a value");
  EXPECT_EQ(read("[1,2").error().why, "byte 4: expected , or ]");
}

Value any_value(int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 4 : 2)) {
    case 0:
      return *rc::gen::arbitrary<std::int64_t>();
    case 1:
      return *rc::gen::arbitrary<std::string>();
    case 2: {
      Array items;
      for (int n = *rc::gen::inRange(0, 4); n > 0; --n) items.push_back(any_value(depth - 1));
      return items;
    }
    default: {
      Object members;
      for (int n = *rc::gen::inRange(0, 4); n > 0; --n)
        members.emplace_back(std::to_string(n) + "\n", any_value(depth - 1));
      return members;
    }
  }
}

RC_GTEST_PROP(CanonicalLaw, WhatIsWrittenIsReadAndWrittenTheSame, ()) {
  const std::string text = write(any_value(4));
  const auto value = read(text);
  RC_ASSERT(value.has_value());
  RC_ASSERT(write(*value) == text);
}

RC_GTEST_PROP(CanonicalLaw, WhateverIsReadIsWrittenTheSame, ()) {
  std::string text = write(any_value(3));
  for (int n = *rc::gen::inRange(0, 3); n > 0 && !text.empty(); --n)
    text[*rc::gen::inRange<std::size_t>(0, text.size())] =
        *rc::gen::elementOf(std::string("{}[]\",:0-1\\u\n x"));
  if (const auto value = read(text)) RC_ASSERT(write(*value) == text);
}

}  // namespace
}  // namespace commune_watch::canonical
