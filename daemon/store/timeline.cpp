// One query per call; the runs, a few per year as a rule, are kept in memory.
#include "store/timeline.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "domain/entry.hpp"
#include "domain/replay.hpp"

namespace commune_watch::store {
namespace {

std::uint32_t number(DeviceId value) { return static_cast<std::uint32_t>(value); }

Period cut(Period a, Period b) { return {std::max(a.from, b.from), std::min(a.to, b.to)}; }

ReasonId reason_of(std::string_view code) { return find_reason(code).value_or(ReasonId::none); }

std::vector<ReasonId> reasons_of(std::string_view codes) {
  std::vector<ReasonId> all;
  while (!codes.empty()) {
    const auto space = codes.find(' ');
    all.push_back(reason_of(codes.substr(0, space)));
    codes.remove_prefix(space == std::string_view::npos ? codes.size() : space + 1);
  }
  return all;
}

std::vector<Anchor>::const_iterator first_after(const std::vector<Anchor>& anchors, Moment at) {
  return std::upper_bound(anchors.begin(), anchors.end(), at,
                          [](Moment value, const Anchor& anchor) { return value < anchor.at; });
}

}  // namespace

Timeline::Timeline(Sql& sql)
    : runs_query_(sql, "SELECT id, boot, from_bt, end_bt, clean FROM run ORDER BY id"),
      anchors_query_(sql, "SELECT boot, bt, utc, error, source FROM anchor ORDER BY boot, bt"),
      // From the span that holds at ?3 of the first run on, to the end of the last run.
      spans_query_(
          sql,
          "SELECT run, from_bt, state, cause, reason, warnings, root, recorded FROM span WHERE device = ?1 "
          "AND (run, "
          "from_bt) >= (?2,"
          " coalesce((SELECT max(from_bt) FROM span WHERE device = ?1 AND run = ?2 AND from_bt <= ?3), ?3))"
          " AND run <= ?4 ORDER BY run, from_bt"),
      root_query_(sql, "SELECT max(id) FROM entity WHERE name = ?1"),
      blips_query_(
          sql,
          "SELECT run, from_bt, to_bt, reason FROM blip WHERE device = ?1 AND run >= ?2 AND run <= ?3"
          " ORDER BY run, from_bt, seq"),
      terms_query_(sql,
                   "SELECT l.boot, l.bt, l.body FROM terms t JOIN log l ON l.seq = t.seq WHERE t.device = ?1 "
                   "ORDER BY t.seq"),
      known_query_(sql,
                   "SELECT EXISTS(SELECT 1 FROM terms t JOIN log l ON l.seq = t.seq WHERE t.device = ?1 AND "
                   "l.boot <= ?2)"),
      maintenance_query_(
          sql,
          "SELECT scope, from_utc, to_utc, declared_utc, ended_utc, author, reason, seq, boot, bt"
          " FROM maintenance WHERE from_utc < ?2 AND to_utc > ?1 ORDER BY from_utc, declared_utc, scope"),
      incidents_query_(
          sql,
          "SELECT id, root, place, cause, reason, run, from_bt, end_run, end_bt FROM incident ORDER BY id") {}

void Timeline::load(std::optional<Moment> last_alive) {
  std::vector<Run> runs;
  bool ended = true;
  for (auto rows = runs_query_.rows(); rows.next();) {
    const auto boot = static_cast<std::uint32_t>(rows.integer(1));
    const Moment from{boot, rows.integer(2)};
    ended = !rows.null(3);
    runs.push_back({static_cast<std::uint32_t>(rows.integer(0)), from,
                    ended ? Moment{boot, rows.integer(3)} : from, rows.integer(4) != 0});
  }
  if (last_alive && !ended && !runs.empty() && last_alive->boot == runs.back().from.boot)
    runs.back().alive = std::max(runs.back().alive, *last_alive);
  anchors_.clear();
  for (auto rows = anchors_query_.rows(); rows.next();) {
    anchors_.push_back({{static_cast<std::uint32_t>(rows.integer(0)), rows.integer(1)},
                        rows.integer(2),
                        rows.integer(3),
                        static_cast<AnchorSource>(rows.integer(4))});
  }
  then_anchors_ = 0;
  map_ = RunMap(std::move(runs), !ended, anchors_);
}

void Timeline::add_anchor(const Anchor& anchor) {
  std::erase_if(anchors_, [&](const Anchor& old) { return old.at == anchor.at; });  // as the table does
  anchors_.insert(first_after(anchors_, anchor.at), anchor);
  then_anchors_ = 0;
  map_ = RunMap(map_.runs(), map_.open(), anchors_);
}

std::optional<Millis> Timeline::told_utc(Moment at, Moment recorded) {
  const auto known = first_after(anchors_, recorded);
  const auto count = static_cast<std::size_t>(known - anchors_.begin());
  if (count != std::exchange(then_anchors_, count)) then_ = ClockMap({anchors_.cbegin(), known});
  const ClockMap& clock = map_.clock();
  const bool corrected = clock.trusted(at.boot) && !then_.trusted(at.boot);
  return (count == 0 || corrected ? clock : then_).utc(at);
}

std::optional<Period> Timeline::counted(std::uint32_t run, Millis from_bt, Millis to_bt,
                                        std::optional<Moment> now) const {
  if (run == 0 || run > runs().size()) return std::nullopt;
  return map_.counted(run - 1, from_bt, to_bt, now);
}

std::optional<DeviceId> Timeline::root_of(std::string_view name, Roots& known) {
  if (const auto found = known.find(name); found != known.end()) return found->second;
  auto rows = root_query_.rows(name);
  std::optional<DeviceId> root;
  if (rows.next() && !rows.null(0)) root = static_cast<DeviceId>(rows.integer(0));
  return known.emplace(name, root).first->second;
}

void Timeline::read_spans(std::vector<Span>& all, DeviceId device, Period period, std::optional<Moment> now) {
  const auto touched = map_.touching(period);
  if (!touched) return;
  const Run &first = runs()[touched->first], &last = runs()[touched->second];
  // One before: mapping back rounds up, and the span that holds at the period's start must not be missed.
  const auto from_bt = map_.clock().boot_time(first.from.boot, period.from).value_or(first.from.bt) - 1;

  std::uint32_t run = 0;
  Millis begun = 0;
  Span open;
  Roots roots;
  const auto close = [&](Millis to_bt) {
    const auto utc = counted(run, begun, to_bt, now);
    if (!utc || cut(*utc, period).length() == 0) return;
    map_.without_doubt(cut(*utc, period), [&](Period part) {
      open.period = part;
      all.push_back(open);
    });
  };
  auto rows = spans_query_.rows(number(device), first.id, from_bt, last.id);
  while (rows.next()) {
    const auto of = static_cast<std::uint32_t>(rows.integer(0));
    const Millis at = rows.integer(1);
    close(of == run ? at : kForEver);
    run = of;
    begun = at;
    open.state = static_cast<State>(rows.integer(2));
    open.cause = static_cast<Cause>(rows.integer(3));
    open.reason = reason_of(rows.text(4));
    open.warnings = reasons_of(rows.text(5));
    open.root = rows.null(6) ? std::nullopt : root_of(rows.text(6), roots);
    open.recorded = static_cast<Recorded>(rows.integer(7));
  }
  close(kForEver);
}

bool Timeline::known_by(DeviceId device, std::uint32_t boot) {
  auto rows = known_query_.rows(number(device), boot);
  return rows.next() && rows.integer(0) != 0;
}

std::vector<Span> Timeline::spans(DeviceId device, Period period, std::optional<Moment> now) {
  std::vector<Span> all;
  read_spans(all, device, period, now);
  const auto unsure = [&](Period part) {
    if (part.length() > 0)
      all.push_back({part, State::unknown, Cause::gateway, reason_id("clock-unsure"), {}, {}});
  };
  if (!all.empty())
    for (const auto& doubt : map_.doubtful()) unsure(cut(doubt, period));
  for (const auto& bracket : map_.brackets()) {
    Period part = cut(bracket.utc, period);
    if (now && now->boot == bracket.last_boot) part.to = std::min(part.to, utc(*now).value_or(part.to));
    if (part.length() > 0 && known_by(device, bracket.last_boot)) unsure(part);
  }
  // Runs are in the order of their birth; a boot with a wrong clock may lie elsewhere.
  const auto earlier = [](const Span& a, const Span& b) { return a.period.from < b.period.from; };
  if (!std::is_sorted(all.begin(), all.end(), earlier)) std::sort(all.begin(), all.end(), earlier);
  return all;
}

std::vector<BlipSpan> Timeline::blips(DeviceId device, Period period, std::optional<Moment> now) {
  std::vector<BlipSpan> all;
  const auto touched = map_.touching(period);
  if (!touched) return all;
  auto rows = blips_query_.rows(number(device), runs()[touched->first].id, runs()[touched->second].id);
  while (rows.next()) {
    const auto utc =
        counted(static_cast<std::uint32_t>(rows.integer(0)), rows.integer(1), rows.integer(2), now);
    if (!utc) continue;
    if (const Period part = cut(*utc, period); part.length() > 0)
      all.push_back({part, reason_of(rows.text(3))});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const BlipSpan& a, const BlipSpan& b) { return a.period.from < b.period.from; });
  return all;
}

