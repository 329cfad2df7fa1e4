// A text as a QR code (ISO/IEC 18004), drawn as SVG: for the checkpoint on everything that is printed.
#pragma once
#include <string>
#include <string_view>

#include "domain/result.hpp"

namespace commune_watch {

// Black on white with the quiet zone of four modules; one module is one unit, so it scales. `title` is what a
// screen reader says. Failure: the text is longer than a code can hold (2,331 bytes at level M).
Result<std::string> qr_svg(std::string_view text, std::string_view title);

}  // namespace commune_watch
