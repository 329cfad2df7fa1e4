// What all drivers share, and the laws that the table of drivers keeps.
#include "drivers/driver.hpp"

#include <gtest/gtest.h>

#include <set>

#include "drivers/visit.hpp"

namespace commune_watch {
namespace {

constexpr auto kAllTroubles = {
    Trouble::refused,       Trouble::host_unreachable, Trouble::net_unreachable, Trouble::timed_out,
    Trouble::reset,         Trouble::closed,           Trouble::stalled,         Trouble::name,
    Trouble::tls,           Trouble::too_large,        Trouble::malformed,       Trouble::local,
    Trouble::not_permitted, Trouble::no_route};

std::string_view code_of(Rung rung, Trouble trouble) {
  return reason(check_of(rung, trouble, "", 1).reason).code;
}

TEST(Options, GiveBackWhatSettingsPutIn) {
  const Options options({{"text", "a b"},
                         {"number", "-12"},
                         {"yes", "true"},
                         {"no", "false"},
                         {"list", "a\nb\n\nc"},
                         {"empty", ""}});
  EXPECT_TRUE(options.has("text"));
  EXPECT_FALSE(options.has("other"));
  EXPECT_EQ(options.text("text"), "a b");
  EXPECT_EQ(options.text("other", "else"), "else");
  EXPECT_EQ(options.integer("number"), -12);
  EXPECT_EQ(options.integer("other", 5), 5);
  EXPECT_EQ(options.integer("text", 5), 5);
  EXPECT_TRUE(options.boolean("yes"));
  EXPECT_FALSE(options.boolean("no", true));
  EXPECT_TRUE(options.boolean("other", true));
  EXPECT_EQ(options.list("list"), (std::vector<std::string>{"a", "b", "", "c"}));
  EXPECT_TRUE(options.list("empty").empty());
  EXPECT_TRUE(options.list("other").empty());
}

TEST(Conclusions, EveryTroubleHasAReasonThatIsNoWarning) {
  for (const Trouble trouble : kAllTroubles) {
    const Check check = check_of(Rung::answering, trouble, "w", 1);
    EXPECT_NE(check.reason, ReasonId::none) << static_cast<int>(trouble);
    EXPECT_NE(check.outcome, Outcome::ok) << static_cast<int>(trouble);
    EXPECT_NE(reason(check.reason).code, "internal-error") << static_cast<int>(trouble);
  }
  EXPECT_EQ(check_of(Rung::answering, Trouble::none, "", 9), good(Rung::answering, 9));
}

TEST(Conclusions, OurOwnTroublesAreNobodysDowntime) {
  for (const Trouble trouble : {Trouble::name, Trouble::local, Trouble::not_permitted, Trouble::no_route}) {
    const Check check = check_of(Rung::reachable, trouble, "", 1);
    EXPECT_EQ(check.outcome, Outcome::unknown) << static_cast<int>(trouble);
    EXPECT_EQ(reason(check.reason).cause, Cause::gateway) << static_cast<int>(trouble);
  }
}

TEST(Conclusions, SilenceIsReadByItsRung) {
  EXPECT_EQ(code_of(Rung::reachable, Trouble::timed_out), "no-answer");
  EXPECT_EQ(code_of(Rung::answering, Trouble::timed_out), "timed-out");
  EXPECT_EQ(code_of(Rung::answering, Trouble::stalled), "timed-out");
  EXPECT_EQ(code_of(Rung::useful, Trouble::stalled), "stalled");
}

TEST(Conclusions, OutcomeFollowsTheCatalogue) {
  EXPECT_EQ(bad(Rung::useful, reason_id("body-mismatch"), "", 0).outcome, Outcome::failed);
  EXPECT_EQ(bad(Rung::useful, reason_id("bad-password"), "", 0).outcome, Outcome::unknown);
  EXPECT_EQ(bad(Rung::useful, reason_id("certificate-expiring"), "", 0).outcome, Outcome::ok);
}

TEST(Conclusions, WordsOfADeviceAreCleaned) {
  EXPECT_EQ(bad(Rung::useful, reason_id("body-mismatch"), "a\x1b[31m\nb", 0).words.find('\x1b'),
            std::string::npos);
}

TEST(Ladder, IsFilledUpToTheDepthAndNotBeyond) {
  Finding finding;
  finding.checks = {good(Rung::reachable, 1), good(Rung::answering, 1)};
  not_tested_up_to(finding, Rung::useful);
  EXPECT_EQ(ladder(finding), "reachable:ok answering:ok active:not-tested useful:not-tested");
  not_tested_up_to(finding, Rung::reachable);
  EXPECT_EQ(ladder(finding), "reachable:ok");
}

TEST(Registry, NamesAreUniqueAndFound) {
  std::set<std::string_view> names;
  for (const Driver* driver : drivers()) {
    EXPECT_TRUE(names.insert(driver->name).second) << driver->name;
    EXPECT_EQ(find_driver(drivers(), driver->name), driver);
  }
  EXPECT_EQ(find_driver(drivers(), "no-such"), nullptr);
  EXPECT_GE(names.size(), 4U);
}

TEST(Registry, EveryRowIsWhole) {
  const std::set<std::string_view> proofs{"independent server", "own simulator", "capture", "hardware"};
  for (const Driver* driver : drivers()) {
    EXPECT_FALSE(driver->summary.empty()) << driver->name;
    EXPECT_TRUE(driver->summary.ends_with('.')) << driver->name;
    EXPECT_TRUE(proofs.contains(driver->proven)) << driver->name << ": " << driver->proven;
    EXPECT_FALSE(driver->kinds.empty()) << driver->name;
    EXPECT_NE(driver->make, nullptr) << driver->name;
    EXPECT_TRUE(driver->takes_login || !driver->basic_only) << driver->name;
    std::set<std::string_view> keys;
    for (const Option& option : driver->options) {
      EXPECT_TRUE(keys.insert(option.key).second) << driver->name << "." << option.key;
      EXPECT_TRUE(option.help.ends_with('.')) << driver->name << "." << option.key;
      EXPECT_FALSE(option.required && !option.fallback.empty()) << driver->name << "." << option.key;
    }
    EXPECT_TRUE(!driver->takes_login || keys.contains("url") || keys.contains("host"))
        << driver->name << ": a login block needs a host";
  }
}

}  // namespace
}  // namespace commune_watch
