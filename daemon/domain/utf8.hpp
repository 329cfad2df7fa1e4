// One character of UTF-8 at a time, strict (RFC 3629: no overlong forms, no surrogates, nothing above
// U+10FFFF).
#pragma once
#include <cstddef>
#include <string_view>

namespace commune_watch {

struct Utf8 {
  char32_t value = 0;
  std::size_t bytes = 0;  // 0: the text does not begin with a character
};

Utf8 first_character(std::string_view text);
bool is_utf8(std::string_view text);

// What moves a terminal's cursor, ends or turns a line, or hides text: C0, C1, line and paragraph separators,
// marks of direction, characters without width, tags.
bool is_steering(char32_t c);
// UTF-8 without any of these: what is read is what is there.
bool is_plain_line(std::string_view text);

}  // namespace commune_watch
