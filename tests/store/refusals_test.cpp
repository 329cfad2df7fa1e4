// Each call that the store makes of its disk is refused once, and from there on until somebody mends the
// disk: nothing is acknowledged that is not durable, nothing acknowledged is lost, and no word blames a
// device.
#include <gmock/gmock.h>

#include <functional>

#include "evidence/note.hpp"
#include "store/medium.hpp"
#include "store/world.hpp"

namespace commune_watch {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Op = Medium::Op;
using Refusal = Medium::Refusal;

constexpr int kPatience = 3;  // attempts before somebody mends the disk

// A gateway and its service manager: tries again what failed, starts anew where there is no hope.
class Life {
 public:
  // `batch`: records that are committed together.
  explicit Life(const std::string& from = {}, int batch = 3) : batch_(batch) {
    if (!from.empty()) fs::copy(from, world_.options.directory, fs::copy_options::recursive);
  }

  void start() {
    for (int attempt = 0; ok(); ++attempt) {
      if (attempt == kPatience) mend();
      std::string why = "the run could not begin";
      try {
        world_.open();
        const auto begun = world_.store->begin_run(
            kBootA, at_ += 10,
            {.at = {0, at_}, .utc = kStartUtc + at_, .error = 10, .source = AnchorSource::ntp});
        if (begun) break;
        why = begun.error().why;
      } catch (const std::runtime_error& refused) {
        why = refused.what();
      }
      world_.store.reset();
      ++refused_starts_;
      if (why.empty()) trouble("a start was refused without a word");
      if (mended_ && attempt > kPatience + 1)
        return trouble("the disk is mended and it does not start: " + why);
    }
    if (!ok()) return;
    cam_ = world_.store->entity(Kind::camera, "cam");
    count();
  }

  // Records and what belongs to them.
  void work() {
    if (!ok()) return;
    auto& store = *world_.store;
    for (int i = 0; i < batch_; ++i)
      store.append({1, at_ += 10}, {},
                   ConfigEntry{std::to_string(batches_) + "." + std::to_string(i), "file", {}});
    if (batches_ == 0) {
      store.append({1, at_}, cam_, TermsEntry{"cam", Terms{.kind = Kind::camera, .driver = "ping"}});
      store.append({1, at_}, cam_, change("cam", {1, at_}, starting(), {1, at_}, up()));
    }
    store.put_cursor("mqtt", store.next());
    store.tick({1, at_}, {});
    for (int attempt = 0;; ++attempt) {
      if (attempt == kPatience) mend();
      const auto durable = store.next();
      if (const auto done = store.commit(); done) break;
      if (store.next() != durable) return trouble("a commit failed and its records are shown");
      if (store.hopeless()) {
        world_.store.reset();
        return start();  // what waited was told to nobody
      }
      if (mended_ && attempt > kPatience)
        return trouble("the disk is mended and nothing can be written: " + store.commit().error().why);
    }
    acknowledged_ = ++batches_;
    if (!medium_.durable(world_.file("commune-watch.db-wal")))
      trouble("batch " + std::to_string(batches_) + " was acknowledged and is not synced");
  }

  // What may fail without harm.
  void checkpoint() {
    if (!ok()) return;
    const evidence::Checkpoint made{"commune-watch/tan-phu/gw1", world_.store->next(), world_.store->root()};
    static const auto kKey = evidence::SigningKey::make();
    evidence::Note note{made.text(), {}};
    note.signatures.push_back(
        evidence::sign(kKey, kKey.public_key(made.origin, evidence::KeyUse::log), note.text));
    static_cast<void>(!world_.store->put_checkpoint({made.size, {1, at_}, note.whole()}));
  }
  void tend() {
    if (ok()) world_.store->tend_ballast();
  }
  void back_up() {
    if (!ok() || !world_.store->begin_backup(20261122)) return;
    for (auto step = world_.store->step_backup(); step && !*step;) step = world_.store->step_backup();
  }
  void night() {
    if (!ok() || !world_.store->begin_nightly_backup(20261123)) return;
    for (auto step = world_.store->step_backup(); step && !*step;) step = world_.store->step_backup();
  }
  void stop() {
    if (ok()) world_.store->stop({1, at_ += 10}, "test");
    world_.store.reset();
  }

