// The sections about the commune and its gateway: commune, gateway, hamlets, places, contractors.
#include <fmt/format.h>

#include <algorithm>

#include "domain/url.hpp"
#include "settings/loading.hpp"
#include "settings/words.hpp"
#include "settings/zone.hpp"

namespace commune_watch {
namespace {

using Need = Table::Need;
constexpr Millis kMinute = 60'000, kHour = 3'600'000;

template <class Value>
std::vector<std::string_view> codes(std::size_t count) {
  std::vector<std::string_view> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(code(static_cast<Value>(i)));
  return all;
}

std::vector<Must> must_have(Loading& loading, Table& table) {
  std::vector<Must> all;
  for (const auto& item : table.list("must_have")) {
    if (const auto must = must_of(item.text); !must) {
      const auto known = codes<Must>(kMusts);
      loading.problems.error(
          item.at, "must_have",
          fmt::format("unknown; may hold {}{}", fmt::join(known, ", "), hint(item.text, known)));
    } else if (std::ranges::find(all, *must) != all.end()) {
      loading.problems.error(item.at, "must_have", "named twice");
    } else {
      all.push_back(*must);
    }
  }
  return all;
}

void read_commune(Loading& loading) {
  CommuneSettings& commune = loading.settings.commune;
  const Node& node = table_of(loading, "commune");
  if (loading.root.find("commune") == nullptr) {
    loading.problems.error({0, 1, 1}, "commune",
                           "missing; begin with [commune] and its id, code, name and province");
    return;
  }
  if (&node == &kNoTable) return;  // not a table, already told
  Table table{node, "[commune]", loading.problems};
  commune.id = table.id("id", Need::required);
  loading.name(commune.id, "[commune]", table.at("id"));
  commune.origin = loading.problems.place(table.at("id"));
  commune.code = table.text("code", Need::required);
  const bool is_code =
      commune.code.size() == 5 && commune.code.find_first_not_of("0123456789") == std::string::npos;
  if (!commune.code.empty() && !is_code)
    loading.problems.warning(
        table.at("code"), "code",
        "not the five digits of a commune in the state's list; forms will print it as it is");
  commune.name = table.text("name", Need::required);
  commune.province = table.text("province", Need::required);
  if (const std::string language = table.text("language"); language == "en") {
    commune.language = Language::en;
  } else if (table.has("language") && language != "vi") {
    table.wrong("language", "must be \"vi\" or \"en\"");
  }
  if (const std::string zone = table.text("timezone"); !zone.empty()) commune.timezone = zone;
  if (auto zone = load_zone(commune.timezone)) {
    commune.zone = std::move(*zone);
  } else {
    table.wrong("timezone", zone.error().why);
  }
  commune.criteria = ids_in(loading, table, "criteria");
  for (const auto& item : table.list("holidays")) {
    if (const std::string why = trouble_with_id(item.text); !why.empty()) {
      loading.problems.error(item.at, "holidays", why + " (it names a file: \"vn-2026\")");
      continue;
    }
    commune.holidays.push_back(item.text);
    for (const std::int32_t date : holidays_of(loading, item.text, item.at))
      commune.public_holidays.push_back(date);
  }
  std::ranges::sort(commune.public_holidays);
  const auto repeated = std::ranges::unique(commune.public_holidays);
  commune.public_holidays.erase(repeated.begin(), repeated.end());
  table.refuse_unknown();
}

void read_gateway(Loading& loading) {
  GatewaySettings& gateway = loading.settings.gateway;
  Table table{table_of(loading, "gateway"), "[gateway]", loading.problems};
  if (const std::string id = table.id("id"); !id.empty()) gateway.id = id;
  gateway.simulated = table.boolean("simulated", false);
  if (const std::string clock = table.text("clock"); clock == "host") {
    gateway.host_keeps_clock = true;
  } else if (table.has("clock") && clock != "ntp") {
    table.wrong(
        "clock",
        R"(must be "ntp", or "host" on a virtual machine or in a container whose host keeps its clock)");
  }
  gateway.interval = table.duration("interval", 100, kHour).value_or(gateway.interval);
  gateway.media_interval = table.duration("media_interval", 100, 6 * kHour)
                               .value_or(std::max(gateway.media_interval, gateway.interval));
  gateway.picture_interval = table.duration("picture_interval", 100, 24 * kHour)
                                 .value_or(std::max(gateway.picture_interval, gateway.interval));
  gateway.recheck =
      table.duration("recheck", 100, 10 * kMinute).value_or(std::min(gateway.recheck, gateway.interval));
  gateway.limit =
      table.duration("limit", 100, 5 * kMinute).value_or(std::min(gateway.limit, gateway.interval));
  for (const auto& item : table.list("segment")) {
    if (!is_host(item.text))
      loading.problems.error(item.at, "segment", "not an IPv4 or IPv6 address or a host name");
    gateway.segment.push_back(item.text);
  }
  gateway.parallel_per_host = table.integer("parallel_per_host", 1, 16).value_or(gateway.parallel_per_host);
  gateway.parallel_sessions = table.integer("parallel_sessions", 1, 64).value_or(gateway.parallel_sessions);
  gateway.parallel = table.integer("parallel", 1, 4096).value_or(gateway.parallel);
  gateway.keep_pictures = table.duration("keep_pictures", kHour, 90 * 24 * kHour).value_or(0);
  gateway.pictures_mb = table.integer("pictures_mb", 1, 100'000).value_or(gateway.pictures_mb);
  gateway.backup_directory = table.text("backup_directory");
  if (!gateway.backup_directory.empty() && !gateway.backup_directory.starts_with('/'))
    table.wrong("backup_directory", "must be an absolute path, as \"/media/usb/commune-watch\"");
  table.refuse_unknown();
}

void read_hamlets(Loading& loading) {
  for (const Node& node : rows_of(loading, "hamlet")) {
    Table table{node, "[[hamlet]]", loading.problems};
    HamletSettings hamlet;
    hamlet.id = table.id("id", Need::required);
    loading.name(hamlet.id, "[[hamlet]]", table.at("id"));
    hamlet.name = table.text("name", Need::required);
    hamlet.basis = table.text("basis");
    hamlet.must_have = must_have(loading, table);
    table.refuse_unknown();
    loading.settings.hamlets.push_back(std::move(hamlet));
  }
}

Hours read_hours(Loading& loading, Table& table) {
  Hours hours;
  std::vector<std::string> texts;
  for (const auto& item : table.list("service_hours")) {
    if (const auto one = parse_hours({item.text}); !one) {
      loading.problems.error(item.at, "service_hours", one.error().why);
      return hours;
    }
    texts.push_back(item.text);
  }
  if (texts.empty()) return hours;
  hours.weekly = *parse_hours(texts);
  // DESIGN §4: hours so short that every outage falls outside them prove nothing.
  if (const int minutes = hours.weekly_minutes(); minutes < kMinWeeklyMinutes) {
    table.wrong("service_hours",
                fmt::format("{}:{:02} a week; at least {} hours are needed for a figure that means something",
                            minutes / 60, minutes % 60, kMinWeeklyMinutes / 60));
  }
  if (!hours.weekly.empty()) hours.closed = loading.settings.commune.public_holidays;
  return hours;
}

void read_places(Loading& loading) {
  for (const Node& node : rows_of(loading, "place")) {
    Table table{node, "[[place]]", loading.problems};
    PlaceSettings place;
    place.id = table.id("id", Need::required);
    loading.name(place.id, "[[place]]", table.at("id"));
    place.name = table.text("name", Need::required);
    place.basis = table.text("basis");
    if (const std::string kind = table.text("kind", Need::required); !kind.empty()) {
      const auto known = codes<PlaceKind>(kPlaceKinds);
      if (const auto found = place_kind_of(kind)) {
        place.kind = *found;
      } else {
        table.wrong("kind", fmt::format("unknown kind of place; there are {}{}", fmt::join(known, ", "),
                                        hint(kind, known)));
      }
    }
    place.hamlet = table.id("hamlet");
    loading.refer(table, "hamlet", "hamlet", place.hamlet);
    place.must_have = must_have(loading, table);
    place.hours = read_hours(loading, table);
    table.refuse_unknown();
    loading.settings.places.push_back(std::move(place));
  }
}

void read_contractors(Loading& loading) {
  for (const Node& node : rows_of(loading, "contractor")) {
    Table table{node, "[[contractor]]", loading.problems};
    ContractorSettings contractor;
    contractor.id = table.id("id", Need::required);
    contractor.name = table.text("name", Need::required);
    contractor.phone = table.text("phone");
    const auto [there, is_new] = loading.contractors.emplace(contractor.id, table.at("id"));
    if (!contractor.id.empty() && !is_new)
      table.wrong("id", fmt::format("'{}' is already a [[contractor]] at {}", contractor.id,
                                    loading.problems.place(there->second)));
    table.refuse_unknown();
    loading.settings.contractors.push_back(std::move(contractor));
  }
}

}  // namespace

const Node& table_of(Loading& loading, std::string_view key) {
  const Field* found = loading.root.find(key);
  if (found == nullptr) return kNoTable;
  if (found->value.type == Node::Type::table) return found->value;
  loading.problems.error(
      found->at, key,
      fmt::format("is {}; there is one [{}], in single brackets", what_it_is(found->value), key));
  return kNoTable;
}

const std::vector<Node>& rows_of(Loading& loading, std::string_view key) {
  static const std::vector<Node> kNone;
  const Field* found = loading.root.find(key);
  if (found == nullptr || (found->value.type == Node::Type::list && found->value.items.empty())) return kNone;
  if (found->value.is_list_of_tables()) return found->value.items;
  loading.problems.error(
      found->at, key,
      fmt::format("is {}; each one is written [[{}]], in double brackets", what_it_is(found->value), key));
  return kNone;
}

std::vector<std::string> ids_in(Loading& loading, Table& table, std::string_view key) {
  std::vector<std::string> all;
  for (const auto& item : table.list(key)) {
    std::string why = trouble_with_id(item.text);
    if (why.empty() && std::ranges::find(all, item.text) != all.end()) why = "named twice";
    if (why.empty()) {
      all.push_back(item.text);
    } else {
      loading.problems.error(item.at, key, why);
    }
  }
  return all;
}

void Loading::name(const std::string& id, std::string what, Spot at) {
  if (id.empty()) return;
  const auto [there, is_new] = names.emplace(id, Named{std::move(what), at});
  if (!is_new)
    problems.error(at, "id",
                   fmt::format("'{}' is already the id of a {} at {}; communes, hamlets, places, devices and "
                               "monitoring points share one name space",
                               id, there->second.what, problems.place(there->second.at)));
}

void Loading::refer(const Table& table, std::string_view key, std::string_view wants, const std::string& id) {
  if (!id.empty()) references.push_back({table.at(key), std::string{key}, std::string{wants}, id});
}

void read_sections(Loading& loading) {
  read_commune(loading);
  read_gateway(loading);
  read_logins(loading);
  read_mqtt(loading);
  read_witnesses(loading);
  read_hamlets(loading);
  read_places(loading);
  read_contractors(loading);
  read_broadcasts(loading);

  Table top{loading.root, "the configuration", loading.problems};
  for (const std::string_view key :
       {"commune", "gateway", "mqtt", "witness", "login", "hamlet", "place", "contractor", "broadcast"})
    top.field(key);
  for (std::size_t kind = 0; kind < kKinds; ++kind) top.field(section_of(static_cast<Kind>(kind)));
  top.refuse_unknown();
}

}  // namespace commune_watch
