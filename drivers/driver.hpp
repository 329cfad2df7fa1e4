// All that a driver's author includes: what a driver is, what it is given, what it hands back.
//
// A driver is one file: a pure `judge(answer) → Finding`, a coroutine of a few lines that fetches the answer
// over Wire, and one `Driver` row, listed in registry.cpp. It never sees threads, SQL, topics or clocks; it
// never writes to a device; it uses the login only when the question permits it.
#pragma once
#include <asio/awaitable.hpp>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/reading.hpp"
#include "domain/result.hpp"
#include "wire/wire.hpp"

namespace commune_watch {

// The type of an option, checked by settings before a driver ever sees it.
enum class OptionType : std::uint8_t { text, integer, boolean, duration, url, host, port, list, regex };

struct Option {
  std::string_view key;
  OptionType type = OptionType::text;
  bool required = false;
  std::string_view fallback;  // as text; empty = none
  std::string_view help;      // one English sentence, for docs/drivers.md and `commune-watch drivers`
};

// Checked options as text: integers in decimal, durations in milliseconds, booleans "true"/"false", lists one
// item a line.
class Options {
 public:
  Options() = default;
  explicit Options(std::map<std::string, std::string, std::less<>> values) : values_(std::move(values)) {}
  [[nodiscard]] bool has(std::string_view key) const;
  [[nodiscard]] std::string text(std::string_view key, std::string_view fallback = {}) const;
  [[nodiscard]] std::int64_t integer(std::string_view key,
                                     std::int64_t fallback = 0) const;  // also durations
  [[nodiscard]] bool boolean(std::string_view key, bool fallback = false) const;
  [[nodiscard]] std::vector<std::string> list(std::string_view key) const;
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& all() const { return values_; }
  friend bool operator==(const Options&, const Options&) = default;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// One watched thing as the prober knows it.
struct Target {
  DeviceId device{};
  std::string name;  // configuration id, for logs
  Kind kind = Kind::camera;
  std::string driver;
  Options options;  // `url`, `host` … are options like any other
  std::optional<Login> login;
  std::vector<std::string> bound_keys;       // monitoring points: the keys that devices are bound by
  std::vector<std::string> pictured_keys{};  // those of them whose device's own picture is looked at
  bool keeps_pictures = false;               // findings are to bear the small picture that was judged
};

// The state of one target in the prober: may hold sessions and caches, and may lose them at any time.
class Probe {
 public:
  virtual ~Probe() = default;
  // Must end by itself within question.limit; is cancelled otherwise.
  virtual asio::awaitable<Finding> run(Wire& wire, const Question& question) = 0;
};

struct Driver {
  std::string_view name;
  std::string_view summary;        // one English sentence
  std::string_view proven;         // how far: "independent server", "own simulator", "capture", "hardware"
  std::span<const Kind> kinds;     // that may use it
  Rung highest = Rung::reachable;  // rung on the device path (monitoring points: of their own)
  std::span<const Option> options;
  bool takes_login = false;
  bool basic_only = false;  // knows no Digest: its login has to say auth = "basic", or it is never used
  // Where the options decide how high it can test (a page without a rule for its body proves nothing of use);
  // see testable().
  Rung (*reach)(const Options& options) = nullptr;
  // Beyond types: what only the driver knows about its options; empty = good, else "key: why".
  std::string (*check)(const Options& options) = nullptr;
  std::unique_ptr<Probe> (*make)(const Target& target) = nullptr;
  // The (host, user name) that a login block is kept under; by default the host of `url` or `host`.
};

// The highest rung that a driver can test with these options.
inline Rung testable(const Driver& driver, const Options& options) {
  return driver.reach != nullptr ? driver.reach(options) : driver.highest;
}

// Every driver, by name; the one list. Defined in registry.cpp.
std::span<const Driver* const> drivers();
const Driver* find_driver(std::span<const Driver* const> table, std::string_view name);

// Common conclusions, so that all drivers say the same of the same trouble.
Check check_of(Rung rung, Trouble trouble, std::string_view words,
               std::int64_t took_us);  // failed or unknown with its reason; ok for none
Check good(Rung rung, std::int64_t took_us);
Check bad(Rung rung, ReasonId reason, std::string_view words,
          std::int64_t took_us);  // outcome by the reason's effect
void not_tested_up_to(Finding& finding,
                      Rung depth);  // fills the ladder above the last check, drops what was not asked for

}  // namespace commune_watch
