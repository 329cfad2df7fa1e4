// `commune-watch probe`: ask a device now and print the ladder; through the daemon if one runs, else by
// itself.
#include <iostream>
#include <memory>

#include "cli/cli.hpp"
#include "console/json.hpp"
#include "drivers/driver.hpp"
#include "gateway_diagnostics.hpp"
#include "gateway_trial.hpp"
#include "wire/real_clock.hpp"

namespace commune_watch {
namespace {

bool print(const Common& common, const std::string& json, const Wording& wording) {
  std::cout << (common.json ? json : show(json, wording, show_probe)) << '\n' << std::flush;
  return probe_passed(json);
}

int through_daemon(const Common& common, std::vector<std::string> devices) {
  if (devices.empty()) {
    const auto status = common.client().get("/api/v1/status");
    if (!status) return common.tell(status, show_status);
    devices = askable(status->body);
  }
  bool passed = true;
  for (const auto& device : devices) {
    const auto reply = common.patient_client().post("/api/v1/probe/" + device);
    if (!reply) {
      std::cerr << device << ": " << reply.error().why << "\n";
      passed = false;
    } else {
      passed = print(common, reply->body, common.wording(*reply)) && passed;
    }
  }
  return passed ? kGood : kBadNews;
}

int by_ourselves(const Common& common, const std::vector<std::string>& devices) {
  bool passed = true;
  auto done = probe_by_ourselves(common, devices, [&](const std::string& json, const Wording& wording) {
    passed = print(common, json, wording) && passed;
  });
  if (!done) {
    std::cerr << done.error().why << "\n";
    return kBadNews;
  }
  return passed ? kGood : kBadNews;
}

}  // namespace

Result<void> probe_by_ourselves(const Common& common, const std::vector<std::string>& devices,
                                const std::function<void(const std::string&, const Wording&)>& done) {
  RealClock clock;
  auto diagnostics = make_diagnostics(common.verbose);
  GatewayOptions options;
  options.places = common.places();
  options.state = common.state;
  options.version = CW_VERSION;
  options.spawn = prober_program();
  return probe_without_daemon(
      options, drivers(), clock, *diagnostics, devices, [&](const Settings& settings, const ProbeView& view) {
        auto json = probe_json(view);
        if (settings.gateway.simulated) json = simulated_json(json);
        done(json, common.wording({{}, settings.commune.language, settings.commune.zone}));
      });
}

void add_probe(const Command& app, const Common& common) {
  const auto command =
      app.command("probe", "Kiểm tra ngay một thiết bị, từng bước / ask a device now, rung by rung");
  struct Flags {
    std::vector<std::string> devices;
    bool all = false;
  };
  auto flags = std::make_shared<Flags>();
  const auto devices = command.option("device", flags->devices, "Thiết bị / devices");
  command.flag("--all", flags->all, "Tất cả thiết bị / every device").excludes(devices);
  command.act([&common, flags] {
    if (flags->devices.empty() && !flags->all) {
      std::cerr << "probe: thiết bị hoặc --all / a device or --all\n";
      return kUsage;
    }
    const auto alive = common.client().alive();
    if (!alive) {
      std::cerr << alive.error().why << "\n";
      return kBadNews;
    }
    return *alive ? through_daemon(common, flags->devices) : by_ourselves(common, flags->devices);
  });
}

}  // namespace commune_watch
