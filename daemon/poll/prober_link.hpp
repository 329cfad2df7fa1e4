// The gateway's end of the seam: keeps one prober process alive, asks it questions, and trusts nothing that
// it says.
//
// A prober that dies, stalls or breaks the protocol is ended and started again with back-off; what it did not
// answer is nobody's answer. A new table of targets starts a new prober while the old one finishes its open
// questions.
#pragma once
#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/reading.hpp"
#include "poll/inspector_desk.hpp"
#include "poll/seam.hpp"

namespace asio {
class io_context;
}

namespace commune_watch {

// Starts a prober whose end of the seam is descriptor 3; returns its pid and our end, or throws
// std::system_error. Where there is an inspector, descriptor 4 is the prober's end of its desk.
struct Spawned {
  int pid = 0;
  int descriptor = -1;
  int desk = -1;
  InspectorDesk::Start start_inspector{};
};
using Spawn = std::function<Spawned()>;
// A program that a prober may need; an empty name: there is none.
struct InspectorProgram {
  std::string program;
  std::vector<std::string> arguments, environment;
};
// `program` with `arguments`, empty environment, all other descriptors closed, killed with this process.
Spawn spawn_program(std::string program, std::vector<std::string> arguments, InspectorProgram inspector = {});

class ProberLink {
 public:
  static constexpr Millis kGrace = 2'000;  // past a question's limit before it is given up
  static constexpr Millis kBeatEvery = 5'000;
  static constexpr Millis kBeatLate = 15'000;  // without an answer to a beat the prober is hung: killed

  struct Hooks {
    std::function<Millis()> now;                        // CLOCK_BOOTTIME
    std::function<void(const seam::Refusal&)> refused;  // must be durable when it returns
    std::function<void(const std::vector<std::uint64_t>& questions, const std::vector<DeviceId>& devices)>
        died;
    std::function<void(std::uint8_t level, const std::string& text)> say;
  };

  ProberLink(asio::io_context& loop, Spawn spawn, Hooks hooks);
  ~ProberLink();
  ProberLink(const ProberLink&) = delete;
  ProberLink& operator=(const ProberLink&) = delete;

  void load(std::vector<Target> table);  // at start and on reload; the same table again changes nothing
  // The reading, or nothing if no prober answered in time. `reading.started/ended` are made plausible; `boot`
  // is left 0.
  asio::awaitable<std::optional<Reading>> ask(Question question);
  // Call about once a second: gives up late questions, beats, kills the hung, starts again.
  void tick();
  // No more questions; probers are told to go and are killed if they linger.
  void stop();

  [[nodiscard]] bool ready() const;  // a prober is up and has its table
  [[nodiscard]] int pid() const;     // of the current one, 0 if none
  [[nodiscard]] std::uint64_t restarts() const;
  [[nodiscard]] std::uint64_t inspector_deaths() const;  // each one picture that was not judged
  [[nodiscard]] const std::string& echo_mode() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace commune_watch
