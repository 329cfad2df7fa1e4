// `commune-watch availability`: figures by rule A1.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/cli.hpp"

namespace commune_watch {

void add_availability(CLI::App& app, Common& common) {
  auto* command = app.add_subcommand("availability", "Tỷ lệ hoạt động theo quy tắc A1 / figures by rule A1");
  struct Flags {
    std::string device, period = "month";
    bool all = false;
  };
  auto flags = std::make_shared<Flags>();  // CLI11 keeps the addresses for as long as the command
  auto* device =
      command->add_option("device", flags->device, "Thiết bị; bỏ trống: tất cả / device; all if left out");
  command->add_flag("--all", flags->all, "Tất cả thiết bị / every device")->excludes(device);
  command
      ->add_option("--period", flags->period,
                   "Kỳ: 2026-11, 2026-11-14, 2026-Q4, 2026-11-01..2026-11-15, today, 7d … / period")
      ->capture_default_str();
  command->callback([&common, flags] {
    common.act = [&common, flags] {
      std::map<std::string, std::string> query{{"period", flags->period}};
      if (!flags->device.empty()) query["device"] = flags->device;
      return common.tell(common.client().get("/api/v1/availability", query), show_availability);
    };
  });
}

}  // namespace commune_watch
