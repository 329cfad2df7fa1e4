// What only the whole configuration shows: names that must exist, circles of parents, things watched twice.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "settings/loading.hpp"

namespace commune_watch {
namespace {

using Ids = std::vector<std::string_view>;

Ids ids_of(const Loading& loading, std::string_view wants) {
  const Settings& settings = loading.settings;
  Ids ids;
  if (wants == "hamlet") {
    for (const auto& hamlet : settings.hamlets) ids.push_back(hamlet.id);
  } else if (wants == "place") {
    for (const auto& place : settings.places) ids.push_back(place.id);
  } else if (wants == "contractor") {
    for (const auto& contractor : settings.contractors) ids.push_back(contractor.id);
  } else if (wants == "login") {
    for (const auto& [id, login] : settings.logins) ids.push_back(id);
  } else {
    for (const auto& device : settings.devices) {
      const bool is_point = device.kind == Kind::monitoring_point;
      if (wants == "device" ? !is_point : section_of(device.kind) == wants) ids.push_back(device.id);
    }
  }
  std::erase(ids, std::string_view{});
  return ids;
}

void check_names(Loading& loading) {
  std::set<std::string> used_logins;
  std::map<std::string, Ids, std::less<>> known;
  for (const auto& reference : loading.references) {
    const auto [there, is_new] = known.try_emplace(reference.wants);
    if (is_new) there->second = ids_of(loading, reference.wants);
    if (reference.wants == "login") used_logins.insert(reference.id);
    if (std::ranges::find(there->second, reference.id) != there->second.end()) continue;
    const std::string wanted = reference.wants == "device"  ? "device"
                               : reference.wants == "login" ? fmt::format("[login.{}]", reference.id)
                                                            : fmt::format("[[{}]]", reference.wants);
    const auto other = loading.names.find(reference.id);
    std::string why = reference.wants == "login" ? fmt::format("there is no {}", wanted)
                                                 : fmt::format("there is no {} '{}'", wanted, reference.id);
    if (reference.wants != "login" && reference.wants != "contractor" && other != loading.names.end()) {
      why = fmt::format("'{}' is a {}, not a {}", reference.id, other->second.what, wanted);
    }
    loading.problems.error(reference.at, reference.key, why + hint(reference.id, there->second));
  }
  for (const auto& [id, spots] : loading.login_spots) {
    if (!used_logins.contains(id)) loading.problems.warning(spots.header, id, "no device uses this login");
  }
}

void check_circles(Loading& loading) {
  std::map<std::string_view, const DeviceSettings*> by_id;
  for (const auto& device : loading.settings.devices) by_id.emplace(device.id, &device);
  std::set<std::string_view> cleared;  // lead to no circle, or to one that was told
  for (const auto& device : loading.settings.devices) {
    std::vector<std::string_view> chain;
    for (const DeviceSettings* at = &device; at != nullptr && !cleared.contains(at->id);) {
      const auto seen = std::ranges::find(chain, at->id);
      if (seen != chain.end()) {
        std::vector<std::string_view> circle{seen, chain.end()};
        circle.push_back(at->id);
        const auto spots = loading.device_spots.find(at->id);
        loading.problems.error(spots->second.parent, "parent",
                               fmt::format("goes in a circle: {}", fmt::join(circle, " -> ")));
        break;
      }
      chain.push_back(at->id);
      const auto parent = by_id.find(at->parent);
      at = at->parent.empty() || parent == by_id.end() ? nullptr : parent->second;
    }
    cleared.insert(chain.begin(), chain.end());
  }
}

// A monitoring point's channel is one device's; a device is judged by one of the commune's monitoring points.
void check_bindings(Loading& loading) {
  std::map<std::pair<std::string_view, std::string_view>, std::pair<std::string_view, Spot>> taken;
  for (const auto& device : loading.settings.devices) {
    const auto& spots = loading.device_spots.find(device.id)->second.monitor;
    std::string_view judged_by;
    for (std::size_t i = 0; i < device.monitor.size() && i < spots.size(); ++i) {
      const MonitorSettings& row = device.monitor[i];
      const auto [there, is_new] = taken.try_emplace({row.point, row.key}, device.id, spots[i]);
      if (!is_new)
        loading.problems.error(
            spots[i], "monitor",
            fmt::format("'{}' of '{}' is already '{}' at {}; one channel cannot prove two devices", row.key,
                        row.point, there->second.first, loading.problems.place(there->second.second)));
      const DeviceSettings* point = loading.settings.device(row.point);
      if (point == nullptr || point->kind != Kind::monitoring_point || point->role != "commune") continue;
      if (!judged_by.empty())
        loading.problems.error(
            spots[i], "monitor",
            fmt::format("both '{}' and '{}' have the role \"commune\"; a device is judged by one of them",
                        judged_by, row.point));
      judged_by = row.point;
    }
  }
}

void check_doubles(Loading& loading) {
  std::map<std::pair<Kind, std::string>, std::string_view> seen;
  for (const auto& device : loading.settings.devices) {
    std::string stream = stream_of(device);
    if (stream.empty()) continue;
    const auto [there, is_new] = seen.try_emplace({device.kind, std::move(stream)}, device.id);
    if (!is_new)
      loading.problems.warning(
          loading.device_spots.find(device.id)->second.url, "url",
          fmt::format("the same as that of '{}'; two devices with one stream count once", there->second));
  }
}

}  // namespace

void check_references(Loading& loading) {
  check_names(loading);
  check_circles(loading);
  check_bindings(loading);
  check_doubles(loading);
}

}  // namespace commune_watch
