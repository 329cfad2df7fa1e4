// The projections follow from the log: rebuilding them gives the same bytes, whatever the history was.
#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <map>

#include "store/world.hpp"

namespace commune_watch {
namespace {

constexpr const char* kTables[] = {"boot",        "run",       "anchor",   "terms",       "span",
                                   "blip",        "incident",  "entity",   "maintenance", "correction",
                                   "declaration", "must_have", "identity", "config"};

// Every row of every projection, with the types of its values.
std::vector<std::string> dump(const std::string& file) {
  std::vector<std::string> all;
  Raw raw(file);
  for (const std::string table : kTables) {
    std::vector<std::string> columns, rows;
    std::string names =
        "SELECT 'quote(' || group_concat(name, ') || '' '' || quote(') || ')' FROM pragma_table_info('";
    raw.run(names.append(table).append("')"), &columns);
    const auto error = raw.run("SELECT " + columns.at(0) + " FROM " + table + " ORDER BY 1", &rows);
    if (!error.empty()) all.push_back(error);
    for (const auto& row : rows) all.push_back(std::string(table).append(": ").append(row));
  }
  return all;
}

// A gateway that does anything in any order: late records, odd roots, cuts, stops, clocks that jump, words
// that need escaping.
class Anything {
 public:
  explicit Anything(World& world) : world_(world) {}

