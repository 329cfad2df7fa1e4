// Files by POSIX calls: what is renamed or made here is synced, and so is its directory.
#include "store/state_dir.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace commune_watch::store {
namespace {

constexpr std::int64_t kMostBallast = 64LL << 20U, kStartBallast = 1LL << 20U, kLeastBallast = 64LL << 10U;

const char* ballast_name(StateDir::Ballast which) {
  return which == StateDir::Ballast::commit ? "/ballast" : "/ballast-start";
}

Failure trouble(const std::string& what) { return {what + ": " + std::system_category().message(errno)}; }

bool read_only(const struct statvfs& disk) { return (disk.f_flag & ST_RDONLY) != 0; }

std::string read_only_words(const std::string& path) {
  return "; Ổ ĐĨA CHỈ CHO ĐỌC, thẻ nhớ có thể đã hỏng / the disk is read-only, its card may be failing: " +
         path;
}

// Of a file or a directory: a new name, or one that is gone, survives a power cut only when its directory is
// synced too.
bool sync(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool synced = ::fsync(file) == 0;
  ::close(file);
  return synced;
}

std::string read_small(const std::string& path) {
  std::string text(4096, '\0');
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return {};
  const auto got = ::read(file, text.data(), text.size());
  ::close(file);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// What root makes in a directory of the service's user must not keep the service out: it is that user's.
// Never a file of several names, for the others may lie elsewhere.
void hand_over(int file, const std::string& directory) {
  struct stat owner {};
  struct stat made {};
  if (::geteuid() != 0 || ::stat(directory.c_str(), &owner) != 0 || ::fstat(file, &made) != 0) return;
  if (made.st_uid == owner.st_uid && made.st_gid == owner.st_gid) return;
  if (!S_ISDIR(made.st_mode) && (!S_ISREG(made.st_mode) || made.st_nlink != 1)) return;
  static_cast<void>(
      !::fchown(file, owner.st_uid, owner.st_gid));  // what fails is said by whoever is kept out
}

bool make_directory(const std::string& path, const std::string& owned_as) {
  if (::mkdir(path.c_str(), 0700) != 0) return errno == EEXIST;
  const int made = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (made < 0) return false;
  hand_over(made, owned_as);
  ::close(made);
  return true;
}

bool write_small(const std::string& directory, const std::string& name, const std::string& text) {
  const int file =
      ::open((directory + "/" + name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return false;
  hand_over(file, directory);
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  ::close(file);
  return written;
}

// Of a file that stands.
Result<void> copy_into(const std::string& source, const std::string& file) {
  const int from = ::open(source.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (from < 0) return std::unexpected(trouble("cannot read " + source));
  const int to = ::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  std::vector<char> some(std::size_t{1} << 20U);
  Result<void> copied;
  for (ssize_t got = 1; copied && got > 0;) {
    got = ::read(from, some.data(), some.size());
    if (got < 0) copied = std::unexpected(trouble("cannot read " + source));
    if (got > 0 && ::write(to, some.data(), static_cast<std::size_t>(got)) != got)
      copied = std::unexpected(trouble("cannot write " + file));
  }
  ::close(from);
  ::close(to);
  return copied;
}

}  // namespace

std::int64_t file_size(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::int64_t>(info.st_size) : -1;
}

Result<StateDir> StateDir::take(const std::string& directory, const std::string& memory) {
  std::error_code error;
  const auto parent = std::filesystem::path(directory).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return std::unexpected(trouble("cannot make the state directory " + directory));
  }
  // SQLite refuses symbolic links anywhere in the name, and systemd's StateDirectory may be one.
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(directory.c_str(), nullptr), &std::free);
  if (!real) return std::unexpected(trouble("cannot use the state directory " + directory));
  const std::string path = real.get();

  const int lock = ::open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) {
    const bool refused = errno == EROFS;
    auto failure = trouble("cannot open " + path + "/lock");
    if (refused) failure.why += read_only_words(path);
    return std::unexpected(failure);
  }
  hand_over(lock, path);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const bool held = errno == EWOULDBLOCK;
    const auto failure = trouble("cannot lock " + path + "/lock");
    const auto pid = read_small(path + "/lock");
    ::close(lock);
    if (!held) return std::unexpected(failure);
    return fail("another commune-watch (pid " + (pid.empty() ? "unknown" : pid) + ") is running on " + path +
                "; stop it first, or name another directory with --state");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // On a full disk the lock holds all the same; only its holder's name is missing.
  if (::ftruncate(lock, 0) == 0) static_cast<void>(!::pwrite(lock, pid.data(), pid.size(), 0));
  return StateDir{path, memory, lock};
}

StateDir::StateDir(StateDir&& other) noexcept
    : path_(std::move(other.path_)),
      memory_(std::move(other.memory_)),
      lock_(std::exchange(other.lock_, -1)) {}

StateDir::~StateDir() {
  if (lock_ >= 0) ::close(lock_);
}

std::string StateDir::next_aside() const {
  struct stat info {};
  if (::stat(database().c_str(), &info) != 0) ::stat(log_of_writes().c_str(), &info);
  std::tm written{};
  ::gmtime_r(&info.st_mtime, &written);
  char when[32] = {};
  std::strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &written);
  for (int number = 1;; ++number) {
    std::string name = std::string("put-aside/") + when + "-" + std::to_string(number);
    if (file_size(path_ + "/" + name) < 0) return name;
  }
}

