// Vietnamese first; every word that comes from the daemon stands in both languages in its JSON already.
#include "cli/show.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/text_table.hpp"
#include "console/json.hpp"
#include "domain/period.hpp"

namespace commune_watch {
namespace {

using Json = nlohmann::json;

class Voice {
 public:
  explicit Voice(const Wording& wording) : wording_(wording) {}
  [[nodiscard]] bool vi() const { return wording_.language == Language::vi; }
  [[nodiscard]] std::string say(std::string_view vietnamese, std::string_view english) const {
    return std::string(vi() ? vietnamese : english);
  }
  [[nodiscard]] std::string of(const Json& object, const std::string& key) const {
    return object.value(key + (vi() ? "_vi" : "_en"), "");
  }
  [[nodiscard]] std::string reason(const Json& object, const std::string& key) const {
    auto found = object.find(key);
    if (found == object.end() || !found->is_object()) return {};
    return found->value(vi() ? "vi" : "en", "");
  }
  [[nodiscard]] std::string instant(const Json& object, const std::string& key) const {
    auto found = object.find(key + "_ms");
    return found == object.end() ? std::string{} : local_text(found->get<Millis>(), wording_.zone);
  }
  [[nodiscard]] std::string length(Millis millis) const { return duration_text(millis, wording_.language); }
  [[nodiscard]] std::string paint(std::string text, std::string_view state) const {
    if (!wording_.colour) return text;
    const char* colour = state == "up" ? "32" : state == "down" ? "31;1" : state == "unknown" ? "33" : "36";
    return "\x1b[" + std::string(colour) + "m" + text + "\x1b[0m";
  }

