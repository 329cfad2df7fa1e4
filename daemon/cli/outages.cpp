// `commune-watch outages`: confirmed outages, newest first.
#include <memory>

#include "cli/cli.hpp"

namespace commune_watch {

void add_outages(const Command& app, const Common& common) {
  const auto command = app.command("outages", "Các lần gián đoạn / confirmed outages, newest first");
  struct Flags {
    std::string device, period = "7d";
  };
  auto flags = std::make_shared<Flags>();
  command.option("device", flags->device, "Thiết bị; bỏ trống: tất cả / device; all if left out");
  command.option("--period", flags->period, kPeriodHelp).shows_default();
  command.act([&common, flags] {
    std::map<std::string, std::string> query{{"period", flags->period}};
    if (!flags->device.empty()) query["device"] = flags->device;
    return common.tell(common.client().get("/api/v1/outages", query), show_outages);
  });
}

}  // namespace commune_watch
