// `commune-watch run`: the daemon; and the prober that it starts as a child.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "cli/cli.hpp"
#include "drivers/driver.hpp"
#include "gateway.hpp"
#include "gateway_diagnostics.hpp"
#include "poll/prober/prober.hpp"
#include "wire/real_clock.hpp"

namespace commune_watch {
namespace {

bool is_socket(int descriptor) {
  struct stat about {};
  return ::fstat(descriptor, &about) == 0 && S_ISSOCK(about.st_mode);
}

// The inspector is built and installed with the program: beside it, or in ../lib/commune-watch. Without it
// pictures are not tested.
InspectorProgram inspector_program() {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path here = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  InspectorProgram helper;
  for (const auto& path :
       {here / "commune-watch-inspector", here.parent_path() / "lib/commune-watch/commune-watch-inspector"})
    if (helper.program.empty() && ::access(path.c_str(), X_OK) == 0) helper.program = path;
  // GStreamer's list of its plug-ins takes half a second to make and is kept where caches are kept.
  if (const char* cache = std::getenv("CACHE_DIRECTORY"))
    helper.environment.push_back("GST_REGISTRY=" + std::string(cache) + "/gstreamer-registry.bin");
  for (const char* name : {"HOME", "XDG_CACHE_HOME", "LD_LIBRARY_PATH"})
    if (const char* value = std::getenv(name)) helper.environment.push_back(std::string(name) + "=" + value);
  return helper;
}

}  // namespace

Spawn prober_program() { return spawn_program("/proc/self/exe", {"prober"}, inspector_program()); }

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
    options.spawn = prober_program();
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
    return run_prober(3, is_socket(4) ? 4 : -1, drivers(), clock);
  });
}

}  // namespace commune_watch
