// Is the picture what it should be? Judged by the camera's own past: what it looked like in the same light at
// the same hours. Pure.
//
// No absolute threshold tells fog from a defocused lens or night from a dead sensor; measured on H.264 at 512
// kbit/s (scripts/faults picture-table prints how often each verdict is right). A camera without a past is
// told apart from nothing: it is only warned about.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/clock.hpp"
#include "domain/picture.hpp"
#include "domain/reading.hpp"

namespace commune_watch {

// Ordered by who wins when several fit.
enum class PictureFault : std::uint8_t { none, black, slate, covered, frozen, washed_out, moved, defocused };
std::string_view reason_of(PictureFault fault);  // code in the catalogue; empty for none

// What one good picture leaves behind.
struct PictureSample {
  std::uint16_t sharpness = 0;  // x 10
  std::uint8_t textured = 0;    // per cent of the blocks
  std::uint8_t mean = 0, deviation = 0;
  friend bool operator==(const PictureSample&, const PictureSample&) = default;
};
struct SceneReference {
  std::uint64_t hash = 0;
  std::array<std::uint8_t, kGridCells> grid{};
  friend bool operator==(const SceneReference&, const SceneReference&) = default;
};

// The past, as it is kept in the note: at most some 2 KB.
struct PicturePast {
  static constexpr std::size_t kSlots = 12, kSamples = 5, kReferences = 4,
                               kRates = 9;  // slots of two hours, UTC
  struct Mode {
    std::array<std::vector<PictureSample>, kSlots> samples;  // oldest first, at most kSamples
    std::vector<SceneReference> references;                  // at most kReferences
    std::vector<std::uint16_t> frame_rates;                  // x 10, oldest first, at most kRates
    friend bool operator==(const Mode&, const Mode&) = default;
  };
  std::array<Mode, 2> modes;      // by day in colour; by night in infrared, grey
  std::uint16_t clock_ticks = 0;  // pairs of pictures in which little but a text at the edge had changed
  std::uint16_t decoded = 0;      // pictures ever seen, up to its maximum
  friend bool operator==(const PicturePast&, const PicturePast&) = default;
};
std::vector<std::byte> bytes_of(const PicturePast& past);
std::optional<PicturePast> past_of(std::span<const std::byte> bytes);

// The past and what only matters from one picture to the next; lives in the prober and may be lost with it.
struct PictureMemory {
  PicturePast past;
  std::optional<Millis> last_at;              // UTC of `last_cells`
  std::vector<std::uint8_t> last_cells;       // empty until a picture was seen
  std::vector<std::uint64_t> key_frames;      // fingerprints of the newest ones, oldest first
  int repeats = 0;                            // key frames in a row that had been there before, bit for bit
  PictureFault suspect = PictureFault::none;  // of the newest pictures
  int suspected = 0;                          // pictures in a row
  std::optional<Millis> suspected_since;      // UTC
  std::optional<Millis> kept_at;              // when the note was last renewed
  SceneReference elsewhere{};                 // what the moved camera shows
  std::size_t mode = 0;                       // of the newest picture
  int slow = 0;                               // visits in a row with too few frames
  int settled = 0;                            // pictures in a row that show it
};

struct PictureVerdict {
  PictureFault fault = PictureFault::none;
  bool down = false;       // else a warning
  std::string words;       // what was measured
  bool keep_past = false;  // the past is worth a new note
};

// One more picture. `fingerprint`: of the key frame's bytes, 0 = not known. `patience`: how long a picture
// may be black or covered before the camera counts as down. Nothing is judged by time while `utc_now` is not
// known.
PictureVerdict judge(PictureMemory& memory, const PictureStatistics& picture, std::uint64_t fingerprint,
                     std::optional<Millis> utc_now, Millis patience);

// Fewer frames than half of what is usual in the mode of the newest picture (infrared shutters are slow by
// right), in three visits in a row. Learns from visits that are not slow; says nothing before it has seen
// five.
bool slow(PictureMemory& memory, std::int64_t frames_per_second_milli);

// Of the packets' payloads: equal for equal bits, whatever the packets' numbers and times.
std::uint64_t fingerprint(std::string_view packets);

}  // namespace commune_watch
