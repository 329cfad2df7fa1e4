// A key frame's packets to a picture, by GStreamer.
//
// One pipeline for each picture: appsrc → depayloader → parser → decoder → I420. libav's decoders where they
// are installed, else openh264 and libde265; where there is neither, the codec cannot be judged and nobody is
// blamed.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/frames.hpp"

namespace commune_watch {

class Decoder {
 public:
  // Initialises GStreamer. `allowed`: names of decoder elements that may be used; empty = all that are known.
  explicit Decoder(std::vector<std::string> allowed = {});
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // Loads every plug-in that will be needed, so that no file has to be opened later. What can be decoded, as
  // "H264 avdec_h264", for the log.
  std::vector<std::string> warm_up();
  // `packets`: RTP packets, each after its length in two bytes; of kJpegFile the file. `job` of the answer is
  // filled, `last` is not.
  inspect::Answer look(const inspect::Job& job, std::string_view packets);

 private:
  std::vector<std::string> allowed_;
};

}  // namespace commune_watch
