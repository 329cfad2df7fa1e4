// A slice is half a mebibyte: about two milliseconds of a desktop's, twenty of a small board's time.
#include "store/backup.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include "domain/clock.hpp"

namespace commune_watch::store {
namespace {

constexpr int kPages = 512;
constexpr int kParts = 4;  // slices of the check
constexpr std::size_t kDays = 7, kWeeks = 8;
constexpr std::array kGrowing{"commune-watch-a.db", "commune-watch-b.db", kMediumName};
constexpr std::string_view kBefore = "commune-watch-", kAfter = ".db";

// The local date in a backup's name; 0: it is none.
std::int32_t day_of(std::string_view name) {
  if (name.size() != kBefore.size() + 8 + kAfter.size() || !name.starts_with(kBefore) ||
      !name.ends_with(kAfter))
    return 0;
  std::int32_t day = 0;
  for (const char digit : name.substr(kBefore.size(), 8)) {
    if (digit < '0' || digit > '9') return 0;
    day = day * 10 + (digit - '0');
  }
  return day;
}

std::int64_t days_since_1970(std::int32_t day) {
  constexpr Millis kDay = 86'400'000;
  return Zone(std::vector<Zone::Change>{}).midnight(day / 10'000, day / 100 % 100, day % 100) / kDay;
}

// Monday to Sunday.
std::int64_t week_of(std::int32_t day) { return (days_since_1970(day) + 3) / 7; }

bool grows(const std::string& name) {
  return std::find(kGrowing.begin(), kGrowing.end(), name) != kGrowing.end();
}

}  // namespace

// May fail.
void write_out(const std::string& file) {
  const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return;
  static_cast<void>(::sync_file_range(opened, 0, 0, SYNC_FILE_RANGE_WRITE));
  ::close(opened);
}

std::string backup_name(std::int32_t day) {
  const auto digits = std::to_string(100'000'000 + day).substr(1);
  return std::string(kBefore) + digits + std::string(kAfter);
}

std::string growing_name(std::int32_t day) {
  return kGrowing.at(static_cast<std::size_t>(days_since_1970(day) % 2));
}

std::vector<std::string> backups_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    auto name = entry.path().filename().string();
    if (day_of(name) != 0 || grows(name)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) {
    return day_of(a) != day_of(b) ? day_of(a) > day_of(b) : a < b;
  });
  return names;
}

std::vector<std::string> superfluous_backups(std::vector<std::string> names) {
  std::erase_if(names, [](const auto& name) { return day_of(name) == 0; });
  std::sort(names.begin(), names.end(), std::greater<>());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<std::string> superfluous;
  std::vector<std::int64_t> weeks;
  for (std::size_t i = kDays; i < names.size(); ++i) {
    const auto week = week_of(day_of(names[i]));
    if (weeks.size() < kWeeks && (weeks.empty() || weeks.back() != week)) {
      weeks.push_back(week);
    } else {
      superfluous.push_back(names[i]);
    }
  }
  return superfluous;
}

void rotate_backups(const std::string& directory, const std::string& made) {
  for (const auto& name : superfluous_backups(backups_in(directory)))
    if (name != made) ::unlink((std::filesystem::path(directory) / name).c_str());
}

void rotate_backups(const std::string& directory, std::int32_t day) {
  constexpr auto kNights = static_cast<std::int64_t>(kDays + 7 * (kWeeks + 1));
  const auto there = backups_in(directory);
  auto names = there;
  for (std::int64_t night = days_since_1970(day), last = night - kNights; night > last; --night)
    names.push_back(backup_name(date_of_day(night).yyyymmdd()));
  for (const auto& name : superfluous_backups(names)) {
    if (std::find(there.begin(), there.end(), name) != there.end())
      ::unlink((std::filesystem::path(directory) / name).c_str());
  }
}

BackupCopy::BackupCopy(const StateDir& dir, std::int32_t day)
    : dir_(dir), name_(dir.backups() + "/" + backup_name(day)), unfinished_(name_ + ".tmp") {}

Result<std::unique_ptr<BackupWork>> BackupCopy::begin(Sql& source, const StateDir& dir, std::int32_t day) {
  struct statvfs disk {};
  const auto size = std::max<std::int64_t>(file_size(dir.database()), 0) +
                    std::max<std::int64_t>(file_size(dir.log_of_writes()), 0);
  if (!dir.make_backups() || ::statvfs(dir.backups().c_str(), &disk) != 0) {
    return fail("cannot make a backup in " + dir.backups() + ": " + std::system_category().message(errno));
  }
  if (const auto free = static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize); free < 2 * size) {
    return fail("no backup in " + dir.backups() + ": " + std::to_string(free >> 20U) + " MiB are free, " +
                std::to_string(2 * size >> 20U) + " MiB are needed");
  }
  std::unique_ptr<BackupCopy> copy(new BackupCopy(dir, day));
  if (auto made = StateDir::make_empty(copy->unfinished_); !made) return std::unexpected(made.error());
  try {
    copy->copy_ = std::make_unique<Sql>(copy->unfinished_, false);
    // A cut costs no more than the copy: it is synced when it is whole.
    copy->copy_->run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
    copy->backup_ = sqlite3_backup_init(copy->copy_->handle(), "main", source.handle(), "main");
    if (copy->backup_ == nullptr)
      return fail("cannot begin a backup: " + std::string(sqlite3_errmsg(copy->copy_->handle())));
  } catch (const SqlError& error) {
    return fail("cannot begin a backup: " + std::string(error.what()));
  }
  return copy;
}

BackupCopy::~BackupCopy() {
  sqlite3_backup_finish(backup_);
  sweep_.reset();
  copy_.reset();
  ::unlink(unfinished_.c_str());  // it is gone where it has its name
}

// Copies one slice; true: that was the last one.
bool BackupCopy::copied() {
  const int code = sqlite3_backup_step(backup_, kPages);
  write_out(unfinished_);
  if (code == SQLITE_OK) return false;
  if (code != SQLITE_DONE) throw SqlError(code, sqlite3_errstr(code));
  if (const int finished = sqlite3_backup_finish(std::exchange(backup_, nullptr)); finished != SQLITE_OK)
    throw SqlError(finished, sqlite3_errstr(finished));
  copy_->run("PRAGMA journal_mode = DELETE; PRAGMA cell_size_check = ON");  // one file, whoever opens it
  return true;
}

Result<std::optional<std::string>> BackupCopy::step() {
  try {
    if (backup_ != nullptr) {
      if (copied()) sweep_ = std::make_unique<Sweep>(*copy_);
      return std::nullopt;
    }
    std::string trouble;
    bool read = false;
    for (int part = 0; part < kParts && !read && trouble.empty(); ++part) read = sweep_->step(trouble);
    if (!trouble.empty()) return fail("the copy is damaged, and so is what it was made from: " + trouble);
    if (!read) return std::nullopt;
    sweep_.reset();
    copy_.reset();
  } catch (const SqlError& error) {
    return fail("the backup " + name_ + " failed: " + error.what() + (error.full() ? dir_.no_room() : ""));
  }
  if (auto named = StateDir::name_durably(unfinished_, name_); !named) return std::unexpected(named.error());
  rotate_backups(dir_.backups(), std::filesystem::path(name_).filename().string());
  return name_;
}

}  // namespace commune_watch::store