Result<void> StateDir::put_aside(const std::string& aside) const {
  const std::string parent = path_ + "/put-aside", place = path_ + "/" + aside;
  for (const auto& directory : {parent, place})
    if (!make_directory(directory, path_)) return std::unexpected(trouble("cannot make " + directory));
  // The database first: a write-ahead log that stays behind is seen at the next start, and never read into
  // the new file.
  for (const auto& file : {database(), log_of_writes(), database() + "-journal"}) {
    const std::string name = file.substr(path_.size());
    if (::rename(file.c_str(), (place + name).c_str()) != 0 && errno != ENOENT) {
      return std::unexpected(trouble("cannot put " + file + " aside"));
    }
  }
  if (!sync(place) || !sync(parent) || !sync(path_)) {
    return std::unexpected(trouble("cannot sync " + path_));
  }
  return {};
}

bool StateDir::make_backups() const { return make_directory(backups(), path_); }

Result<void> StateDir::sync_file(const std::string& file) {
  if (!sync(file)) return std::unexpected(trouble("cannot sync " + file));
  return {};
}

Result<void> StateDir::name_durably(const std::string& from, const std::string& to) {
  if (auto synced = sync_file(from); !synced) return synced;
  if (::rename(from.c_str(), to.c_str()) != 0) return std::unexpected(trouble("cannot rename " + from));
  return sync_file(to.substr(0, to.rfind('/')));
}

bool StateDir::spend(Ballast which) const { return ::unlink((path_ + ballast_name(which)).c_str()) == 0; }

std::string StateDir::tend_ballast() const {
  struct statvfs disk {};
  if (::statvfs(path_.c_str(), &disk) != 0) return trouble("cannot look at " + path_).why;
  const auto free = static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize);
  const auto whole = std::min(kMostBallast, free / 20);
  const std::pair<Ballast, std::int64_t> parts[] = {{Ballast::start, std::min(whole / 4, kStartBallast)},
                                                    {Ballast::commit, whole}};
  for (const auto& [which, bytes] : parts) {
    const auto name = path_ + ballast_name(which);
    if (file_size(name) >= 0) continue;
    if (bytes < kLeastBallast) return std::to_string(free >> 20U) + " MiB are free in " + path_;
    const auto unfinished = name + ".tmp";
    const int file = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return trouble("cannot make " + unfinished).why;
    hand_over(file, path_);
    const int code = ::posix_fallocate(file, 0, bytes);  // blocks, not a hole
    ::close(file);
    if (code != 0 || ::rename(unfinished.c_str(), name.c_str()) != 0) {
      ::unlink(unfinished.c_str());
      return "cannot make " + name + ": " + std::system_category().message(code != 0 ? code : errno);
    }
  }
  return {};
}

bool StateDir::closed() const {
  struct statvfs disk {};
  return ::statvfs(path_.c_str(), &disk) == 0 &&
         (read_only(disk) || disk.f_bavail * disk.f_frsize < (1U << 20U));
}

