// Under a name that nobody knows beforehand, so that nobody can lay a link there.
#include "cli/whole_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace commune_watch {
namespace {

bool write_all(int out, std::string_view text) {
  while (!text.empty()) {
    const auto put = ::write(out, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

bool give_rights(int out, const std::string& folder, const FileRights& rights) {
  struct stat about {};
  if (rights.folders_group_reads && ::stat(folder.c_str(), &about) == 0 &&
      ::fchown(out, static_cast<uid_t>(-1), about.st_gid) == 0)
    static_cast<void>(::fchmod(out, 0640));
  return !rights.owner || ::fchown(out, *rights.owner, static_cast<gid_t>(-1)) == 0;
}

// What was renamed stays renamed over a power cut.
void sync_folder(const std::string& folder) {
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return;
  static_cast<void>(::fsync(opened));
  ::close(opened);
}

}  // namespace

Result<void> write_whole(const std::string& file, std::string_view text, const FileRights& rights) {
  const auto cannot = [&file] {
    return Failure{
        file +
        ": không ghi được, hãy kiểm tra thư mục và quyền / cannot be written, check directory and rights: " +
        std::strerror(errno)};
  };
  std::error_code ignored;
  const auto folder = std::filesystem::absolute(file, ignored).parent_path().string();
  std::filesystem::create_directories(folder, ignored);
  std::string fresh = folder + "/.new-XXXXXX";
  const int out = ::mkostemp(fresh.data(), O_CLOEXEC);  // of mode 0600
  if (out < 0) return std::unexpected(cannot());
  const bool done = write_all(out, text) && give_rights(out, folder, rights) && ::fsync(out) == 0 &&
                    ::rename(fresh.c_str(), file.c_str()) == 0;
  const Failure why = done ? Failure{} : cannot();
  ::close(out);
  if (done) return sync_folder(folder), Result<void>();
  static_cast<void>(::unlink(fresh.c_str()));
  return std::unexpected(why);
}

}  // namespace commune_watch
