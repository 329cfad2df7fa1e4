// Ids are made of addresses and channels, so that the same device gets the same id again.
#include "cli/found.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "domain/reading.hpp"
#include "domain/url.hpp"
#include "settings/tree.hpp"
#include "settings/vietnamese.hpp"

namespace commune_watch {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kMostId = 58;      // of 63: "-2" and so on go behind
constexpr std::size_t kLeastSerial = 6;  // shorter keys are channel numbers
constexpr const char* kNoPlace = "chua-xep-diem";

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

bool is_rtsp(std::uint16_t port) { return port == 554 || port == 8554; }
bool link_only(const Found& found) { return found.address.find('%') != std::string::npos; }
bool is_device(const Found& found) {
  return !found.onvif.empty() || !found.endpoint.empty() || std::ranges::any_of(found.ports, is_rtsp);
}

std::string quoted(const std::string& text) { return toml_text(composed(clean_words(text))); }

std::string joined(std::string left, const std::string& right, const std::string& between) {
  if (!left.empty() && !right.empty()) left += between;
  return left + right;
}

// The maker and the model, once each.
std::string product(const Found& found) {
  std::string maker = found.maker.empty() ? found.name : found.maker;
  if (lower(maker).find(lower(found.model)) != std::string::npos) return maker;
  return joined(maker, found.model, " ");
}

class Ids {
 public:
  explicit Ids(const Known& known) : used_(known.ids) {}
  std::string free(const std::string& wanted) {
    std::string base = id_from(wanted).substr(0, kMostId);
    while (base.ends_with('-')) base.pop_back();
    if (base.empty()) base = "cam";
    std::string id = base;
    for (int n = 2; !used_.insert(id).second; ++n) id = base + "-" + std::to_string(n);
    return id;
  }

