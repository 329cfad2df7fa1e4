// The desk, and connecting; what a connection then carries is in mqtt_session.cpp.
#include "publish/mqtt_worker.hpp"

#include <algorithm>
#include <functional>

#include "publish/reason_codes.hpp"
#include "publish/tls_words.hpp"

namespace commune_watch::publish {
namespace {

using std::chrono::milliseconds;

// Paho's own words for a broker that was there but never answered CONNECT (MQTTAsyncUtils.c).
bool without_word(const std::string& words) {
  return words == "TCP connect completion failure" || words == "socket error" ||
         words == "TCP connect timeout";
}

}  // namespace

MqttWorker::MqttWorker(MqttOptions options, std::uint64_t first, std::function<void()> ring)
    : options_{std::move(options)},
      window_{static_cast<std::size_t>(std::clamp(options_.window, 1, 64))},
      ring_{std::move(ring)},
      connection_{first},
      connect_wait_{
          options_.retry_first, options_.retry_most,
          static_cast<std::uint32_t>(std::hash<std::string>{}(options_.client_id) ^ std::random_device{}())},
      refused_wait_{options_.retry_first, options_.retry_most, static_cast<std::uint32_t>(first + 1)} {}

// --- the desk
// ---------------------------------------------------------------------------------------------------------

News MqttWorker::take_news() {
  const Lock lock{mutex_};
  rung_ = false;
  return std::exchange(news_, {});
}

void MqttWorker::feed(std::uint64_t connection, std::vector<Outgoing> events, bool more) {
  const Lock lock{mutex_};
  if (connection != connection_ || !online_) return;
  for (Outgoing& event : events) events_.push_back(std::move(event));
  more_ = more;
  asked_ = false;
  wake_.notify_one();
}

void MqttWorker::put(std::uint64_t connection, std::vector<Message> messages) {
  const Lock lock{mutex_};
  for (Message& message : messages) {
    if (connection != connection_ || !online_) {
      if (message.qos == 0) ++news_.dropped;
      continue;
    }
    if (message.qos == 0) {
      light_.push_back(std::move(message));
      continue;
    }
    const auto [place, fresh] = facts_.try_emplace(message.topic);
    if (fresh) fact_order_.push_back(message.topic);
    place->second = std::move(message);
  }
  wake_.notify_one();
}

std::size_t MqttWorker::waiting() {
  const Lock lock{mutex_};
  return events_.size();
}

void MqttWorker::stop(Message last, bool drain) {
  const Lock lock{mutex_};
  stopping_ = true;
  last_ = std::move(last);
  drain_ = drain;
  stop_at_ = now() + milliseconds{options_.stop_limit};
  wake_.notify_one();
}

void MqttWorker::leave() {
  const Lock lock{mutex_};
  left_ = true;
  ring_ = nullptr;
  wake_.notify_one();
}

MqttWorker::Clock::time_point MqttWorker::now() const {
  return Clock::time_point{milliseconds{options_.clock()}};
}

std::optional<MqttWorker::Clock::time_point> MqttWorker::busy_since() const {
  const Clock::rep since = busy_since_.load();
  if (since == 0) return std::nullopt;
  return Clock::time_point{Clock::duration{since}};
}

bool MqttWorker::wait_until_finished(Millis limit) {
  Lock lock{mutex_};
  return ended_.wait_for(lock, milliseconds{limit}, [this] { return finished_; });
}

void MqttWorker::ring() {
  if (rung_ || left_ || !ring_) return;
  rung_ = true;
  ring_();
}

void MqttWorker::say(Level level, std::string text) {
  news_.said.emplace_back(level, std::move(text));
  ring();
}

void MqttWorker::alarm(std::string& slot, std::string text) {
  if (slot == text) return;
  slot = std::move(text);
  std::string both = refusal_alarm_;
  if (!both.empty() && !connect_alarm_.empty()) both += "; ";
  news_.alarm = both + connect_alarm_;
  ring();
}

// --- connecting
// -------------------------------------------------------------------------------------------------------

void MqttWorker::run() {
  for (;;) {
    {
      Lock lock{mutex_};
      wake_.wait_for(lock, next_attempt_ - now(), [this] { return stopping_ || left_; });
      if (stopping_ || left_) break;
    }
    attempt();
  }
  const Lock lock{mutex_};
  finished_ = true;
  news_.finished = true;
  ring();
  ended_.notify_all();
}

void MqttWorker::attempt() {
  const Attempt tried = connect_as_understood();
  const auto started = now();
  if (tried.connected) {
    session();
    drop_client();
    if (now() - started >= milliseconds{10 * options_.retry_first}) connect_wait_.reset();
    next_attempt_ = now() + milliseconds{connect_wait_.next()};
    return;
  }
  const Lock lock{mutex_};
  if (stopping_ || left_) return;
  milliseconds wait{connect_wait_.next()};
  if (tried.login) wait = std::max(wait, milliseconds{options_.retry_login});
  if (!tried.alarm.empty()) alarm(connect_alarm_, tried.alarm);
  next_attempt_ = now() + wait;
  if (said_ != tried.why) {  // once per reason: a broker that is away for a week is one line
    said_ = tried.why;
    say(Level::warning, "MQTT broker " + options_.url + ": " + tried.why + "; trying again until it answers");
  }
}

// 5 first; 3.1.1 where the broker says that it wants that, or twice says nothing to a CONNECT of version 5.
MqttWorker::Attempt MqttWorker::connect_as_understood() {
  if (version_ != 5 && now() >= forget_v4_at_) version_ = 5;
  Attempt tried = connect(version_);
  if (tried.connected || version_ != 5) return tried;
  if (tried.wordless) tried = connect(5);
  if (tried.connected || !(tried.wordless || tried.wrong_version)) return tried;
  Attempt older = connect(4);
  if (!older.connected) return older.alarm.empty() ? tried : older;
  version_ = 4;
  forget_v4_at_ = now() + milliseconds{options_.retry_v5};
  const Lock lock{mutex_};
  say(Level::warning, "the MQTT broker does not speak MQTT 5 (" + tried.why +
                          "): using 3.1.1, where a refused message cannot be told from an accepted one");
  return older;
}

MqttWorker::Attempt MqttWorker::connect(int version) {
  const ConnectParameters parameters{
      .url = options_.url,
      .client_id = options_.client_id,
      .username = options_.username,
      .password = options_.password,
      .ca_file = options_.ca_file,
      .version = version,
      .keep_alive = options_.keep_alive,
      .limit = options_.connect_limit,
      .will = status(options_.names, options_.running, Presence::lost, std::nullopt)};
  std::uint64_t connection = 0;
  {
    const Lock lock{mutex_};
    if (stopping_ || left_) return {};
    connection = ++connection_;
    told_.clear();
    ++news_.attempts;
    ring();
  }
  const auto tell = [self = weak_from_this(), connection](Told told) {
    const std::shared_ptr<MqttWorker> worker = self.lock();
    if (!worker) return;
    const Lock lock{worker->mutex_};
    if (worker->connection_ != connection) return;
    worker->told_.emplace_back(connection, std::move(told));
    worker->wake_.notify_one();
  };
  Attempt result;
  result.why = "its address cannot be used";
  const bool asked = in_paho([&] {
    try {
      client_ = std::make_unique<MqttClient>(parameters, tell);
      return client_->connect();
    } catch (const std::exception&) {
      return false;  // Paho does not take such a URL
    }
  });
  Told told;
  bool answered = false;
  if (asked) {
    const auto deadline = now() + milliseconds{options_.connect_limit};
    Lock lock{mutex_};
    wake_.wait_for(lock, deadline - now(), [this] { return !told_.empty() || stopping_ || left_; });
    answered = !told_.empty();
    if (answered) told = std::move(told_.front().second);
    if (answered && told.what == Told::What::connected) {
      told_.pop_front();
      room_ = std::min(window_, static_cast<std::size_t>(std::max(told.receive_maximum, 1)));
      events_.clear();
      facts_.clear();
      fact_order_.clear();
      light_.clear();
      more_ = asked_ = over_ = false;
      polite_ = true;
      online_ = true;
      progress_ = now();
      said_.clear();
      alarm(connect_alarm_, {});
      news_.connected = connection;
      news_.version = version;
      ring();
      result.connected = true;
      return result;
    }
  }
  if (asked && !answered) {
    result.wordless = true;
    result.why = "no answer within " + std::to_string(options_.connect_limit) + " ms";
  } else if (asked && told.code > 0) {
    result.login = refuses_login(version, told.code);
    result.wrong_version = refuses_version(version, told.code);
    result.why = reason_words(version, told.code);
    if (result.login)
      result.alarm = "Máy chủ MQTT từ chối đăng nhập / the MQTT broker refuses the login: " + result.why;
  } else if (asked) {
    const std::string words = in_paho([&] { return client_->connect_words(); });
    result.wordless = without_word(words);
    result.why = result.wordless ? "it closed the connection instead of answering"
                 : words.empty() ? "cannot connect"
                                 : words;
    const bool encrypted = options_.url.starts_with("mqtts://");
    const std::string fault = encrypted ? in_paho([&] {
      return tls_trouble(options_.url, options_.ca_file, options_.connect_limit, options_.clock);
    })
                                        : "";
    if (!fault.empty()) {
      result.why = "TLS: " + fault;
      result.wordless = false;
      result.alarm =
          "Không lập được kết nối mã hóa tới máy chủ MQTT / no trusted connection to the MQTT broker: " +
          fault;
    }
  }
  drop_client();
  return result;
}

void MqttWorker::drop_client() {
  bool leave_it = false;
  {
    const Lock lock{mutex_};
    if (online_) {
      online_ = false;
      news_.lost = connection_;
      ring();
    }
    leave_it = left_ || !polite_;
    ++connection_;  // whatever this client still tells is not heard
  }
  std::unique_ptr<MqttClient> client = std::move(client_);
  flown_events_.clear();
  flown_facts_.clear();
  parked_facts_.clear();
  farewell_.reset();
  if (leave_it)
    MqttClient::leave(std::move(client));
  else
    in_paho([&] { client.reset(); });
}

}  // namespace commune_watch::publish
