// Marker by marker.
#include "inspect/jpeg_header.hpp"

#include <algorithm>

namespace commune_watch {
namespace {

constexpr std::uint8_t kStart = 0xFF, kScan = 0xDA, kEnd = 0xD9;

std::uint64_t two_bytes(std::string_view text, std::size_t at) {
  return static_cast<std::uint64_t>(static_cast<unsigned char>(text[at])) << 8U |
         static_cast<unsigned char>(text[at + 1]);
}

bool frame_header(std::uint8_t marker) {  // SOF0 … SOF15, without DHT, JPG and DAC between them
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

bool alone(std::uint8_t marker) { return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8); }

}  // namespace

std::uint64_t jpeg_pixels(std::string_view file) {
  std::uint64_t most = 0;
  while (file.size() >= 2) {
    const auto marker = static_cast<std::uint8_t>(file[1]);
    if (static_cast<std::uint8_t>(file[0]) != kStart || marker == kStart || marker == 0) {
      file.remove_prefix(1);  // fill bytes, and what no decoder minds
      continue;
    }
    file.remove_prefix(2);
    if (marker == kScan || marker == kEnd) break;
    if (alone(marker)) continue;
    if (file.size() < 2) break;
    if (frame_header(marker) && file.size() >= 7)
      most = std::max(most, two_bytes(file, 3) * two_bytes(file, 5));
    file.remove_prefix(std::min<std::size_t>(file.size(), std::max<std::uint64_t>(2, two_bytes(file, 0))));
  }
  return most;
}

}  // namespace commune_watch
