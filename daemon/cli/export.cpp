// `commune-watch export`: a bundle of evidence for a period, written where the caller wants it and checked
// before it is called done.
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "cli/cli.hpp"
#include "domain/period.hpp"
#include "evidence/verify.hpp"
#include "report/qr.hpp"

namespace commune_watch {
namespace {

using evidence::Files;
using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr Seq kPage = 5'000;                         // leaves asked for at once
constexpr int kCosignTurns = 20, kCosignTurn = 250;  // milliseconds

constexpr const char* kGuide =
    "GÓI BẰNG CHỨNG CỦA BỘ GIÁM SÁT XÃ\n"
    "=================================\n"
    "\n"
    "Thư mục này chứa toàn bộ sổ theo dõi của một kỳ và chữ ký của bộ giám sát. Ai cũng có thể kiểm tra, "
    "không cần mạng,\n"
    "không cần tin người giao gói. Chọn một trong ba cách:\n"
    "\n"
    "1. Trình duyệt: mở tệp verify.html (trong tài liệu của commune-watch), thả thư mục này vào.\n"
    "2. Python 3:    python3 verify_evidence.py THƯ_MỤC_NÀY\n"
    "3. Máy có cài:  commune-watch verify THƯ_MỤC_NÀY\n"
    "\n"
    "Hãy nhập thêm: khóa công khai in trên nhãn máy (--key), khóa của nhân chứng do tỉnh công bố "
    "(--witness), và điểm kiểm\n"
    "đã thấy ở nơi khác, ví dụ mã QR trên báo cáo đã nộp (--seen). Không có những thứ đó, công cụ chỉ chứng "
    "minh được rằng\n"
    "gói tự khớp với chính nó.\n"
    "\n"
    "so-lieu.csv là số liệu từng ngày của từng thiết bị; công cụ tính lại từng con số từ entries.jsonl. "
    "ma-qr.svg là điểm kiểm\n"
    "dưới dạng mã QR để in kèm báo cáo. HUONG_DAN.txt và ma-qr.svg không phải bằng chứng.\n"
    "\n"
    "THE EVIDENCE OF A COMMUNE'S GATEWAY\n"
    "This directory holds the records of a period and the gateway's signature. Check it offline with "
    "verify.html (drop the\n"
    "directory), verify_evidence.py or `commune-watch verify`. Give the key on the machine's label (--key), "
    "the witness's key\n"
    "(--witness) and checkpoints seen elsewhere (--seen): without them a bundle only proves that it agrees "
    "with itself.\n"
    "The format is described in evidence.md of the documentation.\n";

std::string joined(const Json& texts) {
  std::string lines;
  for (const auto& text : texts) lines += text.get<std::string>() + '\n';
  return lines;
}

// The checkpoint with the cosignatures that its witnesses give within some seconds; those that come later are
// in later bundles.
std::string await_cosignatures(const Client& client, const Json& told) {
  auto note = told["checkpoint"].get<std::string>();
  const auto wanted = 1 + told["witnesses"].size();
  for (int turn = 0; turn < kCosignTurns; ++turn) {
    const auto read = evidence::read_note(note);
    if (!read || read->signatures.size() >= wanted) break;
    if (turn > 0) ::poll(nullptr, 0, kCosignTurn);
    const auto reply = client.get("/api/v1/evidence/key");
    const auto now = reply ? Json::parse(reply->body) : Json();
    if (!reply || now["size"] != told["size"]) break;
    note = now["checkpoint"].get<std::string>();
  }
  return note;
}

// Everything of the bundle, in memory: a year of 200 devices is some 60 MB.
Result<Files> collect(const Common& common, const std::string& period, bool vi) {
  const auto client = common.patient_client();
  const auto made = client.post("/api/v1/evidence/export", {{"period", period}, {"by", who()}});
  if (!made) return std::unexpected(made.error());
  const auto told = Json::parse(made->body);
  const auto proof = evidence::read_proof(told["proof"].get<std::string>());
  if (!proof) return fail("the daemon's answer cannot be read: " + proof.error().why);
  const auto first = told["first"].get<Seq>(), size = told["size"].get<Seq>();

  Files files;
  std::string& entries = files["entries.jsonl"];
  const bool progress = !common.json && ::isatty(STDERR_FILENO) == 1;
  for (Seq next = first; next < size;) {
    const auto page =
        client.get("/api/v1/evidence/leaves",
                   {{"from", std::to_string(next)}, {"most", std::to_string(std::min(kPage, size - next))}});
    if (!page) return std::unexpected(page.error());
    std::string_view rest = page->body;
    const auto before = next;
    while (!rest.empty()) {
      const auto line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      if (line.starts_with('#')) continue;  // the mark of a simulation
      ++next;
      entries += line;
      entries += '\n';
    }
    if (next == before) return fail("the daemon gave no record " + std::to_string(next) + ": try again");
    if (progress)
      std::cerr << '\r' << (vi ? "Đang lấy sổ: " : "Reading the log: ") << (next - first) << "/"
                << (size - first) << std::flush;
  }
  if (progress) std::cerr << '\n';

  files["checkpoint"] = await_cosignatures(client, told);
  files["proof.json"] = told["proof"].get<std::string>();
  files["checkpoints.jsonl"] = evidence::write_lines(told["checkpoints"].get<std::vector<std::string>>());
  files["keys.jsonl"] = joined(told["keys"]);
  files["public-key"] = told["vkey"].get<std::string>() + '\n';
  files["witnesses"] = joined(told["witnesses"]);
  files["HUONG_DAN.txt"] = kGuide;
  auto code = qr_svg(files["checkpoint"], "Điểm kiểm / checkpoint " + std::to_string(size));
  if (!code) return std::unexpected(code.error());
  files["ma-qr.svg"] = std::move(*code);
  return files;
}

// The figures are those that a verifier works out, who checks all the rest on the way: what goes out is what
// anybody will say of it.
evidence::Report complete(Files& files) {
  files["so-lieu.csv"];
  files["SHA256SUMS"] = evidence::write_checksums(files);
  auto report = evidence::verify(files, {});
  files["so-lieu.csv"] = report.figures;
  files["SHA256SUMS"] = evidence::write_checksums(files);
  std::erase_if(report.findings,
                [](const evidence::Finding& finding) { return finding.code == "bad-figure"; });
  return report;
}

// A simulation is told as one, and is no trouble.
bool simulated_only(const evidence::Report& report) {
  return report.findings.size() == 1 && report.findings.front().code == "simulated";
}

// What an operator has to hand in to report a log that does not hold, and nobody can take for a bundle that
// does. What is there stays.
std::string refuted(const std::string& name) {
  const auto marked = name + "-KHONG-HOP-LE";
  auto free = marked;
  for (int number = 2; fs::exists(free); ++number) free = marked + "-" + std::to_string(number);
  return free;
}

Json json_of(const std::vector<evidence::Finding>& findings) {
  Json all = Json::array();
  for (const auto& f : findings)
    all.push_back({{"code", f.code}, {"where", f.where}, {"vi", f.vi}, {"en", f.en}});
  return all;
}

// Beside its final name first, so that a bundle that is there is whole.
Result<void> write_all(const Files& files, const fs::path& directory) {
  std::error_code error;
  if (directory.has_parent_path()) fs::create_directories(directory.parent_path(), error);
  std::string place = directory.string() + ".tmp-XXXXXX";  // a name that nobody has: what is there stays
  if (::mkdtemp(place.data()) == nullptr)
    return fail(directory.string() + ": " + std::generic_category().message(errno));
  const fs::path aside = place;
  fs::permissions(aside, fs::perms(0755), error);
  for (const auto& [name, bytes] : files) {
    std::ofstream file(aside / name, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) {
      fs::remove_all(aside, error);
      return fail((directory / name).string() +
                  ": không ghi được; đĩa còn chỗ không? / cannot be written; is there room on the disk?");
    }
  }
  fs::rename(aside, directory, error);
  if (!error) return {};
  const auto why = error.message();
  fs::remove_all(aside, error);
  return fail(directory.string() + ": " + why);
}

}  // namespace

void add_export(const Command& app, const Common& common) {
  const auto command =
      app.command("export", "Xuất gói bằng chứng của một kỳ / write a bundle of evidence for a period");
  struct Words {
    std::string period, to;
  };
  auto words = std::make_shared<Words>();
  command
      .option("--period", words->period,
              "Kỳ: 2026, 2026-Q4, 2026-11, 2026-11-14, 2026-11-01..2026-11-15 / period")
      .required();
  command.option("--to", words->to, "Thư mục sẽ tạo (mặc định: bang-chung-… tại đây) / directory to make");
  command.act([&common, words] {
    const bool vi = common.spoken() == Language::vi;
    const auto refused = [](const std::string& why) {
      std::cerr << why << "\n";
      return kBadNews;
    };
    if (!words->to.empty() && fs::exists(words->to))
      return refused(words->to + (vi ? ": đã có; chọn tên khác với --to"
                                     : ": is there already; choose another name with --to"));
    while (words->to.size() > 1 && words->to.ends_with('/')) words->to.pop_back();
    auto files = collect(common, words->period, vi);
    if (!files) return refused(files.error().why);
    const auto proof = evidence::read_proof((*files)["proof.json"]);
    auto name = words->to;
    if (name.empty()) {
      name = "bang-chung-" + proof->origin.substr(proof->origin.find('/') + 1) + "-" + proof->period;
      std::ranges::replace(name, '/', '-');
      if (fs::exists(name))
        return refused(name + (vi ? ": đã có; chọn tên khác với --to"
                                  : ": is there already; choose another name with --to"));
    }
    const auto report = complete(*files);
    const bool simulated = simulated_only(report), holds = report.valid() || simulated;
    if (!holds) name = refuted(name);
    if (auto written = write_all(*files, name); !written) return refused(written.error().why);
    if (common.json) {
      std::cout << Json{{"bundle", name},
                        {"period", proof->period},
                        {"first", proof->first},
                        {"size", report.size},
                        {"valid", report.valid()},
                        {"simulated", simulated},
                        {"findings", json_of(report.findings)}}
                       .dump()
                << "\n";
    } else {
      if (holds)
        std::cout << (vi ? "Đã ghi " : "Written: ") << name << (vi ? " (dòng " : " (records ") << proof->first
                  << "…" << report.size - 1 << ")\n";
      for (const auto& f : report.findings)
        std::cout << "  " << f.code << "  " << f.where << ": " << (vi ? f.vi : f.en) << "\n";
    }
    if (!holds)
      std::cerr
          << (vi ? "GÓI KHÔNG HỢP LỆ, không nộp làm bằng chứng. Được giữ ở " + name +
                       " để báo cáo sự cố: sổ, khóa ký hoặc điểm kiểm trên máy này đã hỏng hay đã bị thay.\n"
                 : "THE BUNDLE DOES NOT HOLD; do not hand it in as evidence. It is kept in " + name +
                       " to report the trouble: the log, key or checkpoints of this box are damaged or "
                       "were replaced.\n");
    return holds ? kGood : kBadNews;
  });
}

void add_key(const Command& app, const Common& common) {
  const auto command = app.group("key", "Khóa ký bằng chứng / the evidence key");
  const auto show = command.command(
      "show",
      "Khóa công khai (in lên nhãn máy) và điểm kiểm mới nhất / the public key and the newest checkpoint");
  const Show show_key = [](std::string_view body, const Wording& wording) {
    const auto told = Json::parse(body);
    const bool vi = wording.language == Language::vi;
    const auto checkpoint = told["checkpoint"].get<std::string>();
    return told["vkey"].get<std::string>() + "\n" +
           (checkpoint.empty() ? std::string(vi ? "Chưa có điểm kiểm.\n" : "No checkpoint yet.\n")
                               : "\n" + checkpoint);
  };
  show.act(
      [&common, show_key] { return common.tell(common.client().get("/api/v1/evidence/key"), show_key); });
  const auto rotate =
      command.command("rotate", "Đổi khóa: khóa mới được ký bởi cả hai / change the key, signed by both");
  rotate.act([&common, show_key] {
    return common.tell(common.client().post("/api/v1/evidence/key/rotate"), show_key);
  });
}

}  // namespace commune_watch
