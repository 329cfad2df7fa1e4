// The one list of the gateway's own figures; see health.hpp.
#include "publish/health.hpp"

namespace commune_watch::publish {
namespace {

using H = const Health&;

template <class T>
std::int64_t whole(T value) {
  return static_cast<std::int64_t>(value);
}

}  // namespace

std::span<const HealthRow> health_rows() {
  static constexpr HealthRow kRows[] = {
      {"uptime_milliseconds", "Running time of this run", false, [](H h) { return h.uptime; }},
      {"devices", "Watched devices and monitoring points", false, [](H h) { return h.devices; }},
      {"questions_total", "Questions put to the prober", true, [](H h) { return whole(h.questions); }},
      {"readings_total", "Readings that came back", true, [](H h) { return whole(h.readings); }},
      {"overruns_total", "Verdicts that expired before the next reading", true,
       [](H h) { return whole(h.overruns); }},
      {"open_questions", "Questions not yet answered", false, [](H h) { return h.open_questions; }},
      {"prober_restarts_total", "Times the prober had to be started again", true,
       [](H h) { return whole(h.prober_restarts); }},
      {"loop_lag_microseconds", "Worst lag of the gateway's loop in the last minute", false,
       [](H h) { return h.loop_lag_us; }},
      {"log_records", "Records in the log", false, [](H h) { return whole(h.records); }},
      {"database_bytes", "Size of the database file", false, [](H h) { return h.database_bytes; }},
      {"wal_bytes", "Size of the write-ahead log", false, [](H h) { return h.wal_bytes; }},
      {"uncommitted_records", "Records that wait to become durable", false,
       [](H h) { return h.uncommitted; }},
      {"resident_bytes", "Memory of gateway and prober, proportional set size", false,
       [](H h) { return h.resident_bytes; }},
      {"clock_error_milliseconds", "How far the wall clock may be off", false,
       [](H h) { return h.clock_error; }},
      {"clock_trusted", "1 while the wall clock is believed", false,
       [](H h) { return whole(h.clock_trusted); }},
      {"mqtt_connected", "1 while connected to the broker", false,
       [](H h) { return whole(h.mqtt_connected); }},
      {"outbox_depth", "Records of the log that the broker has not acknowledged", false,
       [](H h) { return whole(h.outbox_depth); }},
      {"mqtt_acknowledged_total", "Messages that the broker acknowledged", true,
       [](H h) { return whole(h.mqtt_acknowledged); }},
      {"mqtt_refused_total", "Messages that the broker refused", true,
       [](H h) { return whole(h.mqtt_refused); }},
      {"mqtt_connections_total", "Connections to the broker that were accepted", true,
       [](H h) { return whole(h.mqtt_connections); }},
      {"mqtt_replaced_total", "Stalled MQTT clients that were replaced", true,
       [](H h) { return whole(h.mqtt_replaced); }},
  };
  return kRows;
}

}  // namespace commune_watch::publish
