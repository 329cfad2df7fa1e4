// Any bytes as RTP packets of H.264 and H.265: nothing crashes, counts stay sane, a key frame is never larger
// than what came.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "wire/rtp_key_frame.hpp"
#include "wire/rtp_meter.hpp"

// Packets are cut by a length byte before each.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace commune_watch;
  if (size == 0) return 0;
  KeyFrameFinder finder(
      SdpVideo{.codec = (data[0] & 1) != 0 ? "H264" : "H265", .vps = true, .sps = true, .pps = true}, 4096);
  RtpMeter meter;
  std::int64_t now = 0;
  std::size_t fed = 0;
  for (std::size_t at = 1; at < size;) {
    const std::size_t length = std::min<std::size_t>(data[at], size - at - 1);
    const auto packet = read_rtp({reinterpret_cast<const std::byte*>(data) + at + 1, length});
    at += 1 + length;
    now += 10'000;
    if (!packet || !meter.add(*packet, length, now, (data[0] & 2) == 0)) continue;
    fed += packet->payload.size();
    finder.add(*packet);
  }
  const RtpStatistics statistics = meter.statistics();
  if (statistics.lost < 0 || statistics.jitter_us < 0 || statistics.frames > statistics.packets ||
      statistics.media_span < 0)
    std::abort();
  if (finder.bytes() < 0 || static_cast<std::size_t>(finder.bytes()) > fed) std::abort();
  return 0;
}
