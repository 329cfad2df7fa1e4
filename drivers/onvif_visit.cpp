// The steps that a camera and a recorder have in common.
#include "drivers/onvif_visit.hpp"

#include <algorithm>
#include <cstdlib>

#include "drivers/wall_time.hpp"

namespace commune_watch::onvif {
namespace {

constexpr std::int64_t kWarnDays = 14;
constexpr Millis kClockWrong = 60'000;
constexpr Millis kHour = 3'600'000;
constexpr Millis kToTheHour = 5'000;  // a zone that is set wrong is off by whole hours, to within this
constexpr Millis kClockSet = 10'000;  // more than a visit can lose unmeasured
constexpr std::size_t kMaxClockBody = 64 * 1024;

// Where a clock without a battery starts.
bool lost(Millis device_utc) {
  const std::string year = wall_text(device_utc).substr(0, 4);
  return year == "1970" || year == "2000";
}

// Ours and not the device's: Vietnamese first.
std::string clock_words(Millis device_utc, Millis off) {
  const std::string says = wall_text(device_utc);
  if (lost(device_utc)) return "mất giờ, đang báo " + says + " / the clock was lost, it says " + says;
  const std::string vi = off > 0 ? "nhanh " : "chậm ", en = off > 0 ? " ahead" : " behind";
  const Millis hours = (std::abs(off) + kHour / 2) / kHour;
  if (hours > 0 && std::abs(std::abs(off) - hours * kHour) <= kToTheHour) {
    const std::string count = std::to_string(hours);
    return vi + "đúng " + count + " giờ: sai múi giờ / " + count + " h" + en +
           " to the second: the time zone is wrong";
  }
  const std::string seconds = std::to_string(std::abs(off) / 1'000);
  return vi + seconds + " giây / " + seconds + " s" + en;
}

}  // namespace

HttpRequest request_of(const Target& target, std::size_t max_body) {
  HttpRequest request;
  request.url = parse_url(target.options.text("url")).value();
  if (request.url.target == "/") request.url.target = kDeviceService;
  request.method = "POST";
  request.headers.emplace_back("Content-Type", "application/soap+xml; charset=utf-8");
  request.login = target.login;
  request.tls = tls_policy(target);
  request.max_body = max_body;
  return request;
}

void judge_clock(Finding& finding, Check& answering, Millis device_utc, Millis gateway_utc) {
  const Millis off = device_utc - gateway_utc;
  finding.facts.push_back({FactId::clock_off_ms, off});
  if (std::abs(off) <= kClockWrong) return;
  answering.reason = reason_id("clock-wrong");
  answering.words = clock_words(device_utc, off);
}

Millis Visit::left() const { return std::max<Millis>(question.limit - spent_us / 1'000, 1); }

bool Visit::hurried() const { return left() < question.limit / 4; }

std::optional<Millis> Visit::device_utc() const {
  return device_utc_ ? std::optional(*device_utc_ + (spent_us - clock_at_) / 1'000) : std::nullopt;
}

// The device's own time, so that a clock that is off does not look like a wrong password.
std::string Visit::created() const {
  if (const auto now = device_utc()) return wall_text(*now);
  if (question.utc_now) return wall_text(*question.utc_now + spent_us / 1'000);
  return {};
}

asio::awaitable<HttpReply> Visit::send(Wire& wire, HttpRequest request) {
  request.limit = left();
  request.connect_limit = std::min(request.connect_limit, request.limit);
  if (!question.may_log_in || over_) request.login.reset();
  HttpReply reply = co_await wire.http(std::move(request));
  spent_us += reply.took_us;
  credentialed += reply.credentialed_requests;
  if (reply.login == LoginAnswer::refused || reply.login == LoginAnswer::unsettled) over_ = true;
  if (const LoginUse use = login_use(reply); use != LoginUse::none && finding.login != LoginUse::refused)
    finding.login = use;
  co_return reply;
}

asio::awaitable<HttpReply> Visit::ask_clock(Wire& wire) {
  Envelope envelope = get_system_date_and_time();
  HttpRequest request = base;
  request.login.reset();
  request.body = std::move(envelope.text);
  request.max_body = std::min(request.max_body, kMaxClockBody);
  HttpReply reply = co_await send(wire, std::move(request));
  co_return reply;
}

asio::awaitable<bool> Visit::begin(Wire& wire) {
  const HttpReply reply = co_await ask_clock(wire);
  HttpLadder ladder = http_ladder(reply, question);
  finding.checks = std::move(ladder.checks);
  note_certificate(finding, reply, kWarnDays, question);
  if (!ladder.answered) co_return false;
  spoke_soap = reply.status == 401 || is_soap(reply.body);
  not_soap = "HTTP " + std::to_string(reply.status) + " without SOAP";
  device_utc_ = read_clock(reply.body);
  clock_at_ = spent_us - reply.took_us / 2;
  if (device_utc_ && question.utc_now)
    judge_clock(finding, finding.checks.back(), *device_utc_, *question.utc_now + clock_at_ / 1'000);
  co_return true;
}

asio::awaitable<HttpReply> Visit::ask(Wire& wire, std::string target, Envelope envelope) {
  HttpRequest request = base;
  request.url.target = std::move(target);
  request.body = std::move(envelope.text);
  request.soap = SoapLogin{.created = created(), .at = envelope.header_at};
  HttpReply reply = co_await send(wire, std::move(request));
  if (reply.login != LoginAnswer::refused || !device_utc_) co_return reply;
  const HttpReply again = co_await ask_clock(wire);
  const auto now = read_clock(again.body);
  if (now && std::abs(*now - *device_utc()) > kClockSet) {
    reply.login = LoginAnswer::unsettled;
    finding.login = LoginUse::unsettled;
    clock_was_set_ = true;
  }
  co_return reply;
}

asio::awaitable<HttpReply> Visit::fetch(Wire& wire, Url url, std::size_t max_body) {
  HttpRequest request = base;
  request.method = "GET";
  request.headers.clear();
  request.url = std::move(url);
  request.max_body = max_body;
  HttpReply reply = co_await send(wire, std::move(request));
  co_return reply;
}

std::optional<Check> Visit::trouble(Rung rung, const HttpReply& reply, std::string_view unreadable) const {
  if (reply.trouble != Trouble::none) {  // no stream that stalls: an answer that does not come to its end
    const Trouble why = reply.trouble == Trouble::stalled ? Trouble::timed_out : reply.trouble;
    return check_of(rung, why, reply.words, reply.took_us);
  }
  const auto fault = read_fault(reply.body);
  if (clock_was_set_)
    return bad(rung, reason_id("unconfirmed"), "its clock was set while it was asked", reply.took_us);
  if (auto check = login_trouble(rung, reply, has_login, question)) {
    if (fault) check->words = fault->words;
    if (fault && fault->words.find("ocked") != std::string::npos && reply.login == LoginAnswer::refused)
      check->reason = reason_id("locked");  // unknown, too
    return check;
  }
  const auto because = [&](std::string_view code, std::string_view words) {
    return bad(rung, reason_id(code), words, reply.took_us);
  };
  const std::string status = "HTTP " + std::to_string(reply.status);
  if (reply.status == 403) return because("not-permitted", status);
  if (reply.status == 429) return because("rate-limited", status);
  if (reply.status >= 300 && reply.status < 400) return because("redirected", status);
  if (fault) {
    const bool forbidden = fault->code == "OperationProhibited" || fault->code == "NotAuthorized";
    return because(forbidden ? "not-permitted" : unreadable, fault->code + " " + fault->words);
  }
  if (reply.status != 200 || !is_soap(reply.body)) return because(unreadable, status + " without SOAP");
  return std::nullopt;
}

}  // namespace commune_watch::onvif
