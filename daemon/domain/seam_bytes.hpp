// The bytes of the seams between processes: little-endian numbers, texts and lists with their length before
// them.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "domain/reading.hpp"
#include "domain/reason.hpp"

namespace commune_watch::seam {

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  template <std::integral T>
  void number(T value) {
    auto bits = static_cast<std::make_unsigned_t<T>>(value);
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      out_.push_back(static_cast<char>(bits & 0xFFU));
      if constexpr (sizeof(T) > 1) bits = static_cast<decltype(bits)>(bits >> 8U);
    }
  }
  template <class E>
  requires std::is_enum_v<E>
  void number(E value) { number(static_cast<std::underlying_type_t<E>>(value)); }
  void flag(bool value) { number<std::uint8_t>(value ? 1 : 0); }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    out_.append(value);
  }
  template <class T>
  void list(const std::vector<T>& values, auto&& each) {
    number(static_cast<std::uint32_t>(values.size()));
    for (const auto& value : values) each(value);
  }
  template <class T>
  void maybe(const std::optional<T>& value, auto&& write) {
    flag(value.has_value());
    if (value) write(*value);
  }

 private:
  std::string& out_;
};

// Reads until something is wrong; from then on everything is empty and `good()` is false.
class Reader {
 public:
  static constexpr std::uint32_t kMaxText = 64 * 1024;
  explicit Reader(std::string_view in) : in_(in) {}
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool done() const { return good_ && in_.empty(); }
  void refuse() {
    good_ = false;
    in_ = {};
  }

  template <std::integral T>
  T number() {
    if (in_.size() < sizeof(T)) return spoil<T>();
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(in_[i])) << (8 * i);
    in_.remove_prefix(sizeof(T));
    return static_cast<T>(bits);
  }
  // An enumerator; `last` is the highest valid one.
  template <class E>
  E choice(E last) {
    auto value = number<std::underlying_type_t<E>>();
    if (value > static_cast<std::underlying_type_t<E>>(last)) return spoil<E>();
    return static_cast<E>(value);
  }
  bool flag() {
    auto value = number<std::uint8_t>();
    if (value > 1) return spoil<bool>();
    return value == 1;
  }
  std::string text(std::uint32_t most = kMaxText) {
    auto size = number<std::uint32_t>();
    if (size > most || size > in_.size()) return spoil<std::string>();
    std::string value(in_.substr(0, size));
    in_.remove_prefix(size);
    return value;
  }
  std::string words() {
    auto value = text(kMaxWords);
    if (clean_words(value) != value) return spoil<std::string>();
    return value;
  }
  ReasonId reason() {
    auto value = number<std::uint16_t>();
    if (value >= reasons().size()) return spoil<ReasonId>();
    return static_cast<ReasonId>(value);
  }
  template <class T>
  std::vector<T> list(std::uint32_t most, auto&& each) {
    auto count = number<std::uint32_t>();
    std::vector<T> values;
    if (count > most || count > in_.size()) return spoil<std::vector<T>>();  // an item takes a byte at least
    values.reserve(count);
    for (std::uint32_t i = 0; i < count && good_; ++i) values.push_back(each());
    return values;
  }
  template <class T>
  std::optional<T> maybe(auto&& read) {
    if (!flag()) return std::nullopt;
    return read();
  }

 private:
  template <class T>
  T spoil() {
    refuse();
    return T{};
  }
  std::string_view in_;
  bool good_ = true;
};

}  // namespace commune_watch::seam
