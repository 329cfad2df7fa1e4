// `commune-watch login`: which logins are blocked after a refusal, and a person's word to try one again.
#include <memory>

#include "cli/cli.hpp"

namespace commune_watch {
namespace {

std::string show_retried(std::string_view, const Wording& wording) {
  return wording.language == Language::vi ? "Được thử lại một lần; xem kết quả bằng `commune-watch status`\n"
                                          : "It may be tried once more; see `commune-watch status`\n";
}

}  // namespace

void add_login(const Command& app, const Common& common) {
  const auto command =
      app.group("login", "Đăng nhập bị chặn sau khi bị từ chối / logins blocked after a refusal");
  const auto list = command.command("list", "Các đăng nhập bị chặn / the blocked ones");
  list.act([&common] { return common.tell(common.client().get("/api/v1/logins"), show_logins); });
  const auto retry =
      command.command("retry", "Cho thử lại (ghi vào sổ, tối đa 2 lần trong 30 phút) / try again");
  auto device = std::make_shared<std::string>();
  retry.option("device", *device, "Thiết bị / device").required();
  retry.act([&common, device] {
    return common.tell(common.client().post("/api/v1/logins/" + *device + "/retry", {{"by", who()}}),
                       show_retried);
  });
}

}  // namespace commune_watch
