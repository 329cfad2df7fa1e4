// Each file under its own hash, and a manifest that is renamed into place last: a cut leaves the old or the
// new ones. A line of the manifest: "file <sha256> <path>"; its last one is the hash of those above.
#include "settings/last_good.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <filesystem>
#include <set>

#include "settings/loading.hpp"

namespace commune_watch {
namespace {

constexpr std::string_view kFirstLine = "commune-watch last good configuration 1\n";

std::unexpected<Failure> trouble(const std::string& path) { return fail(path + ": " + std::strerror(errno)); }

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

// Where root made it, it is the state directory's owner's: the service starts all the same.
bool hand_over(int file, const std::string& state) {
  struct stat owner {};
  return ::geteuid() != 0 || ::stat(state.c_str(), &owner) != 0 ||
         ::fchown(file, owner.st_uid, owner.st_gid) == 0;
}

Result<void> sync_directory(const std::string& path) {
  const Descriptor directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return trouble(path);
  return {};
}

Result<void> make_private(const std::string& path) {
  const std::string state = directory_of(path);
  const bool is_new = ::mkdir(path.c_str(), 0700) == 0;
  if (!is_new && errno != EEXIST) return trouble(path);
  const Descriptor directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (directory.get() < 0 || ::fchmod(directory.get(), 0700) != 0 || !hand_over(directory.get(), state))
    return trouble(path);
  return is_new ? sync_directory(state) : Result<void>{};
}

Result<void> write_durably(const std::string& path, std::string_view text) {
  const std::string aside = path + ".tmp";
  ::unlink(aside.c_str());
  {
    const Descriptor file{::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (file.get() < 0 || !hand_over(file.get(), directory_of(path))) return trouble(aside);
    while (!text.empty()) {
      const auto written = ::write(file.get(), text.data(), text.size());
      if (written < 0) return trouble(aside);
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file.get()) != 0) return trouble(aside);
  }
  if (::rename(aside.c_str(), path.c_str()) != 0) return trouble(path);
  return {};
}

// For people, too: who has to bring a file back sees which one it was.
std::string name_of(const std::string& path, const std::string& hash) {
  return hash.substr(0, 16) + "-" + path.substr(path.rfind('/') + 1);
}

// Takes "word …" off `line`.
std::string_view word_of(std::string_view& line) {
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), word.size() + 1));
  return word;
}

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc{} && end == text.data() + text.size();
}

class KeptDisk final : public Disk {
 public:
  explicit KeptDisk(const ConfigurationFiles& files) : files_(files) {}
  [[nodiscard]] bool exists(const std::string& path) const override { return files_.contains(path); }
  [[nodiscard]] Result<std::string> read(const std::string& path) const override {
    const auto file = files_.find(path);
    if (file == files_.end()) return fail("is not among the files of the last good configuration");
    return file->second;
  }
  [[nodiscard]] Result<std::vector<std::string>> toml_files(const std::string& directory) const override {
    std::vector<std::string> names;
    for (const auto& [path, text] : files_)
      if (directory_of(path) == directory) names.push_back(path.substr(path.rfind('/') + 1));
    return names;
  }
  [[nodiscard]] bool secret_exists(const std::string& path) const override { return real_.exists(path); }
  [[nodiscard]] Result<std::string> read_secret(const std::string& path, bool is_credential) const override {
    return real_.read_secret(path, is_credential);
  }

 private:
  const ConfigurationFiles& files_;
  RealDisk real_;
};

}  // namespace

Result<Moment> LastGood::keep(const ConfigurationFiles& files, Moment now) const {
  if (const auto kept = read(); kept && *kept && (*kept)->files == files) return (*kept)->taken;
  if (auto made = make_private(directory_); !made) return std::unexpected{made.error()};

  std::string text{kFirstLine};
  text += fmt::format("taken {} {}\n", now.boot, now.bt);
  std::set<std::string> names{"manifest"};
  for (const auto& [path, content] : files) {
    if (path.find('\n') != std::string::npos) return fail(path + ": a line break in a file's name");
    const std::string hash = sha256_hex(content);
    const std::string name = name_of(path, hash);
    names.insert(name);
    text += fmt::format("file {} {}\n", hash, path);
    if (auto written = write_durably(directory_ + "/" + name, content); !written)
      return std::unexpected{written.error()};
  }
  text += fmt::format("end {}\n", sha256_hex(text));
  // The names of the files before the one that names them.
  if (auto synced = sync_directory(directory_); !synced) return std::unexpected{synced.error()};
  if (auto written = write_durably(manifest(), text); !written) return std::unexpected{written.error()};
  if (auto synced = sync_directory(directory_); !synced) return std::unexpected{synced.error()};

  std::error_code ignored;
  std::vector<std::filesystem::path> gone;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, ignored))
    if (!names.contains(entry.path().filename().string())) gone.push_back(entry.path());
  for (const auto& path : gone) std::filesystem::remove(path, ignored);
  return now;
}

Result<std::optional<LastGood::Kept>> LastGood::read() const {
  const RealDisk disk;
  if (!disk.exists(manifest())) return std::nullopt;
  const auto text = disk.read(manifest());
  if (!text) return fail(manifest() + ": " + text.error().why);
  const auto damaged = [](const std::string& path) { return fail(path + ": is damaged"); };

  const auto end = text->rfind("end ");
  if (end == std::string::npos || !text->starts_with(kFirstLine) ||
      text->substr(end) != "end " + sha256_hex(std::string_view{*text}.substr(0, end)) + "\n")
    return damaged(manifest());
  Kept kept;
  std::string_view rest = std::string_view{*text}.substr(kFirstLine.size(), end - kFirstLine.size());
  while (!rest.empty()) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    const auto what = word_of(line);
    if (what == "taken") {
      const auto boot = word_of(line);
      if (!read_number(boot, kept.taken.boot) || !read_number(line, kept.taken.bt))
        return damaged(manifest());
    } else if (what == "file") {
      const std::string hash{word_of(line)}, path{line};
      const std::string file = directory_ + "/" + name_of(path, hash);
      auto content = disk.read(file);
      if (!content) return fail(file + ": " + content.error().why);
      if (sha256_hex(*content) != hash) return damaged(file);
      kept.files.emplace(path, std::move(*content));
    }
  }
  return kept;
}

LoadResult load_kept(const LoadPlaces& places, const ConfigurationFiles& files,
                     std::span<const Driver* const> table) {
  auto result = load_from(places, KeptDisk{files}, table);
  if (result.settings) result.files = files;
  return result;
}

}  // namespace commune_watch
