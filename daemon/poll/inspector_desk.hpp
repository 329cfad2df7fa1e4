// Where a prober asks the gateway for an inspector: at most one lives for each prober, started when it is
// first wanted.
//
// On the desk's socket the prober says one byte: kWanted (end the one there is, if any, and hand over the
// socket of a new one) or kLate (end it). The gateway says one byte: kHere with the socket beside it
// (SCM_RIGHTS), or kNotNow.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "domain/clock.hpp"

namespace asio {
class io_context;  // NOLINT(readability-identifier-naming): not ours
}

namespace commune_watch {

class InspectorDesk {
 public:
  static constexpr char kWanted = 'w', kLate = 'l', kHere = 'h', kNotNow = 'n';
  // Starts an inspector that serves `socket`; its pid, or std::system_error.
  using Start = std::function<int(int socket)>;
  struct Hooks {
    std::function<Millis()> now;  // CLOCK_BOOTTIME
    std::function<void(std::uint8_t level, const std::string& text)> say;
  };

  // Takes `descriptor` over. The inspector dies with the desk.
  InspectorDesk(asio::io_context& loop, int descriptor, Start start, Hooks hooks);
  ~InspectorDesk();
  InspectorDesk(const InspectorDesk&) = delete;
  InspectorDesk& operator=(const InspectorDesk&) = delete;

  [[nodiscard]] int pid() const;               // 0: none
  [[nodiscard]] std::uint64_t deaths() const;  // that were not orderly: by a signal, or ended because late

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the wait that is open
};

}  // namespace commune_watch
