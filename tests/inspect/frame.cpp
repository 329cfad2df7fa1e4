#include "inspect/frame.hpp"

#include <algorithm>

namespace commune_watch {

Frame::Frame(int w, int h, std::uint8_t luma, std::uint8_t chroma) : width(w), height(h) {
  const auto pixels = static_cast<std::size_t>(w) * static_cast<std::size_t>(h);
  bytes.assign(pixels * 3 / 2, chroma);
  std::fill_n(bytes.begin(), pixels, luma);
}

}  // namespace commune_watch
