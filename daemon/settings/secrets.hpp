// Where the secret of each login is, without loading it: for `commune-watch secret`.
//
// Only [login.<id>] is looked at, so that a configuration whose secrets are missing, or that has other
// mistakes, can be given them.
#pragma once
#include <string>
#include <vector>

#include "domain/result.hpp"
#include "settings/settings.hpp"

namespace commune_watch {

struct SecretSpot {
  enum class From : std::uint8_t { file, credential, configuration, nothing };
  std::string login, username;
  From from = From::nothing;
  std::string written;  // password_file as it stands there; empty: none
  std::string path;     // where that is
};

struct SecretSpots {
  std::vector<SecretSpot> logins;  // by id
  Language language = Language::vi;
};

// Failure: the files cannot be read or are not TOML, a line each.
Result<SecretSpots> secret_spots(const LoadPlaces& places);

// Where a password_file is: a credential of that name first, else beside the configuration.
struct SecretPlace {
  std::string path;
  bool is_credential = false;
};
class Disk;
SecretPlace secret_place(const LoadPlaces& places, const Disk& disk, const std::string& file);

}  // namespace commune_watch
