// Restricted canonical JSON: integers, strings, arrays and objects, with one byte sequence per value.
//
// No spaces, no fractions, no true, false or null. Strings are UTF-8 with only `"`, `\` and control
// characters escaped, the short way where there is one (RFC 8785 3.2.2.2). Objects keep the order in which
// they were written. Reading accepts these bytes and no others, so that a hash of the text is a hash of the
// value: write(read(text)) == text.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "domain/result.hpp"

namespace commune_watch::canonical {

inline constexpr std::size_t kMaxBytes = 1 << 20;  // of a text to read
inline constexpr int kMaxDepth = 16;               // arrays and objects within each other

class Value;
using Array = std::vector<Value>;
using Member = std::pair<std::string, Value>;
using Object = std::vector<Member>;

class Value {
 public:
  Value() : data_(std::int64_t{0}) {}
  // NOLINTBEGIN(google-explicit-constructor): a value is written as itself
  Value(std::int64_t number) : data_(number) {}
  Value(std::string text) : data_(std::move(text)) {}
  Value(std::string_view text) : data_(std::string(text)) {}
  Value(const char* text) : data_(std::string(text)) {}
  Value(Array array) : data_(std::move(array)) {}
  Value(Object object) : data_(std::move(object)) {}
  // NOLINTEND(google-explicit-constructor)

  // Each is null where the value is of another type.
  [[nodiscard]] const std::int64_t* number() const { return std::get_if<std::int64_t>(&data_); }
  [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&data_); }
  [[nodiscard]] const Array* array() const { return std::get_if<Array>(&data_); }
  [[nodiscard]] const Object* object() const { return std::get_if<Object>(&data_); }
  // The member of that name; null where there is none or this is no object.
  [[nodiscard]] const Value* find(std::string_view name) const;

 private:
  std::variant<std::int64_t, std::string, Array, Object> data_;
};

// Invalid UTF-8 in a string becomes U+FFFD, so that what was written can be read.
std::string write(const Value& value);
// Foreign bytes: refused beyond the limits, with names given twice, or where they are not canonical.
Result<Value> read(std::string_view text, std::size_t max_bytes = kMaxBytes, int max_depth = kMaxDepth);

}  // namespace commune_watch::canonical
