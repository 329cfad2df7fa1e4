// The command line: one sub-command per file, exit codes 0 good, 1 bad news, 2 usage.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/show.hpp"
#include "domain/device.hpp"
#include "poll/prober_link.hpp"
#include "settings/settings.hpp"
#include "store/store.hpp"

namespace commune_watch {

inline constexpr int kGood = 0, kBadNews = 1, kUsage = 2;
inline constexpr int kRestart = 75;  // of `run`: only a new start helps; EX_TEMPFAIL of sysexits.h

inline constexpr const char* kPeriodHelp =
    "Kỳ: 2026-11, 2026-11-14, 2026-Q4, 2026-11-01..2026-11-15, today, 7d … / period";

int run_cli(int argc, char** argv);

// What every sub-command shares.
struct Common {
  std::string config = "/etc/commune-watch/gateway.toml";
  std::string state = "/var/lib/commune-watch";
  std::string socket = "/run/commune-watch/api.sock";
  std::string language;  // empty: as configured
  bool json = false, verbose = false;

  [[nodiscard]] LoadPlaces places() const;  // of `config`
  // --lang, else what the configuration says, else Vietnamese.
  [[nodiscard]] Language spoken(std::optional<Language> configured = std::nullopt) const;
  [[nodiscard]] Wording wording(const Client::Reply& reply) const;
  [[nodiscard]] Client client() const { return Client(socket); }
  [[nodiscard]] Client patient_client() const { return Client(socket, Client::kProbeWithin); }

  // Prints the answer (JSON as it came with --json) or why there is none.
  int tell(const Result<Client::Reply>& reply, Show show) const;
};

Spawn prober_program();  // this program again, with the inspector that lies beside it
std::string who();       // at the keyboard: recorded with what they ask for
Result<StoreOptions> store_options(const Common& common);  // as the daemon opens it; loads the configuration

// Probes without a daemon (gateway_trial.hpp); `done` gets each answer as the daemon would give it.
Result<void> probe_by_ourselves(const Common& common, const std::vector<std::string>& devices,
                                const std::function<void(const std::string& json, const Wording&)>& done);

void add_availability(const Command& app, const Common& common);
void add_backup(const Command& app, const Common& common);
void add_check(const Command& app, const Common& common);
void add_clock(const Command& app, const Common& common);
void add_correct(const Command& app, const Common& common);
void add_declare(const Command& app, const Common& common);
void add_discover(const Command& app, const Common& common);
void add_drivers(const Command& app, const Common& common);
void add_export(const Command& app, const Common& common);
void add_key(const Command& app, const Common& common);
void add_history(const Command& app, const Common& common);
void add_init(const Command& app, const Common& common);
void add_login(const Command& app, const Common& common);
void add_maintenance(const Command& app, const Common& common);
void add_outages(const Command& app, const Common& common);
void add_probe(const Command& app, const Common& common);
void add_prober(const Command& app, const Common& common);  // hidden: the gateway starts it
void add_reload(const Command& app, const Common& common);
void add_restore(const Command& app, const Common& common);
void add_run(const Command& app, const Common& common);
void add_secret(const Command& app, const Common& common);
void add_status(const Command& app, const Common& common);
void add_verify(const Command& app, const Common& common);
void add_witness(const Command& app, const Common& common);

}  // namespace commune_watch
