// `commune-watch maintenance`: windows declared before they begin leave the time that figures are made of.
#include <memory>

#include "cli/cli.hpp"
#include "cli/show_overlays.hpp"

namespace commune_watch {
namespace {

using Query = std::map<std::string, std::string>;

struct Window {
  std::string scope, from, to, reason, notice, author, every, until, count;
};

void add(const Command& group, const Common& common) {
  const auto command =
      group.command("add", "Khai báo một đợt, hoặc nhiều đợt lặp lại / declare a window, or several");
  auto w = std::make_shared<Window>();
  command
      .option("scope", w->scope,
              "Thiết bị, place/ĐIỂM, hamlet/ẤP hoặc all / device, place/ID, hamlet/ID or all")
      .required();
  command.option("--from", w->from, "Từ lúc, ví dụ '2026-11-14 21:30' / from").required();
  command.option("--to", w->to, "Đến lúc / to").required();
  command.option("--reason", w->reason, "Lý do / why");
  command.option("--notice", w->notice, "Thông báo cắt điện của điện lực, số … / the power company's notice");
  command.option("--author", w->author, "Người khai báo; bỏ trống: người đang dùng / who says so");
  command.option("--every", w->every, "Lặp lại / repeated").one_of({"day", "week"});
  const auto until =
      command.option("--until", w->until, "Đến hết ngày, ví dụ 2026-12-31 / repeated up to that day");
  command.option("--count", w->count, "Số đợt / how many windows").excludes(until);
  command.act([&common, w] {
    Query query{{"scope", w->scope},
                {"from", w->from},
                {"to", w->to},
                {"author", w->author.empty() ? who() : w->author}};
    for (const auto& [key, value] :
         {std::pair{"reason", w->reason}, std::pair{"notice", w->notice}, std::pair{"every", w->every},
          std::pair{"until", w->until}, std::pair{"count", w->count}})
      if (!value.empty()) query[key] = value;
    return common.tell(common.client().post("/api/v1/maintenance", query), show_maintenance);
  });
}

void list(const Command& group, const Common& common) {
  const auto command = group.command("list", "Các đợt bảo trì / the windows");
  auto period = std::make_shared<std::string>();
  command.option("--period", *period, kPeriodHelp);
  command.act([&common, period] {
    const auto query = period->empty() ? Query{} : Query{{"period", *period}};
    return common.tell(common.client().get("/api/v1/maintenance", query), show_maintenance);
  });
}

void end(const Command& group, const Common& common) {
  const auto command = group.command("end", "Kết thúc sớm hoặc huỷ / end early, or cancel");
  struct Flags {
    std::vector<std::string> ids;
    std::string author;
  };
  auto flags = std::make_shared<Flags>();
  command.option("id", flags->ids, "Số, như maintenance list cho biết / as maintenance list shows")
      .required();
  command.option("--author", flags->author, "Người khai báo; bỏ trống: người đang dùng / who says so");
  command.act([&common, flags] {
    int code = kGood;
    for (const auto& id : flags->ids) {
      const auto by = flags->author.empty() ? who() : flags->author;
      const auto reply = common.client().post("/api/v1/maintenance/" + id + "/end", {{"author", by}});
      code = std::max(code, common.tell(reply, show_maintenance));
    }
    return code;
  });
}

}  // namespace

void add_maintenance(const Command& app, const Common& common) {
  const auto group =
      app.group("maintenance", "Khai báo bảo trì, cắt điện / maintenance and announced mains cuts");
  add(group, common);
  list(group, common);
  end(group, common);
}

}  // namespace commune_watch
