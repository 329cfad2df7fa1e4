// Random days of a box whose clocks are wrong, stepped, slewed, lost and found, against what was true: per
// local day a figure is right to a tick where somebody knew the time in that boot, and unknown where nobody
// did.
//
// The oracle is the schedule itself, in true time, and the C library's calendar. CW_CLOCK_ROUNDS makes it
// longer, CW_CLOCK_MUTANT makes it wrong on purpose (scripts/faults clock).
#include <cstdlib>
#include <ctime>
#include <iostream>

#include "domain/clock_watch.hpp"
#include "store/clock_schedule.hpp"
#include "store/world.hpp"

namespace commune_watch {
namespace {

using schedule::Battery;
using schedule::Boot;
using schedule::Clocks;
using schedule::Dice;
using schedule::kDay;
using schedule::kHour;
using schedule::kMinute;
using schedule::kSecond;
using schedule::kServo;
using schedule::kWordError;
using schedule::make;
using schedule::Ms;
using schedule::Schedule;
using schedule::Setting;
using schedule::Stretch;

constexpr Ms kTick = 60'000;
constexpr std::uint64_t kSeed = 20'261'122;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// ---- what the daemon would do

Zone zone_of(const std::string& name) {
  if (name == "Europe/Berlin")
    return Zone({{0, kHour},
                 {1'806'195'600'000, 2 * kHour},
                 {1'824'944'400'000, kHour},
                 {1'837'645'200'000, 2 * kHour}});
  if (name == "America/Sao_Paulo")
    return Zone({{0, -3 * kHour}, {1'541'300'400'000, -2 * kHour}, {1'550'368'800'000, -3 * kHour}});
  return {};
}

// The box's recorder: what the gateway's keeper does with its clocks, over the real store.
class Box {
 public:
  Box(const Schedule& all, std::uint64_t seed, const std::string& mutant)
      : all_(all), dice_(seed), mutant_(mutant) {
    world.open();
  }

  void live() {
    for (const Boot& boot : all_.boots) {
      Boot seen = boot;
      if (all_.battery == Battery::dead) battery_zero_ = boot.from;
      if (all_.battery == Battery::good)
        seen.first_error = battery_error(boot.from);  // the kernel starts from it
      Clocks clocks(seen, static_cast<std::uint64_t>(dice_.in(0, 1'000'000)));
      ++boots_;
      anchored.push_back(false);
      for (std::size_t i = 0; i < boot.runs.size(); ++i) run(seen, clocks, boot.runs[i], boot.stopped[i]);
      clocks.to(boot.to);
      remember_sync(boot, boot.to);
    }
  }

  World world;
  DeviceId cam{};
  std::vector<Stretch> watched;  // in true time: from a run's beginning to its last durable sign of life
  std::vector<std::size_t> of;   // its boot
  std::vector<bool> anchored;    // boots: whether somebody knew the time while the gateway looked
  Ms enrolled = 0;

 private:
  enum class What { look, set, word, change };

  void run(const Boot& boot, Clocks& clocks, Stretch period, bool stopped) {
    std::vector<std::pair<Ms, What>> plan;
    for (Ms at = period.from + kTick; at < period.to; at += kTick) plan.emplace_back(at, What::look);
    for (const Setting& set : boot.sets)
      if (set.at + kSecond > period.from && set.at + kSecond < period.to)
        plan.emplace_back(set.at + kSecond, What::set);
    for (const Ms word : boot.words)
      if (word > period.from && word < period.to) plan.emplace_back(word, What::word);
    for (const Stretch& down : all_.down)
      for (const Ms at : {down.from, down.to})
        if (at > period.from && at < period.to) plan.emplace_back(at, What::change);
    std::ranges::stable_sort(plan, {}, &std::pair<Ms, What>::first);

    begin(boot, clocks, period.from);
    Ms alive = period.from;
    for (const auto& [at, what] : plan) {
      clocks.to(at);
      remember_sync(boot, at);
      const bool recorded = what == What::change ? change(clocks, at)
                            : what == What::word ? word(clocks, at)
                                                 : look(boot, clocks, at);
      if (what == What::look) world.store->tick(now(clocks), {});
      if (what == What::look || recorded) alive = at;
    }
    clocks.to(period.to);
    if (stopped) world.store->stop(now(clocks), "asked");
    world.commit();
    watched.push_back({period.from, stopped ? period.to : alive});
    of.push_back(boots_ - 1);
  }

