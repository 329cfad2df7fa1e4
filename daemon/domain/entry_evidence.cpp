// Bodies of the records that exist for evidence alone: overlays, denominators, identities, totals, openings,
// keys. The order of keys is the order in the bytes and must never change.
#include "domain/entry_parts.hpp"

namespace commune_watch::body {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 4;

Array out(const std::vector<Period>& periods) {
  Array rows;
  for (const Period& period : periods) rows.emplace_back(Array{Value(period.from), Value(period.to)});
  return rows;
}

std::vector<Period> periods(In& in, std::string_view key, std::int64_t least = -kMaxInstant) {
  std::vector<Period> all;
  for (const Value& row : in.array(key)) {
    const Array& parts = in.tuple(key, &row, 2);
    all.push_back(
        {in.number(key, parts.data(), least, kMaxInstant), in.number(key, &parts[1], least, kMaxInstant)});
  }
  return all;
}

// A record of its own within another one.
template <class E>
E inner(In& in, std::string_view key, const Value* value) {
  E entry;
  if (value == nullptr || value->object() == nullptr) {
    in.wrong(key, "is not an object");
    return entry;
  }
  In own(*value, in.loose());
  read(own, entry);
  if (!own.error().empty()) in.wrong(key, own.error());
  return entry;
}

Moment moment_of(In& in, std::string_view key, const Value* value) {
  const Array& parts = in.tuple(key, value, 2);
  return in.moment(key, parts.data(), &parts[1]);
}

}  // namespace

Object out(const CorrectionEntry& e) {
  const Correction& c = e.correction;
  return {{"device", e.device}, {"from", c.period.from}, {"to", c.period.to},     {"class", code(c.value)},
          {"author", c.author}, {"reason", c.reason},    {"declared", c.declared}};
}

void read(In& in, CorrectionEntry& e) {
  e.device = in.identifier("device");
  e.correction.period = {in.instant("from"), in.instant("to")};
  e.correction.value = in.word("class", class_of);
  if (e.correction.value < Class::maintenance)
    in.wrong("class", "is not one that an instant can be corrected to");
  e.correction.author = in.text("author");
  e.correction.reason = in.text("reason");
  e.correction.declared = in.instant("declared");
}

Object out(const DeclarationEntry& e) {
  return {{"id", e.id},      {"what", e.what},   {"place", e.place},
          {"must", e.must},  {"since", e.since}, {"document", e.document},
          {"by", e.by},      {"note", e.note},   {"declared", e.declared},
          {"ended", e.ended}};
}

void read(In& in, DeclarationEntry& e) {
  e.id = in.text("id");
  e.what = in.text("what");
  e.place = in.text("place");
  e.must = in.text("must");
  e.since = in.text("since");
  e.document = in.text("document");
  e.by = in.text("by");
  e.note = in.text("note");
  e.declared = in.instant("declared");
  e.ended = in.instant("ended");
}

Object out(const MustHaveEntry& e) {
  Array must;
  for (const Must one : e.must) must.emplace_back(code(one));
  return {{"area", e.area}, {"must", std::move(must)}, {"basis", e.basis}};
}

void read(In& in, MustHaveEntry& e) {
  e.area = in.text("area");
  for (const Value& one : in.array("must")) e.must.push_back(in.word("must", &one, must_of));
  e.basis = in.text("basis");
}

Object out(const IdentityEntry& e) {
  const Identity& i = e.identity;
  Object body{{"device", e.device},
              {"maker", i.maker},
              {"model", i.model},
              {"serial", i.serial},
              {"mac", i.mac},
              {"firmware", i.firmware},
              {"spki_sha256", i.spki_sha256},
              {"same_as", out(e.same_as)}};
  if (e.limited) body.emplace_back("limited", out(e.limited));
  return body;
}

void read(In& in, IdentityEntry& e) {
  e.device = in.text("device");
  e.identity.maker = in.text("maker");
  e.identity.model = in.text("model");
  e.identity.serial = in.text("serial");
  e.identity.mac = in.text("mac");
  e.identity.firmware = in.text("firmware");
  e.identity.spki_sha256 = in.text("spki_sha256");
  for (const Value& one : in.array("same_as")) e.same_as.push_back(in.text("same_as", &one));
  if (in.has("limited")) e.limited = in.yes("limited");
}

Object out(const HeartbeatEntry& e) {
  return {{"hour", e.hour},
          {"asked", e.asked},
          {"answered", e.answered},
          {"good", e.good},
          {"devices", e.devices}};
}

void read(In& in, HeartbeatEntry& e) {
  e.hour = in.instant("hour");
  e.asked = in.number("asked", 0, kMost);
  e.answered = in.number("answered", 0, kMost);
  e.good = in.number("good", 0, kMost);
  e.devices = in.number("devices", 0, kMost);
}

Object out(const DayEntry& e) {
  const Totals& t = e.totals;
  return {{"device", e.device},
          {"kind", code(e.kind)},
          {"date", std::int64_t{e.date}},
          {"up", t.up},
          {"down", t.down},
          {"upstream", t.down_upstream},
          {"mains", t.down_mains},
          {"monitoring_point", t.down_monitoring_point},
          {"maintenance", t.maintenance},
          {"unknown", t.unknown},
          {"blips", t.blips}};
}