  void live(int steps) {
    restart();
    for (int step = 0; step < steps; ++step) {
      now_.bt += *rc::gen::inRange<Millis>(0, 90'000);
      switch (*rc::gen::inRange(0, 16)) {
        case 0:
          terms();
          break;
        case 1:
        case 2:
        case 3:
        case 4:
          change();
          break;
        case 5:
          blip();
          break;
        case 6:
          incident();
          break;
        case 7:
          maintenance();
          break;
        case 8:
          world_.store->anchor({.at = now_,
                                .utc = *rc::gen::inRange<Millis>(0, 2 * kStartUtc),
                                .error = 5,
                                .source = AnchorSource::ntp});
          break;
        case 9:
          world_.store->append(now_, {}, ConfigEntry{"00", "file", {"a", "b"}});
          break;
        case 10:
          tick();
          world_.commit();
          break;
        case 11:
          correction();
          break;
        case 12:
          declaration();
          break;
        case 13:
          must_have();
          break;
        case 14:
          identity();
          break;
        default:
          if (*rc::gen::inRange(0, 4) == 0) restart();
      }
    }
    tick();
    world_.commit();
  }

 private:
  std::string text() {
    return *rc::gen::element<std::string>("", "a\"b\\", "Không trả lời", "x y;z", "\n\t");
  }
  ReasonId any_reason() { return static_cast<ReasonId>(*rc::gen::inRange<std::size_t>(0, reasons().size())); }
  Moment past() { return {now_.boot, std::max<Millis>(0, now_.bt - *rc::gen::inRange<Millis>(0, 200'000))}; }
  Standing standing() {
    Standing any;
    any.state = *rc::gen::element(State::up, State::down, State::unknown);
    any.reason = any.state == State::up ? ReasonId::none : any_reason();
    any.cause = reason(any.reason).cause;
    for (int i = *rc::gen::inRange(0, 3); i > 0; --i) any.warnings.push_back(any_reason());
    std::sort(any.warnings.begin(), any.warnings.end());
    any.warnings.erase(std::unique(any.warnings.begin(), any.warnings.end()), any.warnings.end());
    return any;
  }
  // A configuration id may come back as a device of another kind.
  std::pair<DeviceId, std::string> device() {
    const auto name = *rc::gen::element<std::string>("a", "b", "c");
    const auto kind = *rc::gen::element(Kind::camera, Kind::camera, Kind::access_point);
    const auto id = world_.store->entity(kind, name);
    if (enrolled_.insert({id, true}).second) {
      world_.store->append(now_, id, TermsEntry{name, Terms{.kind = kind, .place = "cho", .driver = "ping"}});
    }
    return {id, name};
  }
  void terms() {
    const auto [id, name] = device();
    world_.store->append(now_, id,
                         TermsEntry{name, Terms{.enrolled = *rc::gen::arbitrary<bool>(),
                                                .kind = *rc::gen::element(Kind::camera, Kind::website),
                                                .place = "tram"}});
  }
  void change() {
    const auto [id, name] = device();
    Moment at = past(), since = past();
    if (since > at) std::swap(at, since);
    ChangeEntry entry{.device = name,
                      .at = at,
                      .since = since,
                      .from = standing(),
                      .to = standing(),
                      .probes = 7,
                      .words = text()};
    if (*rc::gen::arbitrary<bool>()) {
      entry.root = *rc::gen::element<std::string>("a", "sw", "nvr");
      entry.to.root = device().first;  // the number is not in the body: only the name may count
    }
    world_.store->append(now_, id, entry);
  }
  void blip() {
    const auto [id, name] = device();
    Moment from = past(), to = past();
    if (from > to) std::swap(from, to);
    world_.store->append(now_, id, BlipEntry{name, from, to, any_reason(), 2});
  }
  void incident() {
    const auto number = *rc::gen::inRange<Seq>(0, world_.store->next() + 8);
    world_.store->append(now_, {},
                         IncidentEntry{number, *rc::gen::arbitrary<bool>(), "sw", text(), Cause::upstream,
                                       any_reason(), past()});
  }
  void maintenance() {
    const Millis from = kStartUtc + *rc::gen::inRange<Millis>(0, 3) * 1'000;
    world_.store->append(
        now_, {},
        MaintenanceEntry{*rc::gen::element<std::string>("a", "*", "place/cho"),
                         {.period = {from, from + 500},
                          .declared = kStartUtc,
                          .ended = *rc::gen::element<Millis>(0, 0, kStartUtc + 100, kStartUtc + 300),
                          .author = text(),
                          .reason = text()}});
  }
  void correction() {
    const Millis from = kStartUtc + *rc::gen::inRange<Millis>(0, 9);
    world_.store->append(now_, {},
                         CorrectionEntry{*rc::gen::element<std::string>("a", "b", "gone"),
                                         {{from, from + 5}, Class::up, kStartUtc, text(), text()}});
  }
  void declaration() {
    DeclarationEntry entry{.id = *rc::gen::element<std::string>("kk-1", "kk-2"), .what = text()};
    entry.ended = *rc::gen::element<Millis>(0, 0, kStartUtc);
    world_.store->append(now_, {}, entry);
  }
  void must_have() {
    world_.store->append(now_, {},
                         MustHaveEntry{*rc::gen::element<std::string>("place/cho", "hamlet/ap-1"),
                                       {*rc::gen::element(Must::wifi, Must::camera)},
                                       text()});
  }
  void identity() {
    const auto [id, name] = device();
    world_.store->append(now_, id, IdentityEntry{name, {.serial = text()}, {}});
  }
  void tick() {
    std::vector<std::pair<DeviceId, Moment>> provisional;
    if (*rc::gen::arbitrary<bool>()) provisional.emplace_back(device().first, past());
    world_.store->tick(now_, provisional);
  }
  void restart() {
    if (world_.store && *rc::gen::arbitrary<bool>()) world_.store->stop(now_, text());
    world_.open();
    const auto uuid = *rc::gen::element(kBootA, kBootB);
    now_ = world_.begin(uuid, now_.bt, kStartUtc + now_.bt).at;
    enrolled_.clear();  // the gateway tells its terms again
  }

  World& world_;
  Moment now_;
  std::map<DeviceId, bool> enrolled_;
};

TEST(Rebuild, GivesTheSameBytesAfterAnyHistory) {
  const bool holds = rc::check("rebuilt projections equal those that grew", [] {
    World world;
    Anything(world).live(*rc::gen::inRange(1, 60));
    world.store.reset();
    const auto grown = dump(world.file());
    RC_ASSERT(world.open().rebuild().has_value());
    world.store.reset();
    RC_ASSERT(dump(world.file()) == grown);
    RC_ASSERT(grown.size() >= 3u);  // at least a boot, a run and an anchor
  });
  EXPECT_TRUE(holds);
}

TEST(Rebuild, ReadsTheSameAndGoesOnWritingAfterwards) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto cam = world.camera("cam", at);
  world.store->append(at, cam, change("cam", at, starting(), {1, 1'000}, up()));
  world.commit();
  ASSERT_TRUE(world.store->rebuild());
  world.store->append({1, 3'000}, cam, change("cam", {1, 1'000}, up(), {1, 2'000}, down()));
  world.commit();
  EXPECT_EQ(text(world.store->spans(cam, {kStartUtc, kStartUtc + 9'000}, {1, 5'000})),
            "unknown(starting) 0-1000 | up 1000-2000 | down(host-unreachable) 2000-5000");
}

TEST(Rebuild, HappensByItselfWhenTheProjectionsAreOfAnotherVersion) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto cam = world.camera("cam", at);
  world.store->append(at, cam, change("cam", at, starting(), {1, 1'000}, up()));
  world.store->tick({1, 2'000}, {});
  world.commit();
  world.store.reset();
  const auto grown = dump(world.file());
  {
    Raw raw(world.file());
    ASSERT_EQ(raw.run("UPDATE meta SET value = 0 WHERE key = '.projection'; DROP TABLE span; CREATE TABLE "
                      "span(old TEXT)"),
              "");
  }
  world.open();
  ASSERT_EQ(world.said.size(), 1u);
  EXPECT_THAT(world.said[0], ::testing::HasSubstr("made anew"));
  EXPECT_EQ(text(world.store->spans(cam, {kStartUtc, kStartUtc + 9'000}, {1, 9'000})),
            "unknown(starting) 0-1000 | up 1000-2000");
  world.store.reset();
  EXPECT_EQ(dump(world.file()), grown);
}

TEST(Rebuild, NumbersOfConfigurationIdsFollowFromTheLogToo) {
  World world;
  world.open();
  const auto at = world.begin(kBootA, 0, kStartUtc).at;
  const auto a = world.camera("a", at), b = world.camera("b", at);
  world.commit();
  world.store.reset();
  ASSERT_EQ(Raw(world.file()).run("DELETE FROM entity"), "");
  ASSERT_TRUE(world.open().rebuild());
  EXPECT_EQ(world.store->entity(Kind::camera, "a"), a);
  EXPECT_EQ(world.store->entity(Kind::camera, "b"), b);
  EXPECT_EQ(world.store->name_of(b), "b");
}

}  // namespace
}  // namespace commune_watch
