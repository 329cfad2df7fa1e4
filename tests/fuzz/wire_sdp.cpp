// Any bytes as a session description, a Transport, a Session and a base: nothing crashes, and what goes into
// request lines is clean.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "wire/rtsp_uri.hpp"
#include "wire/sdp.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace commune_watch;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const SdpVideo video = read_sdp(text);
  const std::string base = base_uri("rtsp://192.0.2.1/live", text, video.session_control);
  for (const std::string& uri :
       {base, track_uri(base, video.control), track_uri(base, text), read_session(text).id})
    if (!std::all_of(uri.begin(), uri.end(), [](char c) { return c > ' ' && c < 0x7F; })) std::abort();
  if (!base.starts_with("rtsp://") && !base.starts_with("rtsps://")) std::abort();
  if (read_session(text).timeout_s < 1 || video.clock_rate == 0) std::abort();
  read_transport(text);
  return 0;
}
