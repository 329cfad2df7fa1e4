// One connection to a broker through Paho MQTT C++: made, used once and thrown away; what Paho says arrives
// as values.
//
// Called by the publisher's thread only. Any call may block inside Paho (its one global mutex is held over
// name resolution): that is why nobody else calls. Paho's callbacks only put a value into the inbox.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "publish/mqtt.hpp"

namespace commune_watch::publish {

// What Paho told about one connection.
struct Told {
  enum class What : std::uint8_t { connected, connect_failed, acknowledged, refused, lost };
  What what = What::lost;
  std::uint64_t message = 0;    // as given to publish()
  int code = 0;                 // MQTT reason code, or Paho's return code where negative
  int receive_maximum = 65535;  // connected: the server's
  std::string text;             // Paho's words; of connect_failed: ask connect_words()
};

struct ConnectParameters {
  std::string url, client_id, username, password, ca_file;
  int version = 5;  // 5, or 4 for 3.1.1
  Millis keep_alive = 30'000, limit = 15'000;
  Message will;
};

class MqttClient {
 public:
  // `tell` is called on Paho's threads and while this is destroyed.
  MqttClient(const ConnectParameters& parameters, std::function<void(Told)> tell);
  ~MqttClient();  // a clean end: DISCONNECT is sent where there is a connection, and the broker forgets the
                  // will
  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;

  // Each says false when Paho would not even take it.
  bool connect();
  std::string connect_words();                             // why connecting failed, once that was told
  bool publish(const Message& message, std::uint64_t id);  // QoS 0 is never told about
  // Never a clean end: the connection is left to end with the process, and the broker says the will. (The C++
  // library of Debian 12 cannot send DISCONNECT 0x04: it leaves struct_version of the C options at 0.)
  static void leave(std::unique_ptr<MqttClient> client);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace commune_watch::publish
