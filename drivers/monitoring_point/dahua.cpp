// Lines of key=value, and a little JSON.
#include "drivers/monitoring_point/dahua.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "drivers/json_shape.hpp"
#include "drivers/wall_time.hpp"

namespace commune_watch::dahua {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostLines = 65'536, kMostName = 128, kMostValue = 256;
constexpr std::int64_t kMostChannels = 1'024;
constexpr std::size_t kMaxDepth = 16;

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc() && read.ptr == end ? std::optional(value) : std::nullopt;
}

// "3" for the API's channel 2.
std::optional<std::string> key_of(std::int64_t channel) {
  if (channel < 0 || channel >= kMostChannels) return std::nullopt;
  return std::to_string(channel + 1);
}

std::optional<std::string> value_of(const Values& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

// Calls with (index, rest of the name, value) for each name that begins "prefix[index]".
template <class Each>
void each_of(const Values& values, const std::string& prefix, Each each) {
  const std::string begin = prefix + "[";
  for (auto at = values.lower_bound(begin); at != values.end() && at->first.starts_with(begin); ++at) {
    const std::string_view name = std::string_view(at->first).substr(begin.size());
    const auto close = name.find(']');
    if (close == std::string_view::npos) continue;
    if (const auto index = number_of(name.substr(0, close))) each(*index, name.substr(close + 1), at->second);
  }
}

// Only what is known to mean that there is no picture is offline.
void judge(RecorderChannel& channel, std::string_view state) {
  channel.words = clean_words(state);
  if (state == "Connected") channel.online = true;
  if (state == "Unconnect" || state == "ConnectFailed" || state == "Connecting" || state == "Disable" ||
      state == "Empty")
    channel.online = false;
  if (state == "Disable" || state == "Empty") channel.why = reason_id("channel-off");
}

// Small answers, of bounded depth: everything that is asked for stands at depth 4 or less.
std::optional<Json> parsed(std::string_view body) {
  if (!modest_json(body, kMaxDepth)) return std::nullopt;
  Json json = Json::parse(body, nullptr, false);
  return json.is_object() ? std::optional(std::move(json)) : std::nullopt;
}

std::optional<std::int64_t> integer_at(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_integer() ? std::optional(found->get<std::int64_t>())
                                                           : std::nullopt;
}

}  // namespace

std::optional<Values> read_values(std::string_view body) {
  Values values;
  std::size_t lines = 0;
  for (std::size_t from = 0; from < body.size();) {
    const auto end = std::min(body.find('\n', from), body.size());
    std::string_view line = body.substr(from, end - from);
    from = end + 1;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const auto equals = line.find('=');
    if (line.empty()) continue;
    if (equals == std::string_view::npos || equals == 0 || ++lines > kMostLines) return std::nullopt;
    values.emplace(line.substr(0, std::min(equals, kMostName)),
                   clean_words(line.substr(equals + 1).substr(0, kMostValue)));
  }
  return values.empty() ? std::nullopt : std::optional(std::move(values));
}

std::optional<std::vector<RecorderChannel>> read_states(std::string_view body) {
  std::map<std::int64_t, RecorderChannel> found;
  const auto add = [&](std::optional<std::int64_t> number, std::string_view state) {
    const auto key = number ? key_of(*number) : std::nullopt;
    if (!key) return;
    RecorderChannel channel{.key = *key};
    judge(channel, state);
    found.insert_or_assign(*number, std::move(channel));
  };
  if (const auto json = parsed(body)) {
    const auto states = json->find("states");
    if (states == json->end() || !states->is_array()) return std::nullopt;
    for (const Json& each : *states) {
      if (!each.is_object()) continue;
      const auto state = each.find("connectionState");
      add(integer_at(each, "channel"),
          state != each.end() && state->is_string() ? state->get<std::string>() : "");
    }
  } else {
    const auto values = read_values(body);
    if (!values) return std::nullopt;
    std::map<std::int64_t, std::int64_t> channel_of;
    each_of(*values, "states", [&](std::int64_t index, std::string_view rest, const std::string& value) {
      if (rest == ".channel") channel_of[index] = number_of(value).value_or(-1);
    });
    each_of(*values, "states", [&](std::int64_t index, std::string_view rest, const std::string& value) {
      if (rest == ".connectionState" && channel_of.contains(index)) add(channel_of[index], value);
    });
    if (found.empty()) return std::nullopt;
  }
  std::vector<RecorderChannel> channels;
  for (auto& [number, channel] : found) channels.push_back(std::move(channel));
  return channels;
}

