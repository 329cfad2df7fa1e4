// A few lines of text, and the stamp by which a change of the file is seen.
#include "witness/known_logs.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

#include "domain/utf8.hpp"

namespace commune_watch::witness {
namespace {

constexpr std::int64_t kMostBytes = 4 << 20;
constexpr std::string_view kBlank = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

struct Line {
  std::string_view key, label;
};
Line split(std::string_view line) {
  line = trimmed(line);
  if (line.starts_with('#')) return {};
  const auto end = line.find_first_of(kBlank);
  if (end == std::string_view::npos) return {line, {}};
  const auto rest = trimmed(line.substr(end));
  if (!rest.starts_with('#')) return {line, {}};  // a blank inside what should be a key: told as that
  return {line.substr(0, end), trimmed(rest.substr(1))};
}

std::string system_words() { return std::system_category().message(errno); }

}  // namespace

Result<KnownLogs> read_known_logs(std::string_view text, const std::string& file) {
  KnownLogs logs;
  std::string wrong;
  for (int number = 1; !text.empty(); ++number) {
    const auto whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    const auto tell = [&](const std::string& why) {
      if (!wrong.empty()) wrong += '\n';
      wrong.append(file).append(":").append(std::to_string(number)).append(": ").append(why);
    };
    if (!is_utf8(whole)) {
      tell("not UTF-8 text");
      continue;
    }
    const auto line = split(whole);
    if (line.key.empty()) continue;
    auto key = evidence::PublicKey::of(line.key);
    if (!key) {
      tell(key.error().why);
    } else if (key->use != evidence::KeyUse::log) {
      tell("this is the key of a witness, not that of a gateway's log");
    } else {
      auto& log = logs[key->name];
      if (!line.label.empty()) log.label = line.label;
      if (std::ranges::find(log.keys, *key) != log.keys.end())
        tell("this key is here already");
      else
        log.keys.push_back(std::move(*key));
    }
  }
  if (!wrong.empty()) return fail(wrong);
  return logs;
}

std::optional<Result<KnownLogs>> KnownLogsFile::look() {
  Stamp stamp;
  struct stat there {};
  const bool is_there = ::stat(file_.c_str(), &there) == 0;
  const int error = errno;
  if (is_there)
    stamp = {there.st_ino, there.st_size, there.st_mtim.tv_sec, there.st_mtim.tv_nsec};
  else
    stamp.seconds = error;
  if (seen_ == stamp) return std::nullopt;
  seen_ = stamp;
  if (!is_there) {
    if (error == ENOENT) return KnownLogs{};
    errno = error;
    return fail(file_ + ": " + system_words());
  }
  if (there.st_size > kMostBytes) return fail(file_ + ": longer than 4 MiB");
  std::ifstream in(file_, std::ios::binary);
  std::ostringstream text;
  if (!in) return fail(file_ + ": " + system_words());
  if (there.st_size > 0) text << in.rdbuf();
  if (!in || !text) return fail(file_ + ": cannot be read");
  return read_known_logs(text.str(), file_);
}

}  // namespace commune_watch::witness
