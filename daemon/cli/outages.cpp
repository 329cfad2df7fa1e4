// `commune-watch outages`: confirmed outages, newest first.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/cli.hpp"

namespace commune_watch {

void add_outages(CLI::App& app, Common& common) {
  auto* command = app.add_subcommand("outages", "Các lần gián đoạn / confirmed outages, newest first");
  struct Flags {
    std::string device, period = "7d";
  };
  auto flags = std::make_shared<Flags>();  // CLI11 keeps the addresses for as long as the command
  command->add_option("device", flags->device, "Thiết bị; bỏ trống: tất cả / device; all if left out");
  command
      ->add_option("--period", flags->period,
                   "Kỳ: 2026-11, 2026-11-14, 2026-Q4, 2026-11-01..2026-11-15, today, 7d … / period")
      ->capture_default_str();
  command->callback([&common, flags] {
    common.act = [&common, flags] {
      std::map<std::string, std::string> query{{"period", flags->period}};
      if (!flags->device.empty()) query["device"] = flags->device;
      return common.tell(common.client().get("/api/v1/outages", query), show_outages);
    };
  });
}

}  // namespace commune_watch
