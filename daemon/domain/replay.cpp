// One small overload per kind of record; figures are cut out of what they left.
#include "domain/replay.hpp"

#include <algorithm>
#include <tuple>

namespace commune_watch {

Result<void> Replay::feed(const Record& record, const Entry& entry) {
  if (!begun_) {
    if (const auto* genesis = std::get_if<GenesisEntry>(&entry))
      begin(*genesis);
    else if (const auto* opening = std::get_if<OpeningEntry>(&entry))
      begin(*opening);
    else
      return fail("a history begins with a genesis or an opening, not with a record of kind " +
                  std::string(code(record.kind)));
    begun_ = true;
  }
  if (auto placed = of_the_run(record, entry); !placed) return placed;
  if (record.at.boot < now_.boot || (record.at.boot == now_.boot && record.at.bt < now_.bt - kBackwards))
    return fail("its moment lies before that of the record before it");
  if (const auto* anchor = std::get_if<AnchorEntry>(&entry);
      anchor != nullptr && anchor->anchor.at.boot != record.at.boot)
    return fail("it anchors another boot than its own");
  alive(record.at);
  std::visit([&](const auto& one) { on(record, one); }, entry);
  return {};
}

// Of the boot of the last run, which has an anchor: else nothing can say when it was.
Result<void> Replay::of_the_run(const Record& record, const Entry& entry) const {
  if (std::holds_alternative<GenesisEntry>(entry) || std::holds_alternative<RestoreEntry>(entry) ||
      std::holds_alternative<RunEntry>(entry))
    return {};
  if (runs_.empty() || runs_.back().from.boot != record.at.boot) return fail("no run of its boot has begun");
  if (!std::holds_alternative<AnchorEntry>(entry) && anchored_ != record.at.boot)
    return fail("its boot has no anchor yet");
  return {};
}

void Replay::alive(Moment at) {
  now_ = std::max(now_, at);
  if (open_ && !runs_.empty() && runs_.back().from.boot == at.boot)
    runs_.back().alive = std::max(runs_.back().alive, at);
  if (map_) map_->alive(at);
}

void Replay::begin(const GenesisEntry& entry) {
  head_.commune = entry.commune;
  head_.gateway = entry.gateway;
  head_.simulated = entry.simulated;
}

void Replay::begin(const OpeningEntry& entry) {
  head_.commune = entry.commune;
  head_.gateway = entry.gateway;
  head_.epoch = entry.epoch;
  head_.simulated = entry.simulated;
  head_.vkey = entry.vkey;
  head_.timezone = entry.timezone;
  zone_ = entry.zone;
  claims_ = entry.claims;
  for (const Period& run : entry.runs)
    runs_.push_back({0, {entry.boot, run.from}, {entry.boot, run.to}, true});
  runs_.push_back({0, {entry.boot, entry.run}, {entry.boot, entry.run}, false});
  open_ = true;
  anchors_ = entry.anchors;
  if (std::ranges::any_of(anchors_, [](const Anchor& one) { return is_trusted(one.source); }))
    anchored_ = entry.boot;
  for (const auto& one : entry.terms) {
    Term term{one.at, {}, one.terms.terms};
    if (one.at.boot != entry.boot) term.fixed = one.from;
    devices_[{one.terms.device, term.terms.kind}].terms.push_back(term);
    if (term.terms.enrolled) kinds_[one.terms.device] = term.terms.kind;
  }
  for (const auto& one : entry.spans)
    begin_state(devices_[{one.device, one.kind}], runs_.size() - 1, one.from, one.to);
  const auto recorded = [&](Moment at, Millis utc) {
    return Recorded{at, at.boot == entry.boot ? std::nullopt : std::optional(utc)};
  };
  for (const auto& one : entry.maintenance)
    record_maintenance(recorded(one.at, one.recorded), one.maintenance);
  for (const auto& one : entry.corrections)
    corrections_.push_back({recorded(one.at, one.recorded), one.correction});
  for (const auto& one : entry.must) must_[one.area] = one;
}

void Replay::on(const Record& record, const RunEntry& entry) {
  if (!runs_.empty()) {
    Run& before = runs_.back();
    const bool same_boot = entry.previous_alive.boot == before.from.boot;
    if (open_)
      before.alive = {before.from.boot,
                      same_boot ? std::max(before.from.bt, entry.previous_alive.bt) : before.from.bt};
    const auto run = runs_.size() - 1;
    for (const auto& [id, since] : entry.unconfirmed) {
      Device* const device = named(id);
      if (device == nullptr || since.boot != before.from.boot || device->states.empty() ||
          device->states.back().run != run)
        continue;
      while (!device->states.empty() && device->states.back().run == run &&
             device->states.back().from >= since.bt)
        device->states.pop_back();
      begin_state(*device, run, since.bt, {State{}.state, Cause::gateway, reason_id("unconfirmed")});
    }
  }
  runs_.push_back({0, record.at, record.at, false});
  open_ = true;
  map_.reset();
}

void Replay::on(const Record& record, const StopEntry&) {
  if (!open_ || runs_.empty()) return;
  runs_.back().alive = {runs_.back().from.boot, std::max(runs_.back().from.bt, record.at.bt)};
  runs_.back().clean = true;
  open_ = false;
  map_.reset();
}

void Replay::on(const Record&, const AnchorEntry& entry) {
  std::erase_if(anchors_, [&](const Anchor& old) { return old.at == entry.anchor.at; });
  anchors_.push_back(entry.anchor);
  anchored_ = entry.anchor.at.boot;
  map_.reset();
}

void Replay::on(const Record&, const ConfigEntry& entry) {
  if (!entry.timezone.empty()) head_.timezone = entry.timezone;
  if (!entry.zone.empty()) zone_ = entry.zone;
}

void Replay::on(const Record& record, const TermsEntry& entry) {
  devices_[{entry.device, entry.terms.kind}].terms.push_back({record.at, {}, entry.terms});
  if (entry.terms.enrolled) kinds_[entry.device] = entry.terms.kind;
}

Replay::Device* Replay::named(const std::string& id) {
  const auto kind = kinds_.find(id);
  if (kind == kinds_.end()) return nullptr;
  const auto device = devices_.find({id, kind->second});
  return device == devices_.end() ? nullptr : &device->second;
}

void Replay::begin_state(Device& device, std::size_t run, Millis from, const Standing& standing) {
  auto& states = device.states;
  const State state{run, from, standing.state, standing.cause, standing.reason};
  auto next = states.end();  // where it belongs: at the end, for changes come in the order of time per device
  while (next != states.begin() && (next - 1)->run == run && (next - 1)->from > from) --next;
  if (next == states.end()) device.last = standing;
  if (next != states.begin() && (next - 1)->run == run && (next - 1)->from == from)
    *(next - 1) = state;
  else
    states.insert(next, state);
}

void Replay::on(const Record&, const ChangeEntry& entry) {
  Device* const device = named(entry.device);
  if (device == nullptr || runs_.empty() || entry.at.boot != runs_.back().from.boot) return;
  const auto run = runs_.size() - 1;
  const bool first = device->states.empty() || device->states.back().run != run;
  if (first && entry.since.boot == entry.at.boot && entry.since.bt < entry.at.bt)
    begin_state(*device, run, entry.since.bt, entry.from);
  begin_state(*device, run, entry.at.bt, entry.to);
}

void Replay::on(const Record&, const BlipEntry& entry) {
  Device* const device = named(entry.device);
  if (device == nullptr || runs_.empty() || entry.from.boot != runs_.back().from.boot) return;
  device->blips.push_back({runs_.size() - 1, entry.from.bt, entry.to.bt, entry.reason});
}

void Replay::on(const Record& record, const MaintenanceEntry& entry) {
  record_maintenance({record.at, {}}, entry);
}

void Replay::record_maintenance(const Recorded& when, const MaintenanceEntry& entry) {
  const Maintenance& m = entry.maintenance;
  const auto same = std::ranges::find_if(windows_, [&](const auto& known) {
    const Maintenance& k = known.first.maintenance;
    return known.first.scope == entry.scope && k.period.from == m.period.from && k.declared == m.declared;
  });
  maintenance_.push_back({when, entry, static_cast<std::size_t>(same - windows_.begin())});
  if (same == windows_.end()) {
    windows_.emplace_back(entry, when);
    return;
  }
  Millis& ended = same->first.maintenance.ended;  // the only thing that a later word can change
  if (m.ended != 0) ended = ended == 0 ? m.ended : std::min(ended, m.ended);
}

bool Replay::knows(const MaintenanceEntry& entry) const {
  return std::ranges::any_of(windows_, [&](const auto& known) {
    const Maintenance &k = known.first.maintenance, &m = entry.maintenance;
    return known.first.scope == entry.scope && k.period.from == m.period.from && k.declared == m.declared;
  });
}

void Replay::on(const Record& record, const CorrectionEntry& entry) {
  corrections_.push_back({{record.at, {}}, entry});
}

void Replay::on(const Record&, const MustHaveEntry& entry) { must_[entry.area] = entry; }

void Replay::on(const Record&, const KeyEntry& entry) { head_.vkey = entry.vkey; }

const RunMap& Replay::map() {
  if (!map_) {
    auto anchors = anchors_;
    std::ranges::stable_sort(anchors, {}, &Anchor::at);
    map_.emplace(runs_, open_, std::move(anchors), claims_);
  }
  return *map_;
}

std::vector<Replay::Name> Replay::devices() const {
  std::vector<Name> names;
  for (const auto& [name, device] : devices_) {
    if (!device.terms.empty()) names.push_back(name);
  }
  return names;
}

std::vector<DatedTerms> Replay::dated(const Device& device) {
  std::vector<DatedTerms> all;
  for (const Term& term : device.terms) {
    const auto from = term.fixed ? term.fixed : map().utc(term.at);
    if (!from) continue;
    all.push_back({all.empty() ? *from : std::max(*from, all.back().from), term.terms});
  }
  return all;
}

std::optional<Millis> Replay::utc(const Recorded& when) {
  return when.fixed ? when.fixed : map().utc(when.at);
}

std::vector<Replay::Window> Replay::windows() {
  std::vector<Window> all;
  for (const auto& [entry, when] : windows_) {
    const Millis told = entry.maintenance.declared;
    const auto recorded = utc(when);
    all.push_back({entry, recorded && *recorded > told + kDeclaredSlack ? *recorded : told});
  }
  return all;
}

AvailabilityInput Replay::figures(const Name& name, Period period) {
  AvailabilityInput input;
  const auto found = devices_.find(name);
  if (found == devices_.end()) return input;
  const Device& device = found->second;
  const RunMap& runs = map();
  input.terms = dated(device);
  if (const auto touched = runs.touching(period)) {
    const auto [first, last] = *touched;
    // From the state that holds where the period begins on: one before, for mapping back rounds up.
    const auto from_bt = runs.clock().boot_time(runs.runs()[first].from.boot, period.from).value_or(0) - 1;
    const auto at_start = [&](const State& s) { return std::tie(s.run, s.from) <= std::tie(first, from_bt); };
    auto state = std::ranges::partition_point(device.states, at_start);
    if (state != device.states.begin() && (state - 1)->run == first) --state;
    for (; state != device.states.end() && state->run <= last; ++state) {
      const auto next = state + 1;
      const Millis to = next != device.states.end() && next->run == state->run ? next->from : kForEver;
      const auto whole = runs.counted(state->run, state->from, to, now_);
      if (!whole) continue;
      const Period cut{std::max(whole->from, period.from), std::min(whole->to, period.to)};
      if (cut.length() == 0) continue;
      runs.without_doubt(cut, [&](Period part) {
        input.spans.push_back({part, state->state, state->cause, state->reason, {}, {}});
      });
    }
    std::ranges::stable_sort(input.spans, {}, [](const Span& span) { return span.period.from; });
    for (const Blip& blip : device.blips) {
      if (blip.run < first || blip.run > last) continue;
      const auto whole = runs.counted(blip.run, blip.from, blip.to, now_);
      if (whole && whole->from < period.to && whole->to > period.from)
        input.blips.push_back({*whole, blip.reason});
    }
  }
  std::vector<ScopedMaintenance> scoped;
  for (Window& window : windows()) {
    scoped.push_back({std::move(window.entry.scope), std::move(window.entry.maintenance)});
    scoped.back().maintenance.declared = window.declared;
  }
  input.maintenance = concerning(scoped, name.id, input.terms);
  for (const CorrectionRecord& correction : corrections_) {
    if (correction.entry.device == name.id) input.corrections.push_back(correction.entry.correction);
  }
  return input;
}

OpeningEntry Replay::opening() {
  OpeningEntry entry = head_;
  const RunMap& runs = map();
  const Run& running = runs_.back();
  entry.zone = zone_;
  if (entry.zone.empty()) {
    entry.zone = Zone().changes();
    entry.timezone = "Asia/Ho_Chi_Minh";
  }
  entry.boot = running.from.boot;
  entry.run = running.from.bt;
  const auto began = runs.utc(running.from);
  for (const Period& claim : claims_) {
    if (began && claim.to > *began) entry.claims.push_back(claim);
  }
  for (std::size_t i = 0; i + 1 < runs_.size(); ++i) {
    const Run& run = runs_[i];
    if (run.from.boot == entry.boot) {
      entry.runs.push_back({run.from.bt, run.alive.bt});
    } else if (runs.clock().trusted(run.from.boot)) {
      const Period claim{*runs.clock().utc(run.from), *runs.clock().utc(run.alive)};
      if (began && claim.to > *began) entry.claims.push_back(claim);
    }
  }
  for (const Anchor& anchor : anchors_) {
    if (anchor.at.boot == entry.boot) entry.anchors.push_back(anchor);
  }
  for (const auto& [name, device] : devices_) {
    if (const auto dates = dated(device); !dates.empty() && !device.terms.empty())
      entry.terms.push_back(
          {dates.back().from, device.terms.back().at, {name.id, device.terms.back().terms}});
    if (!device.states.empty() && device.states.back().run + 1 == runs_.size())
      entry.spans.push_back({name.id, name.kind, device.states.back().from, device.last});
  }
  const auto now = runs.utc(now_).value_or(0);
  for (const MaintenanceRecord& record : maintenance_) {
    const Maintenance& m = windows_[record.window].first.maintenance;
    if ((m.ended == 0 ? m.period.to : std::min(m.period.to, m.ended)) > now)
      entry.maintenance.push_back({record.when.at, utc(record.when).value_or(now), record.entry});
  }
  for (const CorrectionRecord& record : corrections_)
    entry.corrections.push_back({record.when.at, utc(record.when).value_or(now), record.entry});
  for (const auto& [area, must] : must_) entry.must.push_back(must);
  return entry;
}

}  // namespace commune_watch
