// Assembles the sub-commands and the options that all of them take.
#include "cli/cli.hpp"

#include <pwd.h>
#include <unistd.h>

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

int Common::tell(const Result<Client::Reply>& reply, Show as) const {
  if (!reply) {
    std::cerr << reply.error().why << "\n";
    return kBadNews;
  }
  if (json)
    std::cout << reply->body << "\n";
  else
    std::cout << show(reply->body, wording(*reply), as);
  return kGood;
}

std::string who() {
  const auto* user = ::getpwuid(::getuid());
  return user != nullptr ? user->pw_name : std::to_string(::getuid());
}

int run_cli(int argc, char** argv) {
  CommandLine line(
      "commune-watch: giám sát Wi-Fi công cộng, cụm loa và camera của xã\n"
      "commune-watch: watches a commune's public Wi-Fi, speakers and cameras",
      std::string("commune-watch ") + CW_VERSION);
  Common common;
  const auto top = line.top();
  top.option("--config", common.config, "Tệp cấu hình / configuration file").shows_default();
  top.option("--state", common.state, "Thư mục sổ theo dõi / state directory").shows_default();
  top.option("--socket", common.socket, "Ổ cắm của dịch vụ / socket of the daemon").shows_default();
  top.option("--lang", common.language, "Ngôn ngữ / language").one_of({"vi", "en"});
  top.flag("--json", common.json, "Kết quả JSON / print JSON");
  top.flag("-v,--verbose", common.verbose, "Nhật ký chi tiết / say more");
  for (auto* add : {add_init,         add_check,    add_run,         add_status,  add_outages, add_history,
                    add_availability, add_probe,    add_maintenance, add_correct, add_declare, add_login,
                    add_secret,       add_discover, add_clock,       add_drivers, add_reload,  add_backup,
                    add_restore,      add_verify,   add_export,      add_key,     add_witness, add_prober})
    add(top, common);
  if (const auto told = line.parse(argc, argv)) return *told ? kGood : kUsage;
  try {
    return line.act();
  } catch (const std::exception& error) {
    std::cerr << "commune-watch: " << error.what() << "\n";
    return kBadNews;
  }
}

}  // namespace commune_watch
