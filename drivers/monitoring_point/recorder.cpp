// Sightings of a recorder's channels.
#include "drivers/monitoring_point/recorder.hpp"

#include <algorithm>

#include "drivers/http_answer.hpp"

namespace commune_watch {
namespace {

constexpr Millis kClockWrong = 60'000;

Sighting sighting_of(const RecorderChannel& channel, const std::string& key,
                     std::int64_t min_retention_days) {
  Sighting sighting{.key = key, .checks = {}, .facts = {}, .address = clean_words(channel.address)};
  Check check = good(Rung::connected, 0);
  if (!channel.online) {
    check = bad(Rung::connected, reason_id("monitoring-point-silent"), channel.words, 0);
  } else if (!*channel.online) {
    check =
        bad(Rung::connected, channel.why != ReasonId::none ? channel.why : reason_id("offline-on-monitor"),
            channel.words, 0);
  } else if (channel.recording && !*channel.recording) {
    check.reason = reason_id("not-recording");
  } else if (channel.recorded_days && *channel.recorded_days < min_retention_days) {
    check.reason = reason_id("short-retention");
    check.words = std::to_string(*channel.recorded_days) + " / " + std::to_string(min_retention_days);
  }
  sighting.checks.push_back(std::move(check));
  if (channel.recording) sighting.facts.push_back({FactId::recording, *channel.recording ? 1 : 0});
  if (channel.recorded_ago_s) sighting.facts.push_back({FactId::recorded_ago_s, *channel.recorded_ago_s});
  if (channel.recorded_days) sighting.facts.push_back({FactId::recorded_days, *channel.recorded_days});
  sighting.facts.insert(sighting.facts.end(), channel.picture.begin(), channel.picture.end());
  return sighting;
}

}  // namespace

std::vector<Sighting> sightings(const std::vector<RecorderChannel>& channels,
                                const std::vector<std::string>& bound_keys, std::int64_t min_retention_days) {
  std::vector<Sighting> all;
  const auto is_channel = [&](const std::string& key) {
    return std::ranges::find(channels, key, &RecorderChannel::key) != channels.end();
  };
  for (const RecorderChannel& channel : channels)
    if (all.size() < kMaxSightings) all.push_back(sighting_of(channel, channel.key, min_retention_days));
  for (const std::string& key : bound_keys) {
    if (is_channel(key) || all.size() >= kMaxSightings) continue;
    const auto found = std::ranges::find_if(channels, [&](const RecorderChannel& channel) {
      return channel.address == key || channel.serial == key;
    });
    if (found != channels.end()) all.push_back(sighting_of(*found, key, min_retention_days));
  }
  return all;
}

std::optional<Check> page_trouble(const HttpReply& reply, bool has_login, const Question& question) {
  if (auto trouble = login_trouble(Rung::connected, reply, has_login, question)) return trouble;
  const auto because = [&](std::string_view code) {
    return bad(Rung::connected, reason_id(code), "HTTP " + std::to_string(reply.status), reply.took_us);
  };
  if (reply.status == 403) return because("not-permitted");
  if (reply.status == 429) return because("rate-limited");
  if (reply.status >= 500) return because("http-server-error");
  if (reply.status >= 300 && reply.status < 400) return because("redirected");
  if (reply.status != 200) return because("unparsable");
  return std::nullopt;
}

void note_clock(Finding& finding, Millis recorder_utc, Millis gateway_utc) {
  const Millis off = recorder_utc - gateway_utc;
  finding.facts.push_back({FactId::clock_off_ms, off});
  if (off > kClockWrong || off < -kClockWrong) finding.warnings.push_back(reason_id("clock-wrong"));
}

}  // namespace commune_watch
