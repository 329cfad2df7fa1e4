// One incident per root: opened by the first down that blames it, closed when nothing is down by it any more.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "domain/fleet.hpp"

namespace commune_watch::ledger {

class Incidents {
 public:
  struct Why {
    Cause cause = Cause::none;
    ReasonId reason = ReasonId::none;
    std::string place;  // mains
  };
  // A device began or ceased to be down by this root.
  void enter(const RootKey& key, Why why, Moment at, std::vector<Event>& out);
  void leave(const RootKey& key, Moment at, std::vector<Event>& out);

 private:
  struct Open {
    Why why;
    std::size_t down = 0;
  };
  std::map<RootKey, Open> open_;
};

}  // namespace commune_watch::ledger