std::optional<std::vector<RecorderChannel>> read_titles(std::string_view titles, std::string_view lost) {
  const auto names = read_values(titles);
  const auto gone = read_values(lost);
  const bool none_lost = lost.find("No Events") != std::string_view::npos;
  if (!names || (!gone && !none_lost)) return std::nullopt;
  std::map<std::int64_t, RecorderChannel> found;
  each_of(*names, "table.ChannelTitle", [&](std::int64_t index, std::string_view, const std::string&) {
    if (const auto key = key_of(index)) found[index] = {.key = *key, .online = true};
  });
  if (gone) {
    each_of(*gone, "channels", [&](std::int64_t, std::string_view rest, const std::string& value) {
      const auto channel = found.find(number_of(value).value_or(-1));
      if (!rest.empty() || channel == found.end()) return;
      channel->second.online = false;
      channel->second.why = reason_id("no-signal");
      channel->second.words = "VideoLoss";
    });
  }
  std::vector<RecorderChannel> channels;
  for (auto& [number, channel] : found) channels.push_back(std::move(channel));
  return channels.empty() ? std::nullopt : std::optional(std::move(channels));
}

void read_cameras(const Values& values, std::vector<RecorderChannel>& channels) {
  std::map<std::int64_t, std::int64_t> channel_of;
  each_of(values, "camera", [&](std::int64_t index, std::string_view rest, const std::string& value) {
    if (rest == ".UniqueChannel") channel_of[index] = number_of(value).value_or(-1);
  });
  each_of(values, "camera", [&](std::int64_t index, std::string_view rest, const std::string& value) {
    const auto number = channel_of.find(index);
    const auto key = number != channel_of.end() ? key_of(number->second) : std::nullopt;
    const auto channel =
        std::ranges::find_if(channels, [&](const RecorderChannel& each) { return key && each.key == *key; });
    if (channel == channels.end()) return;
    if (rest == ".DeviceInfo.Address") channel->address = value;
    if (rest == ".DeviceInfo.SerialNo") channel->serial = value;
  });
}

std::vector<std::string> read_never(const Values& values) {
  std::vector<std::string> never;
  each_of(values, "table.RecordMode",
          [&](std::int64_t index, std::string_view rest, const std::string& value) {
            if (const auto key = key_of(index); key && rest == ".Mode" && value == "2") never.push_back(*key);
          });
  return never;
}

Disks read_disks(const Values& values) {
  Disks disks;
  each_of(values, "list.info", [&](std::int64_t index, std::string_view rest, const std::string& value) {
    if (rest.starts_with(".Detail[") && rest.ends_with("].IsError")) {
      const auto state = value_of(values, "list.info[" + std::to_string(index) + "].State");
      const bool sound = value == "false" && (!state || *state == "Success");
      ++(sound ? disks.good : disks.bad);
    }
  });
  return disks;
}

std::optional<Millis> read_clock(const Values& values) {
  const auto said = value_of(values, "result");
  return said ? wall_of(*said) : std::nullopt;
}

Files read_files(const Values& values) {
  Files files;
  each_of(values, "items", [&](std::int64_t, std::string_view rest, const std::string& value) {
    const auto wall = wall_of(value);
    if (!wall) return;
    if (rest == ".StartTime" && (!files.first || *wall < *files.first)) files.first = wall;
    if (rest == ".EndTime" && (!files.last || *wall > *files.last)) files.last = wall;
  });
  return files;
}

std::optional<Identity> read_identity(const Values& values) {
  const auto serial = value_of(values, "serialNumber");
  if (!serial) return std::nullopt;
  return Identity{.maker = "",
                  .model = value_of(values, "deviceType").value_or(""),
                  .serial = *serial,
                  .mac = "",
                  .firmware = "",
                  .spki_sha256 = {}};
}

}  // namespace commune_watch::dahua
