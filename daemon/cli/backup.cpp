// `commune-watch backup`: a copy of the log now, through the daemon if one runs, else by itself; and carried
// to another directory.
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <semaphore>

#include "cli/cli.hpp"
#include "drivers/driver.hpp"
#include "settings/loading.hpp"
#include "store/backups.hpp"
#include "wire/real_clock.hpp"

namespace commune_watch {
namespace {

using Json = nlohmann::json;
constexpr auto kAskAgain = std::chrono::milliseconds(300);

Result<std::string> through_daemon(const Common& common) {
  auto reply = common.client().post("/api/v1/backup");
  std::binary_semaphore never(0);
  while (true) {
    if (!reply) return std::unexpected(reply.error());
    const auto answer = Json::parse(reply->body, nullptr, false);
    if (!answer.is_object()) return fail("the daemon's answer cannot be read");
    if (!answer.value("under_way", false)) {
      const auto why = answer.value("why", "");
      return why.empty() ? Result<std::string>(answer.value("file", "")) : fail(why);
    }
    static_cast<void>(never.try_acquire_for(kAskAgain));
    reply = common.client().get("/api/v1/backup");
  }
}

Result<std::string> by_ourselves(const Common& common) {
  auto options = store_options(common);
  if (!options) return std::unexpected(options.error());
  if (!std::filesystem::exists(options->directory + "/commune-watch.db"))
    return fail(options->directory + ": chưa có sổ theo dõi / there is no log yet");
  auto store = Store::open(*options, [](const std::string& word) { std::cerr << word << "\n"; });
  if (!store) return std::unexpected(store.error());
  RealClock clock;
  const auto date = local_date(Zone(), clock.anchor().utc);
  if (auto begun = (*store)->begin_backup(date.yyyymmdd()); !begun) return std::unexpected(begun.error());
  while (true) {
    auto stepped = (*store)->step_backup();
    if (!stepped) return std::unexpected(stepped.error());
    if (*stepped) return **stepped;
  }
}

int back_up(const Common& common, const std::string& directory) {
  const auto alive = common.client().alive();
  auto file = !alive   ? std::unexpected(alive.error())
              : *alive ? through_daemon(common)
                       : by_ourselves(common);
  if (file && !directory.empty()) {
    if (auto carried = carry_backup(*file, directory, [] { return false; })) {
      file = directory + "/" + std::filesystem::path(*file).filename().string();
    } else {
      file = std::unexpected(carried.error());
    }
  }
  if (!file) {
    std::cerr << "không sao lưu được / no backup: " << file.error().why << "\n";
    return kBadNews;
  }
  std::cout << (common.json ? Json{{"file", *file}}.dump() : *file) << "\n";
  return kGood;
}

}  // namespace

Result<StoreOptions> store_options(const Common& common) {
  auto loaded = load(common.places(), drivers());
  if (!loaded.settings) return fail(loaded.told());
  StoreOptions options;
  options.directory = common.state;
  options.memory = std::filesystem::path(common.socket).parent_path().string();
  options.version = CW_VERSION;
  options.commune = loaded.settings->commune.id;
  options.gateway = loaded.settings->gateway.id;
  options.simulated = loaded.settings->gateway.simulated;
  return options;
}

void add_backup(const Command& app, const Common& common) {
  const auto command = app.command("backup", "Sao lưu sổ theo dõi ngay bây giờ / back the log up now");
  auto directory = std::make_shared<std::string>();
  command.option("directory", *directory, "Chép thêm vào thư mục này (thẻ nhớ USB…) / copy it there, too");
  command.act([&common, directory] { return back_up(common, *directory); });
}

}  // namespace commune_watch
