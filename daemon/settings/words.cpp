// The small languages inside configuration values.
#include "settings/words.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace commune_watch {
namespace {

constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr int kDay = 1440, kWeek = 7 * kDay;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_alnum(char c) { return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z'); }

std::optional<std::int64_t> number(std::string_view digits) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

struct Unit {
  std::string_view name;
  Millis millis;
};
constexpr std::array<Unit, 5> kUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"s", 1'000}, {"ms", 1}}};

}  // namespace

std::string trouble_with_id(std::string_view id) {
  if (id.empty()) return "empty; an id is made of a-z, 0-9 and '-'";
  if (id.size() > 63) return "longer than 63 characters";
  if (!std::ranges::all_of(id, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; })) {
    return "an id is made of a-z, 0-9 and '-' only: no capitals, spaces or diacritics";
  }
  if (id.front() == '-' || id.back() == '-') return "an id neither begins nor ends with '-'";
  return {};
}

Result<Millis> parse_duration(std::string_view text) {
  const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  const std::string_view unit = text.substr(digits);
  const auto value = number(text.substr(0, digits));
  const auto known = std::ranges::find(kUnits, unit, &Unit::name);
  if (!value || known == kUnits.end()) {
    return fail(
        "not a duration; write a whole number with its unit: \"300ms\", \"60s\", \"5min\", \"2h\" or \"1d\"");
  }
  if (*value > 366 * 86'400'000LL / known->millis) return fail("longer than a year");
  return *value * known->millis;
}

std::string duration_text(Millis value) {
  for (const Unit& unit : kUnits) {
    if (value != 0 && value % unit.millis == 0) return fmt::format("{}{}", value / unit.millis, unit.name);
  }
  return fmt::format("{}ms", value);
}

Result<std::array<bool, 7>> parse_days(std::string_view text) {
  std::array<bool, 7> days{};
  if (text == "daily") {
    days.fill(true);
    return days;
  }
  for (const std::string_view part : split(text, ',')) {
    const std::size_t dash = part.find('-');
    const auto first = std::ranges::find(kDays, part.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : std::ranges::find(kDays, part.substr(dash + 1));
    if (first == kDays.end() || last == kDays.end()) {
      return fail(
          "days are written mon tue wed thu fri sat sun, a range \"mon-fri\", a list \"mon,wed\", or "
          "\"daily\"");
    }
    const auto from = static_cast<std::size_t>(first - kDays.begin()),
               to = static_cast<std::size_t>(last - kDays.begin());
    for (std::size_t day = from;; day = (day + 1) % 7) {
      days[day] = true;
      if (day == to) break;
    }
  }
  return days;
}

Result<int> parse_clock(std::string_view text, bool is_end) {
  if (text.size() == 5 && text[2] == ':' && is_digit(text[0]) && is_digit(text[1]) && is_digit(text[3]) &&
      is_digit(text[4])) {
    const int hour = (text[0] - '0') * 10 + (text[1] - '0'), minute = (text[3] - '0') * 10 + (text[4] - '0');
    if ((hour < 24 && minute < 60) || (is_end && hour == 24 && minute == 0)) return hour * 60 + minute;
  }
  return fail(is_end ? "a time is written HH:MM, 00:00 to 24:00" : "a time is written HH:MM, 00:00 to 23:59");
}

Result<std::vector<Hours::Slot>> parse_hours(const std::vector<std::string>& texts) {
  std::vector<Hours::Slot> slots;
  for (const std::string_view text : texts) {
    const std::size_t space = text.find(' ');
    const std::size_t dash = space == std::string_view::npos ? space : text.find('-', space);
    if (dash == std::string_view::npos) return fail("service hours are written \"mon-fri 08:00-17:00\"");
    const auto days = parse_days(text.substr(0, space));
    if (!days) return std::unexpected{days.error()};
    const auto from = parse_clock(text.substr(space + 1, dash - space - 1), false);
    if (!from) return std::unexpected{from.error()};
    const auto to = parse_clock(text.substr(dash + 1), true);
    if (!to) return std::unexpected{to.error()};
    const int length = *to > *from ? *to - *from : *to + kDay - *from;
    for (int day = 0; day < 7; ++day) {
      if (!(*days)[static_cast<std::size_t>(day)]) continue;
      const int begin = day * kDay + *from, end = begin + length;
      slots.push_back({begin, std::min(end, kWeek)});
      if (end > kWeek) slots.push_back({0, end - kWeek});
    }
  }
  std::ranges::sort(slots, {}, &Hours::Slot::from_minute);
  std::vector<Hours::Slot> merged;
  for (const Hours::Slot& slot : slots) {
    if (!merged.empty() && slot.from_minute <= merged.back().to_minute) {
      merged.back().to_minute = std::max(merged.back().to_minute, slot.to_minute);
    } else {
      merged.push_back(slot);
    }
  }
  if (merged.size() == 1 && merged[0] == Hours::Slot{0, kWeek}) merged.clear();
  return merged;
}

bool is_host(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  std::array<unsigned char, 16> address{};
  const std::string host{text.substr(0, text.find('%'))};
  const std::string_view scope = text.substr(std::min(host.size() + 1, text.size()));  // fe80::1%eth0
  if (!std::ranges::all_of(scope, [](char c) { return is_alnum(c) || c == '.' || c == '-' || c == '_'; }))
    return false;
  if (host.find(':') != std::string::npos) return inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
  if (text.find_first_not_of("0123456789.") == std::string_view::npos)
    return inet_pton(AF_INET, host.c_str(), address.data()) == 1;
  return std::ranges::all_of(split(text, '.'), [](std::string_view label) {
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, [](char c) { return is_alnum(c) || c == '-' || c == '_'; });
  });
}

bool has_login(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view rest = url.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of("/?#")).find('@') != std::string_view::npos;
}

bool is_plain_text(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace commune_watch
