// The topics and payloads of MQTT, as pure functions: facts in, messages out (DESIGN §5; docs/mqtt-topics.md
// shows each).
//
// Payloads are one line of JSON with a fixed key order. Instants stand twice: UTC ISO-8601 with milliseconds,
// and integer milliseconds (`…_ms`). Durations and totals are integer milliseconds; shares are floored text
// ("99.28"), never binary fractions. Ids are ASCII; names, which are not, stand in payloads only. `v` is the
// version of the payload: keys may be added within one.
#pragma once
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/availability.hpp"
#include "domain/ledger.hpp"
#include "domain/log.hpp"
#include "domain/result.hpp"
#include "publish/health.hpp"

namespace commune_watch::publish {

inline constexpr std::string_view kRoot = "commune-watch/v1";
inline constexpr std::string_view kSimulatedNote = "DỮ LIỆU MÔ PHỎNG – KHÔNG CÓ GIÁ TRỊ";

struct Message {
  std::string topic;
  std::string payload;  // empty and retained: the topic is cleared
  bool retained = false;
  int qos = 1;
  friend bool operator==(const Message&, const Message&) = default;
};

// Who publishes. Part of every topic or payload.
struct Names {
  std::string commune, gateway;  // ids of the configuration
  std::string epoch;             // Log::epoch(): tells this log from one that began anew
  bool simulated = false;        // every payload then says so, with kSimulatedNote
  std::vector<Epoch> epochs;     // Log::epochs(): begun by restores since
};

// The run that speaks; given once.
struct Running {
  std::string boot;       // Clock::boot_uuid()
  std::uint32_t run = 0;  // Run::id
  std::string version;
};

enum class Presence : std::uint8_t {
  start,
  reconnected,
  shutdown,
  lost
};  // the first two are online, the others offline

// …/status, retained. `at` is absent for a will: nobody knows when it will be said.
Message status(const Names& names, const Running& running, Presence presence, std::optional<Millis> at);

// What is configured and known of a device; empty text is left out.
struct DeviceMeta {
  std::string id, name;
  Kind kind = Kind::camera;
  std::string place, place_name, hamlet, hamlet_name;
  std::string parent, contractor, driver, model;
  std::string point, key;  // monitoring point and the key there
  std::optional<Identity> identity;
};
Message meta(const Names& names, const DeviceMeta& device);

// How a device stands now. The caller maps moments to UTC; what cannot be mapped stays absent.
struct DeviceFacts {
  std::string id;
  Live live;                      // Ledger::live()
  std::string root;               // configuration id of live.standing.root, or empty
  std::string words;              // the device's own, of the check that decided
  std::optional<Millis> since;    // of live.since
  std::optional<Millis> checked;  // of live.checked
  std::optional<Millis> valid_until;
  std::optional<Maintenance>
      maintenance;  // in force now: people read "maintenance", what was observed stands beside it
  Seq seq = 0;      // of the device's last change record
};
Message state(const Names& names, const DeviceFacts& device);

// "up" "down" "unknown" "maintenance" as published, and what people read ("hoạt động (có cảnh báo)").
std::string_view state_code(const DeviceFacts& device);
std::string_view state_name(const DeviceFacts& device, Language language);

enum class Window : std::uint8_t { day, month };
// The figure of a local day or month. `final` once the period is over and will not change any more.
// Below the coverage that rule A1 asks for, the shares are null and `printable` is false: the bounds speak.
// `corrected` stands beside it, where somebody corrected it or declared maintenance late.
Message availability(const Names& names, std::string_view device, Window window, const Availability& figure,
                     bool final, const std::optional<Availability>& corrected = std::nullopt);

struct KindCount {
  Kind kind = Kind::camera;
  int total = 0, up = 0, warning = 0, down = 0, unknown = 0, maintenance = 0;  // `warning` is part of `up`
};
struct Summary {
  Millis at = 0;  // UTC
  std::vector<KindCount> kinds;
  int open_incidents = 0;
  bool blind = false;                         // the gateway itself cannot see
  std::map<std::string, std::string> alarms;  // of the gateway's own health, by what they are about
};
Message summary(const Names& names, const Summary& facts);

// …/checkpoint, retained: the newest signed checkpoint of the log with its cosignatures (docs/evidence.md
// §3). A copy that nobody at the gateway can take back.
Message checkpoint(const Names& names, std::uint64_t size, std::string_view note);

// …/dev/{id}/event of a change, blip or incident; an incident without a device (mains) goes to
// …/place/{place}/event. Nothing for other kinds of records. `historical`: older than the connection it is
// sent on. A record that cannot be read is a Failure: a bug or damage, never silently skipped.
using ToUtc = std::function<std::optional<Millis>(Moment)>;
Result<std::optional<Message>> event(const Names& names, const Record& record, const ToUtc& utc,
                                     bool historical);
std::string event_id(const Names& names, Seq seq);  // {gateway}-{epoch}-{seq}, the epoch of that record

// …/metrics, QoS 0, about once a minute.
Message metrics(const Names& names, const Health& health, Millis at);

// Clears a retained topic.
Message cleared(std::string topic);
// Topics of one device that are retained: what to clear when it is retired.
std::vector<std::string> retained_topics(const Names& names, std::string_view device);

}  // namespace commune_watch::publish