  void begin(const Boot& boot, Clocks& clocks, Ms at) {
    clocks.to(at);
    remember_sync(boot, at);
    clocks.was_set();
    const std::string uuid = "boot-" + std::to_string(boots_);
    const Anchor first = seen(clocks, at);
    auto begun = world.store->begin_run(uuid, first.at.bt, first);
    if (!begun) throw std::runtime_error(begun.error().why);
    boot_ = begun->boot;
    watch_ = {};
    watch_.begin(first);
    consult(clocks, at);
    since_ = now(clocks);
    if (cam == DeviceId{}) {
      cam = world.camera("cam", since_);
      enrolled = at;
    }
    standing_ = is_down(at) ? down() : up();
    world.store->append(since_, cam, commune_watch::change("cam", since_, starting(), since_, standing_));
    world.store->tick(since_, {});
    world.commit();
  }

  bool look(const Boot&, Clocks& clocks, Ms at) {
    const bool set = clocks.was_set();
    const Anchor anchor = seen(clocks, at);
    const auto noticed = watch_.look(anchor, set);
    for (const auto& one : noticed.anchors)
      world.store->append(now(clocks), std::nullopt, AnchorEntry{one, ""});
    if (noticed.anchors.empty()) return false;
    world.commit();
    consult(clocks, at);
    return true;
  }

  bool word(Clocks& clocks, Ms at) {
    anchored.back() = true;
    const Anchor said{now(clocks), at + dice_.in(-kWordError, kWordError), 5'000,
                      AnchorSource::operator_word};
    world.store->append(said.at, std::nullopt, AnchorEntry{said, "an"});
    return true;
  }

  bool change(Clocks& clocks, Ms at) {
    const auto to = is_down(at) ? down() : up();
    world.store->append(now(clocks), cam, commune_watch::change("cam", since_, standing_, now(clocks), to));
    since_ = now(clocks);
    standing_ = to;
    return true;
  }

  void consult(Clocks& clocks, Ms at) {
    if (all_.battery == Battery::none) return;
    const Ms says = (at + battery_error(at)) / kSecond * kSecond + kSecond / 2;
    const Anchor wall = seen(clocks, at);
    const auto& map = world.store->clock_map();
    if (is_trusted(wall.source)) {
      if (std::abs(says - wall.utc) <= kBatterySlack)
        agreed_ = wall.utc;
      else
        agreed_.reset();
      return;
    }
    const auto source = map.source(boot_);
    if (source && rank(*source) > rank(AnchorSource::rtc)) return;
    BatteryWord word{.at = now(clocks), .utc = says, .agreed = agreed_};
    for (const auto& run : world.store->runs())
      if (map.trusted(run.from.boot)) word.newest = std::max(word.newest, *map.utc(run.alive));
    if (const auto anchor = believe(word))
      world.store->append(word.at, std::nullopt, AnchorEntry{*anchor, ""});
  }

