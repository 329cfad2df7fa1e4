// One pair for each bound camera.
#include "gateway_scenes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace commune_watch {
namespace {

// What the recorder itself says of the channel comes first.
void explain(Sighting& sighting, std::string words) {
  const auto check = std::ranges::find(sighting.checks, Rung::connected, &Check::rung);
  if (check != sighting.checks.end() && check->reason == ReasonId::none && check->words.empty())
    check->words = std::move(words);
}

void write_beside(Sighting& sighting, const ScenePair& pair, Millis now) {
  static const ReasonId kAnother = reason_id("wrong-channel"), kOld = reason_id("old-picture");
  if (pair.another(now)) {
    sighting.warnings.push_back(kAnother);
    explain(sighting, fmt::format("hình khác hình của camera / its picture is not the camera's: {}/64",
                                  pair.last_distance()));
  }
  if (pair.old(now)) {
    sighting.warnings.push_back(kOld);
    explain(sighting, fmt::format("hình không đổi qua {} lần xem / the very same picture {} times",
                                  pair.repeats(), pair.repeats()));
  }
}

}  // namespace

void Scenes::heard(Reading& reading) {
  if (!reading.finding.sightings.empty()) heard_point(reading);
  const auto own = scene_of(reading.finding.facts, reading.ended.bt);
  if (!own || !house_.roster.rows.contains(reading.device)) return;
  twins_.saw(reading.device, *own);
  tell_twins();
  auto bond = bond_of(reading.device);
  if (!bond) return;
  const auto known = known_.try_emplace(reading.device, Known{*std::move(bond), {}}).first;
  known->second.pair.saw_own(*own);
}

std::optional<Scenes::Bond> Scenes::bond_of(DeviceId camera) const {
  const auto& rows = house_.roster.rows;
  const auto row = rows.find(camera);
  if (row == rows.end() || !row->second.subject.monitor) return std::nullopt;
  const auto point = rows.find(row->second.subject.monitor->point);
  if (point == rows.end()) return std::nullopt;
  return Bond{*row->second.subject.monitor, row->second.settings->options, point->second.settings->options};
}

void Scenes::heard_point(Reading& reading) {
  std::map<std::string_view, DeviceId> bound;
  for (const auto& [id, row] : house_.roster.rows)
    if (row.subject.monitor && row.subject.monitor->point == reading.device)
      bound.emplace(row.subject.monitor->key, id);
  for (Sighting& sighting : reading.finding.sightings) {
    const auto device = bound.find(sighting.key);
    const auto known = device == bound.end() ? known_.end() : known_.find(device->second);
    if (known == known_.end()) continue;
    ScenePair& pair = known->second.pair;
    const auto shown = scene_of(sighting.facts, reading.ended.bt);
    if (shown && pair.saw_shown(*shown)) look_again_(device->second);
    write_beside(sighting, pair, reading.ended.bt);
  }
}

void Scenes::tell_twins() {
  std::map<std::string, std::string> now;
  for (const auto& [a, b] : twins_.found()) {
    const std::string one = house_.id_of(a), two = house_.id_of(b);
    now[fmt::format("same-picture-{}-{}", one, two)] = fmt::format(
        "HAI CAMERA CÓ THỂ LÀ MỘT: {} và {} nhiều lần cho cùng một hình, hãy kiểm tra địa chỉ đã khai báo / "
        "two cameras may be one: {} and {} show the same scene again and again, check their addresses",
        one, two, one, two);
  }
  for (const auto& [about, text] : alarms_)
    if (!now.contains(about)) house_.alarm(about, "");
  for (const auto& [about, text] : now) house_.alarm(about, text);
  alarms_ = std::move(now);
}

void Scenes::roster_changed() {
  std::set<DeviceId> watched;
  for (const auto& [id, row] : house_.roster.rows) watched.insert(id);
  twins_.keep(watched);
  tell_twins();
  std::erase_if(known_, [&](const auto& each) { return bond_of(each.first) != each.second.bond; });
}

}  // namespace commune_watch
