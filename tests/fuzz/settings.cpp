// Any bytes as gateway.toml: loading never crashes, never hangs, and says in one line each what is wrong.
#include <cstdint>
#include <cstdlib>

#include "settings/fake_drivers.hpp"
#include "settings/loading.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace commune_watch;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const LoadResult result = load_text(text, fake::kDrivers);
  if (result.settings.has_value() != result.errors.empty()) std::abort();
  for (const auto* list : {&result.errors, &result.warnings}) {
    for (const std::string& line : *list) {
      if (line.find('\n') != std::string::npos || !line.starts_with("gateway.toml:")) std::abort();
    }
  }
  if (result.settings) {
    if (describe(*result.settings, Language::vi).empty()) std::abort();
    for (const DeviceSettings& device : result.settings->devices) (void)terms_of(*result.settings, device);
  }
  return 0;
}
