// Facts into metric families, written by prometheus-cpp's serializer; see prometheus.hpp.
#include "publish/prometheus.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <sstream>

namespace commune_watch::publish {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Scrape {
 public:
  explicit Scrape(const Names& names) {
    common_ = {{"commune", names.commune}, {"gateway", names.gateway}};
    if (names.simulated) common_.push_back({"simulated", "true"});
  }

  MetricFamily family(std::string_view name, std::string_view help, MetricType type) const {
    MetricFamily made;
    made.name = "commune_watch_" + std::string{name};
    made.help = help;
    made.type = type;
    return made;
  }

  void add(MetricFamily& family, double value, Labels labels = {}) const {
    ClientMetric metric;
    metric.label = common_;
    for (ClientMetric::Label& label : labels) metric.label.push_back(std::move(label));
    if (family.type == MetricType::Counter)
      metric.counter.value = value;
    else
      metric.gauge.value = value;
    family.metric.push_back(std::move(metric));
  }

 private:
  Labels common_;
};

std::string text(std::string_view value) { return std::string{value}; }

}  // namespace

std::string exposition(const Names& names, const std::vector<DeviceSample>& devices, const Health& health) {
  const Scrape scrape{names};
  MetricFamily up = scrape.family("device_up", "1 up, 0 down; absent while unknown", MetricType::Gauge);
  MetricFamily info = scrape.family("device_info", "What a device is; always 1", MetricType::Gauge);
  MetricFamily state =
      scrape.family("device_state", "1 for the state that people see, 0 for the others", MetricType::Gauge);
  MetricFamily why =
      scrape.family("device_reason_info", "Why a device is not simply up; always 1", MetricType::Gauge);
  MetricFamily since =
      scrape.family("device_state_since_seconds", "When the present state began, UTC", MetricType::Gauge);
  MetricFamily took =
      scrape.family("probe_duration_seconds", "Time that the last check of a rung took", MetricType::Gauge);
  MetricFamily passed = scrape.family(
      "probe_success", "1 if the last check of a rung was good, 0 if it failed", MetricType::Gauge);
  MetricFamily spent = scrape.family(
      "availability_milliseconds_total",
      "Time by class in the current local month: A_conn = up/(up+down), K = (up+down)/(T-maintenance)",
      MetricType::Counter);

  for (const DeviceSample& device : devices) {
    const Labels who{{"device", device.meta.id}, {"kind", text(code(device.meta.kind))}};
    const auto with = [&](Labels more) {
      more.insert(more.begin(), who.begin(), who.end());
      return more;
    };
    const Standing& standing = device.facts.live.standing;
    if (standing.state != State::unknown) scrape.add(up, standing.state == State::up ? 1 : 0, who);
    scrape.add(
        info, 1,
        with({{"name", device.meta.name}, {"place", device.meta.place}, {"hamlet", device.meta.hamlet}}));
    for (const std::string_view one : {"up", "down", "unknown", "maintenance"})
      scrape.add(state, one == state_code(device.facts) ? 1 : 0, with({{"state", text(one)}}));
    if (standing.reason != ReasonId::none)
      scrape.add(
          why, 1,
          with({{"reason", text(reason(standing.reason).code)}, {"cause", text(code(standing.cause))}}));
    for (const ReasonId warning : standing.warnings)
      scrape.add(why, 1, with({{"reason", text(reason(warning).code)}, {"cause", "warning"}}));
    if (device.facts.since) scrape.add(since, static_cast<double>(*device.facts.since) / 1e3, who);
    for (const Check& check : device.facts.live.checks) {
      if (check.outcome == Outcome::not_tested) continue;
      scrape.add(took, static_cast<double>(check.took_us) / 1e6, with({{"rung", text(code(check.rung))}}));
      if (check.outcome != Outcome::unknown)
        scrape.add(passed, check.outcome == Outcome::ok ? 1 : 0, with({{"rung", text(code(check.rung))}}));
    }
    const Totals& totals = device.totals;
    const std::pair<std::string_view, Millis> classes[] = {{"up", totals.up},
                                                           {"down", totals.down},
                                                           {"maintenance", totals.maintenance},
                                                           {"unknown", totals.unknown}};
    for (const auto& [name, value] : classes)
      scrape.add(spent, static_cast<double>(value), with({{"class", text(name)}}));
  }

  std::vector<MetricFamily> families;
  for (MetricFamily* family : {&up, &info, &state, &why, &since, &took, &passed, &spent})
    if (!family->metric.empty()) families.push_back(std::move(*family));
  for (const HealthRow& row : health_rows()) {
    MetricFamily family =
        scrape.family(row.name, row.help, row.counter ? MetricType::Counter : MetricType::Gauge);
    scrape.add(family, static_cast<double>(row.value(health)));
    families.push_back(std::move(family));
  }
  MetricFamily build = scrape.family("build_info", "The running version; always 1", MetricType::Gauge);
  scrape.add(build, 1, {{"version", health.version}});
  families.push_back(std::move(build));

  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, families);
  return out.str();
}

}  // namespace commune_watch::publish
