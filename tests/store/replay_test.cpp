// What the database says of random histories is what a replay of its records says: the figures that the
// gateway shows are those that a verifier will compute.
#include "domain/replay.hpp"

#include <gtest/gtest.h>

#include <random>

#include "store/world.hpp"

namespace commune_watch {
namespace {

constexpr Millis kMinute = 60'000, kHour = 3'600'000, kDay = 86'400'000;

class RandomHistory {
 public:
  explicit RandomHistory(unsigned seed) : random_(seed) {
    world.open();
    for (int runs = 0; runs < 6; ++runs) run(runs);
  }

  World world;
  Moment now;
  std::vector<std::string> names{"cam-a", "cam-b", "cam-c"};

 private:
  int chance(int among) { return static_cast<int>(random_() % static_cast<unsigned>(among)); }
  Millis some(Millis most) { return static_cast<Millis>(random_() % static_cast<std::uint64_t>(most)); }

  void run(int number) {
    if (number == 0 || chance(2) == 0) {  // another boot
      boot_ = "00000000-0000-4000-8000-00000000000" + std::to_string(number);
      bt_ = 60'000 + some(kHour);
      off_ = some(6 * kHour);
      utc_ += off_;
    } else {
      const auto pause = some(2 * kHour);
      bt_ += pause;
      utc_ += pause;
    }
    const bool sure = chance(4) != 0;
    const auto source = sure ? AnchorSource::ntp : AnchorSource::system;
    const auto told =
        utc_ + (sure ? some(500) : some(40 * kDay) - 20 * kDay) + (chance(6) == 0 ? 3 * kHour : 0);
    world.open();
    const auto begun =
        world.store->begin_run(boot_, bt_, {.at = {0, bt_}, .utc = told, .error = 10, .source = source});
    ASSERT_TRUE(begun) << begun.error().why;
    now = begun->at;
    if (number == 0) {
      for (const auto& name : names)
        world.store->append(now, world.store->entity(Kind::camera, name),
                            TermsEntry{name, Terms{.kind = Kind::camera, .place = "cong", .driver = "ping"}});
    }
    std::map<std::string, bool> up;
    for (int step = 0, steps = 5 + chance(40); step < steps; ++step) {
      const auto passed = 1 + some(3 * kHour);
      now.bt += passed;
      bt_ = now.bt;
      utc_ += passed;
      act(up);
      if (chance(3) == 0) world.commit();
    }
    world.store->tick(now, {});
    world.commit();
    if (chance(3) == 0) world.store->stop(now, "test");
  }

  void act(std::map<std::string, bool>& up) {
    const auto& name = names[static_cast<std::size_t>(chance(3))];
    const auto id = world.store->entity(Kind::camera, name);
    switch (chance(9)) {
      case 0: {
        Terms terms{.enrolled = chance(5) != 0,
                    .kind = Kind::camera,
                    .place = chance(2) == 0 ? "cong" : "cho",
                    .driver = "ping"};
        if (chance(3) == 0) terms.hours.weekly = {{480, 1020}, {1920, 2460}, {6000, 10080}};
        world.store->append(now, id, TermsEntry{name, terms});
        break;
      }
      case 1: {
        const auto from = utc_ - some(kDay) + some(kDay);
        world.store->append(now, {},
                            MaintenanceEntry{chance(2) == 0 ? "place/cong" : name,
                                             {{from, from + some(8 * kHour) + 1}, utc_, 0, "an", "r"}});
        break;
      }
      case 2:
        world.store->append(
            now, {},
            AnchorEntry{
                {now, utc_ + some(300), 10, chance(3) == 0 ? AnchorSource::system : AnchorSource::ntp}, {}});
        break;
      case 3:
        world.store->append(
            now, id, BlipEntry{name, {now.boot, now.bt - some(kMinute)}, now, reason_id("timed-out"), 2});
        break;
      default: {
        const Standing before = up.contains(name) ? (up[name] ? commune_watch::up() : down()) : starting();
        up[name] = chance(2) == 0;
        world.store->append(now, id, change(name, now, before, now, up[name] ? commune_watch::up() : down()));
      }
    }
  }

  std::mt19937_64 random_;
  std::string boot_;
  Millis bt_ = 0, utc_ = kStartUtc, off_ = 0;
};

TEST(Replay, LivesOnWithoutARecord) {
  World world;
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  const auto id = world.camera("cam", {1, 0});
  world.store->append({1, 1'000}, id, change("cam", {1, 1'000}, starting(), {1, 1'000}, up()));
  world.commit();
  Replay replay;
  for (const auto& record : world.store->read(0, 99))
    ASSERT_TRUE(replay.feed(record, *decode(record.kind, record.body)));
  const auto up_until_now = [&] {
    const Period day{kStartUtc, kStartUtc + kDay};
    return availability(replay.figures({"cam", Kind::camera}, day), day, *replay.utc_now(), Zone()).totals.up;
  };
  EXPECT_EQ(up_until_now(), 0);
  replay.alive({1, 61'000});
  EXPECT_EQ(up_until_now(), kMinute);
}

TEST(Replay, SaysOfRandomHistoriesWhatTheDatabaseSays) {
  for (unsigned seed = 0; seed < 80; ++seed) {
    RandomHistory history(seed);
    auto& store = *history.world.store;
    Replay replay;
    for (const auto& record : store.read(0, store.next())) {
      const auto entry = decode(record.kind, record.body);
      ASSERT_TRUE(entry);
      const auto fed = replay.feed(record, *entry);
      ASSERT_TRUE(fed) << seed << ": " << fed.error().why;
    }
    const auto now = replay.utc_now();
    ASSERT_TRUE(now);
    const Zone zone;
    const Period all{kStartUtc - 30 * kDay, kStartUtc + 40 * kDay};
    for (const auto& name : history.names) {
      const auto id = store.entity(Kind::camera, name);
      for (const Period& day : local_days(zone, all)) {
        const AvailabilityInput told{store.spans(id, day, replay.now()),
                                     store.blips(id, day),
                                     store.terms(id),
                                     store.maintenance(id, day),
                                     {}};
        const auto shown = availability(told, day, *now, zone).totals;
        const auto proven = availability(replay.figures({name, Kind::camera}, day), day, *now, zone).totals;
        ASSERT_EQ(shown.up, proven.up) << seed << " " << name << " " << day.from;
        ASSERT_EQ(shown.down, proven.down) << seed << " " << name << " " << day.from;
        ASSERT_EQ(shown.maintenance, proven.maintenance) << seed << " " << name << " " << day.from;
        ASSERT_EQ(shown.unknown, proven.unknown) << seed << " " << name << " " << day.from;
        ASSERT_EQ(shown.blips, proven.blips) << seed << " " << name << " " << day.from;
      }
    }
  }
}

}  // namespace
}  // namespace commune_watch
