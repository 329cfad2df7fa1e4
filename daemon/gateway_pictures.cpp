// Names are the only index.
#include "gateway_pictures.hpp"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "domain/period.hpp"

namespace commune_watch {
namespace {

namespace fs = std::filesystem;

constexpr Millis kHour = 3'600'000, kDay = 24 * kHour;
constexpr std::uint64_t kMegabyte = 1'000'000, kLeaveFree = 256 * kMegabyte;  // the log goes first
constexpr std::string_view kFresh = ".new";
constexpr auto kFolderRights = fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec;
constexpr auto kFileRights = fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read;

// "2026-11-22T14:00:00.000Z" as "20261122T140000Z".
std::string name_of(Millis utc) {
  std::string text = utc_text(utc).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "Z.jpg";
}

// Of a picture, also of one that was left half written.
std::optional<Millis> time_of(const std::string& name) {
  std::tm parts{};
  const char* const end = ::strptime(name.c_str(), "%Y%m%dT%H%M%SZ.jpg", &parts);
  if (end == nullptr) return std::nullopt;
  const Millis utc = Millis{::timegm(&parts)} * 1'000;
  return name == name_of(utc) || name == name_of(utc) + std::string(kFresh) ? std::optional(utc)
                                                                            : std::nullopt;
}

std::vector<KeptPicture> all_in(const std::string& folder) {
  std::vector<KeptPicture> all;
  std::error_code error;
  for (fs::recursive_directory_iterator each(folder, error), end; !error && each != end;
       each.increment(error)) {
    const auto utc = time_of(each->path().filename());
    std::error_code gone;
    const auto bytes = each->is_regular_file(gone) ? each->file_size(gone) : 0;
    if (utc && !gone) all.push_back({each->path(), *utc, bytes});
  }
  return all;
}

std::string write(const fs::path& file, std::string_view jpeg) {
  std::error_code error;
  const fs::path folder = file.parent_path(), fresh = file.string() + std::string(kFresh);
  for (const auto& each : {folder.parent_path(), folder})
    if (fs::is_symlink(each, error)) return "là liên kết / is a link: " + each.string();
  error.clear();
  fs::create_directories(folder, error);
  for (const auto& each : {folder.parent_path(), folder})
    if (!error) fs::permissions(each, kFolderRights, error);
  if (error) return error.message();
  if (fs::space(folder, error).available < kLeaveFree) return "đĩa sắp đầy / the disk is nearly full";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out.write(jpeg.data(), static_cast<std::streamsize>(jpeg.size()));
  out.close();
  if (!out) {
    fs::remove(fresh, error);
    return "cannot be written";
  }
  fs::permissions(fresh, kFileRights, error);
  if (!error) fs::rename(fresh, file, error);
  return error ? error.message() : std::string();
}

}  // namespace

std::vector<KeptPicture> outdated(std::vector<KeptPicture> pictures, Millis utc_now, Millis keep,
                                  std::uint64_t most_bytes) {
  std::ranges::sort(pictures, std::greater(), &KeptPicture::utc);  // the newest first
  std::vector<KeptPicture> gone;
  std::uint64_t bytes = 0;
  for (KeptPicture& each : pictures) {
    const bool timely = each.utc > utc_now - keep && each.utc <= utc_now + kDay;
    if (timely && bytes + each.bytes <= most_bytes)
      bytes += each.bytes;
    else
      gone.push_back(std::move(each));
  }
  return gone;
}

void PictureShelf::keep(DeviceId device, Millis utc, std::string_view jpeg) {
  if (house_.settings->gateway.keep_pictures <= 0) return;
  const std::string id = house_.id_of(device);
  if (id.empty()) return;
  if (utc - tidied_ >= kHour || utc < tidied_) tidy(utc);
  const std::string trouble = write(fs::path(folder_) / id / name_of(utc), jpeg);
  house_.alarm("pictures",
               trouble.empty()
                   ? std::string()
                   : "Không lưu được ảnh camera / pictures cannot be kept: " + folder_ + ": " + trouble);
}

void PictureShelf::tidy(std::optional<Millis> utc_now) {
  const auto& gateway = house_.settings->gateway;
  const bool none = gateway.keep_pictures <= 0;
  if (!utc_now && !none) return;
  tidied_ = utc_now.value_or(0);
  const auto most = none ? 0 : static_cast<std::uint64_t>(gateway.pictures_mb) * kMegabyte;
  std::error_code ignored;
  if (fs::is_symlink(folder_, ignored)) return;  // what lies there is not ours
  for (const KeptPicture& each : outdated(all_in(folder_), tidied_, gateway.keep_pictures, most)) {
    fs::remove(each.file, ignored);
    fs::remove(fs::path(each.file).parent_path(), ignored);  // if it was its last
  }
  if (none) fs::remove(folder_, ignored);  // if it is empty
}

}  // namespace commune_watch
