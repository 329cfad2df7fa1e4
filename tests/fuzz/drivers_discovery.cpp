// WS-Discovery answers as any bytes: bounded, clean, and every door is one that can be asked.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "domain/reading.hpp"
#include "drivers/discovery.hpp"
#include "drivers/onvif.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace commune_watch;
  const auto all = onvif::read_announced({reinterpret_cast<const char*>(data), size});
  if (all.size() > onvif::kMaxAnnounced) std::abort();
  for (const auto& each : all) {
    for (const auto* words : {&each.endpoint, &each.maker, &each.model, &each.name, &each.mac})
      if (*words != clean_words(*words)) std::abort();
    if (each.doors.size() > onvif::kMaxDoors) std::abort();
    for (const auto& door : each.doors) {
      const bool scheme = door.scheme == "http" || door.scheme == "https";
      if (!scheme || door.port == 0 || !door.target.starts_with('/') ||
          door.target.size() > onvif::kMaxTarget || door.target.find_first_of(" \r\n") != std::string::npos)
        std::abort();
    }
  }
  return 0;
}
