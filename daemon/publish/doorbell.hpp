// Wakes Paho's sending thread when it may have overslept.
//
// paho.mqtt.c 1.3.12 signals a condition variable that nobody need be waiting on: a message handed over just
// before MQTTAsync_sendThread waits again lies there until the next signal or until the wait ends, nominally
// a second later (Thread_wait_cond, src/Thread.c; by CLOCK_REALTIME, so a clock that was set back makes it
// hours). Any message handed to any client signals. This one belongs to a client that never connects and
// keeps one message at most.
#pragma once
#include <memory>

namespace commune_watch::publish {

class Doorbell {
 public:
  Doorbell();
  ~Doorbell();
  void ring();

 private:
  void* client_ = nullptr;  // MQTTAsync
};

}  // namespace commune_watch::publish
