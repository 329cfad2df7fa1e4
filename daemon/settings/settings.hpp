// What the operator configured, typed and checked: DESIGN §5's TOML as values. Defaults live in the
// initialisers.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/availability.hpp"
#include "domain/clock.hpp"
#include "domain/device.hpp"
#include "domain/result.hpp"
#include "domain/url.hpp"
#include "drivers/driver.hpp"

namespace commune_watch {

// A secret that never prints itself.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  [[nodiscard]] const std::string& reveal() const { return value_; }
  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  std::string value_;
};

struct LoginSettings {
  std::string id, username;
  Secret password;
  bool allow_basic = false;  // auth = "basic"
  bool is_inline = false;    // written in the file itself: warned about
};

struct CommuneSettings {
  std::string id, code, name, province;
  std::string origin;  // file:line:column of its id
  std::string timezone = "Asia/Ho_Chi_Minh";
  Zone zone;
  Language language = Language::vi;
  std::vector<std::string> criteria;
  std::vector<std::string> holidays;          // data files; public_holidays holds their dates
  std::vector<std::int32_t> public_holidays;  // local yyyymmdd
};

struct GatewaySettings {
  std::string id = "gw1";
  bool simulated = false;  // everything made from this ledger bears "DỮ LIỆU MÔ PHỎNG – KHÔNG CÓ GIÁ TRỊ"
  bool host_keeps_clock = false;  // clock = "host": the system clock is right though no NTP client says so
  Millis interval = 60'000, media_interval = 300'000, picture_interval = 1'800'000, recheck = 20'000,
         limit = 10'000;
  std::vector<std::string>
      segment;  // hosts of the own segment to ask when all is silent; empty: the default router
  std::int64_t parallel_per_host = 1, parallel_sessions = 4, parallel = 256;
  Millis keep_pictures = 0;        // how long small pictures of the cameras are kept; 0: none is
  std::int64_t pictures_mb = 200;  // and what they may take up
  std::string backup_directory;    // a second medium for the daily backup; empty: none
};

struct MqttSettings {
  std::string url;  // mqtt:// or mqtts://; empty: not published
  std::optional<LoginSettings> login;
  std::string ca_file;    // empty: the system's
  std::string client_id;  // default commune-watch-{commune}-{gateway}
  Millis keep_alive = 30'000;
  std::int64_t window = 20;             // events in flight
  std::int64_t backlog_per_second = 0;  // 0: as fast as the broker acknowledges
};

struct WitnessSettings {  // who cosigns the log's checkpoints
  std::string url;        // https://…, /add-checkpoint is put behind it
  std::string key, name;  // its vkey, and the name in that
  std::string ca_file;    // empty: the system's
  bool allow_http = false;
};

struct HamletSettings {
  std::string id, name, basis;
  std::vector<Must> must_have;
};
struct PlaceSettings {
  std::string id, name, hamlet, basis;
  PlaceKind kind = PlaceKind::other;
  std::vector<Must> must_have;
  Hours hours;  // weekly service hours; cameras are 24/7 all the same
};
struct ContractorSettings {
  std::string id, name, phone;
};

struct MonitorSettings {   // one row of `monitor = [...]`
  std::string point, key;  // key: channel, listener, mac … whatever the point's driver calls it
};

struct DeviceSettings {
  std::string id, name;
  Kind kind = Kind::camera;  // monitoring_point for [[monitoring_point]]
  std::string place, parent, contractor, driver, model;
  std::string role = "commune";  // monitoring points only
  Options options;               // driver options after model defaults, checked
  std::string login;             // id in `logins`, or empty
  std::vector<MonitorSettings> monitor;
  Cadence cadence;
  bool device_path = true;         // false: driver = "none", only the monitoring point can see it
  Rung highest = Rung::reachable;  // that its driver can test
  std::string origin;              // file:line of its table
};

struct BroadcastSettings {
  std::vector<std::string> speakers, topics;
  std::string days, from, to, source, origin;
};

struct Settings {
  CommuneSettings commune;
  GatewaySettings gateway;
  MqttSettings mqtt;
  std::vector<WitnessSettings> witnesses;
  std::map<std::string, LoginSettings> logins;
  std::vector<HamletSettings> hamlets;
  std::vector<PlaceSettings> places;
  std::vector<ContractorSettings> contractors;
  std::vector<DeviceSettings> devices;  // monitoring points first, then in the file's order
  std::vector<BroadcastSettings> broadcasts;
  std::string sha256;              // of the merged text without secrets: what the log's config records carry
  std::vector<std::string> lines;  // of that text, each with its place: "camera/cam-1 interval = \"60s\""

  [[nodiscard]] const DeviceSettings* device(std::string_view id) const;
  [[nodiscard]] const PlaceSettings* place(std::string_view id) const;
};

// What a configuration was made of, by path: its files, models and holidays, never a secret file.
using ConfigurationFiles = std::map<std::string, std::string>;

// All that one load has to say, each "file:line:column: key: why", in the files' order. With settings there
// are no errors; there may be warnings either way.
struct LoadResult {
  std::optional<Settings> settings;
  std::vector<std::string> errors, warnings;
  ConfigurationFiles files;  // with settings only

  // For a Failure: the errors, then the warnings marked as such, one a line.
  [[nodiscard]] std::string told() const;
};

// Reads `file`, conf.d/*.toml beside it in name order, models and holidays from the directories given, and
// secret files. The files are the only thing it touches. `table` are the drivers to check options against.
struct LoadPlaces {
  std::string file = "/etc/commune-watch/gateway.toml";
  std::vector<std::string> model_directories{"/etc/commune-watch/models", "/usr/share/commune-watch/models"};
  std::vector<std::string> holiday_directories{"/etc/commune-watch/holidays",
                                               "/usr/share/commune-watch/holidays"};
  std::string credentials_directory;  // $CREDENTIALS_DIRECTORY of systemd, or empty
  // `check` run by hand: secrets may be systemd credentials that only the service sees, so an absent one is a
  // warning there. run and reload leave it false: nothing starts with a password missing. Loose or empty
  // files are errors either way.
  bool allow_absent_secrets = false;
};
LoadResult load(const LoadPlaces& places, std::span<const Driver* const> table);

// The merged configuration as TOML with each value's origin as a comment; secrets are "***".
std::string print(const LoadPlaces& places, std::span<const Driver* const> table);

// What was understood, for people: commune, hamlets, places and devices per kind, monitoring points,
// denominators.
std::string describe(const Settings& settings, Language language);

// The address of a device's stream or page, one text for all ways of writing it, and the lens behind it where
// it has several: two devices that have it in common are one. Empty: it has no `url`.
std::string stream_of(const DeviceSettings& device);

// The terms that the log keeps of a device under these settings.
Terms terms_of(const Settings& settings, const DeviceSettings& device);

}  // namespace commune_watch
