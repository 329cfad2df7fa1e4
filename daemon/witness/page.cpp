// One table; whatever comes from outside is escaped.
#include "witness/page.hpp"

#include <algorithm>

#include "domain/markup.hpp"
#include "domain/period.hpp"

namespace commune_watch::witness {
namespace {

constexpr std::int64_t kSilentFor = 2 * 3600;  // a gateway comes every 15 minutes

std::string at(std::int64_t seconds) { return local_text(seconds * 1000, Zone()); }

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta http-equiv="refresh" content="60">
<meta name="viewport" content="width=device-width">
<title>Nhân chứng / Witness</title>
<style>
body{font:16px/1.5 sans-serif;margin:2rem;max-width:75rem}table{border-collapse:collapse;width:100%}
th,td{border:1px solid #999;padding:.3rem .6rem;text-align:left;vertical-align:top}small,.en{color:#555}
.bad{background:#c00;color:#fff;font-weight:bold}.bad small{color:#fff}.late{background:#fd8}code{overflow-wrap:anywhere}
</style></head><body>
<h1>Nhân chứng của sổ giám sát <span class="en">/ Witness of the logs</span></h1>
<p>Máy chủ này giữ và ký xác nhận điểm kiểm mới nhất của từng bộ giám sát; sổ bị viết lại thì không được ký.<br>
<span class="en">This server keeps and cosigns each gateway's newest checkpoint; a log that was rewritten is not cosigned.</span></p>
)";

std::string forks_of(const LogView& log) {
  std::string out;
  for (const auto& fork : log.forks) {
    const bool split = fork.kind == Fork::Kind::split;
    out += "<div>";
    out += split ? "<b>SỔ RẼ NHÁNH</b>: hai điểm kiểm khác nhau cùng " + std::to_string(fork.submitted.size) +
                       " dòng, đều do bộ giám sát ký <small>/ FORK: two checkpoints of one size, both "
                       "signed</small>"
                 : "<b>Nghi ngờ rẽ nhánh</b>: điểm kiểm " + std::to_string(fork.submitted.size) +
                       " dòng kèm chứng minh không khớp; có thể do người khác gửi <small>/ suspected: a "
                       "proof that does "
                       "not hold; somebody else may have sent it</small>";
    out += "<br>" + at(fork.seconds) + " <small><code>" + markup_text(fork.file) + "</code></small></div>";
  }
  return out;
}

std::string row(const LogView& log, std::int64_t now) {
  const auto silent = log.size ? std::max<std::int64_t>(0, now - log.seconds) : 0;
  const bool late = log.known && silent > kSilentFor;
  std::string out = log.forks.empty() && !log.damaged ? "<tr>" : "<tr class=\"bad\">";
  out += "<td>" + (log.label.empty() ? "" : markup_text(log.label) + "<br>") + "<small>" +
         markup_text(log.origin) + "</small>";
  if (!log.known) out += "<br>không còn trong danh sách <small>/ no longer listed</small>";
  out += "</td><td>";
  out += log.size      ? std::to_string(*log.size)
         : log.damaged ? "TỆP HỎNG, ngừng ký <small>/ damaged, not cosigned</small>"
                       : "–";
  out += "</td><td>" + (log.size ? at(log.seconds) : std::string("chưa từng <small>/ never</small>"));
  out += "</td><td" + std::string(late ? " class=\"late\">" : ">");
  if (log.size)
    out += duration_text(silent * 1000, Language::vi) + " <small>/ " +
           duration_text(silent * 1000, Language::en) + "</small>";
  return out + "</td><td>" + forks_of(log) + "</td></tr>\n";
}

}  // namespace

std::string page(const View& view) {
  std::string out(kHead);
  const auto warn = [&](const std::string& vi, const std::string& en) {
    out += "<p class=\"bad\">" + vi + " <small>/ " + en + "</small></p>\n";
  };
  if (!view.trouble.empty())
    warn("Tệp khóa có lỗi, vẫn dùng danh sách cũ: <code>" + markup_text(view.trouble) + "</code>",
         "the file of keys has errors, the list from before stays in force");
  if (!view.clock_is_kept)
    warn("Đồng hồ máy chủ chưa được đồng bộ.", "this machine's clock is not synchronised");
  for (const auto& file : view.damaged)
    warn("Tệp hỏng: <code>" + markup_text(file) + "</code>", "damaged file");
  out +=
      "<table><tr><th>Bộ giám sát <small>/ gateway</small></th><th>Số dòng <small>/ leaves</small></th>"
      "<th>Ký lúc <small>/ cosigned</small></th><th>Im lặng <small>/ silent for</small></th>"
      "<th>Bất thường <small>/ trouble</small></th></tr>\n";
  for (const auto& log : view.logs) out += row(log, view.now);
  if (view.logs.empty())
    out +=
        "<tr><td colspan=\"5\">Chưa có bộ giám sát nào <small>/ no gateway is known yet</small></td></tr>\n";
  out += "</table>\n<p>Khóa của nhân chứng <small>/ the witness's key</small>: <code>" +
         markup_text(view.vkey) + "</code></p>\n<p><small>" + at(view.now) + "</small></p></body></html>\n";
  return out;
}

}  // namespace commune_watch::witness
