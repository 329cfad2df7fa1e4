// `commune-watch verify`: is a bundle of evidence true? Opens the bundle alone; no daemon, no database, no
// network.
#include "evidence/verify.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/cli.hpp"
#include "domain/period.hpp"
#include "domain/utf8.hpp"
#include "evidence/bytes.hpp"
#include "evidence/note.hpp"

namespace commune_watch {
namespace {

using evidence::Files;
using evidence::Report;
using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::uintmax_t kMostBytes = 4ULL << 30U;  // of one file

Result<std::string> read_file(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) return fail(path.string() + ": " + error.message());
  if (size > kMostBytes) return fail(path.string() + ": larger than any bundle's file");
  std::string bytes(size, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  if (!file || file.gcount() != static_cast<std::streamsize>(size))
    return fail(path.string() + ": cannot be read");
  return bytes;
}

// The directory's own files; what lies in directories below is none of a bundle's.
Result<Files> read_bundle(const std::string& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error))
    return fail(directory + ": không phải thư mục gói bằng chứng / is no bundle's directory");
  Files files;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const auto name = entry.path().filename().string();
    if (!entry.is_regular_file(error)) {
      files[name];  // told as one that is none of ours
      continue;
    }
    auto bytes = read_file(entry.path());
    if (!bytes) return std::unexpected(bytes.error());
    files[name] = std::move(*bytes);
  }
  if (error) return fail(directory + ": " + error.message());
  return files;
}

// What was seen elsewhere comes over editors of every kind: their marks are none of the checkpoint's.
std::string without_editors_marks(std::string text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  std::erase(text, '\r');
  return text;
}

// As it came from the broker: the retained message is a JSON object around the checkpoint.
std::string checkpoint_of(std::string text) {
  if (const auto first = text.find_first_not_of(" \t\n"); first == std::string::npos || text[first] != '{')
    return text;
  const auto message = Json::parse(text, nullptr, false);
  if (!message.is_object()) return text;
  const auto checkpoint = message.find("checkpoint");
  return checkpoint != message.end() && checkpoint->is_string() ? checkpoint->get<std::string>() : text;
}

// A key as it was typed or pasted; nothing where it is none of this use.
std::optional<std::string> key_of(std::string_view typed, evidence::KeyUse use) {
  while (!typed.empty() && std::isspace(static_cast<unsigned char>(typed.front()))) typed.remove_prefix(1);
  while (!typed.empty() && std::isspace(static_cast<unsigned char>(typed.back()))) typed.remove_suffix(1);
  const auto key = evidence::PublicKey::of(typed);
  if (!key || key->use != use) return std::nullopt;
  return std::string(typed);
}

// Names of files and words of records are the keeper's: they may not move the reader's cursor, nor turn the
// direction of what he reads.
std::string harmless(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const auto [value, bytes] = first_character(text);
    const bool steers = value < 0x20 || (value >= 0x7F && value < 0xA0) || value == 0x200E ||
                        value == 0x200F || (value >= 0x2028 && value <= 0x202E) ||
                        (value >= 0x2066 && value <= 0x2069);
    safe += bytes == 0 || steers ? std::string_view("\uFFFD") : text.substr(0, bytes);
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return safe;
}

std::string dashed(std::int32_t yyyymmdd) {
  const auto text = std::to_string(yyyymmdd);
  return text.size() < 8 ? text : text.substr(0, 4) + '-' + text.substr(4, 2) + '-' + text.substr(6);
}

Json json_of(const Report& report) {
  Json findings = Json::array(), witnesses = Json::array(), witnessed = Json::array(),
       unwitnessed = Json::array();
  for (const auto& f : report.findings)
    findings.push_back({{"code", f.code}, {"where", f.where}, {"vi", f.vi}, {"en", f.en}});
  for (const auto& w : report.witnesses)
    witnesses.push_back({{"vkey", w.vkey}, {"confirmed", w.confirmed ? 1 : 0}});
  for (const auto& w : report.witnessed)
    witnessed.push_back({{"date", dashed(w.date)}, {"by", w.by}, {"at", w.at}});
  for (const auto date : report.unwitnessed) unwitnessed.push_back(dashed(date));
  const auto text = [](const std::string& value) { return value.empty() ? Json(nullptr) : Json(value); };
  return {{"verdict", report.valid() ? "valid" : "invalid"},
          {"findings", findings},
          {"origin", text(report.origin)},
          {"size", report.root.empty() ? Json(nullptr) : Json(report.size)},
          {"root", text(report.root)},
          {"period", text(report.period)},
          {"until", report.until ? Json(*report.until) : Json(nullptr)},
          {"newest", report.newest},
          {"key", {{"vkey", text(report.vkey)}, {"confirmed", report.confirmed ? 1 : 0}}},
          {"witnesses", witnesses},
          {"witnessed", witnessed},
          {"unwitnessed", unwitnessed}};
}

