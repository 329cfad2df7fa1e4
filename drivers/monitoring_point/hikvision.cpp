// ISAPI's XML by local names.
#include "drivers/monitoring_point/hikvision.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "drivers/wall_time.hpp"
#include "drivers/xml.hpp"

namespace commune_watch::hikvision {
namespace {

constexpr Millis kSecond = 1'000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;

Date date_of(Millis wall) { return date_of_day(wall / kDay); }

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
    offset = posix_offset_of(*zone);
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
  const auto number = std::to_string(to / kSecond % 1'000'000'000'000);
  body.append(12 - std::min<std::size_t>(number.size(), 12), '0')
      .append(number)
      .append("</searchID><trackIDList><trackID>");
  body.append(channel).append("01</trackID></trackIDList><timeSpanList><timeSpan><startTime>");
  body.append(wall_text(from)).append("</startTime><endTime>").append(wall_text(to));
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
