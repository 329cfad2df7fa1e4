// Foreign bytes at the seam: decode() refuses or gives a frame that encodes again.
#include "poll/seam.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto frame = commune_watch::seam::decode(bytes);
  if (!frame) return 0;
  std::string again;
  if (!commune_watch::seam::encode(*frame, again)) __builtin_trap();
  if (!commune_watch::seam::decode(std::string_view(again).substr(4))) __builtin_trap();
  return 0;
}
