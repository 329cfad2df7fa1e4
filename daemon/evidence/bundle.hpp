// A bundle of evidence: its files, how one is put together, and what proves it (docs/evidence.md §4, §9).
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/clock.hpp"
#include "domain/result.hpp"
#include "evidence/note.hpp"
#include "evidence/tree.hpp"

namespace commune_watch::evidence {

inline constexpr std::string_view kFormat = "commune-watch-evidence-1";

// Ten years are 3,653 days at most; the zone may have been moved by some hours meanwhile.
inline constexpr Millis kLongestPeriod = 3'653LL * 86'400'000 + 43'200'000;

using Files = std::map<std::string, std::string, std::less<>>;  // name -> bytes

// proof.json
struct Proof {
  std::string origin, epoch, period;  // period: as people write it
  Millis from = 0, to = 0;            // UTC
  std::uint64_t first = 0;
  std::vector<Hash> base;
  std::string previous;  // a note, or empty
  std::vector<Hash> consistency;
};
std::string write(const Proof& proof);
Result<Proof> read_proof(std::string_view json);  // foreign bytes

// canonical JSON strings, one a line, and back: checkpoints.jsonl
std::string write_lines(const std::vector<std::string>& texts);
Result<std::vector<std::string>> read_lines(std::string_view lines);

std::string write_checksums(const Files& files);  // of all but SHA256SUMS itself

std::string origin_of(std::string_view commune, std::string_view gateway);
// What a rotation's signatures are over.
std::string rotation_text(std::string_view origin, std::string_view epoch, std::string_view previous,
                          std::string_view vkey);

}  // namespace commune_watch::evidence
