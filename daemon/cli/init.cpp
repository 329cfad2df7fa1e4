// `commune-watch init`: a few questions, a commented gateway.toml.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include "cli/cli.hpp"
#include "settings/draft.hpp"

namespace commune_watch {
namespace {

std::string ask(const std::string& question, const std::string& fallback = {}) {
  std::cout << question << (fallback.empty() ? "" : " [" + fallback + "]") << ": " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer.empty() ? fallback : answer;
}

int write_draft(const DraftAnswers& answers, const std::string& file, bool force) {
  if (answers.name.empty() || answers.code.empty() || answers.province.empty()) {
    std::cerr << "Cần tên xã, mã xã và tên tỉnh / the commune's name, code and province are needed\n";
    return kUsage;
  }
  if (std::filesystem::exists(file) && !force) {
    std::cerr << file
              << ": đã có, không ghi đè (dùng --force) / exists already, not overwritten (use --force)\n";
    return kBadNews;
  }
  std::error_code ignored;
  if (auto parent = std::filesystem::path(file).parent_path(); !parent.empty())
    std::filesystem::create_directories(parent, ignored);
  std::ofstream out(file, std::ios::trunc);
  out << draft(answers);
  out.flush();
  if (!out) {
    std::cerr << file
              << ": không ghi được, hãy kiểm tra thư mục và quyền / cannot be written: check directory and "
                 "rights\n";
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
    return write_draft(given, common.config, flags->force);
  });
}

}  // namespace commune_watch
