// Bodies of log records: the order of keys below is the order in the bytes and must never change.
#include "domain/entry.hpp"

#include <cstdint>
#include <limits>

#include "domain/canonical.hpp"

namespace commune_watch {
namespace {

using canonical::Array;
using canonical::Object;
using canonical::Value;

constexpr std::int64_t kMaxInstant = 1LL
                                     << 50;  // the year 37,000: sums and differences stay far from overflow

// ---- writing

Value out(Moment at) { return Array{Value(std::int64_t{at.boot}), Value(at.bt)}; }
Value out(bool yes) { return Value(std::int64_t{yes ? 1 : 0}); }
Value out(ReasonId id) { return reason(id).code; }

Value out(const std::vector<std::string>& texts) {
  Array items;
  for (const std::string& text : texts) items.emplace_back(text);
  return items;
}

Value out(const Standing& standing) {
  Array warnings;
  for (const ReasonId warning : standing.warnings) warnings.push_back(out(warning));
  return Object{{"state", code(standing.state)},
                {"cause", code(standing.cause)},
                {"reason", out(standing.reason)},
                {"own", out(standing.own_reason)},
                {"warnings", std::move(warnings)}};
}

Value out(const Hours& hours) {
  Array weekly;
  for (const Hours::Slot& slot : hours.weekly)
    weekly.emplace_back(Array{Value(std::int64_t{slot.from_minute}), Value(std::int64_t{slot.to_minute})});
  Array closed;
  for (const std::int32_t date : hours.closed) closed.emplace_back(std::int64_t{date});
  return Object{{"weekly", std::move(weekly)}, {"closed", std::move(closed)}};
}

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

Object out(const ConfigEntry& e) { return {{"sha256", e.sha256}, {"by", e.by}, {"changed", out(e.changed)}}; }

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

// ---- reading: the first thing that is wrong is kept, everything after it reads as a default

class In {
 public:
  explicit In(const Value& body) : body_(&body) {}

  [[nodiscard]] const std::string& error() const { return error_; }
  void wrong(std::string_view key, std::string_view why) {
    if (error_.empty()) error_ = std::string(key) + ": " + std::string(why);
  }

  const Value* member(std::string_view key) {
    const Value* const value = body_->find(key);
    if (value == nullptr) wrong(key, "is missing");
    return value;
  }
  [[nodiscard]] bool has(std::string_view key) const { return body_->find(key) != nullptr; }

  std::int64_t number(std::string_view key, const Value* value, std::int64_t least, std::int64_t most) {
    const auto* const number = value == nullptr ? nullptr : value->number();
    if (number != nullptr && *number >= least && *number <= most) return *number;
    wrong(key, "is not a number in range");
    return least;
  }
  std::int64_t number(std::string_view key, std::int64_t least, std::int64_t most) {
    return number(key, member(key), least, most);
  }
  std::string text(std::string_view key, const Value* value) {
    if (value != nullptr && value->text() != nullptr) return *value->text();
    wrong(key, "is not a string");
    return {};
  }
  std::string text(std::string_view key) { return text(key, member(key)); }
  const Array& array(std::string_view key, const Value* value) {
    static const Array kNone;
    if (value != nullptr && value->array() != nullptr) return *value->array();
    wrong(key, "is not an array");
    return kNone;
  }
  const Array& array(std::string_view key) { return array(key, member(key)); }
  const Array& tuple(std::string_view key, const Value* value, std::size_t size) {
    static const Array kZeros(3);
    const Array& items = array(key, value);
    if (items.size() == size) return items;
    wrong(key, "has the wrong number of parts");
    return kZeros;
  }

  bool yes(std::string_view key) { return number(key, 0, 1) == 1; }
  Millis instant(std::string_view key) { return number(key, -kMaxInstant, kMaxInstant); }
  Moment moment(std::string_view key, const Value* boot, const Value* bt) {
    return {static_cast<std::uint32_t>(number(key, boot, 0, std::numeric_limits<std::uint32_t>::max())),
            number(key, bt, 0, kMaxInstant)};
  }
  Moment moment(std::string_view key) {
    const Array& parts = tuple(key, member(key), 2);
    return moment(key, parts.data(), &parts[1]);
  }
  std::uint32_t count(std::string_view key) {
    return static_cast<std::uint32_t>(number(key, 0, std::numeric_limits<std::uint32_t>::max()));
  }
  template <class T>
  T word(std::string_view key, const Value* value, std::optional<T> (*find)(std::string_view)) {
    const auto found = find(text(key, value));
    if (!found) wrong(key, "is not a word of this version");
    return found.value_or(T{});
  }
  template <class T>
  T word(std::string_view key, std::optional<T> (*find)(std::string_view)) {
    return word(key, member(key), find);
  }

