// Counting who is down by whom.
#include "domain/incidents.hpp"

namespace commune_watch::ledger {

void Incidents::enter(const RootKey& key, Why why, Moment at, std::vector<Event>& out) {
  auto [entry, fresh] = open_.try_emplace(key);
  ++entry->second.down;
  if (!fresh) return;
  entry->second.why = why;
  out.emplace_back(Incident{0, key.root, why.cause, why.reason, at, true, std::move(why.place)});
}

void Incidents::leave(const RootKey& key, Moment at, std::vector<Event>& out) {
  auto entry = open_.find(key);
  if (entry == open_.end() || --entry->second.down > 0) return;
  const Why why = std::move(entry->second.why);
  open_.erase(entry);
  out.emplace_back(Incident{0, key.root, why.cause, why.reason, at, false, why.place});
}

}  // namespace commune_watch::ledger
