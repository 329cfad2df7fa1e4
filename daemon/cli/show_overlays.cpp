// What was declared late says so: it stands in the list and takes no time away.
#include "cli/show_overlays.hpp"

#include <nlohmann/json.hpp>

#include "cli/text_table.hpp"
#include "domain/log.hpp"
#include "domain/period.hpp"

namespace commune_watch {
namespace {

using Json = nlohmann::json;

class Speech {
 public:
  explicit Speech(const Wording& wording) : wording_(wording) {}
  [[nodiscard]] std::string say(std::string_view vietnamese, std::string_view english) const {
    return std::string(wording_.language == Language::vi ? vietnamese : english);
  }
  [[nodiscard]] std::string at(const Json& object, const std::string& key) const {
    const auto found = object.find(key + "_ms");
    return found == object.end() ? std::string() : local_text(found->get<Millis>(), wording_.zone);
  }
  [[nodiscard]] std::string of(const Json& object, const std::string& key) const {
    return object.value(key + (wording_.language == Language::vi ? "_vi" : "_en"), "");
  }

 private:
  const Wording& wording_;
};

std::string state_of(const Json& window, const Speech& speech) {
  const auto state = window.value("state", "");
  if (state == "cancelled") return speech.say("đã huỷ", "cancelled");
  if (state == "over") return speech.say("đã xong", "over");
  if (state == "running") return speech.say("đang bảo trì", "running");
  return speech.say("sắp tới", "planned");
}

}  // namespace

std::string show_maintenance(std::string_view json, const Wording& wording) {
  const Speech speech(wording);
  const auto answer = Json::parse(json);
  const auto windows = answer.value("windows", Json::array());
  if (windows.empty()) return speech.say("Không có đợt bảo trì nào\n", "No maintenance window\n");
  TextTable table({speech.say("Số", "Id"), speech.say("Phạm vi", "Scope"), speech.say("Từ", "From"),
                   speech.say("Đến", "To"), speech.say("Tình trạng", "State"),
                   speech.say("Người khai báo", "Author"), speech.say("Lý do", "Reason")});
  bool late = false;
  for (const auto& window : windows) {
    const bool is_late = window.value("late", false);
    late = late || is_late;
    auto scope = window.value("scope", "");
    if (scope == "all") scope = speech.say("all (toàn xã)", "all");
    table.add({std::to_string(window.value("id", Seq{0})), scope, speech.at(window, "from"),
               speech.at(window, window.contains("ended_ms") ? "ended" : "to"),
               state_of(window, speech) + (is_late ? speech.say(", khai báo muộn", ", declared late") : ""),
               window.value("author", ""), window.value("reason", "")});
  }
  auto out = table.text();
  if (late)
    out += speech.say("khai báo muộn: chỉ ghi nhận, không trừ vào thời gian\n",
                      "declared late: only noted, no time is taken away for it\n");
  return out;
}

std::string show_corrections(std::string_view json, const Wording& wording) {
  const Speech speech(wording);
  const auto answer = Json::parse(json);
  const auto corrections = answer.value("corrections", Json::array());
  if (corrections.empty()) return speech.say("Không có đính chính nào\n", "No correction\n");
  TextTable table({speech.say("Số", "Id"), speech.say("Thiết bị", "Device"), speech.say("Từ", "From"),
                   speech.say("Đến", "To"), speech.say("Tính là", "As"),
                   speech.say("Khai báo lúc", "Declared"), speech.say("Người khai báo", "Author"),
                   speech.say("Lý do", "Reason")});
  for (const auto& one : corrections)
    table.add({std::to_string(one.value("id", Seq{0})), one.value("device", ""), speech.at(one, "from"),
               speech.at(one, "to"), speech.of(one, "as"), speech.at(one, "declared"),
               one.value("author", ""), one.value("reason", "")});
  return table.text() +
         speech.say("Số liệu chưa đính chính là số liệu quyết định; số đính chính đứng bên cạnh.\n",
                    "The uncorrected figure decides; the corrected one stands beside it.\n");
}

std::string show_declarations(std::string_view json, const Wording& wording) {
  const Speech speech(wording);
  const auto answer = Json::parse(json);
  const auto declarations = answer.value("declarations", Json::array());
  if (declarations.empty()) return speech.say("Không có kê khai nào\n", "No declaration\n");
  TextTable table({speech.say("Mã", "Id"), speech.say("Kê khai", "What"), speech.say("Điểm", "Place"),
                   speech.say("Cho", "For"), speech.say("Từ", "Since"), speech.say("Văn bản", "Document"),
                   speech.say("Người kê khai", "By"), speech.say("Tình trạng", "State")});
  for (const auto& one : declarations) {
    const bool ended = one.contains("ended_ms");
    table.add({one.value("id", ""), one.value("what", ""), one.value("place", ""), one.value("must", ""),
               one.value("since", ""), one.value("document", ""), one.value("by", ""),
               ended ? speech.say("đã rút ", "withdrawn ") + speech.at(one, "ended") + " (" +
                           one.value("ended_by", "") + ")"
                     : speech.say("còn hiệu lực", "stands")});
  }
  return table.text() + speech.say("Kê khai không làm thay đổi số liệu đo được.\n",
                                   "Declarations never change a measured figure.\n");
}

}  // namespace commune_watch
