// The worked cases of rule A1: each row of docs/availability.md computed from its facts and compared cell by
// cell.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "domain/availability.hpp"
#include "domain/recording.hpp"

namespace commune_watch {
namespace {

constexpr Millis kMinute = 60'000;
constexpr Millis kHour = 60 * kMinute;
constexpr Millis kDay = 24 * kHour;
const Zone kZone;  // Asia/Ho_Chi_Minh
const Period kNovember{kZone.midnight(2026, 11, 1), kZone.midnight(2026, 12, 1)};

Span seen(Period period, State state, Cause cause = Cause::none, const char* why = "none") {
  Span span;
  span.period = period;
  span.state = state;
  span.cause = cause;
  span.reason = reason_id(why);
  return span;
}

Terms terms(Kind kind = Kind::camera) {
  Terms terms;
  terms.kind = kind;
  return terms;
}

// Up all the time and enrolled long ago.
AvailabilityInput good(Period period = kNovember) {
  AvailabilityInput input;
  input.spans = {seen({period.from - kDay, period.to}, State::up)};
  input.terms = {{period.from - 100 * kDay, terms()}};
  return input;
}

// Lays a piece over what was observed so far.
void put(AvailabilityInput& input, Span piece) {
  std::vector<Span> spans;
  for (const Span& span : input.spans) {
    Span before = span, after = span;
    before.period.to = std::min(span.period.to, piece.period.from);
    after.period.from = std::max(span.period.from, piece.period.to);
    if (before.period.length() > 0) spans.push_back(before);
    if (after.period.length() > 0) spans.push_back(after);
  }
  spans.push_back(piece);
  std::sort(spans.begin(), spans.end(),
            [](const Span& a, const Span& b) { return a.period.from < b.period.from; });
  input.spans = spans;
}

// Takes away what was observed: the gateway was off.
void nobody_watched(AvailabilityInput& input, Period period) {
  put(input, seen(period, State::unknown));
  std::erase_if(input.spans, [&](const Span& span) { return span.period == period; });
}

Period from_day(int day, Millis length) {
  const Millis from = kZone.midnight(2026, 11, day);
  return {from, from + length};
}

AvailabilityInput with_down(Millis length, Cause cause, const char* why) {
  AvailabilityInput input = good();
  put(input, seen(from_day(5, length), State::down, cause, why));
  return input;
}

// ---- the cases: facts in, row of the table out

struct Row {
  Availability figures;
  Verdict verdict;
};

Row judged(const Availability& figures, std::int32_t threshold = 9500) {
  return {figures, judge(figures, threshold)};
}

Row month(const AvailabilityInput& input) {
  return judged(availability(input, kNovember, kNovember.to, kZone));
}

AvailabilityInput library_in_june(bool holidays_known, int off_days, Period& june) {
  june = {kZone.midnight(2026, 6, 1),
          kZone.midnight(2026, 7, 1)};  // 1 June 2026 is a Monday: 26 days Monday to Saturday
  AvailabilityInput input = good(june);
  Terms& library = input.terms.front().terms;
  for (int day = 0; day < 6; ++day)
    library.hours.weekly.push_back({day * 1440 + 8 * 60, day * 1440 + 17 * 60});
  int working_day = 0;
  for (int day = 1; day <= 30; ++day) {
    if (weekday({2026, 6, day}) == 6) continue;
    const Millis opening = kZone.midnight(2026, 6, day) + 8 * kHour;
    const bool off = working_day++ < off_days;
    if (off && holidays_known) library.hours.closed.push_back(Date{2026, 6, day}.yyyymmdd());
    put(input,
        seen({opening, opening + (off ? 9 * kHour : 10 * kMinute)}, State::down, Cause::device, "no-answer"));
  }
  return input;
}

Row library(bool holidays_known, int off_days) {
  Period june;
  const auto input = library_in_june(holidays_known, off_days, june);
  return judged(availability(input, june, june.to, kZone));
}

const std::map<std::string, std::function<Row()>>& cases() {
  static const std::map<std::string, std::function<Row()>> kAll{
      {"W1", [] { return month(with_down(36 * kHour, Cause::upstream, "parent-down")); }},
      {"W1b",
       [] {
         AvailabilityInput input = good();
         put(input, seen(kNovember, State::down, Cause::upstream, "parent-down"));
         return month(input);
       }},
      {"W2", [] { return month(with_down(2 * kHour, Cause::monitoring_point, "monitoring-point-dead")); }},
      {"W2b", [] { return month(with_down(70 * kHour, Cause::monitoring_point, "monitoring-point-dead")); }},
      {"W2c", [] { return month(with_down(20 * kDay, Cause::monitoring_point, "monitoring-point-dead")); }},
      {"W2d", [] { return month(with_down(48 * kHour, Cause::monitoring_point, "not-on-monitor")); }},
      {"W3",
       [] {
         AvailabilityInput input = good();
         for (int day = 1; day <= 20; ++day) nobody_watched(input, from_day(day, 2 * kHour));
         return month(input);
       }},
      {"W3'", [] { return month(with_down(40 * kHour, Cause::mains, "mains-lost")); }},
      {"W3''",
       [] {
         AvailabilityInput input = good();
         const Period cut = from_day(14, 8 * kHour);
         nobody_watched(input, cut);
         input.maintenance.push_back({cut, cut.from - 7 * kDay, 0, "công an xã", "thông báo cắt điện"});
         return month(input);
       }},
      {"W4",
       [] {
         AvailabilityInput input = good();
         nobody_watched(input, from_day(10, 71 * kHour));
         return month(input);
       }},
      {"W4'",
       [] {
         AvailabilityInput input = good();
         const Millis unknown = 9 * 720 * kHour / 100;
         const Millis down = 720 * kHour - unknown - 951 * (720 * kHour - unknown) / 1000;
         nobody_watched(input, from_day(2, unknown));
         put(input, seen(from_day(10, down), State::down, Cause::device, "no-answer"));
         return month(input);
       }},
      {"W5",
       [] {
         AvailabilityInput input = good();
         input.maintenance.push_back({from_day(2, 29 * kDay), kNovember.from, 0, "nhà thầu", "thay tủ"});
         return month(input);
       }},
      {"W6",
       [] {
         AvailabilityInput input = good();
         put(input, seen(kNovember, State::unknown, Cause::gateway, "overrun"));
         return month(input);
       }},
      {"W6b", [] { return month(good()); }},
      {"W9",
       [] {
         AvailabilityInput input = good();
         input.terms = {{kZone.midnight(2026, 11, 16), terms()}};
         return month(input);
       }},
      {"W9'",
       [] {
         const Period year{kZone.midnight(2026, 1, 1), kZone.midnight(2027, 1, 1)};
         AvailabilityInput input = good(year);
         input.terms = {{kZone.midnight(2026, 12, 21), terms()}};
         return judged(availability(input, year, year.to, kZone));
       }},
      {"W9''",
       [] {
         AvailabilityInput camera = good();
         put(camera, seen({kZone.midnight(2026, 11, 10), kZone.midnight(2026, 11, 12)}, State::down,
                          Cause::device, "no-answer"));
         Terms gone = terms();
         gone.enrolled = false;
         camera.terms.push_back({kZone.midnight(2026, 11, 12), gone});
         camera.terms.push_back({kZone.midnight(2026, 11, 20), terms()});
         return judged(place_availability({camera}, Cover::any, kNovember, kNovember.to, kZone));
       }},
      {"W10", [] { return library(true, 0); }},
      {"W10'", [] { return library(true, 2); }},
      {"W10'b", [] { return library(false, 2); }},
      {"W10''",
       [] {
         AvailabilityInput input = with_down(5 * kHour, Cause::device, "no-answer");
         Terms cut = terms(Kind::access_point);
         for (int day = 0; day < 7; ++day) cut.hours.weekly.push_back({day * 1440 + 360, day * 1440 + 420});
         input.terms.push_back({kZone.midnight(2026, 11, 16), cut});
         return month(input);
       }},
      {"W11",
       [] {
         AvailabilityInput input = good();
         for (Millis at = kNovember.from; at < kNovember.to; at += 5 * kMinute)
           input.blips.push_back({{at + 60'000, at + 95'000}, reason_id("no-answer")});
         return month(input);
       }},
      {"W12", [] { return month(with_down(60 * kHour, Cause::device, "no-answer")); }},
      {"W13",
       [] {
         AvailabilityInput input = good();
         Span adopted_elsewhere = seen(from_day(12, 5 * kDay), State::up);
         adopted_elsewhere.warnings = {reason_id("not-adopted")};
         put(input, adopted_elsewhere);
         return month(input);
       }},
      {"W14",
       [] {
         AvailabilityInput
             input;  // no monitoring point: for a row that asks for `connected` nothing was ever observed
         input.terms = {{kNovember.from - kDay, terms()}};
         return month(input);
       }},
      {"W15",
       [] {
         AvailabilityInput input = good();
         for (int day = 1; day <= 30; ++day)
           put(input, seen(from_day(day, 10 * kMinute), State::down, Cause::device, "no-answer"));
         return month(input);
       }},
  };
  return kAll;
}

// ---- counts of places

struct Count {
  int met, open, total;
  Verdict verdict;
};

Count count(const std::vector<std::vector<AvailabilityInput>>& places, int numerator, int denominator) {
  Count count{0, 0, static_cast<int>(places.size()), Verdict::insufficient};
  for (const auto& devices : places) {
    const Verdict verdict = judge_place(devices, Cover::any, kNovember, kNovember.to, kZone, 9500);
    count.met += verdict == Verdict::met ? 1 : 0;
    count.open += verdict == Verdict::insufficient ? 1 : 0;
  }
  count.verdict = judge_count(count.met, count.open, count.total, numerator, denominator);
  return count;
}

AvailabilityInput dead() {
  AvailabilityInput input = good();
  put(input, seen(kNovember, State::down, Cause::device, "no-answer"));
  return input;
}

const std::map<std::string, std::function<Count()>>& counts() {
  static const std::map<std::string, std::function<Count()>> kAll{
      {"W8",
       [] {
         return count({{good()}, {good()}, {good()}, {good()}, {}, {}}, 1, 1);
       }},
      {"W8'",
       [] {
         std::vector<std::vector<AvailabilityInput>> places(39, {good()});
         places.push_back({dead()});
         return count(places, 1, 1);
       }},
      {"W16",
       [] {
         AvailabilityInput silent;
         silent.terms = good().terms;
         return count({{good()}, {good()}, {good()}, {good()}, {silent}, {dead()}, {dead()}}, 2, 3);
       }},
  };
  return kAll;
}

// ---- recording

AvailabilityInput recorded(Recorded all = Recorded::yes) {
  AvailabilityInput input = good();
  input.terms.front().terms.point = "nvr";
  input.spans.front().recorded = all;
  return input;
}

void tell(AvailabilityInput& input, Period period, Recorded told, State state = State::up,
          Cause cause = Cause::none, const char* why = "none") {
  Span span = seen(period, state, cause, why);
  span.recorded = told;
  put(input, span);
}

Recording november(const AvailabilityInput& input) {
  return recording(input, kNovember, kNovember.to, kZone);
}

const std::map<std::string, std::function<Recording()>>& recordings() {
  static const std::map<std::string, std::function<Recording()>> kAll{
      {"R1",
       [] {
         AvailabilityInput input = recorded();
         tell(input, from_day(5, 20 * kHour), Recorded::no);
         return november(input);
       }},
      {"R2",
       [] {
         AvailabilityInput input = recorded();
         nobody_watched(input, from_day(5, 12 * kHour));
         return november(input);
       }},
      {"R3",
       [] {
         AvailabilityInput input = recorded();
         tell(input, from_day(5, 4 * kDay), Recorded::unknown, State::unknown, Cause::monitoring_point,
              "bad-password");
         return november(input);
       }},
      {"R4", [] { return november(recorded(Recorded::unknown)); }},
      {"R5",
       [] {
         AvailabilityInput input = recorded(Recorded::unknown);
         tell(input, from_day(5, 6 * kHour), Recorded::no);
         tell(input, from_day(9, 6 * kHour), Recorded::no);
         return november(input);
       }},
      {"R6",
       [] {
         AvailabilityInput input = recorded();
         tell(input, from_day(5, 10 * kHour), Recorded::unknown, State::down, Cause::monitoring_point,
              "monitoring-point-dead");
         return november(input);
       }},
      {"R7",
       [] {
         AvailabilityInput input = recorded();
         const Period window = from_day(5, kDay);
         tell(input, window, Recorded::no, State::down, Cause::monitoring_point, "not-on-monitor");
         input.maintenance.push_back({window, window.from - kDay, 0, "nhà thầu", "thay đầu ghi"});
         return november(input);
       }},
      {"R8",
       [] {
         AvailabilityInput input = recorded();
         tell(input, from_day(5, 5 * kDay), Recorded::yes, State::down, Cause::media, "black");
         return november(input);
       }},
      {"R9",
       [] {
         AvailabilityInput input = recorded();
         const Period lost = from_day(5, 2 * kDay);
         tell(input, lost, Recorded::no, State::down, Cause::monitoring_point, "not-on-monitor");
         tell(input, {lost.from, lost.from + 30 * kMinute}, Recorded::unknown, State::down,
              Cause::monitoring_point, "not-on-monitor");
         return november(input);
       }},
      {"R10",
       [] {
         AvailabilityInput input = recorded();
         input.terms.front().from = kZone.midnight(2026, 11, 16);
         return november(input);
       }},
  };
  return kAll;
}

// ---- the page

std::string clock_text(Millis length) {
  const auto minutes = length / kMinute % 60;
  return std::to_string(length / kHour) + (minutes < 10 ? ":0" : ":") + std::to_string(minutes);
}

std::string percent(const std::optional<Figure>& figure) {
  if (!figure) return "–";
  const auto cents = figure->floor_1e4 % 100;
  return std::to_string(figure->floor_1e4 / 100) + (cents < 10 ? ".0" : ".") + std::to_string(cents);
}

std::vector<std::string> cells(const Row& row) {
  const Totals& t = row.figures.totals;
  std::string verdict(name(row.verdict, Language::vi));
  const auto bar = barred(row.figures);
  if (bar && row.verdict == Verdict::insufficient && row.figures.low->floor_1e4 >= 9500)
    verdict += ": " + std::string(name(*bar, Language::vi));
  return {clock_text(t.time()),
          clock_text(t.up),
          clock_text(t.down),
          clock_text(t.maintenance),
          clock_text(t.unknown),
          clock_text(t.blips),
          percent(row.figures.connected),
          percent(row.figures.device),
          percent(row.figures.coverage),
          "[" + percent(row.figures.low) + "; " + percent(row.figures.high) + "]",
          verdict};
}

std::vector<std::string> cells(const Count& count) {
  return {std::to_string(count.met), std::to_string(count.open), std::to_string(count.total),
          std::string(name(count.verdict, Language::vi))};
}

std::vector<std::string> cells(const Recording& told) {
  const bool basis = told.share.has_value();
  return {clock_text(told.time()),
          clock_text(told.recorded),
          clock_text(told.not_recorded),
          clock_text(told.unknown),
          basis ? percent(told.printable ? told.share : std::nullopt) : "không có căn cứ",
          percent(told.coverage),
          basis ? "[" + percent(told.share) + "; " + percent(told.high) + "]" : "–"};
}

// Rows of the page's tables whose first cell is a case: id -> the cells after the case's words.
std::map<std::string, std::vector<std::string>> page() {
  const char* const given = std::getenv("CW_SOURCE_DIR");
  std::ifstream file(std::string(given != nullptr ? given : CW_SOURCE_DIR) + "/docs/availability.md");
  std::map<std::string, std::vector<std::string>> rows;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| W") && !line.starts_with("| R")) continue;
    std::vector<std::string> parts;
    std::istringstream in(line.substr(2));
    for (std::string cell; std::getline(in, cell, '|');) {
      const auto first = cell.find_first_not_of(' ');
      if (first == std::string::npos) continue;
      parts.push_back(cell.substr(first, cell.find_last_not_of(' ') - first + 1));
    }
    rows[parts.at(0)] = {parts.begin() + 2, parts.end()};
  }
  return rows;
}

std::string joined(const std::vector<std::string>& cells) {
  std::string text;
  for (const std::string& cell : cells) text += cell + " | ";
  return text;
}

TEST(WorkedCases, EveryRowOfThePageIsWhatTheFunctionSays) {
  const auto rows = page();
  for (const auto& [id, compute] : cases()) {
    EXPECT_EQ(rows.contains(id) ? joined(rows.at(id)) : "no row", joined(cells(compute()))) << id;
  }
  for (const auto& [id, compute] : counts()) {
    EXPECT_EQ(rows.contains(id) ? joined(rows.at(id)) : "no row", joined(cells(compute()))) << id;
  }
  for (const auto& [id, compute] : recordings()) {
    EXPECT_EQ(rows.contains(id) ? joined(rows.at(id)) : "no row", joined(cells(compute()))) << id;
  }
}

TEST(WorkedCases, ThePageHasNoCaseThatNobodyComputes) {
  for (const auto& [id, cells] : page())
    EXPECT_TRUE(cases().contains(id) || counts().contains(id) || recordings().contains(id)) << id;
  EXPECT_EQ(page().size(), cases().size() + counts().size() + recordings().size());
}

TEST(WorkedCases, R4WithoutAMonitoringPointTheCameraIsNotEvenBound) {
  EXPECT_TRUE(recordings().at("R4")().bound);
  EXPECT_FALSE(november(good()).bound);
  EXPECT_FALSE(november(good()).share);
}

TEST(WorkedCases, W3PrimePowerCutsAreSetApartInALineOfTheirOwn) {
  const auto totals = cases().at("W3'")().figures.totals;
  EXPECT_EQ(connected_without(Cause::mains, totals), Figure{10'000});
  EXPECT_EQ(connected_without(Cause::upstream, totals), Figure{9444});
}

TEST(WorkedCases, W7PrimeADeathOutsideTheHoursIsSeenButNotCounted) {
  AvailabilityInput input = good();
  for (int day = 0; day < 7; ++day)
    input.terms.front().terms.hours.weekly.push_back({day * 1440 + 17 * 60, day * 1440 + 17 * 60 + 30});
  const auto before = availability(input, kNovember, kNovember.to, kZone);
  const Millis died = kZone.midnight(2026, 11, 9) + 6 * kHour + 40 * kMinute;
  put(input, seen({died, died + 9 * kHour}, State::down, Cause::device, "no-answer"));
  EXPECT_EQ(availability(input, kNovember, kNovember.to, kZone).totals, before.totals);
  EXPECT_EQ(before.totals.time(), 15 * kHour);
}

TEST(WorkedCases, W8TheSumOverDevicesIsInformation) {
  Totals group;
  for (int i = 0; i < 4; ++i) group += availability(good(), kNovember, kNovember.to, kZone).totals;
  EXPECT_EQ(summarise(kNovember, group).connected, Figure{10'000});  // printed beside "4/6 điểm"
  Totals forty;
  for (int i = 0; i < 39; ++i) forty += availability(good(), kNovember, kNovember.to, kZone).totals;
  forty += availability(dead(), kNovember, kNovember.to, kZone).totals;
  EXPECT_EQ(summarise(kNovember, forty).connected, Figure{9750});  // W8'
}

// The events of a 30-day timeline on which nine monitoring systems disagree (99.28 % to 99.95 %), in exact
// time.
TEST(WorkedCases, TheThirtyDayTimeline) {
  const Millis start = kNovember.from;
  const auto at = [&](int day, int hour) { return start + day * kDay + hour * kHour; };
  AvailabilityInput input = good();
  put(input, seen({at(5, 9), at(5, 11)}, State::down, Cause::device, "no-answer"));
  put(input, seen({at(22, 8), at(22, 11)}, State::down, Cause::upstream, "parent-down"));
  put(input, seen({at(10, 1), at(10, 5)}, State::down, Cause::device, "no-answer"));
  input.maintenance.push_back({{at(10, 1), at(10, 5)}, at(9, 0), 0, "nhà thầu", "bảo trì"});
  nobody_watched(input, {at(16, 0), at(16, 12)});
  for (const int day : {2, 8, 14, 20, 26})
    input.blips.push_back({{at(day, 13) + 30'000, at(day, 13) + 70'000}, reason_id("no-answer")});
  const auto figures = availability(input, kNovember, kNovember.to, kZone);
  const Totals& t = figures.totals;
  EXPECT_EQ(t.up, 2'516'400'000);
  EXPECT_EQ(t.down, 18'000'000);
  EXPECT_EQ(t.down_upstream, 10'800'000);
  EXPECT_EQ(t.maintenance, 14'400'000);
  EXPECT_EQ(t.unknown, 43'200'000);
  EXPECT_EQ(t.blip_count, 5);
  EXPECT_EQ(t.blips, 200'000);
  EXPECT_EQ(t.outages, 2);
  EXPECT_EQ(t.longest, 10'800'000);
  EXPECT_EQ(figures.connected, Figure{9928});
  EXPECT_EQ(figures.device, Figure{9971});
  EXPECT_EQ(figures.coverage, Figure{9832});
}

}  // namespace
}  // namespace commune_watch
