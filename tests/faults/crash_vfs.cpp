// Cuts the power under the store, at every kind of operation, and looks at what is left: nothing that was
// acknowledged is lost, nothing is corrupt, no transaction is half there, the Merkle tree is that of the
// records, nobody's cursor is ahead of what was acknowledged.
//
//   crash_vfs [--rounds N] [--seed N] [--mutant synchronous-normal|cursor-ahead]
//
// A round is one life of the gateway's store on what the last cut left: runs, group commits, ticks, cursors,
// notes, signed checkpoints, orderly stops, rebuilding, backups, now and then the very first start; then the
// power goes. Now and then the file is garbage when it comes back: that life goes on from the last backup
// that was made. "Acknowledged" is what commit() said, and what an outside subscriber was told. Exit 0: all
// held. 1: what did not. 2: usage.
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "evidence/leaf.hpp"
#include "evidence/note.hpp"
#include "faults/crash_vfs_disk.hpp"
#include "store/store.hpp"

namespace commune_watch {
namespace {

using Op = CrashDisk::Op;
constexpr Millis kUtc = 1'790'000'000'000;
constexpr int kLivesOfAFile = 40;  // then a new one: the first start is cut, too

struct Options {
  int rounds = 1'500;
  unsigned seed = 20261122;
  std::string mutant;
};

bool same(const Record& a, const Record& b) {
  return a.seq == b.seq && a.at == b.at && a.kind == b.kind && a.device == b.device && a.body == b.body;
}

// Everything that somebody outside the store knows of it.
struct Outside {
  std::vector<Record> log;      // acknowledged by commit()
  std::vector<Record> tried;    // handed to the commit that the cut met
  std::set<LogKind> unseen;     // kinds of records which the store made itself for that commit
  std::map<Seq, Record> heard;  // by the subscriber
  Seq received = 0;             // its acknowledgements, as far as they have no gap
  std::uint64_t batch = 0, tried_batch = 0;
  std::map<Seq, std::string> signed_over;  // checkpoints that are durable, by the log's length
  Seq backed_up = 0;                       // records of which the store said that a backup holds them
  std::string garbage;                     // what lies in the database's place; empty: the database
};

class Programme {
 public:
  explicit Programme(Options options)
      : options_(std::move(options)),
        random_(options_.seed),
        home_(make_home()),
        disk_(home_ + "/state", options_.seed) {
    store_options_ = {.directory = home_ + "/state",
                      .memory = home_ + "/memory",
                      .version = "0.1",
                      .commune = "tan-phu",
                      .gateway = "gw1"};
    disk_.misread_pragma("wal_autocheckpoint", "8000", "60");  // checkpoints in each life, as after days
    if (options_.mutant == "synchronous-normal") disk_.misread_pragma("synchronous", "FULL", "1");
  }
  ~Programme() { std::filesystem::remove_all(home_); }
  Programme(const Programme&) = delete;
  Programme& operator=(const Programme&) = delete;

  int run();