std::vector<DatedTerms> Timeline::terms(DeviceId device) {
  std::vector<DatedTerms> all;
  auto rows = terms_query_.rows(number(device));
  while (rows.next()) {
    const auto entry = decode(LogKind::terms, rows.text(2));
    const auto from = utc({static_cast<std::uint32_t>(rows.integer(0)), rows.integer(1)});
    if (!entry || !from) continue;
    // Later terms never come into force before earlier ones, whatever a clock said.
    all.push_back(
        {all.empty() ? *from : std::max(*from, all.back().from), std::get<TermsEntry>(*entry).terms});
  }
  return all;
}

// Declared when its record says, but where the record itself is later by more than a slack, then.
std::vector<MaintenanceWindow> Timeline::windows(Period period) {
  std::vector<MaintenanceWindow> all;
  auto rows = maintenance_query_.rows(period.from, period.to);
  while (rows.next()) {
    MaintenanceWindow window;
    window.scope = rows.text(0);
    window.maintenance = {{rows.integer(1), rows.integer(2)},
                          rows.integer(3),
                          rows.integer(4),
                          std::string(rows.text(5)),
                          std::string(rows.text(6))};
    window.id = static_cast<Seq>(rows.integer(7));
    window.told = window.maintenance.declared;
    const auto recorded = utc({static_cast<std::uint32_t>(rows.integer(8)), rows.integer(9)});
    if (recorded && *recorded > window.told + Replay::kDeclaredSlack) window.maintenance.declared = *recorded;
    all.push_back(std::move(window));
  }
  return all;
}

