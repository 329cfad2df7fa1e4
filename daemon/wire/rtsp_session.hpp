// One visit to one camera over RTSP (RFC 2326) as a state machine: events go in, what to do comes out, and in
// the end a reply.
//
// DESCRIBE, SETUP and PLAY of the video track, RTP until what was asked is proven, TEARDOWN. It touches no
// socket and asks no clock: every event carries its instant, in microseconds of a steady clock. Used by one
// coroutine; owned by it. Never follows a redirect, never sends a login that RtspLogin does not allow, never
// puts one into a URL.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "wire/rtp_key_frame.hpp"
#include "wire/rtp_meter.hpp"
#include "wire/rtp_picture.hpp"
#include "wire/rtsp_login.hpp"
#include "wire/rtsp_message.hpp"
#include "wire/rtsp_uri.hpp"
#include "wire/sdp.hpp"
#include "wire/wire.hpp"

namespace commune_watch {

struct RtspSend {
  std::string text;
};
struct RtspOpenUdp {};  // a pair of ports, RTP's even; then udp_opened()
struct RtspOpenPath {   // send kPathOpener from the RTP port to that port, so that stateful firewalls let the
                        // stream in
  std::uint16_t server_port = 0;
};
using RtspAction = std::variant<RtspSend, RtspOpenUdp, RtspOpenPath>;
inline constexpr std::string_view kPathOpener{"\x80\0\0\0\0\0\0\0\0\0\0\0", 12};  // an empty RTP packet

class RtspSession {
 public:
  // `client_nonce`: unpredictable hex, for Digest. The connection is being made from `now` on.
  RtspSession(RtspRequest request, std::string client_nonce, std::int64_t now);

  // Events.
  void connected(std::int64_t now);
  void udp_opened(std::int64_t now, std::optional<std::uint16_t> rtp_port);
  [[nodiscard]] std::span<std::byte> room() { return reader_.room(); }  // where bytes of the connection go
  void received(std::int64_t now, std::size_t bytes);
  void datagram(std::int64_t now, std::span<const std::byte> bytes);
  void lost(std::int64_t now, Trouble trouble, std::string_view words);  // no connection, or no longer
  void time_passed(std::int64_t now);  // at or after deadline(); else nothing happens

  // What to do now, in this order; nothing: wait for an event or for the deadline.
  std::optional<RtspAction> next();
  [[nodiscard]] std::int64_t deadline() const;
  [[nodiscard]] bool done() const { return state_ == State::done; }
  [[nodiscard]] bool flowing() const {
    return state_ == State::watch;
  }  // media is read: it may be read in larger pieces
  [[nodiscard]] bool over_udp() const { return udp_; }
  // The TEARDOWN that is owed when the visit is broken off; empty when none is.
  [[nodiscard]] std::string farewell();
  [[nodiscard]] RtspReply reply();  // once, when done()

 private:
  enum class State : std::uint8_t {
    connecting,
    options,
    describe,
    pause,
    open_udp,
    setup,
    play,
    watch,
    teardown,
    done
  };

  void ask(std::int64_t now, State state, std::string_view method, const std::string& uri);
  void ask_again(std::int64_t now);
  void set_up(std::int64_t now, bool udp);
  void response(std::int64_t now, const RtspResponse& response);
  void described(std::int64_t now, const RtspResponse& response);
  void was_set_up(std::int64_t now, const RtspResponse& response);
  void playing(std::int64_t now);
  void packet(std::int64_t now, std::span<const std::byte> bytes, bool of_track);
  void weigh(std::int64_t now);
  void judge(std::int64_t now);
  void watch_ended(std::int64_t now);
  void refused(std::int64_t now, const RtspResponse& response);
  void finish(std::int64_t now, Trouble trouble, std::string_view words);
  [[nodiscard]] std::string request_text(std::string_view method, const std::string& uri);

  RtspRequest request_;
  RtspLogin login_;
  RtspReader reader_;
  RtpMeter meter_;
  KeyFrameFinder finder_;
  PicturePackets picture_;
  std::deque<RtspAction> actions_;
  RtspReply reply_;

  State state_ = State::connecting;
  std::int64_t began_, deadline_, end_;
  std::int64_t asked_at_ = 0, playing_at_ = 0, keep_alive_at_ = 0, key_frame_at_ = 0;
  std::string method_, uri_, asked_uri_, base_;
  SdpVideo video_;
  SessionAnswer session_;
  std::int64_t taken_ = 0;  // bytes that came, of whatever
  int cseq_ = 0, keep_alive_cseq_ = 0, busy_ = 0;
  bool bore_login_ = false, tried_options_ = false, tried_other_ = false, udp_ = false;
  std::uint16_t udp_port_ = 0;
  std::optional<std::uint8_t> channel_;
};

}  // namespace commune_watch
