// Text between the tags of XML, SVG and HTML, or inside their quoted attributes.
#pragma once
#include <string>
#include <string_view>

namespace commune_watch {

// The five characters that mean something there are written as entities; C0 controls, which XML 1.0 §2.2 does
// not allow, are left out.
std::string markup_text(std::string_view text);

}  // namespace commune_watch
