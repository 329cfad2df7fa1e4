// A decoded picture in numbers. Pure: planes in, values out.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "domain/picture.hpp"

namespace commune_watch {

// 8 bits a sample; row r begins at samples[r * stride].
struct Plane {
  std::span<const std::uint8_t> samples;
  int width = 0, height = 0;
  std::size_t stride = 0;
};

// `luma` has at least one sample; `blue` and `red` are the chroma planes, of any size, empty for a grey
// picture.
PictureStatistics measure(const Plane& luma, const Plane& blue, const Plane& red);

}  // namespace commune_watch
