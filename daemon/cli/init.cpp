// `commune-watch init`: a few questions, a commented gateway.toml.
#include <sys/stat.h>

#include <iostream>
#include <memory>

#include "cli/cli.hpp"
#include "cli/whole_file.hpp"
#include "settings/draft.hpp"
#include "settings/loading.hpp"

namespace commune_watch {
namespace {

// Without the spaces around it: also the carriage return of a text prepared elsewhere.
std::string ask(const std::string& question) {
  std::cout << question << ": " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  const auto first = answer.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  return answer.substr(first, answer.find_last_not_of(" \t\r") + 1 - first);
}

bool may_write(const std::string& file, bool force) {
  struct stat there {};
  if (::lstat(file.c_str(), &there) != 0 || (force && S_ISREG(there.st_mode))) return true;
  std::cerr
      << file
      << (force ? ": không phải tệp thường, không ghi đè / is not a regular file, not overwritten\n"
                : ": đã có, không ghi đè (dùng --force) / exists already, not overwritten (use --force)\n");
  return false;
}

int write_draft(const DraftAnswers& answers, const std::string& file) {
  if (answers.name.empty() || answers.code.empty() || answers.province.empty()) {
    std::cerr << "Cần tên xã, mã xã và tên tỉnh / the commune's name, code and province are needed\n";
    return kUsage;
  }
  const auto text = draft(answers);
  if (const auto loaded = load_text(text, drivers(), file); !loaded.settings) {
    std::cerr
        << "Câu trả lời chưa dùng được, chưa ghi gì / these answers cannot be used, nothing was written:\n"
        << loaded.told() << "\n";
    return kUsage;
  }
  // Readable by the folder's group, which is the service's in /etc/commune-watch, and by nobody else: the
  // configuration holds the names and addresses of cameras.
  if (const auto written = write_whole(file, text, {.folders_group_reads = true, .owner = {}}); !written) {
    std::cerr << written.error().why << "\n";
    return kBadNews;
  }
  std::cout << "Đã ghi / written: " << file << "\nTiếp theo / next: commune-watch check --config " << file
            << "\n";
  return kGood;
}

}  // namespace

void add_init(const Command& app, const Common& common) {
  const auto command = app.command("init", "Tạo gateway.toml có chú thích / write a commented gateway.toml");
  struct Flags {
    DraftAnswers answers;
    bool force = false;
  };
  auto flags = std::make_shared<Flags>();
  auto& answers = flags->answers;
  command.option("--name", answers.name, "Tên xã, ví dụ 'Xã Tân Phú' / commune");
  command.option("--code", answers.code, "Mã đơn vị hành chính / administrative code");
  command.option("--province", answers.province, "Tỉnh / province");
  command.option("--hamlet", answers.hamlets, "Tên ấp/thôn, lặp lại được / hamlet, may be repeated");
  command.option("--mqtt", answers.mqtt_url, "Máy chủ MQTT, ví dụ mqtts://… / MQTT broker");
  command.flag("--force", flags->force, "Ghi đè / overwrite");
  command.act([&common, flags] {
    if (!may_write(common.config, flags->force)) return kBadNews;
    auto& given = flags->answers;
    if (given.name.empty()) given.name = ask("Tên xã / commune, 'Xã Tân Phú'");
    if (given.code.empty()) given.code = ask("Mã đơn vị hành chính cấp xã / administrative code");
    if (given.province.empty()) given.province = ask("Tỉnh / province");
    const bool asked = given.hamlets.empty();
    while (asked) {
      auto hamlet = ask("Tên ấp/thôn (Enter để thôi) / hamlet (Enter to end)");
      if (hamlet.empty()) break;
      given.hamlets.push_back(std::move(hamlet));
    }
    if (asked && given.mqtt_url.empty())
      given.mqtt_url = ask("Máy chủ MQTT (Enter: không phát) / broker (Enter: none)");
    return write_draft(given, common.config);
  });
}

}  // namespace commune_watch
