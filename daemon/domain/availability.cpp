// Totals and figures of one device (DESIGN §4 "Figures"): the one function behind every figure.
#include "domain/availability.hpp"

#include <algorithm>
#include <array>

#include "domain/sweep.hpp"

namespace commune_watch {
namespace {

__extension__ using Wide = __int128;

struct ClassRow {
  std::string_view code, vi, en;
};
constexpr std::array<ClassRow, 6> kClasses{{{"not-enrolled", "chưa theo dõi", "not enrolled"},
                                            {"out-of-hours", "ngoài giờ phục vụ", "out of service hours"},
                                            {"maintenance", "bảo trì", "maintenance"},
                                            {"unknown", "chưa xác định", "unknown"},
                                            {"down", "mất kết nối", "down"},
                                            {"up", "hoạt động", "up"}}};

// B counts as up until it is over its share of T, then as down(unstable), the device's.
void settle(Totals& totals) {
  if (totals.unstable || !too_many_blips(totals)) return;
  totals.unstable = true;
  totals.up -= totals.blips;
  totals.down += totals.blips;
}

void unsettle(Totals& totals) {
  if (!totals.unstable) return;
  totals.unstable = false;
  totals.up += totals.blips;
  totals.down -= totals.blips;
}

}  // namespace

std::optional<Figure> share(Millis part, Millis whole) {
  if (whole <= 0) return std::nullopt;
  return Figure{static_cast<std::int32_t>(static_cast<Wide>(part) * 10'000 / whole)};
}

std::string_view code(Class value) { return kClasses.at(static_cast<std::size_t>(value)).code; }

std::optional<Class> class_of(std::string_view code) {
  const auto found = std::ranges::find(kClasses, code, &ClassRow::code);
  if (found == kClasses.end()) return std::nullopt;
  return static_cast<Class>(found - kClasses.begin());
}

std::string_view name(Class value, Language language) {
  const ClassRow& row = kClasses.at(static_cast<std::size_t>(value));
  return language == Language::vi ? row.vi : row.en;
}

Totals& Totals::operator+=(const Totals& other) {
  Totals more = other;
  unsettle(*this);
  unsettle(more);
  up += more.up;
  down += more.down;
  maintenance += more.maintenance;
  unknown += more.unknown;
  down_upstream += more.down_upstream;
  down_mains += more.down_mains;
  down_monitoring_point += more.down_monitoring_point;
  blips += more.blips;
  outages += more.outages;
  blip_count += more.blip_count;
  longest = std::max(longest, more.longest);
  service += more.service;
  weekly_minutes = std::min(weekly_minutes, more.weekly_minutes);
  return *this;
}

Availability summarise(Period period, const Totals& totals) {
  Availability figures;
  figures.period = period;
  figures.totals = totals;
  Totals& t = figures.totals;
  unsettle(t);
  settle(t);
  const Millis asked = t.time() - t.maintenance;
  figures.connected = share(t.up, t.up + t.down);
  figures.device = share(t.up, t.up + t.down - t.down_others());
  figures.coverage = share(t.up + t.down, asked);
  figures.low = share(t.up, asked);
  figures.high = share(t.up + t.unknown, asked);
  figures.printable = figures.coverage && figures.coverage->floor_1e4 >= kMinCoverage;
  if (t.unknown > 0 || t.blips > 0) {
    for (auto* figure : {&figures.connected, &figures.device, &figures.low}) {
      if (*figure && (*figure)->floor_1e4 == 10'000) (*figure)->floor_1e4 = 9'999;
    }
  }
  return figures;
}

std::optional<Figure> connected_without(Cause cause, const Totals& totals) {
  const Millis lost = cause == Cause::upstream           ? totals.down_upstream
                      : cause == Cause::mains            ? totals.down_mains
                      : cause == Cause::monitoring_point ? totals.down_monitoring_point
                                                         : 0;
  auto figure = share(totals.up, totals.up + totals.down - lost);
  if (figure && figure->floor_1e4 == 10'000 && (totals.unknown > 0 || totals.blips > 0))
    figure->floor_1e4 = 9'999;
  return figure;
}

Availability availability(const AvailabilityInput& input, Period period, Millis now, const Zone& zone) {
  Sweep sweep(input, period, now, zone);
  Tally tally(now);
  const DatedTerms* terms = nullptr;
  for (Piece piece; sweep.next(piece);) {
    tally.add(piece);
    if (sweep.terms() == terms || piece.value == Class::not_enrolled || piece.period.from >= now) continue;
    terms = sweep.terms();
    tally.hours(terms->terms.hours.weekly_minutes());
  }
  return summarise(until(period, now), tally.totals());
}

Availability corrected(const AvailabilityInput& input, Period period, Millis now, const Zone& zone) {
  Sweep sweep(input, period, now, zone, true);
  Tally tally(now);
  for (Piece piece; sweep.next(piece);) tally.add(piece);
  return summarise(until(period, now), tally.totals());
}

std::vector<Maintenance> concerning(const std::vector<ScopedMaintenance>& windows, std::string_view device,
                                    const std::vector<DatedTerms>& terms) {
  std::vector<Maintenance> all;
  for (const auto& [scope, maintenance] : windows) {
    if (scope == "*" || scope == device) {
      all.push_back(maintenance);
      continue;
    }
    if (!scope.starts_with("place/")) continue;
    for (auto first = terms.begin(); first != terms.end();) {
      const auto& place = first->terms.place;  // for as long as nothing but other things about it changes
      const auto after =
          std::find_if(first, terms.end(), [&](const DatedTerms& t) { return t.terms.place != place; });
      Maintenance part = maintenance;
      part.period.from = std::max(part.period.from, first->from);
      if (after != terms.end()) part.period.to = std::min(part.period.to, after->from);
      if (scope.substr(6) == place && part.period.length() > 0) all.push_back(part);
      first = after;
    }
  }
  return all;
}

std::vector<ClassSpan> classes(const AvailabilityInput& input, Period period, Millis now, const Zone& zone) {
  const bool unstable = availability(input, period, now, zone).totals.unstable;
  const Period past = until(period, now);
  Sweep sweep(input, past, past.to, zone);
  std::vector<ClassSpan> spans;
  for (Piece piece; sweep.next(piece);) append(spans, piece, unstable);
  return spans;
}

}  // namespace commune_watch
