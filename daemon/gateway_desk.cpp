// Views are built afresh for each question: people ask seldom, devices change often.
#include "gateway_desk.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include "domain/entry.hpp"
#include "evidence/leaf.hpp"
#include "gateway_logins.hpp"

namespace commune_watch {
namespace {
std::string unknown_device(const std::string& id) {
  return "không có thiết bị '" + id + "' / no device '" + id + "' is configured";
}
}  // namespace

GatewayDesk::GatewayDesk(asio::io_context& loop, House& house, Keeper& keeper, Teller& teller, Watch& watch,
                         Notary& notary, Reload reload, Backup backup)
    : loop_(loop),
      house_(house),
      keeper_(keeper),
      teller_(teller),
      watch_(watch),
      notary_(notary),
      reload_(std::move(reload)),
      backup_(std::move(backup)) {}

std::vector<const Row*> GatewayDesk::rows(const std::string& device) const {
  std::vector<const Row*> list;
  for (const auto& [id, row] : house_.roster.rows)
    if (device.empty() || row.settings->id == device) list.push_back(&row);
  const auto order = [this](const Row* row) {
    const auto* place = house_.settings->place(row->settings->place);
    return std::tuple(row->settings->kind != Kind::monitoring_point,
                      place != nullptr ? place->hamlet : std::string{}, row->settings->place,
                      row->settings->id);
  };
  std::ranges::sort(list, {}, order);
  return list;
}

StatusView GatewayDesk::frame() const {
  const auto& settings = *house_.settings;
  StatusView status;
  status.commune = settings.commune.id;
  status.commune_name = settings.commune.name;
  status.province = settings.commune.province;
  status.gateway = settings.gateway.id;
  status.version = house_.version;
  status.now = house_.utc_now();
  status.started = house_.store->utc(house_.started).value_or(0);
  status.blind = house_.blind;
  for (const auto& [about, text] : house_.alarms) status.alarms.push_back(text);
  if (const auto refused = house_.alarms.find("configuration"); refused != house_.alarms.end())
    status.configuration = refused->second;
  const auto& prober = watch_.prober();
  status.prober = prober.ready() ? "đang chạy / running (pid " + std::to_string(prober.pid()) + ", " +
                                       prober.echo_mode() + ")"
                                 : "đang khởi động lại / restarting";
  status.mqtt = teller_.how();
  const auto size = house_.store->size();
  status.store = std::to_string(size.records) + " bản ghi / records, " +
                 std::to_string(size.database_bytes / 1024) + " KiB";
  return status;
}

DeviceView GatewayDesk::view(const Row& row) const {
  const auto& device = *row.settings;
  const auto& settings = *house_.settings;
  DeviceView view;
  view.id = device.id;
  view.name = device.name;
  view.kind = device.kind;
  view.driver = device.driver;
  view.place = device.place;
  if (const auto* place = settings.place(device.place)) {
    view.place_name = place->name;
    view.hamlet = place->hamlet;
    for (const auto& hamlet : settings.hamlets)
      if (hamlet.id == place->hamlet) view.hamlet_name = hamlet.name;
  }
  view.parent = device.parent;
  if (!device.monitor.empty()) {
    view.point = device.monitor.front().point;
    view.key = device.monitor.front().key;
  }
  view.contractor = device.contractor;
  for (const auto& contractor : settings.contractors) {
    if (contractor.id != device.contractor) continue;
    view.contractor_name = contractor.name;
    view.contractor_phone = contractor.phone;
  }
  view.twin_of = house_.twin_of(row.subject.id);
  view.testable = row.subject.testable;
  view.needed = needed_rung(device.kind, row.subject.testable);
  return view;
}

StatusView GatewayDesk::status() {
  keeper_.settle();
  auto status = frame();
  const auto& map = *house_.store;
  for (const auto* row : rows({})) {
    auto device = view(*row);
    const auto id = row->subject.id;
    device.live = house_.ledger.live(id);
    device.root = root_id(device.live.standing.root);
    device.since = map.utc(device.live.since);
    if (device.live.checked) device.checked = map.utc(*device.live.checked);
    if (auto words = house_.words.find(id); words != house_.words.end()) device.words = words->second;
    for (const auto& window : house_.store->maintenance(id, {status.now, status.now + 1}))
      device.maintenance =
          device.maintenance || (window.period.from <= status.now && status.now < window.period.to);
    status.devices.push_back(std::move(device));
  }
  return status;
}

Result<StatusView> GatewayDesk::status_at(Millis at) {
  if (at > house_.utc_now()) return fail("thời điểm này chưa đến / that moment has not come yet");
  auto status = frame();
  status.now = at;
  for (const auto* row : rows({})) {
    auto device = view(*row);
    device.live.standing.reason = reason_id("gateway-off");
    for (const auto& span : house_.store->spans(row->subject.id, {at, at + 1}, house_.now())) {
      if (at < span.period.from || at >= span.period.to) continue;
      device.live.standing = {span.state,    span.cause, span.reason,  ReasonId::none,
                              span.warnings, span.root,  span.recorded};
      device.root = root_id(span.root);
      device.since = span.period.from;
    }
    for (const auto& window : house_.store->maintenance(row->subject.id, {at, at + 1}))
      device.maintenance = device.maintenance || (window.period.from <= at && at < window.period.to);
    status.devices.push_back(std::move(device));
  }
  return status;
}

Result<std::vector<OutageView>> GatewayDesk::outages(Period period, const std::string& device) {
  if (!device.empty() && house_.roster.find(device) == nullptr) return fail(unknown_device(device));
  keeper_.settle();
  std::vector<OutageView> list;
  const auto now = house_.utc_now();
  for (const auto* row : rows(device)) {
    std::optional<OutageView> open;
    Millis longest = 0;  // of its spans
    const auto close = [&] {
      if (open) list.push_back(std::move(*open));
      open.reset();
    };
    for (const auto& span : house_.store->spans(row->subject.id, period, house_.now())) {
      if (span.state != State::down) {
        close();
        continue;
      }
      if (open && open->period.to == span.period.from) {  // the reason changed, the outage goes on
        open->period.to = span.period.to;
        if (span.period.length() > longest) {  // it is told by the reason that held longest
          longest = span.period.length();
          open->cause = span.cause;
          open->reason = span.reason;
          open->root = root_id(span.root);
        }
      } else {
        close();
        open = OutageView{row->settings->id, row->settings->name, row->settings->kind, span.period, false,
                          span.cause,        span.reason,         root_id(span.root)};
        longest = span.period.length();
      }
      open->open = span.period.to >= now && house_.ledger.live(row->subject.id).standing.state == State::down;
    }
    close();
  }
  std::ranges::stable_sort(list, std::ranges::greater{},
                           [](const OutageView& outage) { return outage.period.from; });
  return list;
}

namespace {

bool enrolled_at(const std::vector<DatedTerms>& terms, Millis utc) {
  bool enrolled = false;
  for (const auto& each : terms)
    if (each.from <= utc) enrolled = each.terms.enrolled;
  return enrolled;
}

// Where no span lies nobody watched: people read that as a span of its own.
Span unwatched(Period hole) {
  Span span;
  span.period = hole;
  span.reason = reason_id("gateway-off");
  return span;
}

}  // namespace

Result<HistoryView> GatewayDesk::history(const std::string& device, Period period) {
  keeper_.settle();
  const auto* row = house_.roster.find(device);
  if (row == nullptr) return fail(unknown_device(device));
  HistoryView history{device, row->settings->name, period, {}, house_.store->blips(row->subject.id, period)};
  const auto terms = house_.store->terms(row->subject.id);
  for (auto& span : house_.store->spans(row->subject.id, period, house_.now())) {
    if (!history.spans.empty()) {
      const Period hole{history.spans.back().span.period.to, span.period.from};
      if (hole.length() > 0 && enrolled_at(terms, hole.from)) history.spans.push_back({unwatched(hole), {}});
    }
    auto root = root_id(span.root);
    history.spans.push_back({std::move(span), std::move(root)});
  }
  return history;
}

Result<std::vector<AvailabilityView>> GatewayDesk::availability(const std::string& device, Period period) {
  if (!device.empty() && house_.roster.find(device) == nullptr) return fail(unknown_device(device));
  keeper_.settle();
  std::vector<AvailabilityView> list;
  const auto now = house_.utc_now();
  for (const auto* row : rows(device)) {
    const auto input = house_.figures(row->subject.id, period);
    list.push_back({row->settings->id,
                    row->settings->name,
                    row->settings->kind,
                    commune_watch::availability(input, period, now, zone()),
                    {}});
    list.back().twin_of = house_.twin_of(row->subject.id);
    if (overlaid(input, period)) list.back().corrected = corrected(input, period, now, zone());
    if (row->settings->kind != Kind::camera) continue;
    if (const auto told = recording(input, period, now, zone()); told.bound) list.back().recording = told;
  }
  return list;
}

void GatewayDesk::probe(const std::string& device, std::function<void(Result<ProbeView>)> done) {
  const auto* row = house_.roster.find(device);
  if (row == nullptr) return done(fail(unknown_device(device)));
  if (row->driver == nullptr) return done(fail(seen_by_its_point_only(*row)));
  const auto id = row->subject.id;
  const auto depth = row->driver->highest;
  auto ask = [](GatewayDesk* desk, DeviceId number, std::string name, Rung deepest,
                std::function<void(Result<ProbeView>)> tell) -> asio::awaitable<void> {
    std::optional<Reading> reading = co_await desk->watch_.probe(number, deepest);
    const auto* known = desk->house_.roster.find(name);
    if (!reading || known == nullptr)
      co_return tell(fail("trình thăm dò không trả lời / the prober did not answer: try again in a moment"));
    ProbeView view;
    view.id = name;
    view.name = known->settings->name;
    view.kind = known->settings->kind;
    view.driver = known->settings->driver;
    view.testable = known->subject.testable;
    view.took = reading->ended.bt - reading->started.bt;
    if (const auto key = login_key(desk->house_, *known); key && desk->house_.law.blocked(*key)) {
      view.without_login = true;
      view.note = kLoginIsBlocked;
    }
    view.finding = std::move(reading->finding);
    tell(std::move(view));
  };
  asio::co_spawn(loop_, ask(this, id, device, depth, std::move(done)), asio::detached);
}

std::vector<LoginView> GatewayDesk::logins() {
  std::vector<LoginView> list;
  for (const auto& block : house_.store->login_blocks())
    list.push_back({block.host, block.username, block.device, block.words, block.since_utc,
                    house_.law.left({block.host, block.username})});
  return list;
}

Result<void> GatewayDesk::retry_login(const std::string& device, const std::string& by) {
  const auto* row = house_.roster.find(device);
  if (row == nullptr) return fail(unknown_device(device));
  const auto key = login_key(house_, *row);
  if (!key) return fail(device + " không dùng đăng nhập / uses no login");
  if (!house_.law.blocked(*key)) return fail("đăng nhập này không bị chặn / this login is not blocked");
  if (!house_.law.retry(*key, house_.clock.boot_now()))
    return fail(
        "đã thử lại 2 lần trong 30 phút, hãy kiểm tra mật khẩu rồi đợi / retried twice within 30 minutes: "
        "check the "
        "password first, then wait");
  house_.store->drop_login_block(key->host, key->username);
  LoginBlockEntry entry{key->host, key->username, device, "", false, "retry " + by};
  house_.store->append(house_.now(), row->subject.id, entry);
  keeper_.commit();
  asio::co_spawn(
      loop_,
      [](Watch& watch, DeviceId id, Rung depth) -> asio::awaitable<void> { co_await watch.probe(id, depth); }(
                                                    watch_, row->subject.id, row->driver->highest),
      asio::detached);
  return {};
}

ClockView GatewayDesk::clock() {
  const Anchor wall = house_.look();
  ClockView view;
  view.now = house_.utc_now();
  view.wall = wall.utc;
  view.wall_source = wall.source;
  view.wall_error = wall.error;
  view.source = house_.store->clock_map().source(house_.boot).value_or(AnchorSource::system);
  view.battery = house_.clock.battery();
  return view;
}

std::vector<EventView> GatewayDesk::events(Seq from, std::size_t most) {
  std::vector<EventView> list;
  const auto first = house_.store->epoch();
  const auto later = house_.store->epochs();
  for (auto& record : house_.store->read(from, most)) {
    if (record.kind != LogKind::change && record.kind != LogKind::blip && record.kind != LogKind::incident)
      continue;
    EventView view;
    view.id = house_.settings->gateway.id + "-" + std::string(epoch_at(first, later, record.seq)) + "-" +
              std::to_string(record.seq);
    view.utc = house_.store->utc(record.at);
    view.record = std::move(record);
    list.push_back(std::move(view));
  }
  return list;
}

Result<ExportView> GatewayDesk::export_evidence(const std::string& period, const std::string& by) {
  auto made = notary_.make_export(period, by);
  if (!made) return std::unexpected(made.error());
  ExportView view;
  view.proof = evidence::write(made->proof);
  view.first = made->proof.first;
  view.size = made->size;
  view.checkpoint = std::move(made->checkpoint);
  view.checkpoints = std::move(made->checkpoints);
  view.keys = std::move(made->keys);
  view.vkey = std::move(made->vkey);
  view.witnesses = std::move(made->witnesses);
  return view;
}

std::vector<std::string> GatewayDesk::leaves(Seq from, std::size_t most) {
  std::vector<std::string> lines;
  for (const auto& record : house_.store->read(from, most)) lines.push_back(evidence::leaf(record));
  return lines;
}

KeyView GatewayDesk::evidence_key() {
  KeyView view{notary_.vkey(), notary_.origin(), {}, 0};
  if (const auto newest = notary_.newest()) {
    view.checkpoint = newest->note;
    view.size = newest->size;
  }
  return view;
}

}  // namespace commune_watch
