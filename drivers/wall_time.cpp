// Fixed shapes, read digit by digit: what does not fit is no time.
#include "drivers/wall_time.hpp"

#include <array>
#include <charconv>

#include "domain/period.hpp"

namespace commune_watch {
namespace {

constexpr Millis kSecond = 1'000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
constexpr Millis kMostEast = 14 * kHour;

struct Reader {
  std::string_view rest;
  // One to `most` digits, then `after` unless that is 0.
  std::optional<int> number(std::size_t most, char after) {
    int value = 0;
    const auto* const end = rest.data() + std::min(most, rest.size());
    const auto read = std::from_chars(rest.data(), end, value);
    if (read.ec != std::errc() || value < 0) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
    if (after == 0) return value;
    if (rest.empty() || (rest.front() != after && !(after == 'T' && rest.front() == ' ')))
      return std::nullopt;
    rest.remove_prefix(1);
    return value;
  }
};

std::optional<Millis> hours_and_minutes(Reader& reader) {
  const auto hours = reader.number(2, ':'), minutes = reader.number(2, 0);
  if (!hours || !minutes || *minutes > 59) return std::nullopt;
  const Millis length = *hours * kHour + *minutes * kMinute;
  return length <= kMostEast ? std::optional(length) : std::nullopt;
}

// What stands behind the seconds of a time.
std::optional<std::string_view> after_seconds(std::string_view text) {
  Reader reader{text};
  for (const char after : {'-', '-', 'T', ':', ':'})
    if (!reader.number(4, after)) return std::nullopt;
  if (!reader.number(2, 0)) return std::nullopt;
  if (reader.rest.starts_with('.')) {
    const auto end = reader.rest.find_first_not_of("0123456789", 1);
    reader.rest.remove_prefix(std::min(end, reader.rest.size()));
  }
  return reader.rest;
}

}  // namespace

std::optional<Millis> wall_of(std::string_view text) {
  Reader reader{text};
  const auto year = reader.number(4, '-'), month = reader.number(2, '-'), day = reader.number(2, 'T');
  const auto hour = reader.number(2, ':'), minute = reader.number(2, ':'), second = reader.number(2, 0);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (*month < 1 || *month > 12 || *day < 1 || *day > 31 || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;
  static const Zone kUtc({{0, 0}});
  return kUtc.midnight(*year, *month, *day) + *hour * kHour + *minute * kMinute + *second * kSecond;
}

std::string wall_text(Millis wall) { return utc_text(wall).substr(0, 19) + "Z"; }

std::optional<Millis> offset_of(std::string_view text) {
  const auto rest = after_seconds(text);
  if (!rest || rest->empty()) return std::nullopt;
  if (rest->front() == 'Z') return 0;
  if (rest->front() != '+' && rest->front() != '-') return std::nullopt;
  Reader reader{rest->substr(1)};
  const auto length = hours_and_minutes(reader);
  if (!length) return std::nullopt;
  return rest->front() == '-' ? -*length : *length;
}

std::optional<Millis> posix_offset_of(std::string_view zone) {
  const auto sign = zone.find_first_of("+-");
  if (sign == std::string_view::npos || sign == 0) return std::nullopt;
  Reader reader{zone.substr(sign + 1)};
  const auto length = hours_and_minutes(reader);
  if (!length) return std::nullopt;
  return zone[sign] == '-' ? *length : -*length;
}

std::optional<Millis> instant_of(std::string_view text) {
  constexpr std::int64_t kMilliseconds = 100'000'000'000;  // as seconds: the year 5138
  std::int64_t number = 0;
  const auto* const end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, number);
      read.ec == std::errc() && read.ptr == end) {
    if (number < 0 || number > 100 * kMilliseconds) return std::nullopt;
    return number < kMilliseconds ? number * kSecond : number;
  }
  const auto wall = wall_of(text), offset = offset_of(text);
  return wall && offset ? std::optional(*wall - *offset) : std::nullopt;
}

}  // namespace commune_watch
