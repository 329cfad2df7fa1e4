// The packets of a key frame, kept while it arrives: what KeyFrameFinder calls whole, a decoder can be given.
//
// Kept is what came since the last slice of another picture: parameter sets and messages that stand before
// the key frame under an earlier timestamp belong to it. Which packets are missing is not judged here. Pure.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "wire/rtp_packet.hpp"
#include "wire/sdp.hpp"

namespace commune_watch {

class PicturePackets {
 public:
  PicturePackets() = default;
  PicturePackets(const SdpVideo& video, std::size_t max_bytes);

  // `raw`: the whole packet that `packet` is a view of; at most 65,535 bytes, longer ones are not kept.
  void add(const RtpPacket& packet, std::span<const std::byte> raw);
  // Each packet after its length in two bytes, big-endian (RFC 4571). Empty if it was too large.
  [[nodiscard]] std::string take();

 private:
  enum class Codec : std::uint8_t { other, h264, h265, jpeg };
  enum class Part : std::uint8_t {
    aside,
    key,
    delta
  };  // parameter sets and the like; of a key frame; of another
  [[nodiscard]] Part part(std::span<const std::byte> payload) const;
  [[nodiscard]] Part unit(unsigned type) const;
  void clear();

  Codec codec_ = Codec::other;
  std::size_t max_bytes_ = 0;
  bool key_ = false, too_large_ = false;
  std::uint32_t timestamp_ = 0;
  std::string packets_;
};

}  // namespace commune_watch
