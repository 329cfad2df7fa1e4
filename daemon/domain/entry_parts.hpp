// What the bodies of log records are made of: moments, standings and hours as canonical JSON, both ways. For
// entry.cpp and entry_evidence.cpp only.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/canonical.hpp"
#include "domain/entry.hpp"

namespace commune_watch::body {

using canonical::Array;
using canonical::Object;
using canonical::Value;

inline constexpr std::int64_t kMaxInstant =
    1LL << 50;  // the year 37,000: sums and differences stay far from overflow

Value out(Moment at);
Value out(bool yes);
Value out(ReasonId id);
Value out(const std::vector<std::string>& texts);
Value out(const Standing& standing);
Value out(const Hours& hours);
Value out(const std::vector<Zone::Change>& zone);

inline bool is_identifier(std::string_view id) {
  return !id.empty() && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// Reads a body: the first thing that is wrong is kept, everything after it reads as a default.
// Loose: only what figures and proofs rest on has to be there and be known (docs/evidence.md §2).
class In {
 public:
  explicit In(const Value& body, bool loose = false) : body_(&body), loose_(loose) {}
  [[nodiscard]] bool loose() const { return loose_; }

  [[nodiscard]] const std::string& error() const { return error_; }
  void wrong(std::string_view key, std::string_view why) {
    if (error_.empty() && !(loose_ && is_spare(key))) error_ = std::string(key) + ": " + std::string(why);
  }

  const Value* member(std::string_view key) {
    const Value* const value = body_->find(key);
    if (value == nullptr) wrong(key, "is missing");
    return value;
  }
  [[nodiscard]] bool has(std::string_view key) const { return body_->find(key) != nullptr; }

  std::int64_t number(std::string_view key, const Value* value, std::int64_t least, std::int64_t most) {
    const auto* const number = value == nullptr ? nullptr : value->number();
    if (number != nullptr && *number >= least && *number <= most) return *number;
    wrong(key, "is not a number in range");
    return least;
  }
  std::int64_t number(std::string_view key, std::int64_t least, std::int64_t most) {
    return number(key, member(key), least, most);
  }
  std::string text(std::string_view key, const Value* value) {
    if (value != nullptr && value->text() != nullptr) return *value->text();
    wrong(key, "is not a string");
    return {};
  }
  std::string text(std::string_view key) { return text(key, member(key)); }
  // What a figure's line begins with: it may bear no comma and no line end.
  std::string identifier(std::string_view key) {
    std::string id = text(key);
    if (loose_ && !is_identifier(id)) wrong(key, "is not an id");
    return id;
  }
  const Array& array(std::string_view key, const Value* value) {
    static const Array kNone;
    if (value != nullptr && value->array() != nullptr) return *value->array();
    wrong(key, "is not an array");
    return kNone;
  }
  const Array& array(std::string_view key) { return array(key, member(key)); }
  const Array& tuple(std::string_view key, const Value* value, std::size_t size) {
    static const Array kZeros(3);
    const Array& items = array(key, value);
    if (items.size() == size) return items;
    wrong(key, "has the wrong number of parts");
    return kZeros;
  }

  bool yes(std::string_view key) { return number(key, 0, 1) == 1; }
  Millis instant(std::string_view key) { return number(key, -kMaxInstant, kMaxInstant); }
  Moment moment(std::string_view key, const Value* boot, const Value* bt) {
    return {static_cast<std::uint32_t>(number(key, boot, 0, std::numeric_limits<std::uint32_t>::max())),
            number(key, bt, 0, kMaxInstant)};
  }
  Moment moment(std::string_view key) {
    const Array& parts = tuple(key, member(key), 2);
    return moment(key, parts.data(), &parts[1]);
  }
  std::uint32_t count(std::string_view key) {
    return static_cast<std::uint32_t>(number(key, 0, std::numeric_limits<std::uint32_t>::max()));
  }
  template <class T>
  T word(std::string_view key, const Value* value, std::optional<T> (*find)(std::string_view)) {
    const auto found = find(text(key, value));
    if (!found) wrong(key, "is not a word of this version");
    return found.value_or(T{});
  }
  template <class T>
  T word(std::string_view key, std::optional<T> (*find)(std::string_view)) {
    return word(key, member(key), find);
  }
  // A word of which a later version may know more; loosely read, one that is unknown is the default.
  template <class T>
  T open_word(std::string_view key, std::optional<T> (*find)(std::string_view)) {
    return loose_ ? find(text(key)).value_or(T{}) : word(key, find);
  }

 private:
  static bool is_spare(std::string_view key);

  const Value* body_;
  bool loose_;
  std::string error_;
};

Standing standing(In& in, std::string_view key);
Hours hours(In& in, std::string_view key);
std::vector<Zone::Change> zone(In& in, std::string_view key);

// Of entry.cpp.
Object out(const TermsEntry& e);
void read(In& in, TermsEntry& e);
Object out(const MaintenanceEntry& e);
void read(In& in, MaintenanceEntry& e);
// Of entry_evidence.cpp.
Object out(const CorrectionEntry& e);
void read(In& in, CorrectionEntry& e);
Object out(const DeclarationEntry& e);
void read(In& in, DeclarationEntry& e);
Object out(const MustHaveEntry& e);
void read(In& in, MustHaveEntry& e);
Object out(const IdentityEntry& e);
void read(In& in, IdentityEntry& e);
Object out(const HeartbeatEntry& e);
void read(In& in, HeartbeatEntry& e);
Object out(const DayEntry& e);
void read(In& in, DayEntry& e);
Object out(const OpeningEntry& e);
void read(In& in, OpeningEntry& e);
Object out(const KeyEntry& e);
void read(In& in, KeyEntry& e);
Object out(const ExportEntry& e);
void read(In& in, ExportEntry& e);

}  // namespace commune_watch::body
