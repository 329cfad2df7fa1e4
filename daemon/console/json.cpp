// Written field by field in reading order (ordered_json keeps it).
#include "console/json.hpp"

#include <nlohmann/json.hpp>

#include "domain/entry.hpp"
#include "domain/period.hpp"

namespace commune_watch {
namespace {

using Json = nlohmann::ordered_json;

std::string text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

void put_instant(Json& into, const std::string& key, std::optional<Millis> utc) {
  if (!utc) return;
  into[key] = utc_text(*utc);
  into[key + "_ms"] = *utc;
}

void put_period(Json& into, Period period) {
  put_instant(into, "from", period.from);
  put_instant(into, "to", period.to);
}

Json reason_object(ReasonId id) {
  if (id == ReasonId::none) return nullptr;
  const auto& row = reason(id);
  return {{"code", row.code},
          {"vi", row.vi},
          {"en", row.en},
          {"remedy_vi", row.remedy_vi},
          {"remedy_en", row.remedy_en}};
}

Json check_object(const Check& check) {
  Json object{{"rung", code(check.rung)},
              {"rung_vi", name(check.rung, Language::vi)},
              {"rung_en", name(check.rung, Language::en)},
              {"outcome", code(check.outcome)},
              {"reason", reason_object(check.reason)},
              {"words", check.words},
              {"took_us", check.took_us}};
  return object;
}

Json checks_array(const std::vector<Check>& checks) {
  Json array = Json::array();
  for (const auto& check : checks) array.push_back(check_object(check));
  return array;
}

Json warnings_array(const std::vector<ReasonId>& warnings) {
  Json array = Json::array();
  for (auto warning : warnings) array.push_back(reason_object(warning));
  return array;
}

Json share(const std::optional<Figure>& figure) {
  if (!figure) return nullptr;
  auto digits = std::to_string(figure->floor_1e4);
  if (digits.size() < 3) digits.insert(0, 3 - digits.size(), '0');
  return digits.insert(digits.size() - 2, ".");
}

void put_recorded(Json& into, Recorded recorded) {
  into["recorded"] = code(recorded);
  into["recorded_vi"] = name(recorded, Language::vi);
  into["recorded_en"] = name(recorded, Language::en);
}

// What people read: maintenance hides what was observed, which stands beside it.
Json device_object(const DeviceView& device) {
  const auto& standing = device.live.standing;
  Json object{{"id", device.id},
              {"name", device.name},
              {"kind", code(device.kind)},
              {"kind_vi", name(device.kind, Language::vi)},
              {"kind_en", name(device.kind, Language::en)},
              {"driver", device.driver},
              {"place", device.place},
              {"place_name", device.place_name},
              {"hamlet", device.hamlet},
              {"hamlet_name", device.hamlet_name}};
  if (!device.parent.empty()) object["parent"] = device.parent;
  if (!device.point.empty()) object["monitoring_point"] = {{"id", device.point}, {"key", device.key}};
  if (!device.contractor.empty())
    object["contractor"] = {
        {"id", device.contractor}, {"name", device.contractor_name}, {"phone", device.contractor_phone}};
  object["state"] = device.maintenance ? "maintenance" : std::string(code(standing.state));
  object["observed"] = code(standing.state);
  object["cause"] = code(standing.cause);
  object["cause_vi"] = name(standing.cause, Language::vi);
  object["cause_en"] = name(standing.cause, Language::en);
  object["reason"] = reason_object(standing.reason);
  object["own_reason"] = reason_object(standing.own_reason);
  object["warnings"] = warnings_array(standing.warnings);
  if (device.kind == Kind::camera) {  // null: nothing is bound that could tell
    object["recorded"] = nullptr;
    if (!device.point.empty()) put_recorded(object, standing.recorded);
  }
  if (!device.twin_of.empty()) object["twin_of"] = device.twin_of;
  object["root"] = device.root;
  object["words"] = device.words;
  object["device_path"] = code(device.live.device_path);
  object["monitor_path"] = code(device.live.monitor_path);
  object["failing_probes"] = device.live.failing;
  object["provisional_reason"] = reason_object(device.live.provisional);
  object["needed_rung"] = code(device.needed);
  object["testable_rung"] = code(device.testable);
  put_instant(object, "since", device.since);
  put_instant(object, "checked", device.checked);
  object["checks"] = checks_array(device.live.checks);
  return object;
}

Json totals_object(const Totals& totals) {
  return {{"T_ms", totals.time()},
          {"U_ms", totals.up},
          {"D_ms", totals.down},
          {"M_ms", totals.maintenance},
          {"N_ms", totals.unknown},
          {"D_upstream_ms", totals.down_upstream},
          {"D_mains_ms", totals.down_mains},
          {"D_monitoring_point_ms", totals.down_monitoring_point},
          {"B_ms", totals.blips},
          {"unstable", totals.unstable},
          {"outages", totals.outages},
          {"blips", totals.blip_count},
          {"longest_outage_ms", totals.longest}};
}

Json recording_object(const Recording& recording) {
  return {{"printable", recording.printable},
          {"R", recording.printable ? share(recording.share) : nullptr},
          {"coverage", share(recording.coverage)},
          {"low", share(recording.share)},
          {"high", recording.share ? share(recording.high) : nullptr},
          {"recorded_ms", recording.recorded},
          {"not_recorded_ms", recording.not_recorded},
          {"unknown_ms", recording.unknown}};
}

// Beside the figure that decides, never in its place.
Json corrected_object(const Availability& figure) {
  return {{"printable", figure.printable},
          {"A_conn", figure.printable ? share(figure.connected) : nullptr},
          {"A_dev", figure.printable ? share(figure.device) : nullptr},
          {"coverage", share(figure.coverage)},
          {"low", share(figure.low)},
          {"high", share(figure.high)},
          {"totals", totals_object(figure.totals)}};
}

}  // namespace

std::string simulated_json(std::string_view answer) {
  answer.remove_prefix(1);
  return R"({"simulated":true,"note":")" + std::string(kSimulatedNote) + (answer == "}" ? "\"" : "\",") +
         std::string(answer);
}

