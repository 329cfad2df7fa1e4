// A slice every fifth of a second: 2.5 MB/s of the disk and a few hundredths of the loop.
#include "gateway_backup.hpp"

#include <utility>

#include "store/backups.hpp"

namespace commune_watch {
namespace {

constexpr const char* kDayKey = "backup-day";
constexpr Millis kMinute = 60'000;
constexpr Millis kAfterMidnight = 20 * kMinute;  // the day that ended has been told and signed by then
constexpr Millis kAfterStart = 10 * kMinute;
constexpr Millis kAgain = 60 * kMinute;  // after a failure
constexpr Millis kSlice = 200;

}  // namespace

BackupKeeper::BackupKeeper(House& house, std::string state, Hooks hooks)
    : house_(house),
      state_(std::move(state)),
      hooks_(std::move(hooks)),
      next_try_(house.now().bt + kAfterStart) {}

void BackupKeeper::tick() {
  if (view_.under_way || house_.now().bt < next_try_ || !hooks_.clock_trusted()) return;
  const auto& zone = house_.settings->commune.zone;
  const auto utc = house_.utc_now();
  const auto date = local_date(zone, utc);
  if (utc - zone.midnight(date.year, date.month, date.day) < kAfterMidnight) return;
  if (house_.store->meta(kDayKey) == std::to_string(date.yyyymmdd())) return;
  begin(date.yyyymmdd());
}

Result<BackupView> BackupKeeper::ask(bool begin_now) {
  if (begin_now && !view_.under_way)
    begin(local_date(house_.settings->commune.zone, house_.utc_now()).yyyymmdd());
  return view_;
}

void BackupKeeper::begin(std::int32_t day) {
  view_ = {.under_way = true, .day = day};
  if (auto begun = house_.store->begin_backup(day); !begun) return failed(begun.error().why);
  hooks_.later(kSlice, [this] { step(); });
}

void BackupKeeper::step() {
  auto stepped = house_.store->step_backup();
  if (!stepped) return failed(stepped.error().why);
  if (!*stepped) return hooks_.later(kSlice, [this] { step(); });
  view_.under_way = false;
  view_.file = **stepped;
  house_.store->put_meta(
      kDayKey, std::to_string(view_.day));  // durable with the next commit; once too often is no harm
  house_.alarm("backup", "");
  house_.diagnostics.say(Severity::info, "backup: " + view_.file);
  carry(view_.file);
}

void BackupKeeper::failed(const std::string& why) {
  view_.under_way = false;
  view_.why = why;
  next_try_ = house_.now().bt + kAgain;
  house_.alarm("backup", "KHÔNG SAO LƯU ĐƯỢC SỔ THEO DÕI / no backup of the log: " + why);
}

// A medium that hangs must not stop the gateway: nothing of it is touched on the loop.
void BackupKeeper::carry(const std::string& file) {
  const auto directory = house_.settings->gateway.backup_directory;
  if (directory.empty()) return house_.alarm("backup-medium", "");
  if (carrying_)
    return house_.alarm("backup-medium",
                        "Ổ SAO LƯU THỨ HAI KHÔNG TRẢ LỜI / the second medium hangs: " + directory);
  carrying_ = true;
  carrier_ = std::jthread([this, file, directory](const std::stop_token& stop) {
    auto done = another_medium(directory, state_);
    if (done) done = carry_backup(file, directory, [&] { return stop.stop_requested(); });
    hooks_.post([this, done] {
      carrying_ = false;
      house_.alarm(
          "backup-medium",
          done ? ""
               : "KHÔNG SAO LƯU ĐƯỢC SANG Ổ THỨ HAI, bản sao trên máy vẫn có / no backup on the second "
                 "medium, the one on this machine stands: " +
                     done.error().why);
    });
  });
}

}  // namespace commune_watch
