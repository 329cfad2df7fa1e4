// What is wrong with a parameter is said with its name; what is wrong with its meaning says the gateway.
#include "console/overlay_answers.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "domain/period.hpp"

namespace commune_watch {
namespace {

using Json = nlohmann::ordered_json;
using Answer = Result<std::string>;

std::string text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

void put(Json& into, const std::string& key, Millis utc) {
  into[key] = utc_text(utc);
  into[key + "_ms"] = utc;
}

template <class Number>
std::optional<Number> number(const std::string& word) {
  Number value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

Result<Millis> instant(Desk& desk, const Parameter& given, const char* name) {
  auto at = parse_instant(given(name), desk.zone(), desk.utc_now());
  if (!at) return fail(std::string(name) + ": " + at.error().why);
  return *at;
}

Result<Period> period(Desk& desk, const Parameter& given) {
  const auto from = instant(desk, given, "from");
  if (!from) return std::unexpected(from.error());
  const auto to = instant(desk, given, "to");
  if (!to) return std::unexpected(to.error());
  return Period{*from, *to};
}

Json window(const WindowView& view, Millis now) {
  const Maintenance& m = view.maintenance;
  Json object{{"id", view.id}, {"scope", view.scope == "*" ? "all" : view.scope}, {"name", view.name}};
  put(object, "from", m.period.from);
  put(object, "to", m.period.to);
  put(object, "declared", m.declared);
  if (m.ended != 0) put(object, "ended", m.ended);
  object["author"] = m.author;
  object["reason"] = m.reason;
  object["late"] = view.late;
  const bool cancelled = m.ended != 0 && m.ended <= m.period.from;
  object["state"] = cancelled              ? "cancelled"
                    : view.end() <= now    ? "over"
                    : m.period.from <= now ? "running"
                                           : "planned";
  return object;
}

std::string windows(Desk& desk, const std::vector<WindowView>& views) {
  Json object;
  auto& list = object["windows"] = Json::array();
  for (const auto& view : views) list.push_back(window(view, desk.utc_now()));
  return text(object);
}

Json correction(const CorrectionView& view) {
  const Correction& c = view.entry.correction;
  Json object{{"id", view.id}, {"device", view.entry.device}, {"name", view.name}};
  put(object, "from", c.period.from);
  put(object, "to", c.period.to);
  object["as"] = code(c.value);
  object["as_vi"] = name(c.value, Language::vi);
  object["as_en"] = name(c.value, Language::en);
  put(object, "declared", c.declared);
  object["author"] = c.author;
  object["reason"] = c.reason;
  return object;
}

Json declaration(const DeclarationView& view) {
  const DeclarationEntry& e = view.entry;
  Json object{{"id", e.id},     {"what", e.what},   {"place", e.place},       {"place_name", view.place_name},
              {"must", e.must}, {"since", e.since}, {"document", e.document}, {"by", e.by},
              {"note", e.note}};
  put(object, "declared", e.declared);
  if (e.ended != 0) {
    put(object, "ended", e.ended);
    object["ended_by"] = view.ended_by;
  }
  return object;
}

template <class View>
std::string list_of(const char* name, const std::vector<View>& views, Json (*as)(const View&)) {
  Json object;
  auto& list = object[name] = Json::array();
  for (const auto& view : views) list.push_back(as(view));
  return text(object);
}

}  // namespace

Answer list_maintenance(Desk& desk, const Parameter& given) {
  std::optional<Period> asked;
  if (const auto word = given("period"); !word.empty()) {
    const auto parsed = parse_period(word, desk.zone(), desk.utc_now());
    if (!parsed) return std::unexpected(parsed.error());
    asked = *parsed;
  }
  return windows(desk, desk.overlays().maintenance(asked));
}

Answer add_maintenance(Desk& desk, const Parameter& given) {
  MaintenanceAsk ask{.scope = given("scope"),
                     .period = {},
                     .reason = given("reason"),
                     .notice = given("notice"),
                     .by = given("author"),
                     .count = {},
                     .until = {}};
  const auto when = period(desk, given);
  if (!when) return std::unexpected(when.error());
  ask.period = *when;
  if (const auto every = given("every"); !every.empty()) {
    if (every != "day" && every != "week") return fail("every: day, week");
    ask.every_days = every == "day" ? 1 : 7;
  }
  if (const auto count = given("count"); !count.empty()) {
    ask.count = number<int>(count);
    if (!ask.count || *ask.count < 1) return fail("count: a number from 1 on");
  }
  if (const auto until = given("until"); !until.empty()) {
    const auto day = parse_period(until, desk.zone(), desk.utc_now());
    if (!day) return fail("until: a date, as 2026-12-31");
    ask.until = day->to;  // the whole day
  }
  const auto added = desk.overlays().add_maintenance(ask);
  if (!added) return std::unexpected(added.error());
  return windows(desk, *added);
}

Answer end_maintenance(Desk& desk, const std::string& id, const Parameter& given) {
  const auto seq = number<Seq>(id);
  if (!seq) return fail("id: the number that maintenance list shows");
  const auto ended = desk.overlays().end_maintenance(*seq, given("author"));
  if (!ended) return std::unexpected(ended.error());
  return windows(desk, {*ended});
}

Answer list_corrections(Desk& desk, const Parameter&) {
  return list_of("corrections", desk.overlays().corrections(), correction);
}

Answer add_correction(Desk& desk, const Parameter& given) {
  CorrectionEntry entry;
  entry.device = given("device");
  const auto when = period(desk, given);
  if (!when) return std::unexpected(when.error());
  entry.correction.period = *when;
  const auto value = class_of(given("as"));
  if (!value || *value < Class::maintenance) return fail("as: up, down, unknown, maintenance");
  entry.correction.value = *value;
  entry.correction.author = given("author");
  entry.correction.reason = given("reason");
  const auto taken = desk.overlays().correct(entry);
  if (!taken) return std::unexpected(taken.error());
  return list_of("corrections", {*taken}, correction);
}

Answer list_declarations(Desk& desk, const Parameter&) {
  return list_of("declarations", desk.overlays().declarations(), declaration);
}

Answer add_declaration(Desk& desk, const Parameter& given) {
  DeclarationEntry entry;
  entry.what = given("what");
  entry.place = given("place");
  entry.must = given("must");
  entry.since = given("since");
  entry.document = given("document");
  entry.by = given("author");
  entry.note = given("note");
  const auto taken = desk.overlays().declare(entry);
  if (!taken) return std::unexpected(taken.error());
  return list_of("declarations", {*taken}, declaration);
}

Answer end_declaration(Desk& desk, const std::string& id, const Parameter& given) {
  const auto ended = desk.overlays().end_declaration(id, given("author"));
  if (!ended) return std::unexpected(ended.error());
  return list_of("declarations", {*ended}, declaration);
}

}  // namespace commune_watch
