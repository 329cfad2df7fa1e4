// One query per call; the runs, a few per year as a rule, are kept in memory.
#include "store/timeline.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "domain/entry.hpp"
#include "domain/replay.hpp"

namespace commune_watch::store {
namespace {

constexpr Millis kForEver = std::numeric_limits<Millis>::max() / 4;

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
          "SELECT run, from_bt, state, cause, reason, warnings, root FROM span WHERE device = ?1 AND (run, "
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
  runs_.clear();
  ended_ = true;
  for (auto rows = runs_query_.rows(); rows.next();) {
    const auto boot = static_cast<std::uint32_t>(rows.integer(1));
    const Moment from{boot, rows.integer(2)};
    ended_ = !rows.null(3);
    runs_.push_back({static_cast<std::uint32_t>(rows.integer(0)), from,
                     ended_ ? Moment{boot, rows.integer(3)} : from, rows.integer(4) != 0});
  }
  anchors_.clear();
  for (auto rows = anchors_query_.rows(); rows.next();) {
    anchors_.push_back({{static_cast<std::uint32_t>(rows.integer(0)), rows.integer(1)},
                        rows.integer(2),
                        rows.integer(3),
                        static_cast<AnchorSource>(rows.integer(4))});
  }
  clock_ = ClockMap(anchors_);
  then_anchors_ = 0;
  if (last_alive) alive(*last_alive);
  remap();
}

void Timeline::add_anchor(const Anchor& anchor) {
  std::erase_if(anchors_, [&](const Anchor& old) { return old.at == anchor.at; });  // as the table does
  anchors_.insert(first_after(anchors_, anchor.at), anchor);
  then_anchors_ = 0;
  clock_ = ClockMap(anchors_);
  remap();
}

std::optional<Millis> Timeline::told_utc(Moment at, Moment recorded) {
  const auto known = first_after(anchors_, recorded);
  const auto count = static_cast<std::size_t>(known - anchors_.begin());
  if (count != std::exchange(then_anchors_, count)) then_ = ClockMap({anchors_.cbegin(), known});
  const bool corrected = clock_.trusted(at.boot) && !then_.trusted(at.boot);
  return (count == 0 || corrected ? clock_ : then_).utc(at);
}

void Timeline::alive(Moment at) {
  if (ended_ || runs_.empty() || at.boot != runs_.back().from.boot) return;
  runs_.back().alive = std::max(runs_.back().alive, at);
}

void Timeline::remap() {
  mapped_.clear();
  for (const auto& run : runs_) {
    if (!clock_.trusted(run.from.boot)) continue;
    const bool open = !ended_ && &run == &runs_.back();
    mapped_.push_back({run, {*clock_.utc(run.from), open ? kForEver : *clock_.utc(run.alive)}});
  }
  find_doubts();
  find_unsure();
}

// What two runs claim is nobody's: a clock was wrong, and no anchor of that boot says by how much.
void Timeline::find_doubts() {
  std::vector<Period> by_start;
  for (const auto& one : mapped_) by_start.push_back(one.utc);
  std::sort(by_start.begin(), by_start.end(), [](Period a, Period b) { return a.from < b.from; });
  doubtful_.clear();
  Millis reach = std::numeric_limits<Millis>::min();
  for (const auto& one : by_start) {
    const Period twice{one.from, std::min(reach, one.to)};
    reach = std::max(reach, one.to);
    if (twice.length() == 0) continue;
    if (!doubtful_.empty() && twice.from <= doubtful_.back().to) {
      doubtful_.back().to = std::max(doubtful_.back().to, twice.to);
    } else {
      doubtful_.push_back(twice);
    }
  }
}

// Unsure boots that follow each other share a bracket: from the last end of a sure run before them to the
// first beginning of one after them.
void Timeline::find_unsure() {
  unsure_.clear();
  brackets_.clear();
  std::vector<Unsure> group;
  const auto bound = [this](std::uint32_t next_sure) {
    Edges edges;
    for (const auto& one : mapped_) {
      if (one.run.from.boot < next_sure)
        edges.first = std::max(edges.first.value_or(one.utc.to), one.utc.to);
      else
        edges.second = std::min(edges.second.value_or(one.utc.from), one.utc.from);
    }
    return edges;
  };
  for (const auto& run : runs_) {
    const auto boot = run.from.boot;
    if (clock_.trusted(boot)) {
      if (!group.empty()) place(std::exchange(group, {}), bound(boot));
    } else if (!group.empty() && group.back().boot == boot) {
      group.back().last = run.alive.bt;
    } else {
      group.push_back({.boot = boot, .first = run.from.bt, .last = run.alive.bt});
    }
  }
  if (!group.empty()) place(std::move(group), bound(std::numeric_limits<std::uint32_t>::max()));
}

void Timeline::place(std::vector<Unsure> group, const Edges& edges) {
  const auto& [before, after] = edges;
  if (after) {
    Millis end = *after;
    for (auto boot = group.rbegin(); boot != group.rend(); ++boot) {
      boot->offset = end - boot->last;
      end -= boot->length();
    }
  } else {
    auto earliest = before;
    for (auto& boot : group) {
      const auto said = clock_.utc({boot.boot, boot.first});
      const Millis start = std::max(said.value_or(earliest.value_or(0)), earliest.value_or(said.value_or(0)));
      boot.offset = start - boot.first;
      earliest = start + boot.length();
    }
  }
  for (auto& boot : group) {
    boot.floor = before.value_or(std::numeric_limits<Millis>::min());
    boot.ceiling = after.value_or(kForEver);
  }
  const Unsure& first = group.front();
  const Unsure& last = group.back();
  const Millis to = after ? *after : ended_ ? last.put(last.last) : kForEver;
  brackets_.push_back({{before.value_or(first.put(first.first)), to}, last.boot});
  unsure_.insert(unsure_.end(), group.begin(), group.end());
}

Millis Timeline::Unsure::put(Millis bt) const { return std::max(std::min(bt + offset, ceiling), floor); }

std::optional<Millis> Timeline::utc(Moment at) const {
  if (clock_.trusted(at.boot)) return clock_.utc(at);
  const auto found = std::find_if(unsure_.begin(), unsure_.end(),
                                  [boot = at.boot](const Unsure& one) { return one.boot == boot; });
  return found == unsure_.end() ? std::nullopt : std::optional(found->put(at.bt));
}

Millis Timeline::end_of(const Run& run, std::optional<Moment> now) const {
  const bool running = now && !ended_ && run.id == runs_.back().id && now->boot == run.from.boot;
  return running ? std::max(now->bt, run.from.bt) : run.alive.bt;
}

std::optional<Period> Timeline::mapped(std::uint32_t run, Millis from_bt, Millis to_bt,
                                       std::optional<Moment> now) const {
  if (run == 0 || run > runs_.size()) return std::nullopt;
  const Run& of = runs_[run - 1];
  if (!clock_.trusted(of.from.boot)) return std::nullopt;
  const auto from = clock_.utc({of.from.boot, std::max(from_bt, of.from.bt)});
  const auto to = clock_.utc({of.from.boot, std::min(to_bt, end_of(of, now))});
  if (!from || !to || *from >= *to) return std::nullopt;
  return Period{*from, *to};
}

void Timeline::emit(std::vector<Span>& spans, Span span, Period period) const {
  Period rest = cut(span.period, period);
  for (const auto& doubt : doubtful_) {
    if (doubt.to <= rest.from) continue;
    if (doubt.from >= rest.to) break;
    if (doubt.from > rest.from) {
      span.period = {rest.from, doubt.from};
      spans.push_back(span);
    }
    rest.from = std::min(doubt.to, rest.to);
  }
  if (rest.length() == 0) return;
  span.period = rest;
  spans.push_back(std::move(span));
}

std::optional<DeviceId> Timeline::root_of(std::string_view name, Roots& known) {
  if (const auto found = known.find(name); found != known.end()) return found->second;
  auto rows = root_query_.rows(name);
  std::optional<DeviceId> root;
  if (rows.next() && !rows.null(0)) root = static_cast<DeviceId>(rows.integer(0));
  return known.emplace(name, root).first->second;
}

void Timeline::read_spans(std::vector<Span>& all, DeviceId device, Period period, std::optional<Moment> now) {
  const auto touches = [&](const Mapped& one) { return cut(one.utc, period).length() > 0; };
  const auto first = std::find_if(mapped_.begin(), mapped_.end(), touches);
  if (first == mapped_.end()) return;
  const auto last = std::find_if(mapped_.rbegin(), mapped_.rend(), touches);
  // One before: mapping back rounds up, and the span that holds at the period's start must not be missed.
  const auto from_bt = clock_.boot_time(first->run.from.boot, period.from).value_or(first->run.from.bt) - 1;

  std::uint32_t run = 0;
  Millis begun = 0;
  Span open;
  Roots roots;
  const auto close = [&](Millis to_bt) {
    if (const auto utc = mapped(run, begun, to_bt, now)) {
      open.period = *utc;
      emit(all, open, period);
    }
  };
  auto rows = spans_query_.rows(number(device), first->run.id, from_bt, last->run.id);
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
    for (const auto& doubt : doubtful_) unsure(cut(doubt, period));
  for (const auto& bracket : brackets_) {
    Period part = cut(bracket.period, period);
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
  const auto touches = [&](const Mapped& one) { return cut(one.utc, period).length() > 0; };
  const auto first = std::find_if(mapped_.begin(), mapped_.end(), touches);
  if (first == mapped_.end()) return all;
  const auto last = std::find_if(mapped_.rbegin(), mapped_.rend(), touches);
  auto rows = blips_query_.rows(number(device), first->run.id, last->run.id);
  while (rows.next()) {
    const auto utc =
        mapped(static_cast<std::uint32_t>(rows.integer(0)), rows.integer(1), rows.integer(2), now);
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
    if (run == 0 || run > runs_.size()) continue;
    const auto boot = runs_[run - 1].from.boot;
    const bool open = rows.null(7);
    const auto from = utc({boot, rows.integer(6)});
    // It may end in a later run of the same boot only by that run's record, which ends it where its own run
    // ended.
    const auto to = open ? utc({boot, end_of(runs_[run - 1], now)}) : utc({boot, rows.integer(8)});
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
