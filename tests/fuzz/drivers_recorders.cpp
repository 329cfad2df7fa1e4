// Recorders' answers: ISAPI's XML, Dahua's lines and JSON, any platform's list by a map. The first byte says
// which reader.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "drivers/monitoring_point/dahua.hpp"
#include "drivers/monitoring_point/hikvision.hpp"
#include "drivers/monitoring_point/http_map.hpp"
#include "drivers/wall_time.hpp"

namespace {

using namespace commune_watch;

void bounded(const std::optional<std::vector<RecorderChannel>>& channels) {
  if (!channels) return;
  if (channels->size() > kMaxSightings) std::abort();
  for (const RecorderChannel& each : *channels)
    if (each.key.size() > kMaxWords || each.words.size() > kMaxWords) std::abort();
  if (sightings(*channels, {"1", "192.0.2.1"}, 30).size() > kMaxSightings) std::abort();
}

void hikvision_reads(std::string_view body) {
  auto channels = hikvision::read_status(body);
  bounded(channels);
  bounded(hikvision::read_inputs(body));
  if (channels) hikvision::read_sources(body, *channels);
  if (const auto clock = hikvision::read_clock(body))
    hikvision::search_for("1", clock->wall - 1, clock->wall, false);
  hikvision::read_disks(body);
  hikvision::read_matches(body);
  hikvision::read_days(body);
  hikvision::read_tracks(body);
  hikvision::read_device(body);
  hikvision::locked(body);
}

void dahua_reads(std::string_view body) {
  bounded(dahua::read_states(body));
  bounded(dahua::read_titles(body, body));
  const auto values = dahua::read_values(body);
  if (!values) return;
  std::vector<RecorderChannel> channels{{.key = "1"}};
  dahua::read_cameras(*values, channels);
  dahua::read_never(*values);
  dahua::read_disks(*values);
  dahua::read_clock(*values);
  dahua::read_files(*values);
  dahua::read_identity(*values);
}

HttpMap map(const char* format, const char* list, const char* key, const char* state) {
  return map_of(Options({{"format", format},
                         {"list", list},
                         {"key", key},
                         {"state", state},
                         {"online", "true"},
                         {"seen", state},
                         {"seen_within", "1000"}}),
                format);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  static const HttpMap kMaps[] = {map("json", "/items", "/name", "/ready"),
                                  map("json", "", "@name", "/a/0/b"), map("xml", "a/b", "@id", "c/@d"),
                                  map("csv", "", "key", "state"),
                                  map("text", "Camera (\\d+) .*?(OK|Lost)", "1", "2")};
  switch (data[0] % 7) {
    case 0:
    case 4:
      hikvision_reads(body);
      break;
    case 1:
    case 5:
      dahua_reads(body);
      break;
    case 2:
      wall_of(body);
      offset_of(body);
      posix_offset_of(body);
      instant_of(body);
      break;
    default:
      for (const HttpMap& each : kMaps) bounded(read_map(body, each, 1'790'000'000'000));
  }
  return 0;
}
