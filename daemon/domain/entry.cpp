// Bodies of log records: the order of keys below is the order in the bytes and must never change.
#include "domain/entry.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "domain/entry_parts.hpp"

namespace commune_watch {
namespace body {

Object out(const GenesisEntry& e) {
  return {{"commune", e.commune},
          {"gateway", e.gateway},
          {"version", e.version},
          {"simulated", out(e.simulated)},
          {"key", e.key}};
}

Object out(const RunEntry& e) {
  Array unconfirmed;
  for (const auto& [device, from] : e.unconfirmed)
    unconfirmed.emplace_back(Array{Value(device), Value(std::int64_t{from.boot}), Value(from.bt)});
  return {{"version", e.version},
          {"boot_uuid", e.boot_uuid},
          {"previous", out(e.previous_alive)},
          {"unconfirmed", std::move(unconfirmed)}};
}

Object out(const StopEntry& e) { return {{"why", e.why}}; }

Object out(const AnchorEntry& e) {
  Object body{{"at", out(e.anchor.at)},
              {"utc", e.anchor.utc},
              {"error", e.anchor.error},
              {"source", code(e.anchor.source)}};
  if (!e.by.empty()) body.emplace_back("by", e.by);
  return body;
}

Object out(const ConfigEntry& e) {
  Object body{{"sha256", e.sha256}, {"by", e.by}, {"changed", out(e.changed)}};
  if (e.timezone.empty()) return body;
  body.emplace_back("timezone", e.timezone);
  body.emplace_back("zone", out(e.zone));
  body.emplace_back("changes", out(e.changes));
  return body;
}

Object out(const TermsEntry& e) {
  const Terms& terms = e.terms;
  Object body{{"device", e.device},
              {"enrolled", out(terms.enrolled)},
              {"kind", code(terms.kind)},
              {"place", terms.place}};
  if (terms.parent) body.emplace_back("parent", *terms.parent);
  if (terms.point) body.emplace_back("point", *terms.point);
  body.emplace_back("key", terms.key);
  body.emplace_back("driver", terms.driver);
  body.emplace_back("needs", code(terms.needs));
  body.emplace_back("hours", out(terms.hours));
  return body;
}

Object out(const ChangeEntry& e) {
  return {{"device", e.device},
          {"at", out(e.at)},
          {"since", out(e.since)},
          {"from", out(e.from)},
          {"to", out(e.to)},
          {"root", e.root},
          {"probes", std::int64_t{e.probes}},
          {"words", e.words}};
}

Object out(const BlipEntry& e) {
  return {{"device", e.device},
          {"from", out(e.from)},
          {"to", out(e.to)},
          {"reason", out(e.reason)},
          {"probes", std::int64_t{e.probes}}};
}

Object out(const IncidentEntry& e) {
  return {{"incident", static_cast<std::int64_t>(e.incident)},
          {"opened", out(e.opened)},
          {"root", e.root},
          {"place", e.place},
          {"cause", code(e.cause)},
          {"reason", out(e.reason)},
          {"at", out(e.at)}};
}

Object out(const LoginBlockEntry& e) {
  return {{"host", e.host},   {"username", e.username},    {"device", e.device},
          {"words", e.words}, {"blocked", out(e.blocked)}, {"by", e.by}};
}

Object out(const RestoreEntry& e) {
  const auto number = [](std::uint64_t value) { return Value(static_cast<std::int64_t>(value)); };
  return {{"put_aside", e.put_aside}, {"why", e.why},
          {"sha256", e.sha256},       {"backup", e.backup},
          {"kept", number(e.kept)},   {"salvaged", number(e.salvaged)},
          {"told", number(e.told)},   {"by", e.by}};
}

Object out(const MaintenanceEntry& e) {
  const Maintenance& m = e.maintenance;
  return {{"scope", e.scope}, {"from", m.period.from}, {"to", m.period.to}, {"declared", m.declared},
          {"ended", m.ended}, {"author", m.author},    {"reason", m.reason}};
}

// ---- reading

void read(In& in, GenesisEntry& e) {
  e.commune = in.text("commune");
  e.gateway = in.text("gateway");
  e.version = in.text("version");
  e.simulated = in.yes("simulated");
  e.key = in.text("key");
}

void read(In& in, RunEntry& e) {
  e.version = in.text("version");
  e.boot_uuid = in.text("boot_uuid");
  e.previous_alive = in.moment("previous");
  if (in.loose() && !in.has("unconfirmed")) return;
  for (const Value& item : in.array("unconfirmed")) {
    const Array& parts = in.tuple("unconfirmed", &item, 3);
    e.unconfirmed.emplace_back(in.text("unconfirmed", parts.data()),
                               in.moment("unconfirmed", &parts[1], &parts[2]));
  }
}

void read(In& in, StopEntry& e) { e.why = in.text("why"); }

void read(In& in, AnchorEntry& e) {
  e.anchor.at = in.moment("at");
  e.anchor.utc = in.instant("utc");
  e.anchor.error = in.number("error", 0, kMaxInstant);
  e.anchor.source = in.word("source", anchor_source_of);
  if (in.has("by")) e.by = in.text("by");
}

void read(In& in, ConfigEntry& e) {
  e.sha256 = in.text("sha256");
  e.by = in.text("by");
  for (const Value& item : in.array("changed")) e.changed.push_back(in.text("changed", &item));
  // All three, or none as written before 0.2; who only reads evidence takes each as it comes.
  const bool whole = in.has("timezone");
  if (whole) e.timezone = in.text("timezone");
  if (in.loose() ? in.has("zone") : whole) e.zone = zone(in, "zone");
  if (!whole) return;
  for (const Value& item : in.array("changes")) e.changes.push_back(in.text("changes", &item));
}

void read(In& in, TermsEntry& e) {
  e.device = in.identifier("device");
  e.terms.enrolled = in.yes("enrolled");
  e.terms.kind = in.word<Kind>("kind", kind_of);
  e.terms.place = in.text("place");
  if (in.has("parent")) e.terms.parent = in.text("parent");
  if (in.has("point")) e.terms.point = in.text("point");
  e.terms.key = in.text("key");
  e.terms.driver = in.text("driver");
  e.terms.needs = in.word("needs", rung_of);
  e.terms.hours = hours(in, "hours");
}

void read(In& in, ChangeEntry& e) {
  e.device = in.identifier("device");
  e.at = in.moment("at");
  e.since = in.moment("since");
  e.from = standing(in, "from");
  e.to = standing(in, "to");
  e.root = in.text("root");
  e.probes = in.count("probes");
  e.words = in.text("words");
}

void read(In& in, BlipEntry& e) {
  e.device = in.identifier("device");
  e.from = in.moment("from");
  e.to = in.moment("to");
  e.reason = in.word("reason", find_reason);
  e.probes = in.count("probes");
}

void read(In& in, IncidentEntry& e) {
  e.incident = static_cast<Seq>(in.number("incident", 0, std::numeric_limits<std::int64_t>::max()));
  e.opened = in.yes("opened");
  e.root = in.text("root");
  e.place = in.text("place");
  e.cause = in.word("cause", cause_of);
  e.reason = in.word("reason", find_reason);
  e.at = in.moment("at");
}

void read(In& in, LoginBlockEntry& e) {
  e.host = in.text("host");
  e.username = in.text("username");
  e.device = in.text("device");
  e.words = in.text("words");
  e.blocked = in.yes("blocked");
  e.by = in.text("by");
}

void read(In& in, RestoreEntry& e) {
  e.put_aside = in.text("put_aside");
  e.why = in.text("why");
  if (!in.has("by")) return;  // as it was written before there were backups
  const auto number = [&](std::string_view key) {
    return static_cast<std::uint64_t>(in.number(key, 0, std::numeric_limits<std::int64_t>::max()));
  };
  e.sha256 = in.text("sha256");
  e.backup = in.text("backup");
  e.kept = number("kept");
  e.salvaged = number("salvaged");
  e.told = number("told");
  e.by = in.text("by");
}

void read(In& in, MaintenanceEntry& e) {
  e.scope = in.text("scope");
  if (in.loose() && e.scope != "*" &&
      !is_identifier(std::string_view{e.scope}.substr(e.scope.starts_with("place/") ? 6 : 0)))
    in.wrong("scope", "is no device, place nor all");
  e.maintenance.period = {in.instant("from"), in.instant("to")};
  e.maintenance.declared = in.instant("declared");
  e.maintenance.ended = in.instant("ended");
  e.maintenance.author = in.text("author");
  e.maintenance.reason = in.text("reason");
}

}  // namespace body

namespace {

using body::In;
using canonical::Value;

template <class E>
Result<Entry> entry(const Value& body, bool loose) {
  In in(body, loose);
  E entry;
  read(in, entry);
  if (!in.error().empty()) return fail(in.error());
  return Entry(std::move(entry));
}

// One row per kind of entry, in the order of the variant.
struct Row {
  LogKind kind;
  Result<Entry> (*decode)(const Value&, bool loose);
  bool counts = true;  // figures or proofs rest on it
};
constexpr Row kRows[] = {
    {LogKind::genesis, entry<GenesisEntry>},
    {LogKind::run, entry<RunEntry>},
    {LogKind::stop, entry<StopEntry>},
    {LogKind::anchor, entry<AnchorEntry>},
    {LogKind::config, entry<ConfigEntry>},
    {LogKind::terms, entry<TermsEntry>},
    {LogKind::change, entry<ChangeEntry>},
    {LogKind::blip, entry<BlipEntry>},
    {LogKind::incident, entry<IncidentEntry>, false},
    {LogKind::login_block, entry<LoginBlockEntry>, false},
    {LogKind::restore, entry<RestoreEntry>, false},
    {LogKind::maintenance, entry<MaintenanceEntry>},
    {LogKind::correction, entry<CorrectionEntry>},
    {LogKind::declaration, entry<DeclarationEntry>, false},
    {LogKind::must_have, entry<MustHaveEntry>},
    {LogKind::identity, entry<IdentityEntry>, false},
    {LogKind::heartbeat, entry<HeartbeatEntry>, false},
    {LogKind::day, entry<DayEntry>},
    {LogKind::opening, entry<OpeningEntry>},
    {LogKind::key, entry<KeyEntry>},
    {LogKind::exported, entry<ExportEntry>},
};
std::size_t most_bytes(LogKind kind) { return kind == LogKind::opening ? kMaxOpening : canonical::kMaxBytes; }

static_assert(std::size(kRows) == std::variant_size_v<Entry>);

}  // namespace

LogKind kind_of(const Entry& entry) { return kRows[entry.index()].kind; }

std::string encode(const Entry& entry) {
  return canonical::write(std::visit([](const auto& e) { return Value(body::out(e)); }, entry));
}

Result<Entry> decode(LogKind kind, std::string_view body) {
  for (const Row& row : kRows) {
    if (row.kind != kind) continue;
    const auto value = canonical::read(body, most_bytes(kind));
    if (!value) return fail(std::string(code(kind)) + " record: " + value.error().why);
    auto entry = row.decode(*value, false);
    if (!entry) return fail(std::string(code(kind)) + " record: " + entry.error().why);
    return entry;
  }
  return fail("this version writes no record of this kind");
}

Result<std::optional<Entry>> decode_loosely(LogKind kind, std::string_view body) {
  const auto value = canonical::read(body, most_bytes(kind));
  if (!value || value->object() == nullptr)
    return fail(std::string(code(kind)) + " record: " + (value ? "is not an object" : value.error().why));
  const auto* const row = std::ranges::find(kRows, kind, &Row::kind);
  if (row == std::end(kRows)) return std::nullopt;  // kept for later versions
  auto entry = row->decode(*value, true);
  if (entry) return std::optional(std::move(*entry));
  if (!row->counts) return std::nullopt;
  return fail(std::string(code(kind)) + " record: " + entry.error().why);
}

}  // namespace commune_watch
