#include "inspect/scenes.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace commune_watch {
namespace {

constexpr int kW = 640, kH = 360;

// Cheap and good enough for grain: splitmix64.
struct Dice {
  std::uint64_t state;
  std::uint64_t next() {
    std::uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30U) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27U) * 0x94D049BB133111EB;
    return z ^ z >> 31U;
  }
  double unit() { return static_cast<double>(next() >> 11U) / 9007199254740992.0; }
  double within(double low, double high) { return low + (high - low) * unit(); }
  int below(int most) { return static_cast<int>(next() % static_cast<std::uint64_t>(most)); }
  double bell() { return (unit() + unit() + unit() + unit() - 2) * 1.732; }  // about normal
};

using Plane = std::vector<float>;

// Three box blurs are a Gaussian for all that matters here.
void blur(Plane& plane, int width, int height, int radius) {
  Plane other(plane.size());
  const auto index = [&](int x, int y) {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
  };
  for (int pass = 0; pass < 3; ++pass) {
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        float sum = 0;
        for (int d = -radius; d <= radius; ++d) sum += plane[index(std::clamp(x + d, 0, width - 1), y)];
        other[index(x, y)] = sum / static_cast<float>(2 * radius + 1);
      }
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        float sum = 0;
        for (int d = -radius; d <= radius; ++d) sum += other[index(x, std::clamp(y + d, 0, height - 1))];
        plane[index(x, y)] = sum / static_cast<float>(2 * radius + 1);
      }
  }
}

// 3 x 5 digits, four pixels each.
constexpr std::array<std::uint16_t, 10> kDigits{
    0b111101101101111, 0b010110010010111, 0b111001111100111, 0b111001111001111, 0b101101111001001,
    0b111100111001111, 0b111100111101111, 0b111001001001001, 0b111101111101111, 0b111101111001111};

void burn_in(Frame& frame, int second) {
  const std::array<int, 6> digits{second / 36'000 % 10, second / 3'600 % 10, second / 600 % 6,
                                  second / 60 % 10,     second / 10 % 6,     second % 10};
  constexpr int kCell = 4;
  int left = 16;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    for (int y = 0; y < 5 * kCell; ++y)
      for (int x = 0; x < 3 * kCell; ++x) {
        const int bit = 14 - (y / kCell * 3 + x / kCell);
        const bool on = (kDigits[static_cast<std::size_t>(digits[i])] >> bit & 1) != 0;
        if (on) frame.at(left + x, 14 + y) = 235;
      }
    left += 4 * kCell + (i % 2 == 1 ? kCell : 0);
  }
}

}  // namespace

