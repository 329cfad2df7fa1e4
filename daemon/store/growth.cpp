// A slice is some five milliseconds of a desktop's time; the last one holds what has to be of one moment.
#include "store/growth.hpp"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "evidence/leaf.hpp"
#include "store/check.hpp"
#include "store/projection.hpp"
#include "store/schema.hpp"
#include "store/state_dir.hpp"

namespace commune_watch::store {
namespace {

constexpr std::size_t kRecords = 500, kRows = 4'000, kNotes = 100;
constexpr std::int64_t kSpare = 1 << 20U;

struct Small {
  const char* table;
  int keys;
};
constexpr std::array kSmall{Small{"entity", 1},      Small{"tick", 1},   Small{"fact", 1},
                            Small{"login_block", 2}, Small{"cursor", 1}, Small{"retained", 1},
                            Small{"meta", 1}};

bool same(const Record& a, const Record& b) {
  return a.seq == b.seq && a.at == b.at && a.kind == b.kind && a.device == b.device && a.body == b.body;
}

void put_meta(Sql& sql, const char* key, std::int64_t value) {
  Statement(sql, "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)").run(std::string_view(key), value);
}

std::int64_t bytes_of(Sql& sql) { return sql.integer("PRAGMA page_count") * sql.integer("PRAGMA page_size"); }

// A name beside `file` that is free.
std::string name_beside(const std::string& file) {
  for (int number = 1;; ++number) {
    auto name = file + ".other-" + std::to_string(number);
    if (file_size(name) < 0) return name;
  }
}

std::string words(const SqlError& error) {
  return std::string(error.what()) + (error.full() ? "; ĐĨA ĐẦY / the disk is full" : "");
}

}  // namespace

struct BackupGrowth::SourceTrouble {
  std::string why;
  bool damage;
};
struct BackupGrowth::Unsound {
  std::string why;
  bool another_log = false;
};

BackupGrowth::Target::Target(const std::string& file, bool anew) : sql(file, false) {
  if (anew) {
    create_schema(sql);  // nobody knows the file yet: neither journal nor sync
  } else {
    // What is written of a night waits in memory until it is whole: the file is in doubt for the time of the
    // commit only. TRUNCATE: a journal that was emptied is synced, one that was deleted might come back.
    sql.run(
        "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
        "PRAGMA cache_size = -16384; PRAGMA cell_size_check = ON");
    if (sql.integer("PRAGMA application_id") != kApplicationId)
      unsound = "it is not a database of commune-watch";
    if (sql.integer("PRAGMA user_version") > schema_version()) unsound = "a newer commune-watch made it";
    if (!unsound.empty()) return;
    migrate(sql);
    unsound = schema_trouble(sql, false);
    if (!unsound.empty()) return;
  }
  transaction.emplace(sql);
  log.emplace(sql);
  held = log->length();
}

BackupGrowth::BackupGrowth(Sql& from, Tree& tree, std::string file, Say say)
    : from_(from),
      tree_(tree),
      log_(from),
      name_(std::move(file)),
      unfinished_(name_ + ".tmp"),
      say_(std::move(say)),
      version_(from.integer("PRAGMA data_version")) {}

Result<std::unique_ptr<BackupWork>> BackupGrowth::begin(Sql& from, Tree& tree, std::string file, Say say) {
  try {
    std::unique_ptr<BackupGrowth> growth(new BackupGrowth(from, tree, std::move(file), std::move(say)));
    if (auto opened = growth->open(); !opened) return std::unexpected(opened.error());
    return growth;
  } catch (const SqlError& error) {
    return fail("cannot begin a backup: " + std::string(error.what()));
  }
}

BackupGrowth::~BackupGrowth() {
  mirror_.reset();
  to_.reset();
  if (anew_) ::unlink(unfinished_.c_str());  // it is gone where it has its name
}

Result<void> BackupGrowth::open() {
  const auto held = file_size(name_);
  if (held < 0) return begin_anew("");
  if (auto enough = room(held); !enough) return enough;
  try {
    to_ = std::make_unique<Target>(name_, false);
    return to_->unsound.empty() ? Result<void>() : begin_anew(to_->unsound);
  } catch (const SqlError& error) {
    if (!error.damage()) return fail("cannot open the backup " + name_ + ": " + words(error));
    return begin_anew(error.what());
  }
}

Result<void> BackupGrowth::begin_anew(const std::string& why) {
  if (!why.empty()) say_("the backup " + name_ + " cannot go on (" + why + "); it is made anew");
  mirror_.reset();
  to_.reset();
  anew_ = true;
  phase_ = Phase::log;
  next_ = 0;
  if (auto enough = room(0); !enough) return enough;
  if (auto made = StateDir::make_empty(unfinished_); !made) return made;
  try {
    to_ = std::make_unique<Target>(unfinished_, true);
  } catch (const SqlError& error) {
    return fail("cannot make the backup " + unfinished_ + ": " + words(error));
  }
  return {};
}

// Twice what is written: the log has to go on, too.
Result<void> BackupGrowth::room(std::int64_t held) const {
  const auto directory = name_.substr(0, name_.rfind('/'));
  struct statvfs disk {};
  if (::statvfs(directory.c_str(), &disk) != 0)
    return fail("no backup in " + directory + ": " + std::system_category().message(errno));
  const auto free = static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize);
  const auto needed = 2 * std::max<std::int64_t>(0, bytes_of(from_) - held) + kSpare;
  if (free >= needed) return {};
  return fail("no backup in " + directory + ": " + std::to_string(free >> 20U) + " MiB are free, " +
              std::to_string(needed >> 20U) + " MiB are needed");
}

