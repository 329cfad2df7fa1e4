// The nouns of a commune: devices, monitoring points, places and hamlets (DESIGN §1).
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/clock.hpp"

namespace commune_watch {

// A small integer for ever bound to a configuration id (the store's entity table); monitoring points have one
// too.
enum class DeviceId : std::uint32_t {};

enum class Kind : std::uint8_t {
  access_point,
  speaker_cluster,
  camera,
  website,
  uplink,
  network_switch,
  monitoring_point,
};
inline constexpr std::size_t kKinds = 7;

// The ladder of checks, lowest first.
enum class Rung : std::uint8_t { reachable, answering, active, useful, connected, witnessed };
inline constexpr std::size_t kRungs = 6;

enum class PlaceKind : std::uint8_t {
  commune_hq,
  police_post,
  culture_house,
  library,
  health_station,
  school,
  market,
  tourist_spot,
  playground,
  post_office,
  one_stop_office,
  entry_point,
  key_spot,
  community_spot,
  other,
};
inline constexpr std::size_t kPlaceKinds = 15;

// What a place or hamlet has to have, device or not: the denominators (CRITERIA.md).
enum class Must : std::uint8_t { wifi, camera, speaker, website, uplink };
inline constexpr std::size_t kMusts = 5;

// The words of configuration, MQTT and the API ("access-point"), and what people read.
std::string_view code(Kind kind);
std::string_view code(Rung rung);
std::string_view code(PlaceKind kind);
std::string_view code(Must must);
std::optional<Kind> kind_of(std::string_view code);
std::optional<Rung> rung_of(std::string_view code);
std::optional<PlaceKind> place_kind_of(std::string_view code);
std::optional<Must> must_of(std::string_view code);
enum class Language : std::uint8_t { vi, en };
std::string_view name(Kind kind, Language language);
std::string_view name(Rung rung, Language language);
std::string_view name(PlaceKind kind, Language language);

// How often each rung is asked, and how long one question may take.
struct Cadence {
  std::array<Millis, kRungs> interval{60'000, 60'000, 300'000, 300'000, 60'000, 1'800'000};
  Millis limit = 10'000;
  Millis recheck = 20'000;  // between quick rechecks of a provisional failure
  [[nodiscard]] Millis of(Rung rung) const { return interval[static_cast<std::size_t>(rung)]; }
};

// "This device must appear at that monitoring point under this key" (NVR channel, listener name, MAC …).
struct Binding {
  DeviceId point{};
  std::string key;
  friend bool operator==(const Binding&, const Binding&) = default;
};

}  // namespace commune_watch
