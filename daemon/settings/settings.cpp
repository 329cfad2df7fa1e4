// load(), print() and the questions that others ask of settings.
#include "settings/settings.hpp"

#include <sodium.h>

#include <algorithm>

#include "domain/ledger.hpp"
#include "settings/loading.hpp"

namespace commune_watch {
namespace {

class OneText final : public Disk {
 public:
  OneText(std::string_view name, std::string_view text) : name_(name), text_(text) {}
  [[nodiscard]] bool exists(const std::string& path) const override { return path == name_; }
  [[nodiscard]] Result<std::string> read(const std::string& path) const override {
    if (path != name_) return fail("is not here");
    return std::string{text_};
  }
  [[nodiscard]] Result<std::vector<std::string>> toml_files(const std::string&) const override {
    return std::vector<std::string>{};
  }
  [[nodiscard]] Result<std::string> read_secret(const std::string&, bool) const override {
    return fail("is not here");
  }

 private:
  std::string_view name_, text_;
};

// Keeps what is read: a configuration can be kept only as the bytes that were judged.
class Remembering final : public Disk {
 public:
  explicit Remembering(ConfigurationFiles& files) : files_(files) {}
  [[nodiscard]] bool exists(const std::string& path) const override { return disk_.exists(path); }
  [[nodiscard]] Result<std::string> read(const std::string& path) const override {
    auto text = disk_.read(path);
    if (text) files_.insert_or_assign(path, *text);
    return text;
  }
  [[nodiscard]] Result<std::vector<std::string>> toml_files(const std::string& directory) const override {
    return disk_.toml_files(directory);
  }
  [[nodiscard]] Result<std::string> read_secret(const std::string& path, bool is_credential) const override {
    return disk_.read_secret(path, is_credential);
  }

 private:
  RealDisk disk_;
  ConfigurationFiles& files_;
};

}  // namespace

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::array<char, 2 * crypto_hash_sha256_BYTES + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
  return hex.data();
}

const DeviceSettings* Settings::device(std::string_view id) const {
  const auto found = std::ranges::find(devices, id, &DeviceSettings::id);
  return found == devices.end() ? nullptr : &*found;
}

const PlaceSettings* Settings::place(std::string_view id) const {
  const auto found = std::ranges::find(places, id, &PlaceSettings::id);
  return found == places.end() ? nullptr : &*found;
}

std::string LoadResult::told() const {
  std::string text;
  const auto add = [&text](std::string_view mark, const std::string& line) {
    text.append(text.empty() ? "" : "\n").append(mark).append(line);
  };
  for (const auto& error : errors) add("", error);
  for (const auto& warning : warnings) add("cảnh báo / warning: ", warning);
  return text;
}

LoadResult load_from(const LoadPlaces& places, const Disk& disk, std::span<const Driver* const> table) {
  Loading loading{places, disk, table};
  if (read_sources(loading)) {
    read_sections(loading);
    read_devices(loading);
    check_references(loading);
  }
  LoadResult result;
  result.errors = loading.problems.errors();
  result.warnings = loading.problems.warnings();
  if (loading.problems.failed()) return result;
  Settings& settings = loading.settings;
  if (settings.mqtt.client_id.empty())
    settings.mqtt.client_id = "commune-watch-" + settings.commune.id + "-" + settings.gateway.id;
  settings.sha256 = sha256_hex(merged_text(loading, false));
  settings.lines = merged_lines(loading);
  result.settings = std::move(settings);
  return result;
}

LoadResult load(const LoadPlaces& places, std::span<const Driver* const> table) {
  ConfigurationFiles files;
  auto result = load_from(places, Remembering{files}, table);
  if (result.settings) result.files = std::move(files);
  return result;
}

LoadResult load_text(std::string_view text, std::span<const Driver* const> table, std::string_view name) {
  LoadPlaces places;
  places.file = name;
  return load_from(places, OneText{name, text}, table);
}

std::string print(const LoadPlaces& places, std::span<const Driver* const> table) {
  const RealDisk disk;
  Loading loading{places, disk, table};
  if (!read_sources(loading)) {
    std::string errors;
    for (const std::string& error : loading.problems.errors()) errors += "# " + error + "\n";
    return errors;
  }
  read_sections(loading);
  read_devices(loading);
  return merged_text(loading, true);
}

std::string stream_of(const DeviceSettings& device) {
  const auto& options = device.options.all();
  const auto text = options.find("url");
  const auto url = text == options.end() ? fail("") : parse_url(text->second);
  if (!url) return {};
  const auto profile = options.find("profile");
  return url->address() + (profile == options.end() ? "" : " " + profile->second);
}

Terms terms_of(const Settings& settings, const DeviceSettings& device) {
  Terms terms;
  terms.kind = device.kind;
  terms.place = device.place;
  if (!device.parent.empty()) terms.parent = device.parent;
  for (const MonitorSettings& row : device.monitor) {
    const DeviceSettings* point = settings.device(row.point);
    if (point == nullptr || point->role != "commune") continue;
    terms.point = row.point;
    terms.key = row.key;
    break;
  }
  terms.driver = device.driver;
  terms.needs = device.device_path ? needed_rung(device.kind, device.highest) : Rung::connected;
  // DESIGN §4: cameras and the connection of speakers are watched 24/7; so are the points that show them.
  const bool is_always = device.kind == Kind::camera || device.kind == Kind::speaker_cluster ||
                         device.kind == Kind::monitoring_point;
  const PlaceSettings* place = settings.place(device.place);
  if (!is_always && place != nullptr) terms.hours = place->hours;
  return terms;
}

}  // namespace commune_watch
