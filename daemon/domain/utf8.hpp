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

}  // namespace commune_watch