 private:
  static std::string make_home();
  void choose_cut(bool first_start);
  void live();
  void open();
  void begin_run();
  void act();
  void write_some(int records);
  bool commit();
  void publish();
  void stop_and_start();
  void rebuild();
  void back_up();
  void sign_checkpoint();
  void ruin();
  void judge();
  void judge_file();
  void print() const;
  void judge_log(const std::vector<Record>& found);
  void judge_restored(const std::vector<Record>& found);
  void judge_tree(const std::vector<Record>& found);
  void lost(const std::string& what) { tell(lost_, "lost", what); }
  void corrupt(const std::string& what) { tell(corrupt_, "corrupt", what); }
  void half(const std::string& what) { tell(half_, "half", what); }
  void mismatch(const std::string& what) { tell(mismatched_, "tree", what); }
  void tell(int& count, const char* how, const std::string& what);
  [[nodiscard]] bool one_in(unsigned many) { return random_() % many == 0; }
  Moment next_moment() { return {boot_, bt_ += 1 + static_cast<Millis>(random_() % 2'000)}; }
  [[nodiscard]] std::string uuid() const;

  Options options_;
  std::mt19937 random_;
  std::string home_;
  CrashDisk disk_;
  StoreOptions store_options_;
  std::unique_ptr<Store> store_;
  evidence::SigningKey key_ = *evidence::SigningKey::of(std::vector<std::byte>(evidence::SigningKey::kSeed));
  Outside outside_;
  std::vector<DeviceId> cameras_;
  CrashDisk::Counts usual_{}, hit_{};
  std::optional<Seq> backing_up_;  // at least so many records will be in the backup that is being made
  Seq sent_ = 0;                   // by this life's publisher
  std::uint32_t boot_ = 0;
  Millis bt_ = 0;
  bool rebuilding_ = false;  // the power went meanwhile: the next start carries on
  int round_ = 0, boots_ = 0, idle_ = 0;
  int lost_ = 0, corrupt_ = 0, half_ = 0, mismatched_ = 0, restored_ = 0;
  long acknowledged_ = 0, judged_ = 0, signed_ = 0;
};

std::string Programme::make_home() {
  const std::filesystem::path memory = "/dev/shm";
  const auto parent = access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  std::string name = std::filesystem::canonical(parent).string() + "/cw-crash-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) std::abort();
  std::filesystem::create_directory(name + "/state");
  return name;
}

std::string Programme::uuid() const {
  char text[40] = {};
  std::snprintf(text, sizeof text, "00000000-0000-4000-8000-%012d", boots_);
  return text;
}

void Programme::tell(int& count, const char* how, const std::string& what) {
  if (++count <= 5) std::printf("round %d: %s: %s\n", round_, how, what.c_str());
}

// Each class of operations as often as any other, anywhere within what a life usually has of it.
void Programme::choose_cut(bool first_start) {
  auto op = static_cast<Op>(random_() % CrashDisk::kNames.size());
  if (first_start && one_in(2)) op = Op::rename;
  const auto index = static_cast<std::size_t>(op);
  const auto usual = std::max(1, usual_.at(index) / (1 + static_cast<int>(random_() % 4)));
  disk_.cut_at(op, 1 + static_cast<int>(random_() % static_cast<unsigned>(usual)));
}

void Programme::open() {
  auto opened = Store::open(store_options_, [&](const std::string& word) {
    const bool rebuilds = rebuilding_ && word.find("made anew") != std::string::npos;
    const bool restores = !outside_.garbage.empty() && word.find("cannot be used") == std::string::npos;
    if (!disk_.powerless() && !rebuilds && !restores) corrupt("the store says: " + word);
  });
  if (opened) {
    store_ = std::move(*opened);
    backing_up_.reset();
    rebuilding_ = false;
  } else if (!disk_.powerless()) {
    corrupt("it does not open: " + opened.error().why);
  }
}

void Programme::begin_run() {
  if (outside_.log.empty() || one_in(3)) {
    ++boots_;
    bt_ = 0;
  }
  outside_.unseen = {LogKind::genesis, LogKind::restore, LogKind::run, LogKind::anchor};
  bt_ += 5;
  auto begun = store_->begin_run(
      uuid(), bt_,
      {.at = {0, bt_}, .utc = kUtc + round_ * 1'000'000 + bt_, .error = 10, .source = AnchorSource::ntp});
  if (!begun) return;
  boot_ = begun->boot;
  bt_ = std::max(bt_, begun->at.bt);
  for (auto& record : store_->read(outside_.log.size(), 100)) outside_.log.push_back(std::move(record));
  outside_.unseen.clear();
}

void Programme::write_some(int records) {
  if (cameras_.empty()) {
    for (int i = 0; i < 5; ++i) {
      const auto name = "camera-" + std::to_string(i);
      cameras_.push_back(store_->entity(Kind::camera, name));
    }
  }
  const auto put = [&](const Moment& at, std::optional<DeviceId> device, const Entry& entry) {
    const auto seq = store_->append(at, device, entry);
    outside_.tried.push_back({seq, at, kind_of(entry), device, encode(entry)});
  };
  for (int i = 0; i < records; ++i) {
    const auto which = random_() % cameras_.size();
    const auto name = "camera-" + std::to_string(which);
    const auto at = next_moment();
    const Standing up{State::up, Cause::none},
        down{State::down, Cause::device, reason_id("host-unreachable")};
    switch (random_() % 5) {
      case 0:
        put(at, cameras_[which],
            TermsEntry{
                name,
                Terms{.kind = Kind::camera, .place = "p" + std::to_string(random_() % 9), .driver = "rtsp"}});
        break;
      case 1:
        put(at, cameras_[which], BlipEntry{name, {boot_, at.bt - 1}, at, reason_id("host-unreachable"), 2});
        break;
      case 2:
        put(at, {}, ConfigEntry{std::string(random_() % 3'000, 'x'), "reload", {}});
        break;
      default:
        put(at, cameras_[which],
            ChangeEntry{.device = name,
                        .at = at,
                        .since = {boot_, at.bt - 1},
                        .from = one_in(2) ? up : down,
                        .to = one_in(2) ? up : down,
                        .probes = 3,
                        .words = std::string(random_() % 200, 'w')});
    }
  }
}

bool Programme::commit() {
  if (!outside_.tried.empty() || one_in(2)) {
    outside_.tried_batch = outside_.batch + 1;
    store_->put_meta("batch", std::to_string(outside_.tried_batch));
  }
  if (auto done = store_->commit(); !done) {
    if (!disk_.powerless()) corrupt("a commit fails while there is power: " + done.error().why);
    return false;
  }
  outside_.log.insert(outside_.log.end(), outside_.tried.begin(), outside_.tried.end());
  outside_.tried.clear();
  outside_.batch = std::max(outside_.batch, outside_.tried_batch);
  return true;
}

// Sends what is durable and not sent yet; the subscriber acknowledges in order and late; the cursor follows
// the acknowledgements.
void Programme::publish() {
  const bool ahead = options_.mutant == "cursor-ahead";
  sent_ = std::max(sent_, store_->cursor("mqtt"));
  for (const auto& record : store_->read(sent_, 1 + random_() % 20)) {
    sent_ = record.seq + 1;
    if (ahead || one_in(3)) continue;  // on the wire; may never arrive
    if (record.seq != outside_.received) continue;
    outside_.heard[record.seq] = record;
    outside_.received = record.seq + 1;
  }
  if (sent_ > outside_.received && one_in(2)) sent_ = outside_.received;  // told again
  store_->put_cursor("mqtt", ahead ? sent_ : outside_.received);
  if (!ahead) return;
  for (const auto& record : store_->read(outside_.received, 5)) {  // arrives after the cursor has moved
    if (record.seq >= sent_ || disk_.powerless()) break;
    if (one_in(2)) break;
    outside_.heard[record.seq] = record;
    outside_.received = record.seq + 1;
  }
}

void Programme::stop_and_start() {
  if (!commit()) return;
  outside_.unseen = {LogKind::stop};
  store_->stop(next_moment(), "stop");
  if (!disk_.powerless()) {
    for (auto& record : store_->read(outside_.log.size(), 100)) outside_.log.push_back(std::move(record));
    outside_.unseen.clear();
  }
  store_.reset();
  if (disk_.powerless()) return;
  open();
  if (store_) begin_run();
}

void Programme::rebuild() {
  const Period all{kUtc, kUtc + 1'000'000'000'000};
  const auto before = store_->spans(cameras_.empty() ? DeviceId{1} : cameras_[0], all, {boot_, bt_});
  rebuilding_ = true;
  if (auto rebuilt = store_->rebuild(); !rebuilt) {
    if (!disk_.powerless()) corrupt("it cannot be rebuilt: " + rebuilt.error().why);
    return;
  }
  rebuilding_ = false;
  const auto after = store_->spans(cameras_.empty() ? DeviceId{1} : cameras_[0], all, {boot_, bt_});
  const bool equal =
      std::equal(before.begin(), before.end(), after.begin(), after.end(),
                 [](const Span& a, const Span& b) { return a.period == b.period && a.state == b.state; });
  if (!equal && !disk_.powerless())
    corrupt("the tables that follow from the log were not what follows from it");
}

void Programme::back_up() {
  if (!backing_up_) backing_up_ = store_->next();  // else it goes on with what it began
  const int day = 20'260'101 + round_ % 28;
  auto begun = round_ % 3 == 0 ? store_->begin_backup(day) : store_->begin_nightly_backup(day);
  for (int slices = 1 + static_cast<int>(random_() % 60); begun && slices > 0; --slices) {
    auto stepped = store_->step_backup();
    if (!stepped) begun = std::unexpected(stepped.error());
    if (!stepped || !*stepped) continue;
    outside_.backed_up = *std::exchange(backing_up_, std::nullopt);
    return;
  }
  if (!begun) backing_up_.reset();
  if (!begun && !disk_.powerless()) corrupt("no backup: " + begun.error().why);
}

void Programme::sign_checkpoint() {
  if (!commit()) return;
  const Seq length = store_->next();
  const evidence::Checkpoint checkpoint{"commune-watch/tan-phu/gw1", length, store_->root()};
  const auto as = key_.public_key(checkpoint.origin, evidence::KeyUse::log);
  const evidence::Note note{checkpoint.text(), {evidence::sign(key_, as, checkpoint.text())}};
  const StoredCheckpoint signed_now{length, next_moment(), note.whole()};
  if (auto done = store_->put_checkpoint(signed_now); !done) {
    if (!disk_.powerless()) corrupt("no checkpoint: " + done.error().why);
    return;
  }
  outside_.signed_over[length] = signed_now.note;
  ++signed_;
}

// The medium loses the database; everything else is as the cut left it.
void Programme::ruin() {
  if (!std::filesystem::exists(store_options_.directory + "/commune-watch.db")) return;
  outside_.garbage = std::string(4'096, static_cast<char>('a' + round_ % 26));
  disk_.damage("commune-watch.db", outside_.garbage);
}

void Programme::act() {
  switch (random_() % 19) {
    case 17:
    case 18:
      return sign_checkpoint();
    case 16:
      return back_up();
    case 0:
      write_some(100);  // a group commit
      break;
    case 1:
      return stop_and_start();
    case 2:
      if (one_in(4)) return rebuild();
      break;
    case 3:
      store_->put_note(cameras_.empty() ? DeviceId{1} : cameras_[0], "rtsp",
                       {1, std::vector<std::byte>(random_() % 4'000)});
      break;
    case 4:
      store_->add_hourly({kUtc / 3'600'000 * 3'600'000 + static_cast<Millis>(random_() % 5) * 3'600'000,
                          cameras_.empty() ? DeviceId{1} : cameras_[0], "probes", 1, 1, 1, 1});
      break;
    case 5:
    case 6:
      break;  // the tick alone
    default:
      write_some(1 + static_cast<int>(random_() % 5));
  }
  store_->tick(next_moment(), {});
  if (commit()) publish();
}

void Programme::live() {
  open();
  if (!store_) return;
  judge();
  begin_run();
  for (int step = 4 + static_cast<int>(random_() % 24); step > 0 && store_ && !disk_.powerless(); --step)
    act();
}

// SQLite's own word, on a copy: the store shall be the first to open what the cut left.
void Programme::judge_file() {
  namespace fs = std::filesystem;
  const auto copy = home_ + "/copy.db";
  for (const char* end : {"", "-wal"}) {
    fs::remove(copy + end);
    const auto file = store_options_.directory + "/commune-watch.db" + end;
    if (fs::exists(file)) fs::copy_file(file, copy + end);
  }
  if (!fs::exists(copy) || !outside_.garbage.empty()) return;
  sqlite3* raw = nullptr;
  sqlite3_open_v2(copy.c_str(), &raw, SQLITE_OPEN_READWRITE, "unix");
  sqlite3_stmt* check = nullptr;
  std::string said = "cannot be asked";
  if (sqlite3_prepare_v2(raw, "PRAGMA integrity_check", -1, &check, nullptr) == SQLITE_OK &&
      sqlite3_step(check) == SQLITE_ROW)
    said = reinterpret_cast<const char*>(sqlite3_column_text(check, 0));
  sqlite3_finalize(check);
  if (said != "ok") corrupt("integrity_check: " + said + " " + sqlite3_errmsg(raw));
  sqlite3_close(raw);
}

void Programme::judge_log(const std::vector<Record>& found) {
  const auto& known = outside_.log;
  if (!outside_.garbage.empty()) return judge_restored(found);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].seq != i)
      return corrupt("record " + std::to_string(found[i].seq) + " stands where " + std::to_string(i) +
                     " should");
    if (i < known.size() && !same(found[i], known[i]))
      return lost("record " + std::to_string(i) + " is another one");
  }
  if (found.size() < known.size()) {
    return lost(std::to_string(known.size() - found.size()) + " acknowledged records after record " +
                std::to_string(found.size()));
  }
  for (const auto& [seq, record] : outside_.heard) {
    if (seq >= found.size() || !same(record, found[seq]))
      return lost("record " + std::to_string(seq) + ", which a subscriber has");
  }
  const std::size_t more = found.size() - known.size();
  if (more > 0) {
    const auto& tried = outside_.tried;
    if (more < tried.size() || (outside_.unseen.empty() && more != tried.size()))
      return half(std::to_string(more) + " of " + std::to_string(tried.size()) + " records of a transaction");
    for (std::size_t i = 0; i < more; ++i) {
      const auto& record = found[known.size() + i];
      if (i < tried.size() ? !same(record, tried[i]) : !outside_.unseen.contains(record.kind))
        return half("record " + std::to_string(record.seq) + " was never written");
    }
    if (outside_.unseen.contains(LogKind::run) && found.back().kind != LogKind::anchor)
      return half("a run without its anchor");
  }
  // The rest of the transaction came with it.
  const auto batch = store_->meta("batch").value_or("0");
  const bool all = batch == std::to_string(outside_.tried_batch),
             none = batch == std::to_string(outside_.batch);
  if (!(all || none) || (more > 0 && !outside_.tried.empty() && !all) ||
      (more == 0 && !outside_.tried.empty() && !none))
    half("batch " + batch + " beside " + std::to_string(more) + " of " +
         std::to_string(outside_.tried.size()) + " records");
  outside_.batch = std::strtoull(batch.c_str(), nullptr, 10);
}

// After damage of the medium: at least what the last backup held, byte for byte, and the garbage put aside.
void Programme::judge_restored(const std::vector<Record>& found) {
  std::size_t alike = 0;
  while (alike < found.size() && alike < outside_.log.size() && same(found[alike], outside_.log[alike]))
    ++alike;
  if (alike < outside_.backed_up)
    lost(std::to_string(outside_.backed_up - alike) + " records that a backup held");
  namespace fs = std::filesystem;
  bool aside = false;
  if (const fs::path place = store_options_.directory + "/put-aside"; fs::exists(place)) {
    for (const auto& entry : fs::recursive_directory_iterator(place)) {
      std::ifstream in(entry.path(), std::ios::binary);
      aside = aside || (entry.is_regular_file() &&
                        std::string(std::istreambuf_iterator<char>(in), {}) == outside_.garbage);
    }
  }
  // Where the write-ahead log held every page, nothing was damaged.
  if (!aside && alike < outside_.log.size()) lost("the damaged file was not put aside");
  outside_.garbage.clear();
  outside_.signed_over.clear();  // those of the backup are judged by their roots
  outside_.backed_up = std::min<Seq>(outside_.backed_up, found.size());
  outside_.batch = std::strtoull(store_->meta("batch").value_or("0").c_str(), nullptr, 10);
  outside_.received = std::max<Seq>(outside_.received, store_->cursor("mqtt"));
  ++restored_;
}

// Every root and node as they follow from the records, and each checkpoint that was acknowledged, byte for
// byte.
void Programme::judge_tree(const std::vector<Record>& found) {
  std::map<Seq, std::string> kept;
  for (auto& checkpoint : store_->checkpoints(0, INT64_MAX))
    kept[checkpoint.size] = std::move(checkpoint.note);
  for (const auto& [size, note] : outside_.signed_over) {
    if (const auto one = kept.find(size); one == kept.end() || one->second != note)
      mismatch("the checkpoint over " + std::to_string(size) + " records is " +
               (one == kept.end() ? "lost" : "another one"));
  }
  evidence::Frontier tree;
  const auto root_is_signed = [&] {
    const auto one = kept.find(tree.size());
    if (one == kept.end()) return;
    const auto note = evidence::read_note(one->second);
    const auto checkpoint = note ? evidence::read_checkpoint(note->text) : fail("no note");
    if (!checkpoint || checkpoint->size != tree.size() || checkpoint->root != tree.root())
      mismatch("the checkpoint over " + std::to_string(tree.size()) + " records has another root");
  };
  for (const auto& record : found) {
    tree.add(evidence::leaf_hash(record), [&](unsigned level, std::uint64_t pos, const evidence::Hash& hash) {
      if (level > 3 || one_in(16)) {
        if (const auto node = store_->node({level, pos}); !node || *node != hash)
          mismatch("node " + std::to_string(level) + "/" + std::to_string(pos) +
                   " is not that of the records");
      }
    });
    root_is_signed();
  }
  if (!kept.empty() && kept.rbegin()->first > found.size())
    mismatch("a checkpoint is over more than there is");
  if (store_->root() != tree.root()) mismatch("the root is not that of the records");
  outside_.signed_over = std::move(kept);
}

void Programme::judge() {
  const auto found = store_->read(0, 10'000'000);
  if (found.size() != store_->next()) corrupt("the log's length is not the number of its records");
  judge_log(found);
  judge_tree(found);
  const Seq cursor = store_->cursor("mqtt");
  if (cursor > found.size()) corrupt("the cursor is beyond the log");
  if (cursor > outside_.received) {
    lost("the cursor is ahead: " + std::to_string(cursor) + ", acknowledged were " +
         std::to_string(outside_.received));
  }
  if (one_in(8)) {
    while (true) {
      const auto checked = store_->idle_check();
      if (!checked) corrupt(checked.error().why);
      if (!checked || *checked) break;
    }
  }
  acknowledged_ += static_cast<long>(outside_.log.size()) - judged_;
  judged_ = static_cast<long>(found.size());
  // From here on what is there is what is known.
  outside_.log = found;
  outside_.tried.clear();
  outside_.unseen.clear();
  outside_.tried_batch = outside_.batch;
  std::erase_if(outside_.heard, [&](const auto& one) { return one.first >= found.size(); });
  outside_.received = cursor;
  sent_ = 0;
}

void Programme::print() const {
  std::printf("%-16s %9s\n", "power cut at", "cuts");
  for (std::size_t op = 0; op < hit_.size(); ++op)
    std::printf("%-16s %9d\n", CrashDisk::kNames.at(op).data(), hit_.at(op));
  std::printf("%-16s %9d\n", "between", idle_);
  const auto& fates = disk_.fates();
  std::printf("un-synced: %ld writes lost, %ld kept, %ld torn, %ld names lost; %ld records acknowledged\n",
              fates.lost, fates.kept, fates.torn, fates.names_lost, acknowledged_);
  std::printf(
      "%ld checkpoints were signed; %d times the file was garbage, and the log went on from a backup or "
      "anew\n",
      signed_, restored_);
  std::printf("crash-vfs: %d cuts, %d lost, %d corrupt, %d half, %d tree mismatches\n", options_.rounds,
              lost_, corrupt_, half_, mismatched_);
}

int Programme::run() {
  for (round_ = 0; round_ < options_.rounds; ++round_) {
    const bool first_start = round_ % kLivesOfAFile == 0;
    if (first_start) {
      disk_.wipe();
      outside_ = {};
      judged_ = 0;
    }
    const bool ruined = !first_start && one_in(40);
    if (ruined) ruin();
    choose_cut(first_start || ruined);
    live();
    if (const auto by = disk_.cut_by()) {
      ++hit_.at(static_cast<std::size_t>(*by));
    } else {
      ++idle_;
      disk_.cut();
    }
    const auto& counts = disk_.counts();
    for (std::size_t op = 0; op < usual_.size(); ++op) usual_.at(op) += (counts.at(op) - usual_.at(op)) / 4;
    store_.reset();
    cameras_.clear();
    disk_.come_back();
    std::filesystem::remove_all(store_options_.memory);
    std::filesystem::create_directory(store_options_.memory);
    judge_file();
    if ((round_ + 1) % kLivesOfAFile == 0 ||
        round_ + 1 == options_.rounds) {  // nobody else looks at what this file became
      open();
      if (store_) judge();
      store_.reset();
    }
  }
  print();
  return lost_ + corrupt_ + half_ + mismatched_ == 0 ? 0 : 1;
}

std::optional<Options> parse(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    if (words[i] == "--rounds") {
      options.rounds = std::atoi(words[i + 1].c_str());
    } else if (words[i] == "--seed") {
      options.seed = static_cast<unsigned>(std::atoi(words[i + 1].c_str()));
    } else if (words[i] == "--mutant" &&
               (words[i + 1] == "synchronous-normal" || words[i + 1] == "cursor-ahead")) {
      options.mutant = words[i + 1];
    } else {
      return std::nullopt;
    }
  }
  if (words.size() % 2 != 0 || options.rounds <= 0) return std::nullopt;
  return options;
}

}  // namespace
}  // namespace commune_watch

int main(int argc, char** argv) {
  const auto options = commune_watch::parse({argv + 1, argv + argc});
  if (!options) {
    std::fputs("usage: crash_vfs [--rounds N] [--seed N] [--mutant synchronous-normal|cursor-ahead]\n",
               stderr);
    return 2;
  }
  return commune_watch::Programme(*options).run();
}
