// `commune-watch history`: the spans of one device.
#include <memory>

#include "cli/cli.hpp"

namespace commune_watch {

void add_history(const Command& app, const Common& common) {
  const auto command = app.command("history", "Diễn biến của một thiết bị / the spans of one device");
  struct Flags {
    std::string device, period = "7d";
  };
  auto flags = std::make_shared<Flags>();
  command.option("device", flags->device, "Thiết bị / device").required();
  command.option("--period", flags->period, kPeriodHelp).shows_default();
  command.act([&common, flags] {
    return common.tell(common.client().get("/api/v1/history/" + flags->device, {{"period", flags->period}}),
                       show_history);
  });
}

}  // namespace commune_watch
