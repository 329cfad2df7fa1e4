// What time it is, by the keeper's books: who vouches for the wall clock, what the battery clock is worth,
// and a person's word.
#include <algorithm>
#include <cstdlib>

#include "domain/entry.hpp"
#include "domain/period.hpp"
#include "gateway_keeper.hpp"

namespace commune_watch {
namespace {
constexpr const char* kBatteryKey = "battery-agreed";
constexpr std::string_view kUnsureClock =
    "CHƯA BIẾT GIỜ ĐÚNG: kết quả từ khi bật máy chưa được tính; hãy nối Internet (NTP) hoặc chạy "
    "`commune-watch clock` / the time is not known: what was seen since the machine started counts for "
    "nothing "
    "until NTP answers or somebody says what time it is";
}  // namespace

std::optional<Millis> Keeper::trusted_utc() {
  if (!clock_trusted()) return std::nullopt;
  return house_.utc_now();
}

void Keeper::observe_clock(bool first) {
  const bool set = house_.clock.was_set();
  const Anchor now = house_.look();
  if (first) {
    clock_watch_.begin(now);
    return consult_battery();
  }
  const auto noticed = clock_watch_.look(now, set);
  if (noticed.stepped)
    house_.diagnostics.say(Severity::warning, "the wall clock was set; durations are not affected");
  for (const auto& anchor : noticed.anchors) house_.store->append(now.at, std::nullopt, AnchorEntry{anchor});
  if (!noticed.anchors.empty()) {
    consult_battery();
    commit_soon();
  }
  const bool unsure = !clock_trusted() && now.at.bt - house_.started.bt > kClockPatience;
  house_.alarm("clock", unsure ? std::string(kUnsureClock) : "");
}

// While somebody vouches for the wall clock it is remembered whether the battery clock agrees; where nobody
// has in this boot, a battery clock that did speaks.
void Keeper::consult_battery() {
  const auto says = house_.clock.battery();
  if (!says) return;
  const Anchor wall = house_.look();
  if (is_trusted(wall.source)) return compare_battery(*says, wall.utc);
  const auto& map = house_.store->clock_map();
  const auto source = map.source(house_.boot);
  if (source && rank(*source) > rank(AnchorSource::rtc)) return;
  BatteryWord word{.at = house_.now(), .utc = *says};
  if (const auto kept = house_.store->meta(kBatteryKey); kept && !kept->empty())
    word.agreed = std::strtoll(kept->c_str(), nullptr, 10);
  for (const auto& run : house_.store->runs())
    if (map.trusted(run.from.boot)) word.newest = std::max(word.newest, *map.utc(run.alive));
  if (const auto anchor = believe(word)) house_.store->anchor(*anchor);
}

Result<void> Keeper::say_time(std::optional<Millis> utc, const std::string& by) {
  constexpr Millis kError = 5'000;  // a person compares with a watch
  constexpr Millis kFar = 30LL * 366 * 86'400'000;
  const auto& map = house_.store->clock_map();
  const Anchor wall = house_.look();
  const auto source = map.source(house_.boot);
  if (source && rank(*source) > rank(AnchorSource::operator_word))
    return fail("NTP đã cho biết giờ, không cần ai xác nhận / NTP has told the time: nobody needs to");
  Anchor said{
      .at = wall.at, .utc = utc.value_or(wall.utc), .error = kError, .source = AnchorSource::operator_word};
  if (said.utc < kProgramBorn || said.utc > kProgramBorn + kFar)
    return fail("giờ này không thể đúng / this cannot be the time: " + utc_text(said.utc));
  // When this boot's first run would have begun, against the end of all that is sure before it.
  Millis first = said.at.bt;
  std::optional<Millis> seen;
  for (const auto& run : house_.store->runs()) {
    if (run.from.boot == house_.boot)
      first = std::min(first, run.from.bt);
    else if (map.trusted(run.from.boot))
      seen = std::max(seen.value_or(INT64_MIN), *map.utc(run.alive));
  }
  if (seen && said.utc - (said.at.bt - first) < *seen - kError)
    return fail("sổ theo dõi đã ghi đến " + local_text(*seen, house_.settings->commune.zone) +
                " trước lần bật máy này / this machine was started after the log had already seen " +
                utc_text(*seen));
  house_.store->append(said.at, std::nullopt, AnchorEntry{said, by});
  if (const auto battery = house_.clock.battery()) compare_battery(*battery, said.utc);
  if (!commit()) return fail("không ghi được sổ / the log cannot be written");
  house_.diagnostics.say(Severity::info, "time given by " + by + ": " + utc_text(said.utc));
  return {};
}

void Keeper::compare_battery(Millis says, Millis utc) {
  const bool agrees = std::abs(says - utc) <= kBatterySlack;
  house_.store->put_meta(kBatteryKey, agrees ? std::to_string(utc) : "");
}

}  // namespace commune_watch
