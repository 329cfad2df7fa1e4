// The writer behind every payload; see json.hpp.
#include "publish/json.hpp"

#include <charconv>

#include "domain/utf8.hpp"

namespace commune_watch::publish {

void JsonLine::open(std::string_view key) {
  if (!first_) out_ += ',';
  first_ = false;
  if (key.empty()) return;
  out_ += '"';
  out_ += key;
  out_ += "\":";
}

void JsonLine::quoted(std::string_view value) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out_ += '"';
  while (!value.empty()) {
    const char c = value.front();
    const std::size_t length = first_character(value).bytes;
    if (length == 0) {
      out_ += "\xEF\xBF\xBD";
      value.remove_prefix(1);
      continue;
    }
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (const auto code = static_cast<unsigned char>(c); code < 0x20 || code == 0x7F) {
      out_ += "\\u00";
      out_ += kHex[code >> 4U];
      out_ += kHex[code & 0xFU];
    } else {
      out_.append(value.substr(0, length));
    }
    value.remove_prefix(length);
  }
  out_ += '"';
}

JsonLine& JsonLine::begin(std::string_view key) {
  open(key);
  out_ += '{';
  closers_ += '}';
  first_ = true;
  return *this;
}

JsonLine& JsonLine::begin_array(std::string_view key) {
  open(key);
  out_ += '[';
  closers_ += ']';
  first_ = true;
  return *this;
}

JsonLine& JsonLine::end() {
  out_ += closers_.back();
  closers_.pop_back();
  first_ = false;
  return *this;
}

JsonLine& JsonLine::text(std::string_view key, std::string_view value) {
  open(key);
  quoted(value);
  return *this;
}

JsonLine& JsonLine::text_or_null(std::string_view key, std::string_view value) {
  return value.empty() ? null(key) : text(key, value);
}

JsonLine& JsonLine::number(std::string_view key, std::int64_t value) {
  open(key);
  char digits[24];
  const auto written = std::to_chars(digits, digits + sizeof digits, value);
  out_.append(digits, written.ptr);
  return *this;
}

JsonLine& JsonLine::number(std::string_view key, std::optional<std::int64_t> value) {
  return value ? number(key, *value) : null(key);
}

JsonLine& JsonLine::boolean(std::string_view key, bool value) {
  open(key);
  out_ += value ? "true" : "false";
  return *this;
}

JsonLine& JsonLine::null(std::string_view key) {
  open(key);
  out_ += "null";
  return *this;
}

}  // namespace commune_watch::publish
