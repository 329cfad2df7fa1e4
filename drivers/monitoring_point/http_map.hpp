// What the drivers http-map and csv-drop have in common: from any platform's list to channels, by a map that
// is data.
//
// Pure, on foreign bytes. What the map does not find is absent, so unknown; it is never "offline".
#pragma once
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/monitoring_point/recorder.hpp"

namespace commune_watch {

// Where things stand. json: pointers (RFC 6901), `list` from the root, the rest from one item; "@name" is the
// item's own name in an object of objects. xml: paths of names, "a/b" or "a/@attribute", the same way. csv:
// names of columns, as the first row has them; a table without rows is none. text: `list` is a regular
// expression that matches one item, the rest are numbers of its groups.
struct HttpMap {
  enum class Format : std::uint8_t { json, xml, csv, text } format = Format::json;
  std::string list, key, state, seen, recording;
  std::optional<std::regex> row;             // of format text
  std::vector<std::string> online, offline;  // words of `state`; the rest says nothing
  std::optional<std::int64_t> online_from;   // a number of at least that is online, less is offline
  std::string zone = "+07:00";               // of `seen`, where a csv's time has none of its own
  Millis seen_within = 0;                    // older is offline, whatever `state` says; 0: not looked at
  std::vector<std::string> recording_on, recording_off;
};

std::string check_http_map(const Options& options, std::string_view format);
HttpMap map_of(const Options& options, std::string_view format);  // that check_http_map() found good

// Absent: the list is not there, or is more than kMaxSightings.
std::optional<std::vector<RecorderChannel>> read_map(std::string_view body, const HttpMap& map,
                                                     std::optional<Millis> utc_now);

bool is_json_pointer(const std::string& text);

// The text at a JSON pointer, for a token.
std::optional<std::string> json_text(std::string_view body, const std::string& pointer);

// The options that say where things stand.
inline constexpr Option kKeyOption{
    "key", OptionType::text, true, "",
    "Where an item's key stands: a pointer, a path, a column's name, a group's number; \"@name\" is an "
    "item's own name in a JSON object."};
inline constexpr Option kStateOption{"state", OptionType::text, false, "",
                                     "Where an item says whether it is online."};
inline constexpr Option kOnlineOption{"online", OptionType::list, false, "",
                                      "Words of `state` that mean online."};
inline constexpr Option kOfflineOption{"offline", OptionType::list, false, "",
                                       "Words of `state` that mean offline; any other word is unknown."};
inline constexpr Option kOnlineFromOption{"online_from", OptionType::integer, false, "",
                                          "A number in `state` of at least this is online, less is offline."};
inline constexpr Option kSeenOption{
    "seen", OptionType::text, false, "",
    "Where an item says when it was last seen: RFC 3339, or seconds or milliseconds since 1970."};
inline constexpr Option kSeenWithinOption{"seen_within", OptionType::duration, false, "",
                                          "Seen longer ago than this is offline."};
inline constexpr Option kRecordingOption{"recording", OptionType::text, false, "",
                                         "Where an item says whether it is recorded."};
inline constexpr Option kRecordingOnOption{"recording_on", OptionType::list, false, "",
                                           "Words of `recording` that mean that it is."};
inline constexpr Option kRecordingOffOption{"recording_off", OptionType::list, false, "",
                                            "Words of `recording` that mean that it is not."};
inline constexpr Option kZoneOption{
    "zone", OptionType::text, false, "+07:00",
    "Zone of `seen` in a csv whose times say none, as \"22/11/2026 08:30:15\" or \"2026-11-22 08:30\"."};

}  // namespace commune_watch
