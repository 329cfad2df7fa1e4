// How fast a backlog reaches mosquitto on loopback: our publisher (log, event payloads, cursor and all)
// beside a bare client of Paho C++ that keeps the same window over ready-made payloads. Both in this process,
// in turn, to the same broker; connecting is not counted. Arguments: [drains [records]], 20 and 3000.
#include <mqtt/async_client.h>

#include <algorithm>
#include <cstdio>
#include <semaphore>

#include "publish/mosquitto.hpp"
#include "publish/publisher_house.hpp"

namespace {

using namespace commune_watch;
using namespace commune_watch::publish;
using Clock = std::chrono::steady_clock;

constexpr int kWindow = 20;

double milliseconds_since(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

double drain_ours(std::uint16_t port, std::size_t records) {
  House house{port};
  house.options.window = kWindow;
  house.log.grow(records + records / 9 + 1);  // every tenth is nobody's event
  while (house.log.event_ids().size() > records) house.log.records.pop_back();
  house.start();
  if (!house.until([&] { return house.publisher->health().connected; }))
    throw std::runtime_error("no connection");
  const auto began = Clock::now();
  if (!house.all_acknowledged()) throw std::runtime_error("not drained");
  const double took = milliseconds_since(began);
  house.stop();
  return took;
}

struct Window : mqtt::iaction_listener {
  std::counting_semaphore<> room{kWindow};
  void on_success(const mqtt::token&) override { room.release(); }
  void on_failure(const mqtt::token&) override { std::terminate(); }
};

double drain_bare(std::uint16_t port, const std::vector<Message>& messages) {
  Window window;
  mqtt::async_client client{"tcp://127.0.0.1:" + std::to_string(port), "bare",
                            mqtt::create_options{MQTTVERSION_5}};
  mqtt::connect_options options;
  options.set_mqtt_version(MQTTVERSION_5);
  options.set_clean_start(true);
  options.set_max_inflight(200);
  client.connect(options)->wait();
  const auto began = Clock::now();
  for (const Message& message : messages) {
    window.room.acquire();
    client.publish(mqtt::make_message(message.topic, message.payload, 1, false), nullptr, window);
  }
  for (int i = 0; i < kWindow; ++i) window.room.acquire();
  const double took = milliseconds_since(began);
  client.disconnect()->wait_for(std::chrono::seconds{2});
  return took;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const int drains = argc > 1 ? std::atoi(argv[1]) : 20;
  const std::size_t records = argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 3000;
  Mosquitto broker;
  broker.start();

  MemoryLog log;
  log.grow(records + records / 9 + 1);
  std::vector<Message> messages;
  std::size_t bytes = 0;
  for (const Record& record : log.records) {
    auto made = event(
        MemoryLog::kHouse, record, [](Moment at) { return std::optional<Millis>{at.bt}; }, true);
    if (!made || !*made || messages.size() == records) continue;
    bytes += (*made)->payload.size();
    messages.push_back(std::move(**made));
  }
  std::printf(
      "%zu events of %zu bytes, QoS 1, window %d, MQTT 5, mosquitto on loopback, %d drains each, in turn\n",
      records, bytes / records, kWindow, drains);
  std::vector<double> ours, bare;
  for (int i = 0; i < drains; ++i) {
    bare.push_back(drain_bare(broker.port(), messages));
    ours.push_back(drain_ours(broker.port(), records));
  }
  const auto print = [&](const char* name, const std::vector<double>& values) {
    std::printf("%-10s median %8.1f ms  best %8.1f  worst %8.1f  %8.0f events/s\n", name, median(values),
                *std::ranges::min_element(values), *std::ranges::max_element(values),
                static_cast<double>(records) * 1000.0 / median(values));
  };
  print("bare Paho", bare);
  print("publisher", ours);
  std::printf("drain-worst: %.0f ms\n", *std::ranges::max_element(ours));
  std::printf("drain: %.2f times the bare client's rate\n", median(bare) / median(ours));
  return 0;
}
