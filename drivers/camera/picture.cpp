// First what one picture says, then what the row of them says, then what is learned from a good one.
#include "drivers/camera/picture.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

namespace commune_watch {
namespace {

constexpr std::int32_t kColour = 2'500;  // chroma from grey, milli: below it is an infrared picture
constexpr int kNeeded = 3;               // samples of the same hours before they are believed
constexpr std::size_t kRatesNeeded = 5;
constexpr int kInARow = 3;                   // pictures before a warning that no clock proves
constexpr Millis kPair = 65'000;             // after which a clock has to have moved
constexpr int kTicksNeeded = 6, kFew = 600;  // pairs; cells
constexpr std::size_t kEdgeRows = 12;
constexpr int kMoves = 40,
              kStands = 20;  // levels of luma: a stroke of a digit, and more than an encoder's mood
constexpr std::size_t kFingerprints = 16;
constexpr int kSettled = 200;                 // pictures, four days of them: then the new scene is the scene
constexpr int kFarHash = 16, kNearHash = 10;  // of 64 bits
constexpr double kSoft = 0.66;                // of the usual steepness of edges
constexpr double kAlike = 0.55, kVeryAlike = 0.9, kSameSlopes = 0.68;  // correlations of large shapes

std::size_t mode_of(const PictureStatistics& picture) { return picture.colour_milli >= kColour ? 0 : 1; }

std::size_t slot_of(Millis utc) {
  constexpr Millis kSlot = 2 * 3'600'000;
  return static_cast<std::size_t>(((utc / kSlot) % 12 + 12) % 12);
}

PictureSample sample_of(const PictureStatistics& picture) {
  const auto byte = [](std::int64_t value) {
    return static_cast<std::uint8_t>(std::clamp<std::int64_t>(value, 0, 255));
  };
  return {.sharpness =
              static_cast<std::uint16_t>(std::clamp<std::int64_t>(picture.sharpness_milli / 100, 0, 0xFFFF)),
          .textured = byte(picture.textured_share / 100),
          .mean = byte(picture.mean_milli / 1'000),
          .deviation = byte(picture.deviation_milli / 1'000)};
}

// The median of what was seen in this mode within two hours of this one, on any day.
std::optional<PictureSample> usual(const PicturePast& past, std::size_t mode, std::optional<Millis> utc_now) {
  if (!utc_now) return std::nullopt;
  const std::size_t now = slot_of(*utc_now);
  std::vector<PictureSample> all;
  for (const std::size_t slot : {(now + 11) % 12, now, (now + 1) % 12})
    all.insert(all.end(), past.modes[mode].samples[slot].begin(), past.modes[mode].samples[slot].end());
  if (all.size() < kNeeded) return std::nullopt;
  const auto median = [&](auto member) {
    std::ranges::nth_element(all, all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), {}, member);
    return all[all.size() / 2].*member;
  };
  return PictureSample{.sharpness = median(&PictureSample::sharpness),
                       .textured = median(&PictureSample::textured),
                       .mean = median(&PictureSample::mean),
                       .deviation = median(&PictureSample::deviation)};
}

double mean_of(std::span<const std::uint8_t> cells) {
  double sum = 0;
  for (const auto cell : cells) sum += cell;
  return sum / static_cast<double>(cells.size());
}

// Large shapes, row by row: light that falls off from the sky to the ground, or from an infrared lamp
// outwards, is alike everywhere. The edges are left out, they carry the burnt-in text. `slopes`: of the steps
// between neighbours that are clear in `a`, the share that go the same way in `b`; a lorry before the camera
// changes the few that it hides.
struct Alike {
  double shapes = 0, slopes = 0;
};
Alike alike(const SceneReference& a, const SceneReference& b) {
  constexpr int kClear = 5;  // levels
  double both = 0, only_a = 0, only_b = 0;
  int clear = 0, same = 0;
  for (std::size_t row = 1; row + 1 < kGridRows; ++row) {
    const auto cells_a = std::span(a.grid).subspan(row * kGridColumns, kGridColumns);
    const auto cells_b = std::span(b.grid).subspan(row * kGridColumns, kGridColumns);
    const double mean_a = mean_of(cells_a), mean_b = mean_of(cells_b);
    for (std::size_t i = 0; i < kGridColumns; ++i) {
      const double da = cells_a[i] - mean_a, db = cells_b[i] - mean_b;
      both += da * db;
      only_a += da * da;
      only_b += db * db;
      if (i == 0) continue;
      const int step_a = cells_a[i] - cells_a[i - 1], step_b = cells_b[i] - cells_b[i - 1];
      if (std::abs(step_a) < kClear) continue;
      ++clear;
      if (step_a * step_b > 0) ++same;
    }
  }
  return {.shapes = only_a > 0 && only_b > 0 ? both / std::sqrt(only_a * only_b) : 0,
          .slopes = clear > 0 ? static_cast<double>(same) / clear : 1};
}

// How near the nearest of the references is; of no references: it is there.
struct Likeness {
  int hash = 0;
  double shapes = 1, slopes = 1;
};
Likeness likeness(const std::vector<SceneReference>& references, const SceneReference& scene) {
  if (references.empty()) return {};
  Likeness nearest{.hash = 64, .shapes = -1, .slopes = 0};
  for (const auto& reference : references) {
    nearest.hash = std::min(nearest.hash, std::popcount(reference.hash ^ scene.hash));
    const Alike both = alike(reference, scene);
    nearest.shapes = std::max(nearest.shapes, both.shapes);
    nearest.slopes = std::max(nearest.slopes, both.slopes);
  }
  return nearest;
}

std::string tenths(std::int64_t milli) {
  return std::to_string(milli / 1'000) + "." + std::to_string(milli / 100 % 10);
}

std::string measured(const PictureStatistics& picture) {
  return "luma " + tenths(picture.mean_milli) + " ± " + tenths(picture.deviation_milli) + ", texture " +
         std::to_string(picture.textured_share / 100) + " %, sharpness " + tenths(picture.sharpness_milli);
}

// What this picture alone says, seen against the past.
PictureFault of_one(const PicturePast& past, const PictureStatistics& picture,
                    std::optional<Millis> utc_now) {
  const std::size_t mode = mode_of(picture);
  const auto now = usual(past, mode, utc_now);
  // Without light there is no colour: a black picture is compared with both modes.
  const auto brightest = [&] {
    const auto other = usual(past, 1 - mode, utc_now);
    return !now ? other : !other || now->mean >= other->mean ? now : other;
  }();
  const bool flat = picture.deviation_milli < 2'200;
  if (flat && (picture.mean_milli < 24'000 || picture.dark_share >= 9'800))
    return brightest && brightest->mean < 40 ? PictureFault::none : PictureFault::black;
  if (picture.one_tone_share >= 9'000 && picture.entropy_milli < 1'500) return PictureFault::slate;

  const SceneReference scene{.hash = picture.gradient_hash, .grid = picture.grid};
  std::vector<SceneReference> references = past.modes[0].references;
  references.insert(references.end(), past.modes[1].references.begin(), past.modes[1].references.end());
  const Likeness like = likeness(references, scene);
  const bool textureless = picture.textured_share < 200;
  // Fog takes the texture, too, but leaves the scene's large shapes where they are.
  if (textureless && !references.empty() && like.shapes < kAlike && brightest && brightest->textured >= 10)
    return PictureFault::covered;
  if (picture.bright_share > 4'500) return PictureFault::washed_out;
  if (textureless || references.empty()) return PictureFault::none;
  if (like.hash > kFarHash && like.shapes < kAlike && like.slopes < kSameSlopes) return PictureFault::moved;
  if (!now) return PictureFault::none;
  // Fog and dusk take contrast and edges alike; a lens out of focus leaves the contrast of large shapes.
  const double steepness = picture.sharpness_milli / 100.0 / std::max(1.0, picture.deviation_milli / 1'000.0);
  const double usual_steepness = now->sharpness / std::max<double>(1, now->deviation);
  if (steepness < kSoft * usual_steepness) return PictureFault::defocused;
  return PictureFault::none;
}

bool by_clock(PictureFault fault) { return fault == PictureFault::black || fault == PictureFault::covered; }

// The clock that is burnt into the picture stands still, and everything else with it; or the same bits come
// again.
bool frozen(PictureMemory& memory, const PictureStatistics& picture, std::uint64_t print,
            std::optional<Millis> utc_now) {
  const bool apart = utc_now && memory.last_at && *utc_now - *memory.last_at >= kPair;
  if (print != 0 && (apart || !memory.last_at)) {
    auto& known = memory.key_frames;
    memory.repeats = std::ranges::find(known, print) != known.end() ? memory.repeats + 1 : 0;
    if (memory.repeats == 0) {
      if (known.size() >= kFingerprints) known.erase(known.begin());
      known.push_back(print);
    }
  }
  bool still = false;
  if (apart) {
    int changed = 0, at_the_edge = 0;
    bool stands = true;
    for (std::size_t i = 0; i < kCells; ++i) {
      const int by = std::abs(int{picture.cells[i]} - int{memory.last_cells[i]});
      if (by > kStands) stands = false;
      if (by <= kMoves) continue;
      ++changed;
      if (const std::size_t row = i / kCellColumns; row < kEdgeRows || row >= kCellRows - kEdgeRows)
        ++at_the_edge;
    }
    std::uint16_t& ticks = memory.past.clock_ticks;
    still = stands && ticks >= kTicksNeeded;
    if (stands && !still) ticks = 0;  // it has been seen to stand still while all was well
    if (at_the_edge > 0 && changed <= kFew) ticks = static_cast<std::uint16_t>(std::min(ticks + 1, 0xFFFF));
  }
  const bool is_frozen = still || memory.repeats >= 1;
  if (utc_now && !is_frozen && (apart || !memory.last_at)) {
    memory.last_at = utc_now;
    memory.last_cells.assign(picture.cells.begin(), picture.cells.end());
  }
  return is_frozen;
}

void learn(PictureMemory& memory, const PictureStatistics& picture, std::optional<Millis> utc_now) {
  PicturePast::Mode& mode = memory.past.modes[mode_of(picture)];
  if (utc_now) {
    auto& samples = mode.samples[slot_of(*utc_now)];
    if (samples.size() >= PicturePast::kSamples) samples.erase(samples.begin());
    samples.push_back(sample_of(picture));
  }
  if (picture.textured_share < 200) return;  // fog is no reference
  const SceneReference scene{.hash = picture.gradient_hash, .grid = picture.grid};
  const Likeness like = likeness(mode.references, scene);
  const bool known = like.hash <= kNearHash && like.shapes >= kVeryAlike,
             strange = like.hash > kNearHash && like.shapes < kVeryAlike;
  if (!mode.references.empty() && (known || strange)) return;
  if (mode.references.size() >= PicturePast::kReferences) mode.references.erase(mode.references.begin() + 1);
  mode.references.push_back(scene);
}

// A camera that was turned on purpose is believed when it has shown the new scene for days.
bool settled(PictureMemory& memory, const PictureStatistics& picture) {
  const SceneReference scene{.hash = picture.gradient_hash, .grid = picture.grid};
  const bool same = memory.settled > 0 && (std::popcount(memory.elsewhere.hash ^ scene.hash) <= kFarHash ||
                                           alike(memory.elsewhere, scene).shapes >= kAlike);
  memory.settled = same ? memory.settled + 1 : 1;
  if (!same) memory.elsewhere = scene;
  if (memory.settled < kSettled) return false;
  memory.past.modes = {};
  memory.settled = 0;
  return true;
}

}  // namespace

std::string_view reason_of(PictureFault fault) {
  switch (fault) {
    case PictureFault::black:
      return "black";
    case PictureFault::slate:
      return "slate";
    case PictureFault::covered:
      return "covered";
    case PictureFault::frozen:
      return "frozen";
    case PictureFault::washed_out:
      return "washed-out";
    case PictureFault::moved:
      return "scene-moved";
    case PictureFault::defocused:
      return "defocused";
    case PictureFault::none:
      break;
  }
  return {};
}

PictureVerdict judge(PictureMemory& memory, const PictureStatistics& picture, std::uint64_t print,
                     std::optional<Millis> utc_now, Millis patience) {
  memory.mode = mode_of(picture);
  memory.past.decoded = static_cast<std::uint16_t>(std::min(memory.past.decoded + 1, 0xFFFF));
  PictureFault fault = of_one(memory.past, picture, utc_now);
  const bool stands = frozen(memory, picture, print, utc_now);
  if (fault == PictureFault::none && stands) fault = PictureFault::frozen;
  if (fault != memory.suspect) {
    memory.suspect = fault;
    memory.suspected = 0;
    memory.suspected_since = utc_now;
  }
  ++memory.suspected;

  PictureVerdict verdict;
  if (fault == PictureFault::none) {
    const bool new_slot = !memory.kept_at || !utc_now || slot_of(*memory.kept_at) != slot_of(*utc_now);
    memory.settled = 0;
    learn(memory, picture, utc_now);
    verdict.keep_past = new_slot && utc_now.has_value();
    if (verdict.keep_past) memory.kept_at = utc_now;
    return verdict;
  }
  verdict.words = measured(picture);
  if (fault == PictureFault::moved && settled(memory, picture)) {
    learn(memory, picture, utc_now);
    verdict.keep_past = true;
    return verdict;
  }
  if (by_clock(fault)) {
    // Known to be otherwise at these hours, and for long enough: else a dark night or a hand before the lens.
    const bool long_enough =
        utc_now && memory.suspected_since && *utc_now - *memory.suspected_since >= patience;
    verdict.fault = fault;
    verdict.down = long_enough && (usual(memory.past, 0, utc_now) || usual(memory.past, 1, utc_now));
    return verdict;
  }
  const bool proven = fault == PictureFault::frozen || fault == PictureFault::slate;
  if (!proven && memory.suspected < kInARow) return verdict;  // one picture of a passing lorry is no verdict
  verdict.fault = fault;
  verdict.down = proven;
  return verdict;
}

bool slow(PictureMemory& memory, std::int64_t frames_per_second_milli) {
  if (frames_per_second_milli <= 0) return false;
  auto& rates = memory.past.modes[memory.mode].frame_rates;
  const auto rate = static_cast<std::uint16_t>(std::min<std::int64_t>(frames_per_second_milli / 100, 0xFFFF));
  if (rates.size() >= kRatesNeeded) {
    std::vector<std::uint16_t> sorted = rates;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::ranges::nth_element(sorted, middle);
    if (rate * 2 < *middle) return ++memory.slow >= kInARow;
  }
  memory.slow = 0;
  if (rates.size() >= PicturePast::kRates) rates.erase(rates.begin());
  rates.push_back(rate);
  return false;
}

std::uint64_t fingerprint(std::string_view packets) {
  constexpr std::size_t kHeader = 12;       // of RTP: numbers and times, new each time
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  bool any = false;
  while (packets.size() > 2) {
    const std::size_t size =
        static_cast<unsigned char>(packets[0]) * 256U + static_cast<unsigned char>(packets[1]);
    packets.remove_prefix(2);
    if (size > packets.size()) break;
    for (const char c : packets.substr(std::min(size, kHeader), size - std::min(size, kHeader)))
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3, any = true;
    packets.remove_prefix(size);
  }
  return any ? hash : 0;
}

}  // namespace commune_watch
