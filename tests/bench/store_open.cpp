// Five years of 200 devices and 1,000 transitions a day: how long until the store is open after a clean stop
// and after a power cut (files out of the page cache), how long a month's spans of one device take, and the
// whole idle check in slices. CW_BENCH_DIR names a directory on a real disk; the database made there is kept
// and used again. CW_BENCH_DAYS shortens it.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>

#include "store/store.hpp"
#include "support/history.hpp"

namespace commune_watch {
namespace {

std::string place() {
  const char* parent = std::getenv("CW_BENCH_DIR");
  return std::string(parent != nullptr ? parent : std::filesystem::temp_directory_path().c_str()) +
         "/cw-five-years";
}

const std::string& made() {
  static const std::string directory = [] {
    const char* days = std::getenv("CW_BENCH_DAYS");
    HistoryOptions options{
        .directory = place(), .days = days != nullptr ? std::atoi(days) : 5 * 365, .clean_end = false};
    if (!std::filesystem::exists(options.directory + "/commune-watch.db") && !make_history(options))
      std::abort();
    return options.directory;
  }();
  return directory;
}

// Reads as after a boot: nothing of the files is in memory.
void forget_pages(const std::string& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    ::fsync(file);
    ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    ::close(file);
  }
}

std::unique_ptr<Store> open(const std::string& directory) {
  auto store = Store::open(
      {.directory = directory, .version = "0", .commune = "xa-thu", .gateway = "gw1", .simulated = true},
      [](const std::string&) {});
  if (!store) std::abort();
  return std::move(*store);
}

void begin(Store& store) {
  const auto last = store.runs().back();
  const auto utc = store.clock_map().utc(last.alive).value_or(0) + 600'000;
  if (!store.begin_run("boot-" + std::to_string(last.id + 1), 1'000,
                       {.at = {}, .utc = utc, .error = 10, .source = AnchorSource::ntp}))
    std::abort();
}

// Open and begin a run: what stands between start and READY.
void OpenAfterACleanStop(benchmark::State& state) {
  const auto& directory = made();
  for ([[maybe_unused]] auto _ : state) {
    state.PauseTiming();
    {
      auto store = open(directory);
      begin(*store);
      store->stop(store->runs().back().alive, "bench");
    }
    forget_pages(directory);
    state.ResumeTiming();
    auto store = open(directory);
    begin(*store);
    state.counters["records"] = static_cast<double>(store->next());
    state.counters["file_MB"] = static_cast<double>(store->size().database_bytes) / 1e6;
    benchmark::DoNotOptimize(store);
    state.PauseTiming();
    store.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(OpenAfterACleanStop)->Iterations(5)->Unit(benchmark::kMillisecond);

// The write-ahead log holds 4 MB that were not carried into the file: 1,500 commits of one record, then the
// plug is pulled.
void OpenAfterAPowerCut(benchmark::State& state) {
  const auto& directory = made();
  const auto cut = directory + "-cut";
  {
    auto store = open(directory);
    begin(*store);
    const auto device = store->known_devices().front();
    const auto name = store->name_of(device).value_or("");
    const auto run = store->runs().back().from;
    for (int i = 0; i < 1'500; ++i) {
      const Moment at{run.boot, run.bt + i * 1'000};
      store->append(at, device, BlipEntry{name, at, at, reason_id("no-answer"), 1});
      store->tick(at, {});
      if (!store->commit()) std::abort();
    }
    std::filesystem::remove_all(cut);
    std::filesystem::copy(directory, cut, std::filesystem::copy_options::recursive);
  }
  const auto wal = cut + "/commune-watch.db-wal";
  state.counters["wal_MB"] = static_cast<double>(std::filesystem::file_size(wal)) / 1e6;
  std::filesystem::copy_file(wal, cut + ".wal", std::filesystem::copy_options::overwrite_existing);
  for ([[maybe_unused]] auto _ : state) {
    state.PauseTiming();
    forget_pages(cut);
    state.ResumeTiming();
    auto store = open(cut);
    begin(*store);
    benchmark::DoNotOptimize(store);
    state.PauseTiming();
    store.reset();
    state.ResumeTiming();
  }
  std::filesystem::remove_all(cut);
  std::filesystem::remove(cut + ".wal");
}
BENCHMARK(OpenAfterAPowerCut)->Iterations(1)->Unit(benchmark::kMillisecond);

void SpansOfAMonth(benchmark::State& state) {
  auto store = open(made());
  begin(*store);
  const auto device = store->known_devices().front();
  const auto end = store->clock_map().utc(store->runs().back().from).value_or(0);
  std::size_t spans = 0;
  for ([[maybe_unused]] auto _ : state)
    spans = store->spans(device, {end - 30LL * 86'400'000, end}, store->runs().back().from).size();
  state.counters["spans"] = static_cast<double>(spans);
}
BENCHMARK(SpansOfAMonth)->Unit(benchmark::kMicrosecond);

void SpansOfFiveYears(benchmark::State& state) {
  auto store = open(made());
  begin(*store);
  const auto device = store->known_devices().front();
  std::size_t spans = 0;
  for ([[maybe_unused]] auto _ : state)
    spans = store->spans(device, {0, 1LL << 48}, store->runs().back().from).size();
  state.counters["spans"] = static_cast<double>(spans);
}
BENCHMARK(SpansOfFiveYears)->Unit(benchmark::kMillisecond);

void WholeIdleCheck(benchmark::State& state) {
  forget_pages(made());
  auto store = open(made());
  const auto cpu_ms = [] {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
  };
  double longest = 0;
  std::int64_t slices = 0;
  for ([[maybe_unused]] auto _ : state) {
    for (;;) {
      const double from = cpu_ms();
      const auto checked = store->idle_check();
      longest = std::max(longest, cpu_ms() - from);
      ++slices;
      if (!checked) std::abort();
      if (*checked) break;
    }
  }
  state.counters["slices"] = static_cast<double>(slices);
  state.counters["longest_cpu_ms"] = longest;
}
BENCHMARK(WholeIdleCheck)->Iterations(1)->Unit(benchmark::kSecond);

void Rebuild(benchmark::State& state) {
  auto store = open(made());
  for ([[maybe_unused]] auto _ : state) {
    if (!store->rebuild()) std::abort();
  }
}
BENCHMARK(Rebuild)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace commune_watch
