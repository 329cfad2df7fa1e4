// What can be said of one camera picture in numbers. Measured by the inspector (inspect/statistics), judged
// by the camera drivers; a value, so that no picture has to leave the inspector, unless a small one is to be
// kept.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace commune_watch {

inline constexpr int kPictureWidth = 640,
                     kPictureHeight = 360;                // what is measured: larger ones are averaged down
inline constexpr int kCellColumns = 160, kCellRows = 90;  // 4 x 4 pixels each: a stroke of a burnt-in digit
inline constexpr int kGridColumns = 16, kGridRows = 9;
inline constexpr std::size_t kCells = std::size_t{kCellColumns} * kCellRows;
inline constexpr std::size_t kGridCells = std::size_t{kGridColumns} * kGridRows;

// Luma is 0…255 as decoded (limited range: black is 16). Shares are per ten thousand of the pixels or blocks.
// Tones, sharpness and texture leave out the upper 48 and the lower 56 rows, where cameras burn text in.
struct PictureStatistics {
  std::uint16_t width = 0, height = 0;  // as decoded
  std::int32_t mean_milli = 0;          // of luma
  std::int32_t deviation_milli = 0;     // standard deviation of luma
  std::int32_t sharpness_milli = 0;     // slope between neighbours at half size that 4 % of the pixels exceed
  std::int32_t entropy_milli = 0;       // bits of the luma histogram, 0…8,000
  std::int32_t colour_milli = 0;        // mean distance of chroma from grey
  std::uint16_t dark_share = 0;         // luma < 38
  std::uint16_t bright_share = 0;       // luma > 235
  std::uint16_t one_tone_share = 0;     // within 3 of the commonest luma
  std::uint16_t textured_share = 0;     // of the blocks: variance > 25
  std::uint64_t gradient_hash = 0;      // dHash: 8 x 8 signs of horizontal gradients
  std::array<std::uint8_t, kGridCells> grid{};  // mean luma of each cell
  std::array<std::uint8_t, kCells> cells{};     // mean luma of each
  friend bool operator==(const PictureStatistics&, const PictureStatistics&) = default;
};

// The codec of a picture that is no stream's but a whole JPEG file, as recorders hand out.
inline constexpr std::string_view kJpegFile = "image/jpeg";

// A small picture to keep: kPictureWidth wide, at most this many bytes of JPEG.
inline constexpr std::size_t kMaxSmallPicture = 40 * 1024;

// How a look at a picture ended. The last two are ours, not the camera's.
enum class Look : std::uint8_t {
  seen,         // statistics are there
  undecodable,  // no picture came out of a whole key frame
  not_able,     // no decoder for this codec on this machine
  nobody,       // the inspector was not there, died or was late
};

}  // namespace commune_watch
