// The size that a JPEG file claims, read without decoding.
#include "inspect/jpeg_header.hpp"

#include <gtest/gtest.h>

#include "inspect/encoder.hpp"

namespace commune_watch {
namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text.push_back(static_cast<char>(value));
  return text;
}

const std::string kBegin = bytes({0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 'a', 'b'});

std::string frame(int marker, int height, int width) {  // x 256
  return bytes({0xFF, marker, 0, 11, 8, height, 0, width, 0, 1, 1, 0x11, 0});
}

TEST(JpegHeader, TellsTheSizeOfARealFile) {
  const CodedPicture picture = encoded({Frame(640, 360, 100)}, {.codec = std::string(kJpegFile)});
  EXPECT_EQ(jpeg_pixels(picture.packets), 640U * 360U);
}

TEST(JpegHeader, TheLargestFrameBeforeTheScanCounts) {
  EXPECT_EQ(jpeg_pixels(kBegin + frame(0xC0, 1, 2)), 256U * 512U);
  EXPECT_EQ(jpeg_pixels(kBegin + frame(0xC0, 1, 2) + frame(0xC2, 0x40, 0x40)), 16'384U * 16'384U);
  EXPECT_EQ(jpeg_pixels(kBegin + bytes({0xFF, 0xFF, 0xFF}) + frame(0xC1, 1, 1)), 65'536U) << "fill bytes";
  EXPECT_EQ(jpeg_pixels(kBegin + frame(0xC4, 9, 9) + bytes({0xFF, 0xDA, 0, 2}) + frame(0xC0, 9, 9)), 0U);
}

TEST(JpegHeader, WhatIsNoneOrCutShortHasNoSize) {
  const std::string whole = kBegin + frame(0xC0, 1, 2);
  for (std::size_t size = 0; size < whole.size() - 4; ++size)
    EXPECT_EQ(jpeg_pixels(std::string_view(whole).substr(0, size)), 0U) << size;
  EXPECT_EQ(jpeg_pixels("<html>"), 0U);
  EXPECT_EQ(jpeg_pixels(std::string(100'000, static_cast<char>(0xFF))), 0U);
  EXPECT_EQ(jpeg_pixels(bytes({0xFF, 0xD8, 0xFF, 0xE0, 0, 0})), 0U);
}

}  // namespace
}  // namespace commune_watch
