// Vietnamese letters: composed (NFC) for what people read, without diacritics for ids.
#pragma once
#include <string>
#include <string_view>

namespace commune_watch {

// Letters followed by combining marks (as macOS writes file names) become the single letters that search and
// MQTT readers expect.
std::string composed(std::string_view text);

// "Ấp Phú Đông" → "ap-phu-dong": lower case, no diacritics, đ → d, all else becomes single '-'.
std::string id_from(std::string_view text);

}  // namespace commune_watch
