// What is asked of the prober and what comes back: the only values that cross the seam between the two
// processes.
//
// A finding says, rung by rung, how far a probe got. The first failing rung is the reason; rungs below it in
// the ladder's order of testing (that is: higher ones) are not-tested, never failed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/clock.hpp"
#include "domain/device.hpp"
#include "domain/reason.hpp"

namespace commune_watch {

enum class Outcome : std::uint8_t { ok, failed, unknown, not_tested };
enum class Path : std::uint8_t { device, monitor, witness };  // who says so
std::string_view code(Outcome outcome);
std::string_view code(Path path);

inline constexpr std::size_t kMaxWords = 256;      // bytes
inline constexpr std::size_t kMaxNote = 8 * 1024;  // bytes
inline constexpr std::size_t kMaxSightings = 4096;

struct Check {
  Rung rung = Rung::reachable;
  Outcome outcome = Outcome::not_tested;
  ReasonId reason = ReasonId::none;  // why failed or unknown; with ok: a warning
  std::string words;         // the device's own, UTF-8, at most kMaxWords bytes, no control characters
  std::int64_t took_us = 0;  // microseconds
  friend bool operator==(const Check&, const Check&) = default;
};

// Measured numbers. Unit and range belong to the fact's name.
enum class FactId : std::uint16_t {
  round_trip_us,
  connect_us,
  status_code,
  body_bytes,
  certificate_days_left,
  rtp_packets,
  rtp_lost,
  rtp_jitter_us,
  frames_per_second_milli,
  kilobits_per_second,
  key_frame_bytes,
  key_frame_after_ms,
  listeners,
  connected_seconds,
  credentialed_requests,
  channels,
  disks,           // that the recorder knows, good and bad
  clock_off_ms,    // of the device's clock: positive is fast
  recording,       // 1, 0
  recorded_ago_s,  // since the end of the newest recording, by the recorder's clock
  recorded_days,
  picture_hash,      // what a picture looked like (domain/scene.hpp)
  picture_print,     // … and which one it was
  picture_infrared,  // 1, 0
};
inline constexpr std::size_t kFacts = 24;
std::string_view code(FactId fact);
std::optional<FactId> fact_of(std::string_view code);

struct Fact {
  FactId what{};
  std::int64_t value = 0;
  friend bool operator==(const Fact&, const Fact&) = default;
};

struct Identity {
  std::string maker, model, serial, mac, firmware, spki_sha256;
  friend bool operator==(const Identity&, const Identity&) = default;
};

// unsettled: it was sent, and the device said neither yes nor no.
enum class LoginUse : std::uint8_t { none, accepted, refused, unsettled };

// What a driver remembers about a device between questions; opaque to everybody else.
struct Note {
  std::uint16_t version = 0;
  std::vector<std::byte> body;  // <= kMaxNote
  friend bool operator==(const Note&, const Note&) = default;
};

// One channel, listener or access point in a monitoring point's answer.
struct Sighting {
  std::string key;
  std::vector<Check> checks;
  std::vector<Fact> facts;
  std::string address{};             // of the device behind it, as the point says; may be empty
  std::vector<ReasonId> warnings{};  // that stand beside the checks
  friend bool operator==(const Sighting&, const Sighting&) = default;
};

struct Finding {
  std::vector<Check> checks;       // ascending by rung, each rung at most once
  std::vector<ReasonId> warnings;  // that stand beside the ladder (certificate-expiring …)
  std::vector<Fact> facts;
  std::optional<Identity> identity;
  LoginUse login = LoginUse::none;
  std::optional<Note> note;  // present only when changed
  std::vector<Sighting> sightings;
  std::string small_picture{};  // JPEG to keep, at most kMaxSmallPicture bytes; never in the log
  bool complete = false;        // a bound key that is missing from `sightings` failed (not-listed)
  friend bool operator==(const Finding&, const Finding&) = default;
};

struct Question {
  std::uint64_t id = 0;
  DeviceId device{};
  Rung depth = Rung::reachable;  // test rungs up to this one
  Millis limit = 10'000;         // whole probe, milliseconds
  bool may_log_in = false;
  std::optional<Note> note;
  std::optional<Millis> utc_now;  // absent while the clock is not trusted
  friend bool operator==(const Question&, const Question&) = default;
};

struct Reading {
  std::uint64_t question = 0;
  DeviceId device{};
  Moment started, ended;
  Rung depth = Rung::reachable;  // as asked
  Finding finding;
  friend bool operator==(const Reading&, const Reading&) = default;
};

// The first check that failed or is unknown, if any.
const Check* first_trouble(const Finding& finding);
// Device text made safe: invalid UTF-8, control and direction characters removed, each run of blanks and line
// ends one space, none at the ends, cut at kMaxWords on a character boundary. Idempotent.
std::string clean_words(std::string_view raw);

}  // namespace commune_watch