std::vector<Maintenance> Timeline::maintenance(DeviceId device, const std::string& name, Period period) {
  std::vector<ScopedMaintenance> scoped;
  for (auto& window : windows(period))
    scoped.push_back({std::move(window.scope), std::move(window.maintenance)});
  if (scoped.empty()) return {};
  auto all = concerning(scoped, name, terms(device));
  std::erase_if(all, [&](const Maintenance& one) { return cut(one.period, period).length() == 0; });
  return all;
}

std::vector<IncidentSpan> Timeline::incidents(Period period, std::optional<Moment> now) {
  std::vector<IncidentSpan> all;
  auto rows = incidents_query_.rows();
  while (rows.next()) {
    const auto run = static_cast<std::uint32_t>(rows.integer(5));
    if (run == 0 || run > runs().size()) continue;
    const auto boot = runs()[run - 1].from.boot;
    const bool open = rows.null(7);
    const auto from = utc({boot, rows.integer(6)});
    // It may end in a later run of the same boot only by that run's record, which ends it where its own run
    // ended.
    const auto to = open ? utc({boot, map_.end_of(run - 1, now)}) : utc({boot, rows.integer(8)});
    if (!from || !to || *from >= period.to || std::max(*from, *to) < period.from) continue;
    all.push_back({static_cast<Seq>(rows.integer(0)),
                   std::string(rows.text(1)),
                   std::string(rows.text(2)),
                   static_cast<Cause>(rows.integer(3)),
                   reason_of(rows.text(4)),
                   {*from, std::max(*from, *to)},
                   open});
  }
  return all;
}

}  // namespace commune_watch::store
