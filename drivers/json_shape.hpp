// How deep and how large a JSON text is, before anything is built of it.
//
// nlohmann's parser callback, which could stop on the way, looks over all siblings at the end of each
// element: one megabyte of `{},` takes minutes. So hostile text is refused first, and then parsed without
// one.
#pragma once
#include <cstddef>
#include <string_view>

namespace commune_watch {

inline constexpr std::size_t kMaxJsonValues = 200'000;  // 4,096 channels of 48 fields

// At most `max_depth` levels of objects and arrays, and at most kMaxJsonValues commas and opening brackets.
// One pass; whether it is JSON at all is the parser's business.
bool modest_json(std::string_view body, std::size_t max_depth);

}  // namespace commune_watch