std::string StateDir::no_room() const {
  struct statvfs disk {};
  std::string free;
  if (::statvfs(path_.c_str(), &disk) == 0)
    free = ", " + std::to_string((disk.f_bavail * disk.f_frsize) >> 10U) + " KiB are free";
  return "; ĐĨA ĐẦY / the disk is full: " + path_ + " needs " + std::to_string(kRoomNeeded >> 20U) + " MiB" +
         free;
}

std::string StateDir::lacks(bool full) const {
  struct statvfs disk {};
  if (::statvfs(path_.c_str(), &disk) == 0 && read_only(disk)) return read_only_words(path_);
  return full ? no_room() : "";
}

void StateDir::forget_unborn() const {
  for (const char* end : {"", "-wal", "-journal"}) ::unlink((unborn() + end).c_str());
}

Result<void> StateDir::make_empty(const std::string& name) {
  for (const char* end : {"", "-wal", "-journal"}) ::unlink((name + end).c_str());
  // SQLite would make it readable to all; its write-ahead log takes the mode and the owner of the file.
  const int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return std::unexpected(trouble("cannot make " + name));
  hand_over(file, name.substr(0, name.rfind('/')));
  ::close(file);
  return {};
}

Result<void> StateDir::conceive_from(const std::string& source) const {
  if (auto made = conceive(); !made) return made;
  // SQLite undoes what a journal tells of when the copy is first opened.
  const auto journal = source + "-journal";
  if (file_size(journal) > 0) {
    if (auto made = make_empty(unborn() + "-journal"); !made) return made;
    if (auto copied = copy_into(journal, unborn() + "-journal"); !copied) return copied;
  }
  return copy_into(source, unborn());
}

namespace {

// In place: where the disk is full it has its block already.
bool write_mark(const std::string& file, std::uint64_t records, const std::string& epoch,
                const std::string& owned_as) {
  const int mark = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (mark < 0) return false;
  if (file_size(file) == 0) hand_over(mark, owned_as);
  auto text = std::to_string(records);
  text.insert(0, 20 - text.size(), '0').append(" ").append(epoch);
  const bool written = ::write(mark, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(mark);
  return written;
}

// 0: it is not there, or of another log. A log without records is anybody's.
std::uint64_t read_mark(const std::string& file, const std::string& epoch) {
  const auto text = read_small(file);
  std::uint64_t records = 0;
  const auto* const digits = text.data() + 20;
  if (text.size() < 20 || (text.size() > 21 && !epoch.empty() && text.substr(21) != epoch)) return 0;
  const auto read = std::from_chars(text.data(), digits, records);
  return read.ec == std::errc() && read.ptr == digits ? records : 0;
}

}  // namespace

void StateDir::mark_length(const std::string& epoch, std::uint64_t before, std::uint64_t now,
                           bool last) const {
  const bool in_memory = !memory_.empty() && write_mark(memory_ + "/length", now, epoch, path_);
  // The first one, too: a file that lost all its records does not say which log it was.
  if (!in_memory || last || before == 0 || before / kMarkEvery != now / kMarkEvery)
    write_mark(path_ + "/length", now, epoch, path_);
}

std::uint64_t StateDir::marked_length(const std::string& epoch) const {
  const auto kept = read_mark(path_ + "/length", epoch);
  const bool asks_memory = !memory_.empty() && !epoch.empty();  // a state that was taken away is no damage
  return asks_memory ? std::max(kept, read_mark(memory_ + "/length", epoch)) : kept;
}

void StateDir::unmark_length() const {
  ::unlink((path_ + "/length").c_str());
  if (!memory_.empty()) ::unlink((memory_ + "/length").c_str());
}

void StateDir::mark_damaged(const std::string& why) const { write_small(path_, "damaged", why + "\n"); }

std::optional<std::string> StateDir::marked_damaged() const {
  if (file_size(path_ + "/damaged") < 0) return std::nullopt;
  return read_small(path_ + "/damaged");
}

void StateDir::unmark_damaged() const { ::unlink((path_ + "/damaged").c_str()); }

}  // namespace commune_watch::store
