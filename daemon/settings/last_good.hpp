// The files of the configuration that was taken last, kept beside the log: what a start goes on by when the
// files that the operator edits are damaged or gone. Never a secret file: those are read from where they are.
#pragma once
#include <optional>
#include <span>
#include <string>

#include "domain/clock.hpp"
#include "domain/result.hpp"
#include "settings/settings.hpp"

namespace commune_watch {

class LastGood {
 public:
  struct Kept {
    ConfigurationFiles files;
    Moment taken;  // since when these files are in force
  };

  // In `state`/last-good, a folder for its owner alone: an inline password may be in what is kept.
  explicit LastGood(const std::string& state) : directory_(state + "/last-good") {}

  // Makes these the last good ones, durably and at once; nothing is written where they are that already.
  // Returns since when they are.
  [[nodiscard]] Result<Moment> keep(const ConfigurationFiles& files, Moment now) const;
  // Nothing: none was kept. Failure: what was kept cannot be believed.
  [[nodiscard]] Result<std::optional<Kept>> read() const;

  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] std::string manifest() const { return directory_ + "/manifest"; }

 private:
  std::string directory_;
};

// load() of kept files: nothing but secrets is read from where it lies now.
LoadResult load_kept(const LoadPlaces& places, const ConfigurationFiles& files,
                     std::span<const Driver* const> table);

}  // namespace commune_watch
