// One raw picture.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace commune_watch {

// I420: width x height luma, then the two chroma planes of half the size each way.
struct Frame {
  int width = 0, height = 0;
  std::vector<std::uint8_t> bytes;
  Frame(int w, int h, std::uint8_t luma = 16, std::uint8_t chroma = 128);
  [[nodiscard]] std::uint8_t& at(int x, int y) {
    return bytes[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
  }
};

}  // namespace commune_watch
