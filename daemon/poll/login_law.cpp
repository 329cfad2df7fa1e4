// A few small maps: logins are counted in hundreds.
#include "poll/login_law.hpp"

#include <algorithm>

namespace commune_watch {

void LoginLaw::block(const LoginKey& key, Millis left) {
  left_[key] = left;
  proven_.erase(key);
  unsettled_.erase(key);
}

void LoginLaw::lift(const LoginKey& key) { left_.erase(key); }

Millis LoginLaw::left(const LoginKey& key) const {
  auto found = left_.find(key);
  return found == left_.end() ? 0 : found->second;
}

bool LoginLaw::being_tried(const LoginKey& key) const {
  return !blocked(key) && !proven_.contains(key) &&
         std::any_of(open_.begin(), open_.end(), [&](const auto& open) { return open.second == key; });
}

bool LoginLaw::trying() const {
  return std::any_of(open_.begin(), open_.end(), [&](const auto& open) { return being_tried(open.second); });
}

int LoginLaw::unsettled(const LoginKey& key) const {
  const auto found = unsettled_.find(key);
  return found == unsettled_.end() ? 0 : found->second;
}

void LoginLaw::remember_unsettled(const LoginKey& key, int tries) { unsettled_[key] = tries; }

bool LoginLaw::permit(const LoginKey& key, std::uint64_t question) {
  if (blocked(key) || being_tried(key)) return false;
  open_.emplace(question, key);
  return true;
}

void LoginLaw::accepted(const LoginKey& key, std::uint64_t question) {
  open_.erase(question);
  if (blocked(key)) return;  // another question was refused meanwhile: the refusal stands
  proven_[key] = true;
  unsettled_.erase(key);
}

void LoginLaw::unused(std::uint64_t question) { open_.erase(question); }

void LoginLaw::refused(const LoginKey& key, std::uint64_t question) {
  open_.erase(question);
  block(key);
}

bool LoginLaw::died(std::uint64_t question) {
  auto open = open_.find(question);
  if (open == open_.end()) return false;
  const LoginKey key = open->second;
  open_.erase(open);
  return count(key);
}

bool LoginLaw::given_in_vain(const LoginKey& key, std::uint64_t question) {
  open_.erase(question);
  return !blocked(key) && !proven_.contains(key) && count(key);
}

bool LoginLaw::count(const LoginKey& key) {
  if (++unsettled_[key] < 2) return false;
  block(key);
  return true;
}

bool LoginLaw::retry(const LoginKey& key, Millis now) {
  auto& said = retries_[key];
  std::erase_if(said, [&](Millis at) { return now - at >= kRetryWindow; });
  if (static_cast<int>(said.size()) >= kRetries) return false;
  said.push_back(now);
  lift(key);
  return true;
}

std::vector<LoginKey> LoginLaw::pass(Millis elapsed) {
  std::vector<LoginKey> ended;
  for (auto& [key, left] : left_) {
    left -= elapsed;
    if (left <= 0) ended.push_back(key);
  }
  for (const auto& key : ended) left_.erase(key);
  return ended;
}

}  // namespace commune_watch
