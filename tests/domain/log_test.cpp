// Stored numbers of record kinds and the words for them never change.
#include "domain/log.hpp"

#include <gtest/gtest.h>

#include <set>

namespace commune_watch {
namespace {

TEST(LogKinds, KeepTheirStoredNumbersAndWords) {
  const std::pair<LogKind, std::string_view> rows[] = {{LogKind::genesis, "genesis"},
                                                       {LogKind::run, "run"},
                                                       {LogKind::stop, "stop"},
                                                       {LogKind::anchor, "anchor"},
                                                       {LogKind::config, "config"},
                                                       {LogKind::terms, "terms"},
                                                       {LogKind::change, "change"},
                                                       {LogKind::blip, "blip"},
                                                       {LogKind::incident, "incident"},
                                                       {LogKind::identity, "identity"},
                                                       {LogKind::maintenance, "maintenance"},
                                                       {LogKind::correction, "correction"},
                                                       {LogKind::session, "session"},
                                                       {LogKind::heartbeat, "heartbeat"},
                                                       {LogKind::day, "day"},
                                                       {LogKind::key, "key"},
                                                       {LogKind::restore, "restore"},
                                                       {LogKind::login_block, "login-block"}};
  int number = 0;
  for (const auto& [kind, word] : rows) {
    EXPECT_EQ(static_cast<int>(kind), number++);
    EXPECT_EQ(code(kind), word);
  }
}

}  // namespace
}  // namespace commune_watch
