// The same sweep as availability()'s, read for another question.
#include "domain/recording.hpp"

#include "domain/sweep.hpp"

namespace commune_watch {

Recording recording(const AvailabilityInput& input, Period period, Millis now, const Zone& zone) {
  Recording sum;
  sum.period = until(period, now);
  Sweep sweep(input, period, now, zone);
  for (Piece piece; sweep.next(piece);) {
    if (!piece.open || piece.value == Class::not_enrolled || piece.period.from >= now) continue;
    (piece.recorded == Recorded::yes  ? sum.recorded
     : piece.recorded == Recorded::no ? sum.not_recorded
                                      : sum.unknown) += piece.period.length();
    sum.bound = sum.bound || sweep.terms()->terms.point.has_value();
  }
  const Millis told = sum.recorded + sum.not_recorded;
  if (told > 0) sum.share = share(sum.recorded, sum.time());
  sum.coverage = share(told, sum.time());
  sum.high = share(sum.recorded + sum.unknown, sum.time());
  sum.printable = sum.coverage && sum.coverage->floor_1e4 >= kMinCoverage;
  return sum;
}

}  // namespace commune_watch
