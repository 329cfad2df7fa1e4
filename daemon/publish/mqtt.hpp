// Publishes the log and the current facts to one MQTT broker: the durable log is the outbox, a cursor says
// how far it is acknowledged.
//
// Everything here is called on the gateway's loop and never waits. A thread of the publisher's own talks to
// Paho with bounded waits; should Paho hang inside a call, that thread is given up and a new one starts
// (tick()).
//
// Order: on every connection first status, then the snapshot of retained facts, then events from the cursor
// on, in the log's order. The cursor moves over the contiguous prefix of records whose PUBACK carried a good
// reason code, nothing else moves it. A refused event (0x87 not authorized, 0x97 quota exceeded …) raises the
// alarm and is asked again with back-off; nothing behind it is sent before it is accepted. Up to `window` - 1
// events behind it may have been in flight already; receivers order by `seq` and drop repeats by `event`.
// MQTT 3.1.1 has no reason codes: there a PUBACK is all the word there is.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "domain/log.hpp"
#include "publish/topics.hpp"

namespace commune_watch::publish {

struct MqttOptions {
  std::string url;  // mqtt://host:port or mqtts://host:port
  std::string client_id;
  std::string username, password;  // empty user name: none sent. The password goes to Paho and nowhere else
  std::string ca_file;             // mqtts: PEM of the authorities to trust; empty: the system's
  Names names;
  Running running;
  std::function<Millis()> clock;  // milliseconds that only grow; asked from any thread
  Millis keep_alive = 30'000;
  int window = 20;            // messages in flight; also kept below the server's Receive Maximum
  int events_per_second = 0;  // 0: as fast as the broker acknowledges
  // Waits, so that tests need not wait long.
  Millis connect_limit = 15'000;
  Millis stall = 45'000;  // messages in flight but nothing acknowledged: the client is replaced
  Millis stuck = 60'000;  // the thread inside one call of Paho: given up
  Millis retry_first = 1'000, retry_most = 60'000;  // reconnecting and refused messages; with jitter
  Millis retry_login = 60'000;                      // after a refused login, at least
  Millis retry_v5 =
      3'600'000;  // a broker that only took 3.1.1 is asked for v5 again at the first connection after that
  Millis stop_limit = 2'000;
};

enum class Level : std::uint8_t { info, warning, error };

// Called on the loop, save post.
struct MqttHooks {
  std::function<void(std::function<void()>)>
      post;  // from any thread: run this on the loop, later, never at once
  struct Now {
    Moment at;
    std::optional<Millis> utc;
  };
  std::function<Now()> now;
  // UTC of a moment that a record of the moment `recorded` names: the same each time that it is told.
  std::function<std::optional<Millis>(Moment at, Moment recorded)> utc;
  std::function<std::vector<Message>()> snapshot;  // every retained fact that holds now, save status
  std::function<void(Seq next)> on_acknowledged;   // all records below `next` are; store it as the cursor
  std::function<void(std::string topic)> on_forgotten;  // the broker has cleared it
  std::function<void(std::string text)> on_alarm;       // what a person must see to; empty: it is over
  std::function<void(Level, std::string text)> say;
};

struct MqttHealth {
  bool connected = false;
  int version = 0;             // 5 or 4 (3.1.1) of the present or last connection; 0: never connected
  Seq acknowledged = 0;        // the cursor
  std::uint64_t messages = 0;  // acknowledged ones, retained facts included
  std::uint64_t refused = 0, connections = 0, attempts = 0;
  std::uint64_t replaced = 0;  // stalled clients and given-up threads
  std::uint64_t dropped = 0;   // QoS 0 messages that found no connection
};

class MqttPublisher {
 public:
  // `log` outlives the publisher. `cursor`: the first record that was never acknowledged.
  MqttPublisher(MqttOptions options, MqttHooks hooks, Log& log, Seq cursor);
  // Without stop(): says offline/lost and nothing else. Waits, at most `stop_limit` and a little.
  ~MqttPublisher();
  MqttPublisher(const MqttPublisher&) = delete;
  MqttPublisher& operator=(const MqttPublisher&) = delete;

  void start();
  // What the log has is sent as far as it goes, then offline/shutdown, then a clean disconnect: within
  // `stop_limit`, or abandoned. `done` runs on the loop; hooks may still be called until then. Keep calling
  // tick(): it sees to it when the thread hangs.
  void stop(std::function<void()> done);

  void pump();                // the log grew
  void tick();                // about once a second: looks after the thread
  void set(Message message);  // a retained fact changed; the newest of a topic is sent. Without connection:
                              // the next snapshot has it
  void forget(std::string topic);  // clears a retained topic, now or when there is a connection
  void send(Message message);      // QoS 0, dropped without connection: metrics

  [[nodiscard]] MqttHealth health() const;

 private:
  struct Loop;
  std::shared_ptr<Loop> loop_;
};

}  // namespace commune_watch::publish