 private:
  std::set<std::string> used_;
};

std::string place_line(const Known& known) {
  if (known.places.empty())
    return "place = \"" + std::string(kNoPlace) +
           "\"          # sửa thành điểm đặt thiết bị (adapt: where it stands)\n";
  std::string line = "place = " + quoted(known.places.front()) + "   # sửa cho đúng (adapt), có (there are):";
  for (std::size_t i = 0; i < known.places.size() && line.size() < 300; ++i) line += " " + known.places[i];
  return line + "\n";
}

std::string place_table(const Known& known) {
  if (!known.places.empty()) return {};
  return "\n# Cấu hình chưa có điểm nào; sửa bảng này cho đúng (the configuration has no place yet: adapt)\n"
         "[[place]]\nid = \"" +
         std::string(kNoPlace) + "\"\nname = \"Chưa xếp điểm\"\nkind = \"other\"\n";
}

std::string seen(const Found& found) {
  std::string line = found.address;
  line = joined(line, product(found), " · ");
  if (!found.name.empty() && product(found).find(found.name) == std::string::npos)
    line = joined(line, "\"" + found.name + "\"", " · ");
  if (!found.mac.empty()) line += " · MAC " + found.mac;
  if (!found.onvif.empty())
    line += found.answers ? " · ONVIF trả lời (answers)" : " · ONVIF không trả lời (does not answer)";
  if (!found.ports.empty()) {
    line += " · cổng mở (open ports)";
    for (const auto port : found.ports) line += " " + std::to_string(port);
  }
  return "# " + line + "\n";
}

std::string table_of(const Found& found, const Known& known, Ids& ids) {
  if (link_only(found))
    return "# chỉ có địa chỉ IPv6 nội bộ, chưa dùng được; đặt IPv4 cho camera "
           "(a link-local address only: give it an IPv4 one)\n";
  const auto rtsp = std::ranges::find_if(found.ports, is_rtsp);
  const bool has_onvif = !found.onvif.empty();
  const bool recorder = found.recorder && has_onvif;
  if (!has_onvif && rtsp == found.ports.end()) return "# không rõ là gì (what it is, is not known)\n";
  std::string out = recorder ? "[[monitoring_point]]\n" : "[[camera]]\n";
  out += "id = \"" + ids.free((recorder ? "nvr-" : "cam-") + found.address) + "\"\n";
  const auto what = product(found);
  out +=
      "name = " +
      quoted((recorder ? "Đầu ghi " : "Camera ") + found.address + (what.empty() ? "" : " (" + what + ")")) +
      "\n";
  if (!recorder) out += place_line(known);
  if (has_onvif) {
    out += std::string("driver = \"") + (recorder ? "onvif-nvr" : "onvif") +
           "\"\nurl = " + quoted(found.onvif) + "\n";
  } else {
    Url url{
        .scheme = "rtsp", .host = found.address, .port = *rtsp, .target = "/", .default_port = *rtsp == 554};
    out += "driver = \"rtsp\"\nurl = " + quoted(url.text()) +
           "   # sửa đường dẫn theo hãng (adapt the path to the maker)\n";
  }
  return out +
         "#login = \"camera\"              # tài khoản chỉ xem, rồi (a view-only account, then): "
         "commune-watch secret set camera\n";
}

std::string channel_id(const std::string& point, const ShownChannel& channel) {
  return point + "-kenh-" + channel.key;
}

// An address as a host of a URL, or nothing: recorders also say host names, and nonsense.
std::string host_of(const ShownChannel& channel) {
  const auto url = parse_url(
      "rtsp://" +
      (channel.address.find(':') != std::string::npos ? "[" + channel.address + "]" : channel.address) + "/");
  const bool plain = url && url->host == channel.address && url->target == "/" && url->default_port;
  return plain && channel.address != "0.0.0.0" && channel.address != "::" ? channel.address : "";
}

// Whether a device is bound to it: by its key, by the address behind it, or by a serial, under which the
// recorder's driver tells the same channel again.
bool is_bound(const ShownChannel& channel, const std::vector<ShownChannel>& all,
              const std::set<std::string>& keys) {
  if (keys.contains(lower(channel.key))) return true;
  if (channel.address.empty()) return false;
  return keys.contains(lower(channel.address)) || std::ranges::any_of(all, [&](const ShownChannel& other) {
           return other.key.size() >= kLeastSerial && other.address == channel.address &&
                  keys.contains(lower(other.key));
         });
}

std::set<std::string> keys_of(const std::string& point, const Known& known) {
  const auto found = known.channels.find(point);
  return found == known.channels.end() ? std::set<std::string>() : found->second;
}

}  // namespace

Known known_of(const Settings& settings) {
  Known known;
  known.language = settings.commune.language;
  known.ids.insert(settings.commune.id);
  for (const auto& hamlet : settings.hamlets) known.ids.insert(hamlet.id);
  for (const auto& place : settings.places) {
    known.ids.insert(place.id);
    known.places.push_back(place.id);
  }
  for (const auto& device : settings.devices) {
    known.ids.insert(device.id);
    for (const auto& [key, value] : device.options.all()) {
      if (const auto url = parse_url(value))
        known.devices.emplace(lower(url->host), device.id);
      else if (key == "host")
        known.devices.emplace(lower(value), device.id);
    }
    for (const auto& row : device.monitor) {
      known.channels[row.point].insert(lower(row.key));
      if (row.key.size() >= kLeastSerial) known.devices.emplace(lower(row.key), device.id);
    }
  }
  return known;
}

std::string configured_as(const Found& found, const Known& known) {
  for (const auto& word : {found.address, found.mac, found.endpoint}) {
    if (word.empty()) continue;
    if (const auto there = known.devices.find(lower(word)); there != known.devices.end())
      return there->second;
  }
  return {};
}

