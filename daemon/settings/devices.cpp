// The device tables: what is common to all kinds here, the driver's options in options.cpp.
#include <fmt/format.h>

#include <algorithm>

#include "settings/loading.hpp"
#include "settings/words.hpp"

namespace commune_watch {
namespace {

using Need = Table::Need;
constexpr Millis kMinute = 60'000, kHour = 3'600'000, kHarmless = 10'000;

// What a monitoring point may call the things it watches; its driver gives the word its meaning.
constexpr std::string_view kBindingKeys[] = {"channel", "listener", "mac", "serial", "name", "key"};
constexpr std::string_view kRoles[] = {"commune", "district", "province", "other"};

// Kinds that rows are counted by, place for place.
bool stands_at_a_place(Kind kind) {
  return kind == Kind::camera || kind == Kind::access_point || kind == Kind::speaker_cluster;
}

Cadence read_cadence(Loading& loading, Table& table) {
  const GatewaySettings& gateway = loading.settings.gateway;
  const auto interval = table.duration("interval", 100, kHour);
  const auto media = table.duration("media_interval", 100, 6 * kHour);
  const auto picture = table.duration("picture_interval", 100, 24 * kHour);
  const auto limit = table.duration("limit", 100, 5 * kMinute);
  const auto recheck = table.duration("recheck", 100, 10 * kMinute);
  const Millis base = interval.value_or(gateway.interval);
  // Only what was written here is refused; what was inherited gives way.
  if (media && *media < base)
    table.wrong("media_interval", fmt::format("shorter than interval, which is {}", duration_text(base)));
  if (picture && *picture < base)
    table.wrong("picture_interval", fmt::format("shorter than interval, which is {}", duration_text(base)));
  if (limit && *limit > base)
    table.wrong("limit",
                fmt::format("longer than interval, which is {}: the next question would have to wait",
                            duration_text(base)));
  if (recheck && *recheck > base)
    table.wrong("recheck", fmt::format("longer than interval, which is {}", duration_text(base)));
  if (base < kHarmless && !gateway.simulated)
    loading.problems.warning(table.at("interval"), "interval",
                             "shorter than 10s; a real device may take that for an attack");
  const auto at = [](Rung rung) { return static_cast<std::size_t>(rung); };
  Cadence cadence;
  cadence.interval.fill(base);
  cadence.interval[at(Rung::active)] = cadence.interval[at(Rung::useful)] =
      media.value_or(std::max(base, gateway.media_interval));
  cadence.interval[at(Rung::witnessed)] = picture.value_or(std::max(base, gateway.picture_interval));
  cadence.limit = limit.value_or(std::min(base, gateway.limit));
  cadence.recheck = recheck.value_or(std::min(base, gateway.recheck));
  return cadence;
}

std::optional<MonitorSettings> read_binding(Loading& loading, const Node& node, Loading::DeviceSpots& spots) {
  if (node.type != Node::Type::table) {
    loading.problems.error(
        node.at, "monitor",
        fmt::format("is {}; a row is written {{ point = \"<id>\", channel = \"3\" }}", what_it_is(node)));
    return std::nullopt;
  }
  Table row{node, "monitor", loading.problems};
  MonitorSettings binding;
  binding.point = row.id("point", Need::required);
  loading.refer(row, "point", "monitoring_point", binding.point);
  std::string_view used;
  for (const std::string_view key : kBindingKeys) {
    const Field* field = row.field(key);
    if (field == nullptr) continue;
    if (!used.empty()) {
      row.wrong(key, fmt::format("given beside {}; a row has one of them", used));
      continue;
    }
    used = key;
    binding.key =
        field->value.type == Node::Type::integer ? field->value.text : row.text(key, Need::required);
  }
  row.refuse_unknown();
  if (used.empty())
    row.missing("channel", fmt::format("what the monitoring point calls this device, as one of: {}",
                                       fmt::join(kBindingKeys, ", ")));
  if (binding.point.empty() || binding.key.empty()) return std::nullopt;
  spots.monitor.push_back(node.at);
  return binding;
}

const Driver* find_by_name(std::span<const Driver* const> drivers, std::string_view name) {
  const auto found = std::ranges::find(drivers, name, &Driver::name);
  return found == drivers.end() ? nullptr : *found;
}

// The driver, or null after an error (or for "none").
const Driver* read_driver(Loading& loading, Table& table, DeviceSettings& device, const Model*& model) {
  device.driver = table.text("driver");
  device.model = table.id("model");
  Spot at = table.at("driver");
  std::string_view key = "driver";
  if (table.has("driver") && table.has("model")) {
    table.wrong("driver", "given beside model; the model says which driver it is, keep one of them");
    return nullptr;
  }
  if (!device.model.empty()) {
    model = model_of(loading, device.model, table.at("model"));
    if (model == nullptr) return nullptr;
    device.driver = model->driver;
    at = table.at("model");
    key = "model";
  }
  if (!table.has("driver") && !table.has("model")) {
    table.missing("driver", fmt::format("{} needs a driver (`commune-watch drivers` lists them) or a model",
                                        table.header()));
    return nullptr;
  }
  if (device.driver.empty()) {
    if (table.has("driver"))
      table.wrong("driver", "empty or not a text; `commune-watch drivers` lists the drivers");
    return nullptr;
  }
  std::vector<std::string_view> names{"none"}, fitting;
  for (const Driver* driver : loading.drivers) {
    names.push_back(driver->name);
    if (std::ranges::find(driver->kinds, device.kind) != driver->kinds.end()) fitting.push_back(driver->name);
  }
  if (device.driver == "none") {
    device.device_path = false;
    if (device.kind == Kind::monitoring_point)
      loading.problems.error(at, key,
                             "\"none\" is for devices that only a monitoring point can see, not for the "
                             "monitoring point itself");
    return nullptr;
  }
  const Driver* driver = find_by_name(loading.drivers, device.driver);
  if (driver == nullptr) {
    loading.problems.error(
        at, key, fmt::format("there is no driver '{}'{}", device.driver, hint(device.driver, names)));
  } else if (std::ranges::find(driver->kinds, device.kind) == driver->kinds.end()) {
    loading.problems.error(at, key,
                           fmt::format("driver '{}' is not for {}; these are: {}", driver->name,
                                       table.header(), fmt::join(fitting, ", ")));
    return nullptr;
  }
  return driver;
}

// Told where it is to be mended: at the login, once for each device that uses it.
void want_basic(Loading& loading, const Table& table, const DeviceSettings& device, const Driver& driver) {
  const auto login = loading.settings.logins.find(device.login);
  if (login == loading.settings.logins.end() || login->second.allow_basic) return;
  loading.problems.error(
      loading.login_spots.find(device.login)->second.auth, "auth",
      fmt::format("must be \"basic\" for '{}' at {}: driver '{}' knows no Digest; the password goes over the "
                  "network readably, unless its url is https://",
                  device.id, loading.problems.line_of(table.header_at()), driver.name));
}

DeviceSettings read_device(Loading& loading, Kind kind, const Node& node) {
  Table table{node, fmt::format("[[{}]]", section_of(kind)), loading.problems};
  Loading::DeviceSpots spots{table.header_at(), table.at("parent"), table.at("url"), {}};
  DeviceSettings device;
  device.kind = kind;
  device.origin = loading.problems.line_of(node.at);
  device.id = table.id("id", Need::required);
  loading.name(device.id, table.header(), table.at("id"));
  device.name = table.text("name", Need::required);
  device.place = table.id("place");
  if (stands_at_a_place(kind) && !table.has("place"))
    table.missing("place", fmt::format("the id of the [[place]] where this {} stands", code(kind)));
  loading.refer(table, "place", "place", device.place);
  device.parent = table.id("parent");
  loading.refer(table, "parent", "device", device.parent);
  device.contractor = table.id("contractor");
  loading.refer(table, "contractor", "contractor", device.contractor);
  device.login = table.id("login");
  loading.refer(table, "login", "login", device.login);
  device.cadence = read_cadence(loading, table);
  const bool is_always =
      kind == Kind::camera || kind == Kind::speaker_cluster || kind == Kind::monitoring_point;
  table.misplaced(
      "service_hours",
      is_always
          ? fmt::format("a {} is watched all day and night; service hours cannot be set for it", code(kind))
          : "service hours belong to the [[place]]");
  if (kind == Kind::monitoring_point) {
    table.misplaced("monitor", "a monitoring point is not itself watched by another one");
    if (const std::string role = table.text("role"); table.has("role")) {
      device.role = role;
      if (std::ranges::find(kRoles, role) == std::end(kRoles))
        table.wrong("role", fmt::format("must be one of {}; only \"commune\" feeds the commune's rows",
                                        fmt::join(kRoles, ", ")));
    }
  } else if (const Field* monitor = table.field("monitor")) {
    if (monitor->value.type != Node::Type::list)
      table.wrong("monitor", fmt::format("is {}; write a list: [ {{ point = \"<id>\", channel = \"3\" }} ]",
                                         what_it_is(monitor->value)));
    for (const Node& row : monitor->value.items) {
      if (auto binding = read_binding(loading, row, spots)) device.monitor.push_back(std::move(*binding));
    }
  }

  const std::size_t before = loading.problems.count();
  const Model* model = nullptr;
  if (const Driver* driver = read_driver(loading, table, device, model)) {
    read_options(loading, table, *driver, model, device);
    device.highest = testable(*driver, device.options);
    const bool has_address = std::ranges::any_of(
        driver->options, [](const Option& each) { return each.key == "url" || each.key == "host"; });
    if (kind == Kind::monitoring_point && has_address && !device.options.all().contains("url") &&
        !device.options.all().contains("host") && loading.problems.count() == before) {
      table.missing("url", "the address of the monitoring point");
    }
    if (!device.login.empty() && !driver->takes_login)
      table.wrong("login", fmt::format("driver '{}' takes no login", driver->name));
    if (driver->basic_only) want_basic(loading, table, device, *driver);
    table.refuse_unknown();
  } else if (!device.device_path) {
    for (const std::string_view key : {"url", "host"}) {
      table.misplaced(
          key,
          "driver \"none\" asks the device nothing: leave the address out, or name a driver that asks it");
    }
    if (!device.login.empty())
      table.wrong("login", "driver \"none\" asks the device nothing and takes no login");
    if (kind != Kind::monitoring_point && !table.has("monitor")) {
      table.wrong("driver",
                  "\"none\" means that only a monitoring point can see it, but there is no monitor = [ { "
                  "point = \"<id>\", channel = \"…\" } ]");
    } else if (kind != Kind::monitoring_point && table.node().find("monitor")->value.items.empty()) {
      table.wrong("monitor", "empty, but driver \"none\" means that only a monitoring point can see it");
    }
    table.refuse_unknown();
  }
  loading.device_spots.emplace(device.id, std::move(spots));
  return device;
}

}  // namespace

std::string_view section_of(Kind kind) {
  switch (kind) {
    case Kind::access_point:
      return "access_point";
    case Kind::speaker_cluster:
      return "speaker_cluster";
    case Kind::camera:
      return "camera";
    case Kind::website:
      return "website";
    case Kind::uplink:
      return "uplink";
    case Kind::network_switch:
      return "switch";
    case Kind::monitoring_point:
      return "monitoring_point";
  }
  return "device";
}

void read_devices(Loading& loading) {
  std::vector<std::pair<Spot, DeviceSettings>> all;
  for (std::size_t i = 0; i < kKinds; ++i) {
    const auto kind = static_cast<Kind>(i);
    for (const Node& node : rows_of(loading, section_of(kind)))
      all.emplace_back(node.at, read_device(loading, kind, node));
  }
  std::ranges::sort(all, [](const auto& a, const auto& b) {
    const bool a_point = a.second.kind == Kind::monitoring_point,
               b_point = b.second.kind == Kind::monitoring_point;
    return a_point != b_point ? a_point : a.first < b.first;
  });
  for (auto& [at, device] : all) loading.settings.devices.push_back(std::move(device));
}

}  // namespace commune_watch
