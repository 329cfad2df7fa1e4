// `commune-watch correct`: an overlay by hand with author and reason; the uncorrected figure decides, the
// corrected one stands beside it.
#include <iostream>
#include <memory>

#include "cli/cli.hpp"
#include "cli/show_overlays.hpp"

namespace commune_watch {

void add_correct(const Command& app, const Common& common) {
  const auto command = app.command(
      "correct", "Đính chính, đứng bên cạnh số liệu / a correction that stands beside the figures");
  struct Flags {
    std::string device, from, to, as, reason, author;
  };
  auto f = std::make_shared<Flags>();
  command.option("device", f->device, "Thiết bị; list: các đính chính / device; list: the corrections")
      .required();
  command.option("--from", f->from, "Từ lúc, ví dụ '2026-11-14 21:30' / from");
  command.option("--to", f->to, "Đến lúc / to");
  command.option("--as", f->as, "Tính là / it counts as").one_of({"up", "down", "unknown", "maintenance"});
  command.option("--reason", f->reason, "Lý do / why");
  command.option("--author", f->author, "Người khai báo; bỏ trống: người đang dùng / who says so");
  command.act([&common, f] {
    const bool bare = f->from.empty() && f->to.empty() && f->as.empty() && f->reason.empty();
    if (f->device == "list" && bare)
      return common.tell(common.client().get("/api/v1/corrections"), show_corrections);
    if (f->from.empty() || f->to.empty() || f->as.empty() || f->reason.empty()) {
      std::cerr << "cần / needed: --from, --to, --as, --reason\n";
      return kUsage;
    }
    return common.tell(
        common.client().post("/api/v1/corrections", {{"device", f->device},
                                                     {"from", f->from},
                                                     {"to", f->to},
                                                     {"as", f->as},
                                                     {"reason", f->reason},
                                                     {"author", f->author.empty() ? who() : f->author}}),
        show_corrections);
  });
}

}  // namespace commune_watch
