// Tables as platforms export them, whole and cut off.
#include "drivers/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace commune_watch {
namespace {

// "a|b / c|d", and "!" behind what is broken.
std::string read(std::string_view text) {
  CsvRows rows(text);
  std::string all;
  while (const auto row = rows.next()) {
    if (!all.empty()) all.append(" / ");
    for (std::size_t i = 0; i < row->size(); ++i) all.append(i == 0 ? "" : "|").append(row->at(i));
  }
  return all.append(rows.broken() ? "!" : "");
}

TEST(CsvRows, CommaSemicolonOrTabWhicheverTheFirstLineHasMostOf) {
  EXPECT_EQ(read("a,b\nc,d\n"), "a|b / c|d");
  EXPECT_EQ(read("a;b;x,y\nc;d;1,5\n"), "a|b|x,y / c|d|1,5");
  EXPECT_EQ(read("a\tb\nc, d\te"), "a|b / c, d|e");
}

TEST(CsvRows, QuotesHoldSeparatorsLineEndsAndQuotes) {
  EXPECT_EQ(read("a,b\r\n\"c,d\",\"e \"\"f\"\"\ng\"\r\n"), "a|b / c,d|e \"f\"\ng");
  EXPECT_EQ(read("a,b\n\"\",\"\"\n"), "a|b / |");
}

TEST(CsvRows, ByteOrderMarkBlanksAndEmptyLinesAreNoContent) {
  EXPECT_EQ(read("\xEF\xBB\xBFMã; Trạng thái \r\n\r\n cong ;Trực tuyến\r\n\n"),
            "Mã|Trạng thái / cong|Trực tuyến");
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("\n\r\n"), "");
}

TEST(CsvRows, WhatWasCutOffIsBroken) {
  EXPECT_EQ(read("a,b\nc,d\ne"), "a|b / c|d!");
  EXPECT_EQ(read("a,b\nc,\"d"), "a|b!");
  EXPECT_EQ(read("a,b\nc,\"d\"x\n"), "a|b!");
  EXPECT_EQ(read("a,b\nc\nd,e"), "a|b / c / d|e")
      << "a short row that has its line end is the platform's way";
}

TEST(CsvRows, Utf16AndEndlessRowsAreBroken) {
  EXPECT_EQ(read(std::string_view("\xFF\xFEm\0,\0", 6)), "!");
  EXPECT_EQ(read("a,b\n" + std::string(CsvRows::kMaxRow + 1, 'x') + ",c\n"), "a|b!");
  EXPECT_EQ(read("a,b\n\"" + std::string(CsvRows::kMaxRow + 1, 'x') + "\",c\n"), "a|b!");
  EXPECT_EQ(read(std::string(CsvRows::kMaxCells, ',')), "!");
}

}  // namespace
}  // namespace commune_watch
