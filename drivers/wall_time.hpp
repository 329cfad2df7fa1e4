// Times as devices write them.
//
// A wall is a device's own wall clock as milliseconds since its 1970-01-01T00:00:00: it knows no zone,
// whatever letter the device puts behind it.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "domain/clock.hpp"

namespace commune_watch {

// "2026-11-22T14:00:00" or with a blank, and whatever follows; also "2026-1-2 3:04:05".
std::optional<Millis> wall_of(std::string_view text);
std::string wall_text(Millis wall);  // "2026-11-22T14:00:00Z", the Z as devices mean it

// East of Greenwich: "+07:00" or "Z" behind such a time, perhaps after a fraction.
std::optional<Millis> offset_of(std::string_view text);
// "CST-7:00:00": POSIX, whose sign is that of what is to be added to get UTC.
std::optional<Millis> posix_offset_of(std::string_view zone);

// UTC: an RFC 3339 time with its offset, or seconds or milliseconds since 1970.
std::optional<Millis> instant_of(std::string_view text);

}  // namespace commune_watch
