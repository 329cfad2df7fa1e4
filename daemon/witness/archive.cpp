// Every file is written beside its name, synced, renamed, and its directory synced.
#include "witness/archive.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

namespace commune_watch::witness {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kKeyHead = "commune-watch witness key 1";
constexpr std::string_view kForkHead = "fork 1";
constexpr std::uintmax_t kMostBytes = 256 * 1024;

std::string words(const std::string& what) { return what + ": " + std::system_category().message(errno); }

std::optional<std::string> read_file(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error || size > kMostBytes) return std::nullopt;
  std::string bytes(size, '\0');
  std::ifstream in(path, std::ios::binary);
  in.read(bytes.data(), static_cast<std::streamsize>(size));
  if (!in) return std::nullopt;
  return bytes;
}

bool sync_directory(const std::string& path, Sync sync) {
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return false;
  const bool synced = sync(directory) == 0;
  ::close(directory);
  return synced;
}

bool write_all(int file, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Durable under its name when it returns; on failure what bore the name before is still there, or the new one
// is.
Result<void> write_durably(const std::string& path, std::string_view content, mode_t mode, Sync sync) {
  const std::string unborn = path + ".new";
  ::unlink(unborn.c_str());
  const int file = ::open(unborn.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (file < 0) return fail(words("cannot make " + unborn));
  std::string why;
  if (!write_all(file, content))
    why = words("cannot write " + unborn);
  else if (sync(file) != 0)
    why = words("cannot sync " + unborn);
  ::close(file);
  if (why.empty() && ::rename(unborn.c_str(), path.c_str()) != 0) why = words("cannot rename " + unborn);
  if (!why.empty()) {
    ::unlink(unborn.c_str());
    return fail(why);
  }
  const auto directory = fs::path(path).parent_path().string();
  if (!sync_directory(directory, sync)) return fail(words("cannot sync " + directory));
  return {};
}

// Readable, and different for different origins.
std::string file_stem(std::string_view origin) {
  std::string stem;
  for (const char c : origin.substr(0, 100)) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.';
    stem += plain && !(stem.empty() && c == '.') ? c : '_';
  }
  return stem + '-' + evidence::hex(evidence::sha256(origin)).substr(0, 16);
}

std::string latest_name(std::string_view origin) { return "latest/" + file_stem(origin) + ".note"; }

std::string_view code(Fork::Kind kind) { return kind == Fork::Kind::split ? "split" : "unproven"; }

std::string host() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "province";
  return name.data();
}

Result<Latest> believed(std::string_view whole, const evidence::PublicKey& as) {
  auto note = evidence::read_note(whole);
  if (!note) return std::unexpected(note.error());
  Latest latest;
  std::istringstream lines(note->text);
  std::string first_three;
  for (std::string line; std::ranges::count(first_three, '\n') < 3 && std::getline(lines, line);)
    first_three += line + '\n';
  auto checkpoint = evidence::read_checkpoint(first_three);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  const auto cosigned = evidence::cosigned(*note, as);
  if (!cosigned) return std::unexpected(cosigned.error());
  if (!*cosigned) return fail("our cosignature is not on it");
  latest.checkpoint = std::move(*checkpoint);
  latest.note = whole;
  latest.text = note->text;
  latest.seconds = (*cosigned)->utc_seconds;
  for (const auto& signature : note->signatures)
    if (signature.name == as.name && signature.id == as.id())
      latest.line = evidence::signature_line(signature);
  return latest;
}

Result<Signer> key_of(const std::string& content, const std::string& file) {
  std::istringstream lines(content);
  std::string head, name, seed;
  std::getline(lines, head);
  std::getline(lines, name);
  std::getline(lines, seed);
  auto bytes = evidence::bytes_of_base64(seed);
  sodium_memzero(seed.data(), seed.size());
  if (head != kKeyHead || !evidence::is_key_name(name) || !bytes) return fail(file + ": is no witness's key");
  auto key = evidence::SigningKey::of(*bytes);
  sodium_memzero(bytes->data(), bytes->size());
  if (!key) return fail(file + ": is no witness's key");
  auto as = key->public_key(name, evidence::KeyUse::witness);
  return Signer{std::move(*key), std::move(as)};
}

}  // namespace

