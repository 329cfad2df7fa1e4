// Everything is measured on one canvas of 640 x 360: the same numbers mean the same for every camera.
#include "inspect/statistics.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>
#include <vector>

namespace commune_watch {
namespace {

constexpr int kDark = 38;  // 16 + 10 % of the range
constexpr int kBright = 235;
constexpr int kTone = 3;
constexpr int kBlock = 16;
constexpr std::size_t kSteeper = 96;  // per cent of the pixels are less steep
constexpr double kTexture = 25;       // variance of a block
// Cameras burn text in along the upper and lower edge: what is said of tones, texture and edges is said of
// the rest.
constexpr int kFirstBlockRow = 3, kEndBlockRow = 19;
constexpr int kTop = kFirstBlockRow * kBlock, kBottom = kEndBlockRow * kBlock;
constexpr int kPixels = kPictureWidth * (kBottom - kTop);

std::size_t index(int x, int y, int columns) {
  return static_cast<std::size_t>(y) * static_cast<std::size_t>(columns) + static_cast<std::size_t>(x);
}

std::uint16_t per_ten_thousand(std::int64_t part, std::int64_t whole) {
  return static_cast<std::uint16_t>(part * 10'000 / whole);
}

std::int32_t milli(double value) { return static_cast<std::int32_t>(std::lround(value * 1'000)); }

// Means over the rectangles of a columns x rows raster; where the plane is smaller, the nearest sample.
template <class Put>
void average(const Plane& plane, int columns, int rows, const Put& put) {
  std::vector<int> edge(static_cast<std::size_t>(columns) + 1);
  for (int x = 0; x <= columns; ++x)
    edge[static_cast<std::size_t>(x)] = static_cast<int>(std::int64_t{x} * plane.width / columns);
  std::vector<std::uint32_t> sums(static_cast<std::size_t>(columns));
  for (int y = 0; y < rows; ++y) {
    const int top = static_cast<int>(std::int64_t{y} * plane.height / rows);
    const int bottom = std::max(top + 1, static_cast<int>(std::int64_t{y + 1} * plane.height / rows));
    std::fill(sums.begin(), sums.end(), 0U);
    for (int row = top; row < bottom; ++row) {
      const std::uint8_t* samples = plane.samples.data() + static_cast<std::size_t>(row) * plane.stride;
      for (std::size_t x = 0; x < sums.size(); ++x) {
        const int from = edge[x], to = std::max(from + 1, edge[x + 1]);
        std::uint32_t sum = 0;
        for (int column = from; column < to; ++column) sum += samples[column];
        sums[x] += sum;
      }
    }
    for (int x = 0; x < columns; ++x) {
      const auto at = static_cast<std::size_t>(x);
      const auto count = static_cast<std::uint32_t>(std::max(1, edge[at + 1] - edge[at]) * (bottom - top));
      put(x, y, static_cast<double>(sums[at]) / count);
    }
  }
}

using Canvas = std::vector<std::uint8_t>;

Plane plane_of(const Canvas& canvas) {
  return {.samples = canvas, .width = kPictureWidth, .height = kPictureHeight, .stride = kPictureWidth};
}

Canvas canvas_of(const Plane& luma) {
  Canvas canvas(std::size_t{kPictureWidth} * kPictureHeight);
  average(luma, kPictureWidth, kPictureHeight, [&](int x, int y, double mean) {
    canvas[index(x, y, kPictureWidth)] = static_cast<std::uint8_t>(std::lround(mean));
  });
  return canvas;
}

void tones(const Canvas& canvas, PictureStatistics& out) {
  std::array<std::int64_t, 256> count{};
  for (const std::uint8_t luma : std::span(canvas).subspan(std::size_t{kTop} * kPictureWidth, kPixels))
    ++count[luma];
  double sum = 0, squares = 0, entropy = 0;
  std::int64_t dark = 0, bright = 0;
  for (std::size_t luma = 0; luma < count.size(); ++luma) {
    const auto many = static_cast<double>(count[luma]), value = static_cast<double>(luma);
    sum += many * value;
    squares += many * value * value;
    if (count[luma] > 0) entropy -= many / kPixels * std::log2(many / kPixels);
    if (luma < kDark) dark += count[luma];
    if (luma > kBright) bright += count[luma];
  }
  const double mean = sum / kPixels;
  out.mean_milli = milli(mean);
  out.deviation_milli = milli(std::sqrt(std::max(0.0, squares / kPixels - mean * mean)));
  out.entropy_milli = milli(std::max(0.0, entropy));
  out.dark_share = per_ten_thousand(dark, kPixels);
  out.bright_share = per_ten_thousand(bright, kPixels);
  const auto commonest = std::max_element(count.begin(), count.end()) - count.begin();
  std::int64_t near = 0;
  for (auto luma = std::max<std::ptrdiff_t>(0, commonest - kTone);
       luma <= std::min<std::ptrdiff_t>(255, commonest + kTone); ++luma)
    near += count[static_cast<std::size_t>(luma)];
  out.one_tone_share = per_ten_thousand(near, kPixels);
}

// At half size a sensor's grain is a quarter, and an edge is still an edge: sums of four pixels.
constexpr int kHalfWidth = kPictureWidth / 2, kHalfHeight = (kBottom - kTop) / 2, kHalfBlock = kBlock / 2;
using Half = std::vector<int>;

Half half_of(const Canvas& canvas) {
  Half half(std::size_t{kHalfWidth} * kHalfHeight);
  for (int y = 0; y < kHalfHeight; ++y) {
    const std::uint8_t* row = canvas.data() + index(0, kTop + 2 * y, kPictureWidth);
    for (int x = 0; x < kHalfWidth; ++x)
      half[index(x, y, kHalfWidth)] =
          row[2 * x] + row[2 * x + 1] + row[2 * x + kPictureWidth] + row[2 * x + 1 + kPictureWidth];
  }
  return half;
}

void sharpness(const Half& half, PictureStatistics& out) {
  std::vector<std::int32_t> slopes;
  slopes.reserve(half.size());
  for (int y = 0; y + 1 < kHalfHeight; ++y)
    for (int x = 0; x + 1 < kHalfWidth; ++x) {
      const auto at = index(x, y, kHalfWidth);
      slopes.push_back(std::abs(half[at + 1] - half[at]) + std::abs(half[at + kHalfWidth] - half[at]));
    }
  const auto place = slopes.begin() + static_cast<std::ptrdiff_t>(slopes.size() * kSteeper / 100);
  std::ranges::nth_element(slopes, place);
  out.sharpness_milli = *place * 250;
}

void texture(const Half& half, PictureStatistics& out) {
  std::int64_t textured = 0, all = 0;
  for (int top = 0; top < kHalfHeight; top += kHalfBlock)
    for (int left = 0; left < kHalfWidth; left += kHalfBlock, ++all) {
      std::int64_t sum = 0, squares = 0;
      for (int y = top; y < top + kHalfBlock; ++y)
        for (int x = left; x < left + kHalfBlock; ++x) {
          const std::int64_t value = half[index(x, y, kHalfWidth)];
          sum += value;
          squares += value * value;
        }
      constexpr double kCount = kHalfBlock * kHalfBlock, kSumOf = 4;
      const double mean = static_cast<double>(sum) / kCount;
      if ((static_cast<double>(squares) / kCount - mean * mean) / (kSumOf * kSumOf) > kTexture) ++textured;
    }
  out.textured_share = per_ten_thousand(textured, all);
}

// dHash: is the left of two neighbours brighter? (Krawetz 2013)
std::uint64_t gradient_hash(const Canvas& canvas) {
  std::array<double, 72> cells{};
  average(plane_of(canvas), 9, 8, [&](int x, int y, double mean) { cells[index(x, y, 9)] = mean; });
  std::uint64_t hash = 0;
  for (std::size_t y = 0; y < 8; ++y)
    for (std::size_t x = 0; x < 8; ++x)
      hash = hash << 1U | (cells[y * 9 + x] > cells[y * 9 + x + 1] ? 1U : 0U);
  return hash;
}

double from_grey(const Plane& chroma) {
  if (chroma.width <= 0 || chroma.height <= 0) return 0;
  std::int64_t sum = 0;
  for (int y = 0; y < chroma.height; ++y)
    for (int x = 0; x < chroma.width; ++x)
      sum += std::abs(
          chroma.samples[static_cast<std::size_t>(y) * chroma.stride + static_cast<std::size_t>(x)] - 128);
  return static_cast<double>(sum) / (static_cast<double>(chroma.width) * chroma.height);
}

}  // namespace

PictureStatistics measure(const Plane& luma, const Plane& blue, const Plane& red) {
  PictureStatistics out;
  out.width = static_cast<std::uint16_t>(std::min(luma.width, 0xFFFF));
  out.height = static_cast<std::uint16_t>(std::min(luma.height, 0xFFFF));
  const Canvas canvas = canvas_of(luma);
  tones(canvas, out);
  const Half half = half_of(canvas);
  sharpness(half, out);
  texture(half, out);
  average(plane_of(canvas), kCellColumns, kCellRows, [&](int x, int y, double mean) {
    out.cells[index(x, y, kCellColumns)] = static_cast<std::uint8_t>(std::lround(mean));
  });
  out.gradient_hash = gradient_hash(canvas);
  out.colour_milli = milli((from_grey(blue) + from_grey(red)) / 2);
  average(plane_of(canvas), kGridColumns, kGridRows, [&](int x, int y, double mean) {
    out.grid[index(x, y, kGridColumns)] = static_cast<std::uint8_t>(std::lround(mean));
  });
  return out;
}

}  // namespace commune_watch
