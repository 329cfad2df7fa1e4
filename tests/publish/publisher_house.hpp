// What a publisher lives in: a log in memory and a loop that only runs when a test waits for something.
#pragma once
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "domain/entry.hpp"
#include "publish/mqtt.hpp"
#include "publish/raw_mqtt.hpp"

namespace commune_watch::publish {

class MemoryLog : public Log {
 public:
  std::vector<Record> read(Seq from, std::size_t most) override {
    std::vector<Record> out;
    for (Seq seq = from; seq < records.size() && out.size() < most; ++seq) out.push_back(records[seq]);
    return out;
  }
  Seq next() override { return records.size(); }
  std::string epoch() override { return "0a1b2c3d"; }

  void add(const Entry& entry) {
    records.push_back(
        {records.size(), {1, static_cast<Millis>(records.size())}, kind_of(entry), {}, encode(entry)});
  }
  // Changes of eleven cameras in turn; every tenth record is nobody's event.
  void grow(std::size_t records_more) {
    for (std::size_t i = 0; i < records_more; ++i) {
      if (records.size() % 10 == 9) {
        add(StopEntry{"stop"});
        continue;
      }
      ChangeEntry change;
      change.device = camera(records.size());
      change.at = {1, static_cast<Millis>(records.size())};
      change.since = {1, 0};
      change.from.state = State::up;
      change.from.cause = Cause::none;
      change.to.state = State::down;
      change.to.reason = reason_id("no-video");
      change.to.cause = Cause::media;
      change.probes = 3;
      add(change);
    }
  }
  static std::string camera(std::size_t record) { return "cam-" + std::to_string(record % 11); }
  [[nodiscard]] std::vector<std::string> event_ids(Seq from = 0) const {
    std::vector<std::string> out;
    for (const Record& record : records)
      if (record.seq >= from && record.kind == LogKind::change) out.push_back(event_id(kHouse, record.seq));
    return out;
  }

  inline static const Names kHouse{"tan-phu", "gw1", "0a1b2c3d", false};
  std::vector<Record> records;
};

class House {
 public:
  explicit House(std::uint16_t port) {
    options.url = "mqtt://127.0.0.1:" + std::to_string(port);
    options.client_id = "commune-watch-tan-phu-gw1";
    options.clock = [] {
      return std::chrono::duration_cast<std::chrono::milliseconds>(
                 std::chrono::steady_clock::now().time_since_epoch())
          .count();
    };
    options.names = MemoryLog::kHouse;
    options.running = {"boot", 1, "0.1.0"};
    options.connect_limit = 10'000;  // connecting beside an idle client takes the library some seconds
    options.retry_first = 10;
    options.retry_most = 40;
    options.retry_login = 40;
    options.stall = 10'000;
    options.stuck = 10'000;
  }

  void start(Seq cursor_from = 0) {
    MqttHooks hooks;
    hooks.post = [box = box_](std::function<void()> work) {
      const std::lock_guard lock{box->mutex};
      box->work.push_back(std::move(work));
      box->wake.notify_one();
    };
    hooks.now = [] { return MqttHooks::Now{{1, 1'000'000'000}, 1'794'666'600'000}; };
    hooks.utc = [](Moment at, Moment) { return std::optional<Millis>{1'794'614'400'000 + at.bt}; };
    hooks.snapshot = [this] {
      std::vector<Message> out;
      for (const auto& [topic, payload] : facts) out.push_back({topic, payload, true, 1});
      return out;
    };
    hooks.on_acknowledged = [this](Seq next) {
      went_back = went_back || next < cursor;
      cursor = next;
    };
    hooks.on_forgotten = [this](const std::string& topic) { forgotten.push_back(topic); };
    hooks.on_alarm = [this](const std::string& text) {
      alarm = text;
      alarms.push_back(text);
    };
    hooks.say = [this](Level, const std::string& text) { said.push_back(text); };
    cursor = cursor_from;
    publisher = std::make_unique<MqttPublisher>(options, std::move(hooks), log, cursor_from);
    publisher->start();
  }

  // Runs the loop until `done` holds or time is up; says which.
  bool until(const std::function<bool()>& done, int milliseconds = 20'000) {
    const Deadline deadline = within(milliseconds);
    while (!done()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      std::deque<std::function<void()>> work;
      {
        std::unique_lock lock{box_->mutex};
        box_->wake.wait_for(lock, std::chrono::milliseconds{5}, [this] { return !box_->work.empty(); });
        work.swap(box_->work);
      }
      for (const std::function<void()>& one : work) one();
      if (publisher) publisher->tick();
    }
    return true;
  }
  bool stop() {
    bool stopped = false;
    publisher->stop([&] { stopped = true; });
    return until([&] { return stopped; });
  }
  bool all_acknowledged() {
    return until([this] { return cursor == log.next(); });
  }

  MqttOptions options;
  MemoryLog log;
  std::map<std::string, std::string> facts;
  Seq cursor = 0;
  bool went_back = false;
  std::string alarm;
  std::vector<std::string> alarms, said, forgotten;
  std::unique_ptr<MqttPublisher> publisher;

 private:
  struct Box {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::function<void()>> work;
  };
  std::shared_ptr<Box> box_ = std::make_shared<Box>();
};

// The ids of the events seen, each at its first appearance, in order; and how often one was seen again.
struct Events {
  std::vector<std::string> ids;
  std::size_t repeated = 0;
};
inline Events events_of(const std::vector<Subscriber::Seen>& seen) {
  Events out;
  std::set<std::string> known;
  for (const Subscriber::Seen& one : seen) {
    if (!one.topic.ends_with("/event")) continue;
    const std::size_t from = one.payload.find("\"event\":\"") + 9;
    std::string id = one.payload.substr(from, one.payload.find('"', from) - from);
    if (known.insert(id).second)
      out.ids.push_back(std::move(id));
    else
      ++out.repeated;
  }
  return out;
}

}  // namespace commune_watch::publish
