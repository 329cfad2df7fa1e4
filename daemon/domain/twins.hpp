// Cameras that may be one: enrolled twice, they show one scene again and again. Pure.
#pragma once
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "domain/device.hpp"
#include "domain/scene.hpp"

namespace commune_watch {

// Each comparison takes a new picture of both, under the rules of ScenePair: the newest of each, taken within
// minutes of each other, in the same light. Three in a row that agree make twins of two; one that differs
// parts them.
class Twins {
 public:
  static constexpr int kBelieved = 3;
  using Pair = std::pair<DeviceId, DeviceId>;  // the lesser number first

  void saw(DeviceId camera, const Scene& own);
  void keep(const std::set<DeviceId>& cameras);  // forgets all others
  [[nodiscard]] std::vector<Pair> found() const;

 private:
  struct Alike {
    int times = 0;
    Millis first_at = 0, second_at = 0;  // of the pictures that were compared last
  };
  std::map<DeviceId, Scene> newest_;
  std::map<Pair, Alike> alike_;
};

}  // namespace commune_watch
