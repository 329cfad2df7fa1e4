// What a probe needs of a session description (RFC 8866): the video track, its codec, where to set it up, its
// parameter sets.
//
// Tolerant, because cameras write SDP by hand: unknown, repeated and broken lines are passed over, the last
// newline may be missing, an fmtp may stand under another track (go2rtc#1426). Pure; never fails: no video
// track is an empty codec.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace commune_watch {

struct SdpVideo {
  std::string codec;  // "H264", "H265", "JPEG" … upper case; "?" where a video track names none; empty: no
                      // video track
  int payload_type = -1;
  std::uint32_t clock_rate = 90'000;
  std::string control;                         // of the track, as written; empty: the session's
  std::string session_control;                 // of the session, as written
  bool vps = false, sps = false, pps = false;  // parameter sets came with the description
  std::string parameter_sets;  // the same as written: H.264 sprop-parameter-sets; H.265 VPS;SPS;PPS; base64
};

SdpVideo read_sdp(std::string_view text);

}  // namespace commune_watch
