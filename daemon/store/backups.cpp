// Files of others are only read.
#include "store/backups.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <variant>

#include "store/backup.hpp"
#include "store/check.hpp"
#include "store/growth.hpp"
#include "store/log_table.hpp"
#include "store/opening.hpp"
#include "store/schema.hpp"
#include "store/tree.hpp"

namespace commune_watch {
namespace {

Failure trouble(const std::string& what) { return {what + ": " + std::system_category().message(errno)}; }

BackupFacts facts_of(const std::string& file) {
  BackupFacts facts{.file = file, .bytes = store::file_size(file)};
  try {
    store::Sql sql(file, false);
    sql.leave_as_is_on_close(true);
    sql.run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = ON");
    if (sql.integer("PRAGMA application_id") != store::kApplicationId) {
      facts.trouble = "it is not a database of commune-watch";
      return facts;
    }
    store::LogTable log(sql);
    facts.records = log.length();
    const auto first = log.read(0, 1);
    const auto entry = first.empty() ? fail("its log is empty") : decode(first[0].kind, first[0].body);
    if (const auto* genesis = entry ? std::get_if<GenesisEntry>(&*entry) : nullptr) {
      facts.commune = genesis->commune;
      facts.gateway = genesis->gateway;
      facts.simulated = genesis->simulated;
      facts.trouble = store::tail_trouble(sql);
    } else {
      facts.trouble = entry ? "its log has no beginning" : entry.error().why;
    }
  } catch (const store::SqlError& error) {
    facts.trouble = error.what();
  }
  return facts;
}

Result<void> copy(int from, int to, const std::string& name, const std::function<bool()>& stopped) {
  std::vector<char> some(std::size_t{1} << 20U);
  for (ssize_t got = 1; got > 0;) {
    if (stopped()) return fail("stopped while " + name + " was copied");
    got = ::read(from, some.data(), some.size());
    if (got < 0 || (got > 0 && ::write(to, some.data(), static_cast<std::size_t>(got)) != got))
      return std::unexpected(trouble("cannot copy to " + name));
  }
  if (::fsync(to) != 0) return std::unexpected(trouble("cannot sync " + name));
  return {};
}

Result<void> sync_directory(const std::string& directory) {
  const int opened = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = opened >= 0 && ::fsync(opened) == 0;
  const auto failure = trouble("cannot sync " + directory);
  if (opened >= 0) ::close(opened);
  if (!synced) return std::unexpected(failure);
  return {};
}

}  // namespace

std::vector<BackupFacts> list_backups(const std::string& directory) {
  std::vector<BackupFacts> all;
  for (const auto& name : store::backups_in(directory))
    all.push_back(facts_of(std::filesystem::path(directory) / name));
  return all;
}

Result<void> carry_backup(const std::string& file, const std::string& directory,
                          const std::function<bool()>& stopped) {
  const auto name = directory + "/" + std::filesystem::path(file).filename().string(),
             unfinished = name + ".tmp";
  const int from = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (from < 0) return std::unexpected(trouble("cannot read " + file));
  const int to = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  Result<void> copied =
      to < 0 ? std::unexpected(trouble("cannot make " + unfinished)) : copy(from, to, unfinished, stopped);
  ::close(from);
  if (to >= 0) ::close(to);
  if (copied && ::rename(unfinished.c_str(), name.c_str()) != 0)
    copied = std::unexpected(trouble("cannot rename " + unfinished));
  if (!copied) {
    ::unlink(unfinished.c_str());
    return copied;
  }
  store::rotate_backups(directory, std::filesystem::path(file).filename().string());
  return sync_directory(directory);
}

Result<void> grow_backup(const std::string& file, const std::string& directory, std::int32_t day,
                         const std::function<bool()>& stopped, const std::function<void(std::string)>& say) {
  try {
    store::Sql from(file, false);
    from.run("PRAGMA query_only = ON; PRAGMA cell_size_check = ON");
    store::Tree tree(from);
    tree.load();
    auto growth = store::BackupGrowth::begin(from, tree, directory + "/" + store::kMediumName, say);
    if (!growth) return std::unexpected(growth.error());
    while (true) {
      if (stopped()) return fail("stopped while the backup in " + directory + " was made");
      auto stepped = (*growth)->step();
      if (!stepped) return std::unexpected(stepped.error());
      if (*stepped) break;
    }
  } catch (const store::SqlError& error) {
    return fail("cannot read " + file + ": " + error.what());
  }
  store::rotate_backups(directory, day);
  return {};
}

Result<void> another_medium(const std::string& directory, const std::string& state) {
  struct stat there {};
  struct stat here {};
  if (::stat(directory.c_str(), &there) != 0) return std::unexpected(trouble(directory));
  if (!S_ISDIR(there.st_mode)) return fail(directory + " is not a directory");
  if (::stat(state.c_str(), &here) == 0 && here.st_dev == there.st_dev)
    return fail(directory + " lies on the same disk as " + state + ": is the medium mounted?");
  return {};
}

Result<RestoreEntry> restore_backup(const StoreOptions& options, const std::string& file,
                                    const std::string& by, const std::function<void(std::string)>& say) {
  if (sodium_init() < 0) return fail("libsodium finds no source of randomness");
  auto dir = store::StateDir::take(options.directory, options.memory);
  if (!dir) return std::unexpected(dir.error());
  const auto mine = [&](const GenesisEntry& genesis) {
    return genesis.commune == options.commune && genesis.gateway == options.gateway &&
           genesis.simulated == options.simulated;
  };
  return store::replace_database(*dir, file, by, mine, say);
}

}  // namespace commune_watch
