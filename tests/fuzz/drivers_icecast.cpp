// The icecast driver on foreign bytes: administration pages as a hostile server would write them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "drivers/monitoring_point/icecast.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace commune_watch;  // NOLINT(google-build-using-namespace)
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (const auto mounts = read_mounts(body)) {
    const IcecastPlan steps = plan(*mounts, {"/xa.mp3"}, {{"/xa.mp3", "/silence.mp3"}});
    if (steps.mounts.size() > mounts->size()) std::abort();
    for (const auto& mount : steps.mounts)
      if (query_value(mount).find_first_of(" &?#\r\n") != std::string::npos) std::abort();
  }
  if (const auto listeners = read_listeners(body)) {
    const auto seen =
        sightings(*listeners, {"loa-ap-1", "862000000000002", "192.0.2.51"}, IcecastMatch::automatic);
    if (seen.size() > listeners->size() || seen.size() > kMaxSightings) std::abort();
    for (const Sighting& each : seen)
      if (each.key.empty() || each.key != clean_words(each.key)) std::abort();
  }
  return 0;
}
