// The small pictures of what was judged, where the operator wants them kept: files below the state folder,
// for some time, up to some size. Nothing rests on them: what cannot be written is an alarm and no more.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway_house.hpp"

namespace commune_watch {

// One that is there.
struct KeptPicture {
  std::string file;
  Millis utc = 0;
  std::uint64_t bytes = 0;
};

// Of those that are there, who has to go: older than `keep`, from a future more than a day away, and the
// oldest until the rest fits.
std::vector<KeptPicture> outdated(std::vector<KeptPicture> pictures, Millis utc_now, Millis keep,
                                  std::uint64_t most_bytes);

// folder/<device>/20261122T140000Z.jpg, readable by the service's group; what bears another name is not ours.
class PictureShelf {
 public:
  PictureShelf(House& house, std::string folder) : house_(house), folder_(std::move(folder)) {}

  // Only while the settings say so.
  void keep(DeviceId device, Millis utc, std::string_view jpeg);
  // Takes away what is outdated, if the time is known; all of them where none is to be kept any more. keep()
  // calls it once an hour.
  void tidy(std::optional<Millis> utc_now);

 private:
  House& house_;
  std::string folder_;
  Millis tidied_ = 0;  // UTC
};

}  // namespace commune_watch
