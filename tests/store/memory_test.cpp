// Working memory: seen at once by whoever put it, durable with the next commit, the same after a restart.
#include "store/world.hpp"

namespace commune_watch {
namespace {

Note note(std::uint16_t version, std::size_t length) {
  return {version, std::vector<std::byte>(length, std::byte{7})};
}

TEST(Memory, ConfigurationIdsKeepTheirNumberForEver) {
  World world;
  world.open();
  const auto cam = world.store->entity(Kind::camera, "x"), ap = world.store->entity(Kind::access_point, "x");
  EXPECT_NE(cam, ap);
  EXPECT_EQ(world.store->entity(Kind::camera, "x"), cam);
  EXPECT_EQ(world.store->name_of(ap), "x");
  EXPECT_FALSE(world.store->name_of(static_cast<DeviceId>(99)));
  world.commit();
  world.open();
  EXPECT_EQ(world.store->entity(Kind::access_point, "x"), ap);
  EXPECT_EQ(world.store->entity(Kind::camera, "x"), cam);
  EXPECT_NE(world.store->entity(Kind::camera, "y"), cam);
  EXPECT_EQ(world.store->known_devices().size(), 3u);
}

TEST(Memory, NotesAreKeptPerDeviceAndDriver) {
  World world;
  world.open();
  const auto cam = world.store->entity(Kind::camera, "x");
  EXPECT_FALSE(world.store->note(cam, "rtsp"));
  world.store->put_note(cam, "rtsp", note(1, 3));
  world.store->put_note(cam, "rtsp", note(2, kMaxNote));
  EXPECT_EQ(world.store->note(cam, "rtsp"), note(2, kMaxNote));
  world.commit();
  EXPECT_EQ(world.open().note(cam, "rtsp"), note(2, kMaxNote));
  EXPECT_FALSE(world.store->note(cam, "http"));
  world.store->put_note(cam, "http", note(0, 0));
  world.commit();
  EXPECT_EQ(world.open().note(cam, "http"), note(0, 0));
}

TEST(Memory, ANoteThatIsTooLongIsRefusedAndBlocksNothing) {
  World world;
  world.open();
  const auto cam = world.store->entity(Kind::camera, "x");
  world.store->put_note(cam, "rtsp", note(1, kMaxNote + 1));
  world.commit();
  EXPECT_FALSE(world.store->note(cam, "rtsp"));
  ASSERT_EQ(world.said.size(), 1u);
}

TEST(Memory, ALoginBlockStandsUntilItIsDropped) {
  World world;
  world.open();
  LoginBlock block{"192.0.2.10", "monitor",  world.store->secret_tag("monitor", "bí mật"),
                   kStartUtc,    21'600'000, "cam",
                   "401"};
  world.store->put_login_block(block);
  world.store->put_login_block({"192.0.2.11", "monitor", {}, kStartUtc, 1, "cam-2", ""});
  EXPECT_EQ(world.store->login_blocks().size(), 2u) << "at once";
  world.commit();
  world.open();
  ASSERT_EQ(world.store->login_blocks().size(), 2u);
  const auto kept = world.store->login_blocks()[0];
  EXPECT_EQ(kept.host, block.host);
  EXPECT_EQ(kept.username, block.username);
  EXPECT_EQ(kept.tag, block.tag);
  EXPECT_EQ(kept.since_utc, kStartUtc);
  EXPECT_EQ(kept.left, 21'600'000);
  EXPECT_EQ(kept.device, "cam");
  EXPECT_EQ(kept.words, "401");
  block.left = 5;
  world.store->put_login_block(block);
  world.store->drop_login_block("192.0.2.11", "monitor");
  ASSERT_EQ(world.store->login_blocks().size(), 1u);
  world.commit();
  world.open();
  ASSERT_EQ(world.store->login_blocks().size(), 1u);
  EXPECT_EQ(world.store->login_blocks()[0].left, 5);
}

TEST(Memory, ASecretsTagIsKeyedAndTellsNothing) {
  World world, other;
  world.open();
  other.open();
  const auto tag = world.store->secret_tag("monitor", "hunter2");
  EXPECT_EQ(tag.size(), 32u);
  EXPECT_EQ(world.store->secret_tag("monitor", "hunter2"), tag);
  EXPECT_NE(world.store->secret_tag("monitor", "hunter3"), tag);
  EXPECT_NE(world.store->secret_tag("monitorhunter", "2"), tag) << "name and secret do not run together";
  EXPECT_NE(other.store->secret_tag("monitor", "hunter2"), tag) << "each store has a key of its own";
  EXPECT_EQ(world.open().secret_tag("monitor", "hunter2"), tag) << "and keeps it";
}

TEST(Memory, CursorsMoveWithTheCommit) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  EXPECT_EQ(world.store->cursor("mqtt"), 0u);
  world.store->put_cursor("mqtt", 2);
  EXPECT_EQ(world.store->cursor("mqtt"), 2u);
  world.open();
  EXPECT_EQ(world.store->cursor("mqtt"), 0u) << "not committed";
  world.store->put_cursor("mqtt", 3);
  world.store->put_cursor("alerts", 1);
  world.commit();
  world.open();
  EXPECT_EQ(world.store->cursor("mqtt"), 3u);
  EXPECT_EQ(world.store->cursor("alerts"), 1u);
}

TEST(Memory, RetainedTopicsAndSmallValuesAreKept) {
  World world;
  world.open();
  world.store->put_retained_topic("a/b", true);
  world.store->put_retained_topic("a/c", true);
  world.store->put_meta("config", "sha");
  world.store->put_meta(".secret-key", "mine");
  world.commit();
  world.store->put_retained_topic("a/b", false);
  EXPECT_EQ(world.store->retained_topics(), std::vector<std::string>{"a/c"});
  world.commit();
  const auto tag = world.store->secret_tag("u", "s");
  world.open();
  EXPECT_EQ(world.store->retained_topics(), std::vector<std::string>{"a/c"});
  EXPECT_EQ(world.store->meta("config"), "sha");
  EXPECT_FALSE(world.store->meta("nothing"));
  EXPECT_EQ(world.store->secret_tag("u", "s"), tag) << "keys with a dot are the store's own";
}

TEST(Memory, HourlyFactsAreMergedInMemoryAndOnDisk) {
  World world;
  world.open();
  constexpr Millis kHour = 3'600'000, kFirst = kStartUtc / kHour * kHour;
  const auto a = world.store->entity(Kind::camera, "a"), b = world.store->entity(Kind::camera, "b");
  const auto add = [&](Millis hour, DeviceId device, std::int64_t value) {
    world.store->add_hourly({hour, device, "took-us.reachable", 1, value, value, value});
  };
  add(kFirst, a, 30);
  add(kFirst, a, 10);
  add(kFirst, b, 99);
  world.commit();
  auto facts = world.store->hourly(a, {kFirst, kFirst + kHour});
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].count, 2);
  EXPECT_EQ(facts[0].min, 10);
  EXPECT_EQ(facts[0].sum, 40);
  EXPECT_EQ(facts[0].max, 30);
  EXPECT_EQ(facts[0].fact, "took-us.reachable");

  add(kFirst + kHour, a, 5);  // the first hour is over
  world.commit();
  add(kFirst, a, 50);  // a straggler
  world.store->add_hourly({kFirst + kHour, a, "failures", 1, 0, 0, 0});
  facts = world.store->hourly(a, {kFirst, kFirst + 3 * kHour});
  ASSERT_EQ(facts.size(), 3u);
  EXPECT_EQ(facts[0].count, 3);
  EXPECT_EQ(facts[0].max, 50);
  EXPECT_EQ(facts[1].hour_utc, kFirst + kHour);
  EXPECT_EQ(facts[1].fact, "failures");

  world.begin(kBootA, 0, kFirst);
  world.store->stop({1, 10}, "asked");
  world.open();
  facts = world.store->hourly(a, {kFirst, kFirst + 3 * kHour});
  ASSERT_EQ(facts.size(), 3u) << "a stop writes the running hour too";
  EXPECT_EQ(facts[0].count, 3);
  EXPECT_EQ(facts[0].min, 10);
  EXPECT_EQ(facts[0].sum, 90);
  EXPECT_EQ(world.store->hourly(b, {kFirst, kFirst + kHour}).size(), 1u);
  EXPECT_TRUE(world.store->hourly(b, {kFirst + kHour, kFirst + 3 * kHour}).empty());
}

