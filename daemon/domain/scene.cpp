// Comparisons in a row.
#include "domain/scene.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <utility>

namespace commune_watch {
namespace {

constexpr std::int32_t kColour = 2'500;     // milli: below it is an infrared picture
constexpr std::uint16_t kTextured = 1'000;  // per ten thousand of the blocks: less is no scene
constexpr std::uint16_t kOneTone = 6'000;   // … of the pixels: a slate
constexpr std::uint16_t kDark = 9'000;      // … black, with a text on it
constexpr std::uint64_t kBasis = 0xCBF29CE484222325, kPrime = 0x100000001B3;  // FNV-1a

std::uint64_t print_of(const PictureStatistics& picture) {
  std::uint64_t hash = kBasis;
  for (const std::uint8_t cell : picture.cells) hash = (hash ^ cell) * kPrime;
  return hash;
}

}  // namespace

std::vector<Fact> facts_of(const PictureStatistics& picture) {
  if (picture.textured_share < kTextured || picture.one_tone_share >= kOneTone || picture.dark_share >= kDark)
    return {};
  return {{FactId::picture_hash, static_cast<std::int64_t>(picture.gradient_hash)},
          {FactId::picture_print, static_cast<std::int64_t>(print_of(picture))},
          {FactId::picture_infrared, picture.colour_milli < kColour ? 1 : 0}};
}

std::optional<Scene> scene_of(const std::vector<Fact>& facts, Millis at) {
  const auto value = [&](FactId what) {
    const auto found = std::ranges::find(facts, what, &Fact::what);
    return found == facts.end() ? std::nullopt : std::optional(found->value);
  };
  const auto hash = value(FactId::picture_hash), print = value(FactId::picture_print),
             infrared = value(FactId::picture_infrared);
  if (!hash || !print || !infrared) return std::nullopt;
  return Scene{.at = at,
               .hash = static_cast<std::uint64_t>(*hash),
               .print = static_cast<std::uint64_t>(*print),
               .infrared = *infrared != 0};
}

int distance(const Scene& a, const Scene& b) { return std::popcount(a.hash ^ b.hash); }

bool comparable(const Scene& a, const Scene& b) {
  return a.infrared == b.infrared && std::abs(a.at - b.at) <= kTogether;
}

void ScenePair::begin_anew() {
  other_ = same_ = 0;
  asked_ = false;
}

void ScenePair::saw_own(const Scene& own) {
  if (own_ && own_->print != own.print) own_changed_ = true;
  const bool stays = own_ && distance(*own_, own) <= kSameScene;
  own_looks_ = stays ? own_looks_ + 1 : 1;
  if (!stays && own_) {
    begin_anew();
    shown_looks_ = shown_ ? 1 : 0;
  }
  own_ = own;
  compare();
}

bool ScenePair::saw_shown(const Scene& shown) {
  repeats_ = shown_ && shown_->print == shown.print ? repeats_ + 1 : 1;
  if (repeats_ == 1) own_changed_ = false;
  const bool stays = shown_ && distance(*shown_, shown) <= kSameScene;
  shown_looks_ = stays ? shown_looks_ + 1 : 1;
  if (!stays && shown_) {
    begin_anew();
    own_looks_ = own_ ? 1 : 0;
  }
  shown_ = shown;
  compare();
  const bool doubtful = another_ ? same_ > 0 : other_ > 0;
  return doubtful && !std::exchange(asked_, true);
}

void ScenePair::compare() {
  if (!own_ || !shown_ || !comparable(*own_, *shown_)) return;
  distance_ = distance(*own_, *shown_);
  compared_at_ = std::max(own_->at, shown_->at);
  if (distance_ <= kSameScene) {
    ++same_;
    other_ = 0;
    asked_ = false;
    if (same_ >= kTakenBack) another_ = false;
  } else if (distance_ >= kOtherScene) {
    ++other_;
    same_ = 0;
    if (other_ >= kBelieved && own_looks_ >= 2 && shown_looks_ >= 2) another_ = true;
  }
}

}  // namespace commune_watch
