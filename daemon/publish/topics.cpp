// Facts into messages; see topics.hpp and docs/mqtt-topics.md.
#include "publish/topics.hpp"

#include <algorithm>
#include <cstdio>

#include "domain/entry.hpp"
#include "domain/period.hpp"
#include "publish/json.hpp"

namespace commune_watch::publish {
namespace {

// Ids are ASCII by configuration; what comes from old records is made so, lest it reach other topics ('/',
// '+', '#').
std::string level(std::string_view id) {
  std::string out{id};
  for (char& c : out) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    if (!plain) c = '_';
  }
  if (out.empty()) out = "_";
  return out;
}

std::string topic(const Names& names, std::string_view rest) {
  std::string out{kRoot};
  out += '/';
  out += level(names.commune);
  out += '/';
  out += level(names.gateway);
  out += '/';
  out += rest;
  return out;
}

std::string device_topic(const Names& names, std::string_view device, std::string_view rest) {
  return topic(names, "dev/" + level(device) + "/" + std::string{rest});
}

Message close(std::string topic, JsonLine&& json, const Names& names, bool retained, int qos = 1) {
  if (names.simulated) json.boolean("simulated", true).text("note", kSimulatedNote);
  json.end();
  return {std::move(topic), json.take(), retained, qos};
}

void instant(JsonLine& json, std::string_view key, std::optional<Millis> utc) {
  const std::string name{key};
  if (utc)
    json.text(name, utc_text(*utc));
  else
    json.null(name);
  json.number(name + "_ms", utc);
}

void cause_of(JsonLine& json, Cause cause) {
  if (cause == Cause::none) {
    json.null("cause");
    return;
  }
  json.text("cause", code(cause))
      .text("cause_vi", name(cause, Language::vi))
      .text("cause_en", name(cause, Language::en));
}

void reason_of(JsonLine& json, ReasonId id) {
  if (id == ReasonId::none) {
    json.null("reason");
    return;
  }
  const Reason& row = reason(id);
  json.text("reason", row.code).text("reason_vi", row.vi).text("reason_en", row.en);
  json.text("remedy_vi", row.remedy_vi).text("remedy_en", row.remedy_en);
}

struct StateWord {
  std::string_view code, vi, en;
};
constexpr StateWord kUp{"up", "hoạt động", "up"},
    kWarning{"up", "hoạt động (có cảnh báo)", "up, with a warning"}, kDown{"down", "mất kết nối", "down"},
    kUnknown{"unknown", "chưa xác định", "unknown"}, kMaintenance{"maintenance", "bảo trì", "maintenance"};

const StateWord& word_of(const Standing& standing) {
  switch (standing.state) {
    case State::up:
      return standing.warnings.empty() ? kUp : kWarning;
    case State::down:
      return kDown;
    case State::unknown:
      break;
  }
  return kUnknown;
}

const StateWord& word_of(const DeviceFacts& device) {
  return device.maintenance ? kMaintenance : word_of(device.live.standing);
}

void state_of(JsonLine& json, const StateWord& word) {
  json.text("state", word.code).text("state_vi", word.vi).text("state_en", word.en);
}

// Cause, reason, blame and warnings: what `state` and the `to` of a change share.
void standing_of(JsonLine& json, const Standing& standing, std::string_view root) {
  cause_of(json, standing.state == State::up ? Cause::none : standing.cause);
  reason_of(json, standing.reason);
  if (standing.own_reason != ReasonId::none) json.text("own_reason", reason(standing.own_reason).code);
  json.text_or_null("root", root);
  if (standing.recorded != Recorded::unknown) json.text("recorded", code(standing.recorded));
  json.begin_array("warnings");
  for (const ReasonId id : standing.warnings) {
    const Reason& row = reason(id);
    json.begin().text("reason", row.code).text("reason_vi", row.vi).text("reason_en", row.en);
    json.text("remedy_vi", row.remedy_vi).text("remedy_en", row.remedy_en).end();
  }
  json.end();
}

void share(JsonLine& json, std::string_view key, const std::optional<Figure>& figure) {
  if (!figure) {
    json.null(key);
    return;
  }
  const std::int32_t value = std::max<std::int32_t>(figure->floor_1e4, 0);
  std::array<char, 24> text{};
  const int length = std::snprintf(text.data(), text.size(), "%d.%02d", value / 100, value % 100);
  json.text(key, {text.data(), static_cast<std::size_t>(length)});
}

struct EventHead {
  const Names& names;
  const Record& record;
  const ToUtc& utc;
  bool historical;
};

JsonLine event_line(const EventHead& head, std::string_view type) {
  JsonLine json;
  json.begin().number("v", 1).text("event", event_id(head.names, head.record.seq));
  json.number("seq", static_cast<std::int64_t>(head.record.seq))
      .text("type", type)
      .boolean("historical", head.historical);
  return json;
}

Message event_of(const EventHead& head, const ChangeEntry& entry) {
  JsonLine json = event_line(head, "change");
  json.text("device", entry.device);
  instant(json, "at", head.utc(entry.at));
  json.begin("from").text("state", code(entry.from.state));
  json.text_or_null("cause", entry.from.state == State::up || entry.from.cause == Cause::none
                                 ? std::string_view{}
                                 : code(entry.from.cause));
  json.text_or_null(
      "reason", entry.from.reason == ReasonId::none ? std::string_view{} : reason(entry.from.reason).code);
  if (entry.from.recorded != Recorded::unknown) json.text("recorded", code(entry.from.recorded));
  instant(json, "since", head.utc(entry.since));
  json.end().begin("to");
  state_of(json, word_of(entry.to));
  standing_of(json, entry.to, entry.root);
  json.text_or_null("words", entry.words).end().number("probes", static_cast<std::int64_t>(entry.probes));
  return close(device_topic(head.names, entry.device, "event"), std::move(json), head.names, false);
}

Message event_of(const EventHead& head, const BlipEntry& entry) {
  JsonLine json = event_line(head, "blip");
  json.text("device", entry.device);
  const std::optional<Millis> from = head.utc(entry.from), to = head.utc(entry.to);
  instant(json, "from", from);
  instant(json, "to", to);
  if (entry.from.boot == entry.to.boot)
    json.number("lasted_ms", entry.to.bt - entry.from.bt);
  else
    json.null("lasted_ms");
  reason_of(json, entry.reason);
  json.number("probes", static_cast<std::int64_t>(entry.probes));
  return close(device_topic(head.names, entry.device, "event"), std::move(json), head.names, false);
}

Message event_of(const EventHead& head, const IncidentEntry& entry) {
  JsonLine json = event_line(head, "incident");
  json.text_or_null("device", entry.root).text_or_null("place", entry.place);
  json.text("incident", event_id(head.names, entry.incident)).boolean("opened", entry.opened);
  instant(json, "at", head.utc(entry.at));
  cause_of(json, entry.cause);
  reason_of(json, entry.reason);
  const std::string where = entry.root.empty() ? topic(head.names, "place/" + level(entry.place) + "/event")
                                               : device_topic(head.names, entry.root, "event");
  return close(where, std::move(json), head.names, false);
}

std::string_view word(Window window) { return window == Window::day ? "day" : "month"; }

}  // namespace

