// Written 24 times a day, so its statements are made when they are needed.
#include "store/hourly.hpp"

#include <algorithm>

namespace commune_watch::store {
namespace {

constexpr Millis kHour = 3'600'000;
constexpr Millis kKept = 2 * 366 * 24 * kHour;
constexpr Millis kPrunedAtOnce = 48 * kHour;  // a wall clock that is years ahead must not empty the table
constexpr std::size_t kMostHours = 48;        // in memory, while the disk refuses

void merge(HourlyFact& into, const HourlyFact& from) {
  if (into.count == 0) {
    into = from;
    return;
  }
  into.count += from.count;
  into.sum += from.sum;
  into.min = std::min(into.min, from.min);
  into.max = std::max(into.max, from.max);
}

}  // namespace

void Hourly::add(const HourlyFact& fact) {
  if (fact.count <= 0) return;
  running_ = fact.hour_utc;
  merge(hours_[fact.hour_utc][{fact.device, fact.fact}], fact);
  if (hours_.size() > kMostHours)
    hours_.erase(hours_.begin()->first == running_ ? std::next(hours_.begin()) : hours_.begin());
}

bool Hourly::due(bool all) const {
  return std::any_of(hours_.begin(), hours_.end(),
                     [&](const auto& hour) { return all || hour.first != running_; });
}

void Hourly::write(Sql& sql, bool all) const {
  Statement name(sql, "INSERT OR IGNORE INTO fact(name) VALUES(?1)");
  Statement row(sql,
                "INSERT INTO hourly(hour, device, fact, n, min, sum, max)"
                " VALUES(?1, ?2, (SELECT id FROM fact WHERE name = ?3), ?4, ?5, ?6, ?7)"
                " ON CONFLICT DO UPDATE SET n = n + excluded.n, sum = sum + excluded.sum,"
                " min = min(min, excluded.min), max = max(max, excluded.max)");
  for (const auto& [hour, facts] : hours_) {
    if (!all && hour == running_) continue;
    for (const auto& [key, fact] : facts) {
      name.run(fact.fact);
      row.run(hour, static_cast<std::uint32_t>(key.first), fact.fact, fact.count, fact.min, fact.sum,
              fact.max);
    }
    Statement(sql, "DELETE FROM hourly WHERE hour < ?1 AND hour < (SELECT min(hour) FROM hourly) + ?2")
        .run(hour - kKept, kPrunedAtOnce);
  }
}

void Hourly::forget(bool all) {
  std::erase_if(hours_, [&](const auto& hour) { return all || hour.first != running_; });
}

std::vector<HourlyFact> Hourly::read(Sql& sql, DeviceId device, Period period) const {
  std::map<std::pair<Millis, std::string>, HourlyFact> merged;
  // Hour by hour, for the rows of an hour lie together so that they are written together.
  Statement statement(
      sql,
      "WITH RECURSIVE hours(hour) AS (SELECT min(hour) FROM hourly WHERE hour >= ?2"
      " UNION ALL SELECT (SELECT min(next.hour) FROM hourly next WHERE next.hour > hours.hour) FROM hours"
      " WHERE hours.hour < ?3)"
      " SELECT h.hour, f.name, h.n, h.min, h.sum, h.max FROM hours CROSS JOIN hourly h ON h.hour = hours.hour"
      " JOIN fact f ON f.id = h.fact WHERE h.device = ?1 AND h.hour < ?3");
  auto rows = statement.rows(static_cast<std::uint32_t>(device), period.from, period.to);
  while (rows.next()) {
    const HourlyFact fact{rows.integer(0), device,          std::string(rows.text(1)),
                          rows.integer(2), rows.integer(3), rows.integer(4),
                          rows.integer(5)};
    merge(merged[{fact.hour_utc, fact.fact}], fact);
  }
  for (auto hour = hours_.lower_bound(period.from); hour != hours_.end() && hour->first < period.to; ++hour) {
    for (const auto& [key, fact] : hour->second) {
      if (key.first == device) merge(merged[{fact.hour_utc, fact.fact}], fact);
    }
  }
  std::vector<HourlyFact> all;
  for (auto& [key, fact] : merged) all.push_back(std::move(fact));
  return all;
}

}  // namespace commune_watch::store
