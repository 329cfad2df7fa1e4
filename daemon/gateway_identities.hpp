// What devices say they are (serial, MAC, certificate …): recorded when it is first heard and when it
// changes, and looked through for two devices that are one.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gateway_house.hpp"

namespace commune_watch {

class Identities {
 public:
  static constexpr int kMostADay = 24;  // records of a device; one more says that it is left at that

  explicit Identities(House& house) : house_(house) {}

  // From a reading of a device of the roster. True: a record was appended, the caller commits.
  bool heard(DeviceId device, const Identity& identity);
  // Devices came or left: who shares an identity is an alarm while both are watched, and who shares a serial,
  // a MAC or a camera's stream is one of the house's twins.
  void roster_changed() { compare(); }

 private:
  struct Known {
    Identity identity;
    std::int32_t date = 0;  // local, of the last record
    int records = 0;        // on that date
  };
  Known& known(DeviceId device);
  std::vector<std::string> same_as(DeviceId device, const Identity& identity);
  void compare();

  House& house_;
  std::map<DeviceId, Known> known_;
  std::map<std::string, std::string> alarms_;  // about → text, as raised
};

// Which of serial, MAC and key both say and say alike; empty: none, they are two devices.
std::string shared(const Identity& a, const Identity& b);
// Alike in serial or MAC. A key alone proves nothing: makers ship one in all devices of a model.
bool one_device(const Identity& a, const Identity& b);

}  // namespace commune_watch
