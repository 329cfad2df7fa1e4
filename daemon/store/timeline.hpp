// The projections read back in mapped UTC: spans, blips, terms, maintenance, incidents (DESIGN §4 "Time").
//
// Spans are stored on the clock of their boot and mapped when they are read, so an anchor that comes later
// corrects the whole boot; where each moment falls, and which time nobody can vouch for, is
// domain/run_map.hpp's.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/availability.hpp"
#include "domain/clock.hpp"
#include "domain/run_map.hpp"
#include "store/sql.hpp"
#include "store/store.hpp"

namespace commune_watch::store {

class Timeline {
 public:
  // `last_alive`: the last sign of life of a run that no record has ended. Runs and anchors are read again by
  // load().
  explicit Timeline(Sql& sql);
  void load(std::optional<Moment> last_alive);
  void add_anchor(const Anchor& anchor);

  [[nodiscard]] const ClockMap& clock_map() const { return map_.clock(); }
  // By the boot's trusted anchors, or where an unsure boot is put; absent if no run of that boot is known.
  [[nodiscard]] std::optional<Millis> utc(Moment at) const { return map_.utc(at); }
  [[nodiscard]] std::optional<Millis> told_utc(Moment at, Moment recorded);
  [[nodiscard]] const std::vector<Run>& runs() const { return map_.runs(); }
  void alive(Moment at) { map_.alive(at); }  // of the last run, if it has not ended

  // `now`: of the running run, which has not ended; absent: nobody runs, the last run ends at its last sign
  // of life.
  std::vector<Span> spans(DeviceId device, Period period, std::optional<Moment> now);
  std::vector<BlipSpan> blips(DeviceId device, Period period, std::optional<Moment> now);
  std::vector<DatedTerms> terms(DeviceId device);
  // Those whose scope is the device's configuration id, "place/ID" of a place that it is or was in, or "*".
  std::vector<Maintenance> maintenance(DeviceId device, const std::string& name, Period period);
  std::vector<MaintenanceWindow> windows(Period period);
  std::vector<IncidentSpan> incidents(Period period, std::optional<Moment> now);

 private:
  void remap();
  void read_spans(std::vector<Span>& all, DeviceId device, Period period, std::optional<Moment> now);
  [[nodiscard]] bool known_by(DeviceId device, std::uint32_t boot);
  // As RunMap::counted(), by the run's number.
  [[nodiscard]] std::optional<Period> counted(std::uint32_t run, Millis from_bt, Millis to_bt,
                                              std::optional<Moment> now) const;
  using Roots = std::map<std::string, std::optional<DeviceId>, std::less<>>;
  std::optional<DeviceId> root_of(std::string_view name, Roots& known);

  Statement runs_query_, anchors_query_, spans_query_, root_query_, blips_query_, terms_query_, known_query_,
      maintenance_query_, incidents_query_;
  std::vector<Anchor> anchors_;  // ascending
  RunMap map_;                   // run number n is its n-1st
  ClockMap then_;                // by the first `then_anchors_` anchors
  std::size_t then_anchors_ = 0;
};

}  // namespace commune_watch::store
