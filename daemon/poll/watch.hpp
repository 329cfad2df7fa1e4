// The asking side: one coroutine per watched thing, from its due instant through the seam to the recorder.
#pragma once
#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/ledger.hpp"
#include "domain/reading.hpp"
#include "poll/gates.hpp"
#include "poll/login_law.hpp"
#include "poll/poison.hpp"
#include "poll/prober_link.hpp"

namespace commune_watch {

// What the watch needs to know of one target, beside the target itself.
struct Watched {
  Target target;
  std::string host;  // that is dialled: the per-host limit
  std::optional<LoginKey> login;
  Millis limit = 10'000;
};

using LoginTag = std::vector<std::byte>;

// Whoever keeps what was seen: the gateway. Called on the loop.
class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual Millis now() = 0;  // CLOCK_BOOTTIME
  virtual std::uint32_t boot() = 0;
  virtual std::optional<Millis> trusted_utc() = 0;
  virtual Ask next(DeviceId device) = 0;
  virtual std::optional<Note> note(DeviceId device, const std::string& driver) = 0;
  virtual void record(Reading reading, const std::string& driver) = 0;
  // A login that nobody has accepted yet goes out with the next question: durable when this returns, so that
  // whoever dies before it is settled knows. Settled: accepted, or not asked for.
  virtual void login_tried(const LoginKey& key) = 0;
  virtual void login_settled(const LoginKey& key) = 0;
  // A keyed hash of the secret that a question carries now.
  virtual LoginTag login_tag(const LoginKey& key, DeviceId device) = 0;
  // A login was refused, or never settled: durable when this returns. False: the secret has changed since,
  // and the refusal says nothing of the new one.
  virtual bool login_refused(const LoginKey& key, DeviceId device, const LoginTag& tag,
                             const std::string& words) = 0;
  // It kills probers: a person has to see to it.
  virtual void left_alone(DeviceId device, Millis until, const std::string& why) = 0;
  virtual void say(std::uint8_t level, const std::string& text) = 0;
};

class Watch {
 public:
  Watch(asio::io_context& loop, Spawn spawn, Recorder& recorder, LoginLaw& law);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // The table in force from now on; unchanged devices keep their coroutine, a new prober gets the new table.
  void assign(std::vector<Watched> table, GateLimits limits);
  void hurry(const std::vector<DeviceId>& devices);  // their `next` moved
  // Asks now, at full depth, and records; nothing if no prober answered.
  asio::awaitable<std::optional<Reading>> probe(DeviceId device, Rung depth);
  void tick();     // once a second
  void stop();     // asks nothing more; ends what is open, once no login is being tried
  void abandon();  // ends what is open; each coroutine still needs its turn of the loop
  [[nodiscard]] std::size_t running() const;  // coroutines that have not ended yet
  [[nodiscard]] const ProberLink& prober() const;
  [[nodiscard]] std::uint64_t asked() const;
  [[nodiscard]] std::uint64_t unanswered() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace commune_watch
