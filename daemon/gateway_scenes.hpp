// Whether each channel shows the camera that is bound to it, now: both sides' pictures as they come in,
// compared pair by pair.
//
// Lives with the run: after a restart the pictures are compared anew.
#pragma once
#include <functional>
#include <map>
#include <optional>

#include "domain/scene.hpp"
#include "gateway_house.hpp"

namespace commune_watch {

class Scenes {
 public:
  // `look_again`: asks a camera for its picture at once.
  Scenes(House& house, std::function<void(DeviceId)> look_again)
      : house_(house), look_again_(std::move(look_again)) {}

  // From a camera it takes the picture; from a monitoring point those of its channels, and writes beside each
  // channel what is known to be wrong with it.
  void heard(Reading& reading);
  // A pair that is bound or asked otherwise now is another pair.
  void roster_changed();

 private:
  struct Bond {
    Binding binding;
    Options camera, point;
    friend bool operator==(const Bond&, const Bond&) = default;
  };
  struct Known {
    Bond bond;
    ScenePair pair;
  };
  [[nodiscard]] std::optional<Bond> bond_of(DeviceId camera) const;  // absent: it is bound to nothing
  void heard_point(Reading& reading);

  House& house_;
  std::function<void(DeviceId)> look_again_;
  std::map<DeviceId, Known> known_;
};

}  // namespace commune_watch
