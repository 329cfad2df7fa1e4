// The same places as logins.cpp reads, by the same function.
#include "settings/secrets.hpp"

#include <algorithm>

#include "settings/loading.hpp"
#include "settings/words.hpp"

namespace commune_watch {
namespace {

std::string text_of(const Node& table, std::string_view key) {
  const Field* field = table.find(key);
  return field != nullptr && field->value.type == Node::Type::text ? field->value.text : std::string();
}

}  // namespace

SecretPlace secret_place(const LoadPlaces& places, const Disk& disk, const std::string& file) {
  if (!places.credentials_directory.empty() && !file.starts_with('/')) {
    std::string path = join_path(places.credentials_directory, file);
    if (disk.secret_exists(path)) return {std::move(path), true};
  }
  return {join_path(directory_of(places.file), file), false};
}

Result<SecretSpots> secret_spots(const LoadPlaces& places) {
  const RealDisk disk;
  Loading loading{places, disk, {}};
  if (!read_sources(loading)) {
    std::string told;
    for (const auto& error : loading.problems.errors()) told += (told.empty() ? "" : "\n") + error;
    return fail(std::move(told));
  }
  SecretSpots spots;
  if (const Field* commune = loading.root.find("commune"))
    if (text_of(commune->value, "language") == "en") spots.language = Language::en;
  const Field* logins = loading.root.find("login");
  if (logins == nullptr) return spots;
  for (const Field& field : logins->value.fields) {
    if (field.value.type != Node::Type::table || !trouble_with_id(field.key).empty()) continue;
    SecretSpot spot;
    spot.login = field.key;
    spot.username = text_of(field.value, "username");
    spot.written = text_of(field.value, "password_file");
    if (!spot.written.empty()) {
      auto place = secret_place(places, disk, spot.written);
      spot.from = place.is_credential ? SecretSpot::From::credential : SecretSpot::From::file;
      spot.path = std::move(place.path);
    } else if (field.value.find("password") != nullptr) {
      spot.from = SecretSpot::From::configuration;
    }
    spots.logins.push_back(std::move(spot));
  }
  std::ranges::sort(spots.logins, {}, &SecretSpot::login);
  return spots;
}

}  // namespace commune_watch
