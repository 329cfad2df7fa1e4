// ISAPI's XML by local names.
#include "drivers/monitoring_point/hikvision.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "drivers/xml.hpp"

namespace commune_watch::hikvision {
namespace {

constexpr Millis kSecond = 1'000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;

// Days since 1970 of the proleptic Gregorian calendar (H. Hinnant, chrono-compatible date algorithms).
std::int64_t days_of(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto of_era = static_cast<unsigned>(year - era * 400);
  const unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146'097 + static_cast<std::int64_t>(of_era * 365 + of_era / 4 - of_era / 100 + of_year) -
         719'468;
}

struct Date {
  std::int64_t year = 1970;
  unsigned month = 1, day = 1;
};

Date date_of(Millis wall) {
  const std::int64_t days = (wall >= 0 ? wall : wall - kDay + 1) / kDay + 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const auto of_era = static_cast<unsigned>(days - era * 146'097);
  const unsigned years = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
  const unsigned of_year = of_era - (365 * years + years / 4 - years / 100);
  const unsigned shifted = (5 * of_year + 2) / 153;
  Date date{.year = years + era * 400,
            .month = shifted < 10 ? shifted + 3 : shifted - 9,
            .day = of_year - (153 * shifted + 2) / 5 + 1};
  if (date.month <= 2) ++date.year;
  return date;
}

std::optional<unsigned> digits(std::string_view text, std::size_t at, std::size_t count) {
  unsigned value = 0;
  if (at + count > text.size()) return std::nullopt;
  const auto* const end = text.data() + at + count;
  const auto read = std::from_chars(text.data() + at, end, value);
  return read.ec == std::errc() && read.ptr == end ? std::optional(value) : std::nullopt;
}

// "2026-11-22T14:00:00", whatever follows.
std::optional<Millis> wall_of(std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (*month < 1 || *month > 12 || *day < 1 || *day > 31 || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;
  return days_of(*year, *month, *day) * kDay + *hour * kHour + *minute * kMinute + *second * kSecond;
}

// "+07:00" or "Z" behind the seconds, perhaps after a fraction.
std::optional<Millis> offset_of(std::string_view text) {
  if (text.size() < 20) return std::nullopt;
  const auto at = text.find_first_of("Z+-", 19);
  if (at == std::string_view::npos) return std::nullopt;
  if (text[at] == 'Z') return 0;
  const auto hours = digits(text, at + 1, 2), minutes = digits(text, at + 4, 2);
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
  const Millis off = *hours * kHour + *minutes * kMinute;
  return text[at] == '-' ? -off : off;
}

// "CST-7:00:00": POSIX, so the sign is that of what is to be added to get UTC.
std::optional<Millis> posix_zone(std::string_view text) {
  const auto at = text.find_first_of("+-");
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  const auto colon = text.find(':', at);
  if (colon == std::string_view::npos || colon - at < 2 || colon - at > 3) return std::nullopt;
  const auto hours = digits(text, at + 1, colon - at - 1), minutes = digits(text, colon + 1, 2);
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
  const Millis west = *hours * kHour + *minutes * kMinute;
  return text[at] == '-' ? west : -west;
}

// Digits in their own width, blank otherwise.
std::string padded(std::int64_t number, std::size_t width) {
  std::string text = std::to_string(number);
  text.insert(0, width > text.size() ? width - text.size() : 0, '0');
  return text;
}

std::string stamp(Millis wall) {
  const Date date = date_of(wall);
  const Millis of_day = ((wall % kDay) + kDay) % kDay;
  std::string text = padded(date.year, 4);
  text.append("-").append(padded(date.month, 2)).append("-").append(padded(date.day, 2));
  text.append("T").append(padded(of_day / kHour, 2)).append(":").append(padded(of_day / kMinute % 60, 2));
  text.append(":").append(padded(of_day / kSecond % 60, 2)).append("Z");
  return text;
}

// Only what is known to mean that the recorder has no picture is a reason; the rest is "offline", in its own
// words.
ReasonId why_of(std::string_view detected) {
  if (detected == "errorUserNameOrPasswd" || detected == "userOrPasswordError" || detected == "userLocked")
    return reason_id("recorder-login");
  if (detected == "ipAddrConflicWithIpc" || detected == "cipAddrConflictWithDev" ||
      detected == "ipAddrConflictWithIpc")
    return reason_id("address-conflict");
  if (detected == "ipcStreamTypeNotSupport" || detected == "ipcResolutionNotSupport" ||
      detected == "overSysBandwidth")
    return reason_id("recorder-cannot-show");
  return ReasonId::none;
}

template <class Read>
std::optional<std::vector<RecorderChannel>> read_channels(std::string_view body, std::string_view root,
                                                          std::string_view row, Read read) {
  const xml::Document document(body);
  const xml::Node list = document.root();
  if (list.name() != root) return std::nullopt;
  std::vector<RecorderChannel> channels;
  for (const xml::Node& each : list.children(row)) {
    auto key = each.child("id").text();
    if (!key) continue;
    if (channels.size() >= kMaxSightings) return std::nullopt;
    RecorderChannel channel{.key = clean_words(*key)};
    read(each, channel);
    channels.push_back(std::move(channel));
  }
  return channels;
}

}  // namespace

std::optional<std::vector<RecorderChannel>> read_status(std::string_view body) {
  return read_channels(body, "InputProxyChannelStatusList", "InputProxyChannelStatus",
                       [](const xml::Node& row, RecorderChannel& channel) {
                         channel.online = row.child("online").boolean();
                         if (auto detected = row.child("chanDetectResult").text()) {
                           channel.words = clean_words(*detected);
                           if (channel.online && !*channel.online) channel.why = why_of(channel.words);
                         }
                         channel.address = row.at("sourceInputPortDescriptor/ipAddress").text().value_or("");
                       });
}

std::optional<std::vector<RecorderChannel>> read_inputs(std::string_view body) {
  return read_channels(body, "VideoInputChannelList", "VideoInputChannel",
                       [](const xml::Node& row, RecorderChannel& channel) {
                         const auto resolution = row.child("resDesc").text();
                         if (!resolution) return;
                         channel.online = *resolution != "NO VIDEO";
                         channel.words = clean_words(*resolution);
                         if (!*channel.online) channel.why = reason_id("no-signal");
                       });
}

bool read_sources(std::string_view body, std::vector<RecorderChannel>& channels) {
  const xml::Document document(body);
  const xml::Node list = document.root();
  if (list.name() != "InputProxyChannelList") return false;
  for (const xml::Node& row : list.children("InputProxyChannel")) {
    const auto key = row.child("id").text();
    const auto found =
        std::ranges::find_if(channels, [&](const RecorderChannel& each) { return key && each.key == *key; });
    if (found == channels.end()) continue;
    const xml::Node source = row.child("sourceInputPortDescriptor");
    if (auto address = source.child("ipAddress").text()) found->address = *std::move(address);
    if (auto serial = source.child("serialNumber").text()) found->serial = *std::move(serial);
  }
  return true;
}

std::optional<Clock> read_clock(std::string_view body) {
  const xml::Document document(body);
  const xml::Node root = document.root();
  const auto local = root.child("localTime").text();
  const auto wall = local ? wall_of(*local) : std::nullopt;
  if (!wall) return std::nullopt;
  Clock clock{.wall = *wall, .utc = {}};
  auto offset = offset_of(*local);
  // A "Z" is the wall clock again; the zone stands beside it.
  if (const auto zone = root.child("timeZone").text(); zone && (!offset || *offset == 0))
    offset = posix_zone(*zone);
  if (offset) clock.utc = *wall - *offset;
  return clock;
}

std::optional<Disks> read_disks(std::string_view body) {
  const xml::Document document(body);
  const xml::Node root = document.root();
  const xml::Node list = root.find("hddList");
  if (!list) return std::nullopt;
  constexpr auto kGood = std::to_array<std::string_view>({"ok", "normal", "idle", "sleep", "formatting"});
  Disks disks;
  const auto look = [&](const xml::Node& disk) {
    const auto status = disk.child("status").text();
    if (!status || *status == "notexist" || *status == "notExist") return;
    if (std::ranges::find(kGood, *status) != kGood.end()) {
      ++disks.good;
    } else if (disks.bad++ == 0) {
      disks.words = clean_words(disk.child("hddName").text().value_or("hdd") + ": " + *status);
    }
  };
  for (const xml::Node& disk : list.children("hdd")) look(disk);
  for (const xml::Node& disk : root.find("nasList").children("nas")) look(disk);
  return disks;
}

std::string search_for(const std::string& channel, Millis from, Millis to, bool old) {
  std::string body =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CMSearchDescription>"
      "<searchID>C0FFEE00-0000-4000-8000-";
  body.append(padded(to / kSecond % 1'000'000'000'000, 12)).append("</searchID><trackIDList><trackID>");
  body.append(channel).append("01</trackID></trackIDList><timeSpanList><timeSpan><startTime>");
  body.append(stamp(from)).append("</startTime><endTime>").append(stamp(to));
  body.append("</endTime></timeSpan></timeSpanList><maxResults>100</maxResults>");
  body.append(old ? "<searchResultPostion>0</searchResultPostion>"
                  : "<searchResultPosition>0</searchResultPosition>");
  body.append(
      "<metadataList><metadataDescriptor>//recordType.meta.std-cgi.com</metadataDescriptor></metadataList>"
      "</CMSearchDescription>");
  return body;
}

std::optional<Matches> read_matches(std::string_view body) {
  const xml::Document document(body);
  const xml::Node root = document.root();
  if (root.name() != "CMSearchResult") return std::nullopt;
  const auto said = root.child("responseStatusStrg").text();
  if (root.child("responseStatus").boolean() == std::optional(false) &&
      said != std::optional<std::string>("NO MATCHES"))
    return std::nullopt;
  Matches matches;
  for (const xml::Node& item : root.child("matchList").children("searchMatchItem")) {
    const auto ended = item.at("timeSpan/endTime").text();
    const auto wall = ended ? wall_of(*ended) : std::nullopt;
    if (wall && (!matches.newest || *wall > *matches.newest)) matches.newest = wall;
  }
  if (!matches.newest && root.child("numOfMatches").integer().value_or(0) > 0) return std::nullopt;
  return matches;
}

std::string month_of(Millis wall) {
  const Date date = date_of(wall);
  return "<trackDailyParam><year>" + std::to_string(date.year) + "</year><monthOfYear>" +
         std::to_string(date.month) + "</monthOfYear></trackDailyParam>";
}

Millis month_before(Millis wall) { return wall - static_cast<Millis>(date_of(wall).day) * kDay; }

std::optional<std::vector<int>> read_days(std::string_view body) {
  const xml::Document document(body);
  const xml::Node list = document.root().find("dayList");
  if (!list) return std::nullopt;
  std::vector<int> days;
  for (const xml::Node& day : list.children("day")) {
    const auto number = day.child("dayOfMonth").integer();
    if (number && *number >= 1 && *number <= 31 && day.child("record").boolean().value_or(false))
      days.push_back(static_cast<int>(*number));
  }
  std::ranges::sort(days);
  days.erase(std::ranges::unique(days).begin(), days.end());
  return days;
}

std::vector<std::pair<std::string, Mode>> read_tracks(std::string_view body) {
  const xml::Document document(body);
  std::vector<std::pair<std::string, Mode>> modes;
  for (const xml::Node& track : document.root().children("Track")) {
    const auto id = track.child("id").text();
    if (!id || id->size() < 3 || !id->ends_with("01") || modes.size() >= kMaxSightings) continue;
    Mode mode = Mode::unknown;
    if (const auto way = track.find("ActionRecordingMode").text())
      mode = *way == "CMR" ? Mode::always : Mode::on_event;
    if (track.find("enableSchedule").boolean() == std::optional(false)) mode = Mode::off;
    modes.emplace_back(id->substr(0, id->size() - 2), mode);
  }
  return modes;
}

std::optional<Identity> read_device(std::string_view body) {
  const xml::Document document(body);
  const xml::Node root = document.root();
  if (root.name() != "DeviceInfo") return std::nullopt;
  const auto word = [&](std::string_view name) { return clean_words(root.child(name).text().value_or("")); };
  return Identity{.maker = word("manufacturer"),
                  .model = word("model"),
                  .serial = word("serialNumber"),
                  .mac = word("macAddress"),
                  .firmware = word("firmwareVersion"),
                  .spki_sha256 = {}};
}

std::optional<std::string> locked(std::string_view body) {
  const xml::Document document(body);
  const xml::Node root = document.root();
  const auto status = root.find("lockStatus").text();
  if (!status || *status != "lock") return std::nullopt;
  const auto left = root.find("unlockTime").integer();
  return left ? "unlockTime " + std::to_string(*left) + " s" : std::string("lockStatus lock");
}

}  // namespace commune_watch::hikvision
