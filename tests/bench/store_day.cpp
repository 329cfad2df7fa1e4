// What a day costs the disk: 200 devices, 1,000 transitions committed one by one, a tick every 60 s, hourly
// aggregates of four facts, the publisher's cursor following; a heartbeat an hour, a signed and cosigned
// checkpoint a quarter of an hour, a record a device at midnight; and the nightly backup. On a log that has
// just begun, and on one of a year, where going on after damage is timed as well. Bytes as the kernel counts
// them for this process (write_bytes of /proc/self/io, whole pages of 4 KiB). CW_BENCH_DIR names a directory
// on a real disk; CW_BENCH_DAYS is how long the year is.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "evidence/note.hpp"
#include "store/store.hpp"
#include "support/history.hpp"

namespace commune_watch {
namespace {

constexpr const char* kMemory = "/dev/shm";
constexpr Millis kDay = 86'400'000, kMinute = 60'000, kHour = 60 * kMinute;

std::int64_t written() {
  std::ifstream io("/proc/self/io");
  for (std::string key, value; io >> key >> value;) {
    if (key == "write_bytes:") return std::stoll(value);
  }
  std::abort();
}

double mb_since(std::int64_t before) { return static_cast<double>(written() - before) / 1e6; }

double ms_since(std::chrono::steady_clock::time_point begun) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
}

std::unique_ptr<Store> open(const std::string& directory, bool simulated) {
  auto store = Store::open({.directory = directory,
                            .memory = kMemory,
                            .version = "0",
                            .commune = "xa-thu",
                            .gateway = "gw1",
                            .simulated = simulated},
                           [](const std::string&) {});
  if (!store) std::abort();
  return std::move(*store);
}

// A day of the gateway, as its store sees it.
class Day {
 public:
  Day(Store& store, const std::string& directory, Millis utc)
      : s(store), mark_(directory + "/length"), utc_(utc) {
    const auto begun = s.begin_run("00000000-0000-4000-8000-00000000bbbb", 0,
                                   {.at = {}, .utc = utc, .error = 10, .source = AnchorSource::ntp});
    if (!begun) std::abort();
    boot_ = begun->boot;
    for (int i = 0; i < 200; ++i) {
      const auto name = "camera-" + std::to_string(1000 + i);
      devices_.push_back(s.entity(Kind::camera, name));
      s.append({boot_, 0}, devices_.back(), TermsEntry{name, Terms{.place = "cong-ap-1", .driver = "rtsp"}});
    }
    commit();
  }