void read(In& in, DayEntry& e) {
  e.device = in.identifier("device");
  e.kind = in.word<Kind>("kind", kind_of);
  e.date = static_cast<std::int32_t>(in.number("date", 0, 99'991'231));
  Totals& t = e.totals;
  t.up = in.number("up", 0, kMaxInstant);
  t.down = in.number("down", 0, kMaxInstant);
  t.down_upstream = in.number("upstream", 0, kMaxInstant);
  t.down_mains = in.number("mains", 0, kMaxInstant);
  t.down_monitoring_point = in.number("monitoring_point", 0, kMaxInstant);
  t.maintenance = in.number("maintenance", 0, kMaxInstant);
  t.unknown = in.number("unknown", 0, kMaxInstant);
  t.blips = in.number("blips", 0, kMaxInstant);
}

Object out(const OpeningEntry& e) {
  Array anchors, terms, spans, maintenance, corrections, must;
  for (const Anchor& anchor : e.anchors)
    anchors.emplace_back(
        Array{Value(anchor.at.bt), Value(anchor.utc), Value(anchor.error), Value(code(anchor.source))});
  for (const auto& one : e.terms)
    terms.emplace_back(Object{{"from", one.from}, {"at", out(one.at)}, {"terms", out(one.terms)}});
  for (const auto& one : e.spans)
    spans.emplace_back(
        Object{{"device", one.device}, {"kind", code(one.kind)}, {"from", one.from}, {"to", out(one.to)}});
  for (const auto& one : e.maintenance) {
    Object body = out(one.maintenance);
    body.emplace_back("at", out(one.at));
    body.emplace_back("recorded", one.recorded);
    maintenance.emplace_back(std::move(body));
  }
  for (const auto& one : e.corrections) {
    Object body = out(one.correction);
    body.emplace_back("at", out(one.at));
    body.emplace_back("recorded", one.recorded);
    corrections.emplace_back(std::move(body));
  }
  for (const auto& one : e.must) must.emplace_back(out(one));
  return {{"commune", e.commune},
          {"gateway", e.gateway},
          {"epoch", e.epoch},
          {"simulated", out(e.simulated)},
          {"vkey", e.vkey},
          {"timezone", e.timezone},
          {"zone", out(e.zone)},
          {"boot", std::int64_t{e.boot}},
          {"run", e.run},
          {"runs", out(e.runs)},
          {"claims", out(e.claims)},
          {"anchors", std::move(anchors)},
          {"terms", std::move(terms)},
          {"spans", std::move(spans)},
          {"maintenance", std::move(maintenance)},
          {"corrections", std::move(corrections)},
          {"must", std::move(must)}};
}

void read(In& in, OpeningEntry& e) {
  e.commune = in.text("commune");
  e.gateway = in.text("gateway");
  e.epoch = in.text("epoch");
  e.simulated = in.yes("simulated");
  e.vkey = in.text("vkey");
  e.timezone = in.text("timezone");
  e.zone = zone(in, "zone");
  e.boot = in.count("boot");
  e.run = in.number("run", 0, kMaxInstant);
  e.runs = periods(in, "runs", 0);
  e.claims = periods(in, "claims");
  for (const Value& row : in.array("anchors")) {
    if (row.array() == nullptr || row.array()->size() != 4) {
      in.wrong("anchors", "has the wrong number of parts");
      break;
    }
    const Array& parts = *row.array();
    Anchor anchor;
    anchor.at = {e.boot, in.number("anchors", parts.data(), 0, kMaxInstant)};
    anchor.utc = in.number("anchors", &parts[1], -kMaxInstant, kMaxInstant);
    anchor.error = in.number("anchors", &parts[2], 0, kMaxInstant);
    anchor.source = in.word("anchors", &parts[3], anchor_source_of);
    e.anchors.push_back(anchor);
  }
  for (const Value& row : in.array("terms")) {
    In own(row, in.loose());
    OpeningEntry::Term term;
    term.from = own.instant("from");
    term.at = moment_of(own, "at", own.member("at"));
    term.terms = inner<TermsEntry>(own, "terms", own.member("terms"));
    if (!own.error().empty()) in.wrong("terms", own.error());
    e.terms.push_back(std::move(term));
  }
  for (const Value& row : in.array("spans")) {
    In own(row, in.loose());
    OpeningEntry::State state;
    state.device = own.identifier("device");
    state.kind = own.word<Kind>("kind", kind_of);
    state.from = own.number("from", 0, kMaxInstant);
    state.to = standing(own, "to");
    if (!own.error().empty()) in.wrong("spans", own.error());
    e.spans.push_back(std::move(state));
  }
  for (const Value& row : in.array("maintenance")) {
    e.maintenance.push_back({moment_of(in, "maintenance", row.find("at")),
                             in.number("maintenance", row.find("recorded"), -kMaxInstant, kMaxInstant),
                             inner<MaintenanceEntry>(in, "maintenance", &row)});
  }
  for (const Value& row : in.array("corrections")) {
    e.corrections.push_back({moment_of(in, "corrections", row.find("at")),
                             in.number("corrections", row.find("recorded"), -kMaxInstant, kMaxInstant),
                             inner<CorrectionEntry>(in, "corrections", &row)});
  }
  for (const Value& row : in.array("must")) e.must.push_back(inner<MustHaveEntry>(in, "must", &row));
}

Object out(const KeyEntry& e) {
  return {{"vkey", e.vkey}, {"previous", e.previous}, {"by_old", e.by_old}, {"by_new", e.by_new}};
}

void read(In& in, KeyEntry& e) {
  e.vkey = in.text("vkey");
  e.previous = in.text("previous");
  e.by_old = in.text("by_old");
  e.by_new = in.text("by_new");
}

Object out(const ExportEntry& e) { return {{"period", e.period}, {"by", e.by}}; }

void read(In& in, ExportEntry& e) {
  e.period = in.text("period");
  e.by = in.text("by");
}

}  // namespace commune_watch::body
