// What a camera on a village street sees, painted: for the tests and the table of picture verdicts.
// Everything comes from the seed; no two seeds look alike.
#pragma once
#include <cstdint>
#include <vector>

#include "inspect/frame.hpp"

namespace commune_watch {

enum class Mishap : std::uint8_t { none, black, covered, defocused, slate, frozen, moved };

struct Weather {
  double light = 1;       // 1 noon, 0.15 late dusk
  bool infrared = false;  // at night: grey, noisy
  double fog = 0;         // 0 clear … 0.8
  double rain = 0;        // share of the picture in streaks
  int insects = 0;        // bright blobs before the lens
  bool lorry = false;     // parked before it
};

class Street {
 public:
  explicit Street(std::uint64_t seed);
  // One frame of 640 x 360. `second`: of the day, for the burnt-in clock and for what moves. `grain`: the
  // sensor's noise, new for each frame. A frozen camera is asked for the same second and grain again by its
  // caller.
  [[nodiscard]] Frame frame(const Weather& weather, Mishap mishap, int second, std::uint64_t grain) const;

 private:
  struct Pixel {
    float luma = 0, blue = 0, red = 0;  // 0…1; chroma around 0
  };
  static constexpr int kWide = 1'400, kHigh = 560;  // larger than the view: the camera can be turned
  [[nodiscard]] const Pixel& at(int x, int y) const {
    return canvas_[static_cast<std::size_t>(y) * kWide + static_cast<std::size_t>(x)];
  }

  std::uint64_t seed_;
  std::vector<Pixel> canvas_;
};

}  // namespace commune_watch
