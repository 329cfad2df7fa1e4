// `commune-watch clock`: by what the records are dated, and a person's word where nobody else knows the time.

#include <iostream>
#include <memory>

#include "cli/cli.hpp"

namespace commune_watch {
namespace {

struct Words {
  std::string what, time;
};

int wrong() {
  std::cerr << "clock | clock confirm | clock set \"2026-11-22 21:30:15\"\n";
  return kUsage;
}

int act(const Common& common, const Words& words) {
  if ((words.what == "set") == words.time.empty()) return wrong();
  if (words.what.empty()) {
    const auto reply = common.client().get("/api/v1/clock");
    const int code = common.tell(reply, show_clock);
    if (code != kGood) return code;
    return time_is_known(reply->body) ? kGood : kBadNews;
  }
  std::map<std::string, std::string> query{{"by", who()}};
  if (words.what == "set") query["time"] = words.time;
  return common.tell(common.client().post("/api/v1/clock", query), show_clock);
}

}  // namespace

void add_clock(const Command& app, const Common& common) {
  const auto command = app.command("clock",
                                   "Giờ của sổ theo dõi; cho biết giờ khi không có NTP / the time of the "
                                   "log; say it where there is no NTP");
  auto words = std::make_shared<Words>();
  command
      .option("what", words->what,
              "confirm: đồng hồ máy đang đúng; set: giờ theo đồng hồ của mình / the wall clock is right; "
              "what mine says")
      .one_of({"confirm", "set"});
  command.option("time", words->time, "Giờ địa phương / local time, \"2026-11-22 21:30:15\"");
  command.act([&common, words] { return act(common, *words); });
}

}  // namespace commune_watch
