// What `check` prints of a good configuration: the commune as the gateway understood it, in people's words.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "settings/settings.hpp"
#include "settings/words.hpp"

namespace commune_watch {
namespace {

struct Duty {
  Must must;
  Kind kind;
  std::string_view vi, en;
};
constexpr Duty kDuties[] = {
    {Must::wifi, Kind::access_point, "Wi-Fi", "Wi-Fi"},
    {Must::camera, Kind::camera, "camera", "camera"},
    {Must::speaker, Kind::speaker_cluster, "loa", "speaker"},
    {Must::website, Kind::website, "trang thông tin điện tử", "website"},
    {Must::uplink, Kind::uplink, "Internet", "Internet"},
};

class Description {
 public:
  Description(const Settings& settings, Language language) : settings_(settings), language_(language) {}

  std::string text() {
    commune();
    witnesses();
    areas();
    devices();
    points();
    duties();
    broadcasts();
    return out_;
  }

 private:
  [[nodiscard]] std::string_view say(std::string_view vi, std::string_view en) const {
    return language_ == Language::vi ? vi : en;
  }
  void line(std::string_view head, std::string_view rest) { out_ += fmt::format("{}: {}\n", head, rest); }

  void commune() {
    const CommuneSettings& commune = settings_.commune;
    out_ += fmt::format("{} ({}), {}\n", commune.name, commune.code, commune.province);
    line(say("Mã trong hệ thống", "Ids"),
         fmt::format("{}, {} {}", commune.id, say("bộ giám sát", "gateway"), settings_.gateway.id));
    if (settings_.gateway.simulated) out_ += "DỮ LIỆU MÔ PHỎNG – KHÔNG CÓ GIÁ TRỊ\n";
    line(say("Múi giờ", "Time zone"), commune.timezone);
    if (!commune.criteria.empty())
      line(say("Bộ tiêu chí", "Criteria"), fmt::format("{}", fmt::join(commune.criteria, ", ")));
    const std::string none{say("không khai báo", "none")};
    line(say("Ngày nghỉ lễ", "Public holidays"),
         commune.holidays.empty() ? none
                                  : fmt::format("{} {} ({})", commune.public_holidays.size(),
                                                say("ngày", "days"), fmt::join(commune.holidays, ", ")));
    line("MQTT",
         settings_.mqtt.url.empty() ? std::string{say("không gửi", "not published")} : settings_.mqtt.url);
  }

  void witnesses() {
    std::vector<std::string> all;
    for (const WitnessSettings& witness : settings_.witnesses)
      all.push_back(fmt::format("{} ({})", witness.name, witness.url));
    line(say("Nhân chứng", "Witnesses"),
         all.empty() ? std::string{say("chưa có; không ai ngoài xã giữ dấu vết của sổ",
                                       "none; nobody outside holds a trace of the log")}
                     : fmt::format("{}", fmt::join(all, ", ")));
  }

  void areas() {
    std::vector<std::string> hamlets;
    for (const HamletSettings& hamlet : settings_.hamlets) hamlets.push_back(hamlet.name);
    line(say("Ấp/thôn/khu dân cư", "Hamlets"),
         hamlets.empty() ? std::string{"0"}
                         : fmt::format("{} ({})", hamlets.size(), fmt::join(hamlets, ", ")));
    std::map<PlaceKind, int> kinds;
    for (const PlaceSettings& place : settings_.places) ++kinds[place.kind];
    line(say("Điểm", "Places"), fmt::format("{}", settings_.places.size()));
    for (const auto& [kind, count] : kinds) out_ += fmt::format("  {}: {}\n", name(kind, language_), count);
  }

  void devices() {
    std::map<Kind, std::map<std::string, int>> kinds;
    std::map<Kind, int> watched;
    int count = 0;
    for (const DeviceSettings& device : settings_.devices) {
      if (device.kind == Kind::monitoring_point) continue;
      ++kinds[device.kind][device.driver];
      ++count;
      if (!device.monitor.empty()) ++watched[device.kind];
    }
    line(say("Thiết bị", "Devices"), fmt::format("{}", count));
    for (const auto& [kind, drivers] : kinds) {
      int total = 0;
      std::vector<std::string> parts;
      for (const auto& [driver, n] : drivers) {
        total += n;
        parts.push_back(fmt::format("{} {}", driver, n));
      }
      out_ += fmt::format("  {}: {} ({})", name(kind, language_), total, fmt::join(parts, ", "));
      const bool needs_point = kind == Kind::camera || kind == Kind::speaker_cluster;
      if (watched[kind] > 0 || needs_point)
        out_ += fmt::format("; {} {}/{}", say("có điểm giám sát", "with a monitoring point"), watched[kind],
                            total);
      out_ += '\n';
    }
  }

  void points() {
    for (const DeviceSettings& point : settings_.devices) {
      if (point.kind != Kind::monitoring_point) continue;
      const auto bound = std::ranges::count_if(settings_.devices, [&](const DeviceSettings& device) {
        return std::ranges::find(device.monitor, point.id, &MonitorSettings::point) != device.monitor.end();
      });
      line(say("Điểm giám sát", "Monitoring point"),
           fmt::format("{} ({}, {}): {} {}", point.name, point.id, point.driver, bound,
                       say("thiết bị", "bound")));
    }
  }

  // True if a device of that kind stands at the place, or anywhere in the hamlet.
  [[nodiscard]] bool has(Kind kind, std::string_view area) const {
    return std::ranges::any_of(settings_.devices, [&](const DeviceSettings& device) {
      if (device.kind != kind) return false;
      const PlaceSettings* place = settings_.place(device.place);
      return device.place == area || (place != nullptr && place->hamlet == area);
    });
  }

  void duties() {
    for (const Duty& duty : kDuties) {
      int wanted = 0;
      std::vector<std::string> without;
      const auto count = [&](const auto& area) {
        if (std::ranges::find(area.must_have, duty.must) == area.must_have.end()) return;
        ++wanted;
        if (!has(duty.kind, area.id)) without.push_back(area.name);
      };
      std::ranges::for_each(settings_.hamlets, count);
      std::ranges::for_each(settings_.places, count);
      if (wanted == 0) continue;
      std::string rest = fmt::format("{}{}", wanted, say(" nơi", ""));
      if (!without.empty())
        rest +=
            fmt::format("; {}: {}", say("chưa có thiết bị", "no device yet at"), fmt::join(without, ", "));
      line(fmt::format("{} {}", say("Phải có", "Must have"), say(duty.vi, duty.en)), rest);
    }
  }

  void broadcasts() {
    if (!settings_.broadcasts.empty())
      line(say("Lịch phát thanh", "Scheduled broadcasts"), fmt::format("{}", settings_.broadcasts.size()));
  }

  const Settings& settings_;
  Language language_;
  std::string out_;
};

}  // namespace

std::string describe(const Settings& settings, Language language) {
  return Description{settings, language}.text();
}

}  // namespace commune_watch
