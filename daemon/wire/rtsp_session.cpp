// The order of a visit, and what each answer and each silence means in it.
#include "wire/rtsp_session.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace commune_watch {
namespace {

constexpr std::size_t kMaxHeader = 16 * 1024;
// Bytes of one visit, of whatever. Before PLAY there are answers, and what some go on sending from the last
// visit.
constexpr std::int64_t kMaxVisit = 64 * 1024 * 1024, kMaxBeforePlay = 8 * 1024 * 1024;
constexpr std::int64_t kTeardownUs =
    200'000;  // a full session list empties only if we say goodbye, but not for ever
constexpr std::int64_t kPauseUs = 500'000;  // while a camera's pipeline starts (503)
constexpr int kBusyRetries = 2;
constexpr std::int64_t kUs = 1000;  // per millisecond

}  // namespace

RtspSession::RtspSession(RtspRequest request, std::string client_nonce, std::int64_t now)
    : request_(std::move(request)),
      login_(request_.login, request_.algorithm, std::move(client_nonce)),
      reader_(kMaxHeader, request_.max_sdp),
      began_(now),
      deadline_(now + request_.connect_limit * kUs),
      end_(now + request_.limit * kUs),
      asked_uri_(request_.url.text()),
      udp_(request_.transport == RtspTransport::udp) {
  request_.login.reset();  // one holder of the password is enough
}

std::int64_t RtspSession::deadline() const {
  if (state_ == State::teardown) return deadline_;
  if (state_ != State::watch) return std::min(deadline_, end_);
  std::int64_t next = std::min(end_, keep_alive_at_);
  if (meter_.packets() == 0) return std::min(next, playing_at_ + request_.first_packet_limit * kUs);
  const std::int64_t whole = request_.until == RtspStage::media ? request_.media_window + request_.stall_limit
                                                                : request_.key_frame_limit;
  return std::min({next, meter_.last_us() + request_.stall_limit * kUs, meter_.first_us() + whole * kUs});
}

std::optional<RtspAction> RtspSession::next() {
  if (actions_.empty()) return std::nullopt;
  RtspAction action = std::move(actions_.front());
  actions_.pop_front();
  return action;
}

std::string RtspSession::request_text(std::string_view method, const std::string& uri) {
  RtspOutgoing out{.method = method, .uri = uri, .cseq = ++cseq_, .headers = {}};
  if (method == "DESCRIBE") out.headers.emplace_back("Accept", "application/sdp");
  if (method == "SETUP")
    out.headers.emplace_back("Transport", udp_ ? "RTP/AVP;unicast;client_port=" + std::to_string(udp_port_) +
                                                     "-" + std::to_string(udp_port_ + 1)
                                               : "RTP/AVP/TCP;unicast;interleaved=0-1");
  if (!session_.id.empty()) out.headers.emplace_back("Session", session_.id);
  if (method == "PLAY") out.headers.emplace_back("Range", "npt=0.000-");
  if (auto authorization = login_.authorization(method, uri))
    out.headers.emplace_back("Authorization", std::move(*authorization));
  return format_request(out);
}

void RtspSession::ask(std::int64_t now, State state, std::string_view method, const std::string& uri) {
  state_ = state;
  method_ = method;
  uri_ = uri;
  const int before = login_.sent();
  actions_.emplace_back(RtspSend{request_text(method, uri_)});
  bore_login_ = login_.sent() > before;
  asked_at_ = now;
  deadline_ = now + request_.answer_limit * kUs;
}

void RtspSession::ask_again(std::int64_t now) {
  const std::string method = method_, uri = uri_;
  ask(now, state_, method, uri);
}

void RtspSession::connected(std::int64_t now) {
  if (state_ != State::connecting) return;
  reply_.connected = true;
  reply_.connect_us = now - began_;
  if (request_.until == RtspStage::connect) return finish(now, Trouble::none, {});
  ask(now, State::describe, "DESCRIBE", asked_uri_);
}

