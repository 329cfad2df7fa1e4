// A slice every fifth of a second: at most 2.5 MB/s of the disk and a few hundredths of the loop.
#include "gateway_backup.hpp"

#include <utility>
#include <vector>

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
  begin(What::night);
}

Result<BackupView> BackupKeeper::ask(bool begin_now) {
  if (begin_now && !view_.under_way) begin(What::copy);
  if (begin_now && what_ == What::night) copy_asked_ = true;
  return view_;
}

void BackupKeeper::begin(What what) {
  const auto day = local_date(house_.settings->commune.zone, house_.utc_now()).yyyymmdd();
  view_ = {.under_way = true, .day = day};
  what_ = what;
  copy_asked_ = false;
  auto begun =
      what == What::night ? house_.store->begin_nightly_backup(day) : house_.store->begin_backup(day);
  if (!begun) return failed(begun.error().why);
  hooks_.later(kSlice, [this] { step(); });
}

void BackupKeeper::step() {
  auto stepped = house_.store->step_backup();
  if (!stepped) return failed(stepped.error().why);
  if (!*stepped) return hooks_.later(kSlice, [this] { step(); });
  view_.under_way = false;
  view_.file = **stepped;
  if (what_ == What::night)
    house_.store->put_meta(
        kDayKey, std::to_string(view_.day));  // durable with the next commit; once too often is no harm
  house_.alarm("backup", "");
  house_.diagnostics.say(Severity::info, "backup: " + view_.file);
  carry(view_.file);
  if (std::exchange(copy_asked_, false)) begin(What::copy);
}

void BackupKeeper::failed(const std::string& why) {
  view_.under_way = false;
  view_.why = why;
  next_try_ = house_.now().bt + kAgain;
  house_.alarm("backup", "KHÔNG SAO LƯU ĐƯỢC SỔ THEO DÕI / no backup of the log: " + why);
  if (std::exchange(copy_asked_, false)) begin(What::copy);
}

// A medium that hangs must not stop the gateway: nothing of it is touched on the loop.
void BackupKeeper::carry(const std::string& file) {
  const auto directory = house_.settings->gateway.backup_directory;
  if (directory.empty()) return house_.alarm("backup-medium", "");
  if (carrying_) {
    if (what_ == What::night)
      house_.alarm("backup-medium",
                   "Ổ SAO LƯU THỨ HAI KHÔNG TRẢ LỜI / the second medium hangs: " + directory);
    return;
  }
  carrying_ = true;
  carrier_ = std::jthread([this, file, directory, day = view_.day](const std::stop_token& stop) {
    std::vector<std::string> said;
    auto done = another_medium(directory, state_);
    if (done)
      done = grow_backup(
          file, directory, day, [&] { return stop.stop_requested(); },
          [&](std::string word) { said.push_back(std::move(word)); });
    hooks_.post([this, done, said] {
      carrying_ = false;
      for (const auto& word : said) house_.diagnostics.say(Severity::warning, word);
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
