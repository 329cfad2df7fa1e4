// Packets to NAL units, NAL units to a picture.
#include "wire/rtp_key_frame.hpp"

namespace commune_watch {
namespace {

unsigned byte_at(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<unsigned>(bytes[at]);
}

// The first bit after the NAL header: H.264 first_mb_in_slice = 0 is the Exp-Golomb code "1" (H.264 §7.3.3),
// H.265 has first_slice_segment_in_pic_flag there (H.265 §7.3.6.1).
bool first_slice_bit(std::span<const std::byte> bytes, std::size_t at) {
  return at < bytes.size() && (byte_at(bytes, at) & 0x80U) != 0;
}

}  // namespace

KeyFrameFinder::KeyFrameFinder(const SdpVideo& video, std::size_t max_bytes)
    : codec_(video.codec == "H264"   ? Codec::h264
             : video.codec == "H265" ? Codec::h265
             : video.codec == "JPEG" ? Codec::jpeg
                                     : Codec::other),
      max_bytes_(max_bytes),
      vps_(video.vps),
      sps_(video.sps),
      pps_(video.pps) {}

bool KeyFrameFinder::parameters_known() const {
  return codec_ == Codec::jpeg || (sps_ && pps_ && (vps_ || codec_ == Codec::h264));
}

bool KeyFrameFinder::is_key(unsigned type) const {
  return codec_ == Codec::h264 ? type == 5 : type >= 16 && type <= 21;
}

bool KeyFrameFinder::is_slice(unsigned type) const {
  return codec_ == Codec::h264 ? type >= 1 && type <= 5 : type <= 31;
}

void KeyFrameFinder::parameter_set(unsigned type) {
  if (codec_ == Codec::h264) {
    if (type == 7) sps_ = true;
    if (type == 8) pps_ = true;
  } else {
    if (type == 32) vps_ = true;
    if (type == 33) sps_ = true;
    if (type == 34) pps_ = true;
  }
}

void KeyFrameFinder::begin_picture() {
  key_ = spoilt_ = fragment_open_ = false;
  picture_bytes_ = 0;
}

void KeyFrameFinder::end_picture() {
  if (key_ && !spoilt_ && !fragment_open_ && parameters_known() && picture_bytes_ > 0) {
    found_bytes_ = static_cast<std::int64_t>(picture_bytes_);
    found_timestamp_ = timestamp_;
  }
  begin_picture();
}

void KeyFrameFinder::broken() {
  spoilt_ = true;
  fragment_open_ = false;
}

void KeyFrameFinder::add(const RtpPacket& packet) {
  if (codec_ == Codec::other || found()) return;
  const bool follows = any_ && packet.sequence == static_cast<std::uint16_t>(sequence_ + 1);
  if (any_ && !follows) {
    // A late or repeated packet spoils as a lost one does: the next key frame comes anyway.
    if (key_ || fragment_open_) broken();
    if (packet.timestamp != timestamp_) begin_picture();
  } else if (any_ && packet.timestamp != timestamp_) {
    end_picture();  // no marker, but the next picture follows without a gap
    if (found()) return;
  }
  any_ = true;
  sequence_ = packet.sequence;
  timestamp_ = packet.timestamp;
  units(packet.payload);
  // Cameras that set the marker on every NAL unit end nothing before there is a slice.
  if (packet.marker && key_ && !fragment_open_) end_picture();
}

// Every picture is a key frame; a header of 8 bytes, of which the second to fourth say where the piece goes.
void KeyFrameFinder::jpeg_fragment(std::span<const std::byte> payload) {
  constexpr std::size_t kHeader = 8;
  if (payload.size() <= kHeader) return broken();
  key_seen_ = true;
  if (byte_at(payload, 1) == 0 && byte_at(payload, 2) == 0 && byte_at(payload, 3) == 0) {
    begin_picture();
    key_ = true;
  }
  picture_bytes_ += payload.size() - kHeader;
  if (picture_bytes_ > max_bytes_) {
    too_large_ = true;
    broken();
  }
}

void KeyFrameFinder::units(std::span<const std::byte> payload) {
  if (codec_ == Codec::jpeg) return jpeg_fragment(payload);
  const std::size_t header = codec_ == Codec::h264 ? 1 : 2;
  if (payload.size() <= header) return;
  const unsigned first = byte_at(payload, 0);
  const unsigned type = codec_ == Codec::h264 ? first & 0x1FU : first >> 1U & 0x3FU;
  const bool aggregate = codec_ == Codec::h264 ? type == 24 : type == 48;
  const bool fragmented = codec_ == Codec::h264 ? type == 28 : type == 49;
  if (aggregate) {  // STAP-A, AP: 16-bit sizes
    std::size_t at = header;
    while (at + 2 < payload.size()) {
      const std::size_t size = std::size_t{byte_at(payload, at)} << 8U | byte_at(payload, at + 1);
      at += 2;
      if (size <= header || at + size > payload.size()) return broken();
      const unsigned inner = byte_at(payload, at);
      unit(codec_ == Codec::h264 ? inner & 0x1FU : inner >> 1U & 0x3FU, size,
           first_slice_bit(payload, at + header), true);
      at += size;
    }
  } else if (fragmented) {  // FU-A, FU: S and E bits, then the type that is being carried
    const unsigned fu = byte_at(payload, header);
    fragment(codec_ == Codec::h264 ? fu & 0x1FU : fu & 0x3FU, payload.size() - header - 1, (fu & 0x80U) != 0,
             (fu & 0x40U) != 0, first_slice_bit(payload, header + 1));
  } else if (codec_ == Codec::h264 ? type >= 1 && type <= 23 : type <= 47) {
    unit(type, payload.size(), first_slice_bit(payload, header), true);
  } else {
    broken();  // STAP-B, MTAP, FU-B, PACI: cameras do not send them
  }
}

void KeyFrameFinder::fragment(unsigned type, std::size_t bytes, bool start, bool end, bool first_slice) {
  if (start) {
    if (fragment_open_) broken();
    unit(type, bytes, first_slice, false);
    fragment_open_ = true;
  } else if (!fragment_open_) {
    if (is_key(type)) key_seen_ = true;
    return broken();  // its beginning is missing
  } else {
    picture_bytes_ += bytes;
  }
  if (picture_bytes_ > max_bytes_) {
    too_large_ = true;
    return broken();
  }
  if (end) {
    fragment_open_ = false;
    parameter_set(type);
  }
}

void KeyFrameFinder::unit(unsigned type, std::size_t bytes, bool first_slice, bool whole) {
  if (fragment_open_) broken();
  if (whole) parameter_set(type);
  if (is_key(type)) key_seen_ = true;
  if (is_slice(type) && first_slice) {
    key_ = is_key(type);
    spoilt_ = false;
  }
  picture_bytes_ += bytes;
  if (picture_bytes_ > max_bytes_) {
    too_large_ = true;
    broken();
  }
}

}  // namespace commune_watch