  void live() {
    const Millis end = begin_ + kDay;
    std::mt19937 random(1);
    std::vector<Millis> transitions(1'000);
    for (auto& at : transitions) at = begin_ + static_cast<Millis>(random() % kDay);
    std::sort(transitions.begin(), transitions.end());
    auto next = transitions.begin();
    for (Millis minute = begin_ + kMinute; minute <= end; minute += kMinute) {
      for (; next != transitions.end() && *next < minute; ++next) {
        change(random() % devices_.size(), {boot_, *next});
        s.tick({boot_, *next}, {});
        commit();
        s.put_cursor("mqtt", s.next());  // acknowledged: durable with the next commit
      }
      if (minute % kHour == 0) hour(minute);
      s.tick({boot_, minute}, {});
      commit();
      if (minute % (15 * kMinute) == 0) checkpoint({boot_, minute});
    }
    for (std::size_t i = 0; i < devices_.size(); ++i)
      s.append({boot_, end}, devices_[i],
               DayEntry{name(i), Kind::camera, 20260921, Totals{.up = kDay - kHour, .down = kHour}});
    s.tick({boot_, end}, {});
    commit();
    begin_ = end;
  }

  std::int64_t commits = 0;

 private:
  static std::string name(std::size_t i) { return "camera-" + std::to_string(1000 + i); }

  void commit() {
    if (!s.commit()) std::abort();
    ++commits;
    // The mark of the log's length is not synced; within a minute of a real day the kernel writes it all the
    // same.
    const int mark = ::open(mark_.c_str(), O_RDONLY | O_CLOEXEC);
    if (mark < 0 || ::fdatasync(mark) != 0) std::abort();
    ::close(mark);
  }

  void change(std::size_t i, Moment at) {
    Standing to = standings_[i];
    to.state = to.state == State::up ? State::down : State::up;
    to.reason = to.state == State::up ? ReasonId::none : reason_id("host-unreachable");
    to.cause = reason(to.reason).cause;
    s.append(at, devices_[i],
             ChangeEntry{.device = name(i),
                         .at = at,
                         .since = {boot_, since_[i]},
                         .from = standings_[i],
                         .to = to,
                         .probes = 100,
                         .words = to.state == State::up ? "" : "Destination Host Unreachable"});
    standings_[i] = to;
    since_[i] = at.bt;
  }

  void hour(Millis minute) {
    const auto hour = (utc_ + minute) / kHour * kHour;
    for (const auto device : devices_) {
      for (const char* fact : {"took-us.reachable", "round_trip_us", "probes", "failures"})
        s.add_hourly({hour, device, fact, 60, 1'200, 90'000, 4'000});
    }
    s.append({boot_, minute}, {}, HeartbeatEntry{hour, 12'000, 12'000, 11'900, 200});
  }

  void checkpoint(Moment at) {
    const evidence::Checkpoint over{"commune-watch/xa-thu/gw1", s.next(), s.root()};
    evidence::Note note{over.text(), {}};
    const auto sign = [&](evidence::KeyUse use, const char* who) {
      note.signatures.push_back(evidence::sign(key_, key_.public_key(who, use), note.text));
      return StoredCheckpoint{over.size, at, note.whole()};
    };
    if (!s.put_checkpoint(sign(evidence::KeyUse::log, over.origin.c_str()))) std::abort();
    const auto cosigned = sign(evidence::KeyUse::witness, "ben-tre/nhan-chung");
    if (!s.put_note(over.size, cosigned.note)) std::abort();
  }

  Store& s;
  std::string mark_;
  Millis utc_, begin_ = 0;
  std::uint32_t boot_ = 0;
  evidence::SigningKey key_ = evidence::SigningKey::make();
  std::vector<DeviceId> devices_;
  std::vector<Standing> standings_ = std::vector<Standing>(200);
  std::vector<Millis> since_ = std::vector<Millis>(200);
};

// MB; the longest slice is kept.
double night(Store& store, std::int32_t day, double& longest_ms) {
  const auto before = written();
  if (!store.begin_nightly_backup(day)) std::abort();
  while (true) {
    const auto begun = std::chrono::steady_clock::now();
    const auto stepped = store.step_backup();
    longest_ms = std::max(longest_ms, ms_since(begun));
    if (!stepped) std::abort();
    if (*stepped) return mb_since(before);
  }
}

void measure(benchmark::State& state, const std::string& directory, Millis utc, bool simulated) {
  auto store = open(directory, simulated);
  double longest = 0;
  state.counters["first_backup_MB"] = night(*store, 20260920, longest);
  Day day(*store, directory, utc);
  day.live();  // of the two files each takes in two days at a time
  const auto before = written();
  day.live();
  const double lived = mb_since(before), backed_up = night(*store, 20260922, longest);
  state.counters["day_MB"] = lived;
  state.counters["night_MB"] = backed_up;
  state.counters["day_and_night_MB"] = lived + backed_up;
  state.counters["longest_slice_ms"] = longest;
  state.counters["commits"] = static_cast<double>(day.commits);
  state.counters["records"] = static_cast<double>(store->next());
  state.counters["file_MB"] = static_cast<double>(store->size().database_bytes) / 1e6;
}

std::string made_directory() {
  const char* parent = std::getenv("CW_BENCH_DIR");
  std::string directory =
      std::string(parent != nullptr ? parent : std::filesystem::temp_directory_path().c_str()) +
      "/cw-day-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) std::abort();
  return directory;
}

void FirstDay(benchmark::State& state) {
  const auto directory = made_directory();
  for ([[maybe_unused]] auto _ : state) measure(state, directory + "/state", 1'790'000'000'000, false);
  std::filesystem::remove_all(directory);
}
BENCHMARK(FirstDay)->Iterations(1)->Unit(benchmark::kSecond);

void DayAfterAYear(benchmark::State& state) {
  const auto directory = made_directory();
  const char* days = std::getenv("CW_BENCH_DAYS");
  HistoryOptions history{.directory = directory + "/state", .hourly = true};
  history.days = days != nullptr ? std::atoi(days) : 365;
  if (!make_history(history)) std::abort();
  for ([[maybe_unused]] auto _ : state) {
    measure(state, history.directory, history.end_utc + kHour, true);
    state.counters["backup_MB"] =
        static_cast<double>(std::filesystem::file_size(history.directory + "/backup/commune-watch-a.db")) /
        1e6;
    // The database becomes garbage: until the log goes on from the backup.
    std::fstream(history.directory + "/commune-watch.db", std::ios::in | std::ios::out | std::ios::binary)
        .write("garbage", 7);
    const auto begun = std::chrono::steady_clock::now();
    const auto records = open(history.directory, true)->next();
    state.counters["restored_s"] = ms_since(begun) / 1e3;
    if (static_cast<double>(records) != state.counters["records"]) std::abort();
  }
  std::filesystem::remove_all(directory);
  std::filesystem::remove(std::string(kMemory) + "/length");
}
BENCHMARK(DayAfterAYear)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace commune_watch
