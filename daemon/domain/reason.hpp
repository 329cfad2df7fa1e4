// The catalogue of reasons: one table that says of every code its cause, its effect and what people read and
// do.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "domain/device.hpp"

namespace commune_watch {

// do đâu: who has to act.
enum class Cause : std::uint8_t { none, device, media, upstream, mains, monitoring_point, gateway };
std::string_view code(Cause cause);
std::string_view name(Cause cause, Language language);
std::optional<Cause> cause_of(std::string_view code);

// What a reason does to the state; decided here, once, for all drivers.
enum class Effect : std::uint8_t { none, warning, unknown, down };

// Row number in the catalogue is never stored: the log carries the code. 0 is "no reason".
enum class ReasonId : std::uint16_t { none = 0 };

struct Reason {
  std::string_view code;  // "host-unreachable"; stable for ever
  Cause cause;
  Effect effect;
  std::string_view vi, en;                // what it is, one short sentence without a full stop
  std::string_view remedy_vi, remedy_en;  // what to do next
};

std::span<const Reason> reasons();  // row 0 is "none"
// Throws outside the catalogue: check foreign numbers against reasons().size() first.
const Reason& reason(ReasonId id);
std::optional<ReasonId> find_reason(std::string_view code);
// For code that names a reason literally: aborts where the catalogue has no such code (a bug that the first
// test meets).
ReasonId reason_id(std::string_view code);

}  // namespace commune_watch
