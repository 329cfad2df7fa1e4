// Whose the evidence key may be.
#include <gmock/gmock.h>
#include <unistd.h>

#include "gateway_key.hpp"
#include "settings/trial.hpp"

namespace commune_watch {
namespace {

using testing::HasSubstr;

class KeyFilesTest : public testing::Test {
 protected:
  KeyFilesTest() { std::filesystem::create_directory(files.path("state")); }
  [[nodiscard]] KeyFiles keys() const { return {files.path("state"), ""}; }
  Trial files;
};

TEST_F(KeyFilesTest, TheKeyThatWasMadeIsTakenAgain) {
  const auto made = keys().take();
  ASSERT_TRUE(made);
  const auto again = keys().take();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->seed(), made->seed());
}

TEST_F(KeyFilesTest, OneThatOthersMayReadIsRefused) {
  ASSERT_TRUE(keys().take());
  std::filesystem::permissions(files.path("state/evidence.key"), std::filesystem::perms(0640));
  const auto taken = keys().take();
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().why, HasSubstr("others may read"));
}

// Only root can give a file away, and only root would read one that is another's.
TEST_F(KeyFilesTest, OneOfAnotherUserIsRefusedAlsoWhereRootCouldReadIt) {
  constexpr uid_t kStranger = 54321;
  ASSERT_TRUE(keys().take());
  const bool given_away = ::chown(files.path("state/evidence.key").c_str(), kStranger, kStranger) == 0;
  EXPECT_EQ(given_away, ::geteuid() == 0);
  const auto taken = keys().take();
  ASSERT_EQ(taken.has_value(), !given_away);
  if (!given_away) return;
  EXPECT_THAT(taken.error().why, HasSubstr("belongs to user 54321"));
  // As the service's own directory is: root takes the service's key.
  ASSERT_EQ(::chown(files.path("state").c_str(), kStranger, kStranger), 0);
  EXPECT_TRUE(keys().take());
}

}  // namespace
}  // namespace commune_watch
