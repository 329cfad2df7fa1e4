// The first gateway.toml of a commune, written from a few answers: the pure part of `commune-watch init`.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace commune_watch {

struct DraftAnswers {
  std::string commune_id;            // empty: derived from name and code
  std::string code, name, province;  // "28765", "Xã Tân Phú", "Vĩnh Long"
  std::vector<std::string> hamlets;  // names, in the order people list them
  std::string mqtt_url;              // empty: publishing is left out, as a comment
};

// "Xã Tân Phú", "28765" → "tan-phu-28765": without the word for its rank and without diacritics.
std::string commune_id_from(std::string_view name, std::string_view code);

// The annotated text, Vietnamese first. load() accepts it as it stands if code, name and province are not
// empty.
std::string draft(const DraftAnswers& answers);

}  // namespace commune_watch