template <class Read>
auto BackupGrowth::of_source(Read read) -> decltype(read()) {
  try {
    return read();
  } catch (const SqlError& error) {
    throw SourceTrouble{error.what(), error.damage()};
  }
}

Result<std::optional<std::string>> BackupGrowth::step() {
  const auto again = [&](const std::string& why) -> Result<std::optional<std::string>> {
    if (anew_) return fail("the backup " + name_ + " failed: " + why);
    if (auto begun = begin_anew(why); !begun) return std::unexpected(begun.error());
    return std::nullopt;
  };
  try {
    advance();
    if (anew_) write_out(unfinished_);
    if (phase_ != Phase::rest) return std::nullopt;
    rest();
    if (auto finished = finish(); !finished) return std::unexpected(finished.error());
    return name_;
  } catch (const SourceTrouble& trouble) {
    blames_source_ = trouble.damage;
    return fail("no backup is made of what is not sound: " + trouble.why);
  } catch (const Unsound& unsound) {
    another_log_ = unsound.another_log;
    return again(unsound.why);
  } catch (const SqlError& error) {
    if (!error.damage()) return fail("the backup " + name_ + " failed: " + words(error));
    return again(error.what());
  }
}

// Nodes up to where they reached when it was their turn: those that come meanwhile follow from the log.
void BackupGrowth::advance() {
  switch (phase_) {
    case Phase::log:
      if (!log_slice()) return;
      phase_ = Phase::checkpoint;
      return begin_table("checkpoint", 1, Mirror::Surplus::kept);
    case Phase::checkpoint:
      if (!table_slice(kRows)) return;
      tree_size_ = of_source([&] { return from_.integer("SELECT value FROM meta WHERE key = '.tree'"); });
      phase_ = Phase::node;
      return begin_table("node", 2, Mirror::Surplus::removed);
    case Phase::node:
      if (!table_slice(kRows)) return;
      phase_ = Phase::hourly;
      return begin_table("hourly", 3, Mirror::Surplus::removed);
    case Phase::hourly:
      if (!table_slice(kRows)) return;
      phase_ = Phase::note;
      return begin_table("note", 2, Mirror::Surplus::removed);
    case Phase::note:
      if (!table_slice(kNotes)) return;
      mirror_.reset();
      phase_ = Phase::rest;
      return;
    case Phase::rest:
      return;
  }
}

