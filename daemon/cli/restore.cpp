// `commune-watch restore`: which backups there are; and with the daemon stopped, go on from one of them.
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/cli.hpp"
#include "store/backups.hpp"

namespace commune_watch {
namespace {

using Json = nlohmann::json;

int list(const Common& common) {
  const auto directory = common.state + "/backup";
  const auto backups = list_backups(directory);
  if (common.json) {
    Json all = Json::array();
    for (const auto& one : backups)
      all.push_back({{"file", one.file},
                     {"bytes", one.bytes},
                     {"records", one.records},
                     {"commune", one.commune},
                     {"gateway", one.gateway},
                     {"simulated", one.simulated},
                     {"trouble", one.trouble}});
    std::cout << all.dump() << "\n";
    return kGood;
  }
  if (backups.empty()) std::cout << directory << ": chưa có bản sao lưu nào / no backups\n";
  for (const auto& one : backups) {
    std::cout << one.file << "  " << one.commune << "/" << one.gateway << "  " << one.records
              << " bản ghi/records  " << (one.bytes >> 10U) << " KiB"
              << (one.simulated ? "  MÔ PHỎNG/simulated" : "")
              << (one.trouble.empty() ? "" : "  KHÔNG DÙNG ĐƯỢC/unusable: " + one.trouble) << "\n";
  }
  return kGood;
}

int restore(const Common& common, const std::string& file) {
  auto options = store_options(common);
  if (!options) {
    std::cerr << options.error().why << "\n";
    return kBadNews;
  }
  const auto told =
      restore_backup(*options, file, who(), [](const std::string& word) { std::cerr << word << "\n"; });
  if (!told) {
    std::cerr << "không khôi phục được / not restored: " << told.error().why << "\n";
    return kBadNews;
  }
  if (common.json) {
    std::cout << Json{{"backup", told->backup},
                      {"kept", told->kept},
                      {"salvaged", told->salvaged},
                      {"put_aside", told->put_aside}}
                     .dump()
              << "\n";
  } else {
    std::cout << "Đã khôi phục / restored: " << told->kept
              << " bản ghi từ bản sao lưu / records of the backup, " << told->salvaged
              << " bản ghi cứu thêm từ sổ cũ / salvaged from the old log. Sổ cũ / the old log: "
              << common.state << "/" << told->put_aside << "\n";
  }
  return kGood;
}

}  // namespace

void add_restore(const Command& app, const Common& common) {
  const auto command = app.command(
      "restore", "Khôi phục sổ theo dõi từ bản sao lưu (dừng dịch vụ trước) / restore the log from a backup");
  struct Flags {
    std::string file;
    bool list = false;
  };
  auto flags = std::make_shared<Flags>();
  const auto file = command.option("file", flags->file, "Tệp sao lưu / the backup");
  command.flag("--list", flags->list, "Liệt kê các bản sao lưu / list the backups").excludes(file);
  command.act([&common, flags] {
    if (flags->list) return list(common);
    if (!flags->file.empty()) return restore(common, flags->file);
    std::cerr << "restore: tên tệp sao lưu hoặc --list / a backup's file or --list\n";
    return kUsage;
  });
}

}  // namespace commune_watch