  // The disk is good again and a start reads everything.
  std::string judged() {
    mend();
    start();
    if (!ok()) return trouble_;
    bool restarted = false;
    for (bool whole = false; !whole;) {
      const auto checked = world_.store->idle_check();
      whole = checked && *checked;
      if (checked) continue;
      if (!may_restore_ || !world_.store->hopeless() || restarted) return checked.error().why;
      restarted = true;
      start();
      if (!ok()) return trouble_;
    }
    for (const auto& span : world_.store->spans(cam_, {kStartUtc, kStartUtc + at_}, {1, at_}))
      if (span.state == State::down) return "a device is blamed";
    for (const auto& word : world_.said)
      if (!may_restore_ && word.find("put aside") != std::string::npos) return word;
    return medium_.broken_rule();
  }

  void may_restore() { may_restore_ = true; }
  void acknowledged(int batches) { acknowledged_ = batches; }
  void spoil(const std::string& name, off_t at) { medium_.spoil(world_.file(name), at); }
  [[nodiscard]] int found() const { return batches_; }
  [[nodiscard]] bool restored() const { return fs::exists(world_.file("put-aside")); }
  [[nodiscard]] int refused_starts() const { return refused_starts_; }
  void refuse(const Refusal& refusal) { medium_.refuse(refusal); }
  [[nodiscard]] const Medium& medium() const { return medium_; }
  [[nodiscard]] std::string directory() const { return world_.options.directory; }
  [[nodiscard]] std::string file(const std::string& name) const { return world_.file(name); }

 private:
  void mend() {
    medium_.relent();
    mended_ = true;
  }
  [[nodiscard]] bool ok() const { return trouble_.empty(); }
  void trouble(const std::string& what) {
    if (trouble_.empty()) trouble_ = what;
  }

