// The watch with a recorder that keeps nothing but refusals.
#include "gateway_trial.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <filesystem>

#include "gateway_house.hpp"
#include "gateway_logins.hpp"
#include "poll/watch.hpp"

namespace commune_watch {
namespace {

constexpr Millis kProberWithin = 10'000;

class TrialRecorder final : public Recorder {
 public:
  explicit TrialRecorder(House& house) : house_(house) {}
  Millis now() override { return house_.clock.boot_now(); }
  std::uint32_t boot() override { return house_.boot; }
  std::optional<Millis> trusted_utc() override {
    const auto anchor = house_.look();
    return is_trusted(anchor.source) ? std::optional(anchor.utc) : std::nullopt;
  }
  Ask next(DeviceId) override { return {now() + kHour, Rung::reachable}; }  // asks only what it is told to
  std::optional<Note> note(DeviceId device, const std::string& driver) override {
    return house_.store ? house_.store->note(device, driver) : std::nullopt;
  }
  void record(Reading, const std::string&) override {}
  void login_tried(const LoginKey& key) override { put(key, house_.law.unsettled(key) + 1); }
  void login_settled(const LoginKey& key) override { put(key, house_.law.unsettled(key)); }
  LoginTag login_tag(const LoginKey& key, DeviceId device) override {
    return house_.store ? commune_watch::login_tag(house_, key, device) : LoginTag{};
  }
  bool login_refused(const LoginKey& key, DeviceId device, const LoginTag& tag,
                     const std::string& words) override {
    if (!house_.store || !put_refusal(house_, key, device, tag, words)) return false;
    commit();
    return true;
  }
  void left_alone(DeviceId, Millis, const std::string& why) override {
    house_.diagnostics.say(Severity::error, why);
  }
  void say(std::uint8_t level, const std::string& text) override {
    house_.diagnostics.say(static_cast<Severity>(std::min<std::uint8_t>(level, 3)), text);
  }

 private:
  void put(const LoginKey& key, int tries) {
    if (!house_.store) return;
    put_tries(house_, key, tries);
    commit();
  }
  void commit() {
    if (auto done = house_.store->commit(); !done) house_.diagnostics.say(Severity::error, done.error().why);
  }

  static constexpr Millis kHour = 3'600'000;
  House& house_;
};

// Opens the state if it can; without it nothing remembers a refusal, so no login is used.
std::string open_state(House& house, const GatewayOptions& options) {
  StoreOptions store;
  store.directory = options.state;
  store.memory = std::filesystem::path(options.socket).parent_path().string();
  store.version = options.version;
  store.commune = house.settings->commune.id;
  store.gateway = house.settings->gateway.id;
  store.simulated = house.settings->gateway.simulated;
  auto opened =
      Store::open(store, [&](const std::string& text) { house.diagnostics.say(Severity::warning, text); });
  if (!opened) return opened.error().why;
  house.store = std::move(*opened);
  auto begun = house.store->begin_run(house.clock.boot_uuid(), house.clock.boot_now(), house.look());
  if (!begun) {
    house.store.reset();
    return begun.error().why;
  }
  house.boot = begun->boot;
  return {};
}

}  // namespace

Result<void> probe_without_daemon(const GatewayOptions& options, std::span<const Driver* const> drivers,
                                  Clock& clock, Diagnostics& diagnostics,
                                  const std::vector<std::string>& devices,
                                  const std::function<void(const Settings&, const ProbeView&)>& done) {
  auto loaded = load(options.places, drivers);
  if (!loaded.settings) return fail(loaded.told());
  asio::io_context loop{1};
  House house{.clock = clock, .diagnostics = diagnostics, .drivers = drivers, .version = options.version};
  house.settings = std::make_unique<const Settings>(std::move(*loaded.settings));
  const auto closed = open_state(house, options);
  std::uint32_t last_id = 0;
  house.roster = make_roster(*house.settings, drivers, [&](Kind kind, const std::string& id) {
    return house.store ? house.store->entity(kind, id) : static_cast<DeviceId>(++last_id);
  });
  std::vector<const Row*> rows;
  for (const auto& id : devices) {
    const auto* row = house.roster.find(id);
    if (row == nullptr) return fail(id + ": không có thiết bị này trong cấu hình / not in the configuration");
    if (row->driver == nullptr) return fail(seen_by_its_point_only(*row));
    rows.push_back(row);
  }
  if (devices.empty())
    for (const auto& [id, row] : house.roster.rows)
      if (row.driver != nullptr) rows.push_back(&row);
  if (house.store) {
    restore_blocks(house);
    lift_changed_secrets(house);
    restore_tries(house);
  }

  TrialRecorder recorder(house);
  Watch watch(loop, options.spawn, recorder, house.law);
  auto roster = watched(house.roster, *house.settings);
  for (auto& entry : roster)
    if (!house.store) entry.login.reset();  // never permitted
  watch.assign(std::move(roster), gate_limits(*house.settings));

  std::size_t open = rows.size();
  auto probe = [&](const Row* row) -> asio::awaitable<void> {
    ProbeView view;
    view.id = row->settings->id;
    view.name = row->settings->name;
    view.kind = row->settings->kind;
    view.driver = row->settings->driver;
    view.testable = row->subject.testable;
    view.recorded = false;
    view.without_login = !closed.empty();
    if (const auto key = login_key(house, *row); key && house.law.blocked(*key)) {
      view.without_login = true;
      view.note = kLoginIsBlocked;
    }
    if (!closed.empty()) view.note = "không dùng mật khẩu / no credentials were used: " + closed;
    std::optional<Reading> reading = co_await watch.probe(row->subject.id, row->driver->highest);
    if (reading) {
      view.finding = std::move(reading->finding);
      view.took = reading->ended.bt - reading->started.bt;
    } else {
      Check check;
      check.outcome = Outcome::unknown;
      check.reason = reason_id("internal-error");
      view.finding.checks.push_back(std::move(check));
    }
    done(*house.settings, view);
    if (--open == 0) loop.stop();
  };
  asio::steady_timer second(loop);
  auto drive = [&]() -> asio::awaitable<void> {
    const auto give_up = clock.boot_now() + kProberWithin;
    while (!watch.prober().ready() && clock.boot_now() < give_up) {
      second.expires_after(std::chrono::milliseconds(50));
      co_await second.async_wait(asio::use_awaitable);
    }
    for (const auto* row : rows) asio::co_spawn(loop, probe(row), asio::detached);
    for (;;) {
      watch.tick();
      second.expires_after(std::chrono::seconds(1));
      co_await second.async_wait(asio::use_awaitable);
    }
  };
  if (rows.empty()) return {};
  asio::co_spawn(loop, drive(), asio::detached);
  loop.run();
  watch.stop();
  loop.restart();
  const auto until = clock.boot_now() + 2'000;
  while (watch.running() > 0 && clock.boot_now() < until) loop.run_one_for(std::chrono::milliseconds(20));
  watch.abandon();
  while (watch.running() > 0 && clock.boot_now() < until + 500)
    loop.run_one_for(std::chrono::milliseconds(20));
  if (house.store) house.store->stop(house.now(), "probe");
  return {};
}

}  // namespace commune_watch