std::string status_json(const StatusView& status) {
  Json object{{"commune", status.commune},
              {"commune_name", status.commune_name},
              {"province", status.province},
              {"gateway", status.gateway},
              {"version", status.version}};
  put_instant(object, "now", status.now);
  put_instant(object, "started", status.started);
  object["blind"] = status.blind;
  object["alarms"] = status.alarms;
  object["prober"] = status.prober;
  object["mqtt"] = status.mqtt;
  object["store"] = status.store;
  object["configuration"] = status.configuration;
  auto& devices = object["devices"] = Json::array();
  for (const auto& device : status.devices) devices.push_back(device_object(device));
  return text(object);
}

std::string outages_json(const std::vector<OutageView>& outages, Period period) {
  Json object;
  put_period(object, period);
  auto& list = object["outages"] = Json::array();
  for (const auto& outage : outages) {
    Json row{{"device", outage.device},
             {"name", outage.name},
             {"kind", code(outage.kind)},
             {"open", outage.open},
             {"length_ms", outage.period.length()},
             {"cause", code(outage.cause)},
             {"cause_vi", name(outage.cause, Language::vi)},
             {"cause_en", name(outage.cause, Language::en)},
             {"reason", reason_object(outage.reason)},
             {"root", outage.root}};
    put_period(row, outage.period);
    list.push_back(std::move(row));
  }
  return text(object);
}

std::string history_json(const HistoryView& history) {
  Json object{{"id", history.id}, {"name", history.name}};
  put_period(object, history.period);
  auto& spans = object["spans"] = Json::array();
  for (const auto& [span, root] : history.spans) {
    Json row{{"state", code(span.state)},
             {"cause", code(span.cause)},
             {"cause_vi", name(span.cause, Language::vi)},
             {"cause_en", name(span.cause, Language::en)},
             {"reason", reason_object(span.reason)},
             {"warnings", warnings_array(span.warnings)},
             {"root", root}};
    if (span.recorded != Recorded::unknown) put_recorded(row, span.recorded);
    put_period(row, span.period);
    spans.push_back(std::move(row));
  }
  auto& blips = object["blips"] = Json::array();
  for (const auto& blip : history.blips) {
    Json row{{"reason", reason_object(blip.reason)}};
    put_period(row, blip.period);
    blips.push_back(std::move(row));
  }
  return text(object);
}

