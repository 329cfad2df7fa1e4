// The sentinel: can the gateway itself see? Its own carrier and its own segment, so that our fault is never a
// device's.
#pragma once
#include <cstdint>
#include <optional>

#include "domain/clock.hpp"
#include "domain/reason.hpp"

namespace commune_watch {

// What the gateway observed of itself.
struct Surroundings {
  Moment at;
  bool carrier =
      true;  // any interface that leads to devices has a link (loopback counts for loopback devices)
  int segment_hosts = 0, segment_silent = 0;   // hosts of the own segment that were asked (default router,
                                               // [gateway] segment); silent at their last three checks
  std::optional<Moment> segment_silent_since;  // first silent check of the present silence of all of them
  std::optional<Moment> device_answered;       // last time that any device answered at all
};

class Sentinel {
 public:
  struct Word {
    bool blind;
    Moment since;
    ReasonId reason;  // gateway-no-carrier or gateway-no-segment
  };
  // A word when the answer changes, else nothing. Blind at once without carrier; blind by segment only when
  // all its hosts are silent and no device has answered since; sighted again with carrier and any answer
  // (where no host of the segment is asked, with carrier).
  std::optional<Word> observe(const Surroundings& surroundings);
  [[nodiscard]] bool blind() const { return blind_since_.has_value(); }

 private:
  std::optional<Moment> blind_since_;
};

}  // namespace commune_watch
