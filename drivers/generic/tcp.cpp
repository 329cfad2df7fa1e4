// Does something listen on a TCP port? For devices whose protocol is not spoken here.
#include <array>
#include <string>

#include "drivers/driver.hpp"

namespace commune_watch {
namespace {

// Reachable is the host: one that refuses a connection is there. Answering is the port.
Finding judge(const ConnectReply& reply) {
  Finding finding;
  const bool host_is_there = reply.trouble == Trouble::none || reply.trouble == Trouble::refused;
  if (host_is_there) {
    finding.checks.push_back(good(Rung::reachable, reply.took_us));
    finding.checks.push_back(check_of(Rung::answering, reply.trouble, reply.words, reply.took_us));
  } else {
    finding.checks.push_back(check_of(Rung::reachable, reply.trouble, reply.words, reply.took_us));
  }
  if (reply.trouble == Trouble::none) finding.facts.push_back({FactId::connect_us, reply.took_us});
  return finding;
}

class Tcp final : public Probe {
 public:
  explicit Tcp(const Options& options)
      : host_(options.text("host")), port_(static_cast<std::uint16_t>(options.integer("port"))) {}

  asio::awaitable<Finding> run(Wire& wire, const Question& question) override {
    ConnectRequest request{.host = host_, .port = port_, .limit = question.limit};
    const ConnectReply reply = co_await wire.connect(std::move(request));
    Finding finding = judge(reply);
    not_tested_up_to(finding, question.depth);
    co_return finding;
  }

 private:
  std::string host_;
  std::uint16_t port_;
};

constexpr auto kFor = std::to_array({Kind::access_point, Kind::speaker_cluster, Kind::camera, Kind::website,
                                     Kind::uplink, Kind::network_switch});
constexpr auto kOptions = std::to_array<Option>({
    {"host", OptionType::host, true, "", "Address or name of the device."},
    {"port", OptionType::port, true, "", "TCP port that has to accept connections."},
});

}  // namespace

namespace rows {
extern const Driver tcp;
constinit const Driver tcp{
    .name = "tcp",
    .summary = "Asks whether a TCP port accepts connections.",
    .proven = "independent server",
    .kinds = kFor,
    .highest = Rung::answering,
    .options = kOptions,
    .make = [](const Target& target) -> std::unique_ptr<Probe> {
      return std::make_unique<Tcp>(target.options);
    },
};
}  // namespace rows
}  // namespace commune_watch