std::string availability_json(const std::vector<AvailabilityView>& list, Period period) {
  Json object{{"rule", "A" + std::to_string(kRule)}};
  put_period(object, period);
  auto& devices = object["devices"] = Json::array();
  for (const auto& view : list) {
    const auto& figure = view.availability;
    Json row{{"id", view.id}, {"name", view.name}, {"kind", code(view.kind)}};
    put_period(row, figure.period);
    row["printable"] = figure.printable;
    row["A_conn"] =
        figure.printable ? share(figure.connected) : nullptr;  // no bare figure below the coverage asked for
    row["A_dev"] = figure.printable ? share(figure.device) : nullptr;
    row["coverage"] = share(figure.coverage);
    row["low"] = share(figure.low);
    row["high"] = share(figure.high);
    row["totals"] = totals_object(figure.totals);
    if (view.kind == Kind::camera)
      row["recording"] = view.recording ? recording_object(*view.recording) : Json();
    if (!view.twin_of.empty()) row["twin_of"] = view.twin_of;
    if (view.corrected) row["corrected"] = corrected_object(*view.corrected);
    devices.push_back(std::move(row));
  }
  return text(object);
}

std::string probe_json(const ProbeView& probe) {
  const auto& finding = probe.finding;
  Json object{{"id", probe.id},
              {"name", probe.name},
              {"kind", code(probe.kind)},
              {"driver", probe.driver},
              {"recorded", probe.recorded},
              {"without_login", probe.without_login},
              {"login_note", probe.note},
              {"took_ms", probe.took},
              {"testable_rung", code(probe.testable)},
              {"checks", checks_array(finding.checks)},
              {"warnings", warnings_array(finding.warnings)}};
  auto& facts = object["facts"] = Json::object();
  for (const auto& fact : finding.facts) facts[std::string(code(fact.what))] = fact.value;
  auto& sightings = object["sightings"] = Json::array();
  for (const auto& sighting : finding.sightings)
    sightings.push_back(
        {{"key", sighting.key}, {"address", sighting.address}, {"checks", checks_array(sighting.checks)}});
  object["complete"] = finding.complete;
  return text(object);
}

std::string logins_json(const std::vector<LoginView>& logins) {
  Json object;
  auto& list = object["blocked"] = Json::array();
  for (const auto& login : logins) {
    Json row{{"host", login.host},
             {"username", login.username},
             {"device", login.device},
             {"words", login.words},
             {"left_ms", login.left}};
    put_instant(row, "since", login.since);
    list.push_back(std::move(row));
  }
  return text(object);
}

std::string clock_json(const ClockView& clock) {
  Json object{{"trusted", clock.trusted()},
              {"source", code(clock.source)},
              {"wall_source", code(clock.wall_source)},
              {"wall_error_ms", clock.wall_error}};
  put_instant(object, "now", clock.now);
  put_instant(object, "wall", clock.wall);
  put_instant(object, "battery", clock.battery);
  return text(object);
}

std::string reload_json(const std::vector<std::string>& warnings) {
  return text(Json{{"loaded", true}, {"warnings", warnings}});
}

std::string backup_json(const BackupView& backup) {
  return text(Json{{"under_way", backup.under_way}, {"file", backup.file}, {"why", backup.why}});
}

std::string export_json(const ExportView& made) {
  return Json{{"proof", made.proof},
              {"first", made.first},
              {"size", made.size},
              {"checkpoint", made.checkpoint},
              {"checkpoints", made.checkpoints},
              {"keys", made.keys},
              {"witnesses", made.witnesses},
              {"vkey", made.vkey}}
      .dump();
}

std::string key_json(const KeyView& key) {
  return Json{{"vkey", key.vkey}, {"origin", key.origin}, {"size", key.size}, {"checkpoint", key.checkpoint}}
      .dump();
}

std::string event_json(const EventView& event) {
  Json object{{"event", event.id}, {"seq", event.record.seq}, {"kind", code(event.record.kind)}};
  put_instant(object, "at", event.utc);
  object["entry"] = Json::parse(event.record.body, nullptr, false);
  return text(object);
}

std::string error_json(std::string_view code, std::string_view why) {
  return text(Json{{"error", code}, {"why", why}});
}

}  // namespace commune_watch
