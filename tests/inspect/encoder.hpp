// A camera's encoder and payloader, by GStreamer: frames in, the last whole key frame out, as RtspSession
// hands it on.
#pragma once
#include <string>
#include <vector>

#include "inspect/frame.hpp"
#include "wire/wire.hpp"

namespace commune_watch {

struct Encoding {
  std::string codec = "H264";
  int kilobits = 512, frames_per_second = 15, key_frame_every = 30;
};

// Throws std::runtime_error where an encoder is missing or no key frame came out. `codec` may be kJpegFile:
// one file of the last frame.
CodedPicture encoded(const std::vector<Frame>& frames, const Encoding& how);

}  // namespace commune_watch
