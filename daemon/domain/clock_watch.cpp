// Offsets of the wall clock against boot time, look by look.
#include "domain/clock_watch.hpp"

#include <algorithm>
#include <cstdlib>

namespace commune_watch {
namespace {
Millis offset(const Anchor& anchor) { return anchor.utc - anchor.at.bt; }
}  // namespace

void ClockWatch::begin(const Anchor& first) { recorded_ = seen_ = first; }

ClockWatch::Noticed ClockWatch::look(const Anchor& now, bool set) {
  const Millis since = now.at.bt - recorded_.at.bt;
  const bool nudged = set && since >= kPatience && std::abs(offset(now) - offset(seen_)) > kSmallStep;
  Noticed noticed;
  noticed.stepped = nudged || std::abs(offset(now) - offset(recorded_)) > kStep;
  if (noticed.stepped) {
    Anchor before = seen_;
    before.at = now.at;
    before.utc = now.at.bt + offset(seen_);
    Anchor after = now;  // a moment has one anchor only
    after.at.bt += 1;
    after.utc += 1;
    noticed.anchors = {before, after};
  } else if (since >= kEvery || rank(now.source) > rank(seen_.source)) {
    noticed.anchors = {now};
  }
  if (!noticed.anchors.empty()) recorded_ = noticed.anchors.back();
  seen_ = now;
  return noticed;
}

std::optional<Anchor> believe(const BatteryWord& word) {
  if (!word.agreed || word.utc < kProgramBorn || word.utc < word.newest - kBatterySlack) return std::nullopt;
  const Millis alone = std::max<Millis>(0, word.utc - *word.agreed);
  const Millis error = kBatterySlack / 2 + (alone / 1'000) * kBatteryDriftPerMillion / 1'000;
  if (error > kBatteryWorst) return std::nullopt;
  return Anchor{.at = word.at, .utc = word.utc, .error = error, .source = AnchorSource::rtc};
}

}  // namespace commune_watch