std::string found_toml(const std::vector<Found>& all, const Known& known) {
  Ids ids(known);
  std::string fresh, old, rest;
  for (const Found& each : all) {
    if (!is_device(each)) {
      rest += seen(each);
    } else if (const auto id = configured_as(each, known); !id.empty()) {
      old += "# " + id + ": " + seen(each).substr(2);
    } else {
      fresh += "\n" + seen(each) + table_of(each, known, ids);
    }
  }
  std::string out =
      "# Do commune-watch discover tìm thấy; xem lại tên, điểm, tài khoản rồi dán vào cấu hình\n"
      "# (found by commune-watch discover: look over names, places, logins, then paste)\n";
  out += fresh.empty() ? "# không thấy thiết bị mới nào (no new device)\n" : place_table(known) + fresh;
  if (!old.empty()) out += "\n# Đã có trong cấu hình (configured already):\n" + old;
  if (!rest.empty())
    out += "\n# Có trả lời nhưng không phải ONVIF hay RTSP (answers, by neither ONVIF nor RTSP):\n" + rest;
  return out;
}

std::string found_json(const std::vector<Found>& all, const Known& known) {
  Ids ids(known);
  auto list = Json::array();
  for (const Found& each : all) {
    const auto id = configured_as(each, known);
    list.push_back({{"address", each.address},
                    {"mac", each.mac},
                    {"maker", each.maker},
                    {"model", each.model},
                    {"name", each.name},
                    {"endpoint", each.endpoint},
                    {"recorder", each.recorder},
                    {"onvif", each.onvif},
                    {"answers", each.answers},
                    {"ports", each.ports},
                    {"configured", id},
                    {"toml", id.empty() && is_device(each) ? table_of(each, known, ids) : ""}});
  }
  return Json{{"found", list}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string channels_toml(const std::string& point, const std::vector<ShownChannel>& all,
                          const Known& known) {
  Ids ids(known);
  const auto keys = keys_of(point, known);
  std::string fresh, old;
  for (const ShownChannel& each : all) {
    const std::string key = clean_words(each.key);
    std::string said = "kênh (channel) " + key;
    said = joined(said, each.address, " · ");
    said += each.state == "ok"       ? " · đầu ghi thấy hình (shown)"
            : each.state == "failed" ? " · đầu ghi báo mất (not shown)"
                                     : " · đầu ghi không nói (not told)";
    said = joined(said, each.words, " · ");
    if (is_bound(each, all, keys)) {
      old += "# " + said + "\n";
      continue;
    }
    fresh += "\n# " + said + "\n";
    const auto host = host_of(each);
    if (const auto there = known.devices.find(lower(host)); !host.empty() && there != known.devices.end()) {
      fresh += "# camera này đã có; thêm vào (configured already; add to) " + there->second +
               ":\n#monitor = [ { point = " + quoted(point) + ", channel = " + quoted(key) + " } ]\n";
      continue;
    }
    fresh.append("[[camera]]\nid = \"").append(ids.free(channel_id(point, each)));
    fresh.append("\"\nname = ").append(quoted(joined("Camera kênh " + key, point, " của ")));
    fresh.append("\n").append(place_line(known));
    if (host.empty()) {
      fresh += "driver = \"none\"               # chỉ đầu ghi thấy được (only the recorder sees it)\n";
    } else {
      Url url{.scheme = "http",
              .host = host,
              .port = 80,
              .target = "/onvif/device_service",
              .default_port = true};
      fresh += "driver = \"onvif\"              # hoặc (or) rtsp, hoặc model của hãng\nurl = " +
               quoted(url.text()) + "\n#login = \"camera\"\n";
    }
    fresh += "monitor = [ { point = " + quoted(point) + ", channel = " + quoted(key) + " } ]\n";
  }
  std::string out = "# Các kênh của đầu ghi (channels of) " + point + "\n";
  out += fresh.empty() ? "# kênh nào cũng đã có camera (every channel has its camera)\n"
                       : place_table(known) + fresh;
  if (!old.empty()) out += "\n# Đã có trong cấu hình (configured already):\n" + old;
  return out;
}

std::string channels_json(const std::string& point, const std::vector<ShownChannel>& all,
                          const Known& known) {
  const auto keys = keys_of(point, known);
  auto list = Json::array();
  for (const ShownChannel& each : all)
    list.push_back({{"channel", each.key},
                    {"address", each.address},
                    {"state", each.state},
                    {"words", each.words},
                    {"configured", is_bound(each, all, keys)}});
  return Json{{"point", point}, {"channels", list}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace commune_watch
