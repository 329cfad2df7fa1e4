// The publisher's own thread: owns the client, keeps the window, moves the cursor; and the desk over which
// the loop and it talk.
//
// The desk is values under one mutex, held for moments. The thread may hang inside Paho for ever; then the
// loop leaves it behind (leave()), and nothing that it still does reaches anybody.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "publish/backoff.hpp"
#include "publish/mqtt.hpp"
#include "publish/mqtt_client.hpp"

namespace commune_watch::publish {

// A stretch of the log that ends before `next`, with at most one message, its last record's.
struct Outgoing {
  Seq next = 0;
  std::optional<Message> message;
};

// What the thread has to say to the loop, collected until the loop takes it.
struct News {
  std::uint64_t connected = 0;  // the newest connection that was accepted; 0: no news
  std::uint64_t lost = 0;       // that one is no more
  int version = 0;
  std::optional<Seq> acknowledged;
  bool hungry = false;  // few events are left and the loop had more
  std::vector<std::string> forgotten;
  std::vector<std::pair<Level, std::string>> said;
  std::optional<std::string> alarm;
  std::uint64_t messages = 0, refused = 0, attempts = 0, replaced = 0, dropped = 0;
  bool finished = false;
};

class MqttWorker : public std::enable_shared_from_this<MqttWorker> {
 public:
  using Clock = std::chrono::steady_clock;

  // `ring` is called under the desk's mutex when there is news, once until taken. `first`: connections are
  // numbered from here.
  MqttWorker(MqttOptions options, std::uint64_t first, std::function<void()> ring);

  void run();  // the thread's whole life

  // --- from the loop ---
  News take_news();
  void feed(std::uint64_t connection, std::vector<Outgoing> events, bool more);
  void put(std::uint64_t connection,
           std::vector<Message> messages);      // retained: newest per topic; QoS 0: sent or dropped
  [[nodiscard]] std::size_t waiting();          // events not yet handed to Paho
  void stop(Message last, bool drain);          // offline/shutdown
  void leave();                                 // whatever happens, be silent and end when you can
  [[nodiscard]] Clock::time_point now() const;  // of options.clock
  [[nodiscard]] std::optional<Clock::time_point> busy_since() const;  // inside a call of Paho
  [[nodiscard]] bool wait_until_finished(Millis limit);

 private:
  struct Flight {
    enum class Stage : std::uint8_t { flying, refused, offered_again, done };
    [[nodiscard]] bool out() const { return stage == Stage::flying || stage == Stage::offered_again; }
    [[nodiscard]] bool was_refused() const {
      return stage == Stage::refused || stage == Stage::offered_again;
    }
    std::uint64_t id = 0;
    Seq next = 0;  // events
    Stage stage = Stage::flying;
    Message message;
  };
  struct Attempt {
    bool connected = false;
    bool wordless = false;       // the broker was there and did not answer
    bool wrong_version = false;  // it said that it does not speak this one
    bool login = false;          // it does not want our login
    std::string why, alarm;      // alarm: what a person has to see to
  };
  using Lock = std::unique_lock<std::mutex>;

  struct Choice {
    const Message* message = nullptr;  // stays where it is until the thread itself moves it
    std::uint64_t id = 0;
  };

  // Unlocked; these lock for themselves.
  void attempt();
  Attempt connect(int version);
  Attempt connect_as_understood();
  void session();
  void drop_client();
  template <class F>
  auto in_paho(F call);
  // Under the mutex.
  void take_told();
  void acknowledge(std::uint64_t id);
  void refuse(std::uint64_t id, int code);
  Choice choose(Clock::time_point now);
  Choice choose_event(Clock::time_point now);
  void look_at_end(Clock::time_point now);
  [[nodiscard]] Clock::time_point next_look(Clock::time_point now) const;
  [[nodiscard]] std::size_t flying() const;
  [[nodiscard]] bool refusing() const;
  [[nodiscard]] std::size_t events_out() const;
  [[nodiscard]] bool drained() const;
  void say(Level level, std::string text);
  void alarm(std::string& slot, std::string text);
  void ring();

  const MqttOptions options_;
  const std::size_t window_;
  std::function<void()> ring_;
  std::atomic<Clock::rep> busy_since_{0};

  std::mutex mutex_;
  std::condition_variable wake_,
      ended_;  // the thread waits for the first, whoever waits for its end for the second
  // --- the desk, under the mutex ---
  News news_;
  bool rung_ = false, left_ = false, finished_ = false, stopping_ = false, more_ = false, asked_ = false,
       drain_ = true;
  std::optional<Message> last_;
  Clock::time_point stop_at_{};
  std::deque<Outgoing> events_;
  std::unordered_map<std::string, Message> facts_;
  std::deque<std::string> fact_order_;
  std::deque<Message> light_;  // QoS 0
  std::deque<std::pair<std::uint64_t, Told>> told_;
  std::uint64_t connection_ = 0;  // of the client that is in use
  bool online_ = false;

  // --- the thread's own ---
  std::unique_ptr<MqttClient> client_;
  std::deque<Flight> flown_events_, flown_facts_;
  std::unordered_map<std::string, Message> parked_facts_;
  std::uint64_t next_id_ = 1;
  std::size_t room_ = 1;               // window, or the server's Receive Maximum if that is less
  bool over_ = false, polite_ = true;  // this connection; how it is ended
  std::string why_over_;
  std::optional<Message> farewell_;
  std::uint64_t farewell_id_ = 0;
  Message sending_;
  Clock::time_point progress_{}, retry_event_at_{}, retry_facts_at_{}, pace_at_{}, next_attempt_{},
      forget_v4_at_{};
  int version_ = 5;
  Backoff connect_wait_, refused_wait_;
  std::string said_, connect_alarm_, refusal_alarm_;
};

template <class F>
auto MqttWorker::in_paho(F call) {
  struct Busy {
    std::atomic<Clock::rep>& since;
    ~Busy() { since = 0; }
  };
  busy_since_ = now().time_since_epoch().count();
  const Busy busy{busy_since_};
  return call();
}

}  // namespace commune_watch::publish
