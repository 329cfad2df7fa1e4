// A client of Paho's C library that never connects; see doorbell.hpp.
#include "publish/doorbell.hpp"

#include <MQTTAsync.h>

namespace commune_watch::publish {

Doorbell::Doorbell() {
  MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
  options.sendWhileDisconnected = 1;
  options.allowDisconnectedSendAtAnyTime = 1;
  options.maxBufferedMessages = 1;
  options.deleteOldestMessages = 1;
  if (MQTTAsync_createWithOptions(&client_, "tcp://127.0.0.1:1", "doorbell", MQTTCLIENT_PERSISTENCE_NONE,
                                  nullptr, &options) != MQTTASYNC_SUCCESS)
    client_ = nullptr;
}

Doorbell::~Doorbell() {
  if (client_ != nullptr) MQTTAsync_destroy(&client_);
}

void Doorbell::ring() {
  if (client_ != nullptr) MQTTAsync_send(client_, "doorbell", 1, "!", 0, 0, nullptr);
}

}  // namespace commune_watch::publish
