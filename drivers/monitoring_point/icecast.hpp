// The judgement of the icecast driver, apart from its coroutine: pure, on foreign bytes.
//
// Read at: Icecast-Server src/admin.c (2.4: <IP>, <UserAgent>, <Connected>, <ID>; 2.5 and the kh fork: the
// same in lower case; <username> only where the mount has listener authentication), and Debian's
// icecast2 2.4.4 as it answers.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/reading.hpp"

namespace commune_watch {

struct IcecastMount {
  std::string name;      // "/xa.mp3"
  std::string fallback;  // where its listeners go when the source dies; may be empty
};
struct IcecastListener {
  std::string username, user_agent, address;
  std::int64_t connected_seconds = 0;
};

// /admin/listmounts and /admin/listclients. Absent: not what icecast writes, or more than kMaxSightings.
std::optional<std::vector<IcecastMount>> read_mounts(std::string_view body);
std::optional<std::vector<IcecastListener>> read_listeners(std::string_view body);

enum class IcecastMatch : std::uint8_t { automatic, username, user_agent, address };

// Whether a key of the configuration means this listener. By user agent: the whole of it or a whole word in
// it (devices put their number there). Automatic: by user name, else user agent, else address.
bool means(std::string_view key, const IcecastListener& listener, IcecastMatch match);

// One sighting per key that somebody listens under, with the longest listening time; then one per listener
// that no key means, under its user name, else its address. Several listeners of one name count once.
std::vector<Sighting> sightings(const std::vector<IcecastListener>& listeners,
                                const std::vector<std::string>& keys, IcecastMatch match);

// Which mounts to read: those asked for and where their listeners may have gone. Where an asked-for mount has
// no source its fallback is not listed any more, so all mounts are read.
struct IcecastPlan {
  std::vector<std::string> mounts;
  bool source_missing = false;
  bool listeners_hidden =
      false;  // a dead mount's listeners were moved to a file, whose listeners no page tells
};
// `fallbacks`: of mounts as they were last listed, by mount.
IcecastPlan plan(const std::vector<IcecastMount>& listed, const std::vector<std::string>& asked_for,
                 const std::map<std::string, std::string>& fallbacks);

// "/xa.mp3" as the value of a query.
std::string query_value(std::string_view text);

}  // namespace commune_watch
