// Assembles the sub-commands and the options that all of them take.
#include "cli/cli.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

namespace commune_watch {

LoadPlaces Common::places() const {
  LoadPlaces places;
  places.file = config;
  if (const char* directory = std::getenv("CREDENTIALS_DIRECTORY")) places.credentials_directory = directory;
  return places;
}

Language Common::spoken(std::optional<Language> configured) const {
  if (language == "en") return Language::en;
  if (language == "vi") return Language::vi;
  return configured.value_or(Language::vi);
}

Wording Common::wording(const Client::Reply& reply) const {
  Wording wording;
  wording.language = spoken(reply.language);
  wording.zone = reply.zone;
  wording.colour = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  wording.long_form = verbose;
  return wording;
}

int Common::tell(const Result<Client::Reply>& reply, Show show) const {
  if (!reply) {
    std::cerr << reply.error().why << "\n";
    return kBadNews;
  }
  if (json)
    std::cout << reply->body << "\n";
  else
    std::cout << show(reply->body, wording(*reply));
  return kGood;
}

int run_cli(int argc, char** argv) {
  CLI::App app(
      "commune-watch: giám sát Wi-Fi công cộng, cụm loa và camera của xã\n"
      "commune-watch: watches a commune's public Wi-Fi, speakers and cameras");
  Common common;
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", std::string("commune-watch ") + CW_VERSION);
  app.add_option("--config", common.config, "Tệp cấu hình / configuration file")->capture_default_str();
  app.add_option("--state", common.state, "Thư mục sổ theo dõi / state directory")->capture_default_str();
  app.add_option("--socket", common.socket, "Ổ cắm của dịch vụ / socket of the daemon")
      ->capture_default_str();
  app.add_option("--lang", common.language, "Ngôn ngữ / language")->check(CLI::IsMember({"vi", "en"}));
  app.add_flag("--json", common.json, "Kết quả JSON / print JSON");
  app.add_flag("-v,--verbose", common.verbose, "Nhật ký chi tiết / say more");
  for (auto* add : {add_init, add_check, add_run, add_status, add_outages, add_history, add_availability,
                    add_probe, add_login, add_drivers, add_reload, add_prober})
    add(app, common);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kGood : kUsage;
  }
  try {
    return common.act ? common.act() : kUsage;
  } catch (const std::exception& error) {
    std::cerr << "commune-watch: " << error.what() << "\n";
    return kBadNews;
  }
}

}  // namespace commune_watch