Street::Street(std::uint64_t seed) : seed_(seed), canvas_(static_cast<std::size_t>(kWide) * kHigh) {
  Dice dice{seed * 7'919 + 1};
  const int horizon = kHigh * 2 / 5 + dice.below(kHigh / 8);
  const double sky = dice.within(0.65, 0.85), ground = dice.within(0.3, 0.5);
  for (int y = 0; y < kHigh; ++y)
    for (int x = 0; x < kWide; ++x) {
      Pixel& pixel = canvas_[static_cast<std::size_t>(y) * kWide + static_cast<std::size_t>(x)];
      if (y < horizon)
        pixel = {static_cast<float>(sky - 0.2 * y / horizon), 0.06F, -0.04F};
      else
        pixel = {static_cast<float>(ground + 0.08 * dice.bell() * 0.5), -0.04F, 0.03F};
    }
  const auto box = [&](int left, int top, int width, int height, Pixel colour, double roughness) {
    for (int y = std::max(0, top); y < std::min(kHigh, top + height); ++y)
      for (int x = std::max(0, left); x < std::min(kWide, left + width); ++x) {
        Pixel& pixel = canvas_[static_cast<std::size_t>(y) * kWide + static_cast<std::size_t>(x)];
        pixel = colour;
        pixel.luma = static_cast<float>(std::clamp(colour.luma + roughness * dice.bell(), 0.02, 0.98));
      }
  };
  const auto colour = [&](double low, double high) {
    return Pixel{static_cast<float>(dice.within(low, high)), static_cast<float>(dice.within(-0.12, 0.12)),
                 static_cast<float>(dice.within(-0.12, 0.12))};
  };
  const int houses = 6 + dice.below(6);
  for (int i = 0; i < houses; ++i) {
    const int width = 90 + dice.below(180), height = 80 + dice.below(180), left = dice.below(kWide) - 60,
              top = horizon + 20 - height;
    box(left, top, width, height, colour(0.25, 0.8), 0.015);
    box(left - 8, top - 18, width + 16, 20, colour(0.15, 0.5), 0.03);
    for (int wy = top + 14; wy + 24 < top + height; wy += 40)
      for (int wx = left + 12; wx + 20 < left + width; wx += 36) box(wx, wy, 18, 22, colour(0.05, 0.3), 0.01);
  }
  const int trees = 8 + dice.below(8);
  for (int i = 0; i < trees; ++i) {
    const int x = dice.below(kWide), y = horizon + dice.below(60) - 60, radius = 20 + dice.below(45);
    box(x - 4, y, 8, radius + 30, {0.2F, -0.05F, 0.06F}, 0.03);
    for (int leaf = 0; leaf < radius * 14; ++leaf) {
      const double angle = dice.within(0, 6.283), far = radius * std::sqrt(dice.unit());
      box(x + static_cast<int>(far * std::cos(angle)), y + static_cast<int>(far * std::sin(angle) * 0.8), 4,
          3, {static_cast<float>(dice.within(0.12, 0.5)), -0.08F, -0.08F}, 0.02);
    }
  }
  const int kerbs = horizon + 70 + dice.below(50);
  box(0, kerbs, kWide, 6, {0.75F, 0, 0}, 0.02);
  for (int x = dice.below(80); x < kWide; x += 120) box(x, kerbs + 60, 60, 8, {0.85F, 0, 0}, 0.01);
  const int things = 10 + dice.below(10);
  for (int i = 0; i < things; ++i)
    box(dice.below(kWide), kerbs + dice.below(120), 14 + dice.below(70), 10 + dice.below(40),
        colour(0.1, 0.9), 0.02);
}

Frame Street::frame(const Weather& weather, Mishap mishap, int second, std::uint64_t grain) const {
  Dice view{seed_ * 31 + 5}, dice{grain * 0x2545F491 + seed_ + static_cast<std::uint64_t>(second)};
  int left = view.below(200), top = view.below(60) + 40;
  if (mishap == Mishap::moved) {
    left += 480 + view.below(80);
    top += view.below(60);
  }
  const double fog = 0.72;  // its own light
  Plane luma(static_cast<std::size_t>(kW) * kH), blue(luma.size()), red(luma.size());
  for (int y = 0; y < kH; ++y)
    for (int x = 0; x < kW; ++x) {
      const Pixel& pixel = at(std::min(left + x, kWide - 1), std::min(top + y, kHigh - 1));
      const double depth = weather.fog * (1.15 - 0.6 * y / kH), through = std::clamp(1 - depth, 0.0, 1.0);
      double value = pixel.luma * through + fog * (1 - through);
      if (weather.infrared) {  // lamps at the camera: near is bright
        value = value * (0.25 + 0.55 * y / kH);
      } else {
        value *= weather.light;
      }
      const auto i = static_cast<std::size_t>(y) * kW + static_cast<std::size_t>(x);
      luma[i] = static_cast<float>(value);
      blue[i] = weather.infrared ? 0.0F : static_cast<float>(pixel.blue * through * weather.light);
      red[i] = weather.infrared ? 0.0F : static_cast<float>(pixel.red * through * weather.light);
    }
  const auto paint = [&](int x0, int y0, int w, int h, double value, double mix) {
    for (int y = std::max(0, y0); y < std::min(kH, y0 + h); ++y)
      for (int x = std::max(0, x0); x < std::min(kW, x0 + w); ++x) {
        float& pixel = luma[static_cast<std::size_t>(y) * kW + static_cast<std::size_t>(x)];
        pixel = static_cast<float>(pixel * (1 - mix) + value * mix);
      }
  };
  const double lit = weather.infrared ? 0.6 : weather.light;
  if (weather.lorry) {
    const int x = 80 + view.below(280), y = 130 + view.below(60);
    paint(x, y, 230, 130, view.within(0.2, 0.8) * lit, 1);
    paint(x + 230, y + 40, 60, 90, view.within(0.2, 0.7) * lit, 1);
    paint(x + 238, y + 48, 30, 26, 0.12 * lit, 1);
    for (const int wheel : {20, 170, 245}) paint(x + wheel, y + 116, 34, 34, 0.07, 1);
    for (int stripe = 8; stripe < 220; stripe += 24)
      paint(x + stripe, y + 6, 3, 110, view.within(0.1, 0.9) * lit, 0.5);
  }
  const int walkers = dice.below(4);
  for (int i = 0; i < walkers; ++i) {
    const int x = (dice.below(kW) + second * 7) % kW, y = 170 + dice.below(100);
    paint(x, y, 14, 34, dice.within(0.1, 0.8) * lit, 1);
  }
  for (int i = 0; i < static_cast<int>(weather.rain * 900); ++i)
    paint(dice.below(kW), dice.below(kH), 1, 14 + dice.below(12), 0.85 * lit, 0.45);
  if (mishap == Mishap::defocused) {
    const int radius = 3 + view.below(2);
    blur(luma, kW, kH, radius);
    blur(blue, kW, kH, radius);
    blur(red, kW, kH, radius);
  }
  for (int i = 0; i < weather.insects; ++i) {
    const int x = dice.below(kW), y = dice.below(kH), radius = 4 + dice.below(22);
    for (int dy = -radius; dy <= radius; ++dy)
      for (int dx = -radius; dx <= radius; ++dx)
        if (dx * dx + dy * dy <= radius * radius)
          paint(x + dx, y + dy, 1, 1, 0.95, 0.7 * (1 - std::sqrt(dx * dx + dy * dy) / radius));
  }
  const double noise = weather.infrared ? 0.028 : 0.006 + 0.012 * (1 - weather.light);
  Frame frame(kW, kH);
  const bool dark_cover = view.below(2) == 0;
  const double painted = view.within(0.42, 0.5);
  for (int y = 0; y < kH; ++y)
    for (int x = 0; x < kW; ++x) {
      const auto i = static_cast<std::size_t>(y) * kW + static_cast<std::size_t>(x);
      double value = luma[i];
      if (mishap ==
          Mishap::covered) {  // a hand, a bag: what light comes through falls off to one side; or paint
        value = dark_cover ? 0.03 + 0.07 * x / kW : painted + 0.03 * y / kH;
        value *= std::max(lit, 0.6);
      }
      if (mishap == Mishap::black) value = 0;
      value += noise * (mishap == Mishap::black ? 0.3 : 1) * dice.bell();
      frame.at(x, y) = static_cast<std::uint8_t>(std::clamp(16 + 219 * value, 0.0, 255.0));
    }
  if (mishap == Mishap::slate) {
    std::fill_n(frame.bytes.begin(), kW * kH, static_cast<std::uint8_t>(41));
    for (int letter = 0; letter < 8; ++letter)
      for (int y = 172; y < 190; ++y)
        for (int x = 270 + letter * 13; x < 270 + letter * 13 + 3; ++x) frame.at(x, y) = 220;
  }
  for (int y = 0; y < kH / 2; ++y)
    for (int x = 0; x < kW / 2; ++x) {
      const auto i = static_cast<std::size_t>(2 * y) * kW + static_cast<std::size_t>(2 * x);
      const auto to = static_cast<std::size_t>(kW) * kH + static_cast<std::size_t>(y) * kW / 2 +
                      static_cast<std::size_t>(x);
      const bool blank = mishap == Mishap::black || mishap == Mishap::covered;
      const double b = mishap == Mishap::slate ? 0.43
                       : blank                 ? 0
                                               : blue[i],
                   r = mishap == Mishap::slate ? -0.07
                       : blank                 ? 0
                                               : red[i];
      frame.bytes[to] = static_cast<std::uint8_t>(std::clamp(128 + 224 * b, 16.0, 240.0));
      frame.bytes[to + static_cast<std::size_t>(kW) * kH / 4] =
          static_cast<std::uint8_t>(std::clamp(128 + 224 * r, 16.0, 240.0));
    }
  if (mishap != Mishap::slate) burn_in(frame, second);
  return frame;
}

}  // namespace commune_watch
