// How large a JPEG file says that it is, before anybody decodes it (ITU-T T.81 B.2.2). Pure, on foreign
// bytes.
#pragma once
#include <cstdint>
#include <string_view>

namespace commune_watch {

// Width times height of the largest frame header before the first scan; 0 where there is none.
std::uint64_t jpeg_pixels(std::string_view file);

}  // namespace commune_watch
