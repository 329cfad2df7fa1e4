// The files that settings read, as an interface: the real disk for load(), nothing at all for load_text().
#pragma once
#include <string>
#include <vector>

#include "domain/result.hpp"

namespace commune_watch {

class Disk {
 public:
  virtual ~Disk() = default;
  [[nodiscard]] virtual bool exists(const std::string& path) const = 0;
  [[nodiscard]] virtual Result<std::string> read(const std::string& path) const = 0;
  // Names, sorted; of a directory that is not there none. Failure: it is there and cannot be read.
  [[nodiscard]] virtual Result<std::vector<std::string>> toml_files(const std::string& directory) const = 0;
  // One line, its newline stripped. Refused: empty, several lines, or readable by others (any group or other
  // bit). In systemd's credentials directory the group bits are the mask of its own ACL and are not looked
  // at.
  [[nodiscard]] virtual Result<std::string> read_secret(const std::string& path,
                                                        bool is_credential) const = 0;
  [[nodiscard]] virtual bool secret_exists(const std::string& path) const { return exists(path); }
};

class RealDisk final : public Disk {
 public:
  [[nodiscard]] bool exists(const std::string& path) const override;
  [[nodiscard]] Result<std::string> read(const std::string& path) const override;
  [[nodiscard]] Result<std::vector<std::string>> toml_files(const std::string& directory) const override;
  [[nodiscard]] Result<std::string> read_secret(const std::string& path, bool is_credential) const override;
};

class NoDisk final : public Disk {
 public:
  [[nodiscard]] bool exists(const std::string&) const override { return false; }
  [[nodiscard]] Result<std::string> read(const std::string&) const override { return fail("no files here"); }
  [[nodiscard]] Result<std::vector<std::string>> toml_files(const std::string&) const override {
    return std::vector<std::string>{};
  }
  [[nodiscard]] Result<std::string> read_secret(const std::string&, bool) const override {
    return fail("no files here");
  }
};

// "dir/name", or the name itself where it is absolute.
std::string join_path(const std::string& directory, const std::string& name);
std::string directory_of(const std::string& file);

}  // namespace commune_watch
