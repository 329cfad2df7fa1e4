// Whether each channel shows the camera that is bound to it, now, and whether two cameras are one: pictures
// as they come in, compared pair by pair.
//
// Lives with the run: after a restart the pictures are compared anew.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "domain/scene.hpp"
#include "domain/twins.hpp"
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
  // A pair that is bound or asked otherwise now is another pair. Twins are an alarm while both are watched.
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
  void tell_twins();

  House& house_;
  std::function<void(DeviceId)> look_again_;
  std::map<DeviceId, Known> known_;
  Twins twins_;
  std::map<std::string, std::string> alarms_;  // about → text, as raised
};

}  // namespace commune_watch
