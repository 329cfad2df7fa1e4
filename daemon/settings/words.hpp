// The small languages inside configuration values: ids, durations, days, clock times, service hours, hosts.
// Pure.
#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "domain/availability.hpp"
#include "domain/result.hpp"

namespace commune_watch {

// Empty if the id is good, else why not: a-z, 0-9 and '-', at most 63, neither first nor last a '-' (MQTT
// topics, file names).
std::string trouble_with_id(std::string_view id);

// "300ms", "60s", "5min", "2h", "1d". A bare number is refused: nobody knows its unit.
Result<Millis> parse_duration(std::string_view text);
std::string duration_text(Millis value);  // the shortest such text

// "mon-fri", "sat", "mon,wed,fri", "daily"; Monday first. A range may run over Sunday.
Result<std::array<bool, 7>> parse_days(std::string_view text);

// "05:30" in minutes; "24:00" only as an end.
Result<int> parse_clock(std::string_view text, bool is_end);

// "mon-fri 08:00-17:00"; an end at or before the start is on the next day. Slots of the local week, merged,
// in order; the whole week is {} as everywhere (24/7).
Result<std::vector<Hours::Slot>> parse_hours(const std::vector<std::string>& texts);

// An IPv4 or IPv6 address or a host name (RFC 1123).
bool is_host(std::string_view text);

// True for "scheme://user:password@host": such a text must never be echoed.
bool has_login(std::string_view url);

// No control characters: they do not belong into what people read (UTF-8 itself is TOML's own rule).
bool is_plain_text(std::string_view text);

}  // namespace commune_watch
