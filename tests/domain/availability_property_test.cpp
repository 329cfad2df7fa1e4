// What holds for every record of a device or place, whatever happened to it.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "domain/recording.hpp"
#include "tests/domain/worlds.hpp"

namespace commune_watch {

void showValue(const Totals& t, std::ostream& out) {  // NOLINT: rapidcheck's name
  out << "U " << t.up << " D " << t.down << " M " << t.maintenance << " N " << t.unknown << " up "
      << t.down_upstream << " mains " << t.down_mains << " point " << t.down_monitoring_point << " B "
      << t.blips << (t.unstable ? "!" : "") << " outages " << t.outages << " blips " << t.blip_count
      << " longest " << t.longest << " service " << t.service << " week " << t.weekly_minutes;
}

namespace {

using worlds::World;

Availability figures(const AvailabilityInput& device, const World& world) {
  return availability(device, world.period, world.now, world.zone());
}

Totals without_week(Totals totals) {
  totals.weekly_minutes = 0;
  return totals;
}

// Sum of the spans, and nothing missing between them.
void check_spans(const std::vector<ClassSpan>& spans, const World& world, const Totals& totals) {
  Totals sum;
  Millis at = world.period.from;
  for (const ClassSpan& span : spans) {
    RC_ASSERT(span.period.from == at);
    RC_ASSERT(span.period.to > at);
    at = span.period.to;
    if (span.value == Class::up) sum.up += span.period.length();
    if (span.value == Class::down) sum.down += span.period.length();
    if (span.value == Class::maintenance) sum.maintenance += span.period.length();
    if (span.value == Class::unknown) sum.unknown += span.period.length();
  }
  RC_ASSERT(at == std::max(world.period.from, std::min(world.period.to, world.now)));
  RC_ASSERT(sum.up == totals.up);
  RC_ASSERT(sum.down == totals.down);
  RC_ASSERT(sum.maintenance == totals.maintenance);
  RC_ASSERT(sum.unknown == totals.unknown);
}

void check_sane(const Availability& a) {
  const Totals& t = a.totals;
  RC_ASSERT(t.up >= 0 && t.down >= 0 && t.maintenance >= 0 && t.unknown >= 0 && t.blips >= 0);
  RC_ASSERT(t.time() <= a.period.length());
  RC_ASSERT(t.down_upstream >= 0 && t.down_mains >= 0 && t.down_monitoring_point >= 0 &&
            t.down_others() <= t.down);
  RC_ASSERT(t.longest <= t.down && (t.outages > 0) == (t.longest > 0));
  for (const auto& figure : {a.connected, a.device, a.coverage, a.low, a.high}) {
    if (figure) RC_ASSERT(figure->floor_1e4 >= 0 && figure->floor_1e4 <= 10'000);
  }
  RC_ASSERT(a.low.has_value() == a.high.has_value());
  if (a.low) RC_ASSERT(*a.low <= *a.high);
  if (a.low && a.connected) RC_ASSERT(*a.low <= *a.connected);
  if (a.connected && a.device) RC_ASSERT(*a.connected <= *a.device);
  if (a.connected && !a.device) RC_ASSERT(t.up == 0 && t.down == t.down_others());
  if (a.connected == Figure{10'000}) RC_ASSERT(t.down == 0 && t.unknown == 0 && t.blips == 0);
  if (a.device == Figure{10'000}) RC_ASSERT(t.down == t.down_others() && t.unknown == 0 && t.blips == 0);
}

RC_GTEST_PROP(AvailabilityLaw, ASlowCountOfSecondsAgrees, ()) {
  const World world = worlds::world();
  const auto device = worlds::device(world, false);
  const Availability a = figures(device, world);
  const Totals counted =
      worlds::counted(world, [&](Millis t) { return worlds::second_of(device, world, t); });
  RC_ASSERT(without_week(a.totals) == without_week(counted));
  check_sane(a);
}

RC_GTEST_PROP(AvailabilityLaw, WhatWasRecordedIsTheSlowCountOfSecondsAndAddsUpToT, ()) {
  const World world = worlds::world();
  const auto device = worlds::device(world, false);
  const Recording told = recording(device, world.period, world.now, world.zone());
  Millis counted[3]{};
  for (Millis t = world.period.from; t < std::min(world.period.to, world.now); t += worlds::kSecond) {
    const worlds::Second s = worlds::second_of(device, world, t);
    if (s.value >= Class::maintenance) counted[static_cast<int>(s.recorded)] += worlds::kSecond;
  }
  RC_ASSERT(told.recorded == counted[static_cast<int>(Recorded::yes)]);
  RC_ASSERT(told.not_recorded == counted[static_cast<int>(Recorded::no)]);
  RC_ASSERT(told.unknown == counted[static_cast<int>(Recorded::unknown)]);
  RC_ASSERT(told.time() == figures(device, world).totals.time());
  RC_ASSERT(told.share.has_value() == (told.recorded + told.not_recorded > 0));
  if (told.share) RC_ASSERT(*told.share <= *told.high);
  if (told.share == Figure{10'000}) RC_ASSERT(told.recorded == told.time());
  if (told.printable) RC_ASSERT(told.high->floor_1e4 - told.share->floor_1e4 <= 10'000 - kMinCoverage + 1);
}

RC_GTEST_PROP(AvailabilityLaw, ClassesAreTheSecondsAndAddUp, ()) {
  const World world = worlds::world();
  const auto device = worlds::device(world, false);
  const auto spans = classes(device, world.period, world.now, world.zone());
  const Totals totals = figures(device, world).totals;
  check_spans(spans, world, totals);
  for (const ClassSpan& span : spans) {
    for (Millis t = span.period.from; t < span.period.to; t += worlds::kSecond) {
      worlds::Second s = worlds::second_of(device, world, t);
      if (totals.unstable && s.blip)
        s.value = Class::down, s.cause = Cause::device, s.reason = reason_id("unstable");
      RC_ASSERT(span.value == s.value);
      RC_ASSERT(span.cause == s.cause);
      RC_ASSERT(span.reason == s.reason);
    }
  }
}

RC_GTEST_PROP(AvailabilityLaw, APlaceIsTheSlowCountOfItsDevices, ()) {
  const World world = worlds::world();
  std::vector<AvailabilityInput> devices;
  for (int n = worlds::pick(0, 4); n > 0; --n) devices.push_back(worlds::device(world, false));
  const Cover cover = worlds::coin(2) ? Cover::any : Cover::all;
  const auto a = place_availability(devices, cover, world.period, world.now, world.zone());
  const Totals counted =
      worlds::counted(world, [&](Millis t) { return worlds::second_of(devices, cover, world, t); });
  // How many outages there were is a matter of which device one looks at; how long they were is not.
  Totals mine = without_week(a.totals), theirs = without_week(counted);
  mine.outages = theirs.outages = 0;
  mine.longest = theirs.longest = 0;
  RC_ASSERT(mine == theirs);
  check_sane(a);
  check_spans(place_classes(devices, cover, world.period, world.now, world.zone()), world, a.totals);
}

RC_GTEST_PROP(AvailabilityLaw, APlaceWithOneDeviceIsThatDeviceWhileItIsThere, ()) {
  const World world = worlds::world();
  auto device = worlds::device(world, false);
  for (auto& dated : device.terms) dated.terms.enrolled = true;
  const Cover cover = worlds::coin(2) ? Cover::any : Cover::all;
  RC_ASSERT(place_availability({device}, cover, world.period, world.now, world.zone()).totals ==
            figures(device, world).totals);
}

RC_GTEST_PROP(AvailabilityLaw, PartsOfAPeriodAddUpToTheWhole, ()) {
  const World world = worlds::world();
  const auto device = worlds::device(world, false);
  Totals sum;
  sum.weekly_minutes = 10'080;
  for (Millis from = world.period.from; from < world.period.to;) {
    const Period part{from, std::min(world.period.to, from + worlds::seconds(1, 9'000))};
    sum += availability(device, part, world.now, world.zone()).totals;
    from = part.to;
  }
  const Availability whole = figures(device, world);
  const Availability added = summarise(whole.period, sum);
  Totals a = added.totals, b = whole.totals;
  RC_ASSERT(a.outages >= b.outages);  // one that is cut counts in both parts
  a.outages = b.outages;
  a.blip_count = b.blip_count;
  a.longest = b.longest;
  RC_ASSERT(a == b);
  RC_ASSERT(added.connected == whole.connected);
  RC_ASSERT(added.low == whole.low);
}

RC_GTEST_PROP(AvailabilityLaw, TheOrderOfListsDoesNotMatter, ()) {
  const World world = worlds::world();
  auto device = worlds::device(world, false);
  const Totals before = figures(device, world).totals;
  const auto by = worlds::pick(0, 8);
  if (!device.blips.empty())
    std::rotate(device.blips.begin(), device.blips.begin() + by % static_cast<int>(device.blips.size()),
                device.blips.end());
  std::reverse(device.maintenance.begin(), device.maintenance.end());
  for (auto& dated : device.terms) {
    std::reverse(dated.terms.hours.weekly.begin(), dated.terms.hours.weekly.end());
    std::reverse(dated.terms.hours.closed.begin(), dated.terms.hours.closed.end());
  }
  RC_ASSERT(figures(device, world).totals == before);
}

RC_GTEST_PROP(AvailabilityLaw, SpansInPiecesCountAsWhole, ()) {
  const World world = worlds::world();
  auto device = worlds::device(world, false);
  const Totals before = figures(device, world).totals;
  std::vector<Span> pieces;
  for (const Span& span : device.spans) {
    for (Millis from = span.period.from; from < span.period.to;) {
      Span piece = span;
      piece.period = {from, std::min(span.period.to, from + worlds::seconds(1, 2'000))};
      from = piece.period.to;
      pieces.push_back(piece);
    }
  }
  device.spans = pieces;
  RC_ASSERT(figures(device, world).totals == before);
}

RC_GTEST_PROP(AvailabilityLaw, MakingADeviceBetterNeverLowersAFigure, ()) {
  const World world = worlds::world();
  auto device = worlds::device(world, true);
  const Availability before = figures(device, world);
  const auto which = static_cast<std::size_t>(worlds::pick(0, static_cast<int>(device.spans.size())));
  Span& better = device.spans[which];
  better = Span{.period = better.period, .state = State::up, .cause = Cause::none};
  if (worlds::coin(2)) device.blips.clear();
  const Availability after = figures(device, world);
  const auto not_lower = [](const std::optional<Figure>& a, const std::optional<Figure>& b) {
    if (a && b) RC_ASSERT(*b >= *a);
    if (a) RC_ASSERT(b.has_value());
  };
  not_lower(before.connected, after.connected);
  not_lower(before.device, after.device);
  not_lower(before.coverage, after.coverage);
  not_lower(before.low, after.low);
  not_lower(before.high, after.high);
  if (judge(before, 9'500) == Verdict::met) RC_ASSERT(judge(after, 9'500) == Verdict::met);
  if (judge(after, 9'500) == Verdict::not_met) RC_ASSERT(judge(before, 9'500) == Verdict::not_met);
}

RC_GTEST_PROP(AvailabilityLaw, AVerdictHoldsWhateverTheUnknownTimeWas, ()) {
  const World world = worlds::world();
  auto device = worlds::device(world, true);
  const auto threshold = worlds::pick(0, 10'001);
  const Verdict verdict = judge(figures(device, world), threshold);
  // Reveal what nobody saw: all of it down, or all of it up.
  const State truth = worlds::coin(2) ? State::up : State::down;
  std::vector<Span> spans;
  Millis at = world.period.from;
  const auto reveal = [&](Millis to) {
    if (to > at)
      spans.push_back(
          {.period = {at, to}, .state = truth, .cause = truth == State::up ? Cause::none : Cause::device});
  };
  for (Span span : device.spans) {
    reveal(span.period.from);
    if (span.state == State::unknown)
      span.state = truth, span.cause = truth == State::up ? Cause::none : Cause::device;
    spans.push_back(span);
    at = std::max(at, span.period.to);
  }
  reveal(world.period.to);
  device.spans = spans;
  const Verdict known = judge(figures(device, world), threshold);
  if (verdict == Verdict::met) RC_ASSERT(known != Verdict::not_met);
  if (verdict == Verdict::not_met) RC_ASSERT(known == Verdict::not_met);
}

}  // namespace
}  // namespace commune_watch
