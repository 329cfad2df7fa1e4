// `commune-watch status`: what is up, down or unknown, since when and why; now, at a moment, or as it
// changes.
#include <atomic>
#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>
#include <thread>

#include "cli/cli.hpp"
#include "domain/period.hpp"

namespace commune_watch {
namespace {

std::atomic<bool> interrupted = false;  // by Ctrl-C: a signal handler can reach nothing else

// Shows the table again every two seconds, until Ctrl-C; with --json one line each time.
int follow(const Common& common) {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = true; };
  ::sigaction(SIGINT, &action, nullptr);
  while (!interrupted) {
    const auto reply = common.client().get("/api/v1/status");
    if (!common.json) std::cout << "\x1b[H\x1b[2J";
    common.tell(reply, show_status);
    std::cout << std::flush;
    std::this_thread::sleep_for(std::chrono::seconds(2));
  }
  return kGood;
}

}  // namespace

void add_status(const Command& app, const Common& common) {
  const auto command = app.command("status", "Tình trạng thiết bị và lý do / how the devices are and why");
  struct Flags {
    bool watch = false;
    std::string at, since;
  };
  auto flags = std::make_shared<Flags>();
  const auto watch = command.flag("--watch", flags->watch, "Cập nhật liên tục / keep showing");
  const auto at =
      command.option("--at", flags->at, "Vào lúc, ví dụ '2026-11-14 21:30' / at that moment").excludes(watch);
  command
      .option("--since", flags->since,
              "Chỉ thiết bị đổi trạng thái từ lúc đó, ví dụ 2h / only what changed since")
      .excludes(watch)
      .excludes(at);
  command.act([&common, flags] {
    if (flags->watch) return follow(common);
    std::map<std::string, std::string> query;
    if (!flags->at.empty()) query["at"] = flags->at;
    if (!flags->since.empty()) query["since"] = flags->since;
    const auto reply = common.client().get("/api/v1/status", query);
    const int code = common.tell(reply, show_status);
    if (code != kGood) return code;
    return all_well(reply->body) ? kGood : kBadNews;
  });
}

}  // namespace commune_watch