Result<Directory> Directory::take(const std::string& path) {
  if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) return fail(words("cannot make " + path));
  const int lock = ::open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) return fail(words("cannot open " + path + "/lock"));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return fail(path +
                ": một nhân chứng khác đang chạy trên thư mục này / another witness runs on this directory");
  }
  return Directory{path, lock};
}

Directory::Directory(Directory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

Directory::~Directory() {
  if (lock_ >= 0) ::close(lock_);
}

Result<Signer> read_key(const std::string& directory) {
  const auto file = directory + "/witness.key";
  struct stat there {};
  if (::lstat(file.c_str(), &there) != 0) return fail(words(file));
  if (!S_ISREG(there.st_mode) || (there.st_mode & 077) != 0)
    return fail(file + ": phải là tệp quyền 0600 / has to be a file of mode 0600: chmod 600 " + file);
  auto content = read_file(file);
  if (!content) return fail(words("cannot read " + file));
  auto signer = key_of(*content, file);
  sodium_memzero(content->data(), content->size());
  return signer;
}

Result<Signer> take_key(const std::string& directory, std::string name) {
  if (sodium_init() < 0) return fail("libsodium finds no source of randomness");
  const auto file = directory + "/witness.key";
  struct stat there {};
  if (::lstat(file.c_str(), &there) != 0 && errno == ENOENT) {
    if (name.empty()) name = "witness-" + host();
    if (!evidence::is_key_name(name))
      return fail(name + ": a witness's name has no spaces and no '+' in it; choose one with --name");
    auto seed = evidence::SigningKey::make().seed();
    std::string spelt = evidence::base64(seed);
    sodium_memzero(seed.data(), seed.size());
    std::string content = std::string(kKeyHead) + '\n' + name + '\n' + spelt + '\n';
    const auto made = write_durably(file, content, 0600, ::fsync);
    sodium_memzero(spelt.data(), spelt.size());
    sodium_memzero(content.data(), content.size());
    if (!made) return std::unexpected(made.error());
  }
  auto signer = read_key(directory);
  if (signer && !name.empty() && signer->as.name != name)
    return fail(file + ": khóa này mang tên " + signer->as.name + " / this key is named " + signer->as.name +
                ", not " + name + ": a name cannot be changed, gateways know the key by it");
  return signer;
}

// Made under the lock, so that a witness that begins meanwhile makes no other.
Result<AskedSigner> ask_key(const std::string& directory, const std::string& name) {
  std::optional<Directory> held;
  struct stat there {};
  const bool missing = ::lstat((directory + "/witness.key").c_str(), &there) != 0 && errno == ENOENT;
  if (missing) {
    auto taken = Directory::take(directory);
    if (!taken) return std::unexpected(taken.error());
    held.emplace(std::move(*taken));
  }
  auto signer = missing || !name.empty() ? take_key(directory, name) : read_key(directory);
  if (!signer) return std::unexpected(signer.error());
  return AskedSigner{std::move(*signer), missing};
}

Result<Archive> Archive::open(const std::string& directory, const evidence::PublicKey& as, Sync sync) {
  Archive archive(directory, sync);
  for (const char* below : {"/latest", "/forks"}) {
    const auto path = directory + below;
    if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) return fail(words("cannot make " + path));
    std::error_code error;
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path, error)) names.push_back(entry.path().filename());
    if (error) return fail(path + ": " + error.message());
    std::ranges::sort(names);
    for (const auto& name : names) {
      if (name.ends_with(".new"))
        fs::remove(fs::path(path) / name, error);  // was never promised to anybody
      else if (name.ends_with(".note"))
        archive.read_latest(std::string("latest/").append(name), as);
      else if (name.ends_with(".txt"))
        archive.read_fork(std::string("forks/").append(name));
    }
  }
  if (!sync_directory(directory, sync)) return fail(words("cannot sync " + directory));
  std::ranges::stable_sort(archive.forks_, {}, &Fork::seconds);
  return archive;
}

