// Reading and writing periods, instants and lengths of time.
#include "domain/period.hpp"

#include <algorithm>
#include <array>

namespace commune_watch {
namespace {

constexpr Millis kSecond = 1'000;
constexpr Millis kMinute = 60 * kSecond;
constexpr Millis kHour = 60 * kMinute;
constexpr Millis kDay = 24 * kHour;
constexpr Millis kLongest = 36'525 * kDay;  // 100 years

// Exactly `count` decimal digits, taken off the front of the text.
std::optional<int> digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

int days_in(int year, int month) {
  const Date next = month == 12 ? Date{year + 1, 1, 1} : Date{year, month + 1, 1};
  for (int day = 31;; --day) {
    if (next_day({year, month, day}) == next) return day;
  }
}

std::optional<int> take_year(std::string_view& text) {
  const auto year = digits(text, 4);
  return year && *year >= 1970 ? year : std::nullopt;
}

std::optional<Date> take_date(std::string_view& text) {
  const auto year = take_year(text);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = digits(text, 2);
  if (!month || *month < 1 || *month > 12 || !take(text, '-')) return std::nullopt;
  const auto day = digits(text, 2);
  if (!day || *day < 1 || *day > days_in(*year, *month)) return std::nullopt;
  return Date{*year, *month, *day};
}

// "21:30" or "21:30:05" as milliseconds of the day.
std::optional<Millis> take_time(std::string_view& text) {
  const auto hour = digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  int second = 0;
  if (take(text, ':')) {
    const auto given = digits(text, 2);
    if (!given || *given > 59) return std::nullopt;
    second = *given;
  }
  return *hour * kHour + *minute * kMinute + second * kSecond;
}

Millis midnight(const Zone& zone, Date date) { return zone.midnight(date.year, date.month, date.day); }

Period months(const Zone& zone, int year, int month, int count) {
  const int last = month - 1 + count;  // months since January, one past the end
  return {zone.midnight(year, month, 1), zone.midnight(year + last / 12, last % 12 + 1, 1)};
}

Period day(const Zone& zone, Date date) { return {midnight(zone, date), midnight(zone, next_day(date))}; }

// The instant at which local clocks show that time of that day (of two, where summer time repeats an hour,
// the second).
Millis at_local(const Zone& zone, Date date, Millis time) {
  const Millis local = Zone({{0, 0}}).midnight(date.year, date.month, date.day) + time;
  const Millis guess = local - zone.offset(local);
  return local - zone.offset(guess);
}

std::optional<Period> back_from(std::string_view text, Millis now) {
  const std::size_t length = std::min(text.find_first_not_of("0123456789"), text.size());
  if (length == 0 || length > 6 || length + 1 != text.size()) return std::nullopt;
  const Millis count = *digits(text, length);
  const Millis unit = text == "d"   ? kDay
                      : text == "h" ? kHour
                      : text == "m" ? kMinute
                      : text == "s" ? kSecond
                                    : 0;
  if (unit == 0 || count == 0) return std::nullopt;
  return Period{now - count * unit, now};
}

std::optional<Period> calendar(std::string_view text, const Zone& zone) {
  const std::string_view whole = text;
  const auto year = take_year(text);
  if (!year) return std::nullopt;
  if (text.empty()) return months(zone, *year, 1, 12);
  if (!take(text, '-')) return std::nullopt;
  if (take(text, 'Q')) {
    const auto quarter = digits(text, 1);
    if (!quarter || *quarter < 1 || *quarter > 4 || !text.empty()) return std::nullopt;
    return months(zone, *year, *quarter * 3 - 2, 3);
  }
  const auto month = digits(text, 2);
  if (!month || *month < 1 || *month > 12) return std::nullopt;
  if (text.empty()) return months(zone, *year, *month, 1);
  text = whole;
  const auto first = take_date(text);
  if (!first) return std::nullopt;
  if (text.empty()) return day(zone, *first);
  if (!text.starts_with("..")) return std::nullopt;
  text.remove_prefix(2);
  const auto last = take_date(text);
  if (!last || !text.empty() || *last < *first) return std::nullopt;
  return Period{midnight(zone, *first), midnight(zone, next_day(*last))};
}

std::string padded(std::int64_t value, std::size_t width) {
  std::string text = std::to_string(value);
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

std::string date_text(Date date) {
  return padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2);
}

std::string time_text(Millis of_day) {
  return padded(of_day / kHour, 2) + ":" + padded(of_day / kMinute % 60, 2) + ":" +
         padded(of_day / kSecond % 60, 2);
}

Millis of_day(Millis local) { return (local % kDay + kDay) % kDay; }

}  // namespace

Result<Period> parse_period(std::string_view text, const Zone& zone, Millis now) {
  const Date today = local_date(zone, now);
  if (text == "today") return day(zone, today);
  if (text == "yesterday") return day(zone, local_date(zone, midnight(zone, today) - 1));
  if (text == "month") return months(zone, today.year, today.month, 1);
  auto period = back_from(text, now);
  if (!period) period = calendar(text, zone);
  if (period && (period->from < midnight(zone, {1970, 1, 1}) || period->length() > kLongest))
    return fail("a period begins in 1970 at the earliest and lasts 100 years at most");
  if (period) return *period;
  return fail(
      "không phải một kỳ; hãy viết / not a period: write 2026, 2026-Q3, 2026-11, 2026-11-14, "
      "2026-11-01..2026-11-15, today, yesterday, "
      "month, or 7d, "
      "24h, 30m, 90s back from now");
}

Result<Millis> parse_instant(std::string_view text, const Zone& zone, Millis now) {
  const auto wrong = [] {
    return fail(
        "not a time: write '2026-11-14 21:30' or 21:30 in local time, or 2026-11-14T14:30:05Z in UTC");
  };
  std::string_view rest = text;
  if (const auto date = take_date(rest)) {
    if (!take(rest, ' ') && !take(rest, 'T')) return wrong();
    const auto time = take_time(rest);
    if (!time) return wrong();
    const bool utc = take(rest, 'Z');
    if (!rest.empty()) return wrong();
    return at_local(utc ? Zone({{0, 0}}) : zone, *date, *time);
  }
  rest = text;
  const auto time = take_time(rest);
  if (!time || !rest.empty()) return wrong();
  const Date today = local_date(zone, now);
  const Millis at = at_local(zone, today, *time);
  return at <= now ? at : at_local(zone, local_date(zone, midnight(zone, today) - 1), *time);
}

std::string utc_text(Millis utc) {
  const Zone zone({{0, 0}});
  return date_text(local_date(zone, utc)) + "T" + time_text(of_day(utc)) + "." +
         padded(of_day(utc) % kSecond, 3) + "Z";
}

std::string local_text(Millis utc, const Zone& zone) {
  return date_text(local_date(zone, utc)) + " " + time_text(of_day(utc + zone.offset(utc)));
}

std::string duration_text(Millis length, Language language) {
  const bool vi = language == Language::vi;
  const Millis t = std::max<Millis>(length, 0);
  const auto two = [&](Millis count, std::string_view unit, Millis rest, std::string_view rest_unit,
                       std::size_t width) {
    return std::to_string(count) + " " + std::string(unit) + " " + padded(rest, width) + " " +
           std::string(rest_unit);
  };
  if (t < kMinute) return std::to_string(t / kSecond) + (vi ? " giây" : " s");
  if (t < kHour) return std::to_string(t / kMinute) + (vi ? " phút" : " min");
  if (t <= 2 * kDay) return two(t / kHour, vi ? "giờ" : "h", t / kMinute % 60, vi ? "phút" : "min", 2);
  return two(t / kDay, vi ? "ngày" : "d", t / kHour % 24, vi ? "giờ" : "h", 1);
}

}  // namespace commune_watch
