// `commune-watch check`: is this configuration good, and what was understood of it?
#include <iostream>
#include <memory>

#include "cli/cli.hpp"
#include "drivers/driver.hpp"

namespace commune_watch {

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
              << (vi ? " lỗi.\n" : " errors.\n");
    return kBadNews;
  });
}

}  // namespace commune_watch
