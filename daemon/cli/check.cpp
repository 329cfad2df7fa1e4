// `commune-watch check`: is this configuration good, and what was understood of it?
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "drivers/driver.hpp"
#include "settings/last_good.hpp"

namespace commune_watch {
namespace {

// What a refused configuration does not do: end the watch.
std::string goes_on(const Common& common, bool vi) {
  const LastGood last_good(common.state);
  if (const auto alive = common.client().alive(); alive && *alive) {
    const auto reply = common.client().get("/api/v1/status");
    const auto refused = reply ? nlohmann::json::parse(reply->body).value("configuration", "") : "";
    if (!refused.empty()) return (vi ? "Dịch vụ đang chạy: " : "The running daemon: ") + refused + "\n";
    return vi ? "Dịch vụ đang chạy theo cấu hình đã nạp trước đó; reload sẽ từ chối các tệp này.\n"
              : "The running daemon goes on by what it loaded before; reload refuses these files.\n";
  }
  std::error_code ignored;
  if (!std::filesystem::exists(last_good.manifest(), ignored)) return "";
  return vi ? "Dịch vụ vẫn khởi động được, theo cấu hình tốt cuối cùng cất trong " + last_good.directory() +
                  ".\n"
            : "The service starts all the same, by the last good configuration in " + last_good.directory() +
                  ".\n";
}

}  // namespace

void add_check(const Command& app, const Common& common) {
  const auto command = app.command("check", "Kiểm tra cấu hình / check the configuration");
  auto show = std::make_shared<bool>(false);
  command.flag("--print", *show,
               "In cấu hình đã gộp, kèm nơi khai báo / print the merged result with origins");
  command.act([&common, show] {
    auto places = common.places();
    // systemd's credentials are the service's alone: absent here is a warning
    places.allow_absent_secrets = true;
    const auto loaded = load(places, drivers());
    if (*show) std::cout << print(places, drivers());
    const bool vi = common.spoken(loaded.settings ? std::optional(loaded.settings->commune.language)
                                                  : std::nullopt) == Language::vi;
    if (loaded.settings && !*show) std::cout << describe(*loaded.settings, vi ? Language::vi : Language::en);
    for (const auto& error : loaded.errors) std::cerr << error << "\n";
    for (const auto& warning : loaded.warnings)
      std::cerr << (vi ? "cảnh báo: " : "warning: ") << warning << "\n";
    if (loaded.settings) return kGood;
    std::cerr << (vi ? "Cấu hình có " : "The configuration has ") << loaded.errors.size()
              << (vi ? " lỗi.\n" : " errors.\n") << goes_on(common, vi);
    return kBadNews;
  });
}

}  // namespace commune_watch
