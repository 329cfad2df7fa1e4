// The witness: cosigns only consistent growth of the logs that it knows (https://c2sp.org/tlog-witness,
// https://c2sp.org/tlog-cosignature).
//
// Any thread may call; one request at a time is judged against what was cosigned before, kept, and only then
// answered, so that of two that race the later one is judged by the earlier one's outcome.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/clock.hpp"
#include "domain/result.hpp"
#include "witness/archive.hpp"
#include "witness/known_logs.hpp"
#include "witness/request.hpp"

namespace commune_watch::witness {

inline constexpr std::string_view kPlain = "text/plain; charset=utf-8";
inline constexpr std::string_view kSizeType = "text/x.tlog.size";

struct Options {
  std::string directory, known_logs, name;  // name: of a key that is made now; empty: as it is, or the host's
  int growths_per_minute = 30;              // of one log
  int growths_at_once = 60;
  Sync sync = nullptr;                          // nullptr: fsync(2)
  std::function<void(const std::string&)> say;  // a line for the journal; from any thread
};

struct Reply {
  int status = 200;
  std::string body;
  std::string_view type = kPlain;
  int retry_after = 0;  // seconds; 0: not said
};

// What people see of one log.
struct LogView {
  std::string origin, label;
  bool known = true;     // still in the province's file
  bool damaged = false;  // what was cosigned before cannot be read: nothing is cosigned
  std::optional<std::uint64_t> size;
  std::int64_t seconds = 0;  // UTC of the last cosignature
  std::vector<Fork> forks;
};
struct View {
  std::string vkey;
  std::int64_t now = 0;  // UTC seconds
  bool clock_is_kept = true;
  std::string trouble;  // with the file of known logs; empty: none
  std::vector<LogView> logs;
  std::vector<std::string> damaged;  // files
};

class Witness {
 public:
  // Takes the directory, makes the key where there is none. Failure: in both languages, or file:line.
  static Result<std::unique_ptr<Witness>> open(Options options, Clock& clock);

  // `from`: who asks, for the journal.
  Reply add_checkpoint(std::string_view body, std::string_view from);
  [[nodiscard]] std::optional<std::string> latest(std::string_view origin) const;  // the last cosigned note
  [[nodiscard]] std::string vkey() const { return signer_.as.vkey(); }
  [[nodiscard]] View view();

 private:
  struct Bucket {  // growths that a log may still make
    double left = 0;
    Millis filled = 0;
  };
  Witness(Options options, Clock& clock, Directory directory, Signer signer, Archive archive,
          KnownLogsFile file, KnownLogs logs);
  Reply judge(const AddCheckpoint& request, std::string_view body);
  Reply cosign(const AddCheckpoint& request);
  void keep_fork(Fork::Kind kind, const AddCheckpoint& request, std::string_view body);
  void look_at_file();
  bool take_turn(const std::string& origin);
  [[nodiscard]] bool signed_by_known(const AddCheckpoint& request) const;

  const Options options_;
  Clock& clock_;
  mutable std::mutex mutex_;
  Directory directory_;
  Signer signer_;
  Archive archive_;
  KnownLogsFile file_;
  KnownLogs logs_;
  std::string trouble_;
  std::int64_t newest_ = 0;  // the latest second that was signed: time goes back by NTP's word only
  std::map<std::string, Bucket, std::less<>> buckets_;
};

}  // namespace commune_watch::witness
