// What a day costs the disk: 200 devices, 1,000 transitions committed one by one, a tick every 60 s, hourly
// aggregates of four facts, the publisher's cursor following. Bytes as the kernel counts them for this
// process (write_bytes of /proc/self/io, whole pages of 4 KiB) and syncs as SQLite asks for them.
// CW_BENCH_DIR names a directory on a real disk.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "store/store.hpp"

namespace commune_watch {
namespace {

std::int64_t written() {
  std::ifstream io("/proc/self/io");
  for (std::string key, value; io >> key >> value;) {
    if (key == "write_bytes:") return std::stoll(value);
  }
  std::abort();
}

void Day(benchmark::State& state) {
  const char* parent = std::getenv("CW_BENCH_DIR");
  std::string directory =
      std::string(parent != nullptr ? parent : std::filesystem::temp_directory_path().c_str()) +
      "/cw-day-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) std::abort();
  constexpr Millis kUtc = 1'790'000'000'000, kDay = 86'400'000, kMinute = 60'000, kHour = 60 * kMinute;
  for ([[maybe_unused]] auto _ : state) {
    auto store =
        Store::open({.directory = directory + "/state", .version = "0", .commune = "c", .gateway = "g"},
                    [](const std::string&) {});
    if (!store) std::abort();
    auto& s = **store;
    std::ignore = s.begin_run("00000000-0000-4000-8000-000000000001", 0,
                              {.at = {}, .utc = kUtc, .error = 10, .source = AnchorSource::ntp});
    std::vector<DeviceId> devices;
    std::vector<Standing> standings(200);
    std::vector<Moment> since(200, Moment{1, 0});
    for (int i = 0; i < 200; ++i) {
      const auto name = "camera-" + std::to_string(1000 + i);
      devices.push_back(s.entity(Kind::camera, name));
      s.append({1, 0}, devices.back(), TermsEntry{name, Terms{.place = "cong-ap-1", .driver = "rtsp"}});
    }
    std::ignore = s.commit();
    std::mt19937 random(1);
    std::vector<Millis> transitions(1'000);
    for (auto& at : transitions) at = static_cast<Millis>(random() % kDay);
    std::sort(transitions.begin(), transitions.end());
    auto next = transitions.begin();
    std::int64_t commits = 0;
    const auto before = written();
    const auto commit = [&] {
      if (!s.commit()) std::abort();
      ++commits;
    };
    for (Millis minute = kMinute; minute <= kDay; minute += kMinute) {
      for (; next != transitions.end() && *next < minute; ++next) {
        const auto i = random() % 200;
        const Moment at{1, *next};
        Standing to = standings[i];
        to.state = to.state == State::up ? State::down : State::up;
        to.reason = to.state == State::up ? ReasonId::none : reason_id("host-unreachable");
        to.cause = reason(to.reason).cause;
        s.append(at, devices[i],
                 ChangeEntry{.device = "camera-" + std::to_string(1000 + i),
                             .at = at,
                             .since = since[i],
                             .from = standings[i],
                             .to = to,
                             .probes = 100,
                             .words = to.state == State::up ? "" : "Destination Host Unreachable"});
        standings[i] = to;
        since[i] = at;
        s.tick(at, {});
        commit();
        s.put_cursor("mqtt", s.next());  // acknowledged: durable with the next commit
      }
      if (minute % kHour == 0) {
        for (const auto device : devices) {
          for (const char* fact : {"took-us.reachable", "round_trip_us", "probes", "failures"}) {
            s.add_hourly({(kUtc + minute) / kHour * kHour, device, fact, 60, 1'200, 90'000, 4'000});
          }
        }
      }
      s.tick({1, minute}, {});
      commit();
    }
    s.stop({1, kDay}, "end of the day");
    state.counters["MB"] = static_cast<double>(written() - before) / 1e6;
    state.counters["commits"] = static_cast<double>(commits);
    state.counters["file_MB"] = static_cast<double>(s.size().database_bytes) / 1e6;
  }
  std::filesystem::remove_all(directory);
}
BENCHMARK(Day)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace commune_watch
