// A camera's encoder and payloader, by GStreamer: frames in, the last whole key frame out, as RtspSession
// hands it on.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "wire/wire.hpp"

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

struct Encoding {
  std::string codec = "H264";
  int kilobits = 512, frames_per_second = 15, key_frame_every = 30;
};

// Throws std::runtime_error where an encoder is missing or no key frame came out.
CodedPicture encoded(const std::vector<Frame>& frames, const Encoding& how);

}  // namespace commune_watch
