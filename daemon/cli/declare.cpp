// `commune-watch declare`: what exists but cannot be watched, with the document that says so; it never
// changes a measured figure.
#include <memory>

#include "cli/cli.hpp"
#include "cli/show_overlays.hpp"

namespace commune_watch {
namespace {

void add(const Command& group, const Common& common) {
  const auto command = group.command("add", "Kê khai / declare something");
  struct Flags {
    std::string what, place, must, since, document, note, author;
  };
  auto f = std::make_shared<Flags>();
  command.option("--what", f->what, "Cái gì, ví dụ 'Loa có dây' / what").required();
  command.option("--place", f->place, "Điểm / place").required();
  command.option("--must", f->must, "Cho danh mục / the denominator that it speaks to")
      .one_of({"wifi", "camera", "speaker", "website", "uplink"});
  command.option("--since", f->since, "Từ ngày, tháng hoặc năm / since that day, month or year").required();
  command.option("--document", f->document, "Văn bản / the document that says so").required();
  command.option("--note", f->note, "Ghi chú / a note");
  command.option("--author", f->author, "Người kê khai; bỏ trống: người đang dùng / who says so");
  command.act([&common, f] {
    std::map<std::string, std::string> query{{"what", f->what},
                                             {"place", f->place},
                                             {"since", f->since},
                                             {"document", f->document},
                                             {"author", f->author.empty() ? who() : f->author}};
    if (!f->must.empty()) query["must"] = f->must;
    if (!f->note.empty()) query["note"] = f->note;
    return common.tell(common.client().post("/api/v1/declarations", query), show_declarations);
  });
}

}  // namespace

void add_declare(const Command& app, const Common& common) {
  const auto group = app.group("declare", "Kê khai thứ không giám sát được / declare what cannot be watched");
  add(group, common);
  group.command("list", "Các kê khai / the declarations").act([&common] {
    return common.tell(common.client().get("/api/v1/declarations"), show_declarations);
  });
  const auto end = group.command("end", "Rút một kê khai / withdraw one");
  struct Flags {
    std::string id, author;
  };
  auto f = std::make_shared<Flags>();
  end.option("id", f->id, "Mã, như declare list cho biết / as declare list shows").required();
  end.option("--author", f->author, "Người khai báo; bỏ trống: người đang dùng / who says so");
  end.act([&common, f] {
    return common.tell(common.client().post("/api/v1/declarations/" + f->id + "/end",
                                            {{"author", f->author.empty() ? who() : f->author}}),
                       show_declarations);
  });
}

}  // namespace commune_watch
