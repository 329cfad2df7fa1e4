// Every device goes up and down by itself; outages are short beside what lies between them.
#include "support/history.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <queue>
#include <random>

#include "store/store.hpp"

namespace commune_watch {
namespace {

constexpr Millis kDay = 86'400'000, kHour = 3'600'000, kMinute = 60'000;
constexpr std::size_t kBatch = 5'000;  // records per transaction

struct Device {
  DeviceId id{};
  std::string name;
  Standing standing;
  Moment since;
};

struct Next {
  Millis utc;
  std::size_t device;
  friend bool operator>(const Next& a, const Next& b) {
    return a.utc != b.utc ? a.utc > b.utc : a.device > b.device;
  }
};

class Writer {
 public:
  Writer(const HistoryOptions& options, Store& store)
      : options_(options), store_(store), random_(options.seed) {}

  Result<History> write() {
    utc_ = options_.end_utc - options_.days * kDay;
    const Millis begun = utc_;
    for (int run = 0; utc_ < options_.end_utc; ++run) {
      const Millis until = std::min(options_.end_utc, utc_ + options_.days_per_run * kDay);
      if (auto done = one_run(run, until); !done) return std::unexpected(done.error());
      const bool last = until == options_.end_utc;
      if (last ? options_.clean_end : run % 2 == 0) {
        store_.stop(at(until), "stop");
      } else {
        store_.tick(at(until), {});
        if (auto done = store_.commit(); !done) return std::unexpected(done.error());
      }
      if (!last) utc_ = until + 10 * kMinute;
    }
    History history{
        .records = store_.next(), .end = at(options_.end_utc), .period = {begun, options_.end_utc}};
    for (const auto& device : devices_) history.devices.push_back(device.id);
    return history;
  }

 private:
  [[nodiscard]] Moment at(Millis utc) const { return {boot_, utc - booted_}; }

  Result<void> one_run(int run, Millis until) {
    booted_ = utc_ - 40'000;
    char uuid[40];
    std::snprintf(uuid, sizeof uuid, "00000000-0000-4000-8000-%012d", run + 1);
    const auto begun = store_.begin_run(
        uuid, 40'000, {.at = {0, 40'000}, .utc = utc_, .error = 10, .source = AnchorSource::ntp});
    if (!begun) return std::unexpected(begun.error());
    boot_ = begun->boot;
    if (run == 0) enrol();
    std::priority_queue<Next, std::vector<Next>, std::greater<>> coming;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      devices_[i].standing = {State::unknown, Cause::gateway, reason_id("starting")};
      devices_[i].since = begun->at;
      coming.push({utc_ + static_cast<Millis>(i % 60) * 1'000 + 1, i});
    }
    for (; !coming.empty() && coming.top().utc < until; coming.pop()) {
      const auto [utc, index] = coming.top();
      if (auto done = pass(utc); !done) return done;
      coming.push({utc + change(devices_[index], utc), index});
    }
    utc_ = until;
    return {};
  }

  void enrol() {
    constexpr std::array kKinds3{Kind::camera, Kind::access_point, Kind::speaker_cluster};
    constexpr std::array kNames{"cam", "ap", "loa"};
    for (int i = 0; i < options_.devices; ++i) {
      const auto which = static_cast<std::size_t>(i % 3);
      char name[24];
      std::snprintf(name, sizeof name, "%s-%04d", kNames[which], i + 1);
      const auto id = store_.entity(kKinds3[which], name);
      Terms terms{.kind = kKinds3[which], .place = "diem-" + std::to_string(i / 4 + 1), .driver = "ping"};
      store_.append(at(utc_), id, TermsEntry{name, terms});
      devices_.push_back({id, name, {}, {}});
    }
  }

  // Writes the change that happens now and says how long the new state lasts.
  Millis change(Device& device, Millis utc) {
    Standing to{State::up, Cause::none};
    const bool fails = device.standing.state == State::up;
    if (fails) {
      constexpr std::array kReasons{"host-unreachable", "no-media", "connection-refused", "parent-down"};
      const auto id = reason_id(kReasons[random_() % kReasons.size()]);
      to = {State::down, reason(id).cause, id};
      if (to.cause == Cause::upstream) to.own_reason = reason_id("host-unreachable");
    }
    const auto now = at(utc);
    store_.append(now, device.id,
                  ChangeEntry{.device = device.name,
                              .at = now,
                              .since = device.since,
                              .from = device.standing,
                              .to = to,
                              .probes = static_cast<std::uint32_t>((now.bt - device.since.bt) / kMinute),
                              .words = fails ? "Destination Host Unreachable" : ""});
    device.standing = to;
    device.since = now;
    const double cycle = 2.0 * static_cast<double>(kDay) * options_.devices / options_.changes_per_day;
    const double mean = fails ? cycle * 0.06 : cycle * 0.94;
    return static_cast<Millis>(std::exponential_distribution<>(1 / mean)(random_)) + 1;
  }

  // Ticks, anchors and hours between the last change and this one.
  Result<void> pass(Millis utc) {
    if (utc / kHour != utc_ / kHour) {
      if (options_.hourly) hour(utc_ / kHour * kHour);
      if (utc / kDay != utc_ / kDay) {
        store_.anchor({.at = at(utc), .utc = utc, .error = 10, .source = AnchorSource::ntp});
      }
    }
    utc_ = utc;
    if (store_.uncommitted() < kBatch) return {};
    store_.tick(at(utc), {});
    return store_.commit();
  }

  void hour(Millis start) {
    for (const auto& device : devices_) {
      const auto took = static_cast<std::int64_t>(500 + random_() % 4'000);
      store_.add_hourly({start, device.id, "took-us.reachable", 60, took, took * 70, took * 3});
      store_.add_hourly({start, device.id, "round_trip_us", 60, took, took * 65, took * 2});
      store_.add_hourly({start, device.id, "failures", 60, 0, static_cast<std::int64_t>(random_() % 3), 1});
    }
  }

  const HistoryOptions& options_;
  Store& store_;
  std::mt19937 random_;
  std::vector<Device> devices_;
  Millis utc_ = 0, booted_ = 0;
  std::uint32_t boot_ = 0;
};

}  // namespace

Result<History> make_history(const HistoryOptions& options) {
  auto store = Store::open({.directory = options.directory,
                            .version = "0",
                            .commune = options.commune,
                            .gateway = options.gateway,
                            .simulated = options.simulated},
                           [](const std::string&) {});
  if (!store) return std::unexpected(store.error());
  return Writer(options, **store).write();
}

}  // namespace commune_watch
