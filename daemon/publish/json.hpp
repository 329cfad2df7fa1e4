// Writes one line of JSON in the order it is told: what a payload's golden text and a drain of thousands of
// events need.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace commune_watch::publish {

// Only for what this house knows to be well-formed: keys are literals, begin and end are the caller's. Text
// is made valid: what is not UTF-8 becomes U+FFFD, control characters are escaped (RFC 8259 §7, §8.1).
class JsonLine {
 public:
  JsonLine() { out_.reserve(512); }
  JsonLine& begin(std::string_view key = {});   // {
  JsonLine& begin_array(std::string_view key);  // [
  JsonLine& end();                              // closes what was begun last
  JsonLine& text(std::string_view key, std::string_view value);
  JsonLine& text_or_null(std::string_view key, std::string_view value);  // empty: null
  JsonLine& number(std::string_view key, std::int64_t value);
  JsonLine& number(std::string_view key, std::optional<std::int64_t> value);
  JsonLine& boolean(std::string_view key, bool value);
  JsonLine& null(std::string_view key);
  std::string take() { return std::move(out_); }

 private:
  void open(std::string_view key);
  void quoted(std::string_view value);

  std::string out_;
  std::string closers_;
  bool first_ = true;
};

}  // namespace commune_watch::publish
