// ONVIF's answers, addresses and the driver's own note as any bytes: bounded, and nothing of a login comes
// out. The first byte says which.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "drivers/camera/onvif.hpp"
#include "drivers/monitoring_point/onvif_nvr.hpp"
#include "drivers/onvif.hpp"

namespace {

using namespace commune_watch;

void answers(std::string_view body) {
  onvif::is_soap(body);
  if (const auto fault = onvif::read_fault(body); fault && fault->words.size() > kMaxWords) std::abort();
  onvif::read_clock(body);
  onvif::read_identity(body);
  onvif::read_summary(body);
  onvif::read_search(body);
  onvif::read_uri(body);
  if (const auto services = onvif::read_services(body);
      services && services->media.size() > onvif::kMaxTarget)
    std::abort();
  OnvifRecorded recorded{.jobs = {}, .states = {}, .recordings = {}, .at = 1'790'000'000'000};
  if (const auto jobs = onvif::read_jobs(body)) recorded.jobs = *jobs;
  if (const auto state = onvif::read_job_state(body)) recorded.states["J1"] = *state;
  if (const auto recordings = onvif::read_recordings(body)) recorded.recordings = recordings->list;
  judge({.number = "1", .source = "V1", .profiles = {"P1"}}, recorded);
  const auto profiles = onvif::read_profiles(body);
  if (!profiles) return;
  if (profiles->size() > kMaxSightings) std::abort();
  onvif::choose(*profiles, "");
  for (const OnvifChannel& each : channels_of(*profiles)) judge(each, recorded);
}

void addresses(std::string_view text) {
  if (const auto url = onvif::stream_url(text, "192.0.2.1")) {
    if (url->host != "192.0.2.1" || url->port == 0 || !url->target.starts_with('/') ||
        url->target.size() > onvif::kMaxTarget || !parse_url(url->text()))
      std::abort();
  }
  if (const auto target = onvif::target_of(text);
      target && (!target->starts_with('/') || target->find_first_of(" \r\n") != std::string::npos))
    std::abort();
}

void note(std::string_view text) {
  Note from = note_of(OnvifMemory());
  from.body.clear();
  for (const char c : text) from.body.push_back(static_cast<std::byte>(c));
  const OnvifMemory memory = remembered(from, "");
  const Note again = note_of(memory);
  if (again.body.size() > kMaxNote) std::abort();
  if (!(note_of(remembered(again, "")) == again)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      answers(body);
      break;
    case 1:
      addresses(body);
      break;
    default:
      note(body);
  }
  return 0;
}