  // Whole batches, in order, no fewer than were acknowledged.
  void count() {
    std::vector<std::string> found;
    const auto size = static_cast<std::size_t>(batch_);
    Seq expected = 0;
    for (const auto& record : world_.store->read(0, 100'000)) {
      if (record.seq != expected++) return trouble("a gap");
      if (record.kind == LogKind::config)
        found.push_back(std::get<ConfigEntry>(*decode(record.kind, record.body)).sha256);
    }
    if (expected != world_.store->next()) return;  // not readable just now: asked again
    for (std::size_t i = 0; i < found.size(); ++i)
      if (found[i] != std::to_string(i / size) + "." + std::to_string(i % size))
        return trouble("not record " + found[i]);
    if (found.size() % size != 0) return trouble("a torn batch");
    batches_ = static_cast<int>(found.size() / size);
    if (batches_ < acknowledged_)
      trouble(std::to_string(acknowledged_) + " batches were acknowledged, " + std::to_string(batches_) +
              " are there");
  }

  World world_;
  Medium medium_{world_.options.directory};
  DeviceId cam_{};
  Millis at_ = 0;
  int batch_, batches_ = 0, acknowledged_ = 0, refused_starts_ = 0;
  bool mended_ = false, may_restore_ = false;
  std::string trouble_;
};

void days(Life& life) {
  life.start();
  life.work();
  life.tend();
  life.back_up();
  life.checkpoint();
  life.night();
  life.work();
  life.stop();
  life.start();
  life.work();
  life.night();
  life.work();
  life.checkpoint();
  life.stop();
}

const std::vector<std::pair<int, const char*>> kErrors{{EIO, "EIO"}, {ENOSPC, "ENOSPC"}, {EROFS, "EROFS"}};

struct Tally {
  int lives = 0, refusals = 0;
};

// Every `stride`-th call of a kind is refused in a life of its own, in each manner.
Tally refuse_each(Op op, int stride, const std::function<void(Life&)>& live, const std::string& from = {},
                  bool may_restore = false) {
  int calls = 0;
  {
    Life life(from);
    life.refuse({});
    if (may_restore) life.may_restore();
    live(life);
    calls = life.medium().count(op);
    EXPECT_EQ(life.judged(), "");
  }
  EXPECT_GT(calls, 0) << "the life makes no such call";
  Tally tally;
  for (int nth = 1; nth <= calls; nth += stride) {
    for (const auto& [error, name] : kErrors) {
      for (const bool for_ever : {false, true}) {
        if (error == EROFS && !for_ever) continue;  // it concerns a whole disk, and stays
        if (op == Op::read && error != EIO) continue;
        const Refusal refusal{.op = op,
                              .nth = nth,
                              .error = error,
                              .for_ever = for_ever,
                              .everything = error == EROFS,
                              .in_part = op == Op::write && error != EROFS && nth % 2 == 0};
        Life life(from);
        if (may_restore) life.may_restore();
        life.refuse(refusal);
        live(life);
        tally.refusals += life.medium().refused();
        ++tally.lives;
        const auto trouble = life.judged();
        EXPECT_EQ(trouble, "") << name << " at " << Medium::kNames.at(static_cast<std::size_t>(op)) << " "
                               << nth << " of " << calls << (for_ever ? ", from there on" : "");
        if (!trouble.empty()) return tally;
      }
    }
  }
  EXPECT_GE(tally.refusals, tally.lives / 2);
  return tally;
}

TEST(Refusals, OfAnyOpenLoseNothing) { refuse_each(Op::open, 1, days); }
TEST(Refusals, OfAnyReadLoseNothing) { refuse_each(Op::read, 3, days); }
TEST(Refusals, OfAnyWriteLoseNothing) { refuse_each(Op::write, 7, days); }
TEST(Refusals, OfAnySyncLoseNothing) { refuse_each(Op::sync, 1, days); }
TEST(Refusals, OfAnyTruncationLoseNothing) { refuse_each(Op::truncate, 1, days); }
TEST(Refusals, OfAnyRenameLoseNothing) { refuse_each(Op::rename, 1, days); }
TEST(Refusals, OfAnyRemovalLoseNothing) { refuse_each(Op::remove, 1, days); }

// A damaged database and its backup of two batches: what is told of then is the backup's.
void go_on(Life& life) {
  life.acknowledged(2);
  life.start();
  life.work();
  life.stop();
}

void take_the_place(const std::function<void(Life&)>& backed_up) {
  Life before;
  before.start();
  before.work();
  before.work();
  backed_up(before);
  before.work();
  before.stop();
  std::fstream(before.file("commune-watch.db"), std::ios::in | std::ios::out | std::ios::binary)
      .write("garbage", 7);
  for (const auto op : {Op::open, Op::sync, Op::truncate, Op::rename, Op::remove})
    refuse_each(op, 1, go_on, before.directory(), true);
  refuse_each(Op::write, 3, go_on, before.directory(), true);
  refuse_each(Op::read, 3, go_on, before.directory(), true);
}

TEST(Refusals, WhileABackupTakesThePlaceOfADamagedFileLoseNothing) { take_the_place(&Life::back_up); }
TEST(Refusals, WhileANightsBackupTakesThePlaceOfADamagedFileLoseNothing) { take_the_place(&Life::night); }

// Salvage gives what can be read; where that is not all it is told.
TEST(Refusals, OfOneBlockForEverKeepNoStartFromSucceeding) {
  Life before({}, 1);
  days(before);
  const auto bytes = static_cast<off_t>(fs::file_size(before.file("commune-watch.db")));
  ASSERT_GT(bytes, 20'000);
  for (off_t at = 0; at < bytes; at += 1024) {
    Life life(before.directory(), 1);
    life.may_restore();
    life.spoil("commune-watch.db", at);
    life.start();
    EXPECT_TRUE(life.found() == 4 || life.restored()) << "block at " << at;
    life.work();
    life.stop();
    EXPECT_EQ(life.judged(), "") << "block at " << at;
    EXPECT_LE(life.refused_starts(), 1) << "block at " << at;
  }
}

TEST(Refusals, OfAReadOnlyDiskAreNoReasonToStartAnew) {
  World world;
  world.open();
  Medium medium(world.options.directory);
  world.open();
  world.begin(kBootA, 0, kStartUtc);
  world.store->append({1, 100}, {}, ConfigEntry{"x", "file", {}});
  medium.refuse({.op = Op::write, .nth = 1, .error = EROFS, .for_ever = true, .everything = true});
  for (int attempt = 0; attempt < 30; ++attempt) {
    const auto refused = world.store->commit();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().why, HasSubstr("CHỈ CHO ĐỌC"));
    EXPECT_THAT(refused.error().why, HasSubstr("1 records wait"));
  }
  EXPECT_FALSE(world.store->hopeless());
  medium.relent();
  world.commit();
  EXPECT_EQ(medium.broken_rule(), "");
}

}  // namespace
}  // namespace commune_watch
