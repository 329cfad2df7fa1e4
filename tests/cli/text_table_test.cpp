// Columns count characters as people see them, not bytes.
#include "cli/text_table.hpp"

#include <gtest/gtest.h>

namespace commune_watch {
namespace {

TEST(TextTable, VietnameseLettersTakeOneColumnEach) {
  EXPECT_EQ(columns("mất kết nối"), 11U);
  EXPECT_EQ(columns("Ấp 1"), 4U);
  EXPECT_EQ(columns("a\u0301"), 1U);  // a combining mark takes none
}

TEST(TextTable, ColumnsLineUpUnderTheirTitles) {
  TextTable table({"Thiết bị", "Trạng thái", "Lý do"});
  table.add({"cam-1", "hoạt động", ""});
  table.section("— Ấp 1");
  table.add({"a", "mất kết nối", "Thiết bị từ chối kết nối"});
  EXPECT_EQ(table.text(),
            "Thiết bị  Trạng thái   Lý do\n"
            "cam-1     hoạt động\n"
            "— Ấp 1\n"
            "a         mất kết nối  Thiết bị từ chối kết nối\n");
}

TEST(TextTable, LongTextsAreCutOnACharacter) {
  EXPECT_EQ(cut("mất kết nối", 11), "mất kết nối");
  EXPECT_EQ(cut("mất kết nối", 5), "mất …");
}

}  // namespace
}  // namespace commune_watch
