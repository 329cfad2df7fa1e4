// What a year of 1,000 devices costs: availability over 365 days with 40 and 2,000 intervals each, 24/7 and
// with service hours. Targets: 50 ms and 1 s for all of them together.
#include <benchmark/benchmark.h>

#include "domain/availability.hpp"

namespace commune_watch {
namespace {

constexpr Millis kHour = 3'600'000;

AvailabilityInput device(int number, int intervals, Period year, bool office_hours) {
  AvailabilityInput input;
  Terms terms;
  if (office_hours) {
    for (int day = 0; day < 5; ++day) terms.hours.weekly.push_back({day * 1440 + 480, day * 1440 + 1020});
    terms.hours.closed = {20260101, 20260430, 20260501, 20260902};
  }
  input.terms = {{year.from - number, terms}};
  const Millis step = year.length() / intervals;
  for (int i = 0; i < intervals; ++i) {
    Span span;
    span.period = {year.from + i * step, year.from + (i + 1) * step};
    span.state = i % 2 == 0 ? State::up : i % 20 == 1 ? State::unknown : State::down;
    span.cause = i % 6 == 1 ? Cause::upstream : Cause::device;
    input.spans.push_back(span);
    if (i % 4 == 0)
      input.blips.push_back({{span.period.from + 60'000, span.period.from + 95'000}, ReasonId::none});
  }
  for (int month = 0; month < 12; ++month) {
    const Millis from = year.from + month * 30 * 24 * kHour;
    input.maintenance.push_back({{from, from + 2 * kHour}, from - kHour, 0, "", ""});
  }
  return input;
}

void year_of_a_thousand(benchmark::State& state) {
  const Zone zone;
  const Period year{zone.midnight(2026, 1, 1), zone.midnight(2027, 1, 1)};
  std::vector<AvailabilityInput> fleet;
  for (int i = 0; i < 1000; ++i)
    fleet.push_back(device(i, static_cast<int>(state.range(0)), year, state.range(1) != 0));
  for (auto _ : state) {
    for (const auto& input : fleet) benchmark::DoNotOptimize(availability(input, year, year.to, zone));
  }
}
BENCHMARK(year_of_a_thousand)
    ->ArgNames({"intervals", "office_hours"})
    ->Args({40, 0})
    ->Args({40, 1})
    ->Args({2000, 0})
    ->Args({2000, 1})
    ->Unit(benchmark::kMillisecond);

// The same by days, as a month's sheet asks: 365 periods per device.
void days_of_a_hundred(benchmark::State& state) {
  const Zone zone;
  const Period year{zone.midnight(2026, 1, 1), zone.midnight(2027, 1, 1)};
  std::vector<AvailabilityInput> fleet;
  for (int i = 0; i < 100; ++i) fleet.push_back(device(i, 2000, year, false));
  const auto days = local_days(zone, year);
  for (auto _ : state) {
    for (const auto& input : fleet) {
      for (const Period& day : days) benchmark::DoNotOptimize(availability(input, day, year.to, zone));
    }
  }
}
BENCHMARK(days_of_a_hundred)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace commune_watch
