// Writes the first gateway.toml; every value is quoted, so no answer can become TOML of its own.
#include "settings/draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "settings/tree.hpp"
#include "settings/vietnamese.hpp"

namespace commune_watch {
namespace {

constexpr std::size_t kMaxId = 63;

// Control characters are no part of a name: an arrow key at the prompt leaves some.
std::string quoted(std::string_view text) {
  std::string plain = composed(text);
  std::erase_if(plain, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return toml_text(plain);
}

std::string shortened(std::string id, std::size_t most) {
  id.resize(std::min(id.size(), most));
  while (id.ends_with('-')) id.pop_back();
  return id;
}

constexpr std::string_view kHead =
    R"(# Cấu hình bộ giám sát hạ tầng số của xã (commune-watch), do lệnh "commune-watch init" tạo ra.
# Sửa xong, kiểm tra bằng:  commune-watch check   — rồi nạp lại:  commune-watch reload
# Configuration of commune-watch, made by `commune-watch init`. After editing: check, then reload.

)";

constexpr std::string_view kTail = R"(
# ---- Điểm: nơi đặt thiết bị, cũng là đơn vị để tính chỉ tiêu ----
# Places: where devices stand; indicators count places. Bỏ dấu # rồi sửa cho đúng (remove the # and adapt):
#[[place]]
#id = "nvh-ap-1"                      # chỉ a-z, 0-9 và dấu -
#name = "Nhà văn hóa ấp 1"
#kind = "culture-house"               # commune-hq police-post culture-house library health-station school market …
#hamlet = "ap-1"
#must_have = ["wifi"]                 # nơi này phải có: wifi camera speaker website uplink
#service_hours = ["mon-fri 08:00-17:00"]   # để trống = suốt ngày đêm; camera và loa luôn tính suốt ngày đêm

# ---- Mật khẩu: để trong tệp riêng, quyền 0600, không viết vào đây ----
# Passwords live in files of mode 0600 beside this one, which the service can read:
#   sudo commune-watch secret set nvr
#[login.nvr]
#username = "monitor"                 # tài khoản chỉ xem (a view-only account)
#password_file = "secrets/nvr.password"

# ---- Thiết bị: camera, access_point (Wi-Fi), speaker_cluster (loa), website, uplink, switch ----
# Devices. Danh sách trình kết nối (drivers):  commune-watch drivers
#[[camera]]
#id = "cam-cong-ap-1"
#name = "Camera cổng ấp 1"
#place = "nvh-ap-1"
#driver = "rtsp"
#url = "rtsp://192.0.2.21/Streaming/Channels/102"
#login = "nvr"
)";

}  // namespace

std::string commune_id_from(std::string_view name, std::string_view code) {
  std::string id = id_from(name);
  for (const std::string_view rank : {"xa-", "phuong-", "thi-tran-", "dac-khu-"}) {
    if (id.size() > rank.size() && id.starts_with(rank)) {
      id.erase(0, rank.size());
      break;
    }
  }
  const std::string number = shortened(id_from(code), 16);
  if (id.empty()) id = "xa";
  id = shortened(std::move(id), kMaxId - 17);
  return number.empty() ? id : id + "-" + number;
}

std::string draft(const DraftAnswers& answers) {
  std::string out{kHead};
  const std::string id =
      answers.commune_id.empty() ? commune_id_from(answers.name, answers.code) : answers.commune_id;
  out += "# ---- Xã (commune) ----\n[commune]\n";
  out += fmt::format(
      "id = {}  # dùng trong MQTT, đặt một lần rồi giữ nguyên (used in MQTT topics: keep it)\n", quoted(id));
  out += fmt::format("code = {}  # mã đơn vị hành chính cấp xã, 5 chữ số\n", quoted(answers.code));
  out += fmt::format("name = {}\nprovince = {}\n", quoted(answers.name), quoted(answers.province));
  out += "timezone = \"Asia/Ho_Chi_Minh\"\n";
  out +=
      "#holidays = [\"vn-2026\"]              # ngày nghỉ lễ không tính vào giờ phục vụ (public "
      "holidays)\n\n";
  out += "# ---- Bộ giám sát (this gateway) ----\n[gateway]\nid = \"gw1\"\n\n";

  out += "# ---- Gửi kết quả về tỉnh qua MQTT (publishing) ----\n";
  if (answers.mqtt_url.empty()) {
    out += "#[mqtt]\n#url = \"mqtts://broker.example:8883\"\n#login = \"broker\"\n";
  } else {
    out += fmt::format("[mqtt]\nurl = {}\n#login = \"broker\"                    # xem [login.…] bên dưới\n",
                       quoted(answers.mqtt_url));
  }

  out += "\n# ---- Ấp/thôn/khu dân cư (hamlets) ----\n";
  if (answers.hamlets.empty()) out += "#[[hamlet]]\n#id = \"ap-1\"\n#name = \"Ấp 1\"\n";
  std::set<std::string> used{id};
  for (const std::string& name : answers.hamlets) {
    std::string base = shortened(id_from(name), kMaxId - 8);
    if (base.empty()) base = "ap";
    std::string hamlet = base;
    for (int n = 2; !used.insert(hamlet).second; ++n) hamlet = fmt::format("{}-{}", base, n);
    out += fmt::format(
        "[[hamlet]]\nid = {}\nname = {}\n#must_have = [\"speaker\"]             # ấp này phải có loa (a duty "
        "counts, device or not)\n\n",
        quoted(hamlet), quoted(name.empty() ? hamlet : name));
  }
  return out + std::string{kTail};
}

}  // namespace commune_watch