std::string event_id(const Names& names, Seq seq) {
  return names.gateway + "-" + std::string(epoch_at(names.epoch, names.epochs, seq)) + "-" +
         std::to_string(seq);
}

Message cleared(std::string topic) { return {std::move(topic), {}, true, 1}; }

std::vector<std::string> retained_topics(const Names& names, std::string_view device) {
  std::vector<std::string> out;
  for (const std::string_view rest : {"meta", "state", "availability/day", "availability/month"})
    out.push_back(device_topic(names, device, rest));
  return out;
}

Message status(const Names& names, const Running& running, Presence presence, std::optional<Millis> at) {
  const bool online = presence == Presence::start || presence == Presence::reconnected;
  constexpr std::array<std::string_view, 4> kReasons{"start", "reconnected", "shutdown", "lost"};
  JsonLine json;
  json.begin().number("v", 1).text("state", online ? "online" : "offline");
  json.text("reason", kReasons.at(static_cast<std::size_t>(presence)));
  instant(json, "at", at);
  json.text("commune", names.commune).text("gateway", names.gateway).text("epoch", names.epoch);
  json.text("boot", running.boot)
      .number("run", static_cast<std::int64_t>(running.run))
      .text("version", running.version);
  return close(topic(names, "status"), std::move(json), names, true);
}

