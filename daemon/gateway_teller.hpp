// Tells the world: the retained facts of MQTT, the events behind the publisher's cursor, and the figures of
// Prometheus.
#pragma once
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gateway_house.hpp"
#include "gateway_keeper.hpp"
#include "poll/watch.hpp"
#include "publish/mqtt.hpp"
#include "publish/prometheus.hpp"

namespace asio {
class io_context;
}

namespace commune_watch {

class Teller {
 public:
  static constexpr Millis kFiguresEvery = 15 * 60'000;  // each device's day and month
  static constexpr Millis kMetricsEvery = 60'000;

  Teller(asio::io_context& loop, House& house, const Keeper& keeper);

  void start(const Watch& watch);                   // also after a reload that changed [mqtt]
  void roster_changed(const Roster& before);        // new names and devices; what is gone is forgotten
  void changed(const std::set<DeviceId>& devices);  // durable
  void tick();
  void stop(std::function<void()> done);
  [[nodiscard]] std::string metrics();
  [[nodiscard]] std::string how() const;  // one phrase for people

 private:
  publish::Names names() const;
  publish::DeviceMeta meta(const Row& row) const;
  publish::DeviceFacts facts(DeviceId device) const;
  publish::Message summary() const;
  std::vector<publish::Message> figures(DeviceId device) const;
  std::vector<publish::Message> snapshot();
  publish::Health health() const;

  asio::io_context& loop_;
  House& house_;
  const Keeper& keeper_;
  const Watch* watch_ = nullptr;
  std::unique_ptr<publish::MqttPublisher> publisher_;
  MqttSettings options_;
  Millis last_metrics_ = 0;
  std::size_t next_figure_ = 0;
};

}  // namespace commune_watch