void RtspSession::received(std::int64_t now, std::size_t bytes) {
  reader_.received(bytes);
  taken_ += static_cast<std::int64_t>(bytes);
  while (state_ != State::done) {
    RtspReader::Item item = reader_.next();
    if (const auto* frame = std::get_if<RtspFrame>(&item)) {
      packet(now, frame->bytes, !udp_ && channel_ == frame->channel);
    } else if (const auto* answer = std::get_if<RtspResponse>(&item)) {
      response(now, *answer);
    } else {
      break;
    }
  }
  if (reader_.fault() == RtspFault::none || done()) return weigh(now);
  login_.cut(bore_login_);
  session_.id.clear();
  finish(now, reader_.fault() == RtspFault::too_large ? Trouble::too_large : Trouble::malformed,
         reader_.words());
}

void RtspSession::response(std::int64_t now, const RtspResponse& response) {
  if (response.status < 200) return;
  if (keep_alive_cseq_ != 0 && response.cseq() == keep_alive_cseq_) return;
  if (state_ == State::teardown) {
    if (response.cseq().value_or(cseq_) == cseq_) state_ = State::done;
    return;
  }
  if (state_ != State::options && state_ != State::describe && state_ != State::setup &&
      state_ != State::play)
    return;
  reply_.status = response.status;
  if (reply_.answer_us == 0) reply_.answer_us = std::max<std::int64_t>(1, now - asked_at_);
  if (response.status == 401) {
    if (!login_.challenged(response, bore_login_)) return refused(now, response);
    if (state_ != State::options) return ask_again(now);
    return ask(now, State::describe, "DESCRIBE", asked_uri_);
  }
  login_.answered(response.status, bore_login_);
  switch (state_) {
    case State::options:  // whatever it says: it may be what the camera wanted to hear first
      return ask(now, State::describe, "DESCRIBE", asked_uri_);
    case State::describe:
      return described(now, response);
    case State::setup:
      return was_set_up(now, response);
    default:
      return response.status < 300 ? playing(now) : refused(now, response);
  }
}

void RtspSession::described(std::int64_t now, const RtspResponse& response) {
  if (response.status == 503 && busy_ < kBusyRetries) {
    ++busy_;
    state_ = State::pause;
    deadline_ = now + kPauseUs;
    reply_.words = response.line;
    return;
  }
  const bool odd =
      response.status == 400 || response.status == 455 || response.status == 501 || response.status == 551;
  if (odd && !bore_login_ && !std::exchange(tried_options_, true))
    return ask(now, State::options, "OPTIONS", asked_uri_);
  if (response.status >= 300) return refused(now, response);

  reply_.reached = RtspStage::describe;
  video_ = read_sdp(response.body);
  reply_.codec = video_.codec;
  if (video_.codec.empty() || request_.until == RtspStage::describe)
    return finish(now, Trouble::none, response.line);
  base_ = base_uri(asked_uri_, response.header("content-base"), response.header("content-location"));
  meter_.clock_rate(video_.clock_rate);
  finder_ = KeyFrameFinder(video_, request_.max_key_frame);
  if (request_.keep_picture) picture_ = PicturePackets(video_, request_.max_key_frame * 5 / 4);
  set_up(now, udp_);
}

void RtspSession::set_up(std::int64_t now, bool udp) {
  udp_ = udp;
  if (udp_ && udp_port_ == 0) {
    state_ = State::open_udp;
    deadline_ = now + request_.answer_limit * kUs;
    actions_.emplace_back(RtspOpenUdp{});
    return;
  }
  ask(now, State::setup, "SETUP", track_uri(base_, video_.control));
}

void RtspSession::udp_opened(std::int64_t now, std::optional<std::uint16_t> rtp_port) {
  if (state_ != State::open_udp) return;
  if (!rtp_port) return finish(now, Trouble::local, "no free pair of UDP ports");
  udp_port_ = *rtp_port;
  set_up(now, true);
}

