// One line of comparisons for each pair that ever looked alike.
#include "domain/twins.hpp"

#include <algorithm>

namespace commune_watch {

void Twins::saw(DeviceId camera, const Scene& own) {
  newest_[camera] = own;
  for (const auto& [other, scene] : newest_) {
    if (other == camera || !comparable(own, scene)) continue;
    const auto [first, second] = std::minmax(camera, other);
    const Scene& of_first = newest_.at(first);
    const Scene& of_second = newest_.at(second);
    const int apart = distance(of_first, of_second);
    if (apart >= kOtherScene) alike_.erase({first, second});
    if (apart > kSameScene) continue;
    const auto known = alike_.try_emplace({first, second}).first;
    Alike& alike = known->second;
    if (alike.times > 0 && (of_first.at == alike.first_at || of_second.at == alike.second_at)) continue;
    alike = {.times = alike.times + 1, .first_at = of_first.at, .second_at = of_second.at};
  }
}

void Twins::keep(const std::set<DeviceId>& cameras) {
  std::erase_if(newest_, [&](const auto& each) { return !cameras.contains(each.first); });
  std::erase_if(alike_, [&](const auto& each) {
    return !cameras.contains(each.first.first) || !cameras.contains(each.first.second);
  });
}

std::vector<Twins::Pair> Twins::found() const {
  std::vector<Pair> pairs;
  for (const auto& [pair, alike] : alike_)
    if (alike.times >= kBelieved) pairs.push_back(pair);
  return pairs;
}

}  // namespace commune_watch
