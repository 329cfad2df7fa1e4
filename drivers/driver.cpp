// What all drivers share: their options, and one word for one trouble.
#include "drivers/driver.hpp"

#include <algorithm>
#include <charconv>

namespace commune_watch {

bool Options::has(std::string_view key) const { return values_.contains(key); }

std::string Options::text(std::string_view key, std::string_view fallback) const {
  const auto found = values_.find(key);
  return found == values_.end() ? std::string(fallback) : found->second;
}

std::int64_t Options::integer(std::string_view key, std::int64_t fallback) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return fallback;
  const std::string& text = found->second;
  std::int64_t value = fallback;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc{} ? value : fallback;
}

bool Options::boolean(std::string_view key, bool fallback) const {
  const auto found = values_.find(key);
  return found == values_.end() ? fallback : found->second == "true";
}

std::vector<std::string> Options::list(std::string_view key) const {
  std::vector<std::string> items;
  const auto found = values_.find(key);
  if (found == values_.end() || found->second.empty()) return items;
  std::string_view rest = found->second;
  for (;;) {
    const auto end = rest.find('\n');
    items.emplace_back(rest.substr(0, end));
    if (end == std::string_view::npos) return items;
    rest.remove_prefix(end + 1);
  }
}

const Driver* find_driver(std::span<const Driver* const> table, std::string_view name) {
  const auto found = std::ranges::find(table, name, [](const Driver* driver) { return driver->name; });
  return found == table.end() ? nullptr : *found;
}

namespace {

// Silence below the first rung is a host that is not there; above it, a service that hangs; on a stream, a
// stream that stopped.
std::string_view reason_code(Rung rung, Trouble trouble) {
  switch (trouble) {
    case Trouble::none:
      return "none";
    case Trouble::refused:
      return "connection-refused";
    case Trouble::host_unreachable:
      return "host-unreachable";
    case Trouble::net_unreachable:
      return "network-unreachable";
    case Trouble::timed_out:
      return rung == Rung::reachable ? "no-answer" : "timed-out";
    case Trouble::reset:
    case Trouble::closed:
      return "connection-reset";
    case Trouble::stalled:
      return rung >= Rung::active ? "stalled" : "timed-out";
    case Trouble::name:
      return "gateway-dns";
    case Trouble::tls:
      return "tls-failed";
    case Trouble::too_large:
      return "answer-too-large";
    case Trouble::malformed:
      return "protocol-error";
    case Trouble::local:
    case Trouble::not_permitted:
      return "gateway-limit";
    case Trouble::no_route:
      return "gateway-no-route";
  }
  return "internal-error";
}

}  // namespace

Check good(Rung rung, std::int64_t took_us) {
  return {.rung = rung, .outcome = Outcome::ok, .reason = ReasonId::none, .words = {}, .took_us = took_us};
}

Check bad(Rung rung, ReasonId why, std::string_view words, std::int64_t took_us) {
  const Effect effect = reason(why).effect;
  const Outcome outcome = effect == Effect::down      ? Outcome::failed
                          : effect == Effect::unknown ? Outcome::unknown
                                                      : Outcome::ok;
  return {.rung = rung, .outcome = outcome, .reason = why, .words = clean_words(words), .took_us = took_us};
}

Check check_of(Rung rung, Trouble trouble, std::string_view words, std::int64_t took_us) {
  if (trouble == Trouble::none) return good(rung, took_us);
  return bad(rung, reason_id(reason_code(rung, trouble)), words, took_us);
}

void not_tested_up_to(Finding& finding, Rung depth) {
  std::erase_if(finding.checks, [depth](const Check& check) { return check.rung > depth; });
  auto next = finding.checks.empty() ? 0 : static_cast<std::size_t>(finding.checks.back().rung) + 1;
  for (; next <= static_cast<std::size_t>(depth); ++next)
    finding.checks.push_back({.rung = static_cast<Rung>(next),
                              .outcome = Outcome::not_tested,
                              .reason = ReasonId::none,
                              .words = {},
                              .took_us = 0});
}

}  // namespace commune_watch
