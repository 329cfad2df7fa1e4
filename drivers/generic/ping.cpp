// Is the host there? ICMP echo; a TCP connect where the kernel does not permit pings.
#include <algorithm>
#include <array>
#include <string>

#include "drivers/driver.hpp"

namespace commune_watch {
namespace {

// Wi-Fi and 4G links lose single packets: one answer out of a few is an answer.
Finding judge(const EchoReply& reply) {
  Finding finding;
  if (reply.trouble == Trouble::not_permitted)
    finding.checks.push_back(bad(Rung::reachable, reason_id("gateway-no-icmp"), reply.words, reply.took_us));
  else
    finding.checks.push_back(check_of(Rung::reachable, reply.trouble, reply.words, reply.took_us));
  if (reply.trouble == Trouble::none) finding.facts.push_back({FactId::round_trip_us, reply.took_us});
  return finding;
}

// A refusal comes from a host that is there.
Finding judge(const ConnectReply& reply) {
  Finding finding;
  const Trouble trouble = reply.trouble == Trouble::refused ? Trouble::none : reply.trouble;
  finding.checks.push_back(check_of(Rung::reachable, trouble, reply.words, reply.took_us));
  return finding;
}

class Ping final : public Probe {
 public:
  explicit Ping(const Options& options)
      : host_(options.text("host")),
        tries_(options.integer("tries", 3)),
        wait_(options.integer("wait", 1'000)),
        port_(static_cast<std::uint16_t>(options.integer("port", 0))) {}

  asio::awaitable<Finding> run(Wire& wire, const Question& question) override {
    EchoReply reply;
    const Millis share = std::max<Millis>(question.limit / tries_, 1);
    for (std::int64_t attempt = 0; attempt < tries_; ++attempt) {
      EchoRequest request{.host = host_, .limit = std::min(wait_, share)};
      reply = co_await wire.echo(std::move(request));
      if (reply.trouble != Trouble::timed_out) break;
    }
    Finding finding;
    if (reply.trouble == Trouble::not_permitted && port_ != 0) {
      ConnectRequest request{.host = host_, .port = port_, .limit = question.limit};
      const ConnectReply connected = co_await wire.connect(std::move(request));
      finding = judge(connected);
    } else {
      finding = judge(reply);
    }
    not_tested_up_to(finding, question.depth);
    co_return finding;
  }

 private:
  std::string host_;
  std::int64_t tries_;
  Millis wait_;
  std::uint16_t port_;
};

constexpr auto kFor = std::to_array({Kind::access_point, Kind::speaker_cluster, Kind::camera, Kind::website,
                                     Kind::uplink, Kind::network_switch});
constexpr auto kOptions = std::to_array<Option>({
    {"host", OptionType::host, true, "", "Address or name of the device."},
    {"tries", OptionType::integer, false, "3", "Pings before silence is believed; the first answer ends it."},
    {"wait", OptionType::duration, false, "1s", "How long each ping waits for its answer."},
    {"port", OptionType::port, false, "", "TCP port to try instead where this machine may not send pings."},
});

std::string check(const Options& options) {
  const auto tries = options.integer("tries", 3);
  if (tries < 1 || tries > 10) return "tries: must be between 1 and 10";
  if (options.integer("wait", 1'000) < 50) return "wait: must be at least 50ms";
  return {};
}

}  // namespace

namespace rows {
extern const Driver ping;
constinit const Driver ping{
    .name = "ping",
    .summary = "Asks whether the host is there, by ICMP echo.",
    .proven = "independent server",
    .kinds = kFor,
    .highest = Rung::reachable,
    .options = kOptions,
    .check = &check,
    .make = [](const Target& target) -> std::unique_ptr<Probe> {
      return std::make_unique<Ping>(target.options);
    },
};
}  // namespace rows
}  // namespace commune_watch
