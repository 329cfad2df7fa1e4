// Lines of integers; shares with two decimals and a point.
#include "evidence/figures.hpp"

#include <array>
#include <optional>

#include "domain/availability.hpp"

namespace commune_watch::evidence {
namespace {

constexpr std::string_view kHeader =
    "\xEF\xBB\xBFthiết "
    "bị,loại,kỳ,T,U,D,D_đường_truyền,D_mất_điện,D_điểm_giám_sát,M,N,B,A_conn,A_dev,K,thấp,cao,"
    "U_đính_chính,D_đính_chính,M_đính_chính,N_đính_chính,A_conn_đính_chính\n";

std::string share(const std::optional<Figure>& figure) {
  if (!figure) return {};
  const auto whole = figure->floor_1e4 / 100, part = figure->floor_1e4 % 100;
  return std::to_string(whole) + (part < 10 ? ".0" : ".") + std::to_string(part);
}

std::string dashed(std::int32_t yyyymmdd) {
  const auto text = std::to_string(yyyymmdd);
  return text.substr(0, 4) + '-' + text.substr(4, 2) + '-' + text.substr(6);
}

class Lines {
 public:
  Lines(std::string& out, const Replay::Name& device) : out_(&out) {
    head_ = device.id + ',' + std::string(code(device.kind)) + ',';
  }
  // False: the device was not watched in it, and there is no line.
  bool add(std::string_view when, const Availability& a, const Availability& c) {
    const Totals& t = a.totals;
    if (t.time() == 0) return false;
    *out_ += head_;
    *out_ += when;
    for (const Millis ms : {t.time(), t.up, t.down, t.down_upstream, t.down_mains, t.down_monitoring_point,
                            t.maintenance, t.unknown, t.blips})
      *out_ += ',' + std::to_string(ms);
    for (const auto& figure : {a.connected, a.device, a.coverage, a.low, a.high})
      *out_ += ',' + share(figure);
    for (const Millis ms : {c.totals.up, c.totals.down, c.totals.maintenance, c.totals.unknown})
      *out_ += ',' + std::to_string(ms);
    *out_ += ',' + share(c.connected) + '\n';
    return true;
  }

 private:
  std::string* out_;
  std::string head_;
};

}  // namespace

std::string figures_csv(Replay& replay, Period period, std::string_view name) {
  std::string out(kHeader);
  const Zone zone = replay.zone();
  const Millis now = replay.utc_now().value_or(period.from);
  const auto days = local_days(zone, period);
  for (const auto& device : replay.devices()) {
    const auto input = replay.figures(device, period);
    const auto whole = availability(input, period, now, zone);
    if (whole.totals.time() == 0) continue;
    Lines lines(out, device);
    for (const Period& day : days) {
      if (day.from >= now) break;
      lines.add(dashed(local_date(zone, day.from).yyyymmdd()), availability(input, day, now, zone),
                corrected(input, day, now, zone));
    }
    lines.add(name, whole, corrected(input, period, now, zone));
  }
  return out;
}

}  // namespace commune_watch::evidence
