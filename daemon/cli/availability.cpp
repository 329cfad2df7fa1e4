// `commune-watch availability`: figures by rule A1.
#include <memory>

#include "cli/cli.hpp"

namespace commune_watch {

void add_availability(const Command& app, const Common& common) {
  const auto command = app.command("availability", "Tỷ lệ hoạt động theo quy tắc A1 / figures by rule A1");
  struct Flags {
    std::string device, period = "month";
    bool all = false;
  };
  auto flags = std::make_shared<Flags>();
  const auto device =
      command.option("device", flags->device, "Thiết bị; bỏ trống: tất cả / device; all if left out");
  command.flag("--all", flags->all, "Tất cả thiết bị / every device").excludes(device);
  command.option("--period", flags->period, kPeriodHelp).shows_default();
  command.act([&common, flags] {
    std::map<std::string, std::string> query{{"period", flags->period}};
    if (!flags->device.empty()) query["device"] = flags->device;
    return common.tell(common.client().get("/api/v1/availability", query), show_availability);
  });
}

}  // namespace commune_watch
