// One connection of the worker's: the window, what flies in it, the cursor, and how it ends.
#include <algorithm>

#include "publish/mqtt_worker.hpp"
#include "publish/reason_codes.hpp"

namespace commune_watch::publish {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kFewEvents = 128;
constexpr milliseconds kIdle{60'000};

}  // namespace

void MqttWorker::session() {
  Lock lock{mutex_};
  for (;;) {
    take_told();
    const auto now = this->now();
    look_at_end(now);
    if (over_) break;
    const Choice choice = choose(now);
    if (choice.message == nullptr) {
      wake_.wait_for(lock, next_look(now) - now);
      continue;
    }
    if (flying() <= 1) progress_ = now;
    lock.unlock();
    const bool taken = in_paho([&] { return client_->publish(*choice.message, choice.id); });
    lock.lock();
    if (!taken && !over_ && told_.empty()) {
      over_ = true;
      why_over_ = "the connection was lost";
    }
  }
  if (!why_over_.empty() && !stopping_) say(Level::warning, "MQTT: " + why_over_);
  why_over_.clear();
}

void MqttWorker::take_told() {
  while (!told_.empty()) {
    const Told told = std::move(told_.front().second);
    told_.pop_front();
    switch (told.what) {
      case Told::What::acknowledged:
        acknowledge(told.message);
        break;
      case Told::What::refused:
        if (told.code >= 0x80) {
          refuse(told.message, told.code);
          break;
        }
        [[fallthrough]];  // Paho gave up on it
      default:
        if (over_) break;
        over_ = true;
        why_over_ = "the connection was lost";
        if (told.code > 0) why_over_ = "the broker ended the connection: " + reason_words(5, told.code);
        if (told.code == 0x8E)
          alarm(connect_alarm_,
                "Có thiết bị khác dùng cùng mã máy khách MQTT / another client uses our MQTT client id " +
                    options_.client_id);
    }
  }
}

void MqttWorker::acknowledge(std::uint64_t id) {
  progress_ = now();
  ++news_.messages;
  ring();
  if (id == farewell_id_ && id != 0) {
    over_ = true;
    return;
  }
  const auto fact = std::ranges::find(flown_facts_, id, &Flight::id);
  if (fact != flown_facts_.end()) {
    if (fact->message.retained && fact->message.payload.empty()) {
      news_.forgotten.push_back(fact->message.topic);
    }
    flown_facts_.erase(fact);
    if (parked_facts_.empty() && !refusing()) alarm(refusal_alarm_, {});
    return;
  }
  const auto event = std::ranges::find(flown_events_, id, &Flight::id);
  if (event == flown_events_.end()) return;
  event->stage = Flight::Stage::done;
  while (!flown_events_.empty() && flown_events_.front().stage == Flight::Stage::done) {
    news_.acknowledged = flown_events_.front().next;
    flown_events_.pop_front();
  }
  if (refusal_alarm_.empty()) return;
  retry_event_at_ = progress_;  // it takes events again: the other refused ones at once
  if (!refusing() && parked_facts_.empty()) {
    refused_wait_.reset();
    alarm(refusal_alarm_, {});
  }
}

void MqttWorker::refuse(std::uint64_t id, int code) {
  progress_ = now();
  ++news_.refused;
  ring();
  const auto again = progress_ + milliseconds{refused_wait_.next()};
  std::string topic;
  if (const auto fact = std::ranges::find(flown_facts_, id, &Flight::id); fact != flown_facts_.end()) {
    topic = fact->message.topic;
    if (!facts_.contains(topic)) parked_facts_.insert_or_assign(topic, std::move(fact->message));
    flown_facts_.erase(fact);
    retry_facts_at_ = again;
  } else if (const auto event = std::ranges::find(flown_events_, id, &Flight::id);
             event != flown_events_.end()) {
    topic = event->message.topic;
    event->stage = Flight::Stage::refused;
    retry_event_at_ = again;
  }
  const std::string words = reason_words(5, code);
  if (refusal_alarm_.empty())
    say(Level::error,
        "the MQTT broker refuses " + topic + ": " + words + "; it is offered again until it is taken");
  alarm(refusal_alarm_, "Máy chủ MQTT từ chối bản tin / the MQTT broker refuses messages: " + words);
}

MqttWorker::Choice MqttWorker::choose(Clock::time_point now) {
  if (flying() >= room_) return {};
  if (farewell_) {
    if (farewell_id_ != 0) return {};
    farewell_id_ = next_id_++;
    flown_facts_.push_back({farewell_id_, 0, Flight::Stage::flying, *farewell_});
    return {&flown_facts_.back().message, farewell_id_};
  }
  if (!parked_facts_.empty() && now >= retry_facts_at_) {
    for (auto& [topic, message] : parked_facts_)
      if (facts_.try_emplace(topic, std::move(message)).second) fact_order_.push_back(topic);
    parked_facts_.clear();
  }
  if (!fact_order_.empty()) {
    const auto found = facts_.find(fact_order_.front());
    flown_facts_.push_back({next_id_++, 0, Flight::Stage::flying, std::move(found->second)});
    parked_facts_.erase(found->first);
    facts_.erase(found);
    fact_order_.pop_front();
    return {&flown_facts_.back().message, flown_facts_.back().id};
  }
  if (!light_.empty()) {
    sending_ = std::move(light_.front());
    light_.pop_front();
    return {&sending_, 0};
  }
  return choose_event(now);
}

MqttWorker::Choice MqttWorker::choose_event(Clock::time_point now) {
  if (const auto first = std::ranges::find_if(flown_events_, &Flight::was_refused);
      first != flown_events_.end()) {
    if (events_out() > 0 || now < retry_event_at_) return {};
    first->stage = Flight::Stage::offered_again;
    first->id = next_id_++;
    return {&first->message, first->id};
  }
  if (now < pace_at_) return {};
  while (!events_.empty()) {
    Outgoing event = std::move(events_.front());
    events_.pop_front();
    if (events_.size() < kFewEvents && more_ && !asked_) {
      asked_ = news_.hungry = true;
      ring();
    }
    if (!event.message) {  // records that are nobody's event: acknowledged with what is before them
      if (flown_events_.empty()) {
        news_.acknowledged = event.next;
        ring();
      } else {
        flown_events_.back().next = event.next;
      }
      continue;
    }
    if (options_.events_per_second > 0)
      pace_at_ = now + std::chrono::microseconds{1'000'000 / options_.events_per_second};
    flown_events_.push_back({next_id_++, event.next, Flight::Stage::flying, std::move(*event.message)});
    return {&flown_events_.back().message, flown_events_.back().id};
  }
  return {};
}

void MqttWorker::look_at_end(Clock::time_point now) {
  if (left_) over_ = true;
  if (over_) return;
  if (flying() > 0 && now - progress_ >= milliseconds{options_.stall}) {
    over_ = true;
    why_over_ = "nothing acknowledged for " + std::to_string(options_.stall) + " ms: the client is replaced";
    ++news_.replaced;
    ring();
    return;
  }
  if (!stopping_) return;
  if (now >= stop_at_) {
    over_ = true;
    polite_ = false;  // offline was not acknowledged: let the will say it
  } else if (last_ && (!drain_ || drained() || now >= stop_at_ - milliseconds{options_.stop_limit / 2})) {
    farewell_ = std::exchange(last_, std::nullopt);
    farewell_id_ = 0;
  }
}

std::size_t MqttWorker::events_out() const {
  return static_cast<std::size_t>(std::ranges::count_if(flown_events_, &Flight::out));
}

std::size_t MqttWorker::flying() const { return events_out() + flown_facts_.size(); }

bool MqttWorker::refusing() const { return std::ranges::any_of(flown_events_, &Flight::was_refused); }

bool MqttWorker::drained() const {
  return events_.empty() && !more_ && flown_events_.empty() && facts_.empty() && flown_facts_.empty();
}

MqttWorker::Clock::time_point MqttWorker::next_look(Clock::time_point now) const {
  auto at = now + kIdle;
  if (flying() > 0) at = std::min(at, progress_ + milliseconds{options_.stall});
  if (flying() < room_) {
    if (refusing() && events_out() == 0) at = std::min(at, retry_event_at_);
    if (!parked_facts_.empty()) at = std::min(at, retry_facts_at_);
    if (!events_.empty() && pace_at_ > now) at = std::min(at, pace_at_);
  }
  if (stopping_) at = std::min(at, last_ ? stop_at_ - milliseconds{options_.stop_limit / 2} : stop_at_);
  return at;
}

}  // namespace commune_watch::publish
