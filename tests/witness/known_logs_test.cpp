// The province's file of keys.
#include "witness/known_logs.hpp"

#include <gmock/gmock.h>

#include "support/grown_log.hpp"
#include "support/process.hpp"

namespace commune_watch::witness {
namespace {

using testing::HasSubstr;

TEST(KnownLogs, AKeyALineWithCommentsAndLabels) {
  const GrownLog one("commune-watch/a/gw1"), other("commune-watch/b/gw1");
  const auto logs = read_known_logs(
      "# tỉnh\n\n" + one.public_key().vkey() + "   # Xã A\r\n  " + other.public_key().vkey() + "\n", "logs");
  ASSERT_TRUE(logs) << logs.error().why;
  EXPECT_EQ(logs->size(), 2U);
  EXPECT_EQ(logs->at("commune-watch/a/gw1").label, "Xã A");
  EXPECT_EQ(logs->at("commune-watch/b/gw1").keys.front(), other.public_key());
}

TEST(KnownLogs, OneOriginMayHaveSeveralKeys) {
  const GrownLog old_key, new_key;
  const auto logs =
      read_known_logs(old_key.public_key().vkey() + "\n" + new_key.public_key().vkey() + "\n", "logs");
  ASSERT_TRUE(logs);
  EXPECT_EQ(logs->size(), 1U);
  EXPECT_EQ(logs->begin()->second.keys.size(), 2U);
}

TEST(KnownLogs, EverythingThatIsWrongIsToldWithItsLine) {
  const GrownLog log;
  auto mistyped = log.public_key().vkey();
  mistyped[mistyped.find('+') + 1] ^= 1;
  const auto witness = log.key.public_key("w", evidence::KeyUse::witness).vkey();
  const auto logs = read_known_logs("# a\n" + mistyped + "\nno key\n" + witness + "\n" +
                                        log.public_key().vkey() + "\n" + log.public_key().vkey() + "\n\xff\n",
                                    "/etc/w/logs");
  ASSERT_FALSE(logs);
  for (const char* told : {"/etc/w/logs:2: the key's id does not belong to it",
                           "/etc/w/logs:3: a key is written", "/etc/w/logs:4: this is the key of a witness",
                           "/etc/w/logs:6: this key is here already", "/etc/w/logs:7: not UTF-8"})
    EXPECT_THAT(logs.error().why, HasSubstr(told));
}

TEST(KnownLogs, AFileIsReadAgainWhenItChanged) {
  const TempDirectory place;
  const GrownLog one("commune-watch/a/gw1"), other("commune-watch/b/gw1");
  KnownLogsFile file(place.path() + "/logs");
  auto none = file.look();
  ASSERT_TRUE(none && *none);
  EXPECT_TRUE((*none)->empty());
  EXPECT_FALSE(file.look());
  place.write("logs", one.public_key().vkey() + "\n");
  auto first = file.look();
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->size(), 1U);
  EXPECT_FALSE(file.look());
  place.write("logs", one.public_key().vkey() + "\n" + other.public_key().vkey() + "\n");
  auto second = file.look();
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->size(), 2U);
  place.write("logs", "no key at all\n");
  auto bad = file.look();
  ASSERT_TRUE(bad);
  EXPECT_FALSE(*bad);
  EXPECT_FALSE(file.look()) << "a bad file is told once";
}

}  // namespace
}  // namespace commune_watch::witness
