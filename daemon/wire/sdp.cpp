// One pass over the lines, then the choice among the video tracks.
#include "wire/sdp.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <vector>

namespace commune_watch {
namespace {

constexpr std::size_t kMaxTracks = 32;

std::string_view trim(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

std::string_view take_until(std::string_view& text, std::string_view stops) {
  const std::size_t end = std::min(text.find_first_of(stops), text.size());
  const std::string_view found = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return found;
}

std::string_view take_word(std::string_view& text) {
  text = trim(text);
  return take_until(text, " \t");
}

int number(std::string_view text) {
  int value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

// First byte of a base64 text, or -1: enough to name a NAL unit.
int first_byte(std::string_view base64) {
  const auto value = [](char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    return c == '/' || c == '_' ? 63 : -1;
  };
  if (base64.size() < 4 || value(base64[0]) < 0 || value(base64[1]) < 0) return -1;
  return (value(base64[0]) << 2 | value(base64[1]) >> 4) & 0xFF;
}

struct Track {
  bool video = false;
  std::vector<int> payload_types;
  std::string control;
};
struct Codec {
  std::string name;
  std::uint32_t clock_rate = 90'000;
};

// RFC 3551 §6, those that a camera may leave without an rtpmap.
std::string static_codec(int payload_type) {
  switch (payload_type) {
    case 26:
      return "JPEG";
    case 31:
      return "H261";
    case 32:
      return "MPV";
    case 33:
      return "MP2T";
    case 34:
      return "H263";
    default:
      return {};
  }
}

// The text if it is nothing but base64, lists of it included; a decoder is given no other.
std::string in_base64(std::string_view text) {
  constexpr std::string_view kMay = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=,";
  return text.find_first_not_of(kMay) == std::string_view::npos ? std::string(text) : std::string{};
}

void read_fmtp(std::string_view value, SdpVideo& video) {
  std::string_view vps, sps, pps;
  while (!value.empty()) {
    std::string_view parameter = trim(take_until(value, ";"));
    const std::string name = upper(trim(take_until(parameter, "=")));
    parameter = trim(parameter);
    if (name == "SPROP-PARAMETER-SETS") {  // RFC 6184 §8.1: H.264
      video.parameter_sets = in_base64(parameter);
      while (!parameter.empty()) {
        const int header = first_byte(trim(take_until(parameter, ",")));
        if (header >= 0 && (header & 0x1F) == 7) video.sps = true;
        if (header >= 0 && (header & 0x1F) == 8) video.pps = true;
      }
    }
    // RFC 7798 §7.1: H.265
    if (name == "SPROP-VPS") video.vps = first_byte(vps = parameter) >= 0;
    if (name == "SPROP-SPS") video.sps = first_byte(sps = parameter) >= 0;
    if (name == "SPROP-PPS") video.pps = first_byte(pps = parameter) >= 0;
  }
  if (video.vps && video.sps && video.pps)
    video.parameter_sets = in_base64(vps) + ";" + in_base64(sps) + ";" + in_base64(pps);
}

}  // namespace

SdpVideo read_sdp(std::string_view text) {
  std::vector<Track> tracks;
  std::map<int, Codec> codecs;  // by payload type, whichever track they stand under
  std::map<int, std::string_view> fmtp;
  SdpVideo video;

  while (!text.empty()) {
    std::string_view line = trim(take_until(text, "\n"));
    if (line.size() < 2 || line[1] != '=') continue;
    std::string_view value = trim(line.substr(2));
    if (line.front() == 'm') {  // m=video 0 RTP/AVP 96 97
      if (tracks.size() >= kMaxTracks) break;
      Track& track = tracks.emplace_back();
      track.video = upper(take_word(value)) == "VIDEO";
      take_word(value);
      take_word(value);
      for (value = trim(value); !value.empty(); value = trim(value))
        if (const int type = number(take_word(value)); type >= 0 && type < 128)
          track.payload_types.push_back(type);
    } else if (line.front() == 'a') {
      const std::string name = upper(trim(take_until(value, ":")));
      value = trim(value);
      if (name == "CONTROL") {
        std::string& control = tracks.empty() ? video.session_control : tracks.back().control;
        if (control.empty()) control.assign(value);
      } else if (name == "RTPMAP") {  // 96 H264/90000
        const int type = number(take_word(value));
        Codec codec{upper(trim(take_until(value, "/"))), 90'000};
        if (const int rate = number(trim(value)); rate > 0)
          codec.clock_rate = static_cast<std::uint32_t>(rate);
        if (codec.name == "HEVC") codec.name = "H265";
        if (codec.name.size() > 16) codec.name.resize(16);
        codecs.try_emplace(type, std::move(codec));
      } else if (name == "FMTP") {
        const int type = number(take_word(value));
        fmtp.try_emplace(type, value);
      }
    }
  }

  // The first track with a codec that can be judged; else the first video track.
  const Track* chosen = nullptr;
  for (const Track& track : tracks) {
    if (!track.video) continue;
    const int type = track.payload_types.empty() ? -1 : track.payload_types.front();
    const auto codec = codecs.find(type);
    const std::string name = codec == codecs.end() ? static_codec(type) : codec->second.name;
    const bool judged = name == "H264" || name == "H265";
    if (chosen != nullptr && !judged) continue;
    chosen = &track;
    video.payload_type = type;
    video.codec = name.empty() ? "?" : name;
    if (codec != codecs.end()) video.clock_rate = codec->second.clock_rate;
    if (judged) break;
  }
  if (chosen == nullptr) return video;
  video.control = chosen->control;
  if (const auto found = fmtp.find(video.payload_type); found != fmtp.end()) read_fmtp(found->second, video);
  return video;
}

}  // namespace commune_watch
