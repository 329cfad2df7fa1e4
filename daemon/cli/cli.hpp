// The command line: one sub-command per file, exit codes 0 good, 1 bad news, 2 usage.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "cli/client.hpp"
#include "cli/show.hpp"
#include "domain/device.hpp"
#include "settings/settings.hpp"

namespace CLI {
class App;
}

namespace commune_watch {

inline constexpr int kGood = 0, kBadNews = 1, kUsage = 2;

int run_cli(int argc, char** argv);

// What every sub-command shares.
struct Common {
  std::string config = "/etc/commune-watch/gateway.toml";
  std::string state = "/var/lib/commune-watch";
  std::string socket = "/run/commune-watch/api.sock";
  std::string language;  // empty: as configured
  bool json = false, verbose = false;
  std::function<int()> act;  // what the chosen sub-command does

  [[nodiscard]] LoadPlaces places() const;  // of `config`
  // --lang, else what the configuration says, else Vietnamese.
  [[nodiscard]] Language spoken(std::optional<Language> configured = std::nullopt) const;
  [[nodiscard]] Wording wording(const Client::Reply& reply) const;
  [[nodiscard]] Client client() const { return Client(socket); }

  using Show = std::string (*)(std::string_view json, const Wording& wording);
  // Prints the answer (JSON as it came with --json) or why there is none.
  int tell(const Result<Client::Reply>& reply, Show show) const;
};

void add_availability(CLI::App& app, Common& common);
void add_check(CLI::App& app, Common& common);
void add_drivers(CLI::App& app, Common& common);
void add_history(CLI::App& app, Common& common);
void add_init(CLI::App& app, Common& common);
void add_login(CLI::App& app, Common& common);
void add_outages(CLI::App& app, Common& common);
void add_probe(CLI::App& app, Common& common);
void add_prober(CLI::App& app, Common& common);  // hidden: the gateway starts it
void add_reload(CLI::App& app, Common& common);
void add_run(CLI::App& app, Common& common);
void add_status(CLI::App& app, Common& common);

}  // namespace commune_watch
