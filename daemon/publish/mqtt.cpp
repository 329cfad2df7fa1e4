// The loop's side: reads the log, keeps the cursor, looks after the thread; see mqtt.hpp.
#include "publish/mqtt.hpp"

#include <algorithm>
#include <set>
#include <thread>

#include "publish/mqtt_worker.hpp"

namespace commune_watch::publish {
namespace {

constexpr std::size_t kBatch = 256;  // records turned into messages at a time: a few milliseconds of the loop
constexpr std::size_t kEnoughWaiting = 512;
constexpr int kMostGivenUp = 3;  // threads left hanging in Paho before only a restart of the service helps

}  // namespace

// Outlives the publisher only in lambdas on the loop that then find `publisher_is_there` false.
struct MqttPublisher::Loop : std::enable_shared_from_this<MqttPublisher::Loop> {
  Loop(MqttOptions options_in, MqttHooks hooks_in, Log& log_in, Seq cursor_in)
      : options{std::move(options_in)},
        hooks{std::move(hooks_in)},
        log{log_in},
        cursor{cursor_in},
        read{cursor_in} {}

  void begin_worker();
  void give_up(const char* why);
  void hear();
  void greet(std::uint64_t accepted, int version);
  void feed();
  void finish();

  MqttOptions options;
  MqttHooks hooks;
  Log& log;
  Seq cursor, read;
  std::shared_ptr<MqttWorker> worker;
  std::thread thread;
  std::uint64_t workers = 0;
  std::uint64_t connection = 0;  // 0: none
  Moment connected_at;
  int given_up = 0;
  bool publisher_is_there = true;
  std::set<std::string> forgets;
  std::function<void()> done;
  std::optional<MqttWorker::Clock::time_point> stop_by;
  MqttHealth health;
};

void MqttPublisher::Loop::begin_worker() {
  const std::weak_ptr<Loop> self = weak_from_this();
  const auto ring = [self, post = hooks.post] {
    post([self] {
      const std::shared_ptr<Loop> loop = self.lock();
      if (loop && loop->publisher_is_there) loop->hear();
    });
  };
  worker = std::make_shared<MqttWorker>(options, ++workers << 32U, ring);
  thread = std::thread{[kept = worker] { kept->run(); }};
}

void MqttPublisher::Loop::give_up(const char* why) {
  worker->leave();
  thread.detach();
  connection = 0;
  health.connected = false;
  ++health.replaced;
  ++given_up;
  hooks.say(Level::error, std::string{"MQTT: "} + why);
  if (done) {
    finish();
  } else if (given_up < kMostGivenUp) {
    begin_worker();
  } else {
    worker = nullptr;
    hooks.on_alarm(
        "Bộ phát MQTT bị treo, cần khởi động lại dịch vụ / the MQTT library hangs: restart the service");
  }
}

void MqttPublisher::Loop::finish() {
  stop_by.reset();
  worker = nullptr;
  if (done) std::exchange(done, nullptr)();
}

void MqttPublisher::Loop::hear() {
  if (!worker) return;
  const News news = worker->take_news();
  health.messages += news.messages;
  health.refused += news.refused;
  health.attempts += news.attempts;
  health.replaced += news.replaced;
  health.dropped += news.dropped;
  for (const auto& [level, text] : news.said) hooks.say(level, text);
  if (news.acknowledged && *news.acknowledged > cursor) {
    cursor = *news.acknowledged;
    health.acknowledged = cursor;
    hooks.on_acknowledged(cursor);
  }
  for (const std::string& topic : news.forgotten)
    if (forgets.erase(topic) > 0 && hooks.on_forgotten) hooks.on_forgotten(topic);
  if (news.alarm && hooks.on_alarm) hooks.on_alarm(*news.alarm);
  if (news.lost != 0 && news.lost >= connection) {
    connection = 0;
    health.connected = false;
  }
  if (news.connected > news.lost) greet(news.connected, news.version);
  if (news.hungry) feed();
  if (news.finished) {
    thread.join();  // nothing of it is left but its return
    finish();
  }
}

void MqttPublisher::Loop::greet(std::uint64_t accepted, int version) {
  const MqttHooks::Now now = hooks.now();
  connection = accepted;
  connected_at = now.at;
  health.connected = true;
  health.version = version;
  ++health.connections;
  hooks.say(Level::info,
            "connected to the MQTT broker " + options.url + (version == 5 ? ", MQTT 5" : ", MQTT 3.1.1"));
  const Presence presence = health.connections == 1 ? Presence::start : Presence::reconnected;
  std::vector<Message> facts{status(options.names, options.running, presence, now.utc)};
  for (Message& message : hooks.snapshot()) {
    forgets.erase(message.topic);
    facts.push_back(std::move(message));
  }
  for (const std::string& topic : forgets) facts.push_back(cleared(topic));
  worker->put(connection, std::move(facts));
  read = cursor;
  feed();
}

void MqttPublisher::Loop::feed() {
  if (!worker || connection == 0 || worker->waiting() >= kEnoughWaiting) return;
  const Seq end = log.next();
  if (read >= end) return;
  std::vector<Outgoing> events;
  for (const Record& record : log.read(read, kBatch)) {
    const ToUtc utc = [&](Moment at) { return hooks.utc(at, record.at); };
    Result<std::optional<Message>> made = event(options.names, record, utc, record.at < connected_at);
    read = record.seq + 1;
    if (!made)
      hooks.say(Level::error, "not published: " + made.error().why);  // the stream goes on without it
    if (made && *made) {
      events.push_back({read, std::move(*made)});
    } else if (!events.empty()) {
      events.back().next = read;
    } else {
      events.push_back({read, std::nullopt});
    }
  }
  worker->feed(connection, std::move(events), read < end);
}

MqttPublisher::MqttPublisher(MqttOptions options, MqttHooks hooks, Log& log, Seq cursor)
    : loop_{std::make_shared<Loop>(std::move(options), std::move(hooks), log, cursor)} {
  loop_->health.acknowledged = cursor;
}

MqttPublisher::~MqttPublisher() {
  loop_->publisher_is_there = false;
  if (!loop_->worker) return;
  Loop& loop = *loop_;
  loop.worker->stop(status(loop.options.names, loop.options.running, Presence::lost, std::nullopt), false);
  if (loop.worker->wait_until_finished(loop.options.stop_limit + 500)) {
    loop.thread.join();
  } else {
    loop.worker->leave();
    loop.thread.detach();
  }
}

void MqttPublisher::start() {
  if (!loop_->worker) loop_->begin_worker();
}

void MqttPublisher::stop(std::function<void()> done) {
  Loop& loop = *loop_;
  loop.done = std::move(done);
  if (!loop.worker) {
    loop.hooks.post([self = loop_] { self->finish(); });
    return;
  }
  loop.feed();
  loop.worker->stop(
      status(loop.options.names, loop.options.running, Presence::shutdown, loop.hooks.now().utc), true);
  loop.stop_by = loop.worker->now() + std::chrono::milliseconds{loop.options.stop_limit * 2 + 1000};
}

void MqttPublisher::pump() { loop_->feed(); }

void MqttPublisher::tick() {
  Loop& loop = *loop_;
  if (!loop.worker) return;
  const auto now = loop.worker->now();
  const auto busy = loop.worker->busy_since();
  if (loop.stop_by && now >= *loop.stop_by)
    loop.give_up("the thread does not end: left behind");
  else if (busy && now - *busy >= std::chrono::milliseconds{loop.options.stuck})
    loop.give_up("the thread hangs inside the MQTT library: left behind, a new one starts");
}

void MqttPublisher::set(Message message) {
  loop_->forgets.erase(message.topic);
  if (loop_->connection == 0) return;  // the next snapshot has it
  std::vector<Message> one;
  one.push_back(std::move(message));
  loop_->worker->put(loop_->connection, std::move(one));
}

void MqttPublisher::forget(std::string topic) {
  Message empty = cleared(std::move(topic));
  loop_->forgets.insert(empty.topic);
  if (loop_->connection == 0) return;
  std::vector<Message> one;
  one.push_back(std::move(empty));
  loop_->worker->put(loop_->connection, std::move(one));
}

void MqttPublisher::send(Message message) {
  if (loop_->connection == 0) {
    ++loop_->health.dropped;
    return;
  }
  std::vector<Message> one;
  one.push_back(std::move(message));
  loop_->worker->put(loop_->connection, std::move(one));
}

MqttHealth MqttPublisher::health() const { return loop_->health; }

}  // namespace commune_watch::publish