  Anchor seen(const Clocks& clocks, Ms at) {
    Anchor anchor{now(clocks), clocks.wall(), 16'000, AnchorSource::system};
    const bool disciplined = clocks.disciplined(at);
    if (disciplined || mutant_ == "believed-clock")
      anchor = {now(clocks), clocks.wall(), 2 * kServo, AnchorSource::ntp};
    if (all_.host) anchor = {now(clocks), clocks.wall(), 1'000, AnchorSource::host};
    // The oracle's own account of who knew the time.
    if (disciplined) ever_disciplined_ = true;
    const bool by_battery = all_.battery == Battery::good && ever_disciplined_;
    if (disciplined || all_.host || by_battery) anchored.back() = true;
    return anchor;
  }

  [[nodiscard]] Moment now(const Clocks& clocks) const {
    return {boot_, mutant_ == "wall-clock-durations" ? clocks.wall() - all_.from + 400 * kDay : clocks.bt()};
  }
  [[nodiscard]] bool is_down(Ms at) const {
    return std::ranges::any_of(all_.down, [at](const Stretch& one) { return one.from <= at && at < one.to; });
  }

  // The kernel writes a disciplined time into the battery clock, which then loses or gains 20 ppm.
  void remember_sync(const Boot& boot, Ms at) {
    for (const Stretch& one : boot.ntp)
      if (one.from <= at) synced_ = std::max(synced_.value_or(one.from), std::min(at, one.to));
  }
  [[nodiscard]] Ms battery_error(Ms at) const {
    switch (all_.battery) {
      case Battery::local_time:
        return 7 * kHour;
      case Battery::dead:
        return -battery_zero_;
      default:
        return synced_ ? (at - *synced_) / 50'000 : -9 * kMinute;
    }
  }

  const Schedule& all_;
  Dice dice_;
  std::string mutant_;
  ClockWatch watch_;
  std::uint32_t boot_ = 0;
  std::size_t boots_ = 0;
  Moment since_;
  Standing standing_;
  std::optional<Ms> synced_, agreed_;
  Ms battery_zero_ = 0;
  bool ever_disciplined_ = false;
};

// ---- what was true

// The first instant whose local date, as the C library has it, is `day` days after that of `from`: all zones
// here change at full hours.
Ms midnight(Ms from, int day) {
  const auto date = [](Ms at) {
    const std::time_t seconds = at / kSecond;
    std::tm local{};
    localtime_r(&seconds, &local);
    return (local.tm_year * 12 + local.tm_mon) * 31 + local.tm_mday;
  };
  const std::time_t seconds = from / kSecond;
  std::tm noon{};
  localtime_r(&seconds, &noon);
  noon.tm_mday += day;
  noon.tm_hour = 12;
  noon.tm_min = noon.tm_sec = 0;
  noon.tm_isdst = -1;
  Ms at = static_cast<Ms>(std::mktime(&noon)) * kSecond;
  const auto wanted = date(at);
  while (date(at - kHour) == wanted) at -= kHour;
  return at;
}

Ms common(Stretch a, Stretch b) { return std::max<Ms>(0, std::min(a.to, b.to) - std::max(a.from, b.from)); }

struct Truth {
  Ms up = 0, down = 0;
};
Truth truth(const Schedule& all, const Box& box, Stretch day) {
  Truth sum;
  for (std::size_t i = 0; i < box.watched.size(); ++i) {
    if (!box.anchored[box.of[i]]) continue;
    const Stretch seen{std::max(box.watched[i].from, day.from), std::min(box.watched[i].to, day.to)};
    if (seen.to <= seen.from) continue;
    Ms dark = 0;
    for (const Stretch& one : all.down) dark += common(one, seen);
    sum.down += dark;
    sum.up += seen.to - seen.from - dark;
  }
  return sum;
}

struct Tally {
  std::size_t days = 0, sure = 0, boots = 0;
  Ms worst = 0;
};

// What is wrong with the figures of that schedule, or nothing.
std::string judge(std::uint64_t seed, const std::string& mutant, Tally& tally) {
  const Schedule all = make(seed);
  if (all.boots.empty()) return {};
  setenv("TZ", all.zone.c_str(), 1);
  tzset();
  Box box(all, seed + 1, mutant);
  box.live();
  if (box.watched.empty()) return {};
  tally.boots += box.anchored.size();
  tally.sure += static_cast<std::size_t>(std::ranges::count(box.anchored, true));
  const auto fault = [&](const std::string& what, Ms day) {
    return what + " (seed " + std::to_string(seed) + ", " + all.zone + ", day of " + std::to_string(day) +
           ")";
  };

  // Durations are right whether anybody knows the time or not.
  const auto runs = box.world.store->runs();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Ms length = runs[i].alive.bt - runs[i].from.bt, was = box.watched[i].to - box.watched[i].from;
    if (std::abs(length - was) > kTick) {
      return fault("a run of " + std::to_string(was) + " ms was " + std::to_string(length) + " ms long",
                   box.watched[i].from);
    }
  }

  const Zone zone = zone_of(all.zone);
  const Ms now = all.to + kHour;
  AvailabilityInput input;
  input.terms = box.world.store->terms(box.cam);
  if (input.terms.empty()) return fault("nobody was enrolled", all.from);
  const Ms enrolled = input.terms.front().from;
  const bool first_known = box.anchored[box.of.front()];
  if (first_known && std::abs(enrolled - box.enrolled) > kTick)
    return fault("enrolled more than a tick off", enrolled);

  const Period whole{midnight(all.from, 0), midnight(all.to, 1)};
  const auto days = local_days(zone, whole);
  input.spans = box.world.store->spans(box.cam, whole, {0, 0});
  for (std::size_t i = 0; i < days.size(); ++i) {
    const Stretch day{midnight(all.from, static_cast<int>(i)), midnight(all.from, static_cast<int>(i) + 1)};
    if (days[i] != Period{day.from, day.to}) return fault("a day that the calendar does not have", day.from);
    const auto figures = availability(input, days[i], now, zone);
    const Totals& t = figures.totals;
    const Ms asked = std::max<Ms>(0, std::min(day.to, now) - std::max(day.from, enrolled));
    if (t.up < 0 || t.down < 0 || t.unknown < 0 || t.maintenance != 0)
      return fault("a negative time", day.from);
    if (t.up + t.down + t.maintenance + t.unknown != asked) return fault("U + D + M + N is not T", day.from);
    for (const auto& figure :
         {figures.connected, figures.device, figures.coverage, figures.low, figures.high})
      if (figure && (figure->floor_1e4 < 0 || figure->floor_1e4 > 10'000))
        return fault("a share beyond 100 %", day.from);
    const Truth was = truth(all, box, day);
    const Ms off = std::max(std::abs(t.up - was.up), std::abs(t.down - was.down));
    if (off > kTick) {
      return fault("more than a tick off: up " + std::to_string(t.up) + " for " + std::to_string(was.up) +
                       ", down " + std::to_string(t.down) + " for " + std::to_string(was.down),
                   day.from);
    }
    tally.worst = std::max(tally.worst, off);
    ++tally.days;
  }
  return {};
}

TEST(ClockSchedules, EveryDayIsRightToATickOrUnknown) {
  const std::string rounds = environment("CW_CLOCK_ROUNDS"), mutant = environment("CW_CLOCK_MUTANT");
  const std::uint64_t most = rounds.empty() ? 1'500 : std::stoull(rounds);
  const std::string zone = environment("TZ");
  Tally tally;
  for (std::uint64_t seed = kSeed; seed < kSeed + most; ++seed) ASSERT_EQ(judge(seed, mutant, tally), "");
  if (zone.empty())
    unsetenv("TZ");
  else
    setenv("TZ", zone.c_str(), 1);
  tzset();
  EXPECT_GT(tally.sure, tally.boots / 4) << "too few boots knew the time";
  EXPECT_GT(tally.boots - tally.sure, tally.boots / 10) << "too few did not";
  std::cout << "clock: " << most << " schedules, " << tally.boots << " boots, " << tally.sure
            << " of them anchored, " << tally.days << " days, worst error " << tally.worst << " ms\n";
}

}  // namespace
}  // namespace commune_watch
