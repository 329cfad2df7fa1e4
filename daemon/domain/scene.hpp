// Does the monitoring point show what the camera shows? Two pictures of one scene, compared by numbers that
// were measured of them; pure.
//
// A picture comes as facts of a finding (the camera's own) or of a sighting (the channel's, fetched through
// the recorder), in the probe that took it and in no other: its instant is the probe's. Blank ones (black,
// covered, a slate) have no facts and are never compared.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "domain/clock.hpp"
#include "domain/picture.hpp"
#include "domain/reading.hpp"

namespace commune_watch {

// What is left of a picture once it has been measured.
struct Scene {
  Millis at = 0;            // CLOCK_BOOTTIME
  std::uint64_t hash = 0;   // dHash
  std::uint64_t print = 0;  // equal for the very same picture only: light, noise and a clock change it
  bool infrared = false;
  friend bool operator==(const Scene&, const Scene&) = default;
};

// Nothing of a blank one.
std::vector<Fact> facts_of(const PictureStatistics& picture);
std::optional<Scene> scene_of(const std::vector<Fact>& facts, Millis at);

// Of 64 bits. The same scene through two encoders, minutes apart, in fog and rain: 0 … 17, mostly up to 12;
// two scenes: from 14 on, 18 and more in 99.7 of 100 pairs (measured on painted streets, 2 x 1,770 pairs).
// In between nothing is said.
inline constexpr int kSameScene = 12, kOtherScene = 18;
int distance(const Scene& a, const Scene& b);
// Pictures within this of each other are compared, both by day or both by night.
inline constexpr Millis kTogether = 15 * 60'000;
bool comparable(const Scene& a, const Scene& b);

// What is remembered of one camera and the channel that it is bound to.
//
// Compared are the newest of each side. A difference is believed after three comparisons in a row of which
// each side took at least two pictures, all of them of one scene: so neither a lorry before the lens nor a
// camera on patrol is one. Two that agree take it back.
class ScenePair {
 public:
  static constexpr Millis kHeldFor = 6 * 3'600'000;  // what nothing has confirmed since is told no more
  static constexpr int kBelieved = 3, kTakenBack = 2, kRepeats = 3;

  void saw_own(const Scene& own);
  // True: what is believed may be wrong, and the camera's own picture should be taken again at once. Once in
  // a row of comparisons that say so.
  bool saw_shown(const Scene& shown);

  // The channel shows another camera; and the distance that was seen last.
  [[nodiscard]] bool another(Millis now) const { return another_ && now - compared_at_ <= kHeldFor; }
  [[nodiscard]] int last_distance() const { return distance_; }
  // The channel shows the very same picture for the third time at least, while the camera's own has changed.
  [[nodiscard]] bool old(Millis now) const {
    return repeats_ >= kRepeats && own_changed_ && shown_ && now - shown_->at <= kHeldFor;
  }
  [[nodiscard]] int repeats() const { return repeats_; }

 private:
  void compare();
  void begin_anew();

  std::optional<Scene> own_, shown_;
  int own_looks_ = 0, shown_looks_ = 0;  // of one scene, in a row
  int other_ = 0, same_ = 0;             // comparisons in a row
  int distance_ = 0;
  Millis compared_at_ = 0;
  bool another_ = false, asked_ = false;
  int repeats_ = 0;           // how often the channel's picture has come by now
  bool own_changed_ = false;  // since the first of them
};

}  // namespace commune_watch