void RtspSession::was_set_up(std::int64_t now, const RtspResponse& response) {
  // 461 Unsupported Transport; some servers that know UDP only say 400.
  const bool other_way = response.status == 461 || (response.status == 400 && !udp_);
  if (other_way && !std::exchange(tried_other_, true)) return set_up(now, !udp_);
  if (response.status >= 300) return refused(now, response);

  session_ = read_session(response.header("session"));
  const TransportAnswer transport = read_transport(response.header("transport"));
  if (!udp_ && !transport.tcp && transport.server_port && !std::exchange(tried_other_, true))
    return set_up(now, true);
  reply_.reached = RtspStage::setup;
  reply_.transport = udp_ ? RtspTransport::udp : RtspTransport::tcp;
  if (transport.ssrc) meter_.announce(*transport.ssrc);
  if (udp_) {
    if (transport.server_port) actions_.emplace_back(RtspOpenPath{*transport.server_port});
  } else {
    channel_ = transport.channel.value_or(0);
  }
  if (request_.until == RtspStage::setup) return finish(now, Trouble::none, response.line);
  ask(now, State::play, "PLAY", track_uri(base_, video_.session_control));
}

void RtspSession::playing(std::int64_t now) {
  reply_.reached = RtspStage::play;
  state_ = State::watch;
  playing_at_ = now;
  // A probe is over before most sessions expire; a long wait for a key frame is not.
  keep_alive_at_ = now + session_.timeout_s * 2'000'000 / 3;
  judge(now);
}

void RtspSession::datagram(std::int64_t now, std::span<const std::byte> bytes) {
  taken_ += static_cast<std::int64_t>(bytes.size());
  packet(now, bytes, udp_);
  weigh(now);
}

// Who sends without end is left, whatever it is that he sends.
void RtspSession::weigh(std::int64_t now) {
  if (done() || taken_ <= (state_ == State::play || state_ == State::watch ? kMaxVisit : kMaxBeforePlay))
    return;
  if (state_ == State::teardown) {
    if (taken_ > kMaxVisit + kMaxBeforePlay) state_ = State::done;
    return;
  }
  login_.cut(bore_login_ && state_ != State::watch);
  finish(now, Trouble::too_large, "more data than a visit may take");
}

void RtspSession::packet(std::int64_t now, std::span<const std::byte> bytes, bool of_track) {
  if (state_ == State::teardown || state_ == State::done) return;
  const bool asked = state_ == State::play || state_ == State::watch;
  if (asked && !of_track) return;  // RTCP
  const auto rtp = read_rtp(bytes);
  if (!rtp || !meter_.add(*rtp, bytes.size(), now, asked)) return;
  if (video_.payload_type < 0 || rtp->payload_type == video_.payload_type) {
    const bool was_found = finder_.found();
    finder_.add(*rtp);
    // A key frame without a marker is whole when the next picture begins: that packet is not its own.
    if (!was_found && (!finder_.found() || rtp->timestamp == finder_.timestamp())) picture_.add(*rtp, bytes);
  }
  if (finder_.found() && key_frame_at_ == 0) key_frame_at_ = now;
  if (state_ == State::watch) judge(now);
}

void RtspSession::judge(std::int64_t now) {
  if (request_.until == RtspStage::play) return finish(now, Trouble::none, {});
  if (meter_.packets() == 0) return;
  if (meter_.last_us() - meter_.first_us() < request_.media_window * kUs || meter_.frames() < 2) return;
  reply_.reached = RtspStage::media;
  if (request_.until == RtspStage::media || !finder_.able()) return finish(now, Trouble::none, {});
  if (!finder_.found()) return;
  reply_.reached = RtspStage::key_frame;
  finish(now, Trouble::none, {});
}

void RtspSession::time_passed(std::int64_t now) {
  if (done() || now < deadline()) return;
  switch (state_) {
    case State::pause:
      if (now >= end_) return finish(now, Trouble::none, reply_.words);  // it stays with the 503
      return ask(now, State::describe, "DESCRIBE", asked_uri_);
    case State::play:
      if (meter_.packets() > 0) return playing(now);  // the answer is missing, the stream is not
      break;
    case State::watch:
      return watch_ended(now);
    case State::teardown:
      state_ = State::done;
      return;
    default:
      break;
  }
  login_.cut(bore_login_ && state_ != State::open_udp);
  finish(now, Trouble::timed_out,
         state_ == State::connecting ? "no connection in time" : "no answer to " + method_ + " in time");
}

