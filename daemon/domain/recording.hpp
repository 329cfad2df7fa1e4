// How much of a camera's time was recorded: R = recorded/T (DESIGN §4 "Figures"), "tỷ lệ có ghi hình". Police
// need it; no indicator asks for it and no evidence rests on it.
#pragma once
#include <optional>

#include "domain/availability.hpp"

namespace commune_watch {

// T in three parts, whatever it counts as for A_conn: maintenance excuses nobody from recording. Unknown is
// what the monitoring point did not tell, be it that nobody watched; R leaves it in the denominator, so it is
// the lower bound at the same time.
struct Recording {
  Period period;  // cut at now
  Millis recorded = 0, not_recorded = 0, unknown = 0;
  bool bound = false;                    // to a monitoring point, at some time of T
  std::optional<Figure> share;           // R; absent where nobody ever told: there is no basis for one
  std::optional<Figure> coverage, high;  // (recorded + not)/T, (recorded + unknown)/T; absent where T is zero
  bool printable = false;                // coverage >= 90 %: R alone; otherwise [R, high]
  [[nodiscard]] Millis time() const { return recorded + not_recorded + unknown; }  // T
};

Recording recording(const AvailabilityInput& input, Period period, Millis now, const Zone& zone);

}  // namespace commune_watch
