// `commune-watch login`: which logins are blocked after a refusal, and a person's word to try one again.
#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/cli.hpp"

namespace commune_watch {
namespace {

std::string who() {
  const auto* user = ::getpwuid(::getuid());
  return user != nullptr ? user->pw_name : std::to_string(::getuid());
}

std::string show_retried(std::string_view, const Wording& wording) {
  return wording.language == Language::vi ? "Được thử lại một lần; xem kết quả bằng `commune-watch status`\n"
                                          : "It may be tried once more; see `commune-watch status`\n";
}

}  // namespace

void add_login(CLI::App& app, Common& common) {
  auto* command =
      app.add_subcommand("login", "Đăng nhập bị chặn sau khi bị từ chối / logins blocked after a refusal");
  command->require_subcommand(1);
  auto* list = command->add_subcommand("list", "Các đăng nhập bị chặn / the blocked ones");
  list->callback([&common] {
    common.act = [&common] { return common.tell(common.client().get("/api/v1/logins"), show_logins); };
  });
  auto* retry =
      command->add_subcommand("retry", "Cho thử lại (ghi vào sổ, tối đa 2 lần trong 30 phút) / try again");
  auto device = std::make_shared<std::string>();  // CLI11 keeps the address for as long as the command
  retry->add_option("device", *device, "Thiết bị / device")->required();
  retry->callback([&common, device] {
    common.act = [&common, device] {
      return common.tell(common.client().post("/api/v1/logins/" + *device + "/retry", {{"by", who()}}),
                         show_retried);
    };
  });
}

}  // namespace commune_watch
