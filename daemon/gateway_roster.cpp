// Pure: the same settings make the same roster.
#include "gateway_roster.hpp"

#include <algorithm>

#include "domain/url.hpp"

namespace commune_watch {

std::string seen_by_its_point_only(const Row& row) {
  const auto& monitor = row.settings->monitor;
  return row.settings->id + " chỉ điểm giám sát thấy được / only its monitoring point can see it: probe '" +
         (monitor.empty() ? "" : monitor.front().point) + "'";
}

std::string host_of(const Options& options) {
  const auto& all = options.all();
  if (auto url = all.find("url"); url != all.end())
    if (auto parsed = parse_url(url->second)) return parsed->host;
  if (auto host = all.find("host"); host != all.end()) return host->second;
  return {};
}

const Row* Roster::find(std::string_view id) const {
  auto found = ids.find(id);
  return found == ids.end() ? nullptr : &rows.at(found->second);
}

namespace {

const Driver* driver_named(std::span<const Driver* const> drivers, std::string_view name) {
  for (const auto* driver : drivers)
    if (driver->name == name) return driver;
  return nullptr;
}

// Of `url` or `host`; empty where it is a name.
std::string numeric_host(const DeviceSettings& device) {
  const auto& options = device.options.all();
  const auto text = [&](const char* key) {
    const auto found = options.find(key);
    return found != options.end() ? found->second : std::string();
  };
  const auto url = parse_url(text("url"));
  const std::string host = url ? url->host : text("host");
  const bool numeric =
      host.find_first_not_of("0123456789.") == std::string::npos || host.find(':') != std::string::npos;
  return numeric ? host : std::string();
}

// Its driver has the option `picture`, and it is on.
bool looks_at_pictures(const Row& row) {
  if (row.driver == nullptr) return false;
  const auto option = std::ranges::find(row.driver->options, std::string_view("picture"), &Option::key);
  if (option == row.driver->options.end() || row.subject.kind != Kind::camera) return false;
  const auto& all = row.settings->options.all();
  const auto said = all.find("picture");
  return (said != all.end() ? std::string_view(said->second) : option->fallback) == "true";
}

}  // namespace

Roster make_roster(const Settings& settings, std::span<const Driver* const> drivers,
                   const std::function<DeviceId(Kind, const std::string&)>& entity) {
  Roster roster;
  for (const auto& device : settings.devices) roster.ids[device.id] = entity(device.kind, device.id);
  for (const auto& device : settings.devices) {
    Row row;
    row.settings = &device;
    row.driver = device.device_path ? driver_named(drivers, device.driver) : nullptr;
    row.terms = terms_of(settings, device);
    auto& subject = row.subject;
    subject.id = roster.ids.at(device.id);
    subject.kind = device.kind;
    subject.place = device.place;
    if (auto parent = roster.ids.find(device.parent); parent != roster.ids.end())
      subject.parent = parent->second;
    subject.device_path = device.device_path;
    subject.testable = row.driver != nullptr ? testable(*row.driver, device.options) : Rung::reachable;
    subject.cadence = device.cadence;
    for (const auto& monitor : device.monitor) {
      const auto* point = settings.device(monitor.point);
      if (point == nullptr || point->role != "commune") continue;
      subject.monitor = Binding{roster.ids.at(point->id), monitor.key};
      subject.monitor_cadence = point->cadence;
      // Behind the recorder's own address (its ports lead to the cameras) nothing can be compared.
      if (const auto host = numeric_host(device); host != numeric_host(*point)) subject.address = host;
      break;
    }
    roster.rows.emplace(subject.id, std::move(row));
  }
  return roster;
}

std::vector<Subject> subjects(const Roster& roster) {
  std::vector<Subject> list;
  for (const auto& [id, row] : roster.rows) list.push_back(row.subject);
  return list;
}

std::vector<Watched> watched(const Roster& roster, const Settings& settings) {
  std::map<DeviceId, std::vector<std::string>> keys, pictured;
  for (const auto& [id, row] : roster.rows) {
    if (!row.subject.monitor) continue;
    keys[row.subject.monitor->point].push_back(row.subject.monitor->key);
    if (looks_at_pictures(row)) pictured[row.subject.monitor->point].push_back(row.subject.monitor->key);
  }
  std::vector<Watched> list;
  for (const auto& [id, row] : roster.rows) {
    if (row.driver == nullptr) continue;
    const auto& device = *row.settings;
    Watched entry;
    entry.target.device = id;
    entry.target.name = device.id;
    entry.target.kind = device.kind;
    entry.target.driver = device.driver;
    entry.target.options = device.options;
    entry.target.keeps_pictures = settings.gateway.keep_pictures > 0;
    if (auto found = keys.find(id); found != keys.end()) entry.target.bound_keys = found->second;
    if (auto found = pictured.find(id); found != pictured.end()) entry.target.pictured_keys = found->second;
    entry.host = host_of(device.options);
    entry.limit = device.cadence.limit;
    if (auto login = settings.logins.find(device.login); login != settings.logins.end()) {
      const auto& known = login->second;
      entry.target.login = Login{known.username, known.password.reveal(), known.allow_basic};
      entry.login = LoginKey{entry.host, known.username};
    }
    list.push_back(std::move(entry));
  }
  return list;
}

GateLimits gate_limits(const Settings& settings) {
  return {.per_host = static_cast<int>(settings.gateway.parallel_per_host),
          .total = static_cast<int>(settings.gateway.parallel),
          .sessions = static_cast<int>(settings.gateway.parallel_sessions)};
}

}  // namespace commune_watch
