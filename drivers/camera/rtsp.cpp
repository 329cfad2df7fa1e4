// A camera over RTSP: does it answer, does its media flow, does a full key frame arrive? As far as the
// question's depth asks.
//
// At depth `reachable` it is a TCP connect. The whole visit stays within question.limit; the wait for a key
// frame is what gives way, and a wait that was cut short by the limit proves nothing (unknown, with words
// that say which limit to set).
#include "drivers/camera/rtsp.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "domain/scene.hpp"
#include "drivers/http_answer.hpp"

namespace commune_watch {
namespace {

constexpr Millis kUsualPatience = 10'000, kMostPatience = 60'000;
constexpr Millis kLongestGap = 1'000;  // between frames at night
constexpr Millis kGoodbye = 300;       // of the question's limit, for TEARDOWN and the way back
constexpr Millis kShortestLook = 500, kLongestLook = 4'000;
constexpr Millis kFewestForRates = 500;  // media time below which rates would be noise
constexpr std::int64_t kWarnDays = 14;   // before a certificate ends
constexpr std::uint16_t kNoteVersion = 1;
constexpr std::size_t kNoteSize = 10;

// Somebody else is watching.
bool session_limit(const RtspReply& reply) {
  return reply.trouble == Trouble::none &&
         (reply.status == 453 || reply.status == 500 || reply.status == 503);
}

LoginUse use_of(LoginAnswer answer) {
  if (answer == LoginAnswer::accepted) return LoginUse::accepted;
  return answer == LoginAnswer::refused ? LoginUse::refused : LoginUse::none;
}

std::string_view login_reason(const RtspReply& reply, const Question& question, bool has_login) {
  switch (reply.login) {
    case LoginAnswer::refused:
      return "bad-password";
    case LoginAnswer::wants_basic:
      return "basic-refused";
    case LoginAnswer::not_given:
      return !has_login ? "login-needed" : question.may_log_in ? "internal-error" : "login-blocked";
    case LoginAnswer::accepted:
      return "not-permitted";  // to see the description, but not the stream
    default:
      return "auth-unsupported";
  }
}

std::string_view status_reason(const RtspReply& reply, const Question& question, bool has_login) {
  if (reply.status == 401) return login_reason(reply, question, has_login);
  if (reply.status == 403) return "not-permitted";
  if (reply.status >= 300 && reply.status < 400) return "redirected";
  if (reply.status == 400 || reply.status == 404 || reply.status == 410 || reply.status == 415)
    return "wrong-path";
  return reply.status == 461 ? "transport-refused" : "protocol-error";
}

bool ended_early(Trouble trouble) {
  return trouble == Trouble::stalled || trouble == Trouble::closed || trouble == Trouble::reset;
}

// It lives; whether its media flows only the monitoring point can tell.
void note_session_limit(Finding& finding, const RtspReply& reply) {
  finding.checks.push_back(good(Rung::answering, reply.answer_us));
  Check active = bad(Rung::active, reason_id("session-limit"), reply.words, reply.took_us);
  active.outcome = Outcome::unknown;
  finding.checks.push_back(std::move(active));
}

bool judged_codec(const std::string& codec) { return codec == "H264" || codec == "H265" || codec == "JPEG"; }

// rtsps; nothing without TLS. The key is the device's own, whoever signed it.
void note_handshake(Finding& finding, const RtspReply& reply, const CertificateSeen& seen,
                    const Question& question) {
  if (reply.spki_sha256.empty()) return;
  note_certificate(finding, seen, kWarnDays, question);
  if (reply.status == 0) return;  // a stranger's: it was refused
  finding.identity.emplace();
  finding.identity->spki_sha256 = reply.spki_sha256;
}

// From SETUP to flowing media.
Check judge_media(const RtspReply& reply, const Question& question, bool has_login) {
  const auto because = [&](std::string_view code) {
    return bad(Rung::active, reason_id(code), reply.words, reply.took_us);
  };
  if (reply.reached >= RtspStage::play &&
      (ended_early(reply.trouble) || reply.trouble == Trouble::timed_out)) {
    if (reply.rtp.packets == 0) return because("no-media");
    if (reply.reached < RtspStage::media || ended_early(reply.trouble)) return because("stalled");
  }
  if (reply.reached >= RtspStage::media) return good(Rung::active, reply.took_us);
  if (reply.trouble != Trouble::none)
    return check_of(Rung::active, reply.trouble, reply.words, reply.took_us);
  return because(status_reason(reply, question, has_login));
}

// The span ends with the last packet, which lies up to a frame before the wait's end.
bool waited_enough(const RtspReply& reply, const RtspMemory& memory) {
  return reply.rtp.span + kLongestGap >= memory.enough();
}

Check judge_key_frame(const RtspReply& reply, const RtspMemory& memory) {
  if (reply.reached == RtspStage::key_frame) return good(Rung::useful, reply.took_us);
  if (reply.trouble != Trouble::timed_out)
    return check_of(Rung::useful, reply.trouble, reply.words, reply.took_us);
  if (waited_enough(reply, memory))
    return bad(Rung::useful, reason_id("no-key-frame"), reply.words, reply.took_us);
  return bad(Rung::useful, reason_id("overrun"),
             "waited " + std::to_string(reply.rtp.span / 1000) + " s for a key frame, up to " +
                 std::to_string((memory.enough() + 999) / 1000) + " s may pass: set a longer limit",
             reply.took_us);
}

void note_facts(Finding& finding, const RtspReply& reply) {
  const auto add = [&](FactId what, std::int64_t value) { finding.facts.push_back({what, value}); };
  if (reply.connected) add(FactId::connect_us, reply.connect_us);
  if (reply.status != 0) add(FactId::status_code, reply.status);
  if (reply.credentialed_requests > 0) add(FactId::credentialed_requests, reply.credentialed_requests);
  const RtpStatistics& rtp = reply.rtp;
  if (rtp.packets == 0) return;
  add(FactId::rtp_packets, rtp.packets);
  add(FactId::rtp_lost, rtp.lost);
  if (reply.transport == RtspTransport::udp) add(FactId::rtp_jitter_us, rtp.jitter_us);
  if (const Millis span = rtp.media_span > 0 ? rtp.media_span : rtp.span;
      span >= kFewestForRates && rtp.frames > 1) {
    add(FactId::frames_per_second_milli, (rtp.frames - 1) * 1'000'000 / span);
    add(FactId::kilobits_per_second, rtp.bytes * 8 / span);
  }
  if (reply.key_frame_bytes == 0) return;
  add(FactId::key_frame_bytes, reply.key_frame_bytes);
  add(FactId::key_frame_after_ms, reply.key_frame_after);
}

}  // namespace

Millis RtspMemory::key_frame_limit() const {
  return std::min(kMostPatience, std::max({kUsualPatience, key_frame_wait * 5 / 2, patience}));
}

Millis RtspMemory::enough() const {
  return key_frame_wait > 0 ? std::min(kMostPatience, std::max<Millis>(3'000, key_frame_wait * 5 / 2))
                            : kUsualPatience;
}

RtspMemory remembered(const std::optional<Note>& note) {
  if (!note || note->version != kNoteVersion || note->body.size() < kNoteSize) return {};
  const auto number = [&](std::size_t at, std::size_t bytes) {
    Millis value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | std::to_integer<Millis>(note->body[at + i]);
    return value;
  };
  if (number(0, 1) > 2 || number(1, 1) > 2 || number(2, 4) > kMostPatience || number(6, 4) > kMostPatience)
    return {};
  return {.transport = static_cast<RtspTransport>(number(0, 1)),
          .algorithm = static_cast<DigestAlgorithm>(number(1, 1)),
          .key_frame_wait = number(2, 4),
          .patience = number(6, 4)};
}

std::optional<PicturePast> past_of(const std::optional<Note>& note) {
  if (!note || note->version != kNoteVersion || note->body.size() <= kNoteSize) return std::nullopt;
  return past_of(std::span(note->body).subspan(kNoteSize));
}

Note note_of(const RtspMemory& memory, const PicturePast& past) {
  Note note{.version = kNoteVersion, .body = {}};
  const auto put = [&](Millis value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) note.body.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
  };
  put(static_cast<Millis>(memory.transport), 1);
  put(static_cast<Millis>(memory.algorithm), 1);
  put(memory.key_frame_wait, 4);
  put(memory.patience, 4);
  if (past.decoded == 0) return note;
  const auto pictures = bytes_of(past);
  note.body.insert(note.body.end(), pictures.begin(), pictures.end());
  return note;
}

RtspMemory learned(RtspMemory memory, const RtspReply& reply) {
  if (reply.login == LoginAnswer::accepted) memory.algorithm = reply.algorithm;
  if (reply.reached >= RtspStage::media) memory.transport = reply.transport;
  // Firewalls swallow UDP without a word: the next visit tries TCP first again.
  if (reply.reached == RtspStage::play && reply.rtp.packets == 0) memory.transport = RtspTransport::automatic;
  if (reply.reached == RtspStage::key_frame) {
    const Millis wait =
        (reply.key_frame_after + 499) / 500 * 500;  // in steps: a note that changes is a write
    memory.key_frame_wait =
        std::clamp<Millis>(wait, std::max<Millis>(500, memory.key_frame_wait), kMostPatience);
    memory.patience = 0;
  } else if (reply.reached == RtspStage::media && reply.trouble == Trouble::timed_out &&
             waited_enough(reply, memory)) {
    memory.patience = std::min(kMostPatience, memory.key_frame_limit() * 5 / 2);
  }
  return memory;
}

Finding judge(const ConnectReply& reply) {
  Finding finding;
  if (reply.trouble == Trouble::none || reply.trouble == Trouble::refused) {
    finding.checks.push_back(good(Rung::reachable, reply.took_us));
    if (reply.trouble == Trouble::refused)
      finding.checks.push_back(check_of(Rung::answering, reply.trouble, reply.words, reply.took_us));
  } else {
    finding.checks.push_back(check_of(Rung::reachable, reply.trouble, reply.words, reply.took_us));
  }
  if (reply.trouble == Trouble::none) finding.facts.push_back({FactId::connect_us, reply.took_us});
  return finding;
}

Finding judge(const RtspReply& reply, const Question& question, bool has_login, const RtspMemory& memory) {
  if (!reply.connected) {
    const ConnectReply connect{
        .trouble = reply.trouble, .error = 0, .words = reply.words, .took_us = reply.took_us};
    return judge(connect);
  }
  Finding finding;
  finding.login = use_of(reply.login);
  note_facts(finding, reply);
  const CertificateSeen seen{.trouble = reply.status == 0 ? reply.trouble : Trouble::none,
                             .words = reply.words,
                             .certificate_trouble = reply.certificate_trouble,
                             .not_after = reply.certificate_not_after};
  note_handshake(finding, reply, seen, question);
  finding.checks.push_back(good(Rung::reachable, reply.connect_us));

  if (reply.reached < RtspStage::describe) {
    if (session_limit(reply)) {
      note_session_limit(finding, reply);
      return finding;
    }
    finding.checks.push_back(reply.trouble == Trouble::tls ? answering_trouble(seen, question, reply.took_us)
                             : reply.trouble != Trouble::none
                                 ? check_of(Rung::answering, reply.trouble, reply.words, reply.took_us)
                                 : bad(Rung::answering, reason_id(status_reason(reply, question, has_login)),
                                       reply.words, reply.answer_us));
    return finding;
  }
  if (reply.login == LoginAnswer::not_asked) finding.warnings.push_back(reason_id("open-without-password"));
  if (reply.codec.empty()) {
    finding.checks.push_back(bad(Rung::answering, reason_id("no-video"), reply.words, reply.answer_us));
    return finding;
  }
  if (session_limit(reply)) {
    note_session_limit(finding, reply);
    return finding;
  }
  finding.checks.push_back(good(Rung::answering, reply.answer_us));
  if (question.depth < Rung::active) return finding;
  finding.checks.push_back(judge_media(reply, question, has_login));
  if (reply.rtp.lost > 2 && reply.rtp.lost * 100 > reply.rtp.packets + reply.rtp.lost)
    finding.warnings.push_back(reason_id("lossy"));
  if (question.depth < Rung::useful || finding.checks.back().outcome != Outcome::ok) return finding;
  finding.checks.push_back(judged_codec(reply.codec) ? judge_key_frame(reply, memory)
                                                     : bad(Rung::useful, reason_id("codec-unsupported"),
                                                           reply.codec, reply.took_us));
  return finding;
}

void judge_picture(Finding& finding, PictureMemory& memory, const PictureReply& look,
                   const PictureVerdict& verdict) {
  Check& useful = finding.checks.back();
  if (look.look == Look::undecodable && memory.past.decoded > 0)
    useful = bad(Rung::useful, reason_id("no-key-frame"), look.words, useful.took_us + look.took_us);
  if (look.look != Look::seen) return;
  useful.took_us += look.took_us;
  if (verdict.fault == PictureFault::none) return;
  if (verdict.down) {
    useful = bad(Rung::useful, reason_id(reason_of(verdict.fault)), verdict.words, useful.took_us);
  } else {
    finding.warnings.push_back(reason_id(reason_of(verdict.fault)));
  }
}

RtspVisit::RtspVisit(const Target& target)
    : wants_pictures_(target.options.boolean("picture", true)),
      keeps_pictures_(target.keeps_pictures),
      patience_(target.options.integer("dark_patience", 1'800'000)),
      has_login_(target.login.has_value()) {
  request_.login = target.login;
  request_.tls = tls_policy(target);
  const std::string transport = target.options.text("transport", "auto");
  fixed_ = transport == "tcp"   ? RtspTransport::tcp
           : transport == "udp" ? RtspTransport::udp
                                : RtspTransport::automatic;
}

namespace {
std::int64_t rate_of(const Finding& finding) {
  const auto rate = std::ranges::find(finding.facts, FactId::frames_per_second_milli, &Fact::what);
  return rate == finding.facts.end() ? 0 : rate->value;
}
}  // namespace

asio::awaitable<bool> RtspVisit::look(Wire& wire, const Question& question, RtspReply& reply,
                                      Finding& finding) {
  const Check& last = finding.checks.back();
  const Millis left = question.limit - reply.took_us / 1'000 - kGoodbye;
  if (!wants_pictures_ || last.rung != Rung::useful || last.outcome != Outcome::ok ||
      reply.picture.packets.empty() || left < kShortestLook)
    co_return false;
  const std::uint64_t print = fingerprint(reply.picture.packets);
  PictureRequest request{.picture = std::move(reply.picture),
                         .limit = std::min(left, kLongestLook),
                         .small_picture = keeps_pictures_};
  PictureReply seen = co_await wire.picture(std::move(request));
  finding.small_picture = std::move(seen.small_picture);
  PictureVerdict verdict;
  if (seen.look == Look::seen)
    verdict = judge(pictures_, seen.statistics, print, question.utc_now, patience_);
  judge_picture(finding, pictures_, seen, verdict);
  if (seen.look == Look::seen && slow(pictures_, rate_of(finding)))
    finding.warnings.push_back(reason_id("low-fps"));
  // Whoever shows this camera shows the same, also where it is turned aside or out of focus.
  const bool a_scene = verdict.fault == PictureFault::none || verdict.fault == PictureFault::moved ||
                       verdict.fault == PictureFault::defocused;
  if (seen.look == Look::seen && a_scene) {
    const auto facts = facts_of(seen.statistics);
    finding.facts.insert(finding.facts.end(), facts.begin(), facts.end());
  }
  co_return verdict.keep_past;
}

asio::awaitable<Finding> RtspVisit::run(Wire& wire, const Question& question, const Url& url) {
  if (question.depth == Rung::reachable) {
    ConnectRequest request{
        .host = url.host, .port = url.port, .limit = std::min(request_.connect_limit, question.limit)};
    const ConnectReply reply = co_await wire.connect(std::move(request));
    Finding finding = judge(reply);
    not_tested_up_to(finding, question.depth);
    co_return finding;
  }
  const RtspMemory before = remembered(question.note);
  if (!std::exchange(remembers_, true)) pictures_.past = past_of(question.note).value_or(PicturePast{});
  RtspRequest request = request_;
  request.url = url;
  if (!question.may_log_in) request.login.reset();
  request.until = question.depth == Rung::answering ? RtspStage::describe
                  : question.depth == Rung::active  ? RtspStage::media
                                                    : RtspStage::key_frame;
  request.transport = fixed_ != RtspTransport::automatic ? fixed_ : before.transport;
  request.algorithm = before.algorithm;
  request.limit = std::max(question.limit - kGoodbye, question.limit * 7 / 10);
  request.connect_limit = std::min(request.connect_limit, request.limit);
  request.key_frame_limit = before.key_frame_limit();
  request.keep_picture = wants_pictures_;
  RtspReply reply = co_await wire.rtsp(std::move(request));
  Finding finding = judge(reply, question, has_login_, before);
  const bool keep_past = co_await look(wire, question, reply, finding);
  if (const RtspMemory after = learned(before, reply); keep_past || after != before)
    finding.note = note_of(after, pictures_.past);
  not_tested_up_to(finding, question.depth);
  co_return finding;
}

std::string check_transport(const Options& options) {
  const std::string transport = options.text("transport", "auto");
  if (transport != "auto" && transport != "tcp" && transport != "udp")
    return "transport: must be \"auto\", \"tcp\" or \"udp\"";
  return {};
}

namespace {

constexpr int kVisitsOfMain = 288;  // then the sub-stream gets another chance: a day later

bool has_no_stream(const Finding& finding) {
  static const ReasonId kWrongPath = reason_id("wrong-path");
  const Check* const trouble = first_trouble(finding);
  return trouble != nullptr && trouble->reason == kWrongPath;
}

// The sub-stream; where it is not there (switched off, or locked by a recorder) the main stream, which is
// remembered for as long as the process lives.
class Rtsp final : public Probe {
 public:
  explicit Rtsp(const Target& target) : url_(parse_url(target.options.text("url")).value()), visit_(target) {
    if (auto main = parse_url(target.options.text("main_url"))) main_ = std::move(*main);
  }

  asio::awaitable<Finding> run(Wire& wire, const Question& question) override {
    if (visits_of_main_ > 0) {
      Finding finding = co_await visit_.run(wire, question, *main_);
      visits_of_main_ = has_no_stream(finding) ? 0 : visits_of_main_ - 1;
      co_return finding;
    }
    Finding finding = co_await visit_.run(wire, question, url_);
    if (!main_ || !has_no_stream(finding)) co_return finding;
    Question rest = question;
    rest.limit -= first_trouble(finding)->took_us / 1'000;
    if (finding.login == LoginUse::refused || rest.limit < question.limit / 2) co_return finding;
    if (finding.note) rest.note = finding.note;
    Finding of_main = co_await visit_.run(wire, rest, *main_);
    if (has_no_stream(of_main)) co_return finding;
    visits_of_main_ = kVisitsOfMain;
    if (!of_main.note) of_main.note = std::move(finding.note);
    if (of_main.login == LoginUse::none) of_main.login = finding.login;
    co_return of_main;
  }

 private:
  Url url_;
  std::optional<Url> main_;
  int visits_of_main_ = 0;
  RtspVisit visit_;
};

constexpr auto kFor = std::to_array({Kind::camera});
constexpr auto kOptions = std::to_array<Option>({
    {"url", OptionType::url, true, "",
     "Address of the stream, rtsp:// or rtsps:// (port 322); the sub-stream where there is one."},
    {"main_url", OptionType::url, false, "",
     "Address of the main stream at the same camera, visited where the one of `url` is not there."},
    kTransportOption,
    kPictureOption,
    kPatienceOption,
    kTlsOption,
    kPinOption,
});

std::string check(const Options& options) {
  const auto url = parse_url(options.text("url"));
  if (!url || (url->scheme != "rtsp" && url->scheme != "rtsps"))
    return "url: must begin with rtsp:// or rtsps://";
  if (const auto main = parse_url(options.text("main_url"));
      main && (main->scheme != url->scheme || main->host != url->host || main->port != url->port))
    return "main_url: must be at the address of `url`: the login goes there, too";
  if (auto wrong = check_tls_options(options, url->scheme == "rtsps", "rtsps://"); !wrong.empty())
    return wrong;
  return check_transport(options);
}

}  // namespace

namespace rows {
extern const Driver rtsp;
constinit const Driver rtsp{
    .name = "rtsp",
    .summary =
        "Visits a camera's stream over RTSP until a full key frame has arrived, and has its picture judged.",
    .proven = "independent server",
    .kinds = kFor,
    .highest = Rung::useful,
    .options = kOptions,
    .takes_login = true,
    .check = &check,
    .make = [](const Target& target) -> std::unique_ptr<Probe> { return std::make_unique<Rtsp>(target); },
};
}  // namespace rows
}  // namespace commune_watch