std::string note_text(const Report::Note& note, const Zone& zone, bool vi) {
  auto at = local_text(note.at, zone);
  if (const auto* one = std::get_if<MaintenanceEntry>(&note.entry)) {
    const auto& m = one->maintenance;
    return at + (vi ? "  bảo trì " : "  maintenance ") + one->scope + ", " + local_text(m.period.from, zone) +
           " – " + local_text(m.ended == 0 ? m.period.to : std::min(m.period.to, m.ended), zone) + ", " +
           m.author + ": " + m.reason +
           (note.late ? (vi ? " [khai báo MUỘN, không trừ vào thời gian]" : " [declared LATE, not taken off]")
                      : "");
  }
  if (const auto* one = std::get_if<CorrectionEntry>(&note.entry)) {
    const auto& c = one->correction;
    return at + (vi ? "  đính chính " : "  correction ") + one->device + ", " +
           local_text(c.period.from, zone) + " – " + local_text(c.period.to, zone) + ": " +
           std::string(name(c.value, vi ? Language::vi : Language::en)) + ", " + c.author + ": " + c.reason;
  }
  if (const auto* one = std::get_if<RestoreEntry>(&note.entry))
    return at + (vi ? "  SỔ ĐƯỢC PHỤC HỒI sau hư hỏng: " : "  THE LOG WAS RESTORED after damage: ") +
           one->why;
  if (const auto* one = std::get_if<KeyEntry>(&note.entry))
    return at + (vi ? "  khóa ký mới: " : "  new key: ") + one->vkey;
  if (const auto* one = std::get_if<MustHaveEntry>(&note.entry)) {
    std::string what;
    for (const auto must : one->must) what += (what.empty() ? "" : ", ") + std::string(code(must));
    return at + (vi ? "  danh mục phải có của " : "  must have, ") + one->area + ": " +
           (what.empty() ? "–" : what) + (one->basis.empty() ? "" : " (" + one->basis + ")");
  }
  if (const auto* one = std::get_if<DeclarationEntry>(&note.entry))
    return at + (vi ? "  kê khai " : "  declaration ") + one->id + ": " + one->what + ", " + one->place +
           ", " + one->document;
  return at;
}