void Archive::read_latest(const std::string& name, const evidence::PublicKey& as) {
  const auto content = read_file(directory_ + "/" + name);
  auto latest = content ? believed(*content, as) : Result<Latest>(fail("it cannot be read"));
  if (latest && latest_name(latest->checkpoint.origin) != name)
    latest = fail("it is of another log than its name says");
  if (latest)
    latest_[latest->checkpoint.origin] = std::move(*latest);
  else
    damaged_[name] = latest.error().why;
}

// The first line: fork 1 KIND SECONDS SIZE ROOT ORIGIN
void Archive::read_fork(const std::string& name) {
  const auto content = read_file(directory_ + "/" + name);
  std::istringstream line(content ? content->substr(0, content->find('\n')) : std::string());
  std::string word, number, kind, root;
  Fork fork;
  line >> word >> number >> kind >> fork.seconds >> fork.submitted.size >> root;
  std::getline(line >> std::ws, fork.submitted.origin);
  const auto hash = evidence::hash_of_base64(root);
  if (line.fail() || word + ' ' + number != kForkHead || !hash) {
    damaged_[name] = "it cannot be read";
    return;
  }
  fork.kind = kind == code(Fork::Kind::split) ? Fork::Kind::split : Fork::Kind::unproven;
  fork.submitted.root = *hash;
  fork.file = name;
  forks_.push_back(std::move(fork));
}

const Latest* Archive::latest(std::string_view origin) const {
  const auto found = latest_.find(origin);
  return found == latest_.end() ? nullptr : &found->second;
}

bool Archive::is_damaged(std::string_view origin) const { return damaged_.contains(latest_name(origin)); }

Result<void> Archive::write(const std::string& name, std::string_view content) const {
  return write_durably(directory_ + "/" + name, content, 0640, sync_);
}

Result<void> Archive::keep(Latest latest) {
  const auto name = latest_name(latest.checkpoint.origin);
  if (auto written = write(name, latest.note); !written) return written;
  std::erase_if(forks_, [&](const Fork& fork) {
    const bool cleared = fork.kind == Fork::Kind::unproven && fork.submitted == latest.checkpoint;
    if (cleared) ::unlink((directory_ + "/" + fork.file).c_str());
    return cleared;
  });
  auto origin = latest.checkpoint.origin;
  latest_[std::move(origin)] = std::move(latest);
  return {};
}

Result<bool> Archive::keep(Fork fork, std::string_view evidence) {
  const auto& origin = fork.submitted.origin;
  std::size_t like_this = 0;
  for (const auto& known : forks_) {
    if (known.kind != fork.kind || known.submitted.origin != origin) continue;
    if (known.submitted == fork.submitted) return false;
    ++like_this;
  }
  if (like_this >= kMostForks) return false;
  const auto root = evidence::base64(fork.submitted.root);
  fork.file = "forks/" + file_stem(origin) + '-' + std::to_string(fork.submitted.size) + '-' +
              evidence::hex(fork.submitted.root).substr(0, 16) +
              (fork.kind == Fork::Kind::split ? "" : "-unproven") + ".txt";
  std::string content = std::string(kForkHead) + ' ' + std::string(code(fork.kind)) + ' ' +
                        std::to_string(fork.seconds) + ' ' + std::to_string(fork.submitted.size) + ' ' +
                        root + ' ' + origin + '\n';
  content += evidence;
  if (auto written = write(fork.file, content); !written) return std::unexpected(written.error());
  forks_.push_back(std::move(fork));
  return true;
}

}  // namespace commune_watch::witness
