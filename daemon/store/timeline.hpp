// The projections read back in mapped UTC: spans, blips, terms, maintenance, incidents (DESIGN §4 "Time").
//
// Spans are stored on the clock of their boot and mapped when they are read, so an anchor that comes later
// corrects the whole boot. A boot of which no anchor is trusted is unsure: all that is known is that it lay
// between the last sign of life of the sure boot before it and the beginning of the sure one after it. That
// bracket is unknown(clock-unsure); states and blips of the boot count for nothing, its moments are put as
// late in the bracket as they can have been, or, while no sure boot follows, where its own clock says, but
// not before the bracket.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/availability.hpp"
#include "domain/clock.hpp"
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

  [[nodiscard]] const ClockMap& clock_map() const { return clock_; }
  // By the boot's trusted anchors, or where an unsure boot is put; absent if no run of that boot is known.
  [[nodiscard]] std::optional<Millis> utc(Moment at) const;
  [[nodiscard]] std::optional<Millis> told_utc(Moment at, Moment recorded);
  [[nodiscard]] const std::vector<Run>& runs() const { return runs_; }
  void alive(Moment at);  // of the last run, if it has not ended

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
  struct Mapped {
    Run run;
    Period utc;
  };
  // A boot that nobody vouches for: bt + offset, but not outside of [floor, ceiling].
  struct Unsure {
    std::uint32_t boot = 0;
    Millis first = 0, last = 0;  // bt of its first run's beginning and of its last sign of life
    Millis offset = 0, floor = 0, ceiling = 0;
    [[nodiscard]] Millis put(Millis bt) const;
    [[nodiscard]] Millis length() const { return last > first ? last - first : 0; }
  };
  struct Bracket {
    Period period;
    std::uint32_t last_boot = 0;
  };
  void remap();
  void find_doubts();
  void find_unsure();
  using Edges = std::pair<std::optional<Millis>, std::optional<Millis>>;
  void place(std::vector<Unsure> group, const Edges& edges);
  void read_spans(std::vector<Span>& all, DeviceId device, Period period, std::optional<Moment> now);
  [[nodiscard]] bool known_by(DeviceId device, std::uint32_t boot);
  [[nodiscard]] Millis end_of(const Run& run, std::optional<Moment> now) const;
  [[nodiscard]] std::optional<Period> mapped(std::uint32_t run, Millis from_bt, Millis to_bt,
                                             std::optional<Moment> now) const;
  void emit(std::vector<Span>& spans, Span span, Period period) const;
  using Roots = std::map<std::string, std::optional<DeviceId>, std::less<>>;
  std::optional<DeviceId> root_of(std::string_view name, Roots& known);

  Statement runs_query_, anchors_query_, spans_query_, root_query_, blips_query_, terms_query_, known_query_,
      maintenance_query_, incidents_query_;
  std::vector<Run> runs_;        // by id, which is also their order of birth
  std::vector<Anchor> anchors_;  // ascending
  ClockMap clock_;
  ClockMap then_;  // by the first `then_anchors_` of them
  std::size_t then_anchors_ = 0;
  bool ended_ = true;             // the last run has an end in the log
  std::vector<Mapped> mapped_;    // runs of sure boots, by id
  std::vector<Period> doubtful_;  // claimed by two runs: unknown(clock-unsure); disjoint, ascending
  std::vector<Unsure> unsure_;    // by boot
  std::vector<Bracket> brackets_;
};

}  // namespace commune_watch::store
