// Facts leave only after they are durable; figures are spread over a quarter of an hour.
#include "gateway_teller.hpp"

#include <unistd.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <cstdlib>
#include <utility>

#include "gateway_surroundings.hpp"

namespace commune_watch {
namespace {

bool same(const MqttSettings& a, const MqttSettings& b) {
  const auto login = [](const MqttSettings& s) {
    return s.login ? s.login->username + '\n' + s.login->password.reveal() : "";
  };
  return a.url == b.url && login(a) == login(b) && a.ca_file == b.ca_file && a.client_id == b.client_id &&
         a.keep_alive == b.keep_alive && a.window == b.window && a.backlog_per_second == b.backlog_per_second;
}

constexpr std::size_t kFiguresAtOnce = 50;
constexpr Millis kFinalStands = 60'000;  // before the next day takes its topic: the broker has it by then
constexpr Millis kFinalWithin = 12 * 3'600'000;
constexpr Millis kRenewAhead = 2'000;
constexpr const char* kDayKey = "mqtt-day";

// How long what was seen at a check holds (DESIGN §4); then the ledger itself says unknown(overrun).
Millis hold(const Subject& subject) {
  return subject.device_path
             ? 2 * subject.cadence.of(Rung::reachable) + subject.cadence.limit
             : 2 * subject.monitor_cadence.of(Rung::connected) + subject.monitor_cadence.limit;
}

Period local_day(const Zone& zone, Millis utc) {
  const auto date = local_date(zone, utc);
  return {zone.midnight(date.year, date.month, date.day), zone.midnight(date.year, date.month, date.day + 1)};
}

Period local_month(const Zone& zone, Millis utc) {
  const auto date = local_date(zone, utc);
  return {zone.midnight(date.year, date.month, 1), zone.midnight(date.year, date.month + 1, 1)};
}

}  // namespace

Teller::Teller(asio::io_context& loop, House& house, const Keeper& keeper)
    : loop_(loop), house_(house), keeper_(keeper) {}

publish::Names Teller::names() const {
  return {house_.settings->commune.id, house_.settings->gateway.id, house_.store->epoch(),
          house_.settings->gateway.simulated, house_.store->epochs()};
}

void Teller::start(const Watch& watch) {
  watch_ = &watch;
  const auto& wanted = house_.settings->mqtt;
  if (day_ == 0) begin_day();
  tell_of_loss();
  if (publisher_ && same(wanted, options_)) return;
  publisher_.reset();
  options_ = wanted;
  if (wanted.url.empty()) return;
  publish::MqttOptions options;
  options.url = wanted.url;
  options.client_id = wanted.client_id;
  if (wanted.login) {
    options.username = wanted.login->username;
    options.password = wanted.login->password.reveal();
  }
  options.ca_file = wanted.ca_file;
  options.names = names();
  options.running = {house_.clock.boot_uuid(), house_.run, house_.version};
  options.clock = [this] { return house_.clock.boot_now(); };
  options.keep_alive = wanted.keep_alive;
  options.window = static_cast<int>(wanted.window);
  options.events_per_second = static_cast<int>(wanted.backlog_per_second);
  publish::MqttHooks hooks;
  hooks.post = [this](std::function<void()> task) { asio::post(loop_, std::move(task)); };
  hooks.now = [this] { return publish::MqttHooks::Now{house_.now(), house_.utc_now()}; };
  hooks.utc = [this](Moment at, Moment recorded) { return house_.store->told_utc(at, recorded); };
  hooks.snapshot = [this] { return snapshot(); };
  hooks.on_acknowledged = [this](Seq next) { house_.store->put_cursor("mqtt", next); };
  hooks.on_forgotten = [this](const std::string& topic) {
    retained_.erase(topic);
    house_.store->put_retained_topic(topic, false);
  };
  hooks.on_alarm = [this](const std::string& text) {
    house_.alarm("mqtt", text.empty() ? text : "MQTT: " + text);
  };
  hooks.say = [this](publish::Level level, const std::string& text) {
    house_.diagnostics.say(static_cast<Severity>(static_cast<int>(level) + 1), text);
  };
  publisher_ = std::make_unique<publish::MqttPublisher>(std::move(options), std::move(hooks), *house_.store,
                                                        house_.store->cursor("mqtt"));
  publisher_->start();
  forget_strangers();
}

// Where the last run left off: a day that ended while nobody told it is still told as final.
void Teller::begin_day() {
  if (const auto kept = house_.store->meta(kDayKey)) day_ = std::strtoll(kept->c_str(), nullptr, 10);
  if (day_ > 0) return;
  day_ = local_day(house_.settings->commune.zone, house_.utc_now()).from;
  house_.store->put_meta(kDayKey, std::to_string(day_));
}

// This run goes on from less than there was: people must know, until the next start.
void Teller::tell_of_loss() {
  const auto restore = house_.store->restored();
  if (!restore) return;
  const bool asked_for = restore->by != "start";
  std::string vi = asked_for ? "ĐÃ KHÔI PHỤC SỔ THEO DÕI theo yêu cầu của " + restore->by +
                                   ", sổ cũ cất vào " + restore->put_aside
                             : "SỔ THEO DÕI CŨ BỊ HỎNG, đã cất vào " + restore->put_aside;
  std::string en = asked_for ? "the log was restored, asked for by " + restore->by + ", the old one put aside"
                             : "the old log is damaged and was put aside";
  if (!restore->backup.empty()) {
    vi += ", tiếp tục từ bản sao lưu " + restore->backup;
    en += ", the backup " + restore->backup + " goes on";
  }
  if (restore->salvaged > 0) {
    vi += ", cứu được thêm " + std::to_string(restore->salvaged) + " bản ghi";
    en += ", " + std::to_string(restore->salvaged) + " more records were salvaged";
  }
  if (restore->kept + restore->salvaged == 0) {
    vi += " và mở sổ mới";
    en += " and a new one begun";
  }
  house_.alarm("put-aside", vi + " / " + en + " (" + restore->why + ")");
}

// What was retained once and is nobody's now: a device that was taken out while no gateway ran.
void Teller::forget_strangers() {
  std::set<std::string> ours{publish::summary(names(), {}).topic, publish::checkpoint(names(), 0, "").topic};
  for (const auto& [id, row] : house_.roster.rows) ours.merge(topics_of(row.settings->id));
  for (const auto& topic : house_.store->retained_topics())
    if (!ours.contains(topic)) publisher_->forget(topic);
}

std::set<std::string> Teller::topics_of(const std::string& device) const {
  const auto topics = publish::retained_topics(names(), device);
  return {topics.begin(), topics.end()};
}

publish::DeviceMeta Teller::meta(const Row& row) const {
  const auto& device = *row.settings;
  publish::DeviceMeta meta;
  meta.id = device.id;
  meta.name = device.name;
  meta.kind = device.kind;
  meta.place = device.place;
  if (const auto* place = house_.settings->place(device.place)) {
    meta.place_name = place->name;
    meta.hamlet = place->hamlet;
    for (const auto& hamlet : house_.settings->hamlets)
      if (hamlet.id == place->hamlet) meta.hamlet_name = hamlet.name;
  }
  meta.parent = device.parent;
  meta.contractor = device.contractor;
  meta.driver = device.driver;
  meta.model = device.model;
  if (!device.monitor.empty()) {
    meta.point = device.monitor.front().point;
    meta.key = device.monitor.front().key;
  }
  return meta;
}

std::optional<Millis> Teller::holds_until(DeviceId device, const Live& live) const {
  const auto row = house_.roster.rows.find(device);
  if (!live.checked || row == house_.roster.rows.end()) return std::nullopt;
  return live.checked->bt + hold(row->second.subject);
}

publish::DeviceFacts Teller::facts(DeviceId device) const {
  const auto& map = *house_.store;
  publish::DeviceFacts facts;
  facts.id = house_.id_of(device);
  facts.live = house_.ledger.live(device);
  if (facts.live.standing.root) facts.root = house_.id_of(*facts.live.standing.root);
  if (auto words = house_.words.find(device); words != house_.words.end()) facts.words = words->second;
  facts.since = map.utc(facts.live.since);
  if (facts.live.checked) {
    facts.checked = map.utc(*facts.live.checked);
    if (const auto until = holds_until(device, facts.live))
      facts.valid_until = map.utc({house_.boot, *until});
  }
  const auto at = house_.utc_now();
  for (const auto& window : house_.store->maintenance(device, {at, at + 1}))
    if (window.period.from <= at && at < window.period.to) facts.maintenance = window;
  if (auto seq = house_.last_change.find(device); seq != house_.last_change.end()) facts.seq = seq->second;
  return facts;
}

publish::Message Teller::summary() const {
  publish::Summary summary;
  summary.at = house_.utc_now();
  summary.blind = house_.blind;
  summary.open_incidents = static_cast<int>(house_.open_incidents);
  summary.alarms = house_.alarms;
  std::map<Kind, publish::KindCount> kinds;
  for (const auto& [id, row] : house_.roster.rows) {
    if (house_.twins.contains(id)) continue;
    auto& count = kinds[row.settings->kind];
    count.kind = row.settings->kind;
    ++count.total;
    const auto code = publish::state_code(facts(id));
    if (code == "maintenance")
      ++count.maintenance;
    else if (code == "down")
      ++count.down;
    else if (code == "unknown")
      ++count.unknown;
    else
      ++count.up;
    if (code == "up" && !house_.ledger.live(id).standing.warnings.empty()) ++count.warning;
  }
  for (const auto& [kind, count] : kinds) summary.kinds.push_back(count);
  return publish::summary(names(), summary);
}

publish::Message Teller::state(DeviceId device) {
  const auto now = facts(device);
  if (const auto until = holds_until(device, now.live)) told_until_[device] = *until;
  return publish::state(names(), now);
}

void Teller::tell(publish::Message message) {
  if (retained_.insert(message.topic).second) house_.store->put_retained_topic(message.topic, true);
  publisher_->set(std::move(message));
}

// The day and its month. Once the day is over its figures are told a last time, as final, as soon as nothing
// can be back-dated into it any more; the new day takes their topics afterwards.
std::vector<publish::Message> Teller::figures(DeviceId device) {
  const auto& zone = house_.settings->commune.zone;
  const auto at = house_.utc_now();
  const auto told = std::min(day_, at);
  const auto day = local_day(zone, told);
  const auto month = local_month(zone, told);
  const bool final = at >= day.to && keeper_.clock_trusted() && settled(device, day.to);
  if (final) {
    closed_.insert(device);
    closed_at_ = house_.clock.boot_now();
  }
  const auto input = house_.figures(device, month);
  const auto id = house_.id_of(device);
  const auto beside = [&](Period period) {
    return overlaid(input, period) ? std::optional(corrected(input, period, at, zone)) : std::nullopt;
  };
  std::vector<publish::Message> messages{
      publish::availability(names(), id, publish::Window::day, availability(input, day, at, zone), final,
                            beside(day)),
      publish::availability(names(), id, publish::Window::month, availability(input, month, at, zone),
                            final && at >= month.to, beside(month))};
  return messages;
}

bool Teller::settled(DeviceId device, Millis utc) const {
  const auto live = house_.ledger.live(device);
  if (!live.settled) return true;
  const auto until = house_.store->utc(*live.settled);
  return until && *until >= utc && house_.store->uncommitted() == 0;
}

void Teller::tell_figures(DeviceId device) {
  if (closed_.contains(device)) return;  // final is said once
  for (auto& message : figures(device)) tell(std::move(message));
}

void Teller::turn_the_day() {
  if (!keeper_.clock_trusted()) return;  // nobody knows which day it is
  const auto& zone = house_.settings->commune.zone;
  const auto at = house_.utc_now();
  day_ = std::min(day_, local_day(zone, at).from);  // begun by a clock that was ahead
  const auto end = local_day(zone, day_).to;
  if (at < end) return;
  const auto& rows = house_.roster.rows;
  const bool all = std::ranges::all_of(rows, [&](const auto& row) { return closed_.contains(row.first); });
  if (!all && at < end + kFinalWithin) return;
  if (house_.clock.boot_now() - closed_at_ < kFinalStands) return;
  closed_.clear();
  day_ = local_day(zone, at).from;
  house_.store->put_meta(kDayKey, std::to_string(day_));
}

std::vector<publish::Message> Teller::snapshot() {
  std::vector<publish::Message> messages;
  for (const auto& [id, row] : house_.roster.rows) {
    messages.push_back(publish::meta(names(), meta(row)));
    messages.push_back(state(id));
    for (auto& message : figures(id)) messages.push_back(std::move(message));
  }
  messages.push_back(summary());
  if (const auto newest = house_.store->last_checkpoint(UINT64_MAX))
    messages.push_back(publish::checkpoint(names(), newest->size, newest->note));
  for (const auto& message : messages)
    if (retained_.insert(message.topic).second) house_.store->put_retained_topic(message.topic, true);
  return messages;
}

void Teller::roster_changed(const Roster& before) {
  if (!publisher_) return;
  for (const auto& [name, id] : before.ids) {
    if (house_.roster.ids.contains(name)) continue;
    for (const auto& topic : topics_of(name)) publisher_->forget(topic);
    told_until_.erase(id);
  }
  for (const auto& [id, row] : house_.roster.rows) {
    tell(publish::meta(names(), meta(row)));
    tell(state(id));
  }
  tell(summary());
}

void Teller::checkpoint(const StoredCheckpoint& made) {
  if (publisher_) tell(publish::checkpoint(names(), made.size, made.note));
}

void Teller::changed(const std::set<DeviceId>& devices) {
  if (!publisher_) return;
  for (auto device : devices) {
    if (!house_.roster.rows.contains(device)) continue;
    tell(state(device));
    if (devices.size() > kFiguresAtOnce)
      continue;  // a whole segment went: their figures follow in their turn
    tell_figures(device);
  }
  if (!devices.empty()) tell(summary());
  publisher_->pump();
}

// A state says until when it holds: it is told again in time, where it was checked again.
void Teller::renew() {
  if (house_.store->uncommitted() > 0) return;  // what is told must be durable: the next second will do
  const auto now = house_.clock.boot_now();
  for (const auto& [id, row] : house_.roster.rows) {
    const auto told = told_until_.find(id);
    if (told == told_until_.end()) continue;
    if (told->second - now > std::max(row.subject.cadence.limit / 2, kRenewAhead)) continue;
    if (holds_until(id, house_.ledger.live(id)) > told->second) tell(state(id));
  }
}

void Teller::tick() {
  if (!publisher_) return;
  publisher_->tick();
  if (!publisher_->health().connected) return;
  renew();
  turn_the_day();
  if (std::exchange(told_alarms_, house_.alarms) != house_.alarms) tell(summary());
  const auto devices = house_.roster.rows.size();
  const auto slice = std::max<std::size_t>(1, (devices * 1'000 + kFiguresEvery - 1) / kFiguresEvery);
  for (std::size_t i = 0; i < slice && devices > 0; ++i) {
    next_figure_ = (next_figure_ + 1) % std::max<std::size_t>(devices, kFiguresEvery / 1'000);
    if (next_figure_ >= devices) continue;
    auto row = std::next(house_.roster.rows.begin(), static_cast<std::ptrdiff_t>(next_figure_));
    tell_figures(row->first);
  }
  const auto now = house_.clock.boot_now();
  if (now - last_metrics_ < kMetricsEvery) return;
  last_metrics_ = now;
  publisher_->send(publish::metrics(names(), health(), house_.utc_now()));
}

void Teller::stop(std::function<void()> done) {
  if (!publisher_) return done();
  publisher_->stop(std::move(done));
}

publish::Health Teller::health() const {
  publish::Health health;
  health.uptime = house_.clock.boot_now() - house_.started.bt;
  health.version = house_.version;
  health.devices = static_cast<std::int64_t>(house_.roster.rows.size());
  health.readings = keeper_.readings();
  health.clock_error = keeper_.clock_error();
  health.clock_trusted = keeper_.clock_trusted();
  const auto size = house_.store->size();
  health.records = size.records;
  health.database_bytes = size.database_bytes;
  health.wal_bytes = size.wal_bytes;
  health.uncommitted = static_cast<std::int64_t>(house_.store->uncommitted());
  if (watch_ != nullptr) {
    health.questions = watch_->asked();
    health.overruns = watch_->unanswered();
    health.prober_restarts = watch_->prober().restarts();
    health.resident_bytes = resident_bytes({::getpid(), watch_->prober().pid()});
  }
  if (publisher_) {
    const auto mqtt = publisher_->health();
    health.mqtt_connected = mqtt.connected;
    health.outbox_depth = house_.store->next() - std::min(mqtt.acknowledged, house_.store->next());
    health.mqtt_acknowledged = mqtt.messages;
    health.mqtt_refused = mqtt.refused;
    health.mqtt_connections = mqtt.connections;
    health.mqtt_replaced = mqtt.replaced;
  }
  return health;
}

std::string Teller::metrics() {
  std::vector<publish::DeviceSample> samples;
  const auto at = house_.utc_now();
  const auto month = local_month(house_.settings->commune.zone, at);
  for (const auto& [id, row] : house_.roster.rows) {
    publish::DeviceSample sample{meta(row), facts(id), {}};
    sample.totals = availability(house_.figures(id, month), month, at, house_.settings->commune.zone).totals;
    samples.push_back(std::move(sample));
  }
  return publish::exposition(names(), samples, health());
}

std::string Teller::how() const {
  if (!publisher_) return "không phát / not published";
  const auto health = publisher_->health();
  if (!health.connected) return "mất kết nối / not connected";
  return "đã kết nối / connected (MQTT " + std::string(health.version == 5 ? "5" : "3.1.1") + ")";
}

}  // namespace commune_watch
