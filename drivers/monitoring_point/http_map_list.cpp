// A list in JSON, XML, CSV or text, read by a map that is data.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "drivers/csv.hpp"
#include "drivers/json_shape.hpp"
#include "drivers/monitoring_point/http_map.hpp"
#include "drivers/wall_time.hpp"
#include "drivers/xml.hpp"

namespace commune_watch {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxRow = 4 * 1024;  // of text that one match may look at
// libstdc++'s breadth-first matcher: linear time and no recursion on hostile text (see
// drivers/generic/http.cpp).
constexpr auto kRegex = std::regex_constants::ECMAScript | std::regex_constants::__polynomial;

// Whatever it is, in words; objects and arrays have none.
std::optional<std::string> words_of(const Json& value) {
  if (value.is_string()) return clean_words(value.get_ref<const std::string&>());
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
  if (value.is_number()) {
    const double number = value.get<double>();
    return std::abs(number) < 1e15 ? std::to_string(std::llround(std::floor(number)))
                                   : std::optional<std::string>();
  }
  return std::nullopt;
}

std::optional<Json> parsed(std::string_view body) {
  if (!modest_json(body, kMaxDepth)) return std::nullopt;
  Json json = Json::parse(body, nullptr, false);
  return json.is_discarded() ? std::nullopt : std::optional(std::move(json));
}

const Json* at(const Json& json, const std::string& pointer) {
  const Json::json_pointer where(pointer);
  return json.contains(where) ? &json.at(where) : nullptr;
}

std::optional<std::int64_t> number_of(const std::string& text) {
  std::int64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc() && read.ptr == end ? std::optional(value) : std::nullopt;
}

bool is_one_of(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

// One item, whatever the format: `look` gives what stands at a place.
template <class Look>
std::optional<RecorderChannel> channel_of(const HttpMap& map, std::optional<Millis> utc_now, Look look) {
  const std::optional<std::string> key = look(map.key);
  if (!key || key->empty()) return std::nullopt;
  RecorderChannel channel{.key = *key};
  if (!map.state.empty()) {
    if (const std::optional<std::string> state = look(map.state)) {
      channel.words = *state;
      if (is_one_of(map.online, *state)) channel.online = true;
      if (is_one_of(map.offline, *state)) channel.online = false;
      if (const auto number = number_of(*state); number && map.online_from)
        channel.online = *number >= *map.online_from;
    }
  }
  if (!map.seen.empty() && utc_now) {
    const std::optional<std::string> seen = look(map.seen);
    const auto when = seen ? instant_of(*seen) : std::nullopt;
    if (when && *utc_now - *when > map.seen_within) {
      channel.online = false;
      channel.words = *seen;
    } else if (when && map.state.empty()) {
      channel.online = true;
    }
  }
  if (!map.recording.empty()) {
    if (const std::optional<std::string> recording = look(map.recording)) {
      if (is_one_of(map.recording_on, *recording)) channel.recording = true;
      if (is_one_of(map.recording_off, *recording)) channel.recording = false;
    }
  }
  return channel;
}

// Each key once; where its rows contradict each other nothing is known.
std::vector<RecorderChannel> united(std::vector<RecorderChannel> channels) {
  std::vector<RecorderChannel> all;
  std::map<std::string, std::size_t> at;
  for (RecorderChannel& channel : channels) {
    const auto [known, is_new] = at.try_emplace(channel.key, all.size());
    if (is_new) {
      all.push_back(std::move(channel));
      continue;
    }
    RecorderChannel& first = all[known->second];
    if (first.online != channel.online) first.online.reset();
    if (first.recording != channel.recording) first.recording.reset();
  }
  return all;
}

bool add(std::vector<RecorderChannel>& channels, std::optional<RecorderChannel> channel) {
  if (channel) channels.push_back(std::move(*channel));
  return channels.size() <= kMaxSightings;
}

std::optional<std::vector<RecorderChannel>> read_json(std::string_view body, const HttpMap& map,
                                                      std::optional<Millis> utc_now) {
  const auto json = parsed(body);
  const Json* list = json ? at(*json, map.list) : nullptr;
  if (list == nullptr || !list->is_structured()) return std::nullopt;
  std::vector<RecorderChannel> channels;
  for (const auto& item : list->items()) {
    const auto look = [&](const std::string& place) -> std::optional<std::string> {
      if (place == "@name") return clean_words(item.key());
      const Json* found = at(item.value(), place);
      return found != nullptr ? words_of(*found) : std::nullopt;
    };
    if (!add(channels, channel_of(map, utc_now, look))) return std::nullopt;
  }
  return channels;
}

// "a/b/row": every row below a/b.
std::optional<std::vector<RecorderChannel>> read_xml(std::string_view body, const HttpMap& map,
                                                     std::optional<Millis> utc_now) {
  const xml::Document document(body);
  const auto slash = map.list.rfind('/');
  const auto above =
      slash == std::string::npos ? std::string_view() : std::string_view(map.list).substr(0, slash);
  const xml::Node list = document.root().at(above);
  if (!list) return std::nullopt;
  std::vector<RecorderChannel> channels;
  for (const xml::Node& row : list.children(std::string_view(map.list).substr(slash + 1))) {
    const auto look = [&](const std::string& place) -> std::optional<std::string> {
      const auto attribute = place.find('@');
      const auto found = attribute == std::string::npos
                             ? row.at(place).text()
                             : row.at(place.substr(0, attribute == 0 ? 0 : attribute - 1))
                                   .attribute(place.substr(attribute + 1));
      return found ? std::optional(clean_words(*found)) : std::nullopt;
    };
    if (!add(channels, channel_of(map, utc_now, look))) return std::nullopt;
  }
  return channels;
}

// Line by line: a match does not reach over a line's end.
std::optional<std::vector<RecorderChannel>> read_text(std::string_view body, const HttpMap& map,
                                                      std::optional<Millis> utc_now) {
  std::vector<RecorderChannel> channels;
  for (std::size_t from = 0; from < body.size();) {
    const auto end = std::min(body.find('\n', from), body.size());
    const std::string line(body.substr(from, std::min(end - from, kMaxRow)));
    from = end + 1;
    std::smatch match;
    if (!std::regex_search(line, match, *map.row, std::regex_constants::match_continuous)) continue;
    const auto look = [&](const std::string& place) -> std::optional<std::string> {
      const auto group = number_of(place).value_or(0);
      if (group < 1 || static_cast<std::size_t>(group) >= match.size() ||
          !match[static_cast<std::size_t>(group)].matched)
        return std::nullopt;
      return clean_words(match[static_cast<std::size_t>(group)].str());
    };
    if (!add(channels, channel_of(map, utc_now, look))) return std::nullopt;
  }
  return channels.empty() ? std::nullopt
                          : std::optional(std::move(channels));  // no line fits: it is something else
}

std::regex compiled(const std::string& pattern) { return std::regex("[^]*?(?:" + pattern + ")", kRegex); }

// "22/11/2026 08:30:15" or "2026-11-22 08:30:15", in the zone of who wrote it, as RFC 3339.
std::string with_zone(std::string text, const std::string& zone) {
  const bool day_first = text.size() >= 10 && text[2] == '/' && text[5] == '/';
  if (day_first)
    text = text.substr(6, 4) + "-" + text.substr(3, 2) + "-" + text.substr(0, 2) + text.substr(10);
  if (std::ranges::count(text, ':') == 1) text += ":00";
  if (wall_of(text) && !offset_of(text)) text += zone;
  return text;
}

std::optional<std::vector<RecorderChannel>> read_table(std::string_view body, const HttpMap& map,
                                                       std::optional<Millis> utc_now) {
  CsvRows rows(body);
  const auto names = rows.next();
  if (!names || std::ranges::find(*names, map.key) == names->end()) return std::nullopt;
  std::vector<RecorderChannel> channels;
  while (const auto row = rows.next()) {
    const auto look = [&](const std::string& place) -> std::optional<std::string> {
      const auto column = static_cast<std::size_t>(std::ranges::find(*names, place) - names->begin());
      if (column >= row->size()) return std::nullopt;
      const std::string words = clean_words(row->at(column));
      return place == map.seen ? with_zone(words, map.zone) : words;
    };
    if (!add(channels, channel_of(map, utc_now, look))) return std::nullopt;
  }
  if (rows.broken() || channels.empty())
    return std::nullopt;  // an export that failed, not a fleet that is gone
  return united(std::move(channels));
}

}  // namespace

bool is_json_pointer(const std::string& text) {
  try {
    const Json::json_pointer parsed(text);
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

HttpMap map_of(const Options& options, std::string_view format) {
  HttpMap map;
  if (format == "xml") map.format = HttpMap::Format::xml;
  if (format == "text") map.format = HttpMap::Format::text;
  if (format == "csv") map.format = HttpMap::Format::csv;
  map.list = options.text("list");
  map.key = options.text("key");
  map.state = options.text("state");
  map.seen = options.text("seen");
  map.recording = options.text("recording");
  if (map.format == HttpMap::Format::text) map.row = compiled(map.list);
  map.online = options.list("online");
  map.offline = options.list("offline");
  if (options.has("online_from")) map.online_from = options.integer("online_from");
  map.seen_within = options.integer("seen_within");
  map.zone = options.text("zone", map.zone);
  map.recording_on = options.list("recording_on");
  map.recording_off = options.list("recording_off");
  return map;
}

std::string check_http_map(const Options& options, std::string_view format) {
  if (format != "json" && format != "xml" && format != "csv" && format != "text")
    return "format: must be \"json\", \"xml\", \"csv\" or \"text\"";
  if (const std::string zone = options.text("zone");
      !zone.empty() && !instant_of("2026-01-01T00:00:00" + zone))
    return "zone: must be an offset, as \"+07:00\"";
  if (options.text("key").empty()) return "key: where an item's key stands";
  if (options.text("state").empty() && options.text("seen").empty())
    return "state: where an item says that it is online; or `seen`, when it was";
  if (!options.text("state").empty() && options.list("online").empty() && !options.has("online_from"))
    return "online: the words of `state` that mean online; or `online_from`, a number";
  if (!options.text("seen").empty() && options.integer("seen_within") <= 0)
    return "seen_within: how old `seen` may be, as \"5min\"";
  if (!options.text("recording").empty() && options.list("recording_on").empty())
    return "recording_on: the words of `recording` that mean that it records";
  for (const char* key : {"list", "key", "state", "seen", "recording"}) {
    const std::string place = options.text(key);
    if (format == "json" && place != "@name" && !is_json_pointer(place))
      return std::string(key) + ": must be a JSON pointer, as \"/items\" or \"/status/online\"";
    if (format == "text" && std::string_view(key) != "list" && !place.empty() && !number_of(place))
      return std::string(key) + ": must be the number of a group of `list`, as \"1\"";
  }
  if (format != "text") return {};
  try {
    const auto groups = compiled(options.text("list")).mark_count();
    for (const char* key : {"key", "state", "seen", "recording"})
      if (const auto group = number_of(options.text(key));
          group && (*group < 1 || *group > static_cast<int>(groups)))
        return std::string(key) + ": `list` has " + std::to_string(groups) + " groups";
  } catch (const std::regex_error&) {
    return "list: not a regular expression, or one with back-references";
  }
  return {};
}

std::optional<std::vector<RecorderChannel>> read_map(std::string_view body, const HttpMap& map,
                                                     std::optional<Millis> utc_now) {
  switch (map.format) {
    case HttpMap::Format::json:
      return read_json(body, map, utc_now);
    case HttpMap::Format::xml:
      return read_xml(body, map, utc_now);
    case HttpMap::Format::csv:
      return read_table(body, map, utc_now);
    case HttpMap::Format::text:
      return read_text(body, map, utc_now);
  }
  return std::nullopt;
}

std::optional<std::string> json_text(std::string_view body, const std::string& pointer) {
  const auto json = parsed(body);
  const Json* found = json ? at(*json, pointer) : nullptr;
  return found != nullptr && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
}

}  // namespace commune_watch
