// `commune-watch run`: the daemon; and the prober that it starts as a child.
#include <iostream>

#include "cli/cli.hpp"
#include "drivers/driver.hpp"
#include "gateway.hpp"
#include "gateway_diagnostics.hpp"
#include "poll/prober/prober.hpp"
#include "wire/real_clock.hpp"

namespace commune_watch {

void add_run(const Command& app, const Common& common) {
  const auto command = app.command("run", "Chạy dịch vụ giám sát / run the daemon");
  command.act([&common] {
    RealClock clock;
    auto diagnostics = make_diagnostics(common.verbose);
    GatewayOptions options;
    options.places = common.places();
    options.state = common.state;
    options.socket = common.socket;
    options.version = CW_VERSION;
    options.spawn = spawn_program("/proc/self/exe", {"prober"});
    Gateway gateway(std::move(options), drivers(), clock, *diagnostics);
    auto done = gateway.run();
    if (done) return gateway.wants_restart() ? kRestart : kGood;
    std::cerr << done.error().why << "\n";
    return kBadNews;
  });
}

void add_prober(const Command& app, const Common&) {
  const auto command =
      app.hidden("prober", "Tiến trình thăm dò, do dịch vụ tự gọi / started by the daemon itself");
  command.act([] {
    RealClock clock;
    return run_prober(3, drivers(), clock);
  });
}

}  // namespace commune_watch
