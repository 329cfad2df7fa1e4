// The same steps for every maker.
#include "drivers/monitoring_point/recorder_visit.hpp"

#include <algorithm>

namespace commune_watch {
namespace {

constexpr std::int64_t kWarnDays = 14;

}  // namespace

HttpRequest recorder_request(const Target& target, std::size_t max_body) {
  HttpRequest request;
  request.url = parse_url(target.options.text("url")).value();
  request.login = target.login;
  request.tls = tls_policy(target);
  request.keep_alive = true;
  request.max_body = max_body;
  return request;
}

Millis RecorderVisit::left() const { return std::max<Millis>(question.limit - spent_us / 1'000, 1); }

bool RecorderVisit::hurried() const { return left() < question.limit / 4; }

asio::awaitable<HttpReply> RecorderVisit::send(Wire& wire, HttpRequest request, bool with_login) {
  request.limit = left();
  request.connect_limit = std::min(request.connect_limit, request.limit);
  if (!with_login || !question.may_log_in || finding.login == LoginUse::refused) request.login.reset();
  HttpReply reply = co_await wire.http(std::move(request));
  spent_us += reply.took_us;
  if (const LoginUse use = login_use(reply); use != LoginUse::none) finding.login = use;
  co_return reply;
}

bool RecorderVisit::begin(const HttpReply& reply) {
  HttpLadder ladder = http_ladder(reply, question);
  finding.checks = std::move(ladder.checks);
  note_certificate(finding, reply, kWarnDays, question);
  return ladder.answered;
}

}  // namespace commune_watch
