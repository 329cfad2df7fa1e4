// What a line that people wrote may hold.
#include "domain/utf8.hpp"

#include <gtest/gtest.h>

namespace commune_watch {
namespace {

TEST(PlainLine, WordsOfAnyLanguageAreOne) {
  for (const auto* text : {"", "thay nguồn camera", "Trạm Y tế – “ấp 1”, 100%", "e\xCC\x82", "中文", "🙂"})
    EXPECT_TRUE(is_plain_line(text)) << text;
}

TEST(PlainLine, WhatEndsTurnsOrHidesALineIsNot) {
  for (const auto* text :
       {"\x1b[2J", "a\nb",   "\t",     "\x7f",   "\u0080", "\u009f", "\u00ad", "\u061c", "\u180e",
        "\u200b",  "\u200f", "\u2028", "\u202e", "\u2060", "\u2069", "\ufeff", "\ufff9", "\xF3\xA0\x80\x81",
        "\xff",    "a\xc3"})
    EXPECT_FALSE(is_plain_line(text)) << text;
}

}  // namespace
}  // namespace commune_watch
