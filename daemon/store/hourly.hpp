// Hourly aggregates of measured numbers: merged in memory while their hour runs, one row each once it is
// over, kept for two years.
#pragma once
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/sql.hpp"
#include "store/store.hpp"

namespace commune_watch::store {

class Hourly {
 public:
  void add(const HourlyFact& fact);
  // Hours other than the one that was last added to are over. `all`: the running one too (a stop).
  [[nodiscard]] bool due(bool all) const;
  // In the caller's transaction; forget() what was written only after it was committed.
  void write(Sql& sql, bool all) const;
  void forget(bool all);
  // Of the device in hours that begin within the period: the file's rows with those in memory merged in.
  std::vector<HourlyFact> read(Sql& sql, DeviceId device, Period period) const;

 private:
  using Key = std::pair<DeviceId, std::string>;
  std::map<Millis, std::map<Key, HourlyFact>> hours_;
  Millis running_ = 0;
};

}  // namespace commune_watch::store
