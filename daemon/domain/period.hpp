// Periods and instants as people write them, in the commune's zone.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "domain/clock.hpp"
#include "domain/device.hpp"
#include "domain/result.hpp"

namespace commune_watch {

// "2026", "2026-Q3", "2026-11", "2026-11-14", "2026-11-01..2026-11-15" (both days whole), "today",
// "yesterday", "month" (this one), "7d" / "24h" / "90s" (back from now). Calendar periods are whole local
// days even where they end after now. None begins before 1970 or is longer than 100 years.
Result<Period> parse_period(std::string_view text, const Zone& zone, Millis now);

// "2026-11-14 21:30[:05]" or "2026-11-14T21:30[:05]" local, or with a trailing Z in UTC; "21:30" is the
// latest one not after now.
Result<Millis> parse_instant(std::string_view text, const Zone& zone, Millis now);

// "2026-11-14T14:30:05.123Z", and local "2026-11-14 21:30:05".
std::string utc_text(Millis utc);
std::string local_text(Millis utc, const Zone& zone);
// "2 giờ 05 phút" / "2 h 05 min"; under a minute in seconds, over two days in days and hours.
std::string duration_text(Millis length, Language language);

}  // namespace commune_watch
