// What people said and what was agreed is read back as it stands, in this run, in the next, and after a
// rebuild.
#include <gmock/gmock.h>

#include "store/world.hpp"

namespace commune_watch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OverlaysTest : public testing::Test {
 protected:
  OverlaysTest() {
    world.open();
    at = world.begin(kBootA, 0, kStartUtc).at;
    cam = world.camera("cam", at);
  }
  // Says the same three times: as it grew, after a cut, and rebuilt.
  template <class Fact>
  void always(Fact fact) {
    world.commit();
    fact();
    world.open();
    fact();
    ASSERT_TRUE(world.store->rebuild());
    fact();
  }
  Store& store() { return *world.store; }
  World world;
  Moment at;
  DeviceId cam{};
};

TEST_F(OverlaysTest, CorrectionsAreByIdInTheOrderOfTheLog) {
  const auto correct = [&](const std::string& device, Millis from, Class value) {
    store().append({1, 2'000}, {},
                   CorrectionEntry{device, {{from, from + 10}, value, kStartUtc, "an", "xem camera"}});
  };
  correct("cam", 50, Class::up);
  correct("other", 10, Class::down);
  correct("cam", 5, Class::maintenance);
  always([&] {
    const auto own = store().corrections(cam);
    ASSERT_EQ(own.size(), 2u);
    EXPECT_EQ(own[0].period.from, 50);
    EXPECT_EQ(own[1].value, Class::maintenance);
    const auto all = store().corrections();
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[1].entry.device, "other");
    EXPECT_EQ(all[1].utc, kStartUtc + 2'000);
    EXPECT_LT(all[0].seq, all[1].seq);
  });
}

TEST_F(OverlaysTest, ADeclarationStandsUntilItIsWithdrawn) {
  DeclarationEntry fm{.id = "kk-1", .what = "Loa FM", .place = "cho", .by = "an", .declared = 7};
  store().append(at, {}, fm);
  store().append(at, {}, DeclarationEntry{.id = "kk-2", .what = "Wi-Fi trường", .by = "an"});
  store().append(at, {}, DeclarationEntry{.id = "kk-3", .what = "Camera chợ", .by = "an"});
  fm.ended = 99;
  fm.by = "binh";
  fm.what = "another word";
  store().append(at, {}, fm);
  always([&] {
    const auto all = store().declarations();
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].entry.what, "Loa FM");
    EXPECT_EQ(all[0].entry.by, "an");
    EXPECT_EQ(all[0].entry.ended, 99);
    EXPECT_EQ(all[0].ended_by, "binh");
    EXPECT_EQ(all[1].entry.ended, 0);
    EXPECT_EQ(all[1].ended_by, "");
    EXPECT_EQ(all[2].entry.id, "kk-3");
  });
}

TEST_F(OverlaysTest, OfDenominatorsTheLastOfEachAreaStands) {
  store().append(at, {}, MustHaveEntry{"place/cho", {Must::wifi}, "QĐ 1"});
  store().append(at, {}, MustHaveEntry{"hamlet/ap-1", {Must::speaker}, "QĐ 2"});
  store().append(at, {}, MustHaveEntry{"place/cho", {Must::wifi, Must::camera}, "QĐ 3"});
  store().append(at, {}, MustHaveEntry{"hamlet/ap-0", {}, "QĐ 4"});
  always([&] {
    const auto all = store().must_have();
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].area, "hamlet/ap-0");
    EXPECT_EQ(all[1].area, "hamlet/ap-1");
    EXPECT_EQ(all[2].basis, "QĐ 3");
    EXPECT_THAT(all[2].must, ElementsAre(Must::wifi, Must::camera));
  });
}

TEST_F(OverlaysTest, IdentitiesAreOfADeviceNewestFirst) {
  const auto other = world.camera("other", at);
  const auto say = [&](DeviceId device, const std::string& name, const std::string& serial) {
    store().append({1, 3'000}, device, IdentityEntry{name, {.serial = serial}, {"x"}});
  };
  say(cam, "cam", "A");
  say(other, "other", "B");
  say(cam, "cam", "C");
  always([&] {
    const auto all = store().identities(cam, 9);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].entry.identity.serial, "C");
    EXPECT_EQ(all[0].utc, kStartUtc + 3'000);
    EXPECT_EQ(all[1].entry.identity.serial, "A");
    EXPECT_EQ(store().identities(cam, 1).size(), 1u);
    EXPECT_THAT(store().identities(static_cast<DeviceId>(99), 9), IsEmpty());
  });
}

TEST_F(OverlaysTest, TheLastConfigurationIsKnown) {
  EXPECT_FALSE(store().config());
  ConfigEntry config{.sha256 = "aa", .by = "start"};
  store().append(at, {}, config);
  config = {"bb", "an", {"cam"}, "Asia/Ho_Chi_Minh", Zone().changes(), {"+ x"}};
  store().append(at, {}, config);
  always([&] {
    const auto last = store().config();
    ASSERT_TRUE(last);
    EXPECT_EQ(last->by, "an");
    EXPECT_EQ(last->timezone, "Asia/Ho_Chi_Minh");
    EXPECT_THAT(last->changes, ElementsAre("+ x"));
  });
}

}  // namespace
}  // namespace commune_watch