TEST(Memory, HourlyFactsOlderThanTwoYearsAreDropped) {
  World world;
  world.open();
  constexpr Millis kHour = 3'600'000, kDay = 24 * kHour, kFirst = kStartUtc / kHour * kHour;
  const auto a = world.store->entity(Kind::camera, "a");
  for (const Millis hour :
       {kFirst, kFirst + kHour, kFirst + 700 * kDay, kFirst + 740 * kDay, kFirst + 740 * kDay + kHour}) {
    world.store->add_hourly({hour, a, "probes", 1, 1, 1, 1});
    world.commit();
  }
  const auto facts = world.store->hourly(a, {0, kFirst + 800 * kDay});
  ASSERT_EQ(facts.size(), 3u);
  EXPECT_EQ(facts[0].hour_utc, kFirst + 700 * kDay);
}

TEST(Memory, ALifeOfManyCommitsStaysInOrder) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  for (int i = 0; i < 50; ++i) {
    world.store->put_meta("k", std::to_string(i));
    world.store->append(at, {}, ConfigEntry{std::to_string(i), "file", {}});
    world.commit();
  }
  EXPECT_EQ(world.open().meta("k"), "49");
  EXPECT_EQ(world.store->next(), 53u);
}

}  // namespace
}  // namespace commune_watch