Message meta(const Names& names, const DeviceMeta& device) {
  JsonLine json;
  json.begin().number("v", 1).text("device", device.id).text("name", device.name);
  json.text("kind", code(device.kind));
  json.text("kind_vi", name(device.kind, Language::vi)).text("kind_en", name(device.kind, Language::en));
  const auto given = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) json.text(key, value);
  };
  given("place", device.place);
  given("place_name", device.place_name);
  given("hamlet", device.hamlet);
  given("hamlet_name", device.hamlet_name);
  given("parent", device.parent);
  given("contractor", device.contractor);
  given("driver", device.driver);
  given("model", device.model);
  given("monitoring_point", device.point);
  given("monitoring_key", device.key);
  if (device.identity) {
    json.begin("identity");
    given("maker", device.identity->maker);
    given("model", device.identity->model);
    given("serial", device.identity->serial);
    given("mac", device.identity->mac);
    given("firmware", device.identity->firmware);
    json.end();
  }
  return close(device_topic(names, device.id, "meta"), std::move(json), names, true);
}

std::string_view state_code(const DeviceFacts& device) { return word_of(device).code; }

std::string_view state_name(const DeviceFacts& device, Language language) {
  return language == Language::vi ? word_of(device).vi : word_of(device).en;
}

Message state(const Names& names, const DeviceFacts& device) {
  const Live& live = device.live;
  JsonLine json;
  json.begin().number("v", 1).text("device", device.id);
  state_of(json, word_of(device));
  json.text("observed", code(live.standing.state));
  standing_of(json, live.standing, device.root);
  json.text_or_null("words", device.words);
  instant(json, "since", device.since);
  instant(json, "checked_at", device.checked);
  instant(json, "valid_until", device.valid_until);
  json.text("device_path", code(live.device_path)).text("monitor_path", code(live.monitor_path));
  if (live.failing > 0) {
    json.begin("provisional").number("failing", static_cast<std::int64_t>(live.failing));
    json.text_or_null(
        "reason", live.provisional == ReasonId::none ? std::string_view{} : reason(live.provisional).code);
    json.end();
  }
  json.begin_array("checks");
  for (const Check& check : live.checks) {
    json.begin().text("rung", code(check.rung)).text("outcome", code(check.outcome));
    if (check.reason != ReasonId::none) json.text("reason", reason(check.reason).code);
    if (!check.words.empty()) json.text("words", check.words);
    if (check.outcome != Outcome::not_tested) json.number("took_us", check.took_us);
    json.end();
  }
  json.end();
  if (device.maintenance) {
    json.begin("maintenance");
    instant(json, "from", device.maintenance->period.from);
    instant(json, "to", device.maintenance->period.to);
    json.text("author", device.maintenance->author).text("why", device.maintenance->reason).end();
  }
  json.number("seq", static_cast<std::int64_t>(device.seq));
  return close(device_topic(names, device.id, "state"), std::move(json), names, true);
}

namespace {

// No bare figure where too little was observed (DESIGN §4 "Figures").
void shares(JsonLine& json, const Availability& figure) {
  share(json, "a_conn", figure.printable ? figure.connected : std::nullopt);
  share(json, "a_dev", figure.printable ? figure.device : std::nullopt);
  share(json, "coverage", figure.coverage);
  share(json, "low", figure.low);
  share(json, "high", figure.high);
}

}  // namespace

