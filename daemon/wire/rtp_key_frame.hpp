// Finds the first whole key frame in an RTP stream of H.264 (RFC 6184), H.265 (RFC 7798) or JPEG (RFC 2435).
//
// Whole means: the first slice of the picture is there, every packet from it to the marker (or to the next
// picture) follows its predecessor, every fragmented unit has its end, and the parameter sets are known, from
// the description or in band. Only headers are looked at; nothing is copied. Pure.
#pragma once
#include <cstdint>
#include <string_view>

#include "wire/rtp_packet.hpp"
#include "wire/sdp.hpp"

namespace commune_watch {

class KeyFrameFinder {
 public:
  KeyFrameFinder() = default;
  KeyFrameFinder(const SdpVideo& video, std::size_t max_bytes);

  // A codec that can be judged.
  [[nodiscard]] bool able() const { return codec_ != Codec::other; }
  void add(const RtpPacket& packet);
  [[nodiscard]] bool found() const { return found_bytes_ > 0; }
  [[nodiscard]] std::int64_t bytes() const {
    return found_bytes_;
  }  // NAL units of the key picture, parameter sets with them
  [[nodiscard]] std::uint32_t timestamp() const { return found_timestamp_; }  // of the one that was found
  [[nodiscard]] bool too_large() const { return too_large_; }  // one was given up because of its size
  [[nodiscard]] bool key_seen() const { return key_seen_; }    // a piece of one was seen, whole or not
  [[nodiscard]] bool parameters_known() const;

 private:
  enum class Codec : std::uint8_t { other, h264, h265, jpeg };
  void begin_picture();
  void end_picture();
  void broken();
  void units(std::span<const std::byte> payload);
  void jpeg_fragment(std::span<const std::byte> payload);
  void unit(unsigned type, std::size_t bytes, bool first_slice, bool whole);
  void fragment(unsigned type, std::size_t bytes, bool start, bool end, bool first_slice);
  [[nodiscard]] bool is_key(unsigned type) const;
  [[nodiscard]] bool is_slice(unsigned type) const;
  void parameter_set(unsigned type);

  Codec codec_ = Codec::other;
  std::size_t max_bytes_ = 0;
  bool vps_ = false, sps_ = false, pps_ = false;
  bool any_ = false;
  std::uint16_t sequence_ = 0;
  std::uint32_t timestamp_ = 0;
  // Of the picture that is open:
  bool key_ = false;     // its first slice was seen, and it is a key slice
  bool spoilt_ = false;  // a packet is missing since that slice
  bool fragment_open_ = false;
  std::size_t picture_bytes_ = 0;
  std::int64_t found_bytes_ = 0;
  std::uint32_t found_timestamp_ = 0;
  bool too_large_ = false, key_seen_ = false;
};

}  // namespace commune_watch
