// A bundle's files taken apart into what they say, before a leaf is played: the first half of verify().
//
// Foreign bytes; what cannot be read is a finding of the report, which also gets what it tells of these
// files.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/entry.hpp"
#include "evidence/bundle.hpp"
#include "evidence/note.hpp"
#include "evidence/tree.hpp"
#include "evidence/verify.hpp"

namespace commune_watch::evidence {

struct Signed {
  std::string where;  // file, or file:line
  Note note;
  Checkpoint checkpoint;
};

struct Bundle {
  Proof proof;
  Frontier base;  // of the leaves before the bundle's
  Signed newest;
  std::optional<Signed> previous;
  std::vector<Signed> earlier;       // ascending; from proof.first to the newest
  std::vector<PublicKey> witnesses;  // the bundle's and the user's
  std::vector<PublicKey> asked;      // the user's
  std::vector<KeyEntry> keys;        // of keys.jsonl: a chain, or there is a finding
};

// Absent where too little can be read to go on.
std::optional<Bundle> read_bundle(const Files& files, const VerifyOptions& options, Report& report);

std::string_view file(const Files& files, std::string_view name);  // its bytes; none if it is missing
std::vector<std::string_view> lines_of(std::string_view text);     // without their ends

}  // namespace commune_watch::evidence
