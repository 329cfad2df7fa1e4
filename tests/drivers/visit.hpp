// One visit of a driver: options as an operator gives them, a Wire, and the finding.
#pragma once
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/driver.hpp"
#include "support/run.hpp"
#include "support/scripted_wire.hpp"

namespace commune_watch {

using OptionTexts = std::map<std::string, std::string, std::less<>>;

inline Target target_of(std::string_view driver, OptionTexts options, std::optional<Login> login = {},
                        Kind kind = Kind::access_point) {
  Target target;
  target.device = DeviceId{7};
  target.name = "test";
  target.kind = kind;
  target.driver = driver;
  target.options = Options(std::move(options));
  target.login = std::move(login);
  return target;
}

// What the driver's own check says of options that settings found well-typed.
inline std::string refusal(std::string_view driver, OptionTexts options) {
  return find_driver(drivers(), driver)->check(Options(std::move(options)));
}

inline std::unique_ptr<Probe> probe_of(const Target& target) {
  return find_driver(drivers(), target.driver)->make(target);
}

inline Question question_of(Rung depth, bool may_log_in = true) {
  return {.id = 1,
          .device = DeviceId{7},
          .depth = depth,
          .limit = 10'000,
          .may_log_in = may_log_in,
          .note = {},
          .utc_now = 1'790'000'000'000};
}

inline Finding visit(Probe& probe, Wire& wire, const Question& question) {
  return run(probe.run(wire, question));
}

inline Finding visit(const Target& target, Wire& wire, const Question& question) {
  const auto probe = probe_of(target);
  return visit(*probe, wire, question);
}

// "reachable:ok answering:failed(connection-refused) active:not-tested"
inline std::string ladder(const Finding& finding) {
  std::string text;
  for (const Check& check : finding.checks) {
    text +=
        (text.empty() ? "" : " ") + std::string(code(check.rung)) + ":" + std::string(code(check.outcome));
    if (check.reason != ReasonId::none) text += "(" + std::string(reason(check.reason).code) + ")";
  }
  return text;
}

// "1:ok 2:failed(offline-on-monitor)"
inline std::string seen(const Finding& finding) {
  std::string text;
  for (const Sighting& each : finding.sightings) {
    text.append(text.empty() ? "" : " ").append(each.key).append(":");
    text.append(code(each.checks.front().outcome));
    if (each.checks.front().reason != ReasonId::none)
      text.append("(").append(reason(each.checks.front().reason).code).append(")");
  }
  return text;
}

inline std::string warnings(const Finding& finding) {
  std::string text;
  for (const ReasonId each : finding.warnings)
    text += (text.empty() ? "" : " ") + std::string(reason(each).code);
  return text;
}

inline std::optional<std::int64_t> fact(const std::vector<Fact>& facts, FactId what) {
  const auto found = std::ranges::find(facts, what, &Fact::what);
  if (found == facts.end()) return std::nullopt;
  return found->value;
}

}  // namespace commune_watch