// Records that the file has must be ours; those that it lacks must be what the tree was grown with.
bool BackupGrowth::log_slice() {
  if (to_->held > tree_.size())
    throw Unsound{
        "it holds " + std::to_string(to_->held) + " records, the log " + std::to_string(tree_.size()), true};
  const auto ours = of_source([&] { return log_.read(next_, kRecords); });
  const auto theirs = next_ < to_->held ? to_->log->read(next_, kRecords) : std::vector<Record>();
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const auto& record = ours[i];
    if (next_ < to_->held) {
      if (i >= theirs.size() || !same(record, theirs[i])) differs(record);
    } else {
      if (auto trouble = record_trouble(record, next_); !trouble.empty()) throw SourceTrouble{trouble, true};
      if (evidence::leaf_hash(record) != of_source([&] { return tree_.hash({0, record.seq}); }))
        throw SourceTrouble{"record " + std::to_string(record.seq) + " is not what the tree says", true};
      to_->log->append(record);
    }
    ++next_;
  }
  if (ours.size() < kRecords && next_ < tree_.size()) throw SourceTrouble{"records are missing", true};
  return next_ == tree_.size();
}

// Who of the two is right says the tree; whether the file is another log's or a damaged one its first record
// and its last.
void BackupGrowth::differs(const Record& ours) {
  const auto which = "record " + std::to_string(ours.seq);
  if (evidence::leaf_hash(ours) != of_source([&] { return tree_.hash({0, ours.seq}); }))
    throw SourceTrouble{which + " is not what the tree says", true};
  const auto last = of_source([&] { return log_.read(to_->held - 1, 1); });
  const auto theirs = to_->log->read(to_->held - 1, 1);
  throw Unsound{which + " is another",
                ours.seq == 0 || theirs.empty() || last.empty() || !same(theirs[0], last[0])};
}

void BackupGrowth::begin_table(const char* table, int keys, Mirror::Surplus surplus) {
  mirror_ = std::make_unique<Mirror>(from_, to_->sql, table, keys, surplus);
}

bool BackupGrowth::table_slice(std::size_t rows) {
  of_source([&] { mirror_->read(rows); });
  return mirror_->apply();
}

// What came meanwhile, and what points into the log.
void BackupGrowth::rest() {
  while (!log_slice()) {
  }
  for (const auto& [table, keys] : kSmall) {
    begin_table(table, keys, Mirror::Surplus::removed);
    table_slice(0);
  }
  mirror_.reset();
  for (const auto kind : {LogKind::key, LogKind::opening}) {
    if (to_->log->landmarks(kind) != of_source([&] { return log_.landmarks(kind); }))
      throw Unsound{"its index is not that of its log"};
  }
  put_meta(to_->sql, ".projection", 0);
  put_meta(to_->sql, ".tree", tree_size_);
  if (auto trouble = tail_trouble(to_->sql); !trouble.empty()) throw Unsound{trouble};
  if (of_source([&] { return from_.integer("PRAGMA data_version"); }) != version_)
    throw SourceTrouble{"it was written to meanwhile", false};
  to_->transaction->commit();
}

Result<void> BackupGrowth::finish() {
  to_->log.reset();
  to_->sql.run("PRAGMA journal_mode = DELETE");  // one file, whoever opens it
  to_.reset();
  if (!anew_) return {};
  if (another_log_) {
    const auto beside = name_beside(name_);
    if (std::rename(name_.c_str(), beside.c_str()) == 0)
      say_("the backup of another log that was " + name_ + " is kept as " + beside);
  }
  // A journal of the file that stood there would be played into the one that takes its place.
  if (::unlink((name_ + "-journal").c_str()) == 0) {
    if (auto synced = StateDir::sync_file(name_.substr(0, name_.rfind('/'))); !synced) return synced;
  }
  return StateDir::name_durably(unfinished_, name_);
}

}  // namespace commune_watch::store
