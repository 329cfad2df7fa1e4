// Tells changes as they become final: walks each member's instants of change up to its horizon, in order of
// time.
//
// The horizon is the earliest instant into which something may still be back-dated: the member's own
// provisional streaks, its monitoring point's, and for a failure those of its ancestors and neighbours until
// they were asked again.
#pragma once
#include <functional>
#include <queue>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/fleet.hpp"
#include "domain/incidents.hpp"
#include "domain/view.hpp"

namespace commune_watch::ledger {

class Horizon {
 public:
  Horizon(Fleet& fleet, std::vector<Event>& out) : fleet_(fleet), out_(out) {}

  // Tells what is final of this member; nothing to do if nothing was learned since the last time.
  void walk(Index of);
  // And of those that its word may have been waited for. `changed`: one of its timelines did.
  void ripple(Index of, bool changed);
  // Ends what is provisional at `at`: tells all that began before it.
  void close(Index of, Millis at);
  // Tells one more change, whatever the paths say.
  void tell(Index of, Millis at, Standing to, std::string_view words);
  // Expires what ran out by now; those whose timeline changed by it, or that wait for time to pass.
  std::vector<std::pair<Index, bool>> due();
  void requeue_all();
  // Those that were asked to hurry since the last call.
  std::vector<Index> hurried();
  void hurry(Index of, Millis newer_than);

 private:
  Millis own_horizon(const Member& member) const;
  Millis boundary(const Member& member, const View& view) const;
  void arrive(Index of, Millis at, const View& view, bool unconfirmed);
  Standing standing(const Member& member, const View& view, Millis at) const;
  void tell_slips(Index of, Millis at);
  void blame(Index of, Millis at);
  void descend(Index of);
  void queue(Index of);

  Fleet& fleet_;
  std::vector<Event>& out_;
  Incidents incidents_;
  std::vector<Index> hurried_;
  using Entry = std::pair<Millis, Index>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
};

}  // namespace commune_watch::ledger
