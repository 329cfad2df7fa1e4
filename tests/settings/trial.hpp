// A folder of configuration files that lives as long as the test.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "settings/fake_drivers.hpp"
#include "settings/settings.hpp"

namespace commune_watch {

inline constexpr std::string_view kCommune =
    "[commune]\nid = \"tan-phu-28765\"\ncode = \"28765\"\nname = \"Xã Tân Phú\"\nprovince = \"Vĩnh Long\"\n";

class Trial {
 public:
  Trial() {
    std::string pattern = testing::TempDir() + "settings-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~Trial() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  // Writes folder/name, with its folders; mode 0600 unless said.
  void write(const std::string& name, std::string_view text, unsigned mode = 0600) const {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path, std::ios::binary} << text;
    std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] LoadPlaces places() const {
    LoadPlaces places;
    places.file = path("gateway.toml");
    places.model_directories = {};
    places.holiday_directories = {};
    return places;
  }
  [[nodiscard]] LoadResult load() const { return commune_watch::load(places(), fake::kDrivers); }
  // Errors with the folder's name taken out.
  [[nodiscard]] std::vector<std::string> errors() const { return here(load().errors); }
  [[nodiscard]] std::vector<std::string> here(std::vector<std::string> texts) const {
    const std::string prefix = folder_.string() + "/";
    for (std::string& text : texts) {
      for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
        text.erase(at, prefix.size());
    }
    return texts;
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace commune_watch
