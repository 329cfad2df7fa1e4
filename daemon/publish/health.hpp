// How the gateway itself is doing: figures about our own processes, never about a device.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "domain/clock.hpp"

namespace commune_watch::publish {

// Counters count from the start of the run.
struct Health {
  Millis uptime = 0;
  std::string version;
  std::int64_t devices = 0;
  std::uint64_t questions = 0, readings = 0, overruns = 0;  // overruns: verdicts that expired unasked
  std::int64_t open_questions = 0;
  std::uint64_t prober_restarts = 0;
  std::int64_t loop_lag_us = 0;  // worst of the last minute
  std::uint64_t records = 0;     // in the log
  std::int64_t database_bytes = 0, wal_bytes = 0, uncommitted = 0;
  std::int64_t resident_bytes = 0;  // gateway and prober, sum of PSS
  Millis clock_error = 0;           // how far the wall clock may be off
  bool clock_trusted = false;
  // of MqttPublisher::health()
  bool mqtt_connected = false;
  std::uint64_t outbox_depth = 0;  // records not yet acknowledged
  std::uint64_t mqtt_acknowledged = 0, mqtt_refused = 0, mqtt_connections = 0, mqtt_replaced = 0;
};

// Every figure once, by name: what MQTT's metrics and Prometheus both walk.
struct HealthRow {
  std::string_view name, help;
  bool counter = false;
  std::int64_t (*value)(const Health& health) = nullptr;
};
std::span<const HealthRow> health_rows();

}  // namespace commune_watch::publish