// "2026-10-01 … 2026-10-07, 2026-10-09"
std::string runs_of(const std::vector<std::int32_t>& dates) {
  std::string text;
  for (std::size_t i = 0; i < dates.size();) {
    std::size_t last = i;
    const auto follows = [&](std::int32_t a, std::int32_t b) {
      return next_day({a / 10'000, a / 100 % 100, a % 100}).yyyymmdd() == b;
    };
    while (last + 1 < dates.size() && follows(dates[last], dates[last + 1])) ++last;
    text += (text.empty() ? "" : ", ") + dashed(dates[i]) + (last > i ? " … " + dashed(dates[last]) : "");
    i = last + 1;
  }
  return text;
}

std::string text_of(const Report& report, bool vi) {
  std::ostringstream out;
  const auto line = [&](const char* in_vi, const char* in_en, const std::string& value) {
    if (!value.empty()) out << (vi ? in_vi : in_en) << harmless(value) << "\n";
  };
  out << (report.valid() ? (vi ? "HỢP LỆ" : "VALID") : (vi ? "KHÔNG HỢP LỆ" : "INVALID")) << "\n";
  for (const auto& f : report.findings)
    out << "  " << f.code << "  " << harmless(f.where) << ": " << harmless(vi ? f.vi : f.en) << "\n";
  line("Sổ:               ", "Log:              ", report.origin);
  line("Kỳ:               ", "Period:           ", report.period);
  if (!report.root.empty())
    line("Điểm kiểm:        ", "Checkpoint:       ",
         std::to_string(report.size) + (vi ? " dòng, gốc " : " leaves, root ") + report.root);
  if (!report.valid()) {
    out << (vi ? "Không dùng số liệu nào của gói này.\n" : "Use no figure of this bundle.\n");
    return out.str();
  }
  if (report.until) line("Số liệu đến:      ", "Figures until:    ", local_text(*report.until, report.zone));
  line("Khóa ký:          ", "Key:              ",
       report.vkey + (report.confirmed
                          ? (vi ? "  (đúng với khóa đã cho)" : "  (leads from the key you gave)")
                          : (vi ? "  (lấy từ chính gói: hãy so với nhãn trên máy, hoặc dùng --key)"
                                : "  (the bundle's own: compare it with the label, or use --key)")));
  for (const auto& w : report.witnesses)
    line("Nhân chứng:       ", "Witness:          ",
         w.vkey + (w.confirmed ? (vi ? "  (do bạn chỉ định)" : "  (named by you)")
                               : (vi ? "  (do chính gói nêu, chưa được xác nhận)"
                                     : "  (named by the bundle, not confirmed)")));
  struct Told {
    std::vector<std::int32_t> dates;
    Millis latest = 0;
  };
  std::map<std::string, Told> by;
  for (const auto& w : report.witnessed) {
    by[w.by].dates.push_back(w.date);
    by[w.by].latest = std::max(by[w.by].latest, w.at);
  }
  for (const auto& [who, told] : by)
    line("Được làm chứng:   ", "Witnessed:        ",
         runs_of(told.dates) + (vi ? ", bởi " : ", by ") + who +
             (vi ? ", muộn nhất lúc " : ", at the latest ") + local_text(told.latest, report.zone));
  line("KHÔNG ai làm chứng: ", "By NO witness:    ", runs_of(report.unwitnessed));
  if (report.newest == "unwitnessed")
    out << (vi ? "Trạng thái mới nhất của gói chưa được ai bên ngoài xác nhận: người giữ máy có thể đã viết "
                 "lại sổ. Hãy dùng "
                 "--witness hoặc --seen.\n"
               : "Nobody outside has confirmed this bundle's newest state: whoever holds the box could have "
                 "rewritten the log. "
                 "Use --witness or --seen.\n");
  else
    out << (vi ? "Trạng thái mới nhất đã được xác nhận; người giữ máy chỉ có thể viết lại những gì đến sau "
                 "đó.\n"
               : "The newest state is confirmed; whoever holds the box could only rewrite what came after "
                 "it.\n");
  for (const auto size : report.not_compared)
    out << (vi ? "Không so được điểm kiểm đã thấy (" : "Could not compare the seen checkpoint of ") << size
        << (vi ? " dòng): nó có trước phần sổ trong gói.\n"
               : " leaves: it is from before the bundle begins.\n");
  for (const auto& note : report.notes) out << "  " << harmless(note_text(note, report.zone, vi)) << "\n";
  return out.str();
}

}  // namespace

void add_verify(const Command& app, const Common& common) {
  const auto command =
      app.command("verify", "Kiểm tra gói bằng chứng, không cần mạng / check a bundle of evidence, offline");
  struct Words {
    std::string bundle, key;
    std::vector<std::string> witnesses, seen;
  };
  auto words = std::make_shared<Words>();
  command.option("bundle", words->bundle, "Thư mục gói bằng chứng / the bundle's directory").required();
  command.option("--key", words->key, "Khóa công khai trên nhãn máy / the public key on the machine's label");
  command.option("--witness", words->witnesses,
                 "Khóa nhân chứng phải có chữ ký / key of a witness that must have cosigned");
  command.option("--seen", words->seen,
                 "Tệp điểm kiểm đã thấy nơi khác (mã QR, bản tin MQTT, nhân chứng) / file of a checkpoint "
                 "seen elsewhere");
  command.act([&common, words] {
    auto files = read_bundle(words->bundle);
    if (!files) {
      std::cerr << files.error().why << "\n";
      return kUsage;
    }
    evidence::VerifyOptions options;
    const auto refused = [](const char* why, const std::string& typed) {
      std::cerr << why << harmless(typed) << "\n";
      return kUsage;
    };
    if (!words->key.empty()) {
      const auto key = key_of(words->key, evidence::KeyUse::log);
      if (!key) return refused("--key: khóa công khai không đọc được / no public key: ", words->key);
      options.key = *key;
    }
    for (const auto& typed : words->witnesses) {
      const auto key = key_of(typed, evidence::KeyUse::witness);
      if (!key) return refused("--witness: khóa nhân chứng không đọc được / no witness's key: ", typed);
      options.witnesses.push_back(*key);
    }
    for (const auto& name : words->seen) {
      auto seen = read_file(name);
      if (!seen) {
        std::cerr << seen.error().why << "\n";
        return kUsage;
      }
      options.seen.push_back(checkpoint_of(without_editors_marks(std::move(*seen))));
    }
    const auto report = evidence::verify(*files, options);
    if (common.json)
      std::cout << json_of(report).dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
    else
      std::cout << text_of(report, common.spoken() == Language::vi);
    return report.valid() ? kGood : kBadNews;
  });
}

}  // namespace commune_watch
