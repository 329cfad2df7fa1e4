// Whatever is read, lost, late or out of order: the ledger says each second what the slow oracle says, and
// nothing twice.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <sstream>

#include "domain/availability.hpp"
#include "domain/ledger_diary.hpp"
#include "domain/ledger_oracle.hpp"

namespace commune_watch::testing {
namespace {

constexpr int kSettle = 900;  // seconds without a word, after which everything has been told

// A small commune whose clocks run fast.
Cadence fast() {
  Cadence cadence;
  cadence.interval = {20'000, 20'000, 40'000, 40'000, 20'000, 600'000};
  cadence.limit = 4'000;
  cadence.recheck = 7'000;
  return cadence;
}

struct Arrival {
  int came = 0;
  Reading reading;
};
struct Scenario {
  std::vector<Subject> subjects;
  std::vector<Arrival> arrivals;  // by time of arrival
  int length = 0;
  std::vector<std::pair<int, int>> blind;
  std::optional<std::pair<int, std::vector<Subject>>> later;
};

// At full size always: a small range would be the first few values of it.
int pick(int from, int to) { return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(from, to)); }
template <class T>
T one_of(std::initializer_list<T> values) {
  return values.begin()[pick(0, static_cast<int>(values.size()))];
}

// Devices 1-6, switches 7-8, monitoring point 9; who is behind whom, where, and watched by what is anybody's
// guess.
std::vector<Subject> draw_subjects() {
  std::vector<Subject> subjects;
  const int devices = pick(1, 7);
  for (int i = 1; i <= devices; ++i) {
    const Kind kind = one_of({Kind::camera, Kind::camera, Kind::speaker_cluster, Kind::access_point});
    Subject made = subject(static_cast<std::uint32_t>(i), kind,
                           one_of({Rung::reachable, Rung::answering, Rung::useful}));
    if (pick(0, 3) > 0) made.place = "cho";
    if (pick(0, 3) == 0) made.parent = one_of({id(7), id(8)});
    if (pick(0, 2) == 0) made = bound(made, 9, std::to_string(i), pick(0, 4) > 0);
    subjects.push_back(made);
  }
  Subject inner = subject(7, Kind::network_switch), outer = subject(8, Kind::uplink), wall = point(9);
  if (pick(0, 2) == 0) inner.parent = id(8);
  if (pick(0, 2) == 0) inner.place = "cho";
  if (pick(0, 2) == 0) wall.parent = one_of({id(7), id(8)});
  for (auto* made : {&inner, &outer, &wall}) subjects.push_back(*made);
  for (auto& made : subjects) made.cadence = made.monitor_cadence = fast();
  return subjects;
}

// How a rung fares for a while.
Says mood_of(int mood) {
  switch (mood) {
    case 0:
      return bad("no-answer");
    case 1:
      return bad("connection-refused");
    case 2:
      return unsure("bad-password");
    case 3:
      return unsure("gateway-dns");
    default:
      return good();
  }
}

// What befalls several at once: the place's power, a switch with all behind it, a monitoring point, or one
// channel of it.
struct Mishap {
  int from = 0, to = 0;
  enum { power, box, channel } what = power;
  std::uint32_t whose = 0;
};

std::vector<Mishap> draw_mishaps(int length) {
  std::vector<Mishap> mishaps;
  for (int i = pick(0, 5); i > 0; --i) {
    const int from = pick(10, length);
    mishaps.push_back({from, from + pick(5, 160), one_of({Mishap::power, Mishap::box, Mishap::channel}),
                       static_cast<std::uint32_t>(pick(1, 10))});
  }
  return mishaps;
}

bool behind_it(const Subject& subject, DeviceId box, const std::vector<Subject>& all) {
  if (subject.id == box) return true;
  if (!subject.parent) return false;
  const auto parent = std::ranges::find(all, *subject.parent, &Subject::id);
  return parent != all.end() && behind_it(*parent, box, all);
}

bool struck(const Mishap& mishap, const Subject& subject, int at, const std::vector<Subject>& all) {
  if (at < mishap.from || at >= mishap.to) return false;
  if (mishap.what == Mishap::power) return subject.place == "cho";
  return mishap.what == Mishap::box && behind_it(subject, id(mishap.whose), all);
}

Reading draw_reading(const Scenario& scenario, const std::vector<Mishap>& mishaps, const Subject& subject,
                     int at, std::array<int, 4>& moods) {
  for (int& mood : moods)
    if (pick(0, 14) == 0) mood = pick(0, 20);
  Reading reading;
  reading.device = subject.id;
  reading.started = second(at);
  const bool is_point = subject.kind == Kind::monitoring_point;
  reading.depth = is_point ? one_of({Rung::connected, Rung::connected, Rung::connected, Rung::answering})
                           : one_of({subject.testable, subject.testable, Rung::reachable});
  const bool lost = std::ranges::any_of(
      mishaps, [&](const Mishap& mishap) { return struck(mishap, subject, at, scenario.subjects); });
  bool well = true;
  const Rung top = std::min(reading.depth, is_point ? Rung::answering : Rung::useful);
  for (int rung = 0; rung <= static_cast<int>(top) && well; ++rung) {
    Says says = pick(0, 25) == 0 ? mood_of(pick(0, 9)) : mood_of(moods[static_cast<std::size_t>(rung)]);
    if (lost && rung == 0) says = bad("host-unreachable");
    reading.finding.checks.push_back(check(static_cast<Rung>(rung), says));
    well = says.outcome == Outcome::ok || (says.outcome == Outcome::unknown && pick(0, 2) == 0);
  }
  if (!is_point || reading.depth < Rung::connected || !well) return reading;
  reading.finding.complete = pick(0, 9) > 0;
  for (const auto& other : scenario.subjects) {
    if (!other.monitor) continue;
    const auto number = static_cast<std::uint32_t>(other.id);
    const bool gone = std::ranges::any_of(mishaps, [&](const Mishap& mishap) {
      return mishap.what == Mishap::channel && mishap.from <= at && at < mishap.to &&
             mishap.whose % 3 == number % 3;
    });
    if (gone || pick(0, 25) == 0) continue;
    reading.finding.sightings.push_back(
        {other.monitor->key, {check(Rung::connected, mood_of(moods[3]))}, {}});
  }
  return reading;
}

Scenario draw_scenario() {
  Scenario scenario;
  scenario.subjects = draw_subjects();
  scenario.length = pick(150, 700);
  const auto mishaps = draw_mishaps(scenario.length);
  for (const auto& subject : scenario.subjects) {
    std::array<int, 4> moods{9, 9, 9, 9};
    const int pace = pick(4, 20);
    for (int at = pick(0, 15); at < scenario.length; at += pick(2, pace + 3)) {
      Reading reading = draw_reading(scenario, mishaps, subject, at, moods);
      if (pick(0, 15) == 0) continue;                             // lost
      const int came = at + (pick(0, 20) == 0 ? 9 : pick(0, 5));  // late, seldom too late
      reading.ended = second(came);
      scenario.arrivals.push_back({came, std::move(reading)});
      if (pick(0, 40) == 0) at += pick(20, 130);  // not asked for a while
    }
  }
  std::ranges::stable_sort(scenario.arrivals, {}, &Arrival::came);
  return scenario;
}

std::string told(const Scenario& scenario) {
  std::ostringstream out;
  for (const auto& subject : scenario.subjects) {
    out << static_cast<unsigned>(subject.id) << ": " << code(subject.kind) << " to " << code(subject.testable)
        << " at '" << subject.place << "'";
    if (subject.parent) out << " behind " << static_cast<unsigned>(*subject.parent);
    if (subject.monitor) out << (subject.device_path ? " bound" : " bound only");
    out << "\n";
  }
  for (const auto& [came, reading] : scenario.arrivals) {
    out << reading.started.bt / 1000 << " (" << came << ") " << static_cast<unsigned>(reading.device)
        << " to " << code(reading.depth) << ":";
    for (const auto& check : reading.finding.checks)
      out << " " << code(check.outcome) << "/" << commune_watch::reason(check.reason).code;
    if (reading.finding.complete) out << " complete";
    for (const auto& sighting : reading.finding.sightings)
      out << " " << sighting.key << "=" << code(sighting.checks[0].outcome);
    out << "\n";
  }
  for (const auto& [from, to] : scenario.blind) out << "blind " << from << "-" << to << "\n";
  if (scenario.later) out << "other subjects from " << scenario.later->first << "\n";
  return out.str();
}

// Runs both; the ledger looks at the clock every `step` seconds.
void play(const Scenario& scenario, Diary& diary, Oracle* oracle, int step, int until) {
  std::size_t next = 0;
  for (int now = 0; now < until; ++now) {
    for (const auto& [from, to] : scenario.blind) {
      if (now == from) {
        diary.keep(diary.ledger.blind(second(from), why("gateway-no-carrier")));
        if (oracle != nullptr) oracle->blind(from, why("gateway-no-carrier"));
      }
      if (now == to) {
        diary.keep(diary.ledger.sighted(second(to)));
        if (oracle != nullptr) oracle->sighted(to);
      }
    }
    if (scenario.later && scenario.later->first == now) {
      diary.assign(scenario.later->second, now);
      if (oracle != nullptr) oracle->terms(scenario.later->second, now);
    }
    while (next < scenario.arrivals.size() && scenario.arrivals[next].came <= now) {
      diary.keep(diary.ledger.observe(scenario.arrivals[next].reading));
      if (oracle != nullptr) oracle->read(scenario.arrivals[next].reading);
      ++next;
    }
    if (now % step == 0) diary.advance(now);
  }
}

void expect_order(const Diary& diary, const std::vector<Subject>& subjects) {
  for (const auto& subject : subjects) {
    Millis last = INT64_MIN;
    Standing standing;
    standing.reason = why("starting");
    for (const auto& event : diary.events) {
      if (const auto* change = std::get_if<Change>(&event);
          change != nullptr && change->device == subject.id) {
        RC_ASSERT(change->at.bt >= last);
        RC_ASSERT(change->from == standing);
        RC_ASSERT(change->to != change->from);
        RC_ASSERT(change->since.bt <= change->at.bt);
        if (last != INT64_MIN) RC_ASSERT(change->since.bt == last || last > change->since.bt);
        last = change->at.bt;
        standing = change->to;
      }
      if (const auto* blip = std::get_if<Blip>(&event); blip != nullptr && blip->device == subject.id) {
        RC_ASSERT(blip->from < blip->to);
        RC_ASSERT(blip->from.bt >= last);
      }
    }
  }
}

// Opened and closed in turn, and open at the end exactly for those by whom something is down.
void expect_incidents(const Diary& diary, const std::vector<Subject>& subjects) {
  std::map<std::pair<DeviceId, bool>, int> open;
  for (const auto& incident : diary.incidents()) {
    int& count = open[{incident.root, incident.cause == Cause::mains}];
    count += incident.opened ? 1 : -1;
    RC_ASSERT(count == 0 || count == 1);
  }
  for (const auto& subject : subjects) {
    const Standing standing = diary.ledger.live(subject.id).standing;
    if (standing.state != State::down || standing.cause == Cause::mains) continue;
    const int count = open[{standing.root.value_or(subject.id), false}];
    RC_ASSERT(count == 1);
  }
}

void expect_same(const Scenario& scenario, const Diary& diary, const Oracle& oracle, int from, int to,
                 const std::vector<Subject>& subjects) {
  for (const auto& subject : subjects) {
    const auto number = static_cast<std::uint32_t>(subject.id);
    auto changes = diary.changes(number);
    std::size_t next = 0;
    Standing standing;
    standing.reason = why("starting");
    for (int second = 0; second < to; ++second) {
      while (next < changes.size() && changes[next].at.bt <= second * 1000) standing = changes[next++].to;
      if (second < from) continue;
      if (Diary::say(standing) == oracle.at(subject.id, second)) continue;
      std::ostringstream out;
      out << "device " << number << " at " << second << "\n" << told(scenario);
      for (const auto& line : diary.story(number)) out << "  " << line << "\n";
      RC_LOG() << out.str();
      RC_ASSERT(Diary::say(standing) == oracle.at(subject.id, second));
    }
  }
}

// Told alike: every field of every change and blip, by device.
std::vector<std::string> everything(const Diary& diary, const std::vector<Subject>& subjects) {
  std::vector<std::string> lines;
  for (const auto& subject : subjects) {
    const auto number = static_cast<std::uint32_t>(subject.id);
    for (const auto& change : diary.changes(number))
      lines.push_back(std::to_string(number) + " " + Diary::seconds(change.since.bt) + "-" +
                      Diary::seconds(change.at.bt) + " " + Diary::say(change.from) + " -> " +
                      Diary::say(change.to) + " " + std::to_string(change.probes));
    for (const auto& blip : diary.blips(number))
      lines.push_back(std::to_string(number) + " blip " + Diary::seconds(blip.from.bt) + "-" +
                      Diary::seconds(blip.to.bt) + " " + std::string(reason(blip.reason).code) + " " +
                      std::to_string(blip.probes));
  }
  return lines;
}

RC_GTEST_PROP(LedgerProperties, SaysEachSecondWhatTheOracleSays, ()) {
  const Scenario scenario = draw_scenario();
  const int end = scenario.length + kSettle;
  Diary diary(scenario.subjects);
  Oracle oracle(scenario.subjects, 0, end);
  play(scenario, diary, &oracle, 1, end);
  oracle.close();
  expect_same(scenario, diary, oracle, 0, scenario.length + kSettle / 2, scenario.subjects);
  expect_order(diary, scenario.subjects);
  expect_incidents(diary, scenario.subjects);
  for (const auto& subject : scenario.subjects) {
    std::vector<Oracle::Stumble> blips;
    for (const auto& blip : diary.blips(static_cast<std::uint32_t>(subject.id)))
      blips.push_back(
          {static_cast<int>(blip.from.bt / 1000), static_cast<int>(blip.to.bt / 1000), blip.reason});
    std::ranges::sort(blips);
    RC_ASSERT(blips == oracle.stumbles(subject.id));
  }
}

RC_GTEST_PROP(LedgerProperties, BlindTimeIsUnknownAndNothingElseIsLost, ()) {
  Scenario scenario = draw_scenario();
  const int from = pick(20, scenario.length - 40);
  scenario.blind.emplace_back(from, from + pick(1, 80));
  const int end = scenario.length + kSettle;
  Diary diary(scenario.subjects);
  Oracle oracle(scenario.subjects, 0, end);
  play(scenario, diary, &oracle, 1, end);
  oracle.close();
  expect_same(scenario, diary, oracle, 0, scenario.length + kSettle / 2, scenario.subjects);
  expect_order(diary, scenario.subjects);
}

RC_GTEST_PROP(LedgerProperties, NeitherTheOrderOfAnswersNorTheClocksBeatMatters, ()) {
  const Scenario scenario = draw_scenario();
  Scenario other = scenario;
  // Answers that come in the same second, told the other way round; those of one device keep their order.
  std::ranges::stable_sort(other.arrivals, [](const Arrival& a, const Arrival& b) {
    return a.came != b.came ? a.came < b.came : a.reading.device > b.reading.device;
  });
  const int end = scenario.length + kSettle;
  Diary one(scenario.subjects), two(scenario.subjects);
  play(scenario, one, nullptr, 1, end);
  play(other, two, nullptr, pick(1, 20), end);
  two.advance(end + 5);
  RC_ASSERT(everything(one, scenario.subjects) == everything(two, scenario.subjects));
}

RC_GTEST_PROP(LedgerProperties, SubjectsThatStayAreNotTouchedByOthersThatComeGoOrChange, ()) {
  Scenario scenario = draw_scenario();
  for (auto& subject : scenario.subjects)
    subject.place.clear();  // a neighbour's arrival may change whose fault a loss is
  const int at = pick(30, scenario.length);
  std::vector<Subject> later = scenario.subjects;
  std::vector<Subject> unchanged, changed;
  for (auto& subject : later) {
    const bool changes = subject.kind != Kind::monitoring_point && subject.kind != Kind::network_switch &&
                         subject.kind != Kind::uplink && pick(0, 2) == 0;
    if (!changes) {
      unchanged.push_back(subject);
      continue;
    }
    subject.parent = subject.parent ? std::nullopt : std::optional(id(7));
    if (subject.monitor)
      subject.monitor->key += "x";
    else
      subject.testable = Rung::useful;
    changed.push_back(subject);
  }
  later.push_back(subject(77));
  scenario.later = {at, later};
  const int end = scenario.length + kSettle;
  Diary diary(scenario.subjects);
  Oracle oracle(scenario.subjects, 0, end);
  play(scenario, diary, &oracle, 1, end);
  oracle.close();
  expect_same(scenario, diary, oracle, 0, scenario.length + kSettle / 2, unchanged);
  expect_same(scenario, diary, oracle, at, scenario.length + kSettle / 2, changed);
  expect_order(diary, scenario.subjects);
}

RC_GTEST_PROP(LedgerProperties, ARestartLosesOnlyWhatWasUnconfirmed, ()) {
  const Scenario scenario = draw_scenario();
  const int stop = pick(20, scenario.length);
  Diary diary(scenario.subjects);
  Oracle oracle(scenario.subjects, 0, stop + 1);
  Scenario first = scenario;
  std::erase_if(first.arrivals, [stop](const Arrival& arrival) { return arrival.came >= stop; });
  play(first, diary, &oracle, 1, stop);
  diary.finish(stop);
  oracle.stop(stop);
  for (const auto& subject : scenario.subjects) {
    const auto number = static_cast<std::uint32_t>(subject.id);
    // Where a monitoring point's own failure still waits, its devices are as they were.
    for (int second = 0; second < (subject.monitor ? stop - 150 : stop); ++second) {
      const std::string said = Diary::say(diary.at(number, second));
      RC_ASSERT(said == oracle.at(subject.id, second) || said == "unknown(gateway: unconfirmed)");
    }
  }
  expect_order(diary, scenario.subjects);
}

// A comparison is worth what it meets.
TEST(LedgerProperties, TheRandomLivesReachEveryKindOfState) {
  std::map<std::string, int> met;
  rc::check([&met] {
    const Scenario scenario = draw_scenario();
    Diary diary(scenario.subjects);
    play(scenario, diary, nullptr, 1, scenario.length + kSettle);
    for (const auto& event : diary.events) {
      if (std::holds_alternative<Blip>(event)) ++met["blip"];
      if (const auto* change = std::get_if<Change>(&event)) {
        const Standing& to = change->to;
        ++met[std::string(code(to.state)) + " " + std::string(code(to.cause))];
        for (const ReasonId warning : to.warnings) ++met[std::string(reason(warning).code)];
        for (const ReasonId told : {to.reason, to.own_reason}) ++met[std::string(reason(told).code)];
      }
    }
  });
  for (const char* state :
       {"blip", "up none", "down device", "down upstream", "down mains", "down monitoring-point",
        "unknown gateway", "unknown monitoring-point", "gateway-path", "not-on-monitor",
        "monitoring-point-dead", "not-listed", "overrun", "unconfirmed"})
    EXPECT_GT(met[state], 0) << state;
  for (const auto& [state, times] : met) RecordProperty(state.empty() ? "none" : state, times);
}

RC_GTEST_PROP(LedgerProperties, EverySecondIsCountedOnce, ()) {
  const Scenario scenario = draw_scenario();
  const int end = scenario.length + kSettle;
  Diary diary(scenario.subjects);
  play(scenario, diary, nullptr, 1, end);
  diary.finish(end);
  for (const auto& subject : scenario.subjects) {
    const auto number = static_cast<std::uint32_t>(subject.id);
    AvailabilityInput input;
    input.terms.push_back({0, {}});
    Span span;
    span.reason = why("starting");
    for (const auto& change : diary.changes(number)) {
      span.period.to = change.at.bt;
      if (span.period.length() > 0) input.spans.push_back(span);
      span = {{change.at.bt, 0}, change.to.state,    change.to.cause,
              change.to.reason,  change.to.warnings, change.to.root};
    }
    span.period.to = end * kSecond;
    input.spans.push_back(span);
    for (const auto& blip : diary.blips(number))
      input.blips.push_back({{blip.from.bt, blip.to.bt}, blip.reason});
    const Totals totals = availability(input, {0, end * kSecond}, end * kSecond, Zone()).totals;
    RC_ASSERT(totals.time() == end * kSecond);
    RC_ASSERT(totals.up >= 0 && totals.down >= totals.down_others() && totals.unknown >= 0 &&
              totals.maintenance == 0);
  }
}

}  // namespace
}  // namespace commune_watch::testing
