// The bytes of a leaf: what of a record is hashed (docs/evidence.md §1).
#pragma once
#include <string>
#include <string_view>

#include "domain/log.hpp"
#include "domain/result.hpp"
#include "evidence/bytes.hpp"

namespace commune_watch::evidence {

// ["<kind>",<boot>,<bt>,<body>]: one line of canonical JSON, the body verbatim.
std::string leaf(const Record& record);
// SHA-256(0x00 || leaf), RFC 6962 §2.1.
Hash leaf_hash(std::string_view leaf);
inline Hash leaf_hash(const Record& record) { return leaf_hash(leaf(record)); }

// Foreign bytes, back to a record; its `seq` is the caller's to know and `device` stays empty. Refused where
// the line is not canonical or its kind is not one of this version; the body is not read.
Result<Record> read_leaf(std::string_view line);

}  // namespace commune_watch::evidence
