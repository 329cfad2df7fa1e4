// Terms, denominators and configurations are written down when they change, and only then.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/house.hpp"
#include "gateway_agreements.hpp"

namespace commune_watch {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

std::string place(const std::string& id, const std::string& more) {
  return "[[place]]\nid = \"" + id + "\"\nname = \"Nơi\"\nkind = \"market\"\nhamlet = \"ap-1\"\n" + more;
}

class AgreementsTest : public testing::Test {
 protected:
  AgreementsTest() { keep("start"); }
  void keep(const std::string& by) {
    ASSERT_TRUE(small.house.store->commit());  // the terms that the test's house writes itself
    length = small.house.store->next();
    keep_agreements(small.house, by);
    ASSERT_TRUE(small.house.store->commit());
  }
  void load(const std::string& devices, const std::string& by) {
    small.configure(devices);
    keep(by);
  }
  template <class E>
  std::vector<E> fresh() {
    std::vector<E> all;
    for (const auto& record : small.house.store->read(length, 1'000)) {
      auto entry = decode(record.kind, record.body);
      if (entry && std::holds_alternative<E>(*entry)) all.push_back(std::get<E>(*entry));
    }
    return all;
  }
  TestHouse small{camera("cam-a")};
  Seq length = 0;
};

TEST_F(AgreementsTest, TheFirstConfigurationIsWrittenWholeWithItsZone) {
  const auto first = fresh<ConfigEntry>();
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].by, "start");
  EXPECT_EQ(first[0].timezone, "Asia/Ho_Chi_Minh");
  EXPECT_THAT(first[0].zone, SizeIs(testing::Ge(1U)));
  EXPECT_EQ(first[0].zone.back().offset, 7 * 3'600'000);
  EXPECT_THAT(first[0].changes, testing::Contains(R"(+ camera/cam-a name = "Camera cam-a")"));
  EXPECT_THAT(first[0].changes, Each(testing::StartsWith("+ ")));
}

TEST_F(AgreementsTest, NothingChangedIsNothingWritten) {
  load("# a comment\n" + camera("cam-a"), "an");
  EXPECT_EQ(small.house.store->next(), length);
}

TEST_F(AgreementsTest, AChangeSaysWhatAndWho) {
  load(camera("cam-a", {}, "127.0.0.77"), "an");
  const auto config = fresh<ConfigEntry>();
  ASSERT_THAT(config, SizeIs(1));
  EXPECT_EQ(config[0].by, "an");
  EXPECT_THAT(config[0].changes, ElementsAre(R"(- camera/cam-a url = "rtsp://127.0.0.9/live")",
                                             R"(+ camera/cam-a url = "rtsp://127.0.0.77/live")"));
}

TEST_F(AgreementsTest, NoSecretIsInTheChanges) {
  load(login("cam", "geheim") + camera("cam-a", "login = \"cam\"\n"), "an");
  const auto config = fresh<ConfigEntry>();
  ASSERT_THAT(config, SizeIs(1));
  EXPECT_THAT(config[0].changes, testing::Contains(R"(+ login/cam password = "***")"));
  EXPECT_THAT(config[0].changes, Each(Not(HasSubstr("geheim"))));
}

TEST_F(AgreementsTest, ALogOfAnOlderVersionGetsItsZoneAtTheNextStart) {
  ConfigEntry old{.sha256 = small.house.settings->sha256, .by = "start"};
  small.house.store->append(small.house.now(), {}, old);
  keep("start");
  ASSERT_THAT(fresh<ConfigEntry>(), SizeIs(1));
  EXPECT_THAT(fresh<ConfigEntry>()[0].changes, IsEmpty());
  keep("start");
  EXPECT_EQ(small.house.store->next(), length);
}

TEST_F(AgreementsTest, ADenominatorIsRecordedWhenItChangesAndEmptiedWhenItsAreaLeaves) {
  const auto devices = camera("cam-a");
  load(devices + place("nvh", "must_have = [\"wifi\"]\nbasis = \"QĐ 1\"\n"), "an");
  auto must = fresh<MustHaveEntry>();
  ASSERT_THAT(must, SizeIs(1));
  EXPECT_EQ(must[0].area, "place/nvh");
  EXPECT_THAT(must[0].must, ElementsAre(Must::wifi));

  load(devices + place("nvh", "must_have = [\"wifi\"]\nbasis = \"QĐ 2\"\n"), "an");
  must = fresh<MustHaveEntry>();
  ASSERT_THAT(must, SizeIs(1));
  EXPECT_EQ(must[0].basis, "QĐ 2");

  load(devices, "an");
  must = fresh<MustHaveEntry>();
  ASSERT_THAT(must, SizeIs(1));
  EXPECT_EQ(must[0].area, "place/nvh");
  EXPECT_THAT(must[0].must, IsEmpty());

  small.open();  // a restart: nothing is said again
  keep("start");
  EXPECT_THAT(fresh<MustHaveEntry>(), IsEmpty());
  EXPECT_THAT(fresh<ConfigEntry>(), IsEmpty());
}

TEST(Differences, BelongTogetherByKey) {
  EXPECT_THAT(differences({"a x = 1", "a y = 2", "b = 3"}, {"b = 4", "a x = 1", "c = 5"}),
              ElementsAre("- a y = 2", "- b = 3", "+ b = 4", "+ c = 5"));
}

TEST(Differences, BeyondTheMostAreCounted) {
  std::vector<std::string> many;
  for (int i = 0; i < 25; ++i) many.push_back("k" + std::to_string(i) + " = 1");
  const auto told = differences({}, many, 20);
  ASSERT_THAT(told, SizeIs(21));
  EXPECT_THAT(told.back(), HasSubstr("5 dòng nữa"));
}

TEST(Differences, ALongLineIsCutBetweenCharacters) {
  std::string line = "k = ";
  for (int i = 0; i < 400; ++i) line += "ạ";
  const auto told = differences({}, {line});
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_LT(told[0].size(), 310U);
  EXPECT_TRUE(decode(LogKind::config, encode(ConfigEntry{.timezone = "x", .changes = told})));
}

}  // namespace
}  // namespace commune_watch