Message availability(const Names& names, std::string_view device, Window window, const Availability& figure,
                     bool final, const std::optional<Availability>& corrected) {
  const Totals& totals = figure.totals;
  JsonLine json;
  json.begin().number("v", 1).text("device", device).text("window", word(window));
  instant(json, "from", figure.period.from);
  instant(json, "to", figure.period.to);
  json.boolean("final", final).text("rule", "A" + std::to_string(figure.rule));
  json.number("T", totals.time()).number("U", totals.up).number("D", totals.down);
  json.number("M", totals.maintenance).number("N", totals.unknown);
  json.number("D_upstream", totals.down_upstream).number("D_mains", totals.down_mains);
  json.number("D_monitoring_point", totals.down_monitoring_point).number("B", totals.blips);
  json.number("outages", std::int64_t{totals.outages}).number("longest_outage", totals.longest);
  json.number("blips", std::int64_t{totals.blip_count}).boolean("unstable", totals.unstable);
  json.boolean("printable", figure.printable);
  shares(json, figure);
  if (corrected) {
    const Totals& other = corrected->totals;
    json.begin("corrected").number("U", other.up).number("D", other.down);
    json.number("M", other.maintenance).number("N", other.unknown);
    shares(json.boolean("printable", corrected->printable), *corrected);
    json.end();
  }
  return close(device_topic(names, device, "availability/" + std::string{word(window)}), std::move(json),
               names, true);
}

Message summary(const Names& names, const Summary& facts) {
  JsonLine json;
  json.begin().number("v", 1);
  instant(json, "at", facts.at);
  json.begin("kinds");
  for (const KindCount& count : facts.kinds) {
    json.begin(code(count.kind));
    json.text("name_vi", name(count.kind, Language::vi)).text("name_en", name(count.kind, Language::en));
    json.number("total", std::int64_t{count.total}).number("up", std::int64_t{count.up});
    json.number("warning", std::int64_t{count.warning}).number("down", std::int64_t{count.down});
    json.number("unknown", std::int64_t{count.unknown})
        .number("maintenance", std::int64_t{count.maintenance})
        .end();
  }
  json.end().number("open_incidents", std::int64_t{facts.open_incidents}).boolean("blind", facts.blind);
  json.begin_array("alarms");
  for (const auto& [about, text] : facts.alarms) json.begin().text("about", about).text("text", text).end();
  json.end();
  return close(topic(names, "summary"), std::move(json), names, true);
}

Message checkpoint(const Names& names, std::uint64_t size, std::string_view note) {
  JsonLine json;
  json.begin().number("v", 1).number("size", static_cast<std::int64_t>(size)).text("checkpoint", note);
  return close(topic(names, "checkpoint"), std::move(json), names, true);
}

Result<std::optional<Message>> event(const Names& names, const Record& record, const ToUtc& utc,
                                     bool historical) {
  if (record.kind != LogKind::change && record.kind != LogKind::blip && record.kind != LogKind::incident)
    return std::optional<Message>{};
  const Result<Entry> entry = decode(record.kind, record.body);
  if (!entry) return fail("record " + std::to_string(record.seq) + " cannot be read: " + entry.error().why);
  const EventHead head{names, record, utc, historical};
  if (const auto* change = std::get_if<ChangeEntry>(&*entry)) return std::optional{event_of(head, *change)};
  if (const auto* blip = std::get_if<BlipEntry>(&*entry)) return std::optional{event_of(head, *blip)};
  if (const auto* incident = std::get_if<IncidentEntry>(&*entry))
    return std::optional{event_of(head, *incident)};
  return fail("record " + std::to_string(record.seq) + " is not what its kind says");
}

Message metrics(const Names& names, const Health& health, Millis at) {
  JsonLine json;
  json.begin().number("v", 1);
  instant(json, "at", at);
  json.text("version", health.version);
  for (const HealthRow& row : health_rows()) json.number(row.name, row.value(health));
  return close(topic(names, "metrics"), std::move(json), names, false, 0);
}

}  // namespace commune_watch::publish
