// `commune-watch history`: the spans of one device.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/cli.hpp"

namespace commune_watch {

void add_history(CLI::App& app, Common& common) {
  auto* command = app.add_subcommand("history", "Diễn biến của một thiết bị / the spans of one device");
  struct Flags {
    std::string device, period = "7d";
  };
  auto flags = std::make_shared<Flags>();  // CLI11 keeps the addresses for as long as the command
  command->add_option("device", flags->device, "Thiết bị / device")->required();
  command
      ->add_option("--period", flags->period,
                   "Kỳ: 2026-11, 2026-11-14, 2026-Q4, 2026-11-01..2026-11-15, today, 7d … / period")
      ->capture_default_str();
  command->callback([&common, flags] {
    common.act = [&common, flags] {
      return common.tell(common.client().get("/api/v1/history/" + flags->device, {{"period", flags->period}}),
                         show_history);
    };
  });
}

}  // namespace commune_watch
