// The logs that a witness knows: a file of the province's, one public key a line.
//
//   # tỉnh Bến Tre
//   commune-watch/tan-phu/gw1+1a2b3c4d+AY…   # Xã Tân Phú
//
// The log's origin is its key's name. Several keys of one origin: each may sign (a rotation under way). What
// stands behind " # " is a label for people.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/result.hpp"
#include "evidence/note.hpp"

namespace commune_watch::witness {

struct KnownLog {
  std::string label;  // of its last line that has one
  std::vector<evidence::PublicKey> keys;
};
using KnownLogs = std::map<std::string, KnownLog, std::less<>>;  // by origin

// Failure: everything that is wrong, each "file:line: why" on a line of its own.
Result<KnownLogs> read_known_logs(std::string_view text, const std::string& file);

// The file, read again when it has changed.
class KnownLogsFile {
 public:
  explicit KnownLogsFile(std::string file) : file_(std::move(file)) {}

  // Absent: nothing has changed. A file that is not there knows nobody; one that cannot be read is a failure
  // that is told once.
  std::optional<Result<KnownLogs>> look();
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  struct Stamp {  // of what was read last
    std::uint64_t inode = 0;
    std::int64_t size = -1, seconds = 0, nanoseconds = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  std::string file_;
  std::optional<Stamp> seen_;
};

}  // namespace commune_watch::witness
