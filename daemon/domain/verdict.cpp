// Verdicts by bounds (CRITERIA.md "Rules that hold for every row").
#include <array>

#include "domain/availability.hpp"

namespace commune_watch {
namespace {

struct Row {
  std::string_view code, vi, en;
};
constexpr std::array<Row, 4> kVerdicts{{{"met", "Đạt", "met"},
                                        {"not-met", "Không đạt", "not met"},
                                        {"insufficient", "Chưa đủ căn cứ", "insufficient evidence"},
                                        {"not-applicable", "Không áp dụng", "not applicable"}}};
constexpr std::array<Row, 3> kBars{
    {{"maintenance", "bảo trì trên 10 % thời gian", "maintenance over 10 % of the time"},
     {"observed", "quan sát dưới một phần tư kỳ", "less than a quarter of the period observed"},
     {"hours", "giờ phục vụ dưới 20 giờ một tuần", "service hours under 20 a week"}}};

}  // namespace

std::string_view code(Verdict verdict) { return kVerdicts.at(static_cast<std::size_t>(verdict)).code; }

std::string_view name(Verdict verdict, Language language) {
  const Row& row = kVerdicts.at(static_cast<std::size_t>(verdict));
  return language == Language::vi ? row.vi : row.en;
}

std::string_view name(Bar bar, Language language) {
  const Row& row = kBars.at(static_cast<std::size_t>(bar));
  return language == Language::vi ? row.vi : row.en;
}

std::optional<Bar> barred(const Availability& availability) {
  const Totals& t = availability.totals;
  if (t.maintenance * 10'000 > t.time() * kMaxMaintenance) return Bar::maintenance;
  if ((t.up + t.down) * 10'000 < t.service * kMinObserved) return Bar::observed;
  if (t.weekly_minutes < kMinWeeklyMinutes) return Bar::hours;
  return std::nullopt;
}

Verdict judge(const Availability& availability, std::int32_t threshold_1e4) {
  if (!availability.low || !availability.high) return Verdict::insufficient;
  if (availability.high->floor_1e4 < threshold_1e4) return Verdict::not_met;
  if (availability.low->floor_1e4 < threshold_1e4 || barred(availability)) return Verdict::insufficient;
  return Verdict::met;
}

Verdict judge_count(int met, int open, int total, int numerator, int denominator) {
  if (total <= 0 || denominator <= 0) return Verdict::insufficient;
  const std::int64_t needed = static_cast<std::int64_t>(numerator) * total;
  if (static_cast<std::int64_t>(met) * denominator >= needed) return Verdict::met;
  if ((static_cast<std::int64_t>(met) + open) * denominator < needed) return Verdict::not_met;
  return Verdict::insufficient;
}

}  // namespace commune_watch
