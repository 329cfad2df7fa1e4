// Birth order, the loop's heartbeat, reload, and an orderly end.
#include "gateway.hpp"

#include <malloc.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <filesystem>
#include <optional>
#include <set>

#include "console/console.hpp"
#include "domain/entry.hpp"
#include "domain/period.hpp"
#include "gateway_agreements.hpp"
#include "gateway_backup.hpp"
#include "gateway_desk.hpp"
#include "gateway_house.hpp"
#include "gateway_identities.hpp"
#include "gateway_keeper.hpp"
#include "gateway_logins.hpp"
#include "gateway_notary.hpp"
#include "gateway_pictures.hpp"
#include "gateway_scenes.hpp"
#include "gateway_surroundings.hpp"
#include "gateway_teller.hpp"
#include "gateway_witnesses.hpp"
#include "settings/last_good.hpp"

namespace commune_watch {
namespace {

constexpr Millis kTrimEvery = 60'000;  // what a load or a large answer needed is given back
constexpr Millis kStopWithin = 5'000;
constexpr Millis kLastTurns = 500;  // for what was given up then
constexpr const char* kOfTheLog =
    ": commune.id, gateway.id and gateway.simulated belong to the log: to change them start anew with "
    "another "
    "--state";
constexpr const char* kStartTakesLong = "EXTEND_TIMEOUT_USEC=900000000";  // beyond the unit's TimeoutStartSec

bool same_log(const Settings& a, const Settings& b) {
  return a.commune.id == b.commune.id && a.gateway.id == b.gateway.id &&
         a.gateway.simulated == b.gateway.simulated;
}

}  // namespace

struct Gateway::Impl {
  Impl(GatewayOptions options_in, std::span<const Driver* const> drivers, Clock& clock,
       Diagnostics& diagnostics)
      : options(std::move(options_in)),
        house{.clock = clock, .diagnostics = diagnostics, .drivers = drivers, .version = options.version},
        signals(loop, SIGTERM, SIGINT, SIGHUP),
        second(loop),
        last_word(loop) {}

  Result<void> open();
  Result<void> begin();
  Result<void> choose_configuration();
  Result<std::vector<std::string>> load_and_apply(const std::string& by);
  void keep_last_good();
  void tell_refused(const std::vector<std::string>& errors);
  void apply(std::unique_ptr<const Settings> fresh, const std::string& by);
  void look_again(DeviceId device);
  void listen_for_signals();
  void every_second();
  void idle();
  void tell_manager();
  void begin_stop(const std::string& why);
  void await_end();
  void end();