 private:
  const Value* body_;
  std::string error_;
};

std::optional<State> state_of(std::string_view word) {
  for (const State state : {State::up, State::down, State::unknown}) {
    if (code(state) == word) return state;
  }
  return std::nullopt;
}

Standing standing(In& in, std::string_view key) {
  const Value* const value = in.member(key);
  if (value == nullptr) return {};
  In own(*value);
  Standing standing;
  standing.state = own.word("state", state_of);
  standing.cause = own.word("cause", cause_of);
  standing.reason = own.word("reason", find_reason);
  standing.own_reason = own.word("own", find_reason);
  for (const Value& warning : own.array("warnings"))
    standing.warnings.push_back(own.word("warnings", &warning, find_reason));
  if (!own.error().empty()) in.wrong(key, own.error());
  return standing;
}

Hours hours(In& in, std::string_view key) {
  const Value* const value = in.member(key);
  if (value == nullptr) return {};
  In own(*value);
  Hours hours;
  for (const Value& slot : own.array("weekly")) {
    const Array& ends = own.tuple("weekly", &slot, 2);
    hours.weekly.push_back({static_cast<int>(own.number("weekly", ends.data(), 0, 10080)),
                            static_cast<int>(own.number("weekly", &ends[1], 0, 10080))});
  }
  for (const Value& date : own.array("closed"))
    hours.closed.push_back(static_cast<std::int32_t>(own.number("closed", &date, 0, 99'991'231)));
  if (!own.error().empty()) in.wrong(key, own.error());
  return hours;
}

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
}

void read(In& in, TermsEntry& e) {
  e.device = in.text("device");
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
  e.device = in.text("device");
  e.at = in.moment("at");
  e.since = in.moment("since");
  e.from = standing(in, "from");
  e.to = standing(in, "to");
  e.root = in.text("root");
  e.probes = in.count("probes");
  e.words = in.text("words");
}

void read(In& in, BlipEntry& e) {
  e.device = in.text("device");
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
  e.maintenance.period = {in.instant("from"), in.instant("to")};
  e.maintenance.declared = in.instant("declared");
  e.maintenance.ended = in.instant("ended");
  e.maintenance.author = in.text("author");
  e.maintenance.reason = in.text("reason");
}

template <class E>
Result<Entry> entry(const Value& body) {
  In in(body);
  E entry;
  read(in, entry);
  if (!in.error().empty()) return fail(in.error());
  return Entry(std::move(entry));
}

// One row per kind of entry, in the order of the variant.
struct Row {
  LogKind kind;
  Result<Entry> (*decode)(const Value&);
};
constexpr Row kRows[] = {
    {LogKind::genesis, entry<GenesisEntry>},   {LogKind::run, entry<RunEntry>},
    {LogKind::stop, entry<StopEntry>},         {LogKind::anchor, entry<AnchorEntry>},
    {LogKind::config, entry<ConfigEntry>},     {LogKind::terms, entry<TermsEntry>},
    {LogKind::change, entry<ChangeEntry>},     {LogKind::blip, entry<BlipEntry>},
    {LogKind::incident, entry<IncidentEntry>}, {LogKind::login_block, entry<LoginBlockEntry>},
    {LogKind::restore, entry<RestoreEntry>},   {LogKind::maintenance, entry<MaintenanceEntry>},
};
static_assert(std::size(kRows) == std::variant_size_v<Entry>);

}  // namespace

LogKind kind_of(const Entry& entry) { return kRows[entry.index()].kind; }

std::string encode(const Entry& entry) {
  return canonical::write(std::visit([](const auto& e) { return Value(out(e)); }, entry));
}

Result<Entry> decode(LogKind kind, std::string_view body) {
  for (const Row& row : kRows) {
    if (row.kind != kind) continue;
    const auto value = canonical::read(body);
    if (!value) return fail(std::string(code(kind)) + " record: " + value.error().why);
    auto entry = row.decode(*value);
    if (!entry) return fail(std::string(code(kind)) + " record: " + entry.error().why);
    return entry;
  }
  return fail("this version writes no record of this kind");
}

}  // namespace commune_watch
