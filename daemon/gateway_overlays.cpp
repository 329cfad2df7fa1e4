// Refused at the door: what nobody can have meant. What is late is taken, and counts for nothing.
#include "gateway_overlays.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>

#include "domain/entry.hpp"
#include "domain/period.hpp"
#include "domain/utf8.hpp"

namespace commune_watch {
namespace {

constexpr Millis kDay = 86'400'000;
constexpr Millis kListed = 30 * kDay;
constexpr Period kAllTime{std::numeric_limits<Millis>::min(), std::numeric_limits<Millis>::max()};
constexpr std::size_t kLongestText = 500, kLongestName = 64;

// A text that people wrote: trimmed, or why it is not taken.
Result<std::string> text(const std::string& what, std::string said, std::size_t longest, bool needed) {
  const auto blank = [](char c) { return c == ' '; };
  said.erase(said.begin(), std::ranges::find_if_not(said, blank));
  while (!said.empty() && blank(said.back())) said.pop_back();
  if (said.empty() && needed) return fail("thiếu / missing: " + what);
  if (said.size() > longest)
    return fail(what + ": dài quá / too long: " + std::to_string(said.size()) + " > " +
                std::to_string(longest));
  if (!is_plain_line(said))
    return fail(
        what +
        ": có ký tự điều khiển, xuống dòng, đổi chiều chữ hoặc không nhìn thấy được; hãy gõ lại / has "
        "characters that cannot be printed (control, line end, direction, no width); type it anew");
  return said;
}

Result<std::string> author(const std::string& by) {
  return text("người khai báo / author", by, kLongestName, true);
}

// The same local time some days later.
Millis days_later(const Zone& zone, Millis utc, int days) {
  const Millis local = utc + zone.offset(utc) + days * kDay;
  const Millis guess = local - zone.offset(utc);
  return local - zone.offset(local - zone.offset(guess));
}

Result<void> sane(Period period, Millis now) {
  if (period.to <= period.from)
    return fail("kết thúc phải sau lúc bắt đầu / the end has to be after the beginning");
  if (period.length() > GatewayOverlays::kLongestWindow)
    return fail("dài hơn 366 ngày / longer than 366 days");
  if (period.from > now + GatewayOverlays::kFarthest || period.from < now - GatewayOverlays::kFarthest)
    return fail("cách đây hơn 5 năm, có nhầm năm không? / more than 5 years away, is the year right?");
  return {};
}

}  // namespace

Millis GatewayOverlays::now() const { return house_.store->utc(house_.now()).value_or(house_.utc_now()); }

Result<void> GatewayOverlays::durable() {
  if (keeper_.commit()) return {};
  return fail(
      "chưa ghi được vào sổ, sẽ tự ghi lại khi ổ đĩa cho phép, đừng khai báo lần nữa / not written yet: it "
      "is "
      "kept and tried again, do not repeat it");
}

// One that has terms, or had: the monitor's own stand-ins for a segment have none.
bool GatewayOverlays::known(const std::string& device) const {
  if (house_.roster.find(device) != nullptr) return true;
  return std::ranges::any_of(house_.store->known_devices(), [&](DeviceId id) {
    return house_.store->name_of(id) == device && !house_.store->terms(id).empty();
  });
}

std::string GatewayOverlays::name_of(const std::string& scope) const {
  if (scope.starts_with("place/")) {
    const auto* place = house_.settings->place(scope.substr(6));
    return place == nullptr ? std::string() : place->name;
  }
  const auto* row = house_.roster.find(scope);
  return row == nullptr ? std::string() : row->settings->name;
}

Result<std::vector<std::string>> GatewayOverlays::scopes(const std::string& asked) const {
  const auto& settings = *house_.settings;
  if (asked == "all" || asked == "*") return std::vector<std::string>{"*"};
  if (asked.starts_with("place/") && settings.place(asked.substr(6)) != nullptr)
    return std::vector<std::string>{asked};
  if (asked.starts_with("hamlet/")) {
    std::vector<std::string> all;
    for (const auto& place : settings.places)
      if (place.hamlet == asked.substr(7)) all.push_back("place/" + place.id);
    if (!all.empty()) return all;
  }
  if (known(asked)) return std::vector<std::string>{asked};
  std::string hint;
  if (settings.place(asked) != nullptr) hint = "; ý là / did you mean place/" + asked + "?";
  if (std::ranges::find(settings.hamlets, asked, &HamletSettings::id) != settings.hamlets.end())
    hint = "; ý là / did you mean hamlet/" + asked + "?";
  return fail("'" + asked +
              "' không phải thiết bị, place/ĐIỂM, hamlet/ẤP (có điểm) hay all / is no device, place/ID, "
              "hamlet/ID with places, nor all" +
              hint);
}

Result<std::vector<Period>> GatewayOverlays::occurrences(const MaintenanceAsk& ask, std::size_t most) const {
  if (ask.every_days == 0) {
    if (ask.count || ask.until) return fail("--count, --until: cần / need --every");
    return std::vector<Period>{ask.period};
  }
  if (!ask.count && !ask.until) return fail("--every: cần / needs --until or --count");
  std::vector<Period> all;
  for (int i = 0; !ask.count || i < *ask.count; ++i) {
    const Period one{days_later(house_.settings->commune.zone, ask.period.from, i * ask.every_days),
                     days_later(house_.settings->commune.zone, ask.period.to, i * ask.every_days)};
    if (ask.until && one.from >= *ask.until) break;
    if (all.size() >= most)
      return fail("quá nhiều đợt, một lần khai báo tối đa / too many windows, at most at once: " +
                  std::to_string(kMostWindows));
    all.push_back(one);
  }
  if (all.empty()) return fail("không có đợt nào trước --until / no window begins before --until");
  return all;
}

WindowView GatewayOverlays::view(const MaintenanceWindow& window) const {
  return {window.id, window.scope, name_of(window.scope), window.maintenance,
          window.maintenance.declared > window.maintenance.period.from};
}

std::vector<WindowView> GatewayOverlays::maintenance(std::optional<Period> period) {
  keeper_.settle();
  std::vector<WindowView> all;
  const Millis recent = now() - kListed;
  for (const auto& window : house_.store->windows(period.value_or(kAllTime))) {
    auto one = view(window);
    if (period || one.end() > recent) all.push_back(std::move(one));
  }
  return all;
}

Result<std::vector<WindowView>> GatewayOverlays::add_maintenance(const MaintenanceAsk& ask) {
  keeper_.settle();
  auto by = author(ask.by);
  if (!by) return std::unexpected(by.error());
  auto reason = text("lý do / reason", ask.reason, kLongestText, ask.notice.empty());
  if (!reason) return std::unexpected(reason.error());
  const auto notice = text("thông báo / notice", ask.notice, kLongestText, false);
  if (!notice) return std::unexpected(notice.error());
  if (!notice->empty()) *reason += (reason->empty() ? "thông báo " : "; thông báo ") + *notice;
  const auto where = scopes(ask.scope);
  if (!where) return std::unexpected(where.error());
  const Millis at = now();
  const auto when = occurrences(ask, kMostWindows / where->size());
  if (!when) return std::unexpected(when.error());
  for (const Period period : *when)
    if (auto right = sane(period, at); !right) return std::unexpected(right.error());

  std::set<std::tuple<std::string, Millis, Millis>> taken;  // what would only end another window
  for (const auto& window : house_.store->windows(kAllTime))
    taken.emplace(window.scope, window.maintenance.period.from, window.told);
  std::set<Seq> added;
  for (const Period period : *when) {
    for (const auto& scope : *where) {
      Maintenance window{period, at, 0, *by, *reason};
      while (taken.contains({scope, period.from, window.declared})) ++window.declared;
      added.insert(house_.store->append(house_.now(), std::nullopt, MaintenanceEntry{scope, window}));
    }
  }
  if (auto done = durable(); !done) return std::unexpected(done.error());
  std::vector<WindowView> all;
  for (const auto& window : house_.store->windows(kAllTime))
    if (added.contains(window.id)) all.push_back(view(window));
  return all;
}

Result<WindowView> GatewayOverlays::end_maintenance(Seq id, const std::string& by) {
  keeper_.settle();
  auto who = author(by);
  if (!who) return std::unexpected(who.error());
  const auto windows = house_.store->windows(kAllTime);
  const auto found = std::ranges::find(windows, id, &MaintenanceWindow::id);
  if (found == windows.end())
    return fail("không có đợt bảo trì số " + std::to_string(id) + " / there is no such maintenance window");
  const Millis at = now();
  if (view(*found).end() <= at) return fail("đợt này đã kết thúc / this window is over");
  Maintenance end = found->maintenance;
  end.declared = found->told;  // the same window: only its end may change
  end.ended = at;
  end.author = *who;
  house_.store->append(house_.now(), std::nullopt, MaintenanceEntry{found->scope, end});
  if (auto done = durable(); !done) return std::unexpected(done.error());
  auto ended = view(*found);
  ended.maintenance.ended = at;
  return ended;
}

std::vector<CorrectionView> GatewayOverlays::corrections() {
  keeper_.settle();
  std::vector<CorrectionView> all;
  for (auto& one : house_.store->corrections())
    all.push_back({one.seq, one.utc, name_of(one.entry.device), std::move(one.entry)});
  return all;
}

Result<CorrectionView> GatewayOverlays::correct(const CorrectionEntry& asked) {
  keeper_.settle();
  CorrectionEntry entry = asked;
  Correction& correction = entry.correction;
  auto by = author(correction.author);
  if (!by) return std::unexpected(by.error());
  auto reason = text("lý do / reason", correction.reason, kLongestText, true);
  if (!reason) return std::unexpected(reason.error());
  if (!known(entry.device))
    return fail("không có thiết bị '" + entry.device + "' / no device '" + entry.device + "' is known");
  const Millis at = now();
  if (auto right = sane(correction.period, at); !right) return std::unexpected(right.error());
  if (correction.period.to > at)
    return fail(
        "chỉ đính chính thời gian đã qua; việc sắp tới thì khai báo bằng maintenance / only the past can be "
        "corrected; declare what is to come with maintenance");
  correction.author = *by;
  correction.reason = *reason;
  correction.declared = at;
  const auto seq = house_.store->append(house_.now(), std::nullopt, entry);
  if (auto done = durable(); !done) return std::unexpected(done.error());
  return CorrectionView{seq, at, name_of(entry.device), entry};
}

std::vector<DeclarationView> GatewayOverlays::declarations() {
  keeper_.settle();
  std::vector<DeclarationView> all;
  for (auto& one : house_.store->declarations()) {
    auto place = name_of("place/" + one.entry.place);
    all.push_back({std::move(place), std::move(one.ended_by), std::move(one.entry)});
  }
  return all;
}

Result<DeclarationView> GatewayOverlays::declare(const DeclarationEntry& asked) {
  keeper_.settle();
  DeclarationEntry entry = asked;
  struct Field {
    const char* what;
    std::string* value;
    std::size_t longest;
    bool needed;
  };
  for (const auto& [what, value, longest, needed] :
       {Field{"người khai báo / author", &entry.by, kLongestName, true},
        Field{"cái gì / --what", &entry.what, kLongestText, true},
        Field{"văn bản / --document", &entry.document, kLongestText, true},
        Field{"ghi chú / --note", &entry.note, kLongestText, false}}) {
    auto taken = text(what, *value, longest, needed);
    if (!taken) return std::unexpected(taken.error());
    *value = std::move(*taken);
  }
  const auto* place = house_.settings->place(entry.place);
  if (place == nullptr) return fail("không có điểm '" + entry.place + "' / no place '" + entry.place + "'");
  if (!entry.must.empty() && !must_of(entry.must))
    return fail("--must: wifi, camera, speaker, website, uplink");
  const Millis at = now();
  const auto since = parse_period(entry.since, house_.settings->commune.zone, at);
  if (!since || entry.since.find_first_not_of("0123456789-") != std::string::npos || since->from > at)
    return fail(
        "--since: một ngày, tháng hoặc năm đã qua / a day, month or year that has begun, as 2024-05-20");
  entry.id = "kk-" + std::to_string(house_.store->declarations().size() + 1);
  entry.declared = at;
  entry.ended = 0;
  house_.store->append(house_.now(), std::nullopt, entry);
  if (auto done = durable(); !done) return std::unexpected(done.error());
  return DeclarationView{place->name, {}, entry};
}

Result<DeclarationView> GatewayOverlays::end_declaration(const std::string& id, const std::string& by) {
  keeper_.settle();
  auto who = author(by);
  if (!who) return std::unexpected(who.error());
  auto all = declarations();
  const auto found =
      std::ranges::find_if(all, [&](const DeclarationView& one) { return one.entry.id == id; });
  if (found == all.end()) return fail("không có kê khai '" + id + "' / there is no declaration '" + id + "'");
  if (found->entry.ended != 0) return fail("kê khai này đã rút / this declaration is withdrawn already");
  DeclarationEntry end = found->entry;
  end.ended = now();
  end.by = *who;
  house_.store->append(house_.now(), std::nullopt, end);
  if (auto done = durable(); !done) return std::unexpected(done.error());
  found->entry.ended = end.ended;
  found->ended_by = *who;
  return std::move(*found);
}

}  // namespace commune_watch
