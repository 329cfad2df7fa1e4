// The common parts of bodies.
#include "domain/entry_parts.hpp"

#include <algorithm>
#include <array>

namespace commune_watch::body {
namespace {

constexpr std::int64_t kAlways = -kMaxInstant;  // how a zone's first row is written

std::optional<State> state_of(std::string_view word) {
  for (const State state : {State::up, State::down, State::unknown}) {
    if (code(state) == word) return state;
  }
  return std::nullopt;
}

// What §3, §5, §6 and §7 of docs/evidence.md do not use.
constexpr std::array<std::string_view, 33> kSpare{
    "version",  "boot_uuid", "why",    "sha256",   "by",        "changed",  "changes",   "parent", "point",
    "key",      "driver",    "needs",  "reason",   "own",       "warnings", "root",      "probes", "words",
    "incident", "opened",    "author", "username", "host",      "blocked",  "put_aside", "backup", "kept",
    "salvaged", "told",      "author", "timezone", "since_utc", "note"};

}  // namespace

bool In::is_spare(std::string_view key) { return std::ranges::find(kSpare, key) != kSpare.end(); }

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
  Object body{{"state", code(standing.state)},
              {"cause", code(standing.cause)},
              {"reason", out(standing.reason)},
              {"own", out(standing.own_reason)},
              {"warnings", std::move(warnings)}};
  if (standing.recorded != Recorded::unknown)
    body.emplace_back("recorded", out(standing.recorded == Recorded::yes));
  return body;
}

Value out(const Hours& hours) {
  Array weekly;
  for (const Hours::Slot& slot : hours.weekly)
    weekly.emplace_back(Array{Value(std::int64_t{slot.from_minute}), Value(std::int64_t{slot.to_minute})});
  Array closed;
  for (const std::int32_t date : hours.closed) closed.emplace_back(std::int64_t{date});
  return Object{{"weekly", std::move(weekly)}, {"closed", std::move(closed)}};
}

Value out(const std::vector<Zone::Change>& zone) {
  Array rows;
  for (const Zone::Change& row : zone)
    rows.emplace_back(Array{Value(std::max(row.from_utc, kAlways)), Value(row.offset)});
  return rows;
}

Standing standing(In& in, std::string_view key) {
  const Value* const value = in.member(key);
  if (value == nullptr) return {};
  In own(*value, in.loose());
  Standing standing;
  standing.state = own.word("state", state_of);
  standing.cause = own.open_word("cause", cause_of);
  standing.reason = own.open_word("reason", find_reason);
  standing.own_reason = own.open_word("own", find_reason);
  for (const Value& warning : own.array("warnings"))
    standing.warnings.push_back(own.word("warnings", &warning, find_reason));
  // No figure of the evidence rests on it.
  if (!in.loose() && own.has("recorded"))
    standing.recorded = own.yes("recorded") ? Recorded::yes : Recorded::no;
  if (!own.error().empty()) in.wrong(key, own.error());
  return standing;
}

Hours hours(In& in, std::string_view key) {
  const Value* const value = in.member(key);
  if (value == nullptr) return {};
  In own(*value, in.loose());
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

std::vector<Zone::Change> zone(In& in, std::string_view key) {
  std::vector<Zone::Change> rows;
  for (const Value& row : in.array(key)) {
    const Array& parts = in.tuple(key, &row, 2);
    rows.push_back({in.number(key, parts.data(), kAlways, kMaxInstant),
                    in.number(key, &parts[1], -86'400'000, 86'400'000)});
    if (rows.size() > 1 && rows.back().from_utc <= rows[rows.size() - 2].from_utc)
      in.wrong(key, "is not in ascending order");
  }
  if (in.loose() && rows.empty()) in.wrong(key, "has no row");
  return rows;
}

}  // namespace commune_watch::body
