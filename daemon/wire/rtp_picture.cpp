// Keeping, and starting over.
#include "wire/rtp_picture.hpp"

#include <algorithm>
#include <utility>

namespace commune_watch {
namespace {

unsigned byte_at(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<unsigned>(bytes[at]);
}

}  // namespace

PicturePackets::PicturePackets(const SdpVideo& video, std::size_t max_bytes)
    : codec_(video.codec == "H264"   ? Codec::h264
             : video.codec == "H265" ? Codec::h265
             : video.codec == "JPEG" ? Codec::jpeg
                                     : Codec::other),
      max_bytes_(max_bytes) {}

PicturePackets::Part PicturePackets::unit(unsigned type) const {
  const bool key = codec_ == Codec::h264 ? type == 5 : type >= 16 && type <= 21;
  if (key) return Part::key;
  return (codec_ == Codec::h264 ? type >= 1 && type <= 4 : type <= 31) ? Part::delta : Part::aside;
}

// By the first unit in it: H.264 RFC 6184 §5.2, H.265 RFC 7798 §4.4.
PicturePackets::Part PicturePackets::part(std::span<const std::byte> payload) const {
  if (codec_ == Codec::jpeg) return Part::key;
  const std::size_t header = codec_ == Codec::h264 ? 1 : 2;
  if (payload.size() <= header) return Part::aside;
  const auto type_at = [&](std::size_t at) {
    return codec_ == Codec::h264 ? byte_at(payload, at) & 0x1FU : byte_at(payload, at) >> 1U & 0x3FU;
  };
  const unsigned type = type_at(0);
  if (type == (codec_ == Codec::h264 ? 28U : 49U))  // a fragment: the type stands in its second header
    return unit(byte_at(payload, header) & (codec_ == Codec::h264 ? 0x1FU : 0x3FU));
  if (type != (codec_ == Codec::h264 ? 24U : 48U)) return unit(type);
  Part most = Part::aside;  // an aggregate is what the weightiest of its units is
  for (std::size_t at = header; at + 2 < payload.size();) {
    const std::size_t size = std::size_t{byte_at(payload, at)} << 8U | byte_at(payload, at + 1);
    most = std::max(most, unit(type_at(at + 2)));
    at += 2 + size;
  }
  return most;
}

void PicturePackets::clear() {
  packets_.clear();
  key_ = too_large_ = false;
}

void PicturePackets::add(const RtpPacket& packet, std::span<const std::byte> raw) {
  if (codec_ == Codec::other || raw.size() > 0xFFFF) return;
  const Part what = part(packet.payload);
  if (key_ && packet.timestamp != timestamp_) clear();  // that one was not whole
  if (what == Part::delta) return clear();
  if (codec_ == Codec::jpeg && packet.payload.size() >= 4 && byte_at(packet.payload, 1) == 0 &&
      byte_at(packet.payload, 2) == 0 && byte_at(packet.payload, 3) == 0)
    clear();  // RFC 2435 §3.1: fragment offset 0
  if (what == Part::key) {
    key_ = true;
    timestamp_ = packet.timestamp;
  }
  if (too_large_ || packets_.size() + raw.size() + 2 > max_bytes_) {
    packets_.clear();
    too_large_ = true;
    return;
  }
  packets_.push_back(static_cast<char>(raw.size() >> 8U));
  packets_.push_back(static_cast<char>(raw.size() & 0xFFU));
  packets_.append(reinterpret_cast<const char*>(raw.data()), raw.size());
}

std::string PicturePackets::take() { return std::exchange(packets_, {}); }

}  // namespace commune_watch
