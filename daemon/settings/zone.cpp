// Reads a zone through the date library, which reads the system's tzdata: the only file that sees it.
#include "settings/zone.hpp"

#include <date/tz.h>

#include <algorithm>
#include <filesystem>

#include "settings/problems.hpp"

namespace commune_watch {

Result<Zone> load_zone(const std::string& name) {
  std::error_code error;
  if (!std::filesystem::is_directory("/usr/share/zoneinfo", error)) {
    return fail(
        "time zones are not installed here (/usr/share/zoneinfo is missing); run: apt install tzdata");
  }
  try {
    const date::tzdb& zones = date::get_tzdb();
    if (!std::ranges::any_of(zones.zones, [&](const date::time_zone& zone) { return zone.name() == name; })) {
      std::vector<std::string_view> names;
      for (const date::time_zone& zone : zones.zones) names.push_back(zone.name());
      const std::string near = hint(name, names);
      return fail("not a time zone of this machine" +
                  (near.empty() ? "; in Vietnam it is \"Asia/Ho_Chi_Minh\"" : near));
    }
    const date::time_zone* zone = date::locate_zone(name);
    std::vector<Zone::Change> changes;
    const date::sys_seconds last = date::sys_days{date::year{2100} / 1 / 1};
    for (date::sys_seconds at = date::sys_days{date::year{1970} / 1 / 1}; at < last;) {
      const date::sys_info info = zone->get_info(at);
      const Millis from = changes.empty() ? INT64_MIN : at.time_since_epoch().count() * 1000;
      const Millis offset = info.offset.count() * 1000;
      if (changes.empty() || changes.back().offset != offset) changes.push_back({from, offset});
      at = info.end;
    }
    return Zone{std::move(changes)};
  } catch (const std::exception& failure) {
    return fail(std::string{"the system's time zones cannot be read: "} + failure.what());
  }
}

}  // namespace commune_watch
