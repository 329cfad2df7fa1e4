// One visit to an ONVIF device: the ladder's lower rungs and the clock, without a login; then whatever the
// driver asks, with it.
#pragma once
#include <optional>
#include <string>

#include "drivers/http_answer.hpp"
#include "drivers/onvif.hpp"

namespace commune_watch::onvif {

// What every request of a target begins with; a url without a path means kDeviceService.
HttpRequest request_of(const Target& target, std::size_t max_body);

// A device's clock against the gateway's, both UTC: the fact, and beyond a minute the warning, on the check
// that stands for the answer, in words that tell a lost clock and a wrong zone from a wrong time.
void judge_clock(Finding& finding, Check& answering, Millis device_utc, Millis gateway_utc);

class Visit {
 public:
  Visit(const HttpRequest& request, const Question& asked)
      : base(request), question(asked), has_login(request.login.has_value()) {}

  const HttpRequest& base;
  const Question& question;
  const bool has_login;  // one is configured, permitted or not
  Finding finding{};
  std::int64_t spent_us = 0;
  int credentialed = 0;  // requests that left this machine with a login

  [[nodiscard]] Millis left() const;
  [[nodiscard]] bool hurried() const;  // under a quarter is left: what is not urgent waits
  // A login was refused, or given and not settled: this visit gives no more.
  [[nodiscard]] bool login_over() const { return over_; }

  // GetSystemDateAndTime, without a login: rungs reachable and answering, and the clock. False: nothing more
  // is to be asked. Any HTTP answer counts as one; `spoke_soap` says whether it was ONVIF's.
  asio::awaitable<bool> begin(Wire& wire);
  bool spoke_soap = false;
  std::string not_soap{};  // the status of what was none

  // Its clock now, if it told.
  [[nodiscard]] std::optional<Millis> device_utc() const;

  // At this path, within the time that is left, with the login where the question permits it. A refusal by a
  // device whose clock was set in the meantime (after a power return it finds its time server) is no word on
  // the password: the login is then unsettled.
  asio::awaitable<HttpReply> ask(Wire& wire, std::string target, Envelope envelope);

  // Whatever is there, by GET, under the same rules: no SOAP, HTTP Digest where it is wanted.
  asio::awaitable<HttpReply> fetch(Wire& wire, Url url, std::size_t max_body);

  // Why an answer cannot be read, at this rung: absent, it can. `unreadable`: the reason for one that is no
  // answer to the question.
  [[nodiscard]] std::optional<Check> trouble(Rung rung, const HttpReply& reply,
                                             std::string_view unreadable) const;

 private:
  asio::awaitable<HttpReply> send(Wire& wire, HttpRequest request);
  asio::awaitable<HttpReply> ask_clock(Wire& wire);
  [[nodiscard]] std::string created() const;

  std::optional<Millis> device_utc_{};  // when `spent_us` was clock_at_
  std::int64_t clock_at_ = 0;
  bool over_ = false, clock_was_set_ = false;
};

}  // namespace commune_watch::onvif
