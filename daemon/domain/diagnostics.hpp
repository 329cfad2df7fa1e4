// Where any part says something to the operator's journal; the composition root decides what becomes of it.
#pragma once
#include <cstdint>
#include <string_view>

namespace commune_watch {

enum class Severity : std::uint8_t { debug, info, warning, error };

class Diagnostics {
 public:
  virtual ~Diagnostics() = default;
  virtual void say(Severity severity, std::string_view text) = 0;  // one line; never a secret
};

}  // namespace commune_watch
