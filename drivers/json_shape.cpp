// Brackets and commas outside strings.
#include "drivers/json_shape.hpp"

namespace commune_watch {

bool modest_json(std::string_view body, std::size_t max_depth) {
  std::size_t depth = 0, values = 1;
  bool in_string = false;
  for (std::size_t at = 0; at < body.size(); ++at) {
    const char c = body[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > max_depth || ++values > kMaxJsonValues) return false;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return false;
      --depth;
    } else if (c == ',' && ++values > kMaxJsonValues) {
      return false;
    }
  }
  return true;
}

}  // namespace commune_watch