void RtspSession::watch_ended(std::int64_t now) {
  const bool flows = meter_.packets() > 0;
  if (now >= end_) {
    const bool enough = reply_.reached >= RtspStage::media;
    return finish(now, Trouble::timed_out,
                  enough  ? "no whole key frame in time"
                  : flows ? "too little media in time"
                          : "no RTP packet in time");
  }
  if (!flows && now >= playing_at_ + request_.first_packet_limit * kUs)
    return finish(now, Trouble::timed_out, "no RTP packet in time");
  if (flows && now >= meter_.last_us() + request_.stall_limit * kUs)
    return finish(now, Trouble::stalled, "the stream stopped");
  if (now < keep_alive_at_) {  // the whole time for media and key frame is over
    if (reply_.reached < RtspStage::media)
      return finish(now, Trouble::stalled, "packets of one picture only");
    if (finder_.too_large()) return finish(now, Trouble::too_large, "the key frame is larger than the limit");
    return finish(
        now, Trouble::timed_out,
        finder_.key_seen() && !finder_.found()
            ? (finder_.parameters_known() ? "pieces of key frames only" : "key frames without parameter sets")
            : "no key frame in time");
  }
  keep_alive_at_ = now + session_.timeout_s * 2'000'000 / 3;
  actions_.emplace_back(RtspSend{request_text("OPTIONS", base_)});
  keep_alive_cseq_ = cseq_;
}

void RtspSession::refused(std::int64_t now, const RtspResponse& response) {
  std::string words = response.line;
  if (response.status >= 300 && response.status < 400 && !response.header("location").empty())
    words.append(" -> ").append(response.header("location"));
  finish(now, Trouble::none, words);
}

void RtspSession::lost(std::int64_t now, Trouble trouble, std::string_view words) {
  if (done()) return;
  session_.id.clear();  // nobody is left to say goodbye to
  if (state_ == State::teardown) {
    state_ = State::done;
    return;
  }
  login_.cut(bore_login_ && reply_.reached < RtspStage::describe);
  finish(now, trouble, words);
}

void RtspSession::finish(std::int64_t now, Trouble trouble, std::string_view words) {
  reply_.trouble = trouble;
  reply_.words.assign(words);
  reply_.took_us = now - began_;
  actions_.clear();
  const std::string goodbye = farewell();
  if (goodbye.empty()) {
    state_ = State::done;
    return;
  }
  state_ = State::teardown;
  deadline_ = now + kTeardownUs;
  actions_.emplace_back(RtspSend{goodbye});
}

std::string RtspSession::farewell() {
  if (session_.id.empty() || state_ == State::teardown || state_ == State::done) return {};
  return request_text("TEARDOWN", track_uri(base_, video_.session_control));
}

RtspReply RtspSession::reply() {
  RtspReply out = reply_;
  if (request_.keep_picture && reply_.reached == RtspStage::key_frame)
    out.picture = {.codec = video_.codec,
                   .payload_type = static_cast<std::uint8_t>(std::max(0, video_.payload_type)),
                   .clock_rate = video_.clock_rate,
                   .parameter_sets = video_.parameter_sets,
                   .packets = picture_.take()};
  out.login = login_.standing();
  out.algorithm = login_.algorithm();
  out.credentialed_requests = login_.sent();
  out.rtp = meter_.statistics();
  if (!udp_) out.rtp.jitter_us = 0;
  out.key_frame_bytes = finder_.bytes();
  out.key_frame_after =
      key_frame_at_ > playing_at_ && playing_at_ > 0 ? (key_frame_at_ - playing_at_) / kUs : 0;
  return out;
}

}  // namespace commune_watch