 private:
  const Wording& wording_;
};

std::string state_words(const Json& device, const Voice& voice) {
  const auto state = device.value("state", "unknown");
  if (state == "maintenance") return voice.say("bảo trì", "maintenance");
  if (state == "down") return voice.say("mất kết nối", "down");
  if (state == "unknown") return voice.say("chưa xác định", "unknown");
  if (!device.value("warnings", Json::array()).empty())
    return voice.say("hoạt động (có cảnh báo)", "up (warning)");
  return voice.say("hoạt động", "up");
}

// Why, in one cell: reason, own reason under a parent's outage, warnings, and a failure that is not confirmed
// yet.
std::string why(const Json& device, const Voice& voice) {
  std::string text = voice.reason(device, "reason");
  if (auto root = device.value("root", ""); !root.empty() && !text.empty()) text += " [" + root + "]";
  if (auto own = voice.reason(device, "own_reason"); !own.empty()) text += " (" + own + ")";
  for (const auto& warning : device.value("warnings", Json::array())) {
    if (!text.empty()) text += "; ";
    text += warning.value(voice.vi() ? "vi" : "en", "");
  }
  if (const auto failing = device.value("failing_probes", 0); failing > 0) {
    auto provisional = voice.reason(device, "provisional_reason");
    text += (text.empty() ? "" : "; ") + voice.say("đang kiểm tra lại", "being rechecked") + " " +
            std::to_string(failing) + "/3" + (provisional.empty() ? "" : ": " + provisional);
  }
  return text;
}

// Of a span also what was told of the recording: spans part where that changes.
std::string span_words(const Json& span, const Voice& voice) {
  const auto recorded = voice.of(span, "recorded");
  const auto words = why(span, voice);
  return words.empty() || recorded.empty() ? recorded + words : recorded + "; " + words;
}

// A line for each device that is another one.
std::string twins(const Json& devices, const Voice& voice) {
  std::string lines;
  for (const auto& device : devices)
    if (const auto first = device.value("twin_of", ""); !first.empty())
      lines += device.value("id", "") + voice.say(" và ", " and ") + first +
               voice.say(" là một thiết bị khai báo hai lần: chỉ tính một lần\n",
                         " are one device, enrolled twice: it counts once\n");
  return lines;
}

bool may_be_recorded(const Json& device) {
  const auto found = device.find("recorded");
  return found != device.end() && found->is_string();
}

std::string outcome_mark(const std::string& outcome) {
  if (outcome == "ok") return "✓";
  if (outcome == "failed") return "✗";
  if (outcome == "unknown") return "?";
  return "·";
}

std::string share(const Json& value, bool vi) {
  if (!value.is_string()) return "–";
  auto text = value.get<std::string>();
  if (vi) std::replace(text.begin(), text.end(), '.', ',');
  return text + " %";
}

// R, or what it lies between; and of how much of the time it is known.
std::string recording(const Json& device, const Voice& voice) {
  const auto found = device.find("recording");
  if (found == device.end()) return {};
  if (!found->is_object() || found->at("low").is_null()) return voice.say("không có căn cứ", "no basis");
  const bool vi = voice.vi();
  const auto figure = found->value("printable", false)
                          ? share(found->at("R"), vi)
                          : "[" + share(found->at("low"), vi) + "; " + share(found->at("high"), vi) + "]";
  return figure + voice.say(" (biết rõ ", " (told ") + share(found->at("coverage"), vi) + ")";
}

}  // namespace

std::string show(std::string_view json, const Wording& wording, Show as) {
  const bool simulated = Json::parse(json).value("simulated", false);
  return (simulated ? std::string(kSimulatedNote) + "\n" : "") + as(json, wording);
}

std::string show_status(std::string_view json, const Wording& wording) {
  const auto status = Json::parse(json);
  const Voice voice(wording);
  std::string out = status.value("commune_name", "") + ", " + status.value("province", "") + " · " +
                    voice.say("bộ giám sát ", "gateway ") + status.value("gateway", "") + " · " +
                    voice.instant(status, "now") + "\n";
  for (const auto& alarm : status.value("alarms", Json::array()))
    out += "! " + alarm.get<std::string>() + "\n";
  const auto devices = status.value("devices", Json::array());
  const bool any_recorder = std::ranges::any_of(devices, may_be_recorded);
  std::vector<std::string> head{voice.say("Thiết bị", "Device"), voice.say("Loại", "Kind"),
                                voice.say("Trạng thái", "State"), voice.say("Từ lúc", "Since")};
  if (any_recorder) head.push_back(voice.say("Ghi hình", "Recording"));
  head.push_back(voice.say("Lý do", "Why"));
  TextTable table(head);
  std::string section;
  int up = 0, down = 0, unknown = 0, maintenance = 0;
  for (const auto& device : devices) {
    auto hamlet = device.value("hamlet_name", "");
    if (device.value("kind", "") == "monitoring-point")
      hamlet = voice.say("Điểm giám sát", "Monitoring points");
    if (hamlet.empty()) hamlet = voice.say("Toàn xã", "Whole commune");
    if (hamlet != section) {
      section = hamlet;
      table.section("— " + section);
    }
    const auto state = device.value("state", "unknown");
    if (device.value("twin_of", "").empty())
      (state == "up" ? up : state == "down" ? down : state == "maintenance" ? maintenance : unknown) += 1;
    std::vector<std::string> row{device.value("id", ""), voice.of(device, "kind"), state_words(device, voice),
                                 voice.instant(device, "since")};
    if (any_recorder) row.push_back(voice.of(device, "recorded"));
    row.push_back(why(device, voice));
    table.add(row);
  }
  auto rows = table.text();
  if (wording.colour) {
    for (const auto& [words, state] : {std::pair{voice.say("mất kết nối", "  down  "), "down"},
                                       std::pair{voice.say("chưa xác định", "  unknown  "), "unknown"}}) {
      for (std::size_t at = rows.find(words); at != std::string::npos;) {
        const auto painted = voice.paint(words, state);
        rows.replace(at, words.size(), painted);
        at = rows.find(words, at + painted.size());
      }
    }
  }
  out += rows;
  out += std::to_string(up) + voice.say(" hoạt động, ", " up, ") + std::to_string(down) +
         voice.say(" mất kết nối, ", " down, ") + std::to_string(unknown) +
         voice.say(" chưa xác định", " unknown");
  if (maintenance > 0)
    out += ", " + std::to_string(maintenance) + voice.say(" bảo trì", " under maintenance");
  out += "\n" + twins(devices, voice);
  if (wording.long_form)
    out += voice.say("Thăm dò: ", "Prober: ") + status.value("prober", "") +
           " · MQTT: " + status.value("mqtt", "") + voice.say(" · Sổ: ", " · Log: ") +
           status.value("store", "") + "\n";
  return out;
}

std::string show_outages(std::string_view json, const Wording& wording) {
  const auto answer = Json::parse(json);
  const Voice voice(wording);
  TextTable table({voice.say("Thiết bị", "Device"), voice.say("Từ", "From"), voice.say("Đến", "To"),
                   voice.say("Kéo dài", "Length"), voice.say("Do đâu", "Cause"), voice.say("Lý do", "Why")});
  for (const auto& outage : answer.value("outages", Json::array())) {
    auto reason = voice.reason(outage, "reason");
    if (auto root = outage.value("root", ""); !root.empty()) reason += " [" + root + "]";
    table.add(
        {outage.value("device", ""), voice.instant(outage, "from"),
         outage.value("open", false) ? voice.say("đang mất", "still down") : voice.instant(outage, "to"),
         voice.length(outage.value("length_ms", Millis{0})), voice.of(outage, "cause"), reason});
  }
  if (answer.value("outages", Json::array()).empty())
    return voice.say("Không có gián đoạn từ ", "No outage from ") + voice.instant(answer, "from") +
           voice.say(" đến ", " to ") + voice.instant(answer, "to") + "\n";
  return table.text();
}

std::string show_history(std::string_view json, const Wording& wording) {
  const auto answer = Json::parse(json);
  const Voice voice(wording);
  TextTable table({voice.say("Từ", "From"), voice.say("Kéo dài", "Length"), voice.say("Trạng thái", "State"),
                   voice.say("Do đâu", "Cause"), voice.say("Lý do", "Why")});
  for (const auto& span : answer.value("spans", Json::array())) {
    table.add({voice.instant(span, "from"),
               voice.length(span.value("to_ms", Millis{0}) - span.value("from_ms", Millis{0})),
               state_words(span, voice), voice.of(span, "cause"), span_words(span, voice)});
  }
  auto out = answer.value("id", "") + " · " + answer.value("name", "") + "\n" + table.text();
  for (const auto& blip : answer.value("blips", Json::array()))
    out += voice.say("chập chờn ", "blip ") + voice.instant(blip, "from") + ", " +
           voice.length(blip.value("to_ms", Millis{0}) - blip.value("from_ms", Millis{0})) + ": " +
           voice.reason(blip, "reason") + "\n";
  return out;
}

std::string show_availability(std::string_view json, const Wording& wording) {
  const auto answer = Json::parse(json);
  const Voice voice(wording);
  const auto devices = answer.value("devices", Json::array());
  const bool any_corrected =
      std::ranges::any_of(devices, [](const Json& d) { return d.contains("corrected"); });
  std::vector<std::string> head{
      voice.say("Thiết bị", "Device"),         voice.say("Kết nối", "A_conn"),
      voice.say("Thiết bị chạy", "A_dev"),     voice.say("Quan sát được", "Coverage"),
      voice.say("Khoảng chắc chắn", "Bounds"), voice.say("Mất", "Down"),
      voice.say("Chưa rõ", "Unknown"),         voice.say("Gián đoạn", "Outages")};
  const bool any_camera = std::ranges::any_of(devices, [](const Json& d) { return d.contains("recording"); });
  if (any_camera) head.push_back(voice.say("Có ghi hình", "Recorded"));
  if (any_corrected) head.push_back(voice.say("Kết nối (đính chính)", "A_conn (corrected)"));
  TextTable table(head);
  for (const auto& device : devices) {
    const auto& totals = device.at("totals");
    const bool printable = device.value("printable", false);
    const auto refused = voice.say("chưa đủ căn cứ", "not enough");
    std::vector<std::string> row{
        device.value("id", ""),
        printable ? share(device.at("A_conn"), voice.vi()) : refused,
        printable ? share(device.at("A_dev"), voice.vi()) : refused,
        share(device.at("coverage"), voice.vi()),
        "[" + share(device.at("low"), voice.vi()) + "; " + share(device.at("high"), voice.vi()) + "]",
        voice.length(totals.value("D_ms", Millis{0})),
        voice.length(totals.value("N_ms", Millis{0})),
        std::to_string(totals.value("outages", 0))};
    if (any_camera) row.push_back(recording(device, voice));
    if (any_corrected) {
      const auto other = device.find("corrected");
      row.push_back(other == device.end()               ? ""
                    : !other->value("printable", false) ? refused
                                                        : share(other->at("A_conn"), voice.vi()));
    }
    table.add(row);
  }
  return voice.say("Quy tắc ", "Rule ") + answer.value("rule", "") + " · " + voice.instant(answer, "from") +
         voice.say(" đến ", " to ") + voice.instant(answer, "to") + "\n" + table.text() +
         twins(devices, voice) +
         (any_corrected
              ? voice.say("Số chưa đính chính là số quyết định.\n", "The uncorrected figure decides.\n")
              : "");
}

std::string show_probe(std::string_view json, const Wording& wording) {
  const auto probe = Json::parse(json);
  const Voice voice(wording);
  std::string out = probe.value("id", "") + " · " + probe.value("name", "") + " · " +
                    probe.value("driver", "") + " · " + std::to_string(probe.value("took_ms", Millis{0})) +
                    " ms\n";
  if (auto note = probe.value("login_note", ""); !note.empty()) out += "! " + note + "\n";
  const auto ladder = [&](const Json& checks, const std::string& indent) {
    for (const auto& check : checks) {
      const auto outcome = check.value("outcome", "");
      out += indent +
             voice.paint(outcome_mark(outcome), outcome == "ok"       ? "up"
                                                : outcome == "failed" ? "down"
                                                                      : "unknown") +
             " " + voice.of(check, "rung");
      if (auto took = check.value("took_us", std::int64_t{0}); took > 0)
        out += " · " + std::to_string(took / 1000) + "." + std::to_string(took / 100 % 10) + " ms";
      if (outcome == "not-tested") out += " · " + voice.say("chưa kiểm tra", "not tested");
      if (auto reason = voice.reason(check, "reason"); !reason.empty()) out += " · " + reason;
      if (auto words = check.value("words", ""); !words.empty()) out += " · “" + words + "”";
      out += "\n";
      auto row = check.find("reason");
      if (row != check.end() && row->is_object())
        if (auto remedy = row->value(voice.vi() ? "remedy_vi" : "remedy_en", ""); !remedy.empty())
          out.append(indent).append("  → ").append(remedy).append("\n");
    }
  };
  ladder(probe.value("checks", Json::array()), "  ");
  for (const auto& warning : probe.value("warnings", Json::array()))
    out += "  ! " + warning.value(voice.vi() ? "vi" : "en", "") + "\n    → " +
           warning.value(voice.vi() ? "remedy_vi" : "remedy_en", "") + "\n";
  for (const auto& sighting : probe.value("sightings", Json::array())) {
    out += "  " + voice.say("thấy ", "sees ") + sighting.value("key", "") + "\n";
    ladder(sighting.value("checks", Json::array()), "    ");
  }
  std::string facts;
  const auto measured = probe.value("facts", Json::object());
  for (const auto& [fact, value] : measured.items())
    facts += (facts.empty() ? "  " : ", ") + fact + "=" + value.dump();
  return facts.empty() ? out : out + facts + "\n";
}

std::string show_logins(std::string_view json, const Wording& wording) {
  const auto answer = Json::parse(json);
  const Voice voice(wording);
  const auto blocked = answer.value("blocked", Json::array());
  if (blocked.empty()) return voice.say("Không có đăng nhập nào bị chặn\n", "No login is blocked\n");
  TextTable table({voice.say("Máy", "Host"), voice.say("Tài khoản", "User"), voice.say("Thiết bị", "Device"),
                   voice.say("Từ lúc", "Since"), voice.say("Còn", "Left"),
                   voice.say("Thiết bị nói", "Its words")});
  for (const auto& login : blocked)
    table.add({login.value("host", ""), login.value("username", ""), login.value("device", ""),
               voice.instant(login, "since"), voice.length(login.value("left_ms", Millis{0})),
               login.value("words", "")});
  return table.text();
}

std::string show_clock(std::string_view json, const Wording& wording) {
  struct Words {
    std::string_view code, vi, en;
  };
  static constexpr std::array<Words, 5> kSources{
      {{"ntp", "NTP", "NTP"},
       {"operator", "cán bộ xác nhận", "a person's word"},
       {"host", "máy chủ giữ giờ (theo cấu hình)", "kept by the host (as configured)"},
       {"rtc", "đồng hồ pin (đã từng khớp giờ đúng)", "the battery clock (seen to be right before)"},
       {"system", "chưa ai bảo đảm", "nobody vouches for it"}}};
  const auto clock = Json::parse(json);
  const Voice voice(wording);
  const auto source = [&](const std::string& key) {
    const auto* const found = std::ranges::find(kSources, clock.value(key, "system"), &Words::code);
    return found == kSources.end() ? clock.value(key, "") : voice.say(found->vi, found->en);
  };
  const bool trusted = clock.value("trusted", false);
  const Millis off = clock.value("wall_ms", Millis{0}) - clock.value("now_ms", Millis{0});
  TextTable table({voice.say("Giờ của sổ theo dõi", "Time of the log"), voice.instant(clock, "now")});
  table.add({voice.say("Đáng tin", "Trusted"), trusted ? voice.say("có", "yes") : voice.say("KHÔNG", "NO")});
  table.add({voice.say("Căn cứ", "By"), source("source")});
  table.add(
      {voice.say("Đồng hồ máy", "Wall clock"),
       voice.instant(clock, "wall") +
           (std::abs(off) < 1'000 ? "" : (off < 0 ? " (-" : " (+") + voice.length(std::abs(off)) + ")")});
  table.add({voice.say("Ai giữ đồng hồ máy", "Who keeps it"), source("wall_source")});
  const auto battery = voice.instant(clock, "battery");
  table.add({voice.say("Đồng hồ pin (RTC)", "Battery clock (RTC)"),
             battery.empty() ? voice.say("không có", "none") : battery});
  std::string out = table.text();
  if (!trusted)
    out += voice.say(
        "\nKết quả từ khi bật máy CHƯA ĐƯỢC TÍNH vì không ai biết giờ đúng.\n→ Nối máy với Internet hay máy "
        "chủ NTP; "
        "hoặc, nếu đồng hồ máy đang đúng:\n     commune-watch clock confirm\n  hoặc cho biết giờ theo đồng "
        "hồ của "
        "mình:\n     commune-watch clock set \"2026-11-22 21:30:15\"\n",
        "\nWhat was seen since the machine started COUNTS FOR NOTHING, for nobody knows the time.\n→ Connect "
        "it to "
        "the Internet or an NTP server; or, if the wall clock is right:\n     commune-watch clock confirm\n  "
        "or say "
        "what your watch says:\n     commune-watch clock set \"2026-11-22 21:30:15\"\n");
  return out;
}

bool time_is_known(std::string_view clock_json) { return Json::parse(clock_json).value("trusted", false); }

std::string show_reload(std::string_view json, const Wording& wording) {
  const Voice voice(wording);
  std::string out;
  for (const auto& warning : Json::parse(json).value("warnings", Json::array()))
    out += voice.say("cảnh báo: ", "warning: ") + warning.get<std::string>() + "\n";
  return out + voice.say("Đã nạp cấu hình\n", "Configuration loaded\n");
}

std::vector<std::string> askable(std::string_view status_json) {
  std::vector<std::string> ids;
  for (const auto& device : Json::parse(status_json).value("devices", Json::array()))
    if (device.value("driver", "") != "none") ids.push_back(device.value("id", ""));
  return ids;
}

bool all_well(std::string_view status_json) {
  const auto status = Json::parse(status_json);
  if (!status.value("alarms", Json::array()).empty()) return false;
  for (const auto& device : status.value("devices", Json::array())) {
    const auto state = device.value("state", "unknown");
    if (state != "up" && state != "maintenance") return false;
  }
  return true;
}

bool probe_passed(std::string_view probe_json) {
  const auto probe = Json::parse(probe_json);
  const auto checks = probe.value("checks", Json::array());
  if (checks.empty()) return false;
  for (const auto& check : checks)
    if (check.value("outcome", "") == "failed" || check.value("outcome", "") == "unknown") return false;
  return true;
}

}  // namespace commune_watch
