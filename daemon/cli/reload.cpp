// `commune-watch reload`: the daemon loads its configuration again; a bad one changes nothing.
#include "cli/cli.hpp"

namespace commune_watch {
void add_reload(const Command& app, const Common& common) {
  const auto command = app.command("reload", "Nạp lại cấu hình / load the configuration again");
  command.act([&common] {
    return common.tell(common.client().post("/api/v1/reload", {{"by", who()}}), show_reload);
  });
}

}  // namespace commune_watch
