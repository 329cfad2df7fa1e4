// Any bytes as RTP packets of H.264, H.265 and JPEG: nothing crashes, counts stay sane, a key frame is never
// larger than what came, and what is kept of it for a decoder is within its cap and made of whole packets.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "wire/rtp_key_frame.hpp"
#include "wire/rtp_meter.hpp"
#include "wire/rtp_picture.hpp"

namespace {

// RFC 4571: each packet after its length.
bool whole_packets(const std::string& kept) {
  std::size_t at = 0;
  while (at + 2 <= kept.size())
    at += 2 +
          (std::size_t{static_cast<std::uint8_t>(kept[at])} << 8U | static_cast<std::uint8_t>(kept[at + 1]));
  return at == kept.size();
}

}  // namespace

// Packets are cut by a length byte before each.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace commune_watch;
  if (size == 0) return 0;
  constexpr std::size_t kMost = 4096;
  const SdpVideo video{.codec = (data[0] & 4) != 0   ? "JPEG"
                                : (data[0] & 1) != 0 ? "H264"
                                                     : "H265",
                       .vps = true,
                       .sps = true,
                       .pps = true};
  KeyFrameFinder finder(video, kMost);
  PicturePackets packets(video, kMost);
  RtpMeter meter;
  std::int64_t now = 0;
  std::size_t fed = 0;
  for (std::size_t at = 1; at < size;) {
    const std::size_t length = std::min<std::size_t>(data[at], size - at - 1);
    const std::span raw(reinterpret_cast<const std::byte*>(data) + at + 1, length);
    const auto packet = read_rtp(raw);
    at += 1 + length;
    now += 10'000;
    if (!packet || !meter.add(*packet, length, now, (data[0] & 2) == 0)) continue;
    fed += packet->payload.size();
    finder.add(*packet);
    packets.add(*packet, raw);
  }
  const RtpStatistics statistics = meter.statistics();
  if (statistics.lost < 0 || statistics.jitter_us < 0 || statistics.frames > statistics.packets ||
      statistics.media_span < 0)
    std::abort();
  if (finder.bytes() < 0 || static_cast<std::size_t>(finder.bytes()) > fed) std::abort();
  const std::string kept = packets.take();
  if (kept.size() > kMost || !whole_packets(kept)) std::abort();
  return 0;
}
