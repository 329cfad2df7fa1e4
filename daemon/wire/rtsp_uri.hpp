// The addresses of an RTSP session (RFC 2326 §C.1.1) and its Transport header (§12.39), as cameras really
// write them. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace commune_watch {

// What relative controls hang on: Content-Base, else Content-Location, else what was asked. A base that is no
// RTSP URL
// ("192.0.2.1:1935/", "rtsp://::ffff:192.0.2.1/") is dropped or mended (go2rtc#830, #1852); user info in it
// is taken out.
std::string base_uri(std::string_view asked, std::string_view content_base,
                     std::string_view content_location);

// `control` absolute, relative, "*" or empty. Joined as all clients do, by hanging it on the end: also behind
// a query, and with one slash where the track begins with one itself (go2rtc#1236).
std::string track_uri(std::string_view base, std::string_view control);

struct TransportAnswer {
  bool tcp = false;  // RTP/AVP/TCP, or interleaved channels whatever it is called (Escam Q6)
  std::optional<std::uint8_t> channel;       // of RTP
  std::optional<std::uint16_t> server_port;  // of RTP
  std::optional<std::uint32_t> ssrc;         // zero counts as not given
};
TransportAnswer read_transport(std::string_view header);

struct SessionAnswer {
  std::string id;
  std::int64_t timeout_s = 60;  // the default of §12.37
};
SessionAnswer read_session(std::string_view header);

}  // namespace commune_watch
