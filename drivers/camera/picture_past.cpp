// The past as bytes, of a fixed order; the version of that order is the note's.
#include <optional>
#include <span>
#include <vector>

#include "drivers/camera/picture.hpp"

namespace commune_watch {

std::vector<std::byte> bytes_of(const PicturePast& past) {
  std::vector<std::byte> out;
  const auto put = [&](std::uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
  };
  for (const auto& mode : past.modes) {
    for (const auto& samples : mode.samples) {
      put(samples.size(), 1);
      for (const auto& sample : samples) {
        put(sample.sharpness, 2);
        put(sample.textured, 1);
        put(sample.mean, 1);
        put(sample.deviation, 1);
      }
    }
    put(mode.references.size(), 1);
    for (const auto& reference : mode.references) {
      put(reference.hash, 8);
      for (const auto cell : reference.grid) put(cell, 1);
    }
    put(mode.frame_rates.size(), 1);
    for (const auto rate : mode.frame_rates) put(rate, 2);
  }
  put(past.clock_ticks, 2);
  put(past.decoded, 2);
  return out;
}

std::optional<PicturePast> past_of(std::span<const std::byte> bytes) {
  bool good = true;
  const auto take = [&](std::size_t count) -> std::uint64_t {
    if (bytes.size() < count) {
      good = false;
      return 0;
    }
    std::uint64_t value = 0;
    for (const std::byte byte : bytes.first(count))
      value = value << 8U | std::to_integer<std::uint64_t>(byte);
    bytes = bytes.subspan(count);
    return value;
  };
  PicturePast past;
  for (auto& mode : past.modes) {
    for (auto& samples : mode.samples) {
      const std::size_t count = take(1);
      if (count > PicturePast::kSamples) return std::nullopt;
      for (std::size_t i = 0; i < count; ++i) {
        PictureSample& sample = samples.emplace_back();
        sample.sharpness = static_cast<std::uint16_t>(take(2));
        sample.textured = static_cast<std::uint8_t>(take(1));
        sample.mean = static_cast<std::uint8_t>(take(1));
        sample.deviation = static_cast<std::uint8_t>(take(1));
      }
    }
    const std::size_t count = take(1);
    if (count > PicturePast::kReferences) return std::nullopt;
    for (std::size_t i = 0; i < count; ++i) {
      SceneReference& reference = mode.references.emplace_back();
      reference.hash = take(8);
      for (auto& cell : reference.grid) cell = static_cast<std::uint8_t>(take(1));
    }
    const std::size_t rates = take(1);
    if (rates > PicturePast::kRates) return std::nullopt;
    for (std::size_t i = 0; i < rates; ++i) mode.frame_rates.push_back(static_cast<std::uint16_t>(take(2)));
  }
  past.clock_ticks = static_cast<std::uint16_t>(take(2));
  past.decoded = static_cast<std::uint16_t>(take(2));
  if (!good || !bytes.empty()) return std::nullopt;
  return past;
}

}  // namespace commune_watch
