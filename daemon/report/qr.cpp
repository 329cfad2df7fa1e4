// libqrencode finds the modules; each run of black ones is one stroke of the path.
#include "report/qr.hpp"

#include <qrencode.h>

#include <algorithm>
#include <memory>

#include "domain/markup.hpp"

namespace commune_watch {
namespace {

constexpr int kQuiet = 4;

}  // namespace

Result<std::string> qr_svg(std::string_view text, std::string_view title) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeData(static_cast<int>(text.size()), reinterpret_cast<const unsigned char*>(text.data()), 0,
                        QR_ECLEVEL_M),
      &QRcode_free);
  if (!code) return fail("the text is too long for a QR code");
  const int width = code->width, side = width + 2 * kQuiet;
  const auto black = [&](int x, int y) { return (code->data[y * width + x] & 1U) != 0; };
  std::string path;
  for (int y = 0; y < width; ++y) {
    for (int x = 0; x < width;) {
      int end = x;
      while (end < width && black(end, y)) ++end;
      if (end > x)
        path += "M" + std::to_string(x + kQuiet) + " " + std::to_string(y + kQuiet) + "h" +
                std::to_string(end - x) + "v1h-" + std::to_string(end - x) + "z";
      x = std::max(end, x) + 1;
    }
  }
  const auto box = std::to_string(side);
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + box + " " + box +
                    "\" shape-rendering=\"crispEdges\"><title>";
  svg += markup_text(title);
  svg += "</title><rect width=\"" + box + "\" height=\"" + box + "\" fill=\"#fff\"/><path fill=\"#000\" d=\"";
  svg += path;
  svg += "\"/></svg>\n";
  return svg;
}

}  // namespace commune_watch
