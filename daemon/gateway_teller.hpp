// Tells the world: the retained facts of MQTT, the events behind the publisher's cursor, and the figures of
// Prometheus.
#pragma once
#include <map>
#include <memory>
#include <optional>
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
  void checkpoint(const StoredCheckpoint& made);    // the newest, or one that was cosigned since
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
  publish::Message state(DeviceId device);
  std::optional<Millis> holds_until(DeviceId device, const Live& live) const;  // of the running boot
  std::vector<publish::Message> figures(DeviceId device);
  bool settled(DeviceId device, Millis utc) const;
  std::set<std::string> topics_of(const std::string& device) const;
  void tell(publish::Message message);
  void tell_figures(DeviceId device);
  void begin_day();
  void turn_the_day();
  void renew();
  void forget_strangers();
  void tell_of_loss();
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
  std::map<DeviceId, Millis> told_until_;  // what the broker has of each state's valid_until
  std::map<std::string, std::string> told_alarms_;
  std::set<std::string> retained_;  // topics that the store knows of
  Millis day_ = 0;                  // UTC: the local day whose figures are told began then; 0: not yet known
  std::set<DeviceId> closed_;       // their figures of that day were told as final
  Millis closed_at_ = 0;            // when the last of them was
};

}  // namespace commune_watch