  GatewayOptions options;
  asio::io_context loop{1};
  House house;
  asio::signal_set signals;
  asio::steady_timer second, last_word;
  std::optional<Identities> identities;
  std::optional<Scenes> scenes;
  std::optional<PictureShelf> pictures;
  std::optional<Keeper> keeper;
  std::optional<Watch> watch;
  std::optional<Teller> teller;
  std::optional<Notary> notary;
  std::optional<Witnesses> witnesses;
  std::optional<BackupKeeper> backups;
  std::optional<GatewayDesk> desk;
  std::optional<Console> console;
  LastGood last_good{options.state};
  ConfigurationFiles files;          // in force, and not yet kept as the last good ones
  std::optional<Moment> taken;       // since when the kept ones are
  std::vector<std::string> refused;  // what this start found wrong with the files
  bool stopping = false, checked = false, told = false, hung_up = false, hopeless = false;
  Millis trimmed = 0;
  Millis deadline = 0;
  std::string stop_reason;
};

Gateway::Gateway(GatewayOptions options, std::span<const Driver* const> drivers, Clock& clock,
                 Diagnostics& diagnostics)
    : impl_(std::make_unique<Impl>(std::move(options), drivers, clock, diagnostics)) {}
Gateway::~Gateway() = default;

Result<void> Gateway::run() {
  if (auto opened = impl_->open(); !opened) return opened;
  if (auto begun = impl_->begin(); !begun) return begun;
  impl_->loop.run();
  impl_->end();
  return {};
}

bool Gateway::wants_restart() const { return impl_->hopeless; }

void Gateway::stop() {
  asio::post(impl_->loop, [impl = impl_.get()] { impl->begin_stop("stop"); });
}

// The files as they are; else, and never silently, those of the last good configuration.
Result<void> Gateway::Impl::choose_configuration() {
  auto loaded = load(options.places, house.drivers);
  auto kept = last_good.read();
  if (!kept) house.diagnostics.say(Severity::warning, kept.error().why);
  std::optional<LoadResult> before;
  if (kept && *kept && (*kept)->files != loaded.files)
    before = load_kept(options.places, (*kept)->files, house.drivers);
  if (loaded.settings && before && before->settings && !same_log(*loaded.settings, *before->settings)) {
    loaded.errors.push_back(loaded.settings->commune.origin + kOfTheLog);
    loaded.settings.reset();
  }
  if (!loaded.settings) {
    if (!before) return fail(loaded.told() + (kept ? "" : "\n" + kept.error().why));
    if (!before->settings) {
      for (const auto& error : before->errors)
        if (std::ranges::find(loaded.errors, error) == loaded.errors.end())
          loaded.errors.push_back(last_good.directory() + ": " + error);
      return fail(loaded.told());
    }
    for (const auto& error : loaded.errors) house.diagnostics.say(Severity::error, error);
    refused = std::move(loaded.errors);
    taken = (*kept)->taken;
    loaded = std::move(*before);
  }
  for (const auto& warning : loaded.warnings) house.diagnostics.say(Severity::warning, warning);
  house.settings = std::make_unique<const Settings>(std::move(*loaded.settings));
  files = std::move(loaded.files);
  return {};
}

void Gateway::Impl::keep_last_good() {
  if (files.empty() || house.store->uncommitted() > 0) return;  // the log comes first; later
  auto kept = last_good.keep(files, house.now());
  if (kept) files.clear();
  taken = kept ? std::optional(*kept) : std::nullopt;
  house.alarm(
      "configuration-copy",
      kept ? ""
           : "KHÔNG CẤT ĐƯỢC BẢN SAO CẤU HÌNH; nếu tệp cấu hình hỏng thì lần sau không khởi động được / "
             "the configuration cannot be kept; should its file be damaged, the next start fails: " +
                 kept.error().why);
}

void Gateway::Impl::tell_refused(const std::vector<std::string>& errors) {
  const auto utc = taken ? house.store->utc(*taken) : std::nullopt;
  const auto when = utc ? local_text(*utc, house.settings->commune.zone) : "";
  const auto more = errors.size() > 1 ? " (+" + std::to_string(errors.size() - 1) + ")" : "";
  house.alarm("configuration", "TỆP CẤU HÌNH CÓ LỖI, mọi số liệu vẫn tính theo cấu hình cũ" +
                                   (when.empty() ? "" : ", dùng từ " + when) +
                                   " / the configuration is refused, all figures go on by the one before" +
                                   (when.empty() ? "" : ", in force since " + when) + ": " +
                                   (errors.empty() ? "" : errors.front()) + more);
}

Result<void> Gateway::Impl::open() {
  if (auto chosen = choose_configuration(); !chosen) return chosen;

  StoreOptions store;
  store.directory = options.state;
  store.memory = std::filesystem::path(options.socket).parent_path().string();
  store.version = options.version;
  store.commune = house.settings->commune.id;
  store.gateway = house.settings->gateway.id;
  store.simulated = house.settings->gateway.simulated;
  auto opened = Store::open(store, [this](const std::string& text) {
    house.diagnostics.say(Severity::warning, text);
    // What it tells of before READY may be a log of years that is read or made anew.
    if (!console) ::sd_notify(0, kStartTakesLong);
  });
  if (!opened) return std::unexpected(opened.error());
  house.store = std::move(*opened);

  auto begun = house.store->begin_run(house.clock.boot_uuid(), house.clock.boot_now(), house.look());
  if (!begun) return std::unexpected(begun.error());
  house.boot = begun->boot;
  house.started = begun->at;
  house.run = static_cast<std::uint32_t>(house.store->runs().size());
  auto first = house.store->read(0, 1);
  if (!first.empty()) {
    auto entry = decode(first.front().kind, first.front().body);
    const auto* genesis = entry ? std::get_if<GenesisEntry>(&*entry) : nullptr;
    if (genesis != nullptr && genesis->simulated != store.simulated)
      return fail(options.state + ": this log is " + (genesis->simulated ? "simulated" : "of real devices") +
                  " and stays so; use another --state for " +
                  (store.simulated ? "a simulation" : "real devices"));
    if (genesis != nullptr && (genesis->commune != store.commune || genesis->gateway != store.gateway))
      return fail(options.state + ": this log belongs to " + genesis->commune + "/" + genesis->gateway +
                  "; use another --state for " + store.commune + "/" + store.gateway);
  }
  return {};
}

Result<void> Gateway::Impl::begin() {
  Keeper::Hooks hooks;
  hooks.durable = [this](const std::set<DeviceId>& changed) {
    if (teller) teller->changed(changed);
    if (console) console->notify();
  };
  hooks.hurry = [this](const std::vector<DeviceId>& devices) {
    if (watch) watch->hurry(devices);
  };
  const auto later = [this](Millis after, std::function<void()> task) {
    auto timer = std::make_shared<asio::steady_timer>(
        loop, std::chrono::milliseconds(after));  // lives as long as its wait
    timer->async_wait([timer, task = std::move(task)](std::error_code error) {
      if (!error) task();
    });
  };
  hooks.later = later;
  hooks.identified = [this](DeviceId device, const Identity& identity) {
    return identities->heard(device, identity);
  };
  hooks.compared = [this](Reading& reading) { scenes->heard(reading); };
  identities.emplace(house);
  scenes.emplace(house, [this, later](DeviceId device) { later(0, [this, device] { look_again(device); }); });
  hooks.pictured = [this](DeviceId device, const std::string& jpeg) {
    if (const auto utc = keeper->trusted_utc()) pictures->keep(device, *utc, jpeg);
  };
  pictures.emplace(house, options.state + "/pictures");
  keeper.emplace(house, std::move(hooks));
  watch.emplace(loop, options.spawn, *keeper, house.law);
  teller.emplace(loop, house, *keeper);
  notary.emplace(house, *keeper, *watch, KeyFiles(options.state, options.places.credentials_directory),
                 Notary::Hooks{[this](const StoredCheckpoint& made) { teller->checkpoint(made); },
                               [this](const StoredCheckpoint& made) { witnesses->submit(made); },
                               [this] { return witnesses->vkeys(); }});
  witnesses.emplace(
      house, Witnesses::Hooks{
                 [this](std::function<void()> task) { asio::post(loop, std::move(task)); },
                 [this](std::uint64_t size, const std::string& line) { notary->cosigned(size, line); }});
  BackupKeeper::Hooks backup_hooks{later,
                                   [this](std::function<void()> task) { asio::post(loop, std::move(task)); },
                                   [this] { return keeper->clock_trusted(); }};
  backups.emplace(house, options.state, std::move(backup_hooks));
  desk.emplace(
      loop, house, *keeper, *teller, *watch, *notary,
      [this](const std::string& by) { return load_and_apply(by); },
      [this](bool begin) { return backups->ask(begin); });

  house.ledger.begin(house.started);
  keeper->observe_clock(true);
  restore_blocks(house);
  apply(std::exchange(house.settings, nullptr), "start");
  restore_tries(house);
  if (!keeper->commit()) return fail(options.state + ": the log cannot be written (see above)");
  if (refused.empty())
    keep_last_good();
  else
    tell_refused(std::exchange(refused, {}));
  if (auto begun = notary->begin(); !begun)
    house.alarm("evidence-key",
                "KHÔNG CÓ KHÓA KÝ BẰNG CHỨNG, sổ không được ký / there is no key to sign the log with: " +
                    begun.error().why);

  ConsoleOptions console_options;
  console_options.socket = options.socket;
  console.emplace(console_options, *desk,
                  [this](std::function<void()> task) { asio::post(loop, std::move(task)); });
  if (auto started = console->start(); !started) return started;

  listen_for_signals();
  every_second();
  ::sd_notify(0, "READY=1");
  house.diagnostics.say(Severity::info, "ready: " + std::to_string(house.roster.rows.size()) +
                                            " devices, state " + options.state + ", socket " +
                                            options.socket);
  return {};
}

Result<std::vector<std::string>> Gateway::Impl::load_and_apply(const std::string& by) {
  ::sd_notify(0, "RELOADING=1");
  auto loaded = load(options.places, house.drivers);
  ::sd_notify(0, "READY=1");
  if (loaded.settings && !same_log(*loaded.settings, *house.settings)) {
    loaded.errors.push_back(loaded.settings->commune.origin + kOfTheLog);
    loaded.settings.reset();
  }
  if (!loaded.settings) {
    tell_refused(loaded.errors);
    for (const auto& error : loaded.errors) house.diagnostics.say(Severity::error, error);
    for (const auto& warning : loaded.warnings) house.diagnostics.say(Severity::warning, warning);
    return fail(loaded.told());
  }
  house.alarm("configuration", "");
  for (const auto& warning : loaded.warnings) house.diagnostics.say(Severity::warning, warning);
  apply(std::make_unique<const Settings>(std::move(*loaded.settings)), by);
  files = std::move(loaded.files);
  taken.reset();
  keeper->commit();
  keep_last_good();
  house.diagnostics.say(Severity::info,
                        "configuration loaded: " + std::to_string(house.roster.rows.size()) + " devices");
  return std::move(loaded.warnings);
}

void Gateway::Impl::apply(std::unique_ptr<const Settings> fresh, const std::string& by) {
  const Roster before = std::exchange(house.roster, {});
  house.roster = make_roster(*fresh, house.drivers, [this](Kind kind, const std::string& id) {
    return house.store->entity(kind, id);
  });
  const auto previous = std::exchange(house.settings, std::move(fresh));  // `before` points into it
  keep_agreements(house, by);
  lift_changed_secrets(house);
  keeper->keep(house.ledger.assign(subjects(house.roster), house.now()));
  keeper->roster_changed();
  identities->roster_changed();
  scenes->roster_changed();
  pictures->tidy(keeper->trusted_utc());
  auto roster = watched(house.roster, *house.settings);
  auto segment = house.settings->gateway.segment;
  if (segment.empty())
    if (auto router = default_router(); !router.empty()) segment.push_back(router);
  for (auto& target : keeper->segment_targets(segment)) roster.push_back(std::move(target));
  watch->assign(std::move(roster), gate_limits(*house.settings));
  teller->roster_changed(before);
  teller->start(*watch);
  witnesses->assign();
}

// A question of full depth besides those that are due, under the same gates and the same login law.
void Gateway::Impl::look_again(DeviceId device) {
  const auto row = house.roster.rows.find(device);
  if (row == house.roster.rows.end() || stopping) return;
  asio::co_spawn(
      loop,
      [](Watch& asked, DeviceId id, Rung depth) -> asio::awaitable<void> { co_await asked.probe(id, depth); }(
                                                    *watch, device, row->second.subject.testable),
      asio::detached);
}

void Gateway::Impl::listen_for_signals() {
  signals.async_wait([this](std::error_code error, int number) {
    if (error) return;
    if (number == SIGHUP) {
      hung_up = true;  // with the next second: a storm of them is one reload
    } else {
      begin_stop(number == SIGINT ? "SIGINT" : "SIGTERM");
    }
    listen_for_signals();
  });
}

void Gateway::Impl::every_second() {
  second.expires_after(std::chrono::seconds(1));
  second.async_wait([this](std::error_code error) {
    if (error || stopping) return;
    if (std::exchange(hung_up, false)) (void)load_and_apply("SIGHUP");  // says itself what was wrong
    watch->tick();
    keeper->tick();
    teller->tick();
    notary->tick();
    witnesses->tick();
    backups->tick();
    idle();
    if (stopping) return;
    tell_manager();
    every_second();
  });
}

void Gateway::Impl::idle() {
  if (house.now().bt - trimmed > kTrimEvery) {
    trimmed = house.now().bt;
    ::malloc_trim(0);
    keep_last_good();
    const auto gone = house.store->tend_ballast();
    house.alarm("ballast",
                gone.empty() ? ""
                             : "ĐĨA SẮP ĐẦY, phần dự phòng đã dùng / the disk is nearly full, the room kept "
                               "for that is spent: " +
                                   gone);
  }
  if (auto why = house.store->hopeless()) {
    hopeless = true;
    return begin_stop(*why);
  }
  if (checked) return;
  auto slice = house.store->idle_check();
  if (!slice) {
    house.alarm("damage", "SỔ THEO DÕI BỊ HỎNG / the log is damaged: " + slice.error().why);
    checked = true;
  } else {
    checked = *slice;
  }
}

void Gateway::Impl::tell_manager() {
  if (!keeper->progressing()) return;  // no word: the manager restarts us
  int up = 0, down = 0, unknown = 0;
  for (const auto& [id, row] : house.roster.rows) {
    const auto state = house.ledger.live(id).standing.state;
    (state == State::up ? up : state == State::down ? down : unknown) += 1;
  }
  const auto text = "WATCHDOG=1\nSTATUS=" + std::to_string(up) + " hoạt động, " + std::to_string(down) +
                    " mất kết nối, " + std::to_string(unknown) + " chưa xác định";
  ::sd_notify(0, text.c_str());
}

void Gateway::Impl::begin_stop(const std::string& why) {
  if (stopping) return;
  stopping = true;
  stop_reason = why;
  ::sd_notify(0, "STOPPING=1");
  house.diagnostics.say(Severity::info, "stopping: " + why);
  second.cancel();
  signals.cancel();
  console->stop();
  watch->stop();
  keeper->keep(house.ledger.finish(house.now()));
  house.store->tick(house.now(), {});
  keeper->commit();
  deadline = house.clock.boot_now() + kStopWithin;
  teller->stop([this] { told = true; });
  await_end();
}

// The loop ends when the last coroutine and the last message are through, or after kStopWithin.
void Gateway::Impl::await_end() {
  const bool late = house.clock.boot_now() > deadline;
  if ((told && watch->running() == 0) || house.clock.boot_now() > deadline + kLastTurns) return loop.stop();
  if (late) watch->abandon();
  teller->tick();
  last_word.expires_after(std::chrono::milliseconds(20));
  last_word.async_wait([this](std::error_code) { await_end(); });
}

void Gateway::Impl::end() {
  house.store->stop(house.now(), stop_reason);
  notary->stopped();
  house.diagnostics.say(Severity::info, "stopped");
}

}  // namespace commune_watch
